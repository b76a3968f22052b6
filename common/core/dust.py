"""What finished deals of a market left behind, and how it is taken along by the market's next closing order. Pure.

Dust is smaller than the smallest order, so that nothing can be done about it alone. The two opening legs of a deal are
equal on purpose; a closing leg takes along what its own deal has there beyond the pair, and what earlier deals left.
"""

from collections.abc import Mapping
from decimal import Decimal

from common.core.deal import Deal
from common.core.market import Instrument, Venue
from common.core.money import ZERO, price_down
from common.core.order import Purpose


class Dust:
    """Of one market: signed base size per venue."""

    def __init__(self) -> None:
        #: from before this process, by the ledger's sums
        self._before: dict[Venue, Decimal] = dict.fromkeys(Venue, ZERO)
        self._deals: dict[str, dict[Venue, Decimal]] = {}

    def told(self, sizes: Mapping[Venue, Decimal]) -> None:
        """What all finished deals left, as far as nobody is still at work on them."""
        self._before = dict(sizes)

    def finished(self, deal: Deal) -> None:
        """The deal rests for good, as it is now."""
        self._deals[deal.deal_id] = {v: deal.position(v) for v in Venue}

    def back(self, deal: Deal) -> None:
        """The deal is at work (again): what it has is not left behind."""
        self._deals.pop(deal.deal_id, None)

    def at(self, venue: Venue) -> Decimal:
        """What is left at the venue, signed."""
        return sum((sizes[venue] for sizes in self._deals.values()), self._before[venue])


def closing_size(deal: Deal, shared: Decimal, instrument: Instrument, left: Decimal) -> Decimal:
    """The size of one closing order: what both legs share, and the dust that it can take along.

    `left` is what earlier deals left at this venue, signed. Taken along is only what is dust, and only while the order
    stays above the minimum. A close that was tried before takes nothing of other deals along: their dust is what the
    ledger says, and an order that the venue refuses for it must not be repeated. 0: too small to be ordered at all.
    """
    held = deal.position(instrument.venue)
    own = abs(held) - shared
    others = left.copy_sign(left * held) if not _closed_before(deal) else ZERO
    for more in (own + others, own):
        size = price_down(shared + more, instrument.step)
        if abs(more) < instrument.min_size <= size:
            return size
    return shared if shared >= instrument.min_size else ZERO


def _closed_before(deal: Deal) -> bool:
    return any(order.purpose is Purpose.CLOSE for order in deal.orders)
