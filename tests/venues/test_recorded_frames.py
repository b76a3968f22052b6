"""Every frame that was recorded of the venues themselves goes through our codecs, and the books agree, frame by frame,
with a slow reconstruction that shares nothing with ours.

The recordings are not ours: they are looked for where `ARB_DATA` says, else in `shared/data` beside the project; where
they are absent these tests are skipped.
"""

import gzip
import json
import os
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common.core.book import Book, Ladder, make_book
from common.core.market import Instrument, Venue
from common.core.money import ZERO
from common.core.trade import Trade
from common.venues.apex import wire as apex_wire
from common.venues.apex import wire_market as apex
from common.venues.apex.wire_trade import read_trades as apex_trades
from common.venues.dydx import wire_market as dydx
from common.venues.dydx.wire_trade import read_trades as dydx_trades

ROOT = Path(os.environ.get("ARB_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data")) / "fixtures"
CRYPTOFEED, GO_DYDX = ROOT / "dydx_v3" / "cryptofeed", ROOT / "dydx_v3" / "go-dydx"
OMNI = ROOT / "apex_omni" / "pd-aio-sdk"
CAPTURES = {"20210624": 2120, "20211028": 4687}
Levels = dict[Decimal, Decimal]

pytestmark = pytest.mark.skipif(
    not ROOT.is_dir(), reason=f"no recorded frames at {ROOT} (ARB_DATA names another place)"
)


def ours(book: Book, ladder: Ladder) -> Levels:
    """One side of our book in plain numbers."""
    instrument = book.instrument
    return {instrument.price(ticks): instrument.size(steps) for ticks, steps in ladder.sizes.items()}


class SlowDydx:
    """One market of dYdX v3, as the venue's own front end keeps it: every price has the offset that set it last."""

    def __init__(self) -> None:
        self.sides: dict[str, dict[Decimal, tuple[Decimal, int]]] = {"bids": {}, "asks": {}}
        self.dropped = 0

    def hear(self, frame: dict[str, Any]) -> None:
        contents = frame["contents"]
        if frame["type"] == "subscribed":
            self.sides = {"bids": {}, "asks": {}}
        for side, kept in self.sides.items():
            for level in contents[side]:
                price, size, offset = self._level(level, contents)
                if price not in kept or offset > kept[price][1]:
                    kept[price] = (size, offset)
        while self._uncross():
            self.dropped += 1

    def _level(self, level: Any, contents: dict[str, Any]) -> tuple[Decimal, Decimal, int]:
        if isinstance(level, dict):
            return Decimal(level["price"]), Decimal(level["size"]), int(level["offset"])
        return Decimal(level[0]), Decimal(level[1]), int(contents["offset"])

    def _uncross(self) -> bool:
        """Whether a level had to go: of the two that touch the older, else the smaller, else the bid."""
        bids, asks = self.shown("bids"), self.shown("asks")
        if not bids or not asks or max(bids) < min(asks):
            return False
        bid, ask = max(bids), min(asks)
        (bid_size, bid_age), (ask_size, ask_age) = self.sides["bids"][bid], self.sides["asks"][ask]
        if (bid_age, bid_size) <= (ask_age, ask_size):
            self.sides["bids"][bid] = (ZERO, bid_age)
        else:
            self.sides["asks"][ask] = (ZERO, ask_age)
        return True

    def shown(self, side: str) -> Levels:
        return {price: size for price, (size, _) in self.sides[side].items() if size}


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The venue's frames of a capture, without what the recorder itself noted or sent."""
    with gzip.open(path, "rt") as file:
        for line in file:
            stamp, _, text = line.partition(": ")
            if text and not stamp.startswith("wss"):
                yield json.loads(text)


def grids(name: str) -> dict[str, Instrument]:
    """Every market that the venue listed on the day of a capture."""
    with gzip.open(CRYPTOFEED / f"DYDX_{name}.rest_markets.txt.gz", "rt") as file:
        _, _, text = file.readline().partition(": ")
    listed = json.loads(text)["markets"]
    found = {name: dydx.read_instrument(raw, ZERO) for name, raw in listed.items()}
    assert all(dydx.funding_rate(raw, 1) is not None for raw in listed.values())
    return found


