"""Which orders to sign before their moment: those of the deal that may come next, while its edge is nearly there. Pure.

Nothing is promised by it: an order that differs from what was foreseen is signed when it comes, like any other.
"""

from dataclasses import replace
from decimal import ROUND_CEILING

from common.core.commands import Command, Sign
from common.core.edge import Leg
from common.core.money import ZERO, bps_of
from common.core.opening import Opportunity
from common.core.order import Order
from common.core.planning import opening_deal
from common.core.terms import Terms

#: limits foreseen on each leg beside those of now, from the first one that would be enough
STEPS = 3


class Foresight:
    """Remembers what was foreseen last, so that it is told once."""

    def __init__(self, terms: Terms, incarnation: str) -> None:
        self._terms, self._incarnation = terms, incarnation
        self._told: tuple[object, ...] = ()

    def on(self, near: Opportunity | None, number: int) -> list[Command]:
        """Have the orders signed that `near` would be, then those with better limits; nothing when they were told."""
        if near is None:
            return []
        missing = self._ticks_missing(near)
        told = (near.direction, number, near.pair.sell.limit, near.pair.buy.limit, *missing)
        if told == self._told:
            return []
        self._told = told
        return [Sign(self._orders(near, number, missing))]

    def _orders(self, near: Opportunity, number: int, missing: tuple[int, int]) -> tuple[Order, ...]:
        orders = opening_deal(near, self._terms, self._incarnation, number).orders
        if not any(missing):
            return orders
        legs = tuple(zip(orders, (near.pair.sell, near.pair.buy), missing, strict=True))
        return orders + tuple(_moved(o, leg, first + step) for step in range(STEPS) for o, leg, first in legs)

    def _ticks_missing(self, near: Opportunity) -> tuple[int, int]:
        """By how many ticks the sell, or the buy, must get better until the edge is enough."""
        missing = bps_of(self._terms.edge_min_bps, near.pair.notional) - near.edge
        per_base = max(missing, ZERO) / near.pair.size

        def ticks(leg: Leg) -> int:
            return int((per_base / leg.instrument.tick).to_integral_value(ROUND_CEILING))

        return ticks(near.pair.sell), ticks(near.pair.buy)


def _moved(order: Order, leg: Leg, ticks: int) -> Order:
    """The same order after its book went so many ticks our way."""
    return replace(order, limit=order.limit - order.side.sign * ticks * leg.instrument.tick)
