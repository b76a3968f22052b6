"""How many trades each paper venue shows who asks for no number: dYdX a hundred, ApeX five hundred."""

import asyncio
import json
from decimal import Decimal
from http.client import HTTPConnection
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession

from common import clock
from common.core.market import Side, Venue
from common.sim.types import PlaceRequest

MADE = 510


@pytest.fixture
def traded(paper_house: Any) -> Any:
    """Venues where BTC has changed hands 510 times, in turn bought and sold."""
    for venue in Venue:
        for number in range(MADE):
            side, price = ((Side.BUY, 40_010), (Side.SELL, 39_990))[number % 2]
            size, now_ns = Decimal("0.001"), clock.now_ns()
            request = PlaceRequest(
                str(number),
                "BTC",
                side,
                "LIMIT",
                "IOC",
                size,
                Decimal(price),
                False,
                False,
                Decimal(100),
                2 * now_ns,
                "",
            )
            account_id = paper_house.accounts[venue].account_id
            paper_house.call(
                lambda v=venue, r=request, a=account_id: paper_house.engines[v].place(a, r, clock.now_ns())
            )
    return paper_house


def asked(house: Any, venue: Venue, path: str) -> Any:
    connection = HTTPConnection("127.0.0.1", house.ports[venue], timeout=10)
    connection.request("GET", path)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def test_each_venue_shows_its_own_number_of_trades_newest_first(traded: Any) -> None:
    every = asked(traded, Venue.APEX, "/api/v1/trades?symbol=BTCUSDC")["data"]
    assert len(every) == 500
    assert [trade["T"] for trade in every] == sorted((t["T"] for t in every), reverse=True)
    assert len(asked(traded, Venue.APEX, "/api/v1/trades?symbol=BTCUSDC&limit=7")["data"]) == 7
    listed = asked(traded, Venue.DYDX, "/v3/trades/BTC-USD")["trades"]
    assert len(listed) == 100
    assert [trade["createdAt"] for trade in listed] == sorted((t["createdAt"] for t in listed), reverse=True)


def test_a_dydx_snapshot_shows_as_many_as_an_answer(traded: Any) -> None:
    async def run() -> Any:
        url = f"{traded.url(Venue.DYDX)}/v3/ws"
        async with ClientSession() as session, session.ws_connect(url) as ws:
            await ws.receive_str(timeout=5)
            await ws.send_str('{"type": "subscribe", "channel": "v3_trades", "id": "BTC-USD"}')
            return orjson.loads(await ws.receive_str(timeout=5))

    assert len(asyncio.run(run())["contents"]["trades"]) == 100