def agree(book: Book, slow: SlowDydx) -> bool:
    return not book.stale and (ours(book, book.bids), ours(book, book.asks)) == (slow.shown("bids"), slow.shown("asks"))


@pytest.mark.parametrize("name", CAPTURES)
def test_dydx_books_agree_after_every_recorded_frame(name: str) -> None:
    instruments = grids(name)
    codecs = {market: dydx.BookCodec(instrument) for market, instrument in instruments.items()}
    books = {market: make_book(instrument) for market, instrument in instruments.items()}
    slow = {market: SlowDydx() for market in instruments}
    deltas = 0
    for frame in lines(CRYPTOFEED / f"DYDX_{name}.ws.txt.gz"):
        if frame.get("channel") != dydx.BOOK:
            continue
        market, codec = frame["id"], codecs[frame["id"]]
        snapshot = frame["type"] == "subscribed"
        deltas += not snapshot
        books[market].apply((codec.snapshot if snapshot else codec.delta)(frame["contents"], 1))
        slow[market].hear(frame)
        assert agree(books[market], slow[market]), f"{market} after frame {frame['message_id']}"
    assert deltas == CAPTURES[name]
    assert sum(bool(one.shown("bids")) for one in slow.values()) == 10


@pytest.mark.parametrize("name", CAPTURES)
def test_dydx_books_agree_when_frames_change_places_and_cross_them(name: str) -> None:
    """The venue's frames may come out of order, and books then cross: both ways must drop the same levels."""
    instruments, dice, crossed = grids(name), random.Random(name), 0
    frames = [one for one in lines(CRYPTOFEED / f"DYDX_{name}.ws.txt.gz") if one.get("channel") == dydx.BOOK]
    for market in sorted({one["id"] for one in frames}):
        first, *rest = (one for one in frames if one["id"] == market)
        order = sorted(range(len(rest)), key=lambda n: n + dice.uniform(0, 200))
        codec, book, slow = dydx.BookCodec(instruments[market]), make_book(instruments[market]), SlowDydx()
        book.apply(codec.snapshot(first["contents"], 1))
        slow.hear(first)
        for frame in (rest[n] for n in order):
            book.apply(codec.delta(frame["contents"], 1))
            slow.hear(frame)
            assert agree(book, slow), f"{market} after frame {frame['message_id']}"
        crossed += slow.dropped
    assert crossed > 0


@pytest.mark.parametrize("name", CAPTURES)
def test_dydx_frames_of_a_batch_give_the_book_that_they_give_one_by_one(name: str) -> None:
    instruments = grids(name)
    frames = [one for one in lines(CRYPTOFEED / f"DYDX_{name}.ws.txt.gz") if one.get("channel") == dydx.BOOK]
    for market in sorted({one["id"] for one in frames}):
        first, *rest = (one["contents"] for one in frames if one["id"] == market)
        codec, single, batched = dydx.BookCodec(instruments[market]), *(make_book(instruments[market]) for _ in "ab")
        for book in (single, batched):
            book.apply(codec.snapshot(first, 1))
        for contents in rest:
            single.apply(codec.delta(contents, 1))
        for start in range(0, len(rest), 7):
            batched.apply(codec.delta(rest[start : start + 7], 1))
        assert single.bids.sizes == batched.bids.sizes and single.asks.sizes == batched.asks.sizes


@pytest.mark.parametrize("name", CAPTURES)
def test_dydx_trades_of_every_recorded_frame_are_read(name: str) -> None:
    told: list[Trade] = []
    rows: list[tuple[str, ...]] = []
    for frame in lines(CRYPTOFEED / f"DYDX_{name}.ws.txt.gz"):
        if frame.get("channel") == "v3_trades":
            told += dydx_trades(frame["contents"], frame["id"].partition("-")[0], 1)
            rows += [
                (frame["id"], *(row[key] for key in ("side", "size", "price"))) for row in frame["contents"]["trades"]
            ]
    assert sorted((f"{t.market}-USD", t.side.value, f"{t.size}", f"{t.price}") for t in told) == sorted(rows)
    assert len(rows) > 500 and all(t.time_text.startswith("2021") for t in told)


