"""Public ApeX messages: order books, predicted funding, the listing of an instrument. Pure codecs.

Prices and sizes become whole ticks and steps here, against us where they are off the grid. Sequence numbers are
carried, not judged: that is the book's business.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import orjson

from common.core.errors import ConfigError, VenueError
from common.core.events import BookMessage, FundingRate, IndexPrice, LevelRow
from common.core.market import Instrument, Venue
from common.venues.apex.wire import SETTLE, cross_name, reading, symbol_of
from common.venues.base import Outlook
from common.venues.grid import grids
from common.venues.numbers import number, positive, share

_KINDS: Final = {"snapshot": True, "delta": False}
_READING_BOOK: Final = reading("book")


def book_topic(instrument: Instrument) -> str:
    """The topic of the 200-level book."""
    return f"orderBook200.H.{cross_name(instrument.name)}"


def ticker_topic(instrument: Instrument) -> str:
    """The topic that carries funding rates and index prices."""
    return f"instrumentInfo.H.{cross_name(instrument.name)}"


def subscribe_frame(topic: str) -> str:
    """Ask for a topic; a snapshot follows, then deltas."""
    return orjson.dumps({"op": "subscribe", "args": [topic]}).decode()


def unsubscribe_frame(topic: str) -> str:
    """Give a topic up."""
    return orjson.dumps({"op": "unsubscribe", "args": [topic]}).decode()


def book_message(frame: dict[str, Any], instrument: Instrument, at_ns: int, *, more: bool = False) -> BookMessage:
    """A frame of `book_topic`; rows come out best first, whatever order the venue sent. VenueError when malformed."""
    with _READING_BOOK:
        data, u = frame["data"], frame["data"]["u"]
        if data["s"] != cross_name(instrument.name) or type(u) is not int:
            raise ValueError(f"s {data['s']!r} u {u!r}")
        below, above, sizes = grids(instrument.tick, instrument.step, True)
        bids = [(below[price], sizes[size], u) for price, size in data["b"]]
        asks = [(above[price], sizes[size], u) for price, size in data["a"]]
        bids.sort(reverse=True)
        asks.sort()
        if bids and not bids[-1][0]:
            # a bid below one tick is no level
            bids = [row for row in bids if row[0]]
        _refuse_twice(bids)
        _refuse_twice(asks)
        return BookMessage(Venue.APEX, _KINDS[frame["type"]], tuple(bids), tuple(asks), u, at_ns, more)


def _refuse_twice(rows: list[LevelRow]) -> None:
    if len(rows) > 1 and len({row[0] for row in rows}) < len(rows):
        raise ValueError("a price that stands twice")


def funding_rate(frame: dict[str, Any], at_ns: int) -> FundingRate | None:
    """The predicted hourly rate of a `ticker_topic` frame; None when this delta does not carry it.

    A snapshot without a prediction stands in with the current rate.
    """
    with reading("ticker"):
        data = frame["data"]
        rate = data.get("predictedFundingRate") or (data.get("fundingRate") if _KINDS[frame["type"]] else None)
        if not rate:
            return None
        return FundingRate(Venue.APEX, share(rate), at_ns)


def index_price(frame: dict[str, Any], at_ns: int) -> IndexPrice | None:
    """The index price of a `ticker_topic` frame; None when this delta has none, or 0: not known there yet."""
    with reading("ticker"):
        price = number(frame["data"].get("indexPrice") or 0)
        return IndexPrice(Venue.APEX, price, at_ns) if price != 0 else None


def oracle_price(data: Any, symbol: str) -> Decimal:
    """The oracle price (index price where it has none) in the answer of /v1/ticker; VenueError when it has neither."""
    with reading("ticker"):
        name = cross_name(symbol)
        row = next(row for row in data if cross_name(row["symbol"]) == name) if data else {}
        return positive(row.get("oraclePrice") or row["indexPrice"])


def outlook(data: Any, symbol: str) -> Outlook:
    """Index price in USDC and predicted funding in the answer of /v1/ticker; VenueError when it lacks them."""
    with reading("ticker"):
        name = cross_name(symbol)
        row = next(row for row in data if cross_name(row["symbol"]) == name) if data else {}
        return Outlook(positive(row["indexPrice"]), share(row.get("predictedFundingRate") or row["fundingRate"]))


@dataclass(frozen=True, slots=True)
class Listing:
    """A market as ApeX lists it, with what signing needs: asset ids, resolution, the currency's smallest amount."""

    market: str
    symbol: str
    tick: Decimal
    step: Decimal
    min_size: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    online: bool
    resolution: Decimal
    synthetic_id: int
    collateral_id: int
    currency_step: Decimal

    def instrument(self, taker_fee: Decimal, own_margin: Decimal | None = None) -> Instrument:
        """The instrument that the rest of the house knows; `own_margin` is the rate that the account set for itself."""
        return Instrument(
            venue=Venue.APEX,
            market=self.market,
            name=self.symbol,
            tick=self.tick,
            step=self.step,
            min_size=self.min_size,
            taker_fee=taker_fee,
            initial_margin=own_margin or self.initial_margin,
            maintenance_margin=self.maintenance_margin,
            online=self.online,
        )


def is_listed(data: Any, market: str) -> bool:
    """Whether the answer of /v1/symbols has the market."""
    with reading("symbols"):
        return any(row["symbol"] == symbol_of(market) for row in data["perpetualContract"])


def find_listing(data: Any, market: str) -> Listing:
    """`market` in the answer of /v1/symbols; ConfigError when it is not listed, VenueError when malformed."""
    symbol = symbol_of(market)
    with reading("symbols"):
        row = next((r for r in data["perpetualContract"] if r["symbol"] == symbol), None)
        currency = next((c for c in data["currency"] if c["id"] == SETTLE), None)
    if row is None:
        raise ConfigError(f"apex does not list {symbol}: take [markets.{market}] out of arb.toml")
    if currency is None:
        raise VenueError(f"apex lists no currency {SETTLE}")
    with reading(f"listing of {symbol}"):
        return _listing(market, row, currency)


def _listing(market: str, row: dict[str, Any], currency: dict[str, Any]) -> Listing:
    return Listing(
        market=market,
        symbol=row["symbol"],
        tick=positive(row["tickSize"]),
        step=positive(row["stepSize"]),
        min_size=positive(row["minOrderSize"]),
        initial_margin=share(row["initialMarginRate"]),
        maintenance_margin=share(row["maintenanceMarginRate"]),
        # Closing only is not online for us: an entry would be refused, and exits do not ask for it.
        online=bool(row["enableTrade"]) and bool(row.get("enableOpenPosition", True)),
        resolution=positive(row["starkExResolution"]),
        synthetic_id=int(row["starkExSyntheticAssetId"], 16),
        collateral_id=int(currency["starkExAssetId"], 16),
        currency_step=positive(currency["stepSize"]),
    )
