"""The warden in the simulated fleet: its real conclusions under the virtual clock, asked for over the same bad lines.

It dies like a worker, before and after whatever it writes, and is started again. Restarting workers is left out: that
takes processes.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TypeVar, cast

from common.core.account import AccountFacts
from common.core.errors import LedgerError
from common.core.market import Instrument, Venue
from common.fleet.death import Busy, Death, Fate, MortalLedger
from common.fleet.disk import Disk
from common.fleet.speech import facts_of, open_orders_of, outlook_of
from common.fleet.wire import TIMEOUT_NS, Wire
from common.ledger.ledger import Ledger
from common.ledger.watch import LedgerWatch, Look
from common.sim.engine import PaperEngine
from common.sim.faults import SECOND, Faults
from common.venues.base import ClockReading
from common.warden.board import Board
from common.warden.hand import Alerts, Hand
from common.warden.judge import Judge, OpenOrders
from common.warden.lookout import Lookout
from common.warden.memory import Memory
from common.warden.terms import WardenTerms
from common.warden.turns import Turns

#: a fleet that shrinks has this long to become light before it may go on: short, so that a run sees it happen
TERMS = WardenTerms(calm_ns=6 * SECOND)
CLOCK_NS, OUTLOOK_NS = 5 * SECOND, 10 * SECOND

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Round:
    """One look while its answers are awaited."""

    before: Look
    began_ns: int
    waiting: int
    wants_orders: bool
    accounts: dict[Venue, AccountFacts] = field(default_factory=dict)
    orders: dict[Venue, tuple[tuple[str, str], ...]] = field(default_factory=dict)


class Keeper:
    """One warden, in as many lives as it takes."""

    def __init__(self, disk: Disk, wires: dict[Venue, Wire], markets: list[str], faults: Faults, *, seed: int) -> None:
        self.disk, self.wires, self.markets, self.faults = disk, wires, markets, faults
        self.timeline = next(iter(wires.values())).timeline
        self.random = Random(f"{seed}-warden")
        self.fate = Fate(self.random, faults.death, faults.ledger_busy)
        self.skew_ns = self.random.randint(-faults.skew_max_ns, faults.skew_max_ns) * 5 // 4
        #: called after every verb of the ledger, and before and after each look
        self.look: Callable[[], None] = lambda: None
        self.sample: Callable[[], None] = lambda: None
        self.lookout: Lookout | None = None
        self.life = self.looks = 0
        self.timeline.after(0, self.start)

    # ---- life and death -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to look, with what the last life has kept."""
        self.life += 1
        ledger = cast(Ledger, MortalLedger(self.disk.ledger, self.fate, self.look))
        watch = LedgerWatch.open(self.disk.file)
        memory = Memory(self.disk.file.with_name("warden.json"), watch.origin)
        hand = Hand((ledger, watch), self.markets, Alerts(logging.getLogger("warden")), self.now_ns)
        judge = Judge(TERMS, self._instruments(), base=memory.read())
        board = Board(self.disk.file.with_name("warden.board"))
        self.lookout = Lookout(ledger, watch, judge, hand, memory, board, Turns(), self.now_ns)
        self._alive(self._begin, TERMS.look_every_ns)
        self._alive(self._read_clocks, CLOCK_NS)
        self._alive(self._read_outlooks, OUTLOOK_NS // 2)

    def _instruments(self) -> dict[tuple[Venue, str], Instrument]:
        return {(v, m): i for v, wire in self.wires.items() for m, i in wire.engine.instruments.items()}

    def do(self, work: Callable[[Lookout], None]) -> None:
        """Let it conclude; when it dies there, it is started again a while later."""
        if self.lookout is None:
            return
        try:
            work(self.lookout)
        except (Death, Busy):
            self.die()
        except LedgerError:
            if not self.disk.full:
                raise
            self.die()

    def die(self) -> None:
        """The process is gone."""
        if self.lookout is not None:
            self.close()
            self.fate.deaths += 1
            self.timeline.after(SECOND + self.random.randrange(self.faults.down_max_ns), self.start)

    def close(self) -> None:
        """Let the file go."""
        if self.lookout is not None:
            self.lookout.watch.close()
            self.lookout = None

    def calm(self, faults: Faults) -> None:
        """From now on it does not die any more."""
        self.faults = faults
        self.fate.share, self.fate.busy = faults.death, faults.ledger_busy

    def now_ns(self) -> int:
        """Virtual time by its own clock."""
        return self.timeline.now_ns + self.skew_ns

    def _alive(self, happening: Callable[[], None], wait_ns: int) -> None:
        life = self.life
        self.timeline.after(wait_ns, lambda: happening() if self.lookout is not None and self.life == life else None)

    # ---- asking ---------------------------------------------------------------------------------------------------

    def _ask(
        self, wire: Wire, question: Callable[[PaperEngine], Answer], answer: Callable[[Answer | None], None]
    ) -> None:
        """What the venue knows half-way there is what it says, however long the answer then takes."""
        faults, happens = wire.faults, wire.happens
        if wire.down or happens(faults.look_up_failed):
            self._alive(lambda: answer(None), 2 * wire.latency_ns())
        elif happens(faults.reply_lost):
            self._alive(lambda: answer(None), TIMEOUT_NS)
        else:
            late_ns = self.random.randrange(TIMEOUT_NS) if happens(faults.answer_late) else wire.latency_ns()
            self._alive(lambda: self._reached(wire, question, answer, late_ns), wire.latency_ns())

    def _reached(
        self, wire: Wire, question: Callable[[PaperEngine], Answer], answer: Callable[[Answer | None], None], ns: int
    ) -> None:
        said = None if wire.down else question(wire.engine)
        self._alive(lambda: answer(said), ns)

    # ---- looking --------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        assert self.lookout is not None
        self.sample()
        wants = self.lookout.wants_orders
        round = Round(self.lookout.begin(), self.timeline.now_ns, len(self.wires) * (1 + wants), wants)
        asked_ns = self.now_ns()
        for venue, wire in self.wires.items():
            self._ask(wire, partial(facts_of, venue, asked_ns=asked_ns), partial(self._account, round, asked_ns))
            if wants:
                self._ask(wire, open_orders_of, partial(self._orders, round, venue))

    def _account(self, round: Round, asked_ns: int, said: AccountFacts | None) -> None:
        def take(lookout: Lookout) -> None:
            taken = lookout.take_account(said, asked_ns) if said is not None else None
            if taken is not None:
                round.accounts[taken.venue] = taken

        self.do(take)
        self._in(round)

    def _orders(self, round: Round, venue: Venue, said: tuple[tuple[str, str], ...] | None) -> None:
        if said is not None:
            round.orders[venue] = said
        self._in(round)

    def _in(self, round: Round) -> None:
        """One more answer; with the last one the look ends, and the next is planned."""
        round.waiting -= 1
        if round.waiting or self.lookout is None:
            return
        self.looks += 1
        orders: OpenOrders | None = round.orders if round.wants_orders else None
        self.sample()
        self.do(lambda lookout: lookout.end(round.before, round.accounts, orders))
        self._alive(self._begin, round.began_ns + TERMS.look_every_ns - self.timeline.now_ns)

    def _read_clocks(self) -> None:
        self._alive(self._read_clocks, CLOCK_NS)
        for venue, wire in self.wires.items():
            if not wire.down and not wire.happens(wire.faults.look_up_failed):
                reading = ClockReading(venue, -self.skew_ns, 2 * wire.latency_ns(), self.now_ns())
                self.do(lambda lookout, reading=reading: lookout.take_clock(reading))  # type: ignore[misc]

    def _read_outlooks(self) -> None:
        self._alive(self._read_outlooks, OUTLOOK_NS // 2)
        off = {Venue.APEX: self.faults.peg_bps}
        said = {v: outlook_of(w.engine, self.markets, off.get(v, 0)) for v, w in self.wires.items() if not w.down}
        self.do(lambda lookout: lookout.take_outlooks(said))
