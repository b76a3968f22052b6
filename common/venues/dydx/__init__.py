"""dYdX v3 behind the house's Feed and Desk. Importing this package imports neither aiohttp nor any signing."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from common.core.events import BookMessage
    from common.core.market import Instrument
    from common.settings import Endpoint
    from common.venues.base import Desk, Feed
    from common.venues.keys import Keys


def make_feed(endpoint: "Endpoint", instrument: "Instrument") -> "Feed":
    """The public feed of one instrument."""
    from common.venues.dydx.feed import DydxFeed

    return DydxFeed(endpoint.ws, instrument)


def make_desk(endpoint: "Endpoint", keys: "Keys") -> "Desk":
    """The desk of the account that `keys` belong to; ConfigError for keys or a network that cannot be used."""
    from common.venues.dydx.desk import DydxDesk

    return DydxDesk(endpoint, keys)


async def book_now(endpoint: "Endpoint", market: str, taker_fee: "Decimal") -> "tuple[Instrument, BookMessage]":
    """Listing and book of one market, asked for once, without keys; VenueError, ConfigError when there is none."""
    from common.venues.dydx import public

    return await public.book_now(endpoint, market, taker_fee)
