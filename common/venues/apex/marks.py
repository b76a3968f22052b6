"""Oracle prices by symbol, for valuing positions: asked for when needed, kept for a few seconds."""

import asyncio
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from common import clock
from common.core.errors import VenueError
from common.venues.apex.rest import ApexRest, ticker_path
from common.venues.apex.wire import SECOND_NS, Data
from common.venues.apex.wire_market import oracle_price

#: at most ten prices this often, which stays below the venue's limit of requests; older ones are no figure for a cap
MARK_AGE_NS: Final = 4 * SECOND_NS


class Marks:
    """A price is at most MARK_AGE_NS old when it is handed out; bounded by the number of listed symbols."""

    def __init__(self, rest: ApexRest) -> None:
        self._rest = rest
        self._known: dict[str, tuple[int, Decimal]] = {}

    async def of(self, symbols: Iterable[str]) -> dict[str, Decimal]:
        """Prices of all `symbols`, USD; VenueError when one cannot be had."""
        names = list(symbols)
        prices = await asyncio.gather(*(self._one(symbol) for symbol in names))
        return dict(zip(names, prices, strict=True))

    async def _one(self, symbol: str) -> Decimal:
        at_ns, price = self._known.get(symbol, (-MARK_AGE_NS, Decimal(0)))
        now_ns = clock.monotonic_ns()
        if price and now_ns - at_ns < MARK_AGE_NS:
            return price
        payload = await self._rest.public(ticker_path(symbol))
        if not isinstance(payload, Data):
            raise VenueError(f"apex gave no price of {symbol}: {payload}")
        price = oracle_price(payload.value, symbol)
        self._known[symbol] = (now_ns, price)
        return price
