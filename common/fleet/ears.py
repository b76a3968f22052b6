"""A member's public feed from one venue: gaps that are noticed, gaps that are not, silence, books that stand still."""

from collections.abc import Callable

from common.core.events import BookMessage, Event, FeedAlive, FeedLost, IndexPrice
from common.core.market import Venue
from common.fleet.wire import Wire
from common.sim.faults import SECOND
from common.sim.types import BookChange

#: a feed that lost something has its fresh snapshot after this
RESUBSCRIBE_NS = SECOND
#: a message that is overtaken comes so much later than its turn
SWAPPED_NS = SECOND


class Ears:
    """Hears one venue's books for one market; `alive` plans something for this life of the member only."""

    def __init__(
        self,
        wire: Wire,
        market: str,
        now_ns: Callable[[], int],
        hear: Callable[[Event], None],
        alive: Callable[[Callable[[], None], int], None],
    ) -> None:
        self._wire, self._market = wire, market
        self._now_ns, self._hear, self._alive = now_ns, hear, alive
        self._silent_until_ns = self._frozen_until_ns = 0
        self._sequence, self._asked = 0, False

    @property
    def venue(self) -> Venue:
        """Whom we listen to."""
        return self._wire.venue

    def changed(self, change: BookChange) -> None:
        """A published change is on its way, unless something happens to it."""
        wire, faults = self._wire, self._wire.faults
        if wire.happens(faults.feed_silent):
            self._silent_until_ns = self._fall()
            self._alive(self.reconnected, self._silent_until_ns - wire.timeline.now_ns)
        if wire.happens(faults.book_frozen):
            self._frozen_until_ns = self._fall()
        if self.silent or wire.happens(faults.book_skipped):
            return
        if wire.happens(faults.book_gap):
            self.reconnected()
            return
        late_ns = max(0, self._frozen_until_ns - wire.timeline.now_ns)
        late_ns += SWAPPED_NS if wire.happens(faults.book_swapped) else 0
        self._alive(lambda: self._frame(change), late_ns + wire.latency_ns())

    def _frame(self, change: BookChange) -> None:
        """ApeX's feed sees a gap in the sequence and asks for a snapshot itself, once until it is there."""
        message = self._wire.delta(change, self._now_ns())
        gap = self.venue is Venue.APEX and message.sequence != self._sequence + 1
        self._sequence = message.sequence
        self._hear(message)
        if gap and not self._asked:
            self._asked = True
            self.ask()

    def _fall(self) -> int:
        wire = self._wire
        return wire.timeline.now_ns + wire.random.randrange(wire.faults.frozen_max_ns)

    @property
    def silent(self) -> bool:
        """Nothing comes through, pongs included."""
        return self._wire.down or self._wire.timeline.now_ns < self._silent_until_ns

    def ping(self) -> None:
        """The connection shows that it lives, if it does."""
        if not self.silent:
            self._hear(FeedAlive(self.venue, self._now_ns()))
            self._tell_index()

    def reconnected(self) -> None:
        """The connection is up again, or lost a message and is made anew."""
        self._asked = False
        self._hear(FeedLost(self.venue, "gap", self._now_ns()))
        self._alive(self.snapshot, RESUBSCRIBE_NS)

    def ask(self) -> None:
        """A fresh snapshot is on its way."""
        self._alive(self.snapshot, 2 * self._wire.latency_ns())

    def snapshot(self) -> None:
        """The whole book, if the venue answers."""
        if not self.silent:
            message: BookMessage = self._wire.snapshot(self._market, self._now_ns())
            self._sequence, self._asked = message.sequence, False
            self._hear(message)
            self._tell_index()

    def _tell_index(self) -> None:
        """As a ticker does, once a second or so, when the venue has one."""
        price = self._wire.engine.index_price(self._market)
        if price > 0:
            self._hear(IndexPrice(self.venue, price, self._now_ns()))
