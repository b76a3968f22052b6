"""The recorder against venues on real sockets: everything heard is on the tape, and what was not heard is a gap."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web

from common import clock
from common.core.book import Book
from common.core.market import Venue
from common.recorder import recorder as recorder_module
from common.recorder.ears import ApexEar, DydxEar
from common.recorder.polls import Poll, Question
from common.recorder.recorder import Order, Recorder
from common.recorder.terms import REST, RecorderTerms
from common.settings import Endpoint
from common.tape.decode import decoded
from common.tape.heard import Gap
from common.tape.places import tape_files
from common.tape.reader import read, read_file
from common.tape.rebuilt import Books
from common.tape.record import Kind, Record
from common.tape.recording import Recording
from common.tape.spool import Spool
from common.tape.writer import TapeWriter
from common.venues.http import HttpAnswer, HttpResult, JsonHttp, MaybeSent

WAIT_S, LOOK_S = 20.0, 0.02
MARKETS = ("BTC", "ETH")


async def until(fact: Callable[[], bool]) -> None:
    """Look again and again; what a venue or a thread does cannot be awaited from here."""
    for _ in range(int(WAIT_S / LOOK_S)):
        if fact():
            return
        await asyncio.sleep(LOOK_S)
    raise AssertionError("waited in vain")


def tapes(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.tape"))


def order(house: Any, folder: Path, **terms: Any) -> Order:
    ws = {Venue.DYDX: "/v3/ws", Venue.APEX: ""}
    endpoints = {
        v: Endpoint(v, house.url(v), house.url(v).replace("http", "ws") + ws[v], 1, Path("nowhere")) for v in Venue
    }
    return Order(endpoints, MARKETS, folder, RecorderTerms(**{"free_min_mb": 0, **terms}))


@asynccontextmanager
async def recording(what: Order) -> AsyncIterator[Recorder]:
    """A recorder at work; closed at the end."""
    recorder = Recorder(what)
    task = asyncio.create_task(recorder.run())
    try:
        yield recorder
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await recorder.close()


def books_of(folder: Path) -> dict[tuple[Venue, str], Book]:
    books = Books()
    for heard in decoded(one for one in read(folder) if one.record.kind is not Kind.GAP):
        books.take(heard)
    return dict(books.believed())


def touch(book: Book) -> tuple[Any, Any]:
    bid, ask = book.bids.best(), book.asks.best()
    assert bid and ask
    return book.instrument.price(bid), book.instrument.price(ask)


def test_the_books_of_both_venues_can_be_rebuilt_from_the_tape(paper_house: Any, tmp_path: Path) -> None:
    async def scene() -> None:
        async with recording(order(paper_house, tmp_path)) as recorder:
            await until(lambda: recorder.tally().frames >= 4 * 3 + 2)
            await until(lambda: len(books_of(tmp_path)) == 4 if tapes(tmp_path) else False)
            for shift in (3, -2):
                for venue in Venue:
                    await asyncio.to_thread(paper_house.show, venue, "BTC", shift)
            await until(lambda: touch(books_of(tmp_path)[Venue.DYDX, "BTC"]) == (39_997, 39_999))
            await until(lambda: touch(books_of(tmp_path)[Venue.APEX, "BTC"])[0] * 2 == 79_997)
            assert recorder.tally().dropped == recorder.tally().gaps == 0

    asyncio.run(scene())
    kinds = {one.record.kind for one in read(tmp_path)}
    assert {Kind.BEGIN, Kind.OPENED, Kind.FRAME, Kind.ANSWER, Kind.END} <= kinds


def test_each_file_after_a_rotation_has_fresh_books(
    paper_house: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "_MB", 20_000)

    async def scene() -> None:
        async with recording(order(paper_house, tmp_path, rotate_mb=1)):
            shift = 0
            while len(tapes(tmp_path)) < 2:
                shift = (shift + 1) % 50
                await asyncio.to_thread(paper_house.show, Venue.DYDX, "ETH", shift)
            await until(lambda: len(_alone(tmp_path)) == 4)

    asyncio.run(scene())


def _alone(folder: Path) -> set[tuple[Venue, str]]:
    """The books that the newest file gives to somebody who has only that one."""
    books, file = Books(), tape_files([folder])[-1]
    for heard in decoded(one for one in read_file(file) if one.record.kind is not Kind.GAP):
        books.take(heard)
    return {pair for pair, _ in books.believed()}


def test_a_disk_that_hangs_stops_no_feed(paper_house: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    let, write = threading.Event(), TapeWriter.write

    def hanging(writer: TapeWriter, records: Sequence[Record]) -> None:
        let.wait(WAIT_S)
        write(writer, records)

    monkeypatch.setattr(TapeWriter, "write", hanging)

    async def scene() -> None:
        async with recording(order(paper_house, tmp_path)) as recorder:
            await until(lambda: recorder.tally().frames >= 10)
            begun = recorder.tally().frames
            for shift in range(20):
                await asyncio.to_thread(paper_house.show, Venue.DYDX, "BTC", shift)
            await until(lambda: recorder.tally().frames >= begun + 20)
            assert not tapes(tmp_path)
            let.set()

    asyncio.run(scene())
    assert books_of(tmp_path)


class Tape:
    """A recording whose records a test can see."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.recording = Recording(self)  # type: ignore[arg-type]

    def put(self, record: Record) -> None:
        self.records.append(record)

    def notes(self, kind: Kind) -> list[dict[str, Any]]:
        return [record.fields() for record in self.records if record.kind is kind]

    def frames(self) -> list[str]:
        return [record.body.decode() for record in self.records if record.kind is Kind.FRAME]


