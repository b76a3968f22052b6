"""Whose turn it is to close while the fleet shrinks: one deal at a time, the one that costs least now, fleet-wide.

Workers say what closing their deals would cost; here one is named, and the others wait. When nobody names one (no
warden), each worker closes whatever it finds acceptable.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from common.core.account import AccountFacts
from common.core.events import Turn
from common.core.market import Venue
from common.core.terms import SECOND_NS
from common.ledger.ledger import Ledger
from common.ledger.shapes import Halt
from common.ledger.shrinking import NOBODY, Offered, Reduction
from common.warden.verdicts import EVERY_MARKET, MARGIN, WARDEN

#: a price that is older is no price
OFFER_MAX_NS: Final = 5 * SECOND_NS
#: who was named and has not begun to close after this is passed over for as long
PATIENCE_NS: Final = 10 * SECOND_NS


def is_ours_for_margin(halts: Mapping[str, Halt]) -> bool:
    """Every market shrinks because an account carries too much, and because we said so."""
    halt = halts.get(EVERY_MARKET)
    return halt is not None and halt.who == WARDEN and halt.why.partition(":")[0] in MARGIN


@dataclass(slots=True)
class Turns:
    """Names the next deal; remembers only who was named and since when."""

    _named: str = ""
    _since_ns: int = 0
    _passed_ns: dict[str, int] = field(default_factory=dict)

    def look(self, ledger: Ledger, accounts: Mapping[Venue, AccountFacts], *, heavy: bool, now_ns: int) -> Turn | None:
        """One look: the turn that is now in force, None while no market has to shrink."""
        reduction = ledger.shrinking.reduction()
        if not reduction.markets:
            self._named = ""
            return None
        margin = is_ours_for_margin(reduction.halts)
        light = len(accounts) == len(Venue) and not heavy
        turn = NOBODY if margin and light else Turn(self._next(reduction, margin, now_ns), whatever=margin)
        ledger.shrinking.name(turn, now_ns)
        return turn

    def _next(self, reduction: Reduction, whatever: bool, now_ns: int) -> str:
        """The deal that is being closed, as long as it is; then the cheapest of those that can be closed."""
        if reduction.moving:
            return self._named
        if self._named and now_ns - self._since_ns > PATIENCE_NS:
            self._passed_ns[self._named] = now_ns
        fit = [o for o in reduction.offers if self._fits(o, whatever, now_ns)]
        cheapest = min(fit, key=Offered.rank, default=None)
        named = cheapest.deal_id if cheapest else ""
        if named != self._named:
            self._named, self._since_ns = named, now_ns
        return named

    def _fits(self, offer: Offered, whatever: bool, now_ns: int) -> bool:
        passed = now_ns - self._passed_ns.get(offer.deal_id, -PATIENCE_NS) < PATIENCE_NS
        return not passed and now_ns - offer.at_ns <= OFFER_MAX_NS and (whatever or offer.acceptable)
