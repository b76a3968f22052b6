"""Numbers book changes as each venue does, in leases that survive a restart without a write per change.

dYdX: one offset that rises over the whole venue. ApeX: `u` of each market, rising by exactly one per change.
A lease promises that no number above it was published; after a restart all counters go on from the lease.
"""

from common.core.events import LevelRow
from common.core.market import Venue
from common.sim.depth import MarketBook, Row, SideDepth
from common.sim.types import BookChange

#: numbers per lease: one journal record per this many book changes
LEASE = 1_000_000


class Publisher:
    """Turns what changed in a book into numbered changes."""

    def __init__(self, venue: Venue, lease: int) -> None:
        self._shared = venue is Venue.DYDX
        self._first = lease
        self._last: dict[str, int] = {}
        self.lease = lease

    def last(self, market: str) -> int:
        """The last number that was given to `market` (dYdX: to any market)."""
        return self._last.get(self._key(market), self._first)

    def change(self, market: str, book: MarketBook, now_ns: int) -> BookChange | None:
        """What `book` shows differently than at the last call, numbered; None when nothing changed."""
        bids, asks = book.bids.change(now_ns), book.asks.change(now_ns)
        if not bids and not asks:
            return None
        number = self.last(market) + 1
        self._last[self._key(market)] = number
        if number > self.lease:
            self.lease += LEASE
        return BookChange(
            market, _numbered(book.bids, bids, number), _numbered(book.asks, asks, number), number, now_ns
        )

    def _key(self, market: str) -> str:
        return "" if self._shared else market


def _numbered(side: SideDepth, rows: tuple[Row, ...], number: int) -> tuple[LevelRow, ...]:
    for tick, steps in rows:
        if steps:
            side.sequence[tick] = number
        else:
            side.sequence.pop(tick, None)
    return tuple((tick, steps, number) for tick, steps in rows)
