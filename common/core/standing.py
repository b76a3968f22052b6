"""What follows from a deal's rows alone, worked out once per change of the rows and not once per book message. Pure.

A deal is a value: as long as it is the same object, and the listings are, so are its next step and what it has kept.
"""

from dataclasses import dataclass

from common.core.closing import closable, may_close
from common.core.deal import Deal, DealState, Step, next_step
from common.core.edge import close_figures
from common.core.events import HaltLevel
from common.core.market import Venue
from common.core.screen import Holding, Scale
from common.core.view import MarketView


@dataclass(frozen=True, slots=True)
class Standing:
    """A deal's next step, and if it is open what the quick look needs of it."""

    deal: Deal
    scales: dict[Venue, Scale]
    step: Step
    holding: Holding | None


class Standings:
    """The standing of each deal of one market, remembered."""

    def __init__(self, view: MarketView) -> None:
        self._view = view
        self._known: dict[str, Standing] = {}

    def of(self, deal: Deal) -> Standing:
        """Worked out anew when the deal was written or a listing changed."""
        known = self._known.get(deal.deal_id)
        if known is None or known.deal is not deal or known.scales is not self._view.scales:
            known = self._known[deal.deal_id] = self._work_out(deal)
        return known

    def promising(self, deals: tuple[Deal, ...], halt: HaltLevel, at_ns: int) -> tuple[Deal, ...]:
        """Those of which a quick look does not say that their target is far; under an order to shrink, all."""
        if halt in (HaltLevel.REDUCE, HaltLevel.FLATTEN):
            return deals
        return tuple(d for d in deals if may_close(self._view, d, self.of(d).holding, at_ns))

    def forget(self, deal_id: str) -> None:
        """The deal is over."""
        self._known.pop(deal_id, None)

    def _work_out(self, deal: Deal) -> Standing:
        view = self._view
        is_open = deal.state is DealState.OPEN
        return Standing(deal, view.scales, next_step(deal, view.instruments), holding(view, deal) if is_open else None)


def holding(view: MarketView, deal: Deal) -> Holding | None:
    """What leaving an open deal is measured against; None when too little is left to close."""
    size = closable(view, deal)
    if not size:
        return None
    captured, fees_paid = close_figures(deal, size)
    steps = {venue: instrument.steps(size) for venue, instrument in view.instruments.items()}
    sell, buy = deal.direction.buy_venue, deal.direction.sell_venue
    return Holding(sell, buy, steps[sell], steps[buy], float(captured), float(fees_paid / size))
