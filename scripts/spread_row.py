"""What dealing both ways between two venues brings now: a row per market and direction. Pure arithmetic over views."""

from dataclasses import dataclass
from decimal import Decimal

from common.core.edge import Pair, edge, original_edge
from common.core.market import Direction, Venue
from common.core.money import BPS, ZERO
from common.core.view import MarketView

_HUNDREDTH = Decimal("0.01")
MEDIAN, NOW = "median", "now"


@dataclass(frozen=True, slots=True)
class SpreadRow:
    """One direction of one market; `why` says why there are no figures.

    `bid` is what selling `size` at the selling venue brings on average, `ask` what buying it costs at the other.
    `fees_bps` are the four of opening and closing, `net_bps` the spread less these: the original's rule.
    `leaving` is the spread that the close is expected to trade at: the trailing median, or what it is now.
    """

    market: str
    direction: Direction
    size: Decimal
    why: str
    bid: Decimal | None = None
    ask: Decimal | None = None
    spread: Decimal | None = None
    spread_bps: Decimal | None = None
    fees_bps: Decimal | None = None
    leaving: Decimal | None = None
    leaving_is: str = ""
    edge: Decimal | None = None
    edge_bps: Decimal | None = None
    original_edge: Decimal | None = None
    net_bps: Decimal | None = None
    funding_bps_hourly: Decimal | None = None

    @property
    def sell(self) -> Venue:
        """The venue that is sold."""
        return self.direction.sell_venue


def rows_of(view: MarketView, at_ns: int) -> list[SpreadRow]:
    """Both directions of one market."""
    distrust = [f"{venue} {why}" for venue in view.books if (why := view.distrust(venue, at_ns))]
    return [_row(view, direction, "; ".join(distrust)) for direction in Direction]


def _row(view: MarketView, direction: Direction, distrust: str) -> SpreadRow:
    market, size = view.terms.market, view.terms.size
    pair, back = view.pair(direction, size), view.pair(direction.opposite, size)
    if distrust or pair is None or back is None:
        return SpreadRow(market, direction, size, distrust or "not enough depth")
    return _figures(view, direction, pair, back)


def _figures(view: MarketView, direction: Direction, pair: Pair, back: Pair) -> SpreadRow:
    median = view.medians[direction.opposite].value()
    leaving = back.spread if median is None else Decimal(str(median))
    funding = view.funding_hourly(direction)
    kept = edge(pair, leaving, funding, view.terms.expected_hold_ns)
    return SpreadRow(
        market=view.terms.market,
        direction=direction,
        size=pair.size,
        why="",
        bid=pair.sell.quote.average,
        ask=pair.buy.quote.average,
        spread=pair.spread,
        spread_bps=_bps(pair.spread * pair.size, pair),
        fees_bps=_bps(2 * pair.fees, pair),
        leaving=leaving,
        leaving_is=NOW if median is None else MEDIAN,
        edge=kept,
        edge_bps=_bps(kept, pair),
        original_edge=original_edge(pair),
        net_bps=_bps(original_edge(pair), pair),
        funding_bps_hourly=funding * BPS,
    )


def _bps(amount: Decimal, pair: Pair) -> Decimal:
    """An amount of USD in basis points of one leg."""
    return (amount / pair.notional * BPS).quantize(_HUNDREDTH) if pair.notional else ZERO
