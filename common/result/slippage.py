"""How far fills were from the quotes that their orders rested on, and where prices went afterwards. Pure.

Basis points of the price; above 0 is what we lost by it: a fill worse than expected, a price that went against us.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from common.core.deal import Deal
from common.core.market import Side, Venue
from common.core.money import BPS, ZERO
from common.core.order import Order, Purpose, standing
from common.result.earned import cost_up
from common.telemetry.rows import MARKED_S, Mark


@dataclass(frozen=True, slots=True)
class Slipped:
    """One venue's orders of one purpose that filled: mean (weighted by notional) and worst; `unknown` had no quote."""

    venue: Venue
    purpose: Purpose
    orders: int
    unknown: int
    mean_bps: Decimal | None
    worst_bps: Decimal | None
    cost_uusd: int


@dataclass(frozen=True, slots=True)
class Marked:
    """Where the price of one venue was some seconds after our fills there, weighted by notional."""

    venue: Venue
    after_s: int
    fills: int
    mean_bps: Decimal


@dataclass(frozen=True, slots=True)
class _Leg:
    order: Order
    size: Decimal
    #: USD worse than expected, and what it was expected at; None without a quote
    cost: Decimal | None
    expected: Decimal | None


def slipped(deals: Iterable[Deal], expected: Mapping[str, Decimal]) -> tuple[Slipped, ...]:
    """By venue and purpose, openings first; `expected`: by client id."""
    legs = [leg for deal in deals for leg in _legs(deal, expected)]
    pairs = [(venue, purpose) for purpose in Purpose for venue in Venue]
    grouped = {(v, p): [leg for leg in legs if (leg.order.venue, leg.order.purpose) == (v, p)] for v, p in pairs}
    return tuple(_sum(venue, purpose, own) for (venue, purpose), own in grouped.items() if own)


def _legs(deal: Deal, expected: Mapping[str, Decimal]) -> list[_Leg]:
    legs = []
    for order in deal.orders:
        own = [fill for fill in standing(deal.fills) if fill.client_id == order.client_id]
        size = sum((fill.size for fill in own), ZERO)
        wanted = expected.get(order.client_id)
        if size and wanted is None:
            legs.append(_Leg(order, size, None, None))
        elif size and wanted is not None:
            cost = sum((fill.side.sign * (fill.price - wanted) * fill.size for fill in own), ZERO)
            legs.append(_Leg(order, size, cost, wanted))
    return legs


def _sum(venue: Venue, purpose: Purpose, legs: list[_Leg]) -> Slipped:
    known = [(leg.cost, leg.expected * leg.size) for leg in legs if leg.cost is not None and leg.expected is not None]
    notional = sum((size for _, size in known), ZERO)
    cost = sum((cost for cost, _ in known), ZERO)
    worst = max((cost / size for cost, size in known), default=None)
    return Slipped(
        venue=venue,
        purpose=purpose,
        orders=len(legs),
        unknown=len(legs) - len(known),
        mean_bps=cost / notional * BPS if notional else None,
        worst_bps=None if worst is None else worst * BPS,
        cost_uusd=cost_up(cost),
    )


def marked(marks: Iterable[Mark]) -> tuple[Marked, ...]:
    """By venue and seconds after the fill."""
    costs: dict[tuple[str, int], list[tuple[Decimal, Decimal]]] = {}
    for mark in marks:
        price, size = Decimal(mark.price), Decimal(mark.size)
        cost = Side(mark.side).sign * (price - Decimal(mark.mid)) * size
        costs.setdefault((mark.venue, mark.after_s), []).append((cost, price * size))
    return tuple(
        Marked(venue, after_s, len(own), sum((c for c, _ in own), ZERO) / sum((n for _, n in own), ZERO) * BPS)
        for venue in Venue
        for after_s in MARKED_S
        if (own := costs.get((venue.value, after_s)))
    )
