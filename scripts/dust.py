"""How much may be left uneven: less than the larger of both venues' smallest orders, by the paper venues' listings."""

from decimal import Decimal

from common.core.market import Venue
from common.sim import listings


def smallest_orders() -> dict[str, Decimal]:
    """Market → base size below which nothing can be evened."""
    listed = [listings.listings(venue, Decimal(0)) for venue in Venue]
    return {market: max(one[market].instrument.min_size for one in listed) for market in listings.MARKETS}
