"""ApeX's public answers for who has no account: the book of one market. Pure."""

from typing import Final

from common.core.errors import VenueError
from common.core.market import Venue
from common.venues.apex.wire import Data, Payload, reading
from common.venues.public import PublicBook, public_book

DEPTH_PATH: Final = "/api/v1/depth"


def read_levels(payload: Payload) -> PublicBook:
    """The book in an answer of /v1/depth."""
    if not isinstance(payload, Data):
        raise VenueError(f"apex: {payload}")
    with reading("depth"):
        bids, asks = ([(price, size) for price, size in payload.value[side]] for side in ("b", "a"))
    return public_book(Venue.APEX, bids, asks)
