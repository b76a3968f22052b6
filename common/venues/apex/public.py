"""What ApeX tells anybody by REST, without an account: the book of a market, and the clock."""

from typing import Any, Final

from common import clock
from common.core.errors import VenueError
from common.core.market import Venue
from common.core.order import Unknown
from common.venues.apex.rest import TIME_PATH, ApexRest
from common.venues.apex.wire import Data, Payload, reading, server_time_ns
from common.venues.base import ClockReading
from common.venues.public import PublicBook, public_book

DEPTH_PATH: Final = "/api/v1/depth"


def read_levels(payload: Payload) -> PublicBook:
    """The book in an answer of /v1/depth."""
    data = _data(payload)
    with reading("depth"):
        bids, asks = ([(price, size) for price, size in data[side]] for side in ("b", "a"))
    return public_book(Venue.APEX, bids, asks)


async def read_clock(rest: str) -> ClockReading:
    """ApeX's clock against ours; VenueError without a usable answer."""
    client = ApexRest(rest)
    try:
        before_ns = clock.now_ns()
        venue_ns = server_time_ns(_data(await client.public(TIME_PATH)))
        after_ns = clock.now_ns()
    finally:
        await client.close()
    return ClockReading(Venue.APEX, venue_ns - (before_ns + after_ns) // 2, after_ns - before_ns, after_ns)


def _data(payload: Payload) -> Any:
    if not isinstance(payload, Data):
        raise VenueError(f"apex: {payload.reason if isinstance(payload, Unknown) else payload}")
    return payload.value
