"""What dYdX allows in 10 seconds, and what a request of ours costs of it."""

from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Final

from common.core.market import Venue
from common.core.order import Lifetime, Order
from common.venues.budget import Budget, Rate

WINDOW_S: Final = 10
#: GETs of one address; points of orders, and cancels, of one market each
RATES: Final = {"get": Rate(175, WINDOW_S), "place": Rate(1750, WINDOW_S), "cancel": Rate(250, WINDOW_S)}
GET: Final = {"get": 1}
#: an order costs more the smaller it is: `TARGET_NOTIONAL` over its notional, within bounds
TARGET_NOTIONAL: Final = Decimal(40_000)
POINTS_MAX: Final = 100
POINTS_MIN_TAKING: Final = 20
POINTS_MIN_RESTING: Final = 4


def budget(folder: Path | None) -> Budget:
    """The fleet's counts in `folder`, or this process's own."""
    return Budget(Venue.DYDX, RATES, folder)


def placing(order: Order) -> dict[str, int]:
    """What sending `order` costs."""
    least = POINTS_MIN_TAKING if order.lifetime in (Lifetime.FOK, Lifetime.IOC) else POINTS_MIN_RESTING
    return placing_at(order.market, order.size * order.limit, least)


def placing_at(market: str, notional: Decimal, least: int) -> dict[str, int]:
    """The same of any order; `least` is what its kind costs at least."""
    points = int((TARGET_NOTIONAL / notional).to_integral_value(ROUND_CEILING))
    return {f"place:{market}": min(POINTS_MAX, max(least, points))}


def cancelling(order: Order) -> dict[str, int]:
    """What cancelling it costs."""
    return cancelling_in(order.market)


def cancelling_in(market: str) -> dict[str, int]:
    """The same of any order of a market."""
    return {f"cancel:{market}": 1}
