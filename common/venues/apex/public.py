"""One question to ApeX without keys: the listing of a market and its book now. For who looks, not for trading."""

from decimal import Decimal
from typing import Any

from common import clock
from common.core.errors import VenueError
from common.core.events import BookMessage
from common.core.market import Instrument
from common.settings import Endpoint
from common.venues.apex.rest import SYMBOLS_PATH, ApexRest
from common.venues.apex.wire import Data, cross_name, symbol_of
from common.venues.apex.wire_market import book_message, find_listing


async def book_now(endpoint: Endpoint, market: str, taker_fee: Decimal) -> tuple[Instrument, BookMessage]:
    """Listing and book; VenueError without a usable answer, ConfigError when the market is not listed."""
    rest = ApexRest(endpoint.rest)
    try:
        instrument = find_listing(await _get(rest, SYMBOLS_PATH), market).instrument(taker_fee)
        depth = await _get(rest, f"/api/v1/depth?symbol={cross_name(symbol_of(market))}&limit=100")
        return instrument, book_message({"type": "snapshot", "data": depth}, instrument, clock.now_ns())
    finally:
        await rest.close()


async def _get(rest: ApexRest, path: str) -> Any:
    payload = await rest.public(path)
    if not isinstance(payload, Data):
        raise VenueError(f"apex: {payload}")
    return payload.value
