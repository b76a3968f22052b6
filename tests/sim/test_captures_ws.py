"""Every WebSocket message that the official clients were recorded sending, told again to the paper venues.

`ARB_CAPTURES` names the folder of the recordings; without it these tests are skipped. The recorded ApeX login is not
among them: its API secret was not recorded (`tests/venues/test_official_clients.py` lets the client itself log in).
"""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession, ClientWebSocketResponse

from common.core.market import Venue
from common.sim.server.plain import iso_ns

FOLDER = Path(os.environ.get("ARB_CAPTURES", "not named"))
WAIT_S = 5.0
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="ARB_CAPTURES does not name the folder of recordings")


def kept(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def conversations() -> list[tuple[str, list[str]]]:
    """Request target and messages of every public connection that was recorded of the ApeX client."""
    found: list[tuple[str, list[str]]] = []
    logs = [one["log"] for one in kept("apex_websocket").values()] if FOLDER.is_dir() else []
    for event in (one["ev"] for log in logs for one in log):
        if event[0] == "CONNECT":
            found.append((event[1], []))
        elif event[0] == "RECV":
            found[-1][1].append(event[1])
    return [(target, said) for target, said in found if said and "realtime_public" in target]


async def hear(ws: ClientWebSocketResponse) -> Any:
    return orjson.loads(await ws.receive_str(timeout=WAIT_S))


async def answered(ws: ClientWebSocketResponse, message: str) -> None:
    """A subscription is acknowledged and a snapshot comes, in either order; an op-pong needs no answer."""
    said = json.loads(message)
    await ws.send_str(message)
    wanted = (
        {(topic, kind) for topic in said["args"] for kind in ("ack", "snapshot")} if said["op"] != "pong" else set()
    )
    while wanted:
        frame = await hear(ws)
        if "topic" in frame:
            wanted.discard((frame["topic"], frame["type"]))
        else:
            assert frame["success"] is True
            wanted -= {(topic, "ack") for topic in frame["request"]["args"]}


@pytest.mark.parametrize(("target", "said"), conversations())
def test_a_recorded_apex_connection_is_served(paper_house: Any, target: str, said: list[str]) -> None:
    async def run() -> None:
        url = f"ws://127.0.0.1:{paper_house.ports[Venue.APEX]}{target}"
        async with ClientSession() as session, session.ws_connect(url) as ws:
            for message in said:
                await answered(ws, message)

    asyncio.run(run())


def test_the_recorded_dydx_subscription_is_let_in(
    make_paper_house: Callable[..., Any], recorded_holders: dict[Venue, Any]
) -> None:
    message = kept("dydx_ws_v3_accounts_subscribe")["subscribe_message"]
    at_ns = iso_ns(message["timestamp"])
    assert at_ns is not None
    house = make_paper_house(accounts=recorded_holders, now_ns=lambda: at_ns)

    async def run() -> list[Any]:
        async with ClientSession() as session, session.ws_connect(f"{house.url(Venue.DYDX)}/v3/ws") as ws:
            await ws.send_str(json.dumps(message))
            return [await hear(ws) for _ in range(2)]

    connected, shown = asyncio.run(run())
    assert connected["type"] == "connected"
    assert (shown["type"], shown["id"]) == ("subscribed", recorded_holders[Venue.DYDX].account_id)
    assert {"orders", "account", "transfers", "fundingPayments"} <= set(shown["contents"])
