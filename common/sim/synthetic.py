"""The seeded source of books: ten markets at two venues, an event queue by source time, the same for the same seed.

Fair prices and basis come from `basis`, books from `ladder`, numbers from `habits`. Knows neither wall time nor
orders: what is taken from a book, and how it comes back, is the engine's business.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from common.core.errors import ConfigError
from common.core.market import Instrument, Venue
from common.core.money import UUSD_PER_USD
from common.sim.basis import STEP_NS, Basis
from common.sim.habits import BEATS, HABITS, NATURES
from common.sim.ladder import SyntheticBook
from common.sim.types import Instruments, SourceBook

KIND = "synthetic"
SECOND_NS = 1_000_000_000
#: an oracle speaks at most this often; between that its price stands
INDEX_NS = SECOND_NS


@dataclass(slots=True)
class _Maker:
    """Who makes one market at one venue: the book, and what was last said about its index."""

    instrument: Instrument
    basis: Basis
    book: SyntheticBook
    messages_per_s: float
    index: Decimal = Decimal(0)
    index_due_ns: int = 0

    def show(self, at_ns: int) -> SourceBook:
        """Let the book follow the venue's mid and tell it."""
        venue = self.instrument.venue
        self.book.follow(self.basis.mid(venue))
        if at_ns >= self.index_due_ns:
            self.index_due_ns = at_ns + INDEX_NS
            self.index = Decimal(round(self.basis.fair(venue) * UUSD_PER_USD)) / UUSD_PER_USD
        bids, asks = tuple(self.book.bids.rows), tuple(self.book.asks.rows)
        return SourceBook(venue, self.instrument.market, bids, asks, self.index)


class SyntheticSource:
    """The `Source` of the demo. `jumps` multiplies the rate of basis jumps (far beyond what was recorded), 0 is none.

    The index of an instrument is the fair price as its venue sees it, without its half of the basis.
    """

    def __init__(
        self,
        markets: Sequence[str],
        instruments: Instruments,
        *,
        seed: int,
        jumps: Decimal,
        state: Mapping[str, Any] | None = None,
    ) -> None:
        unknown = [market for market in markets if market not in NATURES]
        if unknown:
            raise ConfigError(f"no synthetic books for {', '.join(unknown)}: they exist for {', '.join(NATURES)}")
        self.markets = tuple(markets)
        kept = state.get("markets", {}) if state and state.get("kind") == KIND else {}
        self._basis = {m: Basis(m, seed=seed, jumps=float(jumps), state=kept.get(m)) for m in self.markets}
        self._started = {market: basis.steps for market, basis in self._basis.items()}
        self._makers = [self._maker(m, v, seed, instruments) for m in self.markets for v in Venue]
        self._rng = Random(f"{seed}/beats/{max(self._started.values(), default=0)}")
        self._queue = [(0, number) for number in range(len(self._makers))]

    def _maker(self, market: str, venue: Venue, seed: int, instruments: Instruments) -> _Maker:
        basis, habit, instrument = self._basis[market], HABITS[venue][market], instruments[venue][market]
        rng = Random(f"{seed}/{market}/{venue}/{basis.steps}")
        book = SyntheticBook(instrument, habit, basis.mid(venue), rng)
        return _Maker(instrument, basis, book, habit.messages_per_s)

    def books_of(self, venue: Venue) -> tuple[str, ...]:
        """Every market, at either venue."""
        return self.markets

    def next_at_ns(self) -> int | None:
        """Source time of the next change; the first one, at 0, shows every book."""
        return self._queue[0][0] if self._queue else None

    def pop(self) -> Sequence[SourceBook]:
        """The books that change at `next_at_ns`."""
        at_ns, books = self._queue[0][0], []
        while self._queue[0][0] == at_ns:
            number = self._queue[0][1]
            maker = self._makers[number]
            market = maker.instrument.market
            maker.basis.advance(self._started[market] + at_ns // STEP_NS - maker.basis.steps)
            books.append(maker.show(at_ns))
            heapq.heapreplace(self._queue, (at_ns + self._pause_ns(maker, first=at_ns == 0), number))
        return books

    def _pause_ns(self, maker: _Maker, *, first: bool) -> int:
        """Until this book changes again: a fixed beat with a phase of its own, or whenever chance has it."""
        if not BEATS[maker.instrument.venue]:
            return 1 + int(self._rng.expovariate(maker.messages_per_s) * SECOND_NS)
        beat = int(SECOND_NS / maker.messages_per_s)
        return self._rng.randrange(1, beat) if first else beat

    def basis(self, market: str) -> Basis:
        """The market's fair price and basis now, for who wants to look behind the books."""
        return self._basis[market]

    def state(self) -> dict[str, object]:
        """Where every market stands; time itself starts again from 0."""
        return {"kind": KIND, "markets": {market: basis.state() for market, basis in self._basis.items()}}
