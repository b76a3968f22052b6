"""dYdX's public answers for who has no account: the book of one market. Pure."""

from typing import Final

from common.core.market import Venue
from common.venues.dydx.wire import Payload, data_of, reading
from common.venues.public import PublicBook, public_book

BOOK_PATH: Final = "/v3/orderbook"


def read_levels(payload: Payload) -> PublicBook:
    """The book in an answer of GET /v3/orderbook/:market."""
    data = data_of(payload)
    with reading("book"):
        bids, asks = ([(row["price"], row["size"]) for row in data[side]] for side in ("bids", "asks"))
    return public_book(Venue.DYDX, bids, asks)
