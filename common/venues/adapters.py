"""The venues that there are, as one table: what makes a feed, a desk and a look for each."""

import os
from collections.abc import Awaitable, Callable

from common.core.market import Instrument, Venue
from common.settings import Endpoint
from common.venues import apex, dydx
from common.venues.base import ClockReading, Desk, Feed, Look
from common.venues.keys import Keys, read

MAKE_FEED: dict[Venue, Callable[[Endpoint, Instrument], Feed]] = {
    Venue.DYDX: dydx.make_feed,
    Venue.APEX: apex.make_feed,
}
MAKE_DESK: dict[Venue, Callable[[Endpoint, Keys], Desk]] = {
    Venue.DYDX: dydx.make_desk,
    Venue.APEX: apex.make_desk,
}
MAKE_LOOK: dict[Venue, Callable[[Endpoint], Look]] = {
    Venue.DYDX: dydx.make_look,
    Venue.APEX: apex.make_look,
}

READ_CLOCK: dict[Venue, Callable[[Endpoint], Awaitable[ClockReading]]] = {
    Venue.DYDX: dydx.read_clock,
    Venue.APEX: apex.read_clock,
}


def make_feed(endpoint: Endpoint, instrument: Instrument) -> Feed:
    """The public feed of one instrument."""
    return MAKE_FEED[endpoint.venue](endpoint, instrument)


def make_desk(endpoint: Endpoint) -> Desk:
    """The desk of one venue, with the keys of its endpoint; ConfigError when they cannot be read."""
    environ = os.environ if endpoint.environ else {}
    return MAKE_DESK[endpoint.venue](endpoint, read(endpoint.venue, endpoint.keys, environ))


def make_look(endpoint: Endpoint) -> Look:
    """A look at the public books of one venue; needs no keys."""
    return MAKE_LOOK[endpoint.venue](endpoint)


async def read_clock(endpoint: Endpoint) -> ClockReading:
    """One venue's clock against ours now; needs no keys. VenueError without a usable answer."""
    return await READ_CLOCK[endpoint.venue](endpoint)
