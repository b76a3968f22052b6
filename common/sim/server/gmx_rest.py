"""The paper GMX: its public list of tokens and its tickers, read only, following a paper venue's index price.

It has no engine and no account: it is what GMX's price API is to a reader. It stands under `/gmx` at the paper venue
that it follows. Addresses are made up; decimals, which a reader needs, are the real tokens'.
"""

import hashlib
from collections.abc import Awaitable, Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import orjson
from aiohttp import web

from common.sim.server.mouth import Mouth
from common.sim.server.plain import NS_PER_SECOND, ms

Json = dict[str, Any]
PREFIX = "/gmx"
#: between the lower and the upper price, half of it on each side of the index; a recorded pair was 0.7 bp apart
SPREAD = Decimal("0.0001")
#: our market → GMX's symbol and decimals of the token; MATIC is listed under the name it has had since 2024
TOKENS: dict[str, tuple[str, int]] = {
    "BTC": ("BTC", 8),
    "ETH": ("ETH", 18),
    "LINK": ("LINK", 18),
    "LTC": ("LTC", 8),
    "AVAX": ("AVAX", 18),
    "ATOM": ("ATOM", 6),
    "DOGE": ("DOGE", 8),
    "BCH": ("BCH", 8),
    "MATIC": ("POL", 18),
    "SOL": ("SOL", 9),
}
#: a token of no market of ours: traders' collateral
DOLLAR, DOLLAR_DECIMALS = "USDC", 6
USD_DECIMALS = 30


def add_to(app: web.Application, mouth: Mouth) -> None:
    """Register the routes at a paper venue's application, before its own catch-all."""
    app.router.add_get(f"{PREFIX}/ping", _answering(lambda: {"status": "ok"}))
    app.router.add_get(f"{PREFIX}/tokens", _answering(lambda: tokens(mouth)))
    app.router.add_get(f"{PREFIX}/prices/tickers", _answering(lambda: tickers(mouth)))


def tokens(mouth: Mouth) -> Json:
    """GET /tokens."""
    listed = [TOKENS[market] for market in mouth.listings] + [(DOLLAR, DOLLAR_DECIMALS)]
    return {"tokens": [{"symbol": s, "address": address(s), "decimals": decimals} for s, decimals in listed]}


def tickers(mouth: Mouth) -> list[Json]:
    """GET /prices/tickers: every market whose index is known, and the dollar."""
    now_ns, venue = mouth.now_ns(), mouth.venue
    indices = {TOKENS[market]: venue.index_price(market) for market in mouth.listings}
    return [_ticker(*token, index, now_ns) for token, index in (indices | _dollar()).items() if index > 0]


def address(symbol: str) -> str:
    """An address that looks like one and is always the same."""
    return "0x" + hashlib.sha256(symbol.encode()).hexdigest()[:40]


def scaled(price: Decimal, decimals: int, rounding: str) -> str:
    """USD per token as the oracle writes it: of the smallest unit, times 10^30."""
    return str(int((price * 10 ** (USD_DECIMALS - decimals)).to_integral_value(rounding)))


def _ticker(symbol: str, decimals: int, index: Decimal, now_ns: int) -> Json:
    half = index * SPREAD / 2
    return {
        "tokenAddress": address(symbol),
        "tokenSymbol": symbol,
        "minPrice": scaled(index - half, decimals, ROUND_FLOOR),
        "maxPrice": scaled(index + half, decimals, ROUND_CEILING),
        "updatedAt": ms(now_ns),
        "timestamp": now_ns // NS_PER_SECOND,
    }


def _dollar() -> dict[tuple[str, int], Decimal]:
    return {(DOLLAR, DOLLAR_DECIMALS): Decimal(1)}


def _answering(made: Callable[[], Any]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(_: web.Request) -> web.Response:
        return web.Response(body=orjson.dumps(made()), content_type="application/json")

    return handle
