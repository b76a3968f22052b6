"""One market's worker in a replay: the real trader and runner, and what a worker does beside trading, on tape time.

Is its own `World`. Nothing is lost on the streams here, so that nothing has to be asked for that escaped (recall).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from common.core.events import Answered, BookMessage, Event, FeedAlive, IndexPrice, LookedUp, Tick
from common.core.market import Instrument, Venue
from common.core.order import Order
from common.core.terms import Terms
from common.core.trader import Trader
from common.fleet.frames import Told
from common.fleet.timeline import Timeline
from common.ledger.ledger import Ledger
from common.recovery import recovery
from common.replay.counted import CountedLedger
from common.replay.line import Line
from common.replay.shown import Shown
from common.runner import Runner

#: as common/housekeeping.py has them; a trader without deals only samples its medians
TICK_NS, QUIET_TICK_NS = 100_000_000, 250_000_000
HALT_NS, HEARTBEAT_NS = 1_000_000_000, 3_000_000_000
#: a market that says nothing shows that its connection lives when its venue was heard, at least this often
ALIVE_NS = 500_000_000


class Worker:
    """`heard_ns` is when each venue was last heard, of any market."""

    def __init__(
        self, terms: Terms, lines: Mapping[Venue, Line], ledger: CountedLedger, heard_ns: Mapping[Venue, int]
    ) -> None:
        self.terms, self.lines, self._heard_ns = terms, lines, heard_ns
        self.timeline: Timeline = next(iter(lines.values())).timeline
        self._ledger = ledger
        self._refreshing: set[Venue] = set()
        instruments: dict[Venue, Instrument] = {v: line.engine.instruments[terms.market] for v, line in lines.items()}
        self.trader = Trader(
            terms,
            instruments,
            incarnation=ledger.incarnation,
            next_number=ledger.next_number(terms.market),
            start_ns=self.now_ns(),
        )
        self.shown = {v: Shown(self.trader.view.books[v]) for v in lines}
        self.runner = Runner(self.trader, cast(Ledger, ledger), self)
        self.hear: Callable[[Event], None] = self.runner.hear

    def start(self, phase_ns: int) -> None:
        """Recover, which is the ordinary path, and let the loops of a worker run, `phase_ns` from now on."""
        instruments = self.trader.view.instruments
        for event in recovery(cast(Ledger, self._ledger), self.terms.market, instruments, self.now_ns()):
            self.hear(event)
        for loop in (self._tick, self._halt, self._beat):
            self.timeline.after(phase_ns, loop)

    def hear_book(self, message: BookMessage) -> None:
        """The tape's next message of this market."""
        shown = self.shown[message.venue]
        self.hear(shown.coming(message))
        shown.heard()

    def watch_book(self, message: BookMessage) -> None:
        """The same before the replay begins: the book is followed, and nothing decided."""
        shown = self.shown[message.venue]
        self.trader.view.hear(shown.coming(message))
        shown.heard()

    def hear_index(self, price: IndexPrice) -> None:
        """What the venue says that the market is worth elsewhere; its engine marks by it."""
        self.shown[price.venue].index = price.price
        self.hear(price)

    def watch_index(self, price: IndexPrice) -> None:
        """The same before the replay begins."""
        self.shown[price.venue].index = price.price
        self.trader.view.hear(price)

    def hear_told(self, told: Told) -> None:
        """One event of an account stream."""
        self.runner.hear_account(told)

    # ---- the loops of a worker ------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self.timeline.after(TICK_NS if self.trader.deals else QUIET_TICK_NS, self._tick)
        for venue, alive_ns in self.trader.view.alive_ns.items():
            if self._heard_ns[venue] - alive_ns >= ALIVE_NS:
                self.hear(FeedAlive(venue, self._heard_ns[venue]))
        self.hear(Tick(self.timeline.now_ns))
        if self.runner.meter is not None:
            self.runner.meter.look(self.timeline.now_ns)

    def _halt(self) -> None:
        self.timeline.after(HALT_NS, self._halt)
        told = self.runner.read_halt()
        if told is not None:
            self.hear(told)

    def _beat(self) -> None:
        self.timeline.after(HEARTBEAT_NS, self._beat)
        trader, now_ns = self.trader, self.timeline.now_ns
        self._ledger.heartbeat(self.terms.market, trader.decision, decided_ns=trader.decided_ns, at_ns=now_ns)

    # ---- the world of the runner ----------------------------------------------------------------------------------

    def now_ns(self) -> int:
        """Tape time."""
        return self.timeline.now_ns

    def send(self, orders: Sequence[Order]) -> None:
        """Both legs leave at the same moment."""
        for order in orders:
            self._send(order)

    def _send(self, order: Order) -> None:
        self.lines[order.venue].send(order, lambda said: self.hear(Answered(order.client_id, said, self.now_ns())))

    def afford(self, orders: Sequence[Order]) -> bool:
        """The venues' budgets of requests are not modelled: the ledger's own rates are far below them."""
        return True

    def look_up(self, order: Order) -> None:
        """Ask for one order."""
        self.lines[order.venue].look_up(
            order, lambda finding: self.hear(LookedUp(order.client_id, finding, self.now_ns()))
        )

    def refresh(self, venue: Venue) -> None:
        """A fresh snapshot is on its way, where the tape tells what it would be; one at a time."""
        if venue in self._refreshing:
            return
        self._refreshing.add(venue)
        latency = self.lines[venue].latency
        about = f"{self.terms.market}/refresh/{self.now_ns()}"
        self.timeline.fly(latency.order_ns(about) + latency.push_ns(about), lambda: self._refreshed(venue))

    def _refreshed(self, venue: Venue) -> None:
        self._refreshing.discard(venue)
        message = self.shown[venue].snapshot(self.now_ns())
        if message is not None:
            self.hear(message)
            self.shown[venue].heard()

    def sign(self, orders: Sequence[Order]) -> None:
        """Latencies are drawn from what was measured; nothing is signed here."""

    def account_changed(self, venue: Venue) -> None:
        """The stage keeps the account rows."""

    def make_durable(self) -> None:
        """A replay's market has not begun: every verb is durable when it returns."""
