"""dYdX's public book by REST, without an account: one question, one answer."""

from typing import Final

from common.core.errors import VenueError
from common.core.market import Venue
from common.venues.dydx.wire import Payload, data_of, decode_answer, name_of, reading
from common.venues.http import HttpAnswer, JsonHttp
from common.venues.public import PublicBook, public_book

BOOK_PATH: Final = "/v3/orderbook"


async def read_book(rest: str, market: str) -> PublicBook:
    """The book of a market now; VenueError without a usable answer."""
    http = JsonHttp(rest, headers={"Accept": "application/json"})
    try:
        result = await http.request("GET", f"{BOOK_PATH}/{name_of(market)}")
    finally:
        await http.close()
    if not isinstance(result, HttpAnswer):
        raise VenueError(f"dydx: {result.reason}")
    return read_levels(decode_answer(result.status, result.body))


def read_levels(payload: Payload) -> PublicBook:
    """The book in an answer of GET /v3/orderbook/:market."""
    data = data_of(payload)
    with reading("book"):
        bids, asks = ([(row["price"], row["size"]) for row in data[side]] for side in ("bids", "asks"))
    return public_book(Venue.DYDX, bids, asks)
