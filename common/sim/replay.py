"""Recorded books as a source: two recordings stand for the two venues, on one time line, put on our grids.

Prices are rounded against whoever takes them (bids down, asks up), sizes down to whole steps; a level without a
whole step is dropped, levels that meet on one tick are merged. The index is the recorded mid. Speed is the pacer's
business. A market plays only while both its venues were recorded, so that no book stands still against a live one.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from common.core.errors import ConfigError
from common.core.market import Instrument, Venue
from common.sim.types import Instruments, SourceBook
from common.tape.block import ENDING
from common.tape.books import RecordedBook, RecordedLevel
from common.tape.decode import decoded
from common.tape.dydx_capture import read_capture
from common.tape.parquet import BookFile, book_files
from common.tape.places import TapeFile, tape_files
from common.tape.reader import merged
from common.tape.rebuilt import both_venues

KIND = "replay"
_UUSD = Decimal("0.000001")
CAPTURE = ".ws.txt.gz"
#: on a tape of ours only what both venues showed so soon after its first book is played
LOOK_AHEAD_NS = 60 * 1_000_000_000
#: which paper venue a place of recording stands for; other places in a folder are left alone
STANDS_FOR: Mapping[str, Venue] = {
    "binance_usdm": Venue.DYDX,
    "binance_coinm": Venue.APEX,
    "dydx_v3": Venue.DYDX,
    "apex_pro": Venue.APEX,
}


@dataclass(frozen=True, slots=True)
class Tape:
    """Recorded books on their way in, with the recorder's times; `begin_ns` is the source's time 0."""

    path: Path
    begin_ns: int
    books: Iterator[tuple[Venue, RecordedBook]]
    #: the venues that were recorded, by market
    recorded: Mapping[str, tuple[Venue, ...]]


class ReplaySource:
    """The `Source` of recorded books. `markets` are those recorded at both venues; only these can be arbitraged.

    `books_of` also names markets of which this venue alone was recorded: its paper venue shows them all the same.
    """

    def __init__(self, tape: Tape, instruments: Instruments) -> None:
        self.markets = tuple(m for m, venues in tape.recorded.items() if len(venues) == len(Venue))
        self._tape = tape
        self._books = self._gridded(instruments)
        self._next = next(self._books, None)
        self._at_ns = tape.begin_ns

    @property
    def begin_ns(self) -> int:
        """The recorder's time of the source's time 0."""
        return self._tape.begin_ns

    def books_of(self, venue: Venue) -> tuple[str, ...]:
        """The markets that were recorded at what stands for `venue`."""
        return tuple(market for market, venues in self._tape.recorded.items() if venue in venues)

    def next_at_ns(self) -> int | None:
        """Source time of the next recorded book; None when the tape has ended."""
        return None if self._next is None else self._next[0] - self._tape.begin_ns

    def pop(self) -> Sequence[SourceBook]:
        """The books recorded at `next_at_ns`."""
        if self._next is None:
            return ()
        self._at_ns, books = self._next[0], []
        while self._next is not None and self._next[0] == self._at_ns:
            books.append(self._next[1])
            self._next = next(self._books, None)
        return books

    def state(self) -> dict[str, object]:
        """Where the tape stands; a tape that has ended begins anew at the next start."""
        ended = self._next is None
        return {"kind": KIND, "path": str(self._tape.path), "at_ns": None if ended else self._at_ns}

    def _gridded(self, instruments: Instruments) -> Iterator[tuple[int, SourceBook]]:
        for venue, recorded in self._tape.books:
            book = on_grid(recorded, instruments[venue][recorded.market])
            if book is not None:
                yield recorded.at_ns, book


def on_grid(recorded: RecordedBook, instrument: Instrument) -> SourceBook | None:
    """The recorded book in whole ticks and steps of `instrument`; None where a side is empty or the book is crossed."""
    bids, asks = _rows(recorded.bids, instrument, up=False), _rows(recorded.asks, instrument, up=True)
    if not bids or not asks or bids[0][0] >= asks[0][0]:
        return None
    index = ((recorded.bids[0][0] + recorded.asks[0][0]) / 2).quantize(_UUSD)
    return SourceBook(instrument.venue, instrument.market, bids, asks, index)


def _rows(levels: Iterable[RecordedLevel], instrument: Instrument, *, up: bool) -> tuple[tuple[int, int], ...]:
    """Levels in ticks and steps, best first; `up` for asks."""
    merged: dict[int, int] = {}
    for price, size in levels:
        ticks, beyond = divmod(price, instrument.tick)
        tick, steps = int(ticks) + (up and beyond > 0), int(size / instrument.step)
        if steps > 0 and tick > 0:
            merged[tick] = merged.get(tick, 0) + steps
    return tuple(sorted(merged.items(), reverse=not up))


def open_replay(
    path: Path, markets: Sequence[str], instruments: Instruments, state: Mapping[str, Any] | None = None
) -> ReplaySource:
    """The books recorded at `path` for `markets`, from where `state` left off; ConfigError says what is missing.

    `path` is a tape of our recorder (a file, or a folder of them), a folder of parquet books of both venues, or a raw
    dYdX v3 capture (*.ws.txt.gz). That drives the paper dYdX alone: its source has no `markets`, for ApeX is absent.
    """
    kept = state if state and state.get("kind") == KIND and state.get("path") == str(path) else {}
    from_ns = int(kept.get("at_ns") or 0)
    if path.exists() and (path.name.endswith(ENDING) or any(path.rglob(f"*{ENDING}"))):
        return ReplaySource(_taped(path, markets, from_ns), instruments)
    if path.is_dir():
        return ReplaySource(_folder(path, markets, from_ns), instruments)
    if path.is_file() and path.name.endswith(CAPTURE):
        return ReplaySource(_capture(path, markets, from_ns), instruments)
    found = "is something else" if path.exists() else "does not exist"
    raise ConfigError(
        f"{path} {found}: replay takes tapes (*{ENDING}), a folder of parquet books or a dYdX v3 capture (*{CAPTURE})"
    )


def _taped(path: Path, markets: Sequence[str], from_ns: int) -> Tape:
    files = tape_files([path])
    first_ns = _first_books(files, markets)
    if not first_ns:
        raise ConfigError(f"{path} never has books of both venues at the same time of {', '.join(markets)}")
    begin_ns = max(from_ns, min(first_ns.values()))
    found = [market for market in markets if market in first_ns]
    books = ((venue, book) for venue, book in _played(files, found) if book.at_ns >= begin_ns)
    return Tape(path, begin_ns, books, dict.fromkeys(found, tuple(Venue)))


def _first_books(files: Sequence[TapeFile], markets: Sequence[str]) -> dict[str, int]:
    """When each market's books first stood at both venues."""
    first_ns: dict[str, int] = {}
    for _, book in _played(files, markets):
        first_ns.setdefault(book.market, book.at_ns)
        if len(first_ns) == len(markets) or book.at_ns - min(first_ns.values()) > LOOK_AHEAD_NS:
            break
    return first_ns


