"""GMX's oracle prices over HTTP: two public questions, no account, no key.

Reads and hands on; whether a price is worth a comparison is its reader's business, except that an old one is none.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from common import clock
from common.core.errors import VenueError
from common.venues.gmx.wire import TICKERS_PATH, TOKENS_PATH, OraclePrice, Token, json_of, read_tickers, read_tokens
from common.venues.http import TIMEOUT_S, HttpAnswer, JsonHttp

#: GMX renews a price every second or so; one this far from our clock is stale and counts as absent. The two clocks
#: are different machines', hence a bound far beyond any honest difference between them
STALE_NS: Final = 60 * 1_000_000_000
OK: Final = 200


class GmxPrices:
    """One host; keeps its connection and the list of tokens, so that `prices` can be asked again and again."""

    def __init__(self, base: str, *, timeout_s: float = TIMEOUT_S) -> None:
        """`base` is scheme, host and perhaps a path, without a slash at its end; opens nothing yet."""
        self._http = JsonHttp(base, headers={"Accept": "application/json"}, timeout_s=timeout_s)
        self._tokens: dict[str, Token] = {}

    async def prices(self, markets: Iterable[str]) -> Mapping[str, OraclePrice]:
        """The oracle price of each of `markets` that GMX quotes now; VenueError without an answer."""
        if not self._tokens:
            self._tokens = read_tokens(await self._get(TOKENS_PATH))
        read = read_tickers(await self._get(TICKERS_PATH), self._tokens, markets)
        now_ns = clock.now_ns()
        return {market: price for market, price in read.items() if abs(now_ns - price.venue_ns) <= STALE_NS}

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()

    async def _get(self, path: str) -> Any:
        result = await self._http.request("GET", path)
        if not isinstance(result, HttpAnswer):
            raise VenueError(f"gmx does not answer: {result.reason}")
        if result.status != OK:
            raise VenueError(f"gmx answers {path} with http {result.status}")
        return json_of(result.body)
