"""Carries a trader's commands out on the ledger and the world, and brings everything that is heard back to it.

Synchronous on purpose: a verb of the ledger is a transaction, and nothing else of this market may happen between
deciding and writing. The world (`live.py`: desks and feeds on an event loop; in simulation: a queue under a virtual
clock) takes what is to be sent or asked, returns at once, and calls `hear` when something comes back.
"""

import logging
from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol, assert_never

from common import log
from common.core.account import ForcedFill, FundingPaid, PastFill
from common.core.closing import offers
from common.core.commands import Alert, Command, HaltMarket, LookUp, Move, Record, Refresh, Reserve, Send, Sign, Write
from common.core.deal import Deal
from common.core.events import DealChanged, Event, Filled, Halted, HaltLevel, Refused, Reported
from common.core.forgotten import forgotten
from common.core.history import History
from common.core.market import Venue
from common.core.order import Order
from common.core.rebuilding import Before
from common.core.trader import Trader
from common.ledger.forced import forced_rows
from common.ledger.ledger import Ledger, Refusal
from common.ledger.migrate import attempts_from
from common.ledger.shapes import Doubt
from common.reconcile.carry import evidence_of
from common.telemetry.meter import Meter
from common.venues.base import AccountChanged, AccountEvent, StreamUp

#: events that may follow from one before the caller gets its turn again; more means a loop of our own making
CASCADE_MAX = 10_000


class World(Protocol):
    """What lies outside: time, venues. Every call returns at once."""

    def now_ns(self) -> int:
        """Our clock, nanoseconds UTC."""

    def send(self, orders: Sequence[Order]) -> None:
        """Put these orders on the wire at the same moment; each answer comes back as `Answered`."""

    def sign(self, orders: Sequence[Order]) -> None:
        """Sign these when nothing else is to be done, instead of those that were named before."""

    def afford(self, orders: Sequence[Order]) -> bool:
        """Pay for an entry's requests out of the venues' budgets; False: it must not be sent now."""

    def look_up(self, order: Order) -> None:
        """Ask for one order; the answer comes back as `LookedUp`."""

    def refresh(self, venue: Venue) -> None:
        """Ask for a fresh snapshot of the book."""

    def account_changed(self, venue: Venue) -> None:
        """Balance or positions moved, or the private stream is up again."""

    def make_durable(self) -> None:
        """Have what the ledger has committed made durable, beside the loop and at once."""


