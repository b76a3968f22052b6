"""The paper venues count as the venues say they do, on the wire, and a desk stays within what they count."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession

from common import clock
from common.core.errors import VenueError
from common.core.market import Venue
from common.settings import Endpoint
from common.sim.server import limits
from common.sim.server.limits import Budget, active_cost, cancel_active_cost
from common.venues import budget
from common.venues.adapters import MAKE_DESK
from common.venues.base import Desk

TIMES = {Venue.DYDX: "/v3/time", Venue.APEX: "/api/v1/time"}


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The venues' clock stands: all is asked within one window."""
    now_ns = clock.now_ns()
    monkeypatch.setattr(clock, "now_ns", lambda: now_ns)


def statuses(url: str, times: int, headers: dict[str, str] | None = None, method: str = "GET") -> list[int]:
    """What a client is answered that asks so often."""

    async def ask() -> list[int]:
        async with ClientSession() as session:
            found = []
            for _ in range(times):
                async with session.request(method, url, headers=headers) as answer:
                    found.append(answer.status)
                    last.append((await answer.read(), dict(answer.headers)))
            return found

    last.clear()
    return asyncio.run(ask())


last: list[tuple[bytes, dict[str, str]]] = []


def test_dydx_answers_175_gets_of_an_address_in_10_seconds(still: None, make_paper_house: Callable[..., Any]) -> None:
    house = make_paper_house()
    found = statuses(house.url(Venue.DYDX) + TIMES[Venue.DYDX], 177)
    assert found == [200] * 175 + [429] * 2
    body, headers = last[-1]
    assert orjson.loads(body) == {"errors": [{"msg": "Too many requests"}]}
    assert headers["Retry-After"] == "10000" and headers["RateLimit-Limit"] == "175"
    assert statuses(house.url(Venue.DYDX) + "/health", 1) == [200]


def test_apex_shuts_an_address_out_after_600_requests_in_a_minute(
    still: None, make_paper_house: Callable[..., Any]
) -> None:
    house = make_paper_house()
    assert statuses(house.url(Venue.APEX) + TIMES[Venue.APEX], 601) == [200] * 600 + [403]


@pytest.mark.parametrize(("method", "name"), [("GET", "APEX_GET"), ("POST", "APEX_POST")])
def test_apex_counts_what_an_account_reads_and_writes(
    still: None, make_paper_house: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, method: str, name: str
) -> None:
    monkeypatch.setattr(limits, name, Budget(3, 60))
    url = make_paper_house().url(Venue.APEX) + TIMES[Venue.APEX]
    assert statuses(url, 5, {"APEX-API-KEY": "somebody"}, method)[-2:] == [429, 429]
    assert orjson.loads(last[-1][0]) == {"code": 10003, "msg": "Too many requests", "key": "TOO_MANY_REQUESTS"}
    assert 429 not in statuses(url, 1, {"APEX-API-KEY": "another"}, method)


def test_other_writes_at_dydx_are_ten_a_minute(still: None, make_paper_house: Callable[..., Any]) -> None:
    url = make_paper_house().url(Venue.DYDX) + "/v3/users"
    assert statuses(url, 12, {"DYDX-API-KEY": "somebody"}, "PUT") == [401] * 10 + [429] * 2


@pytest.mark.parametrize(("query", "read", "cancel"), [({"id": "1"}, 1, 1), ({"side": "BUY"}, 3, 25), ({}, 5, 50)])
def test_the_less_is_named_the_dearer_active_orders_are(query: dict[str, str], read: int, cancel: int) -> None:
    assert (active_cost(query), cancel_active_cost(query)) == (read, cancel)


def test_a_third_subscription_within_a_second_is_refused(still: None, make_paper_house: Callable[..., Any]) -> None:
    house = make_paper_house()
    subscribe = {"type": "subscribe", "channel": "v3_orderbook", "id": "BTC-USD"}
    unsubscribe = subscribe | {"type": "unsubscribe"}

    async def ask() -> list[str]:
        kinds = []
        async with ClientSession() as session, session.ws_connect(f"{house.url(Venue.DYDX)}/v3/ws") as wire:
            await wire.receive()
            for frame in (subscribe, unsubscribe, subscribe, unsubscribe, subscribe, subscribe | {"id": "ETH-USD"}):
                await wire.send_json(frame)
                kinds.append(orjson.loads((await wire.receive()).data)["type"])
        return kinds

    assert asyncio.run(ask()) == ["subscribed", "unsubscribed", "subscribed", "unsubscribed", "error", "subscribed"]


@pytest.mark.parametrize("venue", list(Venue))
def test_a_desk_that_asks_without_end_never_hears_too_many(
    paper_house: Any, venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two desks share one budget in a folder: a question waits for its turn, or is not asked."""
    monkeypatch.setattr(budget, "WAIT_MAX_S", 0.01)
    url = paper_house.url(venue)
    ws = url.replace("http", "ws") + ("/v3/ws" if venue is Venue.DYDX else "")
    endpoint = Endpoint(venue, url, ws, 1, tmp_path / "keys", tmp_path)

    async def ask(desk: Desk) -> list[str]:
        await desk.start()
        said = []
        for _ in range(70):
            try:
                await desk.account()
                said.append("answered")
            except VenueError as error:
                said.append(str(error))
        return said

    async def both() -> list[list[str]]:
        desks = [MAKE_DESK[venue](endpoint, paper_house.keys[venue]) for _ in range(2)]
        try:
            return await asyncio.gather(*(ask(desk) for desk in desks))
        finally:
            for desk in desks:
                await desk.close()

    said = [word for words in asyncio.run(both()) for word in words]
    assert said.count("answered") > 80
    assert not [word for word in said if "429" in word or "403" in word]
