"""dYdX v3 behind the house's Feed and Desk. Importing this package imports neither aiohttp nor any signing."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from common.core.market import Instrument
    from common.settings import Endpoint
    from common.venues.base import ClockReading, Desk, Feed
    from common.venues.keys import Keys
    from common.venues.public import PublicBook


def make_feed(endpoint: "Endpoint", instrument: "Instrument") -> "Feed":
    """The public feed of one instrument."""
    from common.venues.dydx.feed import DydxFeed

    return DydxFeed(endpoint.ws, instrument)


def make_desk(endpoint: "Endpoint", keys: "Keys") -> "Desk":
    """The desk of the account that `keys` belong to; ConfigError for keys or a network that cannot be used."""
    from common.venues.dydx.desk import DydxDesk

    return DydxDesk(endpoint, keys)


async def read_book(endpoint: "Endpoint", market: str) -> "PublicBook":
    """The public book of a market now, without an account; VenueError without a usable answer."""
    from common.venues.dydx.public import read_book

    return await read_book(endpoint.rest, market)


async def read_clock(endpoint: "Endpoint") -> "ClockReading":
    """The venue's clock against ours now, without an account; VenueError without a usable answer."""
    from common.venues.dydx.public import read_clock

    return await read_clock(endpoint.rest)