def test_dydx_book_of_another_recorder_agrees_after_every_frame() -> None:
    """That recorder wrote levels as objects in deltas too; on the wire they are pairs, and so they are given here."""
    frames = json.loads(gzip.decompress((GO_DYDX / "orderbook_BTC-USD.json.gz").read_bytes()))
    instrument = grids("20211028")["BTC-USD"]
    codec, book, slow = dydx.BookCodec(instrument), make_book(instrument), SlowDydx()
    for number, frame in enumerate(frames):
        contents = frame["contents"]
        if number:
            for side in ("bids", "asks"):
                contents[side] = [[level["price"], level["size"]] for level in contents.get(side) or ()]
        book.apply((codec.delta if number else codec.snapshot)(contents, 1))
        slow.hear(frame)
        assert agree(book, slow), f"after frame {number}"
    assert len(frames) == 1096


def test_dydx_snapshot_with_offsets_as_text_is_read() -> None:
    frame = json.loads((GO_DYDX / "data.json").read_text())
    instrument = grids("20211028")["BTC-USD"]
    book, slow = make_book(instrument), SlowDydx()
    book.apply(dydx.BookCodec(instrument).snapshot(frame["contents"], 1))
    slow.hear(frame)
    assert agree(book, slow)


# --- ApeX: the later edition of the venue, with the same books, trades and tickers


def omni(name: str) -> Any:
    return json.loads((OMNI / f"{name}.json").read_text())


@pytest.fixture
def bitcoin() -> Instrument:
    """The instrument of those recordings, on the grid that their listing gives."""
    listed = json.loads(gzip.decompress((OMNI / "symbols_raw.json.gz").read_bytes()))["data"]["contractConfig"]
    row = next(one for one in listed["perpetualContract"] if one["symbol"] == "BTC-USDT")
    tick, step, least = (Decimal(row[name]) for name in ("tickSize", "stepSize", "minOrderSize"))
    return Instrument(Venue.APEX, "BTC", "BTC-USDT", tick, step, least, ZERO, Decimal("0.05"), Decimal("0.03"))


def test_apex_book_agrees_after_every_recorded_frame(bitcoin: Instrument) -> None:
    book, slow = make_book(bitcoin), {"b": Levels(), "a": Levels()}
    frames = [omni("ws_orderbook_snapshot"), *omni("ws_orderbook_deltas_first5")]
    for frame in frames:
        assert frame["topic"] == f"orderBook200.H.{apex_wire.cross_name(bitcoin.name)}"
        book.apply(apex.book_message(frame, bitcoin, 1))
        for side, kept in slow.items():
            kept |= {Decimal(price): Decimal(size) for price, size in frame["data"][side]}
            for price in [price for price, size in kept.items() if not size]:
                del kept[price]
        assert not book.stale
        assert (ours(book, book.bids), ours(book, book.asks)) == (slow["b"], slow["a"])
    assert max(slow["b"]) < min(slow["a"]) and len(frames) == 6


def test_apex_frames_of_trades_tickers_and_control_are_read(bitcoin: Instrument) -> None:
    frames = [omni("ws_trades_snapshot"), *omni("ws_trades_deltas_first5")]
    rows = [row for frame in frames for row in frame["data"]]
    rows += omni("rest_trades_symbol_BTCUSDT_limit_50")["data"]
    told = [trade for row in rows for trade in apex_trades([row], "BTC", 1)]
    assert [(t.trade_id, str(t.price), str(t.size), t.side_text) for t in told] == [
        (row["i"], row["p"], row["v"], row["S"]) for row in rows
    ]
    ticker = omni("rest_ticker_symbol_BTCUSDT")["data"]
    assert apex.oracle_price(ticker, bitcoin.name) == Decimal(ticker[0]["indexPrice"])
    ack, ping, pong = (apex_wire.decode_frame(json.dumps(frame)) for frame in omni("ws_control_frames")[:3])
    assert ack["success"] and pong["ret_msg"] == "pong"
    assert json.loads(apex_wire.pong_frame(ping)) == {"op": "pong", "args": ping["args"]}


@pytest.mark.parametrize("path", sorted(OMNI.glob("rest_*.json")), ids=lambda path: path.stem)
def test_apex_answers_come_out_of_their_envelope(path: Path) -> None:
    body = path.read_bytes()
    answer = apex_wire.decode_answer(200, body)
    assert isinstance(answer, apex_wire.Data) and answer.value == json.loads(body)["data"]
