"""What dYdX tells anybody by REST, without an account: the book of a market, and the clock."""

from typing import Final

from common import clock
from common.core.errors import VenueError
from common.core.market import Venue
from common.venues.base import ClockReading
from common.venues.dydx.rest import TIME_PATH
from common.venues.dydx.wire import Payload, data_of, decode_answer, reading, server_time_ns
from common.venues.http import HttpAnswer, JsonHttp
from common.venues.public import PublicBook, public_book

BOOK_PATH: Final = "/v3/orderbook"


def read_levels(payload: Payload) -> PublicBook:
    """The book in an answer of GET /v3/orderbook/:market."""
    data = data_of(payload)
    with reading("book"):
        bids, asks = ([(row["price"], row["size"]) for row in data[side]] for side in ("bids", "asks"))
    return public_book(Venue.DYDX, bids, asks)


async def read_clock(rest: str) -> ClockReading:
    """dYdX's clock against ours; VenueError without a usable answer."""
    http = JsonHttp(rest, headers={"Accept": "application/json"})
    try:
        before_ns = clock.now_ns()
        result = await http.request("GET", TIME_PATH)
        after_ns = clock.now_ns()
    finally:
        await http.close()
    if not isinstance(result, HttpAnswer):
        raise VenueError(f"dydx: {result.reason}")
    venue_ns = server_time_ns(data_of(decode_answer(result.status, result.body)))
    return ClockReading(Venue.DYDX, venue_ns - (before_ns + after_ns) // 2, after_ns - before_ns, after_ns)
