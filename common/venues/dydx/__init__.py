"""dYdX v3 behind the house's Feed and Desk. Importing this package imports neither aiohttp nor any signing."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from common.core.market import Instrument
    from common.settings import Endpoint
    from common.venues.base import ClockReading, Desk, Feed, Look
    from common.venues.keys import Keys


def make_feed(endpoint: "Endpoint", instrument: "Instrument") -> "Feed":
    """The public feed of one instrument."""
    from common.venues.dydx.feed import DydxFeed

    return DydxFeed(endpoint.ws, instrument)


def make_desk(endpoint: "Endpoint", keys: "Keys") -> "Desk":
    """The desk of the account that `keys` belong to; ConfigError for keys or a network that cannot be used."""
    from common.venues.dydx.desk import DydxDesk

    return DydxDesk(endpoint, keys)


def make_look(endpoint: "Endpoint") -> "Look":
    """A look at the public books, without an account."""
    from common.venues.dydx.look import DydxLook

    return DydxLook(endpoint)


async def read_clock(endpoint: "Endpoint") -> "ClockReading":
    """The venue's clock against ours now, without an account; VenueError without a usable answer."""
    from common.venues.dydx.public import read_clock

    return await read_clock(endpoint.rest)
