"""The private stream against a real WebSocket: login, naming of fills, loss and coming back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from aiohttp import web

from common.core.account import ForcedFill
from common.core.events import Filled, Reported
from common.core.order import Order
from common.venues.apex.desk import ApexDesk
from common.venues.apex.stream import AccountStream
from common.venues.apex.wire_account import OrderNames
from common.venues.apex.wire_order import hmac_signature
from common.venues.base import AccountChanged, StreamUp
from common.venues.keys import Keys
from common.venues.ws import WsLimits

FAST = WsLimits(ping_s=0.02, silence_s=1.0, connect_s=1.0, backoff_first_s=0.01, backoff_max_s=0.02)
WELCOME = {"success": True, "ret_msg": "", "conn_id": "1", "request": {"op": "login"}}


def hear(stub: Any, keys: Keys, collector: Any, act: Callable[[ApexDesk], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with stub, asyncio.timeout(10):
            desk = ApexDesk(stub.base, stub.base, keys, limits=FAST)
            await desk.start()
            running = asyncio.create_task(desk.stream(collector))
            try:
                await act(desk)
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                await desk.close()

    asyncio.run(whole())


def says(stub: Any, *frames: Any) -> None:
    """After the login frame the venue says `frames`, on every connection."""

    async def talk(ws: web.WebSocketResponse) -> None:
        stub.frames.append(await ws.receive_json())
        for frame in frames:
            await ws.send_json(frame)
        await stub.listen(ws)

    stub.talk = talk


def test_the_login_is_signed_and_its_success_says_that_the_stream_is_up(
    stub: Any, keys: Keys, collector: Any, sample: Any
) -> None:
    says(stub, WELCOME, sample("push_snapshot"), sample("push_filled"))
    hear(stub, keys, collector, lambda desk: collector.until(Reported))
    login = orjson.loads(stub.frames[0]["args"][0])
    expected = hmac_signature("secret-1", str(login["timestamp"]), "GET", "/ws/accounts")
    assert login["signature"] == expected
    assert stub.connections[0].startswith("/realtime_private?v=2&timestamp=")
    assert isinstance(collector.events[0], StreamUp)
    assert len(collector.all(StreamUp)) == 1
    assert len(collector.all(Filled)) == 1
    assert collector.all(AccountChanged)


def test_a_snapshot_without_an_answer_to_the_login_says_so_too(
    stub: Any, keys: Keys, collector: Any, sample: Any
) -> None:
    says(stub, sample("push_snapshot"), WELCOME)
    hear(stub, keys, collector, lambda desk: collector.until(AccountChanged))
    assert isinstance(collector.events[0], StreamUp)


def test_other_topics_are_left_alone(stub: Any, keys: Keys, collector: Any, sample: Any) -> None:
    v2 = {**sample("push_filled"), "topic": "ws_accounts_v2"}
    notify = {"topic": "ws_notify_v1", "type": "snapshot", "contents": {"unreadNum": 1, "notifyMsgList": []}}
    says(stub, WELCOME, v2, notify, sample("push_killed"))
    hear(stub, keys, collector, lambda desk: collector.until(Reported))
    assert not collector.all(Filled)
    assert len(collector.all(Reported)) == 1


def test_a_fill_without_its_order_is_named_by_the_answer_that_we_got(
    stub: Any, keys: Keys, collector: Any, sample: Any, make_order: Callable[..., Order]
) -> None:
    stub.answers["/api/v1/create-order"] = {"data": {"id": "588326929847812444"}}
    placed = asyncio.Event()

    async def talk(ws: web.WebSocketResponse) -> None:
        await ws.send_json(WELCOME)
        await placed.wait()
        await ws.send_json({**sample("push_filled"), "contents": {"fills": sample("push_filled")["contents"]["fills"]}})
        await stub.listen(ws)

    stub.talk = talk

    async def act(desk: ApexDesk) -> None:
        await collector.until(StreamUp)
        order = make_order(client_id="k3f9-BTC-99-a3")
        await desk.send(order, desk.prepare(order))
        placed.set()
        assert (await collector.until(Filled)).fill.client_id == "k3f9-BTC-99-a3"

    hear(stub, keys, collector, act)


def test_a_liquidation_is_a_forced_fill(stub: Any, keys: Keys, collector: Any, sample: Any) -> None:
    says(stub, WELCOME, sample("push_liquidated"))
    hear(stub, keys, collector, lambda desk: collector.until(ForcedFill))
    assert not collector.all(Filled)
    assert not collector.all(Reported)


def test_each_new_connection_logs_in_and_is_up_again(stub: Any, keys: Keys, collector: Any) -> None:
    async def talk(ws: web.WebSocketResponse) -> None:
        stub.frames.append(await ws.receive_json())
        await ws.send_json(WELCOME)
        if len(stub.connections) > 1:
            await stub.listen(ws)

    stub.talk = talk
    hear(stub, keys, collector, lambda desk: collector.until(StreamUp, 2))
    assert [frame["op"] for frame in stub.frames[:2]] == ["login", "login"]


@pytest.mark.parametrize(
    "frame",
    [
        {"success": False, "ret_msg": "login authority err", "conn_id": "1"},
        {"topic": "ws_accounts_v1", "type": "delta"},
        {"topic": "ws_accounts_v1", "type": "delta", "contents": {"fills": [{}]}},
    ],
)
def test_a_refused_login_or_a_broken_push_is_tried_on_a_new_connection(
    stub: Any, keys: Keys, collector: Any, frame: Any
) -> None:
    async def talk(ws: web.WebSocketResponse) -> None:
        await ws.send_json(frame if len(stub.connections) == 1 else WELCOME)
        await stub.listen(ws)

    stub.talk = talk
    hear(stub, keys, collector, lambda desk: collector.until(StreamUp))
    assert len(stub.connections) == 2


def test_a_login_that_is_never_answered_is_given_up(stub: Any, keys: Keys, collector: Any) -> None:
    again = asyncio.Event()

    async def talk(ws: web.WebSocketResponse) -> None:
        if len(stub.connections) > 1:
            again.set()
        await stub.listen(ws)

    async def whole() -> None:
        stub.talk = talk
        async with stub, asyncio.timeout(10):
            names = OrderNames()
            stream = AccountStream(stub.base, keys, names, collector, limits=FAST, answer_wait_ns=50_000_000)
            running = asyncio.create_task(stream.loop.run())
            await again.wait()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(whole())
    assert not collector.events
