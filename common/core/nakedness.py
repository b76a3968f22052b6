"""Which deals have been naked for too long, and which are stuck: told once when it begins, once when it ends. Pure."""

from collections.abc import Callable, Iterable

from common.core.commands import Alert
from common.core.deal import Deal, DealState, uneven
from common.core.terms import SECOND_NS
from common.core.view import MarketView

NAKED, STUCK = "naked", "stuck"


class Nakedness:
    """Of one market's deals. Naked is a matter of fills, whatever orders are still out."""

    def __init__(self, view: MarketView) -> None:
        self._view = view
        self._met: set[str] = set()
        self._since_ns: dict[str, int] = {}
        #: what was told and is not over yet: (what, deal id)
        self._told: set[tuple[str, str]] = set()

    def look(self, deals: Iterable[Deal], is_kept: Callable[[Deal], bool], at_ns: int) -> list[Alert]:
        """What to tell now; a deal that a person keeps as it is raises no alarm any more."""
        watched = list(deals)
        if not watched and not self._told:
            self._met.clear()
            self._since_ns.clear()
            return []
        alarms = dict[tuple[str, str], str]()
        for deal in watched:
            naked = self._naked(deal, at_ns)
            if is_kept(deal):
                continue
            if naked:
                alarms[NAKED, deal.deal_id] = naked
            if deal.state is DealState.STUCK:
                alarms[STUCK, deal.deal_id] = f"arbctl deal show {deal.deal_id}"
        self._met = {deal.deal_id for deal in watched}
        self._since_ns = {name: ns for name, ns in self._since_ns.items() if name in self._met}
        return self._changes(alarms)

    def _naked(self, deal: Deal, at_ns: int) -> str:
        """Why to alert; empty while the deal is even, or not naked for long."""
        step = uneven(deal, self._view.instruments)
        if step is None:
            self._since_ns.pop(deal.deal_id, None)
            return ""
        # Met naked at start: since its last order at the latest.
        began_ns = at_ns if deal.deal_id in self._met else min(at_ns, deal.orders[-1].created_ns)
        since_ns = self._since_ns.setdefault(deal.deal_id, began_ns)
        naked_ns = at_ns - since_ns
        if naked_ns < self._view.terms.naked_alert_ns:
            return ""
        return f"{step.side.opposite} {step.size} at {step.venue} uneven for {naked_ns / SECOND_NS:.1f} s"

    def _changes(self, alarms: dict[tuple[str, str], str]) -> list[Alert]:
        begun = [Alert(what, name, why) for (what, name), why in alarms.items() if (what, name) not in self._told]
        ended = [Alert(what, name, "", over=True) for what, name in sorted(self._told - alarms.keys())]
        self._told = set(alarms)
        return begun + ended
