"""dYdX's public REST answers: markets, books, trades, statistics, time and configuration. Needs no account."""

from collections.abc import Mapping
from typing import Any

from common.sim.listings import COLLATERAL_ID
from common.sim.server import texts, views_dydx
from common.sim.server.mouth import Mouth
from common.sim.server.plain import NS_PER_SECOND, iso, iso_ns, places, text

Json = dict[str, Any]
LIMIT_MAX = 100
CANDLE_MINUTES = {"1MIN": 1, "5MINS": 5, "15MINS": 15, "30MINS": 30, "1HOUR": 60, "4HOURS": 240, "1DAY": 1440}
NO_ADDRESS = "0x0000000000000000000000000000000000000000"
EPOCH_DIGITS = 3


def markets(mouth: Mouth, query: Mapping[str, str]) -> Json | texts.No:
    """GET /v3/markets: one or all."""
    wanted = query.get("market")
    if wanted is not None and wanted not in mouth.markets:
        return unknown_market(wanted)
    names = mouth.markets.items()
    return {"markets": {name: views_dydx.market(mouth, ours) for name, ours in names if wanted in (None, name)}}


def orderbook(mouth: Mouth, name: str) -> Json | texts.No:
    """GET /v3/orderbook/:market."""
    ours = mouth.markets.get(name)
    return views_dydx.levels(mouth, ours) if ours else unknown_market(name, "params")


def trades(mouth: Mouth, name: str, query: Mapping[str, str]) -> Json | texts.No:
    """GET /v3/trades/:market, newest first."""
    ours = mouth.markets.get(name)
    most, before_ns = limit(query), moment(query, "startingBeforeOrAt", mouth.now_ns())
    if not ours:
        return unknown_market(name, "params")
    if isinstance(most, texts.No):
        return most
    if isinstance(before_ns, texts.No):
        return before_ns
    found = [trade for trade in mouth.venue.prints(ours) if trade.at_ns <= before_ns]
    return {"trades": [views_dydx.trade(trade) for trade in found[:most]]}


def stats(mouth: Mouth, name: str | None) -> Json | texts.No:
    """GET /v3/stats/:market?: the day as far as this process saw it, whatever `days` asks for."""
    if name is not None and name not in mouth.markets:
        return unknown_market(name, "params")
    now_ns, names = mouth.now_ns(), mouth.markets.items()
    return {"markets": {m: views_dydx.stats(m, mouth.bars.day(ours, now_ns)) for m, ours in names if name in (None, m)}}


def candles(mouth: Mouth, name: str, query: Mapping[str, str]) -> Json | texts.No:
    """GET /v3/candles/:market, newest first."""
    ours, resolution = mouth.markets.get(name), query.get("resolution", "1DAY")
    if not ours:
        return unknown_market(name, "params")
    if resolution not in CANDLE_MINUTES:
        return texts.dydx_param("Invalid value", "resolution", resolution, "query")
    most, span = limit(query), (moment(query, "fromISO", 0), moment(query, "toISO", mouth.now_ns()))
    for checked in (most, *span):
        if isinstance(checked, texts.No):
            return checked
    assert isinstance(most, int) and isinstance(span[0], int) and isinstance(span[1], int)
    bars = mouth.bars.of(ours, CANDLE_MINUTES[resolution], most)
    shown = [bar for bar in bars if span[0] <= bar.start_ns <= span[1]]
    return {"candles": [views_dydx.candle(name, resolution, bar) for bar in shown]}


def historical_funding(mouth: Mouth, name: str, query: Mapping[str, str]) -> Json | texts.No:
    """GET /v3/historical-funding/:market, newest first: the hours that this venue saw end."""
    ours = mouth.markets.get(name)
    if not ours:
        return unknown_market(name, "params")
    until_ns = moment(query, "effectiveBeforeOrAt", mouth.now_ns())
    if isinstance(until_ns, texts.No):
        return until_ns
    rows = [
        {
            "market": name,
            "rate": places(one.rate, views_dydx.RATE),
            "price": places(one.price, views_dydx.RATE),
            "effectiveAt": iso(one.at_ns),
        }
        for one in mouth.venue.past_rates(ours)
        if one.at_ns <= until_ns
    ]
    return {"historicalFunding": rows[:LIMIT_MAX]}


def time(mouth: Mouth) -> Json:
    """GET /v3/time: ISO, and the epoch as text with milliseconds."""
    now_ns = mouth.now_ns()
    return {"iso": iso(now_ns), "epoch": f"{now_ns / NS_PER_SECOND:.{EPOCH_DIGITS}f}"}


def config(mouth: Mouth) -> Json:
    """GET /v3/config."""
    maker, taker = next((mouth.venue.fee_rates(h.account_id) for h in mouth.accounts), (None, None))
    return {
        "collateralAssetId": COLLATERAL_ID,
        "collateralTokenAddress": NO_ADDRESS,
        "defaultMakerFee": text(maker) if maker is not None else "0.0005",
        "defaultTakerFee": text(taker) if taker is not None else "0.001",
        "exchangeAddress": NO_ADDRESS,
        "maxExpectedBatchLengthMinutes": "720",
        "maxFastWithdrawalAmount": "0",
        "cancelOrderRateLimiting": {
            "maxPointsMulti": 3,
            "maxPointsSingle": 8500,
            "windowSecMulti": 10,
            "windowSecSingle": 10,
        },
        "placeOrderRateLimiting": {
            "maxPoints": 1750,
            "windowSec": 10,
            "targetNotional": 40000,
            "minLimitConsumption": 4,
            "minMarketConsumption": 20,
            "minTriggerableConsumption": 100,
            "maxOrderConsumption": 100,
        },
    }


def user_exists(mouth: Mouth, query: Mapping[str, str]) -> Json:
    """GET /v3/users/exists."""
    known = mouth.holder_at(query.get("ethereumAddress", "")) is not None
    return {"exists": known, "isProxySigner": False, "contractAddress": ""}


def username_exists(query: Mapping[str, str]) -> Json:
    """GET /v3/usernames."""
    return {"exists": query.get("username") == "paper"}


def unknown_market(name: str, location: str = "query") -> texts.No:
    """A market that is not listed here."""
    return texts.dydx_param(texts.MARKET, "market", name, location)


def limit(query: Mapping[str, str]) -> int | texts.No:
    """The `limit` of a list, at most 100."""
    value = query.get("limit", str(LIMIT_MAX))
    if value.isascii() and value.isdigit() and len(value) <= 3 and 0 < int(value) <= LIMIT_MAX:
        return int(value)
    return texts.dydx_param("limit must be a positive integer that is not greater than 100", "limit", value, "query")


def moment(query: Mapping[str, str], name: str, default_ns: int) -> int | texts.No:
    """An ISO time of the query; one with `+00:00` is refused, as its plus arrives as a space."""
    if name not in query:
        return default_ns
    at_ns = iso_ns(query[name])
    return texts.dydx_param("Invalid value", name, query[name], "query") if at_ns is None else at_ns
