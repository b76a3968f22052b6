"""Which orders to sign before their moment: those of the deal that may come next, while its edge is nearly there. Pure.

Nothing is promised by it: an order that differs from what was foreseen is signed when it comes, like any other.
"""

from dataclasses import replace

from common.core.commands import Command, Sign
from common.core.edge import Leg, stride
from common.core.opening import Opportunity
from common.core.order import Order
from common.core.planning import opening_deal
from common.core.view import MarketView

#: limits foreseen on each leg beside that of now: so many strides in the direction that makes the edge enough
STRIDES = 5


class Foresight:
    """Remembers what was foreseen last, so that it is told once."""

    def __init__(self, view: MarketView, incarnation: str) -> None:
        self._view, self._incarnation = view, incarnation
        self._told: tuple[object, ...] = ()

    def on(self, near: Opportunity | None, number: int) -> list[Command]:
        """Have the orders signed that `near` would be, then those with better limits; nothing when they were told."""
        if near is None:
            return []
        told = (near.direction, number, near.pair.sell.limit, near.pair.buy.limit)
        if told == self._told:
            return []
        self._told = told
        return [Sign(self._orders(near, number))]

    def _orders(self, near: Opportunity, number: int) -> tuple[Order, ...]:
        orders = opening_deal(near, self._view.terms, self._incarnation, number).orders
        legs = tuple(zip(orders, (near.pair.sell, near.pair.buy), strict=True))
        return orders + tuple(self._moved(*leg, strides) for strides in range(1, STRIDES + 1) for leg in legs)

    def _moved(self, order: Order, leg: Leg, strides: int) -> Order:
        """The same order after its book went so many strides our way."""
        reach = strides * stride(leg, self._view.terms.limit_slack_bps)
        return replace(order, limit=order.limit - order.side.sign * reach)
