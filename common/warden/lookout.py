"""One look, and all that follows from it: answers written down, facts judged, verdicts carried out on the ledger.

Asks nobody and waits for nothing: whoever drives it brings the venues' answers. `warden.py` asks on an event loop, a
simulation under a virtual clock; both come to the same conclusions here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from common import clock
from common.core.account import AccountFacts
from common.core.market import Venue
from common.core.terms import SECOND_NS
from common.ledger.ledger import Ledger
from common.ledger.watch import LedgerWatch, Look
from common.venues.base import ClockReading
from common.warden import margin, prices
from common.warden.agreement import Sums
from common.warden.board import Board
from common.warden.hand import Hand, Severity
from common.warden.judge import Facts, Judge, OpenOrders
from common.warden.memory import Memory
from common.warden.prices import Outlooks
from common.warden.turns import Turns
from common.warden.verdicts import EVERY_MARKET, is_passing

#: an answer that took longer to come says what was, not what is
ANSWER_MAX_NS: Final = 3 * SECOND_NS
#: a venue without a usable answer for longer is told about
SILENCE_NS: Final = 5 * SECOND_NS
#: open orders are asked for at every so-many-th look
ORDERS_EVERY: Final = 2


@dataclass(slots=True)
class Lookout:
    """One warden's eyes and conclusions; `now_ns` is its clock."""

    ledger: Ledger
    watch: LedgerWatch
    judge: Judge
    hand: Hand
    memory: Memory
    board: Board
    turns: Turns
    now_ns: Callable[[], int] = clock.now_ns
    _looks: int = 0
    _heard_ns: dict[Venue, int] = field(default_factory=dict)
    _resumed_ns: int = 0

    # ---- before the venues answer ---------------------------------------------------------------------------------

    def begin(self) -> Look:
        """The ledger as it stands before the venues are asked."""
        return self.watch.look()

    @property
    def wants_orders(self) -> bool:
        """Whether open orders are to be asked for in this look."""
        return self._looks % ORDERS_EVERY == 0

    # ---- while they answer ----------------------------------------------------------------------------------------

    def take_account(self, facts: AccountFacts, asked_ns: int) -> AccountFacts | None:
        """What a venue says, written down at once; None when it took too long to be judged by."""
        if self.now_ns() - asked_ns > ANSWER_MAX_NS:
            return None
        self.ledger.write_account(facts)
        return facts

    def heard(self, venue: Venue) -> None:
        """A venue gave a usable answer."""
        self._heard_ns[venue] = self.now_ns()
        self.hand.alerts.over(f"silent {venue}")

    def unheard(self, venue: Venue, why: object) -> None:
        """A venue gave none; told about once it lasts."""
        if self.now_ns() - self._heard_ns.setdefault(venue, self.now_ns()) > SILENCE_NS:
            self.hand.alerts.stands(f"silent {venue}", "no_answer", Severity.HIGH, venue=venue, why=why)

    # ---- when they have answered ----------------------------------------------------------------------------------

    def end(self, before: Look, accounts: Mapping[Venue, AccountFacts], orders: OpenOrders | None) -> None:
        """Everything that follows from one look."""
        self._looks += 1
        after = self.watch.look()
        self._release(after)
        self._forgive(after)
        judgement = self.judge.look(self._facts(before, after, accounts, orders))
        for verdict in judgement.verdicts:
            self.hand.halt(verdict)
        if judgement.lift:
            self.hand.lift(f"calm for {self.judge.terms.calm_ns // SECOND_NS} s")
        self._warn_of_equities(accounts)
        self.turns.look(self.ledger, accounts, heavy=self.judge.heavy(accounts), now_ns=self.now_ns())
        if self.judge.base is not None:
            self.memory.keep(self.judge.base)
        self.board.show(accounts, self.judge.maintenance, self.now_ns())

    def _facts(
        self, before: Look, after: Look, accounts: Mapping[Venue, AccountFacts], orders: OpenOrders | None
    ) -> Facts:
        return Facts(
            at_ns=self.now_ns(),
            before=Sums(before.positions, before.moving),
            after=Sums(after.positions, after.moving),
            accounts=accounts,
            orders=orders,
            held_by=_held_by(after),
            incarnations=after.incarnations,
        )

    def take_clock(self, reading: ClockReading) -> None:
        """One reading of a venue's clock."""
        key, terms = f"clock {reading.venue}", self.judge.terms
        if margin.clock_warning(reading, terms):
            off_s = f"{reading.offset_ns / SECOND_NS:+.2f}"
            self.hand.alerts.stands(key, "clock_skew", venue=reading.venue, off_s=off_s)
        else:
            self.hand.alerts.over(key)
        verdict = self.judge.clock(reading)
        if verdict is not None:
            self.hand.halt(verdict)

    def take_outlooks(self, outlooks: Outlooks) -> None:
        """What both venues say of prices and funding: USD against USDC, and what open deals will be paid."""
        verdict = self.judge.peg(outlooks)
        if verdict is not None:
            self.hand.halt(verdict)
        warning = self.judge.peg_warning
        if warning:
            self.hand.alerts.stands("peg", "peg", why=warning)
        else:
            self.hand.alerts.over("peg")
        for deal in self.ledger.live_deals():
            why = prices.funding_warning(deal, outlooks)
            if why:
                self.hand.alerts.stands(f"funding {deal.deal_id}", "funding", market=deal.market, why=why)
        self.board.hear(outlooks)

    def _warn_of_equities(self, accounts: Mapping[Venue, AccountFacts]) -> None:
        """Say which transfer would bring equities together that lie too far apart."""
        equities = {venue: facts.equity_uusd for venue, facts in accounts.items()}
        found = margin.transfer(equities, self.judge.terms.equity_ratio_min)
        if found is not None:
            self.hand.alerts.stands("transfer", "equities_apart", why=margin.spoken(found, equities))
        elif len(equities) == len(Venue):
            self.hand.alerts.over("transfer")

    def _release(self, look: Look) -> None:
        """What a person wrote off stops counting once both venues were seen flat: workers leave that to who writes."""
        for market in sorted(look.releasable):
            self.ledger.release_written_off(market, self.now_ns())

    def _forgive(self, look: Look) -> None:
        resumed_ns = look.resumed_ns.get(EVERY_MARKET, 0)
        if resumed_ns > self._resumed_ns:
            self._resumed_ns = resumed_ns
            self.judge.forgive()


def _held_by(look: Look) -> str:
    """The kind of our own halt of every market, if one is in force that we may lift."""
    halt = look.halts.get(EVERY_MARKET)
    return halt.why.partition(":")[0] if halt is not None and is_passing(halt.who, halt.why) else ""
