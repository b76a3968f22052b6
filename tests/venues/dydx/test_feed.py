"""The dYdX feed and the account stream against a venue on a real socket: loss, gaps, refreshes, coming back."""

import asyncio
import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from common.core.book import make_book
from common.core.events import (
    BookMessage,
    FeedAlive,
    FeedDrained,
    FeedLost,
    Filled,
    FundingRate,
    IndexPrice,
    InstrumentUpdate,
    Reported,
)
from common.core.market import Instrument, Venue
from common.venues import dydx
from common.venues.base import AccountChanged, FundingPaid, StreamUp
from common.venues.dydx import feed as feed_module
from common.venues.dydx.desk import DydxDesk
from common.venues.dydx.feed import DydxFeed
from common.venues.keys import Keys
from common.venues.ws import WsLimits

FAST = WsLimits(ping_s=0.02, silence_s=1.0, backoff_first_s=0.01, backoff_max_s=0.04)
BOOK, MARKETS, ACCOUNTS = "v3_orderbook", "v3_markets", "v3_accounts"


class Ear:
    """Hears events until enough were heard; pongs count only when asked for."""

    def __init__(self, enough: Callable[[list[Any]], bool]) -> None:
        self.events: list[Any] = []
        self.alive = 0
        self.done = asyncio.Event()
        self._enough = enough

    def __call__(self, event: Any) -> None:
        if isinstance(event, FeedAlive):
            self.alive += 1
            return
        self.events.append(event)
        if self._enough(self.events):
            self.done.set()

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


