"""What deals earned, marked to close: what is realised, and what closing the rest now would leave. Exact, rounded once.

Realised is as the ledger counts it (common/ledger/pnl.py). What is open is worth what it would be sold or bought back
for now, less the taker fee of doing so, at the rate that the deal itself paid.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from common.core.deal import Deal, DealState
from common.core.market import Venue
from common.core.money import ZERO, usd, uusd_down, uusd_up
from common.core.order import standing
from common.ledger import pnl

#: by market and venue, what a position is sold and bought back for
Quotes: TypeAlias = Mapping[tuple[str, Venue], tuple[Decimal, Decimal]]


@dataclass(frozen=True, slots=True)
class Earned:
    """Micro-USD. `realised_uusd` is before fees; `open_uusd` None: something open has no price."""

    deals: int
    traded_uusd: int
    realised_uusd: int
    fees_uusd: int
    open_uusd: int | None

    @property
    def closed_uusd(self) -> int:
        """Realised after fees, as `arbctl deals` and the summary of a run say it."""
        return self.realised_uusd - self.fees_uusd

    @property
    def pnl_uusd(self) -> int | None:
        """Marked to close, without funding."""
        return None if self.open_uusd is None else self.closed_uusd + self.open_uusd


def earned(deals: Iterable[Deal], quotes: Quotes) -> Earned:
    """Sums over deals, each rounded once against ourselves."""
    found = list(deals)
    turnovers = [turnover for deal in found for turnover in pnl.turnovers(deal).values()]
    left = [still_open(deal, quotes) for deal in found]
    known = [value for value in left if value is not None]
    return Earned(
        deals=len(found),
        traded_uusd=uusd_up(sum((t.paid + t.received for t in turnovers), ZERO)),
        realised_uusd=uusd_down(sum((t.realised for t in turnovers), ZERO)),
        fees_uusd=sum(deal.fees_uusd for deal in found),
        open_uusd=uusd_down(sum(known, ZERO)) if len(known) == len(left) else None,
    )


def still_open(deal: Deal, quotes: Quotes) -> Decimal | None:
    """USD that closing what is left of the deal would bring beyond what is realised, the fees of it taken off.

    None where that has no price. What a person wrote off is not ours to close.
    """
    if deal.state is DealState.WRITTEN_OFF:
        return ZERO
    worth = deal.cash - pnl.realised(deal)
    for venue in Venue:
        position = deal.position(venue)
        if position == 0:
            continue
        quote = quotes.get((deal.market, venue))
        if quote is None:
            return None
        price = quote[0] if position > 0 else quote[1]
        worth += position * price - abs(position) * price * fee_rate(deal, venue)
    return worth


def fee_rate(deal: Deal, venue: Venue) -> Decimal:
    """What the deal paid at the venue so far, as a fraction of what it traded there; 0 before any fill."""
    fills = [fill for fill in standing(deal.fills) if fill.venue is venue]
    traded = sum((fill.price * fill.size for fill in fills), ZERO)
    return usd(sum(fill.fee_uusd for fill in fills)) / traded if traded else ZERO


def deal_pnl_uusd(deal: Deal, quotes: Quotes) -> int | None:
    """One deal, marked to close; None where what is open has no price."""
    left = still_open(deal, quotes)
    return None if left is None else uusd_down(pnl.realised(deal) + left) - deal.fees_uusd


def free_share(deals: Iterable[Deal]) -> Decimal | None:
    """The share of what was traded that cost no fee; None when nothing was."""
    traded = free = ZERO
    for deal in deals:
        for fill in standing(deal.fills):
            traded += fill.price * fill.size
            free += fill.price * fill.size if fill.fee_uusd <= 0 else ZERO
    return free / traded if traded else None


def cost_up(usd_cost: Decimal) -> int:
    """A cost in whole micro-USD, upwards: never told smaller than it is."""
    return uusd_up(usd_cost)
