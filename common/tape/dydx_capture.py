"""Reads a raw capture of dYdX v3's public WebSocket and rebuilds the books from snapshots and offsets.

One frame a line: `receive time in seconds: {json}`; what the recorder itself sent starts with `wss:` and is skipped,
as are all channels but `v3_orderbook`. Knows no grid: prices and sizes are kept as they were written.
"""

import gzip
import heapq
from collections.abc import Collection, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import orjson

from common.core.book import DydxBook, Ladder
from common.core.errors import ConfigError
from common.core.events import BookMessage, LevelRow
from common.core.market import Instrument, Venue
from common.core.money import ZERO
from common.tape.books import RecordedBook, RecordedLevel

#: levels a side that are handed on
LEVELS = 20
#: finer than any grid dYdX ever had, so that no number is changed on its way through the book
_FINE = Decimal("0.00000001")
_NS_PER_S = 10**9


def read_capture(path: Path, markets: Collection[str]) -> Iterator[RecordedBook]:
    """The books of `markets` after every frame that changed them, in the order received."""
    books = {f"{market}-USD": DydxBook(_instrument(market)) for market in markets}
    try:
        with gzip.open(path, "rb") as lines:
            yield from _replayed(lines, books)
    except (OSError, EOFError, KeyError, ValueError, InvalidOperation) as error:
        raise ConfigError(f"{path} is not a capture of dYdX v3's WebSocket: {error!r}") from error


def _replayed(lines: Iterator[bytes], books: dict[str, DydxBook]) -> Iterator[RecordedBook]:
    for line in lines:
        received, found, text = line.partition(b": ")
        if not found or not received[:1].isdigit():
            continue
        frame = orjson.loads(text)
        book = books.get(frame.get("id", ""))
        if book is None or frame.get("channel") != "v3_orderbook" or "contents" not in frame:
            continue
        at_ns = int(Decimal(received.decode()) * _NS_PER_S)
        book.apply(_message(frame, at_ns))
        if not book.stale:
            yield RecordedBook(book.instrument.market, at_ns, _top(book.bids, -1), _top(book.asks, +1))


def _message(frame: dict[str, Any], at_ns: int) -> BookMessage:
    contents, snapshot = frame["contents"], frame["type"] == "subscribed"
    offset = 0 if snapshot else int(contents["offset"])
    bids, asks = (tuple(_row(level, offset) for level in contents[side]) for side in ("bids", "asks"))
    return BookMessage(Venue.DYDX, snapshot, bids, asks, offset, at_ns)


def _row(level: Any, offset: int) -> LevelRow:
    """A snapshot's level carries its own offset, a delta's level the frame's."""
    if isinstance(level, dict):
        return _fine(level["price"]), _fine(level["size"]), int(level.get("offset", 0))
    price, size = level[:2]
    return _fine(price), _fine(size), offset


def _fine(text: str) -> int:
    return int(Decimal(text) / _FINE)


def _top(ladder: Ladder, sign: int) -> tuple[RecordedLevel, ...]:
    best = heapq.nsmallest(LEVELS, ladder.sizes.items(), key=lambda level: sign * level[0])
    return tuple((ticks * _FINE, steps * _FINE) for ticks, steps in best)


def _instrument(market: str) -> Instrument:
    return Instrument(Venue.DYDX, market, f"{market}-USD", _FINE, _FINE, _FINE, ZERO, ZERO, ZERO)
