"""What the orders of a deal were for, told from their numbers and from what the deal was when each was made. Pure.

The first two open it. Exits are written in twos, selling first, while it is even (alone where the other leg is dust);
evenings one by one, while it is not. Orders that never filled are not told by every venue, but they took numbers.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from common.core.deal import Deal, uneven
from common.core.ids import order_name
from common.core.market import Instrument, Side, Venue
from common.core.order import Order, Purpose

Instruments: TypeAlias = Mapping[Venue, Instrument]
#: the numbers of the two orders that open a deal
OPENING = frozenset({0, 1})


def purposed(deal: Deal, known: Deal | None, instruments: Instruments) -> Deal:
    """The deal with the purpose of each order told: exits were written while it was even, evenings while not."""
    rows = {order.client_id for order in known.orders} if known else set[str]()
    orders: list[Order] = []
    for order in deal.orders:
        told = order.client_id not in rows and order_name(order.client_id) is not None
        orders.append(replace(order, purpose=_purpose(deal, order, orders, instruments)) if told else order)
    return replace(deal, orders=tuple(orders))


def _purpose(deal: Deal, order: Order, before: list[Order], instruments: Instruments) -> Purpose:
    if _attempt(order) in OPENING:
        return Purpose.OPEN
    if before and _are_pair(before[-1], order):
        return Purpose.CLOSE
    names = {o.client_id for o in before}
    then = replace(deal, fills=tuple(f for f in deal.fills if f.client_id in names))
    return Purpose.CLOSE if order.reduce_only and uneven(then, instruments) is None else Purpose.EVEN


def _attempt(order: Order) -> int:
    name = order_name(order.client_id)
    return -1 if name is None else name.attempt


def _are_pair(one: Order, other: Order) -> bool:
    """The two orders of one exit: next to each other, at both venues; dust that each takes along makes sizes differ.

    What evens the deal after an exit's second order, which buys, sells: the first has filled nothing then.
    """
    return (
        one.purpose is Purpose.CLOSE
        and _attempt(other) == _attempt(one) + 1
        and one.venue is not other.venue
        and (one.side, other.side) == (Side.SELL, Side.BUY)
    )
