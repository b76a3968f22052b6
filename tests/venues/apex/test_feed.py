"""The ApeX feed against a real WebSocket: subscribing, gaps, silence, pings, loss, and a listing that changes."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import orjson
import pytest
from aiohttp import web

from common.core.events import BookMessage, FeedAlive, FeedLost, FundingRate, IndexPrice, InstrumentUpdate
from common.core.market import Venue
from common.venues.apex.feed import ApexFeed
from common.venues.apex.wire_market import Listing
from common.venues.ws import WsLimits

FAST = WsLimits(ping_s=0.02, silence_s=1.0, connect_s=1.0, backoff_first_s=0.01, backoff_max_s=0.02)
BOOK, TICKER = "orderBook200.H.BTCUSDC", "instrumentInfo.H.BTCUSDC"
Act = Callable[[ApexFeed], Awaitable[None]]


def hear(stub: Any, listing: Listing, collector: Any, act: Act, **options: Any) -> ApexFeed:
    async def whole() -> ApexFeed:
        async with stub, asyncio.timeout(10):
            feed = ApexFeed(stub.base, stub.base, listing.instrument(Decimal("0.0005")), limits=FAST, **options)
            running = asyncio.create_task(feed.run(collector))
            try:
                await act(feed)
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
            return feed

    return asyncio.run(whole())


def asked(stub: Any, op: str, topic: str) -> int:
    return int(stub.frames.count({"op": op, "args": [topic]}))


def test_both_topics_are_subscribed_and_decoded(stub: Any, listing: Listing, collector: Any, sample: Any) -> None:
    async def talk(ws: web.WebSocketResponse) -> None:
        for name in ("book_snapshot", "ticker_snapshot", "ticker_delta", "book_delta"):
            await ws.send_json(sample(name))
        await ws.send_json({"success": True, "ret_msg": "", "request": {"op": "subscribe", "args": [BOOK]}})
        await stub.listen(ws)

    stub.talk = talk

    async def act(feed: ApexFeed) -> None:
        await collector.until(BookMessage, 2)
        await collector.until(FundingRate)

    hear(stub, listing, collector, act)
    snapshot, delta = collector.all(BookMessage)[:2]
    assert (snapshot.snapshot, snapshot.sequence, delta.snapshot, delta.sequence) == (True, 41, False, 42)
    assert collector.all(FundingRate)[0].venue is Venue.APEX
    assert [index.price for index in collector.all(IndexPrice)] == [Decimal("21409.820")]
    assert asked(stub, "subscribe", BOOK) == asked(stub, "subscribe", TICKER) == 1
    path, _, query = stub.connections[0].partition("?")
    assert path == "/realtime_public"
    assert query.startswith("v=2&timestamp=")
    alive = collector.events.index(collector.all(FeedAlive)[0])
    assert alive < collector.events.index(snapshot)
    assert asked(stub, "unsubscribe", BOOK) == 0


def test_a_pong_alone_says_that_the_connection_lives(stub: Any, listing: Listing, collector: Any) -> None:
    hear(stub, listing, collector, lambda feed: collector.until(FeedAlive, 3))
    assert not collector.all(BookMessage)


def test_a_gap_is_passed_on_and_asks_for_one_snapshot(stub: Any, listing: Listing, collector: Any, sample: Any) -> None:
    async def talk(ws: web.WebSocketResponse) -> None:
        await ws.send_json(sample("book_snapshot"))
        for u in (43, 45, 46):
            delta = sample("book_delta")
            delta["data"]["u"] = u
            await ws.send_json(delta)
        async for message in ws:
            frame = orjson.loads(message.data)
            stub.frames.append(frame)
            if frame == {"op": "subscribe", "args": [BOOK]} and asked(stub, "unsubscribe", BOOK):
                await ws.send_json(sample("book_snapshot"))

    stub.talk = talk
    hear(stub, listing, collector, lambda feed: collector.until(BookMessage, 5))
    assert [message.sequence for message in collector.all(BookMessage)] == [41, 43, 45, 46, 41]
    assert asked(stub, "unsubscribe", BOOK) == 1
    assert asked(stub, "subscribe", BOOK) == 2


def test_refresh_resubscribes_once_until_the_snapshot_is_there(
    stub: Any, listing: Listing, collector: Any, sample: Any
) -> None:
    snapshots = asyncio.Event()

    async def talk(ws: web.WebSocketResponse) -> None:
        await ws.send_json(sample("book_snapshot"))
        async for message in ws:
            stub.frames.append(orjson.loads(message.data))
            if asked(stub, "subscribe", BOOK) == 2 and not snapshots.is_set():
                snapshots.set()
                await ws.send_json(sample("book_snapshot"))

    stub.talk = talk

    async def act(feed: ApexFeed) -> None:
        await collector.until(BookMessage)
        for _ in range(5):
            feed.refresh()
        await collector.until(BookMessage, 2)

    hear(stub, listing, collector, act)
    assert (asked(stub, "unsubscribe", BOOK), asked(stub, "subscribe", BOOK)) == (1, 2)


def test_a_lost_connection_is_told_and_subscribed_again(
    stub: Any, listing: Listing, collector: Any, sample: Any
) -> None:
    async def talk(ws: web.WebSocketResponse) -> None:
        await ws.send_json(sample("book_snapshot"))
        if len(stub.connections) == 1:
            await ws.receive()
            await ws.close()
        await stub.listen(ws)

    stub.talk = talk
    hear(stub, listing, collector, lambda feed: collector.until(BookMessage, 2))
    told = [type(event) for event in collector.events if isinstance(event, BookMessage | FeedLost)]
    assert told == [BookMessage, FeedLost, BookMessage]


@pytest.mark.parametrize(
    "frame",
    [
        {"topic": BOOK, "type": "snapshot", "data": {"s": "BTCUSDC", "b": [["x", "1"]], "a": [], "u": 1}},
        {"success": False, "ret_msg": f"error:topic:already subscribed,topic:{BOOK}"},
        ["no object"],
    ],
)
def test_a_broken_protocol_ends_the_connection_and_another_follows(
    stub: Any, listing: Listing, collector: Any, sample: Any, frame: Any
) -> None:
    async def talk(ws: web.WebSocketResponse) -> None:
        await ws.send_json(frame if len(stub.connections) == 1 else sample("book_snapshot"))
        await stub.listen(ws)

    stub.talk = talk
    hear(stub, listing, collector, lambda feed: collector.until(BookMessage))
    assert collector.all(FeedLost)[0].reason.startswith("protocol")
    assert len(stub.connections) == 2


def test_a_subscription_that_brings_no_snapshot_is_tried_on_a_new_connection(
    stub: Any, listing: Listing, collector: Any
) -> None:
    hear(stub, listing, collector, lambda feed: collector.until(FeedLost), answer_wait_ns=50_000_000)
    assert collector.all(FeedLost)[0].reason == "no answer"


def test_a_ping_of_the_server_is_answered_with_its_own_argument(stub: Any, listing: Listing, collector: Any) -> None:
    ponged = asyncio.Event()

    async def talk(ws: web.WebSocketResponse) -> None:
        await ws.send_json({"op": "ping", "args": ["1661500091955"]})
        async for message in ws:
            if orjson.loads(message.data) == {"op": "pong", "args": ["1661500091955"]}:
                ponged.set()

    async def act(feed: ApexFeed) -> None:
        await ponged.wait()

    stub.talk = talk
    hear(stub, listing, collector, act)


def test_application_pings_go_out_every_fifteen_seconds(
    stub: Any, listing: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = ApexFeed(stub.base, stub.base, listing.instrument(Decimal(0)))
    now = [0]
    monkeypatch.setattr("common.venues.apex.session.clock.monotonic_ns", lambda: now[0])
    list(feed.on_open())
    pings = []
    for second in range(1, 46):
        now[0] = second * 10**9
        pings += [second for frame in feed.on_beat() if orjson.loads(frame)["op"] == "ping"]
    assert pings == [15, 30, 45]


def test_a_listing_that_changes_is_told_and_a_delisted_one_is_offline(
    stub: Any, listing: Listing, collector: Any, sample: Any
) -> None:
    async def act(feed: ApexFeed) -> None:
        stub.answers["/api/v1/symbols"] = web_error
        while not stub.of("/api/v1/symbols"):
            await collector.until(FeedAlive, len(collector.all(FeedAlive)) + 1)
        changed = sample("symbols")
        changed["data"]["perpetualContract"][0]["tickSize"] = "1"
        stub.answers["/api/v1/symbols"] = changed
        assert (await collector.until(InstrumentUpdate)).instrument.tick == 1
        del changed["data"]["perpetualContract"][0]
        assert not (await collector.until(InstrumentUpdate, 2)).instrument.online

    hear(stub, listing, collector, act, listing_s=0.02)


def web_error(heard: Any) -> web.Response:
    return web.Response(status=502)
