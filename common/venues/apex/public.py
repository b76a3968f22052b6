"""ApeX's public book and clock by REST, without an account: one question, one answer."""

from typing import Any, Final

from common import clock
from common.core.errors import VenueError
from common.core.market import Venue
from common.core.order import Unknown
from common.venues.apex.rest import TIME_PATH, ApexRest
from common.venues.apex.wire import Data, cross_name, reading, server_time_ns, symbol_of
from common.venues.base import ClockReading
from common.venues.public import PublicBook, public_book

DEPTH_PATH: Final = "/api/v1/depth"


async def read_book(rest: str, market: str) -> PublicBook:
    """The book of a market now; VenueError without a usable answer."""
    data = await _data(rest, f"{DEPTH_PATH}?symbol={cross_name(symbol_of(market))}")
    with reading("depth"):
        bids, asks = ([(price, size) for price, size in data[side]] for side in ("b", "a"))
    return public_book(Venue.APEX, bids, asks)


async def read_clock(rest: str) -> ClockReading:
    """ApeX's clock against ours; VenueError without a usable answer."""
    before_ns = clock.now_ns()
    venue_ns = server_time_ns(await _data(rest, TIME_PATH))
    after_ns = clock.now_ns()
    return ClockReading(Venue.APEX, venue_ns - (before_ns + after_ns) // 2, after_ns - before_ns, after_ns)


async def _data(rest: str, path: str) -> Any:
    client = ApexRest(rest)
    try:
        payload = await client.public(path)
    finally:
        await client.close()
    if not isinstance(payload, Data):
        raise VenueError(f"apex: {payload.reason if isinstance(payload, Unknown) else payload}")
    return payload.value