def _played(files: Sequence[TapeFile], markets: Sequence[str]) -> Iterator[tuple[Venue, RecordedBook]]:
    return both_venues(decoded(merged(files)), markets)


def _capture(path: Path, markets: Sequence[str], from_ns: int) -> Tape:
    first_ns: dict[str, int] = {}
    for book in read_capture(path, markets):
        first_ns.setdefault(book.market, book.at_ns)
    if not first_ns:
        raise ConfigError(f"{path} has no books of {', '.join(markets)}")
    begin_ns = max(from_ns, min(first_ns.values()))
    books = ((Venue.DYDX, book) for book in read_capture(path, markets) if book.at_ns >= begin_ns)
    return Tape(path, begin_ns, books, {market: (Venue.DYDX,) for market in markets if market in first_ns})


@dataclass(frozen=True, slots=True)
class _Pair:
    """One market's two recordings and the time both of them cover."""

    files: Mapping[Venue, BookFile]
    from_ns: int
    to_ns: int


def _folder(path: Path, markets: Sequence[str], from_ns: int) -> Tape:
    files = _deepest(path)
    both = {m: pair for m in dict.fromkeys(m for m, _ in files) if (pair := _pair(m, files)) is not None}
    wanted = {m: both[m] for m in markets if m in both}
    if not wanted:
        names = ", ".join(both) or "none"
        raise ConfigError(
            f"{path} has nothing to replay for {', '.join(markets)}: markets with books of both venues at the same "
            f"time: {names}; files are named like book10_binance_usdm_BTC.parquet, places are {', '.join(STANDS_FOR)}"
        )
    streams = [
        _stream(v, f, max(pair.from_ns, from_ns), pair.to_ns) for pair in wanted.values() for v, f in pair.files.items()
    ]
    begin_ns = max(from_ns, min(pair.from_ns for pair in wanted.values()))
    books = heapq.merge(*streams, key=lambda played: played[1].at_ns)
    return Tape(path, begin_ns, books, dict.fromkeys(wanted, tuple(Venue)))


def _deepest(path: Path) -> dict[tuple[str, Venue], BookFile]:
    """For each market and venue the file with most levels."""
    files: dict[tuple[str, Venue], BookFile] = {}
    for file in sorted(book_files(path), key=lambda file: file.levels):
        if file.place in STANDS_FOR:
            files[file.market, STANDS_FOR[file.place]] = file
    return files


def _pair(market: str, files: Mapping[tuple[str, Venue], BookFile]) -> _Pair | None:
    """Both recordings of `market`, None where one is missing or they never overlap."""
    ours = {venue: files[market, venue] for venue in Venue if (market, venue) in files}
    spans = [span for file in ours.values() if (span := file.span_ns()) is not None]
    if len(spans) < len(Venue):
        return None
    from_ns, to_ns = max(first for first, _ in spans), min(last for _, last in spans)
    return _Pair(ours, from_ns, to_ns) if from_ns < to_ns else None


def _stream(venue: Venue, file: BookFile, from_ns: int, to_ns: int) -> Iterator[tuple[Venue, RecordedBook]]:
    return ((venue, book) for book in file.read(from_ns, to_ns))
