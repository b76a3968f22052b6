"""One look at dYdX's public books over REST: no account, no stream, no order. For whoever only compares prices.

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
from common.venues.dydx import budget as costs
from common.venues.dydx.public import BOOK_PATH
from common.venues.dydx.wire import TOO_MANY, data_of, decode_answer, name_of
from common.venues.dydx.wire_market import BookCodec, find_market, read_instrument
from common.venues.http import TIMEOUT_S, HttpAnswer, JsonHttp

MARKETS_PATH: Final = "/v3/markets"
#: who only looks has no account, and pays no fee
NO_FEE: Final = Decimal(0)


class DydxLook:
    """One host; keeps its connection and the listings."""

    def __init__(self, endpoint: Endpoint, *, timeout_s: float = TIMEOUT_S) -> None:
        self._http = JsonHttp(endpoint.rest, headers={"Accept": "application/json"}, timeout_s=timeout_s)
        self._budget = costs.budget(endpoint.budgets)
        self._listed: dict[str, Any] = {}
        self._once = asyncio.Lock()

    async def book(self, market: str) -> Book:
        """The book of `market` now; ConfigError when it is not listed, VenueError without an answer."""
        instrument = await self._instrument(market)
        contents = await self._get(f"{BOOK_PATH}/{name_of(market)}")
        book = make_book(instrument)
        book.apply(BookCodec(instrument).snapshot(contents, clock.now_ns()))
        return book

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()
        self._budget.close()

    async def _instrument(self, market: str) -> Instrument:
        async with self._once:
            if not self._listed:
                self._listed = await self._get(MARKETS_PATH)
        return read_instrument(find_market(self._listed, market), NO_FEE)

    async def _get(self, path: str) -> dict[str, Any]:
        if not await self._budget.ask(costs.GET, about_order=False):
            raise VenueError("dydx was not asked: our own budget of questions is spent")
        result = await self._http.request("GET", path)
        if not isinstance(result, HttpAnswer):
            raise VenueError(f"dydx does not answer: {result.reason}")
        if result.status == TOO_MANY:
            self._budget.pause(None)
        return data_of(decode_answer(result.status, result.body))
