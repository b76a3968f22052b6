"""What deals earned, from their fills alone: exact Decimals, rounded to micro-USD once, at the end. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from common.core.deal import Deal
from common.core.market import Side, Venue
from common.core.money import ZERO
from common.core.order import Fill, standing


@dataclass(frozen=True, slots=True)
class Turnover:
    """What was bought and sold at one venue: base sizes and USD, fees not included."""

    bought: Decimal
    sold: Decimal
    paid: Decimal
    received: Decimal

    @property
    def position(self) -> Decimal:
        """Signed base size that is left."""
        return self.bought - self.sold

    @property
    def matched(self) -> Decimal:
        """Base size that was both bought and sold."""
        return min(self.bought, self.sold)

    @property
    def realised(self) -> Decimal:
        """USD earned on the matched size, the larger side at its average price; exact when nothing is left."""
        if self.bought == self.sold:
            return self.received - self.paid
        if self.matched == 0:
            return ZERO
        return self.received * self.matched / self.sold - self.paid * self.matched / self.bought


def turnover(fills: Iterable[Fill]) -> Turnover:
    """Sum up fills of one venue (or of one instrument: prices of different markets do not add up)."""
    sums = {Side.BUY: [ZERO, ZERO], Side.SELL: [ZERO, ZERO]}
    for fill in fills:
        sums[fill.side][0] += fill.size
        sums[fill.side][1] += fill.size * fill.price
    (bought, paid), (sold, received) = sums[Side.BUY], sums[Side.SELL]
    return Turnover(bought, sold, paid, received)


def turnovers(deal: Deal) -> dict[Venue, Turnover]:
    """The deal's turnover at each venue; what was taken back was not traded."""
    fills = standing(deal.fills)
    return {venue: turnover(f for f in fills if f.venue is venue) for venue in Venue}


def realised(deal: Deal) -> Decimal:
    """USD earned by what the deal bought and sold again at each venue, before fees."""
    return sum((t.realised for t in turnovers(deal).values()), ZERO)


def matched(deal: Deal) -> Decimal:
    """Base size that is hedged now: long at one venue, short at the other."""
    positions = [t.position for t in turnovers(deal).values()]
    return min(max(positions), -min(positions)) if max(positions) > 0 > min(positions) else ZERO


def marked(deal: Deal, marks: Mapping[Venue, Decimal]) -> Decimal | None:
    """USD the deal would have earned, before fees, if it closed at `marks`; None where a needed mark is missing."""
    if any(deal.position(v) != 0 and v not in marks for v in Venue):
        return None
    return deal.cash + sum((deal.position(v) * marks[v] for v in marks), ZERO)
