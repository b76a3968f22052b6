"""One look at ApeX's public books over REST: no account, no stream, no order. For whoever only compares prices.

It asks out of the fleet's budget of questions, and only what no order needs.
"""

import asyncio
from decimal import Decimal
from typing import Any, Final

from common import clock
from common.core.book import Book, make_book
from common.core.errors import VenueError
from common.core.market import Instrument
from common.settings import Endpoint
from common.venues.apex import budget as costs
from common.venues.apex.public import DEPTH_PATH
from common.venues.apex.rest import SYMBOLS_PATH, ApexRest
from common.venues.apex.wire import Data, cross_name
from common.venues.apex.wire_market import book_message, find_listing
from common.venues.http import TIMEOUT_S

#: levels asked for: far more than a deal's size walks
LEVELS: Final = 100
#: who only looks has no account, and pays no fee
NO_FEE: Final = Decimal(0)


class ApexLook:
    """One host; keeps its connection and the listings."""

    def __init__(self, endpoint: Endpoint, *, timeout_s: float = TIMEOUT_S) -> None:
        self._rest = ApexRest(endpoint.rest, budget=costs.budget(endpoint.budgets), timeout_s=timeout_s)
        self._symbols: Any = None
        self._once = asyncio.Lock()

    async def book(self, market: str) -> Book:
        """The book of `market` now; ConfigError when it is not listed, VenueError without an answer."""
        instrument = await self._instrument(market)
        path = f"{DEPTH_PATH}?symbol={cross_name(instrument.name)}&limit={LEVELS}"
        frame = {"type": "snapshot", "data": await self._get(path)}
        book = make_book(instrument)
        book.apply(book_message(frame, instrument, clock.now_ns()))
        return book

    async def close(self) -> None:
        """Close all connections."""
        await self._rest.close()

    async def _instrument(self, market: str) -> Instrument:
        async with self._once:
            if self._symbols is None:
                self._symbols = await self._get(SYMBOLS_PATH)
        return find_listing(self._symbols, market).instrument(NO_FEE)

    async def _get(self, path: str) -> Any:
        payload = await self._rest.public(path)
        if not isinstance(payload, Data):
            raise VenueError(f"apex: {payload}")
        return payload.value
