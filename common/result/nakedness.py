"""Legs that missed: how long deals were naked, at which venue the missing leg was, and what evening it cost. Pure.

Cost of an evening order: where it took the other leg back, what the round trip there lost, fees of both ways included;
where it brought the missing leg late, how much worse than what that leg was to have filled at.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from common.core.deal import Deal
from common.core.market import Venue
from common.core.money import ZERO, usd
from common.core.order import Fill, Order, Purpose, standing
from common.ledger.story import FillKey
from common.result.earned import cost_up

#: what is smaller is dust: the smallest order of the shipped venues is never below this part of a deal
DUST_PART = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Naked:
    """What one venue's missing legs came to: `legs` evening orders that filled, and the longest time a deal waited."""

    venue: Venue
    legs: int
    cost_uusd: int
    naked_ns: int
    longest_ns: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A deal was naked for so long, for want of a leg at `venue`."""

    venue: Venue
    for_ns: int
    from_ns: int


def naked(
    deals: Iterable[Deal], heard_ns: Mapping[FillKey, int], expected: Mapping[str, Decimal], to_ns: int
) -> tuple[Naked, ...]:
    """By venue of the missing leg; `expected`: by client id the price an order rested on, else its limit counts."""
    found = list(deals)
    stretches = [s for deal in found for s in stretches_of(deal, heard_ns, to_ns)]
    costs = [cost for deal in found for cost in costs_of(deal, expected)]
    return tuple(_sum(venue, stretches, costs) for venue in Venue)


def _sum(venue: Venue, stretches: list[Stretch], costs: list[tuple[Venue, Decimal]]) -> Naked:
    times = [stretch.for_ns for stretch in stretches if stretch.venue is venue]
    own = [cost for at, cost in costs if at is venue]
    return Naked(venue, len(own), cost_up(sum(own, ZERO)), sum(times), max(times, default=0))


def stretches_of(deal: Deal, heard_ns: Mapping[FillKey, int], to_ns: int) -> Iterator[Stretch]:
    """The times between two fills in which long and short were not the same, as we heard of the fills."""
    fills = sorted(deal.fills, key=lambda fill: heard_ns[fill.venue, fill.fill_id])
    net = ZERO
    for index, fill in enumerate(fills):
        net += fill.side.sign * fill.size
        until_ns = heard_ns[fills[index + 1].venue, fills[index + 1].fill_id] if index + 1 < len(fills) else to_ns
        from_ns = heard_ns[fill.venue, fill.fill_id]
        if abs(net) > deal.size * DUST_PART and until_ns > from_ns:
            yield Stretch(lacking(deal, fills[: index + 1]), until_ns - from_ns, from_ns)


def lacking(deal: Deal, fills: Iterable[Fill]) -> Venue:
    """Where the leg is behind: while opening where less is, while closing where more still is."""
    held = dict.fromkeys(Venue, ZERO)
    closing = dict.fromkeys(Venue, False)
    for fill in fills:
        held[fill.venue] += fill.side.sign * fill.size
        closing[fill.venue] |= fill.side is not deal.direction.side_at(fill.venue)
    order = sorted(Venue, key=lambda venue: abs(held[venue]))
    return order[-1] if any(closing.values()) else order[0]


def costs_of(deal: Deal, expected: Mapping[str, Decimal]) -> Iterator[tuple[Venue, Decimal]]:
    """What each evening order that filled cost, USD, and the venue whose leg it was for."""
    fills = standing(deal.fills)
    for order in deal.orders:
        own = [fill for fill in fills if fill.client_id == order.client_id]
        if order.purpose is Purpose.EVEN and own:
            yield _cost(deal, order, own, expected)


def _cost(deal: Deal, order: Order, own: list[Fill], expected: Mapping[str, Decimal]) -> tuple[Venue, Decimal]:
    missed = _missed(deal, order)
    if missed is not None:
        wanted = expected.get(missed.client_id, missed.limit)
        return order.venue, sum((order.side.sign * (fill.price - wanted) * fill.size for fill in own), ZERO)
    other = next(venue for venue in Venue if venue is not order.venue)
    return other, _round_trip(deal, order, own)


def _missed(deal: Deal, order: Order) -> Order | None:
    """The order at the same venue, to the same side, that did not fill and that this one makes up for."""
    for earlier in deal.orders:
        if earlier is order:
            return None
        filled = sum((f.size for f in standing(deal.fills) if f.client_id == earlier.client_id), ZERO)
        same = (earlier.venue, earlier.side) == (order.venue, order.side)
        if same and earlier.purpose is not Purpose.EVEN and filled < earlier.size:
            return earlier
    return None


def _round_trip(deal: Deal, order: Order, own: list[Fill]) -> Decimal:
    """What going in and out again at one venue lost, fees of both ways included."""
    came = [f for f in standing(deal.fills) if f.venue is order.venue and f.side is not order.side]
    size = sum((fill.size for fill in own), ZERO)
    got = sum((fill.size for fill in came), ZERO)
    share = size / got if got else ZERO
    paid = sum((order.side.sign * fill.price * fill.size for fill in own), ZERO)
    paid += share * sum((fill.side.sign * fill.price * fill.size for fill in came), ZERO)
    fees = usd(sum(fill.fee_uusd for fill in own)) + share * usd(sum(fill.fee_uusd for fill in came))
    return paid + fees
