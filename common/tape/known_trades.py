"""Every trade once, though sources overlap: a new connection shows the last ones again, a second recorder all of them.

ApeX names its trades. dYdX does not, and two equal trades of one millisecond are two. Therefore equal trades are
counted: a source that shows a trade `n` times proves that there were at least `n`; what several sources show at most
is what there was. A source counts for itself from its snapshot on, as a snapshot shows what went before, too.
"""

from collections import Counter, OrderedDict
from typing import Final, TypeAlias

from common.core.market import Venue
from common.core.trade import Trade
from common.tape.heard import Page, Source

#: per market; a snapshot shows 500 trades at most, so that an older one is never shown again
KEPT_MAX: Final = 20_000
#: sources followed at a time, per market
SOURCES_MAX: Final = 16
#: why a gap is noted before a page that does not join on
MISSED: Final = "trades may be missing before a page"
Key: TypeAlias = tuple[object, ...]


class KnownTrades:
    """The trades of one market, from any number of sources; bounded."""

    def __init__(self) -> None:
        self._counts: OrderedDict[Key, int] = OrderedDict()
        self._by_source: OrderedDict[Source, Counter[Key]] = OrderedDict()
        self._newest_ns: int | None = None
        self.twins = 0

    def new(self, page: Page) -> list[Trade]:
        """Those of a page that were not known, oldest first."""
        seen = self._seen(page)
        fresh = []
        for trade in page.trades:
            key = _key(trade)
            seen[key] += 1
            if seen[key] > self._counts.get(key, 0) and (not trade.trade_id or key not in self._counts):
                self.twins += key in self._counts
                self._counts[key] = seen[key]
                fresh.append(trade)
        self._forget(seen)
        if page.trades:
            self._newest_ns = max(self._newest_ns or 0, page.trades[-1].venue_ns)
        return fresh

    def misses(self, page: Page) -> bool:
        """Whether trades may lie between what is known and a page, to be asked before it is taken in: the page shows
        as many as it can, and its oldest is newer than the newest known.
        """
        if not page.snapshot or not page.full or self._newest_ns is None:
            return False
        return page.trades[0].venue_ns > self._newest_ns

    def _seen(self, page: Page) -> Counter[Key]:
        """What this source has shown so far; a snapshot begins anew."""
        if page.snapshot or page.source not in self._by_source:
            self._by_source[page.source] = Counter()
        self._by_source.move_to_end(page.source)
        return self._by_source[page.source]

    def _forget(self, seen: Counter[Key]) -> None:
        while len(self._counts) > KEPT_MAX:
            self._counts.popitem(last=False)
        while len(self._by_source) > SOURCES_MAX:
            self._by_source.popitem(last=False)
        if len(seen) > KEPT_MAX:
            for key in list(seen)[: KEPT_MAX // 2]:
                del seen[key]


def _key(trade: Trade) -> Key:
    if trade.venue is Venue.DYDX or not trade.trade_id:
        return (trade.side, trade.size, trade.price, trade.venue_ns)
    return (trade.trade_id,)
