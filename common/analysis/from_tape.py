"""Our own recordings as series: a tape, or its Parquet export, read by the books that trading keeps.

A book is believed as a trader believes it: not after a gap, not crossed, not while its venue says nothing. Of a venue
everything counts that a tape tells (books, trades, rates, of any market), not its pongs.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from common.analysis.base import Base
from common.analysis.series import EMPTY, GAP, SILENT, Series
from common.analysis.spool import LEVELS, BookSpool, Level
from common.core.book import Book, Ladder
from common.core.events import FundingRate
from common.core.market import Venue
from common.tape.heard import FINE, Gap, Heard
from common.tape.rebuilt import Books, Pair

_UNITS: Final = float(1 / FINE)


@dataclass(frozen=True, slots=True)
class Rate:
    """What a venue said that longs will pay shorts, a fraction of notional per hour."""

    place: str
    market: str
    at_ns: int
    hourly: float


@dataclass(slots=True)
class TapeGather:
    """Takes in what a tape says, in its order; `done` gives the series and the rates."""

    base: Base
    folder: Path
    silence_ns: int
    markets: frozenset[str] = frozenset()
    rates: list[Rate] = field(default_factory=list)
    _books: Books = field(default_factory=Books)
    _spools: dict[Pair, BookSpool] = field(default_factory=dict)
    _alive_ns: dict[Venue, int] = field(default_factory=dict)
    _polled: set[Pair] = field(default_factory=set)
    _hourly: dict[Pair, float] = field(default_factory=dict)
    _at_ns: int = 0

    def take_all(self, heard: Iterable[Heard]) -> None:
        """Everything of the wanted markets; of the others only that their venue lives."""
        for one in heard:
            # a clock that was set back does not turn the line around
            self._at_ns = max(self._at_ns, one.told.at_ns)
            if not isinstance(one.told, Gap):
                self._hear_life(one.venue)
            if not self.markets or one.market in self.markets:
                self._take(one)

    def done(self) -> list[Series]:
        """A series for each book that was heard; one that still stands ends when its venue was last heard."""
        for pair, spool in self._spools.items():
            if pair not in self._polled and self._books.is_believed(pair):
                self._put(self._books.of(pair), spool, self._alive_ns[pair[0]])
        return [spool.done(sampled=pair in self._polled) for pair, spool in self._spools.items()]

    def _take(self, heard: Heard) -> None:
        if isinstance(heard.told, FundingRate):
            self._take_rate(heard, float(heard.told.hourly))
        pair, book = (heard.venue, heard.market), self._books.take(heard)
        if isinstance(heard.told, Gap) and pair in self._spools and not self._books.is_believed(pair):
            self._spools[pair].put(self._at_ns, GAP)
        if book is None:
            return
        if pair not in self._spools:
            self._spools[pair] = BookSpool(self.base, self.folder, *pair)
        if heard.polled:
            self._polled.add(pair)
        self._put(book, self._spools[pair], self._at_ns)

    def _take_rate(self, heard: Heard, hourly: float) -> None:
        pair = (heard.venue, heard.market)
        if self._hourly.get(pair) != hourly:
            self._hourly[pair] = hourly
            self.rates.append(Rate(heard.venue, heard.market, self._at_ns, hourly))

    def _hear_life(self, venue: Venue) -> None:
        """A venue that was silent for too long: its books were not to be believed from then until now."""
        silent_ns, self._alive_ns[venue] = self._alive_ns.get(venue, self._at_ns) + self.silence_ns, self._at_ns
        if self._at_ns <= silent_ns:
            return
        for pair, spool in self._spools.items():
            if pair[0] is venue and pair not in self._polled and self._books.is_believed(pair):
                spool.put(silent_ns, SILENT)
                self._put(self._books.of(pair), spool, self._at_ns)

    def _put(self, book: Book, spool: BookSpool, at_ns: int) -> None:
        if book.stale:
            spool.put(at_ns, book.stale if book.stale == "crossed" else GAP)
            return
        bids, asks = _levels(book.bids), _levels(book.asks)
        spool.put(at_ns, "" if bids and asks else EMPTY, bids, asks)


def _levels(ladder: Ladder) -> list[Level]:
    return [(ticks / _UNITS, steps / _UNITS) for ticks, steps in ladder.top(LEVELS)]
