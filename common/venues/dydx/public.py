"""dYdX's public book and clock by REST, without an account: one question, one answer."""

from typing import Any, Final

from common import clock
from common.core.errors import VenueError
from common.core.market import Venue
from common.venues.base import ClockReading
from common.venues.dydx.rest import TIME_PATH
from common.venues.dydx.wire import data_of, decode_answer, name_of, reading, server_time_ns
from common.venues.http import HttpAnswer, JsonHttp
from common.venues.public import PublicBook, public_book

BOOK_PATH: Final = "/v3/orderbook"


async def read_book(rest: str, market: str) -> PublicBook:
    """The book of a market now; VenueError without a usable answer."""
    data = await _data(rest, f"{BOOK_PATH}/{name_of(market)}")
    with reading("book"):
        bids, asks = ([(row["price"], row["size"]) for row in data[side]] for side in ("bids", "asks"))
    return public_book(Venue.DYDX, bids, asks)


async def read_clock(rest: str) -> ClockReading:
    """dYdX's clock against ours; VenueError without a usable answer."""
    before_ns = clock.now_ns()
    venue_ns = server_time_ns(await _data(rest, TIME_PATH))
    after_ns = clock.now_ns()
    return ClockReading(Venue.DYDX, venue_ns - (before_ns + after_ns) // 2, after_ns - before_ns, after_ns)


async def _data(rest: str, path: str) -> dict[str, Any]:
    http = JsonHttp(rest, headers={"Accept": "application/json"})
    try:
        result = await http.request("GET", path)
    finally:
        await http.close()
    if not isinstance(result, HttpAnswer):
        raise VenueError(f"dydx: {result.reason}")
    return data_of(decode_answer(result.status, result.body))
