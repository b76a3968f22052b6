"""Profit over time, marked to close at every moment: fills as we heard of them, quotes as telemetry has them. Pure.

Between two quotes of a market the last one counts, moved to where we filled since. Closing costs what the market's
fills paid on average. So the curve ends where the result does, but for rounding and where fees changed. While one leg
is filled and the other is not yet, one price is newer than the other, and no point is set.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from common.core.deal import Deal, DealState
from common.core.market import Side, Venue
from common.core.money import ZERO, usd, uusd_down
from common.core.order import Fill
from common.ledger.story import Story
from common.result.nakedness import DUST_PART
from common.telemetry.rows import FleetRow, Span

#: (when, micro-USD), in order of time
Curve: TypeAlias = tuple[tuple[int, int], ...]
#: when, in which market, what: a fill, quotes, or micro-USD of funding
Step: TypeAlias = tuple[int, str, Fill | Span | int]


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall from what was reached before; `share` of that height, None: it was not above 0."""

    uusd: int
    share: Decimal | None
    from_ns: int
    to_ns: int


@dataclass(slots=True)
class _Market:
    """One market's position and money while time goes on."""

    cash: Decimal = ZERO
    positions: dict[Venue, Decimal] = field(default_factory=lambda: dict.fromkeys(Venue, ZERO))
    traded: dict[Venue, Decimal] = field(default_factory=lambda: dict.fromkeys(Venue, ZERO))
    fees: dict[Venue, Decimal] = field(default_factory=lambda: dict.fromkeys(Venue, ZERO))
    quotes: dict[Venue, tuple[Decimal, Decimal]] = field(default_factory=dict)

    def fill(self, fill: Fill) -> None:
        self.cash -= fill.side.sign * fill.price * fill.size
        self.positions[fill.venue] += fill.side.sign * fill.size
        self.traded[fill.venue] += fill.price * fill.size * (-1 if fill.is_reversal else 1)
        self.fees[fill.venue] += usd(fill.fee_uusd)
        sold, bought = self.quotes.get(fill.venue, (fill.price, fill.price))
        # the fill is the newest price: the quotes follow it, as far from each other as they were
        moved = fill.price - (bought if fill.side is Side.BUY else sold)
        self.quotes[fill.venue] = (sold + moved, bought + moved)

    def quote(self, span: Span) -> None:
        for venue, (sold, bought) in span.quotes.items():
            self.quotes[Venue(venue)] = (Decimal(sold), Decimal(bought))

    @property
    def is_even(self) -> bool:
        """Nothing is naked, but for dust."""
        return abs(sum(self.positions.values(), ZERO)) <= max(map(abs, self.positions.values())) * DUST_PART

    def worth(self) -> Decimal:
        """USD earned if everything were closed now."""
        worth = self.cash - sum(self.fees.values(), ZERO)
        for venue, position in self.positions.items():
            if position and venue in self.quotes:
                price = self.quotes[venue][0 if position > 0 else 1]
                rate = self.fees[venue] / self.traded[venue] if self.traded[venue] else ZERO
                worth += position * price - abs(position) * price * rate
        return worth


def profit(story: Story, spans: Iterable[Span]) -> Curve:
    """What the deals of the story had earned at each moment, funding included."""
    steps: list[Step] = [(paid.venue_ns, paid.market, paid.payment_uusd) for paid in story.funding]
    steps += [(span.at_ns, span.market, span) for span in spans if span.quotes]
    for deal in story.deals:
        if deal.state is not DealState.WRITTEN_OFF:
            steps += _fills(story, deal)
    markets: dict[str, _Market] = {}
    worth: dict[str, Decimal] = {}
    total = ZERO
    curve = [(story.from_ns, 0)]
    for at_ns, market, step in sorted(steps, key=lambda step: step[0]):
        state = markets.setdefault(market, _Market())
        if isinstance(step, int):
            state.cash += usd(step)
        elif isinstance(step, Span):
            state.quote(step)
        else:
            state.fill(step)
        total += state.worth() - worth.get(market, ZERO)
        worth[market] = state.worth()
        if state.is_even or isinstance(step, Span):
            curve.append((at_ns, uusd_down(total)))
    return tuple(curve)


def _fills(story: Story, deal: Deal) -> list[Step]:
    return [(story.heard_ns[fill.venue, fill.fill_id], deal.market, fill) for fill in deal.fills]


def equity(fleet: Iterable[FleetRow]) -> Curve:
    """What both accounts were worth together, as their venues said."""
    return tuple((row.at_ns, sum(row.equity_uusd.values())) for row in fleet)


def drawdown(curve: Sequence[tuple[int, int]]) -> Drawdown | None:
    """The deepest fall; None for a curve without a point."""
    if not curve:
        return None
    top_ns, top = curve[0]
    deepest = Drawdown(0, ZERO, top_ns, top_ns)
    for at_ns, uusd in curve:
        if uusd > top:
            top_ns, top = at_ns, uusd
        if top - uusd > deepest.uusd:
            deepest = Drawdown(top - uusd, Decimal(top - uusd) / top if top > 0 else None, top_ns, at_ns)
    return deepest


def thinned(curve: Curve, most: int) -> Curve:
    """Not more points than that, for a chart: of each stretch of time the last, the lowest and the highest."""
    if len(curve) <= most:
        return curve
    per = -(-3 * len(curve) // most)
    kept: list[tuple[int, int]] = []
    for begin in range(0, len(curve), per):
        part = curve[begin : begin + per]
        kept += sorted({min(part, key=lambda p: p[1]), max(part, key=lambda p: p[1]), part[-1]})
    return tuple(kept)