@asynccontextmanager
async def venue(script: Callable[[web.WebSocketResponse, dict[str, Any], int], Any]) -> AsyncIterator[str]:
    """A WebSocket venue that answers each request as `script` says; the last argument counts connections."""
    count = 0

    async def serve(request: web.Request) -> web.WebSocketResponse:
        nonlocal count
        count += 1
        number, ws = count, web.WebSocketResponse()
        await ws.prepare(request)
        async for message in ws:
            await script(ws, orjson.loads(message.data), number)
        return ws

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"ws://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def listen(ear: DydxEar | ApexEar, fact: Callable[[], bool]) -> None:
    task = asyncio.create_task(ear.loop.run())
    try:
        await until(fact)
    finally:
        task.cancel()


def test_a_missing_dydx_frame_costs_the_connection_and_is_told(caplog: pytest.LogCaptureFixture) -> None:
    tape = Tape()
    book = {"channel": "v3_orderbook", "id": "BTC-USD", "contents": {"bids": [], "asks": []}}

    async def script(ws: web.WebSocketResponse, asked: dict[str, Any], number: int) -> None:
        if asked["channel"] == "v3_orderbook":
            await ws.send_str(orjson.dumps({"type": "subscribed", "message_id": 0, **book}).decode())
            if number == 1:
                await ws.send_str('{"type":"channel_data", "message_id":  2}')

    async def scene() -> None:
        async with venue(script) as url:
            await listen(DydxEar(url, tape.recording, "BTC"), lambda: len(tape.notes(Kind.OPENED)) == 2)

    asyncio.run(scene())
    assert tape.notes(Kind.LOST) == [{"why": "protocol: gap: message 2 after 0"}]
    assert tape.frames()[1] == '{"type":"channel_data", "message_id":  2}', "as received, spaces and all"
    assert [record.connection for record in tape.records if record.kind is Kind.OPENED] == [1, 2]
    assert "tape_gap venue=dydx market=BTC" in caplog.text


def test_a_gap_in_an_apex_book_is_told_and_a_fresh_book_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    tape, asked_for = Tape(), list[tuple[str, str]]()

    def book(u: int, kind: str) -> str:
        data = {"s": "BTCUSDC", "b": [], "a": [], "u": u}
        return orjson.dumps({"topic": "orderBook200.H.BTCUSDC", "type": kind, "data": data}).decode()

    async def script(ws: web.WebSocketResponse, asked: dict[str, Any], number: int) -> None:
        asked_for.append((asked["op"], asked["args"][0]))
        if asked_for[-1] == ("subscribe", "orderBook200.H.BTCUSDC"):
            await ws.send_str(book(10 * len(asked_for), "snapshot"))
            if len(asked_for) == 1:
                await ws.send_str(book(11, "delta"))
                await ws.send_str(book(13, "delta"))
                await ws.send_str(book(15, "delta"))

    async def scene() -> None:
        async with venue(script) as url:
            await listen(ApexEar(url, tape.recording, "BTC"), lambda: len(tape.frames()) == 5)

    asyncio.run(scene())
    gaps = [{"venue": "apex", "market": "BTC", "why": "book 13 after 11", "topic": ""}]
    assert tape.notes(Kind.GAP) == gaps, "once, while the fresh one is on its way"
    assert tape.notes(Kind.LOST) == []
    assert [topic for op, topic in asked_for if op == "subscribe"][:3] == [
        "orderBook200.H.BTCUSDC",
        "recentlyTrade.H.BTCUSDC",
        "instrumentInfo.H.BTCUSDC",
    ]
    assert ("unsubscribe", "orderBook200.H.BTCUSDC") in asked_for
    assert "book 13 after 11" in caplog.text


