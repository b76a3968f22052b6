"""What befalls an account at a venue, and the venue itself: positions taken over, or closed against somebody else;
executions taken back; the process restarted. Each is drawn at every move of the books.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from random import Random

from common.core.market import Venue
from common.fleet.scenario import Scenario
from common.fleet.wire import ACCOUNT, Wire
from common.sim.engine import PaperEngine
from common.sim.faults import SECOND, Faults
from common.sim.types import PaperPosition, SourceBook

#: an index this many times too high takes over whoever is short, so many times too low whoever is long
SPIKE = 20
#: a venue's process is down for up to so long
VENUE_DOWN_NS = 3 * SECOND


class Mishaps:
    """Of one venue; `restarted` makes its engine anew from its journal."""

    def __init__(
        self,
        wire: Wire,
        random: Random,
        scenarios: dict[str, Scenario],
        sizes: dict[str, Decimal],
        restarted: Callable[[], None],
    ) -> None:
        self._wire, self._random = wire, random
        self._scenarios, self._sizes, self._restarted = scenarios, sizes, restarted

    @property
    def _engine(self) -> PaperEngine:
        return self._wire.engine

    @property
    def _now_ns(self) -> int:
        return self._wire.timeline.now_ns

    def strike(self, faults: Faults) -> None:
        """Draw what happens now."""
        if self._happens(faults.liquidated):
            self._take_over()
        if self._happens(faults.deleveraged):
            self._deleverage()
        if self._wire.venue is Venue.APEX and self._happens(faults.reversed):
            self._take_back()
        if self._happens(faults.venue_restart):
            self._take_down()

    def _happens(self, share: float) -> bool:
        return share > 0 and not self._wire.down and self._random.random() < share

    def _take_over(self) -> None:
        """A wrong index for one moment: a position is taken over, as far as the book has depth (part of it).

        With a long one, all that the account holds goes first: what is worth nothing is sold last.
        """
        position = self._any_position()
        if position is None:
            return
        short, factor = position.size < 0, self._random.choice((1, 1, 4))
        book = self.book(position.market)
        thin = _thinned(book, 8 * factor) if factor > 1 else book
        index = book.index * SPIKE if short else book.index / SPIKE
        self._engine.apply(replace(thin, index=index), self._now_ns)
        self._engine.apply(book, self._now_ns)

    def _any_position(self) -> PaperPosition | None:
        positions = self._engine.account(ACCOUNT).positions
        return self._random.choice(positions) if positions else None

    def book(self, market: str) -> SourceBook:
        """What the source shows of a market here now."""
        return self._scenarios[market].book(self._wire.venue, self._engine.listings[market], self._sizes[market])

    def _deleverage(self) -> None:
        """A position is closed against somebody else's liquidation, whole or by half."""
        position = self._any_position()
        if position is not None:
            step = self._engine.instruments[position.market].step
            half = max(step, abs(position.size) / 2 // step * step)
            size = self._random.choice((abs(position.size), half))
            self._engine.deleverage(ACCOUNT, position.market, size, self._now_ns)

    def _take_back(self) -> None:
        """The chain refuses an execution: a recent one, or any."""
        standing = [fill for fill in self._engine.fills(ACCOUNT) if fill.failed_ns is None]
        if standing:
            fill = self._random.choice((standing[0], self._random.choice(standing)))
            self._engine.take_back(ACCOUNT, fill.fill_id, self._now_ns)

    def _take_down(self) -> None:
        """The venue's process ends and is started again; its journal is all it remembers."""
        self._wire.down = True
        self._engine.close()
        self._wire.timeline.fly(self._random.randrange(VENUE_DOWN_NS), self._bring_up)

    def _bring_up(self) -> None:
        self._restarted()
        self._wire.down = False
        for market in self._scenarios:
            self._engine.apply(self.book(market), self._now_ns)


def _thinned(book: SourceBook, factor: int) -> SourceBook:
    """The touch alone, with less in it."""
    bids, asks = (tuple((tick, max(1, steps // factor)) for tick, steps in side[:1]) for side in (book.bids, book.asks))
    return replace(book, bids=bids, asks=asks)
