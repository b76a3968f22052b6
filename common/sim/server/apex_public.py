"""ApeX's public REST answers: time, configuration, books, trades, candles, tickers. Needs no account."""

from collections.abc import Mapping
from typing import Any

from common.sim.server import texts, views_apex_market
from common.sim.server.apex_books import ApexBook
from common.sim.server.mouth import Mouth
from common.sim.server.plain import iso, ms, places
from common.sim.types import PastRate

TRADES_MAX = 500
DEPTH_MAX = 200
KLINES_MAX = 200
KLINE_MINUTES = {
    "1": 1, "3": 3, "5": 5, "15": 15, "30": 30, "60": 60, "120": 120, "240": 240, "360": 360, "720": 720, "D": 1440
}  # fmt: skip
LIMIT_DIGITS = 6


def time(mouth: Mouth) -> Any:
    """GET /v1/time, in ms."""
    return {"time": ms(mouth.now_ns())}


def symbols_v2(mouth: Mouth) -> Any:
    """GET /v2/symbols: this venue lists no USDT contracts."""
    config = views_apex_market.config(mouth)
    return {"usdcConfig": config, "usdtConfig": config | {"perpetualContract": []}}


def market_of(mouth: Mouth, query: Mapping[str, str]) -> str | texts.No:
    """Our market of a `symbol` with or without its dash."""
    wanted = query.get("symbol", "")
    for name, market in mouth.markets.items():
        if wanted in (name, views_apex_market.cross_name(name)):
            return market
    return texts.apex_code(texts.CODE_BUSINESS, f"invalid symbol {wanted}".strip(), "INVALID_SYMBOL")


def depth(mouth: Mouth, books: Mapping[str, ApexBook], query: Mapping[str, str]) -> Any:
    """GET /v1/depth, best first."""
    market, most = market_of(mouth, query), limit(query, 100, DEPTH_MAX)
    if isinstance(market, texts.No):
        return market
    return most if isinstance(most, texts.No) else books[market].snapshot(most)


def trades(mouth: Mouth, query: Mapping[str, str]) -> Any:
    """GET /v1/trades, newest first: all that there are, unless told otherwise."""
    market, most = market_of(mouth, query), limit(query, TRADES_MAX, TRADES_MAX)
    if isinstance(market, texts.No):
        return market
    if isinstance(most, texts.No):
        return most
    return [views_apex_market.trade(mouth.name(market), one) for one in mouth.venue.prints(market)[:most]]


def klines(mouth: Mouth, query: Mapping[str, str]) -> Any:
    """GET /v1/klines: as far back as this process saw trades."""
    market, most, interval = market_of(mouth, query), limit(query, KLINES_MAX, KLINES_MAX), query.get("interval", "1")
    if isinstance(market, texts.No):
        return market
    if isinstance(most, texts.No):
        return most
    if interval not in KLINE_MINUTES:
        return texts.apex("INVALID_PARAM", name=f"interval {interval}")
    name = mouth.name(market)
    bars = mouth.bars.of(market, KLINE_MINUTES[interval], most)
    return {views_apex_market.cross_name(name): [views_apex_market.kline(name, interval, bar) for bar in bars[::-1]]}


def ticker(mouth: Mouth, query: Mapping[str, str]) -> Any:
    """GET /v1/ticker: a list of one."""
    market = market_of(mouth, query)
    return market if isinstance(market, texts.No) else [views_apex_market.ticker(mouth, market)]


def history_funding(mouth: Mouth, query: Mapping[str, str]) -> Any:
    """GET history-funding: wants the symbol with its dash; the hours that this venue saw end."""
    if query.get("symbol", "") not in mouth.markets:
        return texts.apex_code(texts.CODE_BUSINESS, "invalid symbol", "INVALID_SYMBOL")
    market, most, page = mouth.markets[query["symbol"]], limit(query, 100, 100), page_of(query)
    if isinstance(most, texts.No):
        return most
    if isinstance(page, texts.No):
        return page
    found = list(mouth.venue.past_rates(market))
    return {"historyFunds": [_funded(query["symbol"], one) for one in cut(found, most, page)], "totalSize": len(found)}


def _funded(symbol: str, one: PastRate) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "rate": places(one.rate, views_apex_market.RATE),
        "price": places(one.price, views_apex_market.MONEY),
        "fundingTime": iso(one.at_ns),
        "fundingTimestamp": ms(one.at_ns),
    }


def limit(query: Mapping[str, str], default: int, most: int) -> int | texts.No:
    """The `limit` of a list; more than the venue gives is cut to what it gives."""
    value = query.get("limit", str(default))
    if value.isascii() and value.isdigit() and 0 < len(value) <= LIMIT_DIGITS and int(value) > 0:
        return min(int(value), most)
    return texts.apex("INVALID_PAGE_SIZE", size=value)


def page_of(query: Mapping[str, str]) -> int | texts.No:
    """The `page` of a list, from 0 on."""
    value = query.get("page", "0")
    if value.isascii() and value.isdigit() and 0 < len(value) <= LIMIT_DIGITS:
        return int(value)
    return texts.apex("INVALID_PAGE_SIZE", size=value)


def cut(items: list[Any], most: int, page: int) -> list[Any]:
    """One page of a list."""
    return items[page * most : (page + 1) * most]
