"""ApeX Pro behind the house's Feed and Desk. Importing this package imports neither aiohttp nor any signing."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from common.core.market import Instrument
    from common.settings import Endpoint
    from common.venues.base import ClockReading, Desk, Feed, Look
    from common.venues.keys import Keys


def make_feed(endpoint: "Endpoint", instrument: "Instrument") -> "Feed":
    """The public feed of one instrument."""
    from common.venues.apex.feed import ApexFeed

    return ApexFeed(endpoint.ws, endpoint.rest, instrument)


def make_desk(endpoint: "Endpoint", keys: "Keys") -> "Desk":
    """The desk of the account that `keys` belong to."""
    from common.venues.apex.budget import budget
    from common.venues.apex.desk import ApexDesk

    return ApexDesk(endpoint.rest, endpoint.ws, keys, budget=budget(endpoint.budgets))


def make_look(endpoint: "Endpoint") -> "Look":
    """A look at the public books, without an account."""
    from common.venues.apex.look import ApexLook

    return ApexLook(endpoint)


async def read_clock(endpoint: "Endpoint") -> "ClockReading":
    """The venue's clock against ours now, without an account; VenueError without a usable answer."""
    from common.venues.apex.public import read_clock

    return await read_clock(endpoint.rest)