class Pages(JsonHttp):
    """Answers each request with the next of its pages."""

    def __init__(self, *pages: HttpResult) -> None:
        super().__init__("http://127.0.0.1:9")
        self._pages = list(pages)

    async def request(self, *_: Any, **__: Any) -> HttpResult:
        return self._pages.pop(0)


def page(first: int, last: int) -> HttpAnswer:
    """Trades number first … last, newest first."""
    rows = [
        {"side": "BUY", "size": "1", "price": "100", "createdAt": f"2023-11-14T22:{n // 60:02d}:{n % 60:02d}.000Z"}
        for n in range(last, first - 1, -1)
    ]
    return HttpAnswer(200, {}, orjson.dumps({"trades": rows}))


def test_a_poll_that_may_have_missed_trades_says_so(caplog: pytest.LogCaptureFixture) -> None:
    tape, asked = Tape(), Question(Venue.DYDX, "BTC", "trades", "/v3/trades/BTC-USD", 180)
    pages = page(0, 99), page(50, 149), page(149, 248), page(249, 348), page(349, 400)
    poll = Poll(asked, Pages(*pages), tape.recording)

    async def scene() -> None:
        for _ in pages:
            await poll.ask()

    asyncio.run(scene())
    why = "all 100 trades of the page are newer than what was known"
    assert tape.notes(Kind.GAP) == [{"venue": "dydx", "market": "BTC", "why": why, "topic": "trades"}]
    at = [record.kind for record in tape.records].index(Kind.GAP)
    assert at == 4, "after the fourth page: the third joins on by one trade, the fifth is not full"
    assert caplog.text.count("trades_may_be_missing venue=dydx market=BTC") == 1


def test_a_failing_poll_is_a_gap_each_time_and_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    tape, asked = Tape(), Question(Venue.APEX, "BTC", "book", "/api/v1/depth", 10)
    good = HttpAnswer(200, {}, b'{"data":{"a":[],"b":[],"s":"BTCUSDC","u":1}}')
    answers = HttpAnswer(429, {}, b"error code: 1015"), MaybeSent("TimeoutError"), good

    async def scene() -> None:
        poll = Poll(asked, Pages(*answers), tape.recording)
        for _ in answers:
            await poll.ask()

    caplog.set_level("INFO")
    asyncio.run(scene())
    assert [gap["why"] for gap in tape.notes(Kind.GAP)] == ["apex: Unknown(reason='http 429')", "TimeoutError"]
    assert [answer["status"] for answer in tape.notes(Kind.ANSWER)] == [429, 200], "what was answered is on the tape"
    assert caplog.text.count("tape_gap") == 1 and "answers_again" in caplog.text


def test_by_requests_alone_books_and_trades_are_there_too(paper_house: Any, tmp_path: Path) -> None:
    async def scene() -> None:
        terms = {"listen": REST, "books_every_ns": 10**9, "dydx_trades_every_ns": 10**9}
        async with recording(order(paper_house, tmp_path, **terms)) as recorder:
            await until(lambda: recorder.tally().frames >= 14)

    asyncio.run(scene())
    assert set(books_of(tmp_path)) == {(venue, market) for venue in Venue for market in MARKETS}
    heard = list(decoded(read(tmp_path)))
    assert not [one for one in heard if isinstance(one.told, Gap)]
    assert {one.polled for one in heard} == {True}


def test_a_writer_that_died_ends_the_recorder(
    paper_house: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(spool: Spool) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(threading, "excepthook", lambda args: None)
    monkeypatch.setattr(Spool, "_flush", broken)

    async def scene() -> None:
        recorder = Recorder(order(paper_house, tmp_path))
        with pytest.raises(ExceptionGroup) as raised:
            await asyncio.wait_for(recorder.run(), WAIT_S)
        await recorder.close()
        assert "the thread that writes the tape has ended" in str(raised.value.exceptions[0])

    begun_ns = clock.monotonic_ns()
    asyncio.run(scene())
    assert clock.monotonic_ns() - begun_ns < WAIT_S * 10**9
