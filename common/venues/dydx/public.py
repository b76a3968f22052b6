"""One question to dYdX without keys: the listing of a market and its book now. For who looks, not for trading."""

from decimal import Decimal
from typing import Any

from common import clock
from common.core.errors import VenueError
from common.core.events import BookMessage
from common.core.market import Instrument
from common.settings import Endpoint
from common.venues.dydx.rest import MARKETS_PATH
from common.venues.dydx.wire import data_of, decode_answer, name_of
from common.venues.dydx.wire_market import BookCodec, find_market, read_instrument
from common.venues.http import HttpAnswer, JsonHttp


async def book_now(endpoint: Endpoint, market: str, taker_fee: Decimal) -> tuple[Instrument, BookMessage]:
    """Listing and book; VenueError without a usable answer, ConfigError when the market is not listed."""
    http = JsonHttp(endpoint.rest, headers={"Accept": "application/json"})
    try:
        listed = find_market(await _get(http, f"{MARKETS_PATH}?market={name_of(market)}"), market)
        instrument = read_instrument(listed, taker_fee)
        contents = await _get(http, f"/v3/orderbook/{name_of(market)}")
        return instrument, BookCodec(instrument).snapshot(contents, clock.now_ns())
    finally:
        await http.close()


async def _get(http: JsonHttp, path: str) -> dict[str, Any]:
    result = await http.request("GET", path)
    if not isinstance(result, HttpAnswer):
        raise VenueError(f"dydx: {result.reason}")
    return data_of(decode_answer(result.status, result.body))