async def until(ear: Ear, work: Any) -> None:
    """Run `work` until the ear has heard enough, or the work breaks, or five seconds went by."""
    running, done = asyncio.create_task(work), asyncio.create_task(ear.done.wait())
    await asyncio.wait({running, done}, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    heard = ear.done.is_set()
    for task in (running, done):
        task.cancel()
    results = await asyncio.gather(running, done, return_exceptions=True)
    assert heard, (results, ear.events)


def listen(
    stub: Any, instrument: Instrument, enough: Callable[[list[Any]], bool], *, answer_wait_ns: int = 10**10
) -> Ear:
    async def whole() -> Ear:
        ear = Ear(enough)
        async with stub:
            feed = DydxFeed(stub.endpoint.ws, instrument, limits=FAST, answer_wait_ns=answer_wait_ns)
            stub.feed = feed
            await until(ear, feed.run(ear))
        return ear

    return asyncio.run(whole())


def books(count: int) -> Callable[[list[Any]], bool]:
    return lambda events: sum(isinstance(e, BookMessage) for e in events) >= count


def then(stub: Any, *frames: tuple[str, dict[str, Any]], skip: int = 0) -> None:
    """After each subscription to the book: its snapshot, then these frames, numbered `skip` too high."""

    async def answer(socket: Any, asked: dict[str, Any]) -> None:
        await stub.give(socket, asked)
        if asked["channel"] == BOOK and len(stub.connections) == 1:
            socket.number += skip
            for kind, fields in frames:
                await socket.say(kind, **fields)

    stub.on_subscribe = answer


def test_a_feed_tells_snapshot_deltas_and_funding(stub: Any, instrument: Instrument, sample: Any) -> None:
    then(
        stub,
        ("channel_data", {"channel": BOOK, "id": "BTC-USD", "contents": sample("ws_book_delta")}),
        ("channel_batch_data", {"channel": BOOK, "id": "BTC-USD", "contents": sample("ws_book_batch")}),
        ("channel_data", {"channel": MARKETS, "contents": sample("ws_markets_update")}),
    )
    ear = listen(stub, instrument, lambda events: sum(isinstance(e, FundingRate) for e in events) >= 2)
    assert [(m.snapshot, m.sequence) for m in ear.of(BookMessage)] == [(True, 102), (False, 161942809), (False, 203)]
    assert sorted(rate.hourly for rate in ear.of(FundingRate)) == [Decimal("-0.0000031"), Decimal("0.0000125")]
    assert [index.price for index in ear.of(IndexPrice)] == [Decimal("37010.2500")]
    assert not ear.of(InstrumentUpdate) and not ear.of(FeedLost)
    assert stub.said[:2] == [
        {"type": "subscribe", "channel": BOOK, "id": "BTC-USD", "includeOffsets": True},
        {"type": "subscribe", "channel": MARKETS},
    ]


def backlog(stub: Any, last: str, frames: list[tuple[str, dict[str, Any]]]) -> None:
    """After the subscription to channel `last`: its contents and these frames, all written before the first is read."""

    async def answer(socket: Any, asked: dict[str, Any]) -> None:
        await stub.give(socket, asked)
        for kind, fields in frames if asked["channel"] == last else ():
            await socket.say(kind, **fields)

    stub.on_subscribe = answer


def test_of_a_backlog_only_the_last_book_is_to_be_decided_upon(stub: Any, instrument: Instrument, sample: Any) -> None:
    book = ("channel_data", {"channel": BOOK, "id": "BTC-USD", "contents": sample("ws_book_delta")})
    backlog(stub, MARKETS, [book] * 40)
    ear = listen(stub, instrument, books(41))
    assert [m.more for m in ear.of(BookMessage)][1:] == [True] * 39 + [False]
    assert not ear.of(FeedDrained)


def test_a_backlog_without_a_book_at_its_end_says_when_it_is_drained(
    stub: Any, instrument: Instrument, sample: Any
) -> None:
    book = ("channel_data", {"channel": BOOK, "id": "BTC-USD", "contents": sample("ws_book_delta")})
    backlog(stub, MARKETS, [*[book] * 40, ("channel_data", {"channel": MARKETS, "contents": {}})])
    ear = listen(stub, instrument, lambda events: any(isinstance(e, FeedDrained) for e in events))
    assert [m.more for m in ear.of(BookMessage)][1:] == [True] * 40
    assert isinstance(ear.events[-1], FeedDrained)


def test_what_a_feed_tells_makes_a_book(stub: Any, instrument: Instrument, sample: Any) -> None:
    then(stub, ("channel_data", {"channel": BOOK, "id": "BTC-USD", "contents": sample("ws_book_delta")}))
    ear = listen(stub, instrument, books(2))
    book = make_book(instrument)
    for message in ear.of(BookMessage):
        book.apply(message)
    assert not book.stale and (book.bids.best(), book.asks.best()) == (37000, 37003)


def test_frames_and_pongs_tell_that_the_feed_lives(stub: Any, instrument: Instrument) -> None:
    async def whole() -> int:
        ear = Ear(lambda events: False)
        async with stub:
            feed = asyncio.create_task(DydxFeed(stub.endpoint.ws, instrument, limits=FAST).run(ear))
            async with asyncio.timeout(5):
                while ear.alive < 10:  # noqa: ASYNC110 - pongs set no event
                    await asyncio.sleep(0.005)
            feed.cancel()
        return ear.alive

    assert asyncio.run(whole()) >= 10


def test_a_missing_frame_loses_the_feed_and_brings_a_new_snapshot(
    stub: Any, instrument: Instrument, sample: Any
) -> None:
    then(stub, ("channel_data", {"channel": BOOK, "contents": sample("ws_book_delta")}), skip=1)
    ear = listen(stub, instrument, books(2))
    lost = next(e for e in ear.events if isinstance(e, FeedLost))
    assert lost.reason.startswith("protocol: gap")
    assert [m.snapshot for m in ear.of(BookMessage)] == [True, True], "the delta after the gap is not passed on"
    kinds = [type(e) for e in ear.events if isinstance(e, BookMessage | FeedLost)]
    assert kinds == [BookMessage, FeedLost, BookMessage]
    assert len(stub.connections) == 2


@pytest.mark.parametrize(
    "frame",
    [("error", {"message": "Invalid id"}), ("channel_data", {"channel": BOOK, "contents": {"offset": "x"}}),
     ("channel_data", {"contents": {}}), ("channel_data", {"channel": MARKETS, "contents": {"BTC-USD": 7}})],
)  # fmt: skip
def test_a_frame_outside_the_protocol_loses_the_feed(
    stub: Any, instrument: Instrument, frame: tuple[str, dict[str, Any]]
) -> None:
    then(stub, frame)
    ear = listen(stub, instrument, books(2))
    assert len(ear.of(FeedLost)) == 1 and len(stub.connections) == 2


def test_a_dropped_connection_is_told_and_subscribed_again(stub: Any, instrument: Instrument) -> None:
    async def answer(socket: Any, asked: dict[str, Any]) -> None:
        await stub.give(socket, asked)
        if len(stub.connections) == 1 and asked["channel"] == MARKETS:
            await socket.ws.close(code=1012)

    stub.on_subscribe = answer
    ear = listen(stub, instrument, books(2))
    assert [lost.reason for lost in ear.of(FeedLost)] == ["closed: 1012"]


def test_a_subscription_without_an_answer_is_made_on_a_new_connection(stub: Any, instrument: Instrument) -> None:
    async def answer(socket: Any, asked: dict[str, Any]) -> None:
        if len(stub.connections) > 1:
            await stub.give(socket, asked)

    stub.on_subscribe = answer
    ear = listen(stub, instrument, books(1), answer_wait_ns=50_000_000)
    assert [lost.reason for lost in ear.of(FeedLost)] == ["no answer"]


def test_a_refresh_brings_one_snapshot_on_the_same_connection(
    stub: Any, instrument: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "RESUBSCRIBE_NS", 0)

    def act(events: list[Any]) -> bool:
        seen = sum(isinstance(e, BookMessage) for e in events)
        if seen == 1 and isinstance(events[-1], BookMessage):
            stub.feed.refresh()
            stub.feed.refresh()
        return seen >= 2

    listen(stub, instrument, act)
    asked = [(s["type"], s["channel"]) for s in stub.said if s["channel"] == BOOK]
    assert asked == [("subscribe", BOOK), ("unsubscribe", BOOK), ("subscribe", BOOK)]
    assert len(stub.connections) == 1


def test_refreshes_are_held_to_two_a_second(stub: Any, instrument: Instrument) -> None:
    at: list[float] = []

    def act(events: list[Any]) -> bool:
        if isinstance(events[-1], BookMessage):
            at.append(asyncio.get_running_loop().time())
            stub.feed.refresh()
        return len(at) >= 3

    listen(stub, instrument, act)
    assert all(later - sooner >= 0.49 for sooner, later in itertools.pairwise(at))


def test_a_listing_that_changes_is_told_once(stub: Any, instrument: Instrument) -> None:
    offline = {"BTC-USD": {"status": "CANCEL_ONLY"}}
    online = {"markets": {"BTC-USD": {"status": "ONLINE"}}}

    async def answer(socket: Any, asked: dict[str, Any]) -> None:
        await stub.give(socket, asked)
        if asked["channel"] == MARKETS:
            for contents in (offline, offline, online):
                await socket.say("channel_data", channel=MARKETS, contents=contents)

    stub.on_subscribe = answer
    ear = listen(stub, instrument, lambda events: sum(isinstance(e, InstrumentUpdate) for e in events) >= 2)
    updates = [event.instrument for event in ear.of(InstrumentUpdate)]
    assert [one.online for one in updates] == [False, True] and updates[1] == instrument


def test_a_changed_grid_costs_the_book(stub: Any, instrument: Instrument, sample: Any) -> None:
    stub.contents[MARKETS] = sample("markets")
    stub.contents[MARKETS]["markets"]["BTC-USD"]["tickSize"] = "0.5"
    ear = listen(stub, instrument, books(2))
    assert [event.instrument.tick for event in ear.of(InstrumentUpdate)] == [Decimal("0.5")]
    assert [lost.reason for lost in ear.of(FeedLost)] == ["grid changed"]
    assert ear.of(BookMessage)[1].bids[0][0] == 74000, "the new snapshot is in the new grid"


# ---- account stream ---------------------------------------------------------------------------------------------


def hear_account(stub: Any, keys: Keys, enough: Callable[[list[Any]], bool]) -> Ear:
    async def whole() -> Ear:
        ear = Ear(enough)
        async with stub:
            desk = DydxDesk(stub.endpoint, keys, limits=FAST)
            try:
                await desk.start()
                await until(ear, desk.stream(ear))
            finally:
                await desk.close()
        return ear

    return asyncio.run(whole())


def push(stub: Any, *names_contents: Any) -> None:
    async def answer(socket: Any, asked: dict[str, Any]) -> None:
        await stub.give(socket, asked)
        if len(stub.connections) == 1:
            for contents in names_contents:
                await socket.say("channel_data", channel=ACCOUNTS, contents=contents)

    stub.on_subscribe = answer


def test_the_stream_tells_that_it_is_up_and_then_what_happens(stub: Any, keys: Keys, sample: Any) -> None:
    push(stub, sample("ws_account_filled"), sample("ws_account_funding"))
    ear = hear_account(stub, keys, lambda events: sum(isinstance(e, AccountChanged) for e in events) >= 3)
    assert [type(e) for e in ear.events] == [
        StreamUp, Reported, AccountChanged,
        Filled, Filled, Reported, AccountChanged,
        FundingPaid, AccountChanged,
    ]  # fmt: skip
    (subscription,) = stub.said
    assert subscription["channel"] == ACCOUNTS and subscription["apiKey"] == keys.key


def test_a_stream_that_comes_back_says_so_with_a_fresh_signature(stub: Any, keys: Keys) -> None:
    async def answer(socket: Any, asked: dict[str, Any]) -> None:
        await stub.give(socket, asked)
        if len(stub.connections) == 1:
            await socket.ws.close()

    stub.on_subscribe = answer
    ear = hear_account(stub, keys, lambda events: sum(isinstance(e, StreamUp) for e in events) >= 2)
    assert len(ear.of(StreamUp)) == 2
    first, second = (said["timestamp"] for said in stub.said)
    assert first < second


def test_half_a_frame_is_not_told(stub: Any, keys: Keys, sample: Any) -> None:
    broken = sample("ws_account_filled")
    broken["fills"][1]["price"] = "x"
    push(stub, broken)
    ear = hear_account(stub, keys, lambda events: sum(isinstance(e, StreamUp) for e in events) >= 2)
    assert not ear.of(Filled)


def test_a_refused_subscription_is_tried_again(stub: Any, keys: Keys) -> None:
    async def answer(socket: Any, asked: dict[str, Any]) -> None:
        if len(stub.connections) < 3:
            await socket.say("error", message="Unauthorized")
        else:
            await stub.give(socket, asked)

    stub.on_subscribe = answer
    hear_account(stub, keys, lambda events: isinstance(events[-1], StreamUp))
    assert len(stub.connections) == 3


def test_the_venue_table_makes_feed_and_desk(stub: Any, keys: Keys, instrument: Instrument) -> None:
    async def whole() -> None:
        async with stub:
            assert dydx.make_feed(stub.endpoint, instrument).venue is Venue.DYDX
            assert dydx.make_desk(stub.endpoint, keys).venue is Venue.DYDX

    asyncio.run(whole())
