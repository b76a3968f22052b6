"""The venues that there are, as one table: what makes a feed and a desk for each."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

from common.core.events import BookMessage
from common.core.market import Instrument, Venue
from common.settings import Endpoint
from common.venues import apex, dydx
from common.venues.base import Desk, Feed
from common.venues.keys import Keys, read

MAKE_FEED: dict[Venue, Callable[[Endpoint, Instrument], Feed]] = {
    Venue.DYDX: dydx.make_feed,
    Venue.APEX: apex.make_feed,
}
MAKE_DESK: dict[Venue, Callable[[Endpoint, Keys], Desk]] = {
    Venue.DYDX: dydx.make_desk,
    Venue.APEX: apex.make_desk,
}
#: listing and book of one market, asked for once, without keys
BOOK_NOW: dict[Venue, Callable[[Endpoint, str, Decimal], Awaitable[tuple[Instrument, BookMessage]]]] = {
    Venue.DYDX: dydx.book_now,
    Venue.APEX: apex.book_now,
}


def make_feed(endpoint: Endpoint, instrument: Instrument) -> Feed:
    """The public feed of one instrument."""
    return MAKE_FEED[endpoint.venue](endpoint, instrument)


def make_desk(endpoint: Endpoint) -> Desk:
    """The desk of one venue, with the keys of its endpoint; ConfigError when they cannot be read."""
    return MAKE_DESK[endpoint.venue](endpoint, read(endpoint.venue, endpoint.keys))


async def book_now(endpoint: Endpoint, market: str, taker_fee: Decimal) -> tuple[Instrument, BookMessage]:
    """Listing and book of a market at one venue now; needs no keys. VenueError or ConfigError when there is none."""
    return await BOOK_NOW[endpoint.venue](endpoint, market, taker_fee)