class Runner:
    """One market's trader, joined to ledger and world; `meter`, where there is one, is told what goes on."""

    def __init__(
        self, trader: Trader, ledger: Ledger, world: World, meter: Meter | None = None, *, doubt: Doubt | None = None
    ) -> None:
        self.trader, self.ledger, self.world, self.meter = trader, ledger, world, meter
        self.market = trader.terms.market
        self.logger = logging.getLogger(self.market)
        #: a power cut may have taken the newest deal from the file: nobody enters until both venues were asked for it
        self.doubt = doubt
        self._queue: deque[Event] = deque()
        self._working = False

    # ---- hearing --------------------------------------------------------------------------------------------------

    def hear(self, event: Event) -> None:
        """Take in one event and do all that follows from it before returning."""
        if self._working:
            self._queue.append(event)
            return
        self._working = True
        try:
            self._follow(event)
            if self._queue:
                self._work()
        finally:
            self._working = False

    def _follow(self, event: Event) -> None:
        for command in self.trader.on(event):
            self._do(command)
        if self.meter is not None:
            self.meter.decided()

    def _work(self) -> None:
        for _ in range(CASCADE_MAX):
            if not self._queue:
                return
            self._follow(self._queue.popleft())
        raise RuntimeError(f"{self.market}: more than {CASCADE_MAX} events out of one")

    def hear_account(self, event: AccountEvent) -> None:
        """One event of a private stream: ours goes to the trader, the rest to the ledger or nowhere."""
        match event:
            case Reported():
                self._hear_own(event.report.client_id, event)
            case Filled():
                self._hear_own(event.fill.client_id, event)
            case ForcedFill():
                self._forced(event)
            case FundingPaid():
                self.hear_funding(event)
            case AccountChanged() | StreamUp():
                self.world.account_changed(event.venue)

    def read_halt(self) -> Halted | None:
        """Halt and turn in force, if they are not what the trader knows; while shrinking, say what closing costs."""
        level, now_ns, trader = self.ledger.halt_level(self.market), self.world.now_ns(), self.trader
        turn = None
        if level is HaltLevel.REDUCE:
            turn = self.ledger.shrinking.turn(self.market, now_ns)
            self.ledger.shrinking.offer(self.market, offers(trader.view, tuple(trader.deals.values()), now_ns), now_ns)
        return None if (level, turn) == (trader.halt, trader.turn) else Halted(level, now_ns, turn)

    def hear_funding(self, paid: FundingPaid) -> None:
        """Book a funding payment of our market; another worker books the others."""
        if paid.market == self.market:
            self.ledger.book_funding(paid, self.world.now_ns())

    def hear_payments(self, payments: Sequence[FundingPaid]) -> None:
        """What a venue's list of funding tells."""
        for paid in payments:
            self.hear_funding(paid)

    def hear_history(self, history: Sequence[PastFill]) -> None:
        """What a venue's list of our fills tells and nobody pushed is heard now."""
        for event in self.ledger.unheard.among(history, self.world.now_ns()):
            self._log("unheard", fill=event)
            self.hear_account(event)

    def hear_forgotten(self, histories: Sequence[History]) -> None:
        """Both venues told what they know: a deal that the file has forgotten is written down, and entries may go on.

        While something about it is strange, the doubt stays, and they have to be asked again.
        """
        now_ns = self.world.now_ns()
        before = Before(self.market, (), self.trader.view.instruments, forced_rows, attempts_from(now_ns), now_ns)
        told = forgotten(before, histories, self.ledger.knows)
        if told.strange:
            log.trouble(self.logger, "forgotten", market=self.market, why="; ".join(told.strange))
            return
        deals = [self.ledger.rebuild(deal, evidence_of(deal), now_ns) for deal in told.new]
        names = ", ".join(deal.deal_id for deal in deals)
        self.ledger.dispel(self.market, f"both venues were asked: {names or 'nothing was forgotten'}", now_ns)
        self._log("remembered", deals=names or "none")
        self.doubt = None
        for deal in deals:
            self._changed(deal)

    def _hear_own(self, client_id: str, event: Event) -> None:
        if f"-{self.market}-" in client_id:
            self.hear(event)

    def _forced(self, fill: ForcedFill) -> None:
        # A deal that is not in the file could not bear its part; the venue's list of fills is asked for afterwards.
        if fill.market != self.market or self.doubt is not None:
            return
        for deal in self.ledger.book_forced(fill):
            log.trouble(self.logger, "forced_fill", deal=deal.deal_id, fill=fill)
            self._changed(deal)

    # ---- doing ----------------------------------------------------------------------------------------------------

    def _do(self, command: Command) -> None:
        match command:
            case Reserve():
                self._reserve(command)
            case Write(deal_id=name, orders=orders, to=to, why=why, at_ns=at_ns):
                self._log("write", deal=name, to=to, orders=len(orders), why=why)
                self._changed(self.ledger.write(name, orders, to, why, at_ns))
            case Move(deal_id=name, to=to, held_uusd=held_uusd, why=why, at_ns=at_ns):
                self._log("move", deal=name, to=to, held_uusd=held_uusd, why=why)
                self._changed(self.ledger.move(name, to, held_uusd, why, at_ns))
            case Record():
                self._changed(self.ledger.record(command.fact))
            case Send():
                self.world.send(command.orders)
                if self.ledger.is_ahead:
                    self.world.make_durable()
                if self.meter is not None:
                    self.meter.sent(command.orders, self.world.now_ns())
            case Sign():
                self.world.sign(command.orders)
            case LookUp():
                self.world.look_up(command.order)
            case Refresh():
                self._log("refresh", venue=command.venue, why=command.why)
                self.world.refresh(command.venue)
            case HaltMarket():
                self._halt(command)
            case Alert():
                self._alert(command)
            case _:
                assert_never(command)

    def _reserve(self, command: Reserve) -> None:
        asked_ns, affordable = self.world.now_ns(), self.world.afford(command.deal.orders)
        outcome = self.ledger.reserve(command.deal, command.why) if affordable else Refusal("budget")
        if self.meter is not None:
            self.meter.reserved(self.world.now_ns() - asked_ns)
        if isinstance(outcome, Refusal):
            self._log("refused", deal=command.deal.deal_id, reason=outcome.reason, why=command.why)
            if self.meter is not None:
                self.meter.refused(command.deal, outcome.reason, self.world.now_ns())
            self.hear(Refused(outcome.reason, self.world.now_ns()))
        else:
            self._log("reserve", deal=outcome.deal_id, direction=int(outcome.direction), why=command.why)
            self._changed(outcome)

    def _halt(self, command: HaltMarket) -> None:
        log.trouble(self.logger, "halt", why=command.why)
        self.ledger.halt(HaltLevel.HALT, self.market, command.why, who="worker", at_ns=command.at_ns)
        self.hear(Halted(self.ledger.halt_level(self.market), command.at_ns, self.trader.turn))

    def _alert(self, alert: Alert) -> None:
        if alert.over:
            self._log("alert_over", what=alert.what, market=self.market, deal=alert.deal_id)
        else:
            told = {"what": alert.what, "market": self.market, "deal": alert.deal_id, "why": alert.why}
            log.trouble(self.logger, "alert", severity="high", **told)

    def _changed(self, deal: Deal | None) -> None:
        """The file has this now: tell the trader."""
        if deal is None:
            return
        now_ns = self.world.now_ns()
        if self.meter is not None:
            self.meter.changed(deal, now_ns)
        self.hear(DealChanged(deal, now_ns))

    def _log(self, name: str, **fields: Any) -> None:
        log.event(self.logger, name, **fields)
