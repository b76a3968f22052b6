"""ApeX's public book by REST, without an account: one question, one answer."""

from typing import Final

from common.core.errors import VenueError
from common.core.market import Venue
from common.venues.apex.rest import ApexRest
from common.venues.apex.wire import Data, Payload, cross_name, reading, symbol_of
from common.venues.public import PublicBook, public_book

DEPTH_PATH: Final = "/api/v1/depth"


async def read_book(rest: str, market: str) -> PublicBook:
    """The book of a market now; VenueError without a usable answer."""
    client = ApexRest(rest)
    try:
        payload = await client.public(f"{DEPTH_PATH}?symbol={cross_name(symbol_of(market))}")
    finally:
        await client.close()
    return read_levels(payload)


def read_levels(payload: Payload) -> PublicBook:
    """The book in an answer of /v1/depth."""
    if not isinstance(payload, Data):
        raise VenueError(f"apex: {payload}")
    with reading("depth"):
        bids, asks = ([(price, size) for price, size in payload.value[side]] for side in ("b", "a"))
    return public_book(Venue.APEX, bids, asks)
