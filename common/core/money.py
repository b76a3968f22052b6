"""Exact money: Decimal prices in USD per base, Decimal sizes in base, integer micro-USD (`_uusd`).

Rounding goes through the four named functions below, so that its direction is a decision each time:
what we pay is rounded up, what we receive is rounded down.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

UUSD_PER_USD = 1_000_000
BPS = Decimal(10_000)
ZERO = Decimal(0)


def price_up(price: Decimal, tick: Decimal) -> Decimal:
    """The smallest multiple of `tick` that is not below `price` (limit of a buy)."""
    return (price / tick).to_integral_value(ROUND_CEILING) * tick


def price_down(price: Decimal, tick: Decimal) -> Decimal:
    """The largest multiple of `tick` that is not above `price` (limit of a sell; also any size onto its step)."""
    return (price / tick).to_integral_value(ROUND_FLOOR) * tick


def nearest(distance: Decimal, tick: Decimal) -> Decimal:
    """The multiple of `tick` nearest to `distance`, halves up: for distances that are a choice, never for money."""
    return (distance / tick).to_integral_value(ROUND_HALF_UP) * tick


def uusd_up(usd: Decimal) -> int:
    """USD to whole micro-USD, upwards: exposure and costs."""
    return int((usd * UUSD_PER_USD).to_integral_value(ROUND_CEILING))


def uusd_down(usd: Decimal) -> int:
    """USD to whole micro-USD, downwards: proceeds and edges."""
    return int((usd * UUSD_PER_USD).to_integral_value(ROUND_FLOOR))


def usd(uusd: int) -> Decimal:
    """Whole micro-USD back to exact USD."""
    return Decimal(uusd) / UUSD_PER_USD


def bps_of(fraction: Decimal, amount: Decimal) -> Decimal:
    """`fraction` basis points of `amount`."""
    return fraction * amount / BPS
