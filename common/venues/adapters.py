"""The venues that there are, as one table: what makes a feed and a desk for each."""

import os
from collections.abc import Awaitable, Callable

from common.core.market import Instrument, Venue
from common.settings import Endpoint
from common.venues import apex, dydx
from common.venues.base import Desk, Feed
from common.venues.keys import Keys, read
from common.venues.public import PublicBook

MAKE_FEED: dict[Venue, Callable[[Endpoint, Instrument], Feed]] = {
    Venue.DYDX: dydx.make_feed,
    Venue.APEX: apex.make_feed,
}
MAKE_DESK: dict[Venue, Callable[[Endpoint, Keys], Desk]] = {
    Venue.DYDX: dydx.make_desk,
    Venue.APEX: apex.make_desk,
}

READ_BOOK: dict[Venue, Callable[[Endpoint, str], Awaitable[PublicBook]]] = {
    Venue.DYDX: dydx.read_book,
    Venue.APEX: apex.read_book,
}


def make_feed(endpoint: Endpoint, instrument: Instrument) -> Feed:
    """The public feed of one instrument."""
    return MAKE_FEED[endpoint.venue](endpoint, instrument)


def make_desk(endpoint: Endpoint) -> Desk:
    """The desk of one venue, with the keys of its endpoint; ConfigError when they cannot be read."""
    environ = os.environ if endpoint.environ else {}
    return MAKE_DESK[endpoint.venue](endpoint, read(endpoint.venue, endpoint.keys, environ))


async def read_book(endpoint: Endpoint, market: str) -> PublicBook:
    """The public book of a market at one venue now; needs no keys. VenueError without a usable answer."""
    return await READ_BOOK[endpoint.venue](endpoint, market)
