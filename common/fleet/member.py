"""One market's worker in the simulated fleet: lives, dies at an effect, is started again and recovers."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any, cast

from common.core.account import FundingPaid
from common.core.errors import LedgerError
from common.core.events import Answered, Event, Halted, LookedUp, StopRequested, Tick
from common.core.forgotten import OVER_AFTER_NS, SLACK_NS
from common.core.history import History
from common.core.market import Instrument, Venue
from common.core.order import Order
from common.core.terms import Terms
from common.core.trader import Trader
from common.fleet.death import Busy, Death, Fate, MortalLedger
from common.fleet.disk import Disk
from common.fleet.ears import Ears
from common.fleet.editing import Editor
from common.fleet.frames import Told
from common.fleet.wire import Wire
from common.ledger.ledger import Ledger
from common.recall import FillsRecall, FundingRecall
from common.recovery import recovery
from common.runner import Runner
from common.sim.faults import MS, SECOND, Faults

#: time passes for a worker; less often for one that only waits for the others to stop
TICK_NS, WAITING_NS = 400 * MS, 1200 * MS
#: halts are read, and the feeds show that they live, every so many ticks; what may have escaped us is seen to
SLOW_TICKS, RECALL_TICKS = 3, 6
START_NS = SECOND // 2
#: whatever a power cut may have taken from the file is asked for this often, until it is known
REMEMBER_NS = 5 * SECOND
#: how long the disk takes to make durable what was reserved
SYNC_MAX_NS = 200 * MS
#: dying between two events, with nothing in the hand, is tried at each tick: it is enough to do it now and then
IDLE_PART = 0.05


class Member:
    """A market's worker; is its own `World`."""

    def __init__(
        self, terms: Terms, instruments: dict[Venue, Instrument], disk: Disk, wires: dict[Venue, Wire], *, seed: int
    ) -> None:
        self.terms, self.instruments, self.wires, self.disk = terms, instruments, wires, disk
        any_wire = next(iter(wires.values()))
        self.timeline = any_wire.timeline
        faults = any_wire.faults
        self.random = Random(f"{seed}-{terms.market}")
        self._disk_random = Random(f"{seed}-{terms.market}-disk")
        self.editor = Editor(Random(f"{seed}-{terms.market}-terms"), faults.terms_changed)
        self.fate = Fate(self.random, faults.death, faults.ledger_busy)
        self.down_max_ns = faults.down_max_ns
        #: our clock less the venues'
        self.skew_ns = self.random.randint(-faults.skew_max_ns, faults.skew_max_ns)
        #: called after every verb of the ledger
        self.look: Callable[[], None] = lambda: None
        #: called when it dies, and when something was sent that is not durable yet
        self.on_death: Callable[[], None] = lambda: None
        self.on_ahead: Callable[[], None] = lambda: None
        self.runner: Runner | None = None
        self.recalls: dict[Venue, tuple[FillsRecall, FundingRecall]] = {}
        self.stopping = False
        #: rises with every life; what was meant for an earlier life finds nobody
        self.life = self._ticks = 0
        self.ears = {v: Ears(w, terms.market, self.now_ns, self.hear, self._alive) for v, w in wires.items()}
        self.timeline.fly(0, self.start)

    # ---- life and death -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Recover: the walk over what the ledger holds, an empty list the first time."""
        self.life += 1
        try:
            self._begin()
        except (Death, Busy):
            self._fall()
        except LedgerError:
            if not self.disk.full:
                raise
            self._fall()

    def _begin(self) -> None:
        ledger = cast(Ledger, MortalLedger(self.disk.ledger, self.fate, self.look))
        doubt = ledger.begin(self.terms.market, self.disk.boot, self.now_ns())
        if doubt is not None:
            self.fate.strike()
            self._alive(self._remember, REMEMBER_NS)
        trader = Trader(
            self.terms,
            self.instruments,
            incarnation=ledger.incarnation,
            next_number=ledger.next_number(self.terms.market),
            start_ns=self.now_ns(),
        )
        self.recalls = {venue: (FillsRecall(), FundingRecall()) for venue in self.wires}
        self.runner = Runner(trader, ledger, self, doubt=doubt)
        for event in recovery(ledger, self.terms.market, self.instruments, self.now_ns()):
            self.hear(event)
        if self.stopping:
            self.hear(StopRequested(self.now_ns()))
        for ears in self.ears.values():
            self._alive(ears.snapshot, START_NS)
        self._alive(self._tick, TICK_NS)

    def hear(self, event: Event) -> None:
        """Give the runner one event; the worker may die of it."""
        self.do(lambda runner: runner.hear(event))

    def do(self, work: Callable[[Runner], None]) -> bool:
        """Let the runner work; when it dies there, it is started again a while later. Whether it lived through it."""
        if self.runner is None:
            return False
        try:
            work(self.runner)
        except (Death, Busy):
            self.die()
        except LedgerError:
            if not self.disk.full:
                raise
            self.die()
        return self.runner is not None

    def awaited(self, work: Callable[[Runner], None]) -> bool:
        """The same with something that was waited for: the worker may be dead by the time it comes."""

        def late(runner: Runner) -> None:
            self.fate.strike()
            work(runner)

        return self.do(late)

    def die(self) -> None:
        """The process is gone; its supervisor starts another."""
        if self.runner is not None:
            self.runner = None
            self.on_death()
            self._fall()

    def _fall(self) -> None:
        self.fate.deaths += 1
        self.timeline.fly(SECOND + self.random.randrange(self.down_max_ns), self.start)

    def stop(self) -> None:
        """Told to end: nothing new from now on, in this life and the next."""
        self.stopping = True
        self.hear(StopRequested(self.now_ns()))

    def reconnected(self, venue: Venue) -> None:
        """The venue is up again, and with it feed and account stream."""
        self.ears[venue].reconnected()
        if self.runner is not None:
            for recall in self.recalls[venue]:
                recall.stream_up()

    def calm(self, faults: Faults) -> None:
        """From now on it does not die any more."""
        self.fate.share, self.editor.share = faults.death, faults.terms_changed
        self.fate.busy = faults.ledger_busy

    def _alive(self, happening: Callable[[], None], wait_ns: int) -> None:
        """Plan something for this life only."""
        life = self.life
        self.timeline.after(wait_ns, lambda: happening() if self.runner is not None and self.life == life else None)

    def _tick(self) -> None:
        self._alive(self._tick, WAITING_NS if self.stopping and self.idle else TICK_NS)
        self._ticks += 1
        self.do(lambda runner: self.fate.strike(IDLE_PART))
        if self._ticks % SLOW_TICKS == 0:
            for ears in self.ears.values():
                ears.ping()
            self._read_halt()
            self.editor.visit(self)
        if self._ticks % RECALL_TICKS == 0:
            self.do(lambda runner: self._recall(runner))
        self.hear(Tick(self.now_ns()))

    def _read_halt(self) -> None:
        if self.runner is None:
            return
        told: list[Halted | None] = []
        if self.do(lambda runner: told.append(runner.read_halt())) and told[0] is not None:
            self.hear(told[0])

    def _recall(self, runner: Runner) -> None:
        """Ask for what may have escaped us, as a worker does (common/housekeeping.py)."""
        now_ns, market = self.now_ns(), self.terms.market
        if runner.doubt is not None:
            return
        for venue, (fills, funding) in self.recalls.items():
            since_ns = fills.due(now_ns, fits=self.disk.ledger.unheard.fits(market, venue))
            if since_ns is not None:
                self.fate.strike()
                hear = self._hearing(fills, lambda runner, past: runner.hear_history(past))
                self.wires[venue].fills_since(market, since_ns, hear)
            if funding.due(now_ns):
                self.fate.strike()
                hear = self._hearing(funding, lambda runner, paid: runner.hear_payments(paid))
                self.wires[venue].funding(market, hear)

    def _remember(self) -> None:
        """What a power cut took is asked for, as a worker does: once nothing can be on its way any more."""
        if self.runner is None or self.runner.doubt is None:
            return
        self._alive(self._remember, REMEMBER_NS)
        if self.timeline.now_ns >= self.disk.booted_ns + OVER_AFTER_NS:
            self.do(self._ask_for_forgotten)

    def _ask_for_forgotten(self, runner: Runner) -> None:
        assert runner.doubt is not None
        life, told = self.life, list[History]()

        def answered(history: History | None) -> None:
            if history is not None:
                told.append(history)
            if life == self.life and len(told) == len(self.wires):
                self.awaited(lambda runner: runner.hear_forgotten(told))

        for wire in self.wires.values():
            self.fate.strike()
            wire.history(runner.doubt.since_ns - SLACK_NS, answered)

    def _hearing(
        self, recall: FillsRecall | FundingRecall, hear: Callable[[Runner, Any], None]
    ) -> Callable[[Any], None]:
        """What to do with the answer to a question of now; it comes to this life only, and None is none."""
        life, asked_ns = self.life, self.now_ns()

        def answered(listed: Any) -> None:
            if life == self.life and listed is not None and self.awaited(lambda runner: hear(runner, listed)):
                recall.answered(asked_ns)

        return answered

    @property
    def idle(self) -> bool:
        """Lives, has nothing in flight, and nothing is missing."""
        return self.runner is not None and self.runner.doubt is None and self.runner.trader.idle

    # ---- the world of the runner ----------------------------------------------------------------------------------

    def now_ns(self) -> int:
        """Virtual time by this worker's own clock."""
        return self.timeline.now_ns + self.skew_ns

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
            self.awaited(lambda runner: runner.hear(Answered(order.client_id, answer, self.now_ns())))

    def sign(self, orders: Sequence[Order]) -> None:
        """Signing takes no time here."""

    def afford(self, orders: Sequence[Order]) -> bool:
        """A venue that said "too many" to one worker is sent no entry by any."""
        return all(self.wires[order.venue].afford() for order in orders)

    def look_up(self, order: Order) -> None:
        """Ask; the answer comes to this life only."""
        self.fate.strike()
        life = self.life

        def answered(finding: Any) -> None:
            if life == self.life:
                self.awaited(lambda runner: runner.hear(LookedUp(order.client_id, finding, self.now_ns())))

        self.wires[order.venue].look_up(order, answered)

    def refresh(self, venue: Venue) -> None:
        """A fresh snapshot is on its way."""
        self.ears[venue].ask()

    def account_changed(self, venue: Venue) -> None:
        """The fleet keeps the account rows."""

    def make_durable(self) -> None:
        """The disk works for a while, unless the process dies or the power fails first."""
        ledger = self.disk.ledger
        self._alive(ledger.make_durable, self._disk_random.randrange(SYNC_MAX_NS))
        self.on_ahead()


def heard(member: Member, told: Told) -> None:
    """An account event reaches whoever lives in the market now."""
    event = told if isinstance(told, FundingPaid) else replace(told, at_ns=member.now_ns())
    member.awaited(lambda runner: runner.hear_account(event))
