"""One market's worker in the simulated fleet: lives, dies at an effect, is started again and recovers."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, cast

from common.core.events import Answered, DealChanged, Event, FeedAlive, FeedLost, Halted, LookedUp, Tick
from common.core.market import Instrument, Venue
from common.core.order import Order
from common.core.terms import Terms
from common.core.trader import Trader
from common.fleet.death import Death, Fate, MortalLedger
from common.fleet.faults import MS, SECOND, Faults
from common.fleet.timeline import Timeline
from common.fleet.wire import Wire
from common.ledger.ledger import Ledger
from common.runner import Runner

TICK_NS = 200 * MS
START_NS = SECOND // 2


class Member:
    """A market's worker; is its own `World`."""

    def __init__(
        self, terms: Terms, instruments: dict[Venue, Instrument], ledger: Ledger, wires: dict[Venue, Wire], *, seed: int
    ) -> None:
        self.terms, self.instruments, self.wires = terms, instruments, wires
        any_wire = next(iter(wires.values()))
        self.timeline: Timeline = any_wire.timeline
        self.faults: Faults = any_wire.faults
        self.random = Random(f"{seed}-{terms.market}")
        self.fate = Fate(self.random, self.faults.death)
        self.ledger = ledger
        self.runner: Runner | None = None
        #: rises with every life; what was meant for an earlier life finds nobody
        self.life = 0
        self._frozen_until_ns = dict.fromkeys(wires, 0)
        self.timeline.after(0, self.start)

    # ---- life and death -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Recover: the walk over what the ledger holds, an empty list the first time."""
        self.life += 1
        mortal = cast(Ledger, MortalLedger(self.ledger, self.fate))
        trader = Trader(
            self.terms,
            self.instruments,
            incarnation=self.ledger.incarnation,
            next_number=self.ledger.next_number(self.terms.market),
            start_ns=self.timeline.now_ns,
        )
        self.runner = Runner(trader, mortal, self)
        dust = min(i.min_size for i in self.instruments.values())
        for deal in self.ledger.unfinished_deals(self.terms.market, dust):
            self.hear(DealChanged(deal, self.timeline.now_ns))
        for wire in self.wires.values():
            self._alive(lambda wire=wire: self._snapshot(wire), START_NS)  # type: ignore[misc]
        self._alive(self._tick, TICK_NS)

    def hear(self, event: Event) -> None:
        """Give the runner one event; the worker may die of it."""
        self.do(lambda runner: runner.hear(event))

    def do(self, work: Callable[[Runner], None]) -> None:
        """Let the runner work; when it dies there, it is started again a while later."""
        if self.runner is None:
            return
        try:
            work(self.runner)
        except Death:
            self.runner = None
            self.timeline.after(SECOND + self.random.randrange(self.faults.down_max_ns), self.start)

    def _alive(self, happening: Callable[[], None], wait_ns: int) -> None:
        """Plan something for this life only."""
        life = self.life
        self.timeline.after(wait_ns, lambda: happening() if self.runner is not None and self.life == life else None)

    def _tick(self) -> None:
        self._alive(self._tick, TICK_NS)
        for venue in self.wires:
            if not self._frozen(venue):
                self.hear(FeedAlive(venue, self.timeline.now_ns))
        if self.runner is not None:
            level = self.ledger.halt_level(self.terms.market)
            if level is not self.runner.trader.halt:
                self.hear(Halted(level, self.timeline.now_ns))
        self.hear(Tick(self.timeline.now_ns))

    # ---- the public feed ------------------------------------------------------------------------------------------

    def book_changed(self, venue: Venue, message: Any) -> None:
        """A published change reaches the feed, unless it is frozen or loses it (and notices)."""
        wire = self.wires[venue]
        if wire.happens(self.faults.feed_frozen):
            self._frozen_until_ns[venue] = self.timeline.now_ns + self.random.randrange(self.faults.frozen_max_ns)
        if self._frozen(venue) or wire.happens(self.faults.book_gap):
            self.hear(FeedLost(venue, "gap", self.timeline.now_ns))
            self._alive(lambda: self._snapshot(wire), SECOND)
        else:
            self._alive(lambda: self.hear(message()), wire.latency_ns())

    def _frozen(self, venue: Venue) -> bool:
        return self.timeline.now_ns < self._frozen_until_ns[venue]

    def _snapshot(self, wire: Wire) -> None:
        self.hear(wire.snapshot(self.terms.market))

    # ---- the world of the runner ----------------------------------------------------------------------------------

    def now_ns(self) -> int:
        """Virtual time."""
        return self.timeline.now_ns

    def send(self, orders: Sequence[Order]) -> None:
        """Both legs leave at the same moment, unless the process dies before, between or after them."""
        for order in orders:
            self.fate.strike()
            life = self.life
            self.wires[order.venue].send(
                order,
                lambda answer, order=order, life=life: self._answered(order, answer, life),  # type: ignore[misc]
            )
        self.fate.strike()

    def _answered(self, order: Order, answer: Any, life: int) -> None:
        if life == self.life:
            self.hear(Answered(order.client_id, answer, self.timeline.now_ns))

    def look_up(self, order: Order) -> None:
        """Ask; the answer comes to this life only."""
        life = self.life

        def answered(finding: Any) -> None:
            if life == self.life:
                self.hear(LookedUp(order.client_id, finding, self.timeline.now_ns))

        self.wires[order.venue].look_up(order, answered)

    def refresh(self, venue: Venue) -> None:
        """A fresh snapshot is on its way."""
        wire = self.wires[venue]
        self._alive(lambda: self._snapshot(wire), 2 * wire.latency_ns())

    def account_changed(self, venue: Venue) -> None:
        """The fleet keeps the account rows."""
