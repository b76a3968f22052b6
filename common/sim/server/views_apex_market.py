"""The paper venue's markets as ApeX Pro writes them: configuration, books, public trades, tickers, candles.

Pure: types in, dictionaries out.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from common.core.events import LevelRow
from common.core.market import Side
from common.sim.listings import COLLATERAL_ID, COLLATERAL_RESOLUTION, Listing
from common.sim.server.bars import Bar
from common.sim.server.mouth import Mouth
from common.sim.server.plain import iso, ms, places, text
from common.sim.types import Print

Json = dict[str, Any]
MONEY, RATE = 6, 10
ENV_ID = 1


def symbol_row(listing: Listing, number: int) -> Json:
    """One perpetualContract of the configuration: what the official client signs with stands here."""
    instrument = listing.instrument
    return {
        "symbol": instrument.name,
        "crossSymbolName": cross_name(instrument.name),
        "symbolDisplayName": instrument.name,
        "symbolDisplayName2": instrument.name,
        "crossId": 30001 + number,
        "crossSymbolId": 10 + number,
        "underlyingCurrencyId": instrument.market,
        "settleCurrencyId": "USDC",
        "tickSize": text(instrument.tick),
        "stepSize": text(instrument.step),
        "minOrderSize": text(instrument.min_size),
        "maxOrderSize": text(listing.max_position),
        "maxPositionSize": text(listing.max_position),
        "initialMarginRate": text(instrument.initial_margin),
        "maintenanceMarginRate": text(instrument.maintenance_margin),
        "incrementalInitialMarginRate": text(listing.incremental_initial_margin),
        "incrementalMaintenanceMarginRate": text(listing.incremental_initial_margin),
        "incrementalPositionValue": text(listing.incremental_position),
        "baselinePositionValue": text(listing.baseline_position),
        "displayMaxLeverage": str(int(1 / instrument.initial_margin)),
        "displayMinLeverage": "1",
        "digitMerge": text(instrument.tick),
        "enableDisplay": True,
        "enableOpenPosition": instrument.online,
        "enableTrade": instrument.online,
        "fundingImpactMarginNotional": "6",
        "fundingInterestRate": "0.0003",
        "maxMarketPriceRange": "0.025",
        "starkExOraclePriceQuorum": "1",
        "starkExResolution": str(listing.resolution),
        "starkExRiskFactor": "0",
        "starkExSyntheticAssetId": listing.synthetic_id,
    }


def config(mouth: Mouth) -> Json:
    """GET /v1/symbols; v2 has the same under usdcConfig."""
    rows = [symbol_row(listing, number) for number, listing in enumerate(mouth.listings.values())]
    currency = {
        "id": "USDC",
        "starkExAssetId": COLLATERAL_ID,
        "starkExResolution": str(COLLATERAL_RESOLUTION),
        "stepSize": "0.000001",
        "showStep": "0.01",
        "iconUrl": "",
    }
    return {
        "perpetualContract": rows,
        "currency": [currency],
        "global": {"registerEnvId": ENV_ID, "feeAccountId": "0", "feeAccountL2Key": "0x0", "inviterRate": "0"},
        "multiChain": {"chains": [], "currency": "USDC", "maxWithdraw": "0", "minDeposit": "0", "minWithdraw": "0"},
    }


def cross_name(name: str) -> str:
    """The name without its dash, as market data and topics use it."""
    return name.replace("-", "")


def trade(name: str, public: Print) -> Json:
    """A public trade."""
    return {
        "T": ms(public.at_ns),
        "s": cross_name(name),
        "S": "Buy" if public.side is Side.BUY else "Sell",
        "v": text(public.size),
        "p": text(public.price),
        "L": "PlusTick" if public.side is Side.BUY else "MinusTick",
        "i": public.trade_id,
    }


def ticker(mouth: Mouth, market: str) -> Json:
    """One entry of GET /v1/ticker, and the data of instrumentInfo."""
    venue, day = mouth.venue, mouth.bars.day(market, mouth.now_ns())
    index, zero = venue.index_price(market), Decimal(0)
    last = day.close if day else index
    change = (day.close - day.open) / day.open if day else zero
    rate = places(venue.funding_rate(market), RATE)
    return {
        "symbol": cross_name(mouth.name(market)),
        "lastPrice": text(last),
        "price24hPcnt": text(change.quantize(Decimal("0.000001"))),
        "highPrice24h": text(day.high if day else index),
        "lowPrice24h": text(day.low if day else index),
        "turnover24h": places(day.quote if day else zero, MONEY),
        "volume24h": text(day.base if day else zero),
        "nextFundingTime": iso(mouth.next_funding_ns()),
        "oraclePrice": text(index),
        "indexPrice": text(index),
        "openInterest": text(mouth.open_interest(market)),
        "tradeCount": str(day.trades if day else 0),
        "fundingRate": rate,
        "predictedFundingRate": rate,
    }


def short_ticker(full: Json) -> Json:
    """The same with the short keys of instrumentInfo.all."""
    names = {
        "s": "symbol",
        "p": "lastPrice",
        "pr": "price24hPcnt",
        "h": "highPrice24h",
        "l": "lowPrice24h",
        "op": "oraclePrice",
        "xp": "indexPrice",
        "to": "turnover24h",
        "v": "volume24h",
        "fr": "fundingRate",
        "o": "openInterest",
        "tc": "tradeCount",
    }
    return {short: full[long] for short, long in names.items()}


def kline(name: str, interval: str, bar: Bar) -> Json:
    """One entry of GET /v1/klines."""
    return {
        "s": cross_name(name),
        "i": interval,
        "t": ms(bar.start_ns),
        "o": text(bar.open),
        "h": text(bar.high),
        "l": text(bar.low),
        "c": text(bar.close),
        "v": text(bar.base),
        "tr": places(bar.quote, MONEY),
    }


def rows(mouth: Mouth, market: str, levels: Iterable[LevelRow]) -> list[list[str]]:
    """Levels as ["price", "size"], in the order given."""
    instrument = mouth.listings[market].instrument
    return [[text(instrument.price(tick)), text(instrument.size(steps))] for tick, steps, _ in levels]


def candles(mouth: Mouth, market: str, interval: str, minutes: int) -> list[Json]:
    """The data of a candle topic: the newest candle, unconfirmed; empty without a trade."""
    span_ms = minutes * 60_000
    return [
        {
            "start": ms(bar.start_ns),
            "end": ms(bar.start_ns) + span_ms,
            "interval": interval,
            "open": text(bar.open),
            "close": text(bar.close),
            "high": text(bar.high),
            "low": text(bar.low),
            "volume": text(bar.base),
            "turnover": places(bar.quote, MONEY),
            "confirm": False,
            "time": ms(mouth.now_ns()),
        }
        for bar in mouth.bars.of(market, minutes, 1)
    ]
