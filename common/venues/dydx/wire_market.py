"""dYdX's public messages into core events: listings, books, funding rates. Pure; the hot path of a feed.

Levels become whole ticks and steps through the grids of their instrument (`grid.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import orjson

from common.core.errors import ConfigError
from common.core.events import BookMessage, FundingRate, IndexPrice
from common.core.market import Instrument, Venue
from common.venues.base import Outlook
from common.venues.dydx.wire import market_of, name_of, reading
from common.venues.grid import Grid, Rows, grids
from common.venues.numbers import number, positive, share, whole

BOOK: Final = "v3_orderbook"
MARKETS: Final = "v3_markets"
#: what a listing is made of; other fields of an update move all the time and change no listing
LISTING_KEYS: Final = frozenset(
    {"status", "tickSize", "stepSize", "minOrderSize", "initialMarginFraction", "maintenanceMarginFraction"}
)
_READING_BOOK: Final = reading("book")


@dataclass(frozen=True, slots=True)
class Listing:
    """One market as GET /v3/markets lists it, with what signing needs beside the instrument."""

    instrument: Instrument
    resolution: Decimal
    synthetic_id: int


def read_listing(raw: dict[str, Any], taker_fee: Decimal) -> Listing:
    """A listing from one entry of v3 markets; VenueError when malformed."""
    with reading("market"):
        return Listing(
            instrument=read_instrument(raw, taker_fee),
            resolution=positive(raw["assetResolution"]),
            synthetic_id=int(raw["syntheticAssetId"], 16),
        )


def read_instrument(raw: dict[str, Any], taker_fee: Decimal) -> Instrument:
    """The instrument of a market entry, with the fee of our account; VenueError when malformed."""
    with reading("market"):
        return Instrument(
            venue=Venue.DYDX,
            market=market_of(raw["market"]),
            name=raw["market"],
            tick=positive(raw["tickSize"]),
            step=positive(raw["stepSize"]),
            min_size=positive(raw["minOrderSize"]),
            taker_fee=taker_fee,
            initial_margin=share(raw["initialMarginFraction"]),
            maintenance_margin=share(raw["maintenanceMarginFraction"]),
            online=raw["status"] == "ONLINE",
        )


def find_market(data: dict[str, Any], market: str) -> dict[str, Any]:
    """The entry of `market` in an answer of GET /v3/markets; ConfigError when it is not listed."""
    with reading("markets"):
        listed: dict[str, dict[str, Any]] = data["markets"]
        if name_of(market) not in listed:
            raise ConfigError(f"dYdX lists no {name_of(market)}: take [markets.{market}] out of arb.toml")
        return listed[name_of(market)]


def oracle_prices(data: dict[str, Any]) -> dict[str, Decimal]:
    """Oracle price in USD by instrument name, from an answer of GET /v3/markets."""
    with reading("markets"):
        return {name: positive(raw["oraclePrice"]) for name, raw in data["markets"].items()}


def outlooks(data: dict[str, Any], markets: Iterable[str]) -> dict[str, Outlook]:
    """Index price in USD and next funding rate of those `markets` that an answer of GET /v3/markets lists."""
    with reading("markets"):
        listed = {market: raw for market in markets if (raw := data["markets"].get(name_of(market))) is not None}
        return {m: Outlook(positive(raw["indexPrice"]), share(raw["nextFundingRate"])) for m, raw in listed.items()}


def subscribe_frame(channel: str, name: str | None = None) -> str:
    """Ask for a channel; books with their offsets."""
    frame: dict[str, Any] = {"type": "subscribe", "channel": channel}
    if name is not None:
        frame |= {"id": name, "includeOffsets": True}
    return orjson.dumps(frame).decode()


def unsubscribe_frame(channel: str, name: str) -> str:
    """Give a channel up."""
    return orjson.dumps({"type": "unsubscribe", "channel": channel, "id": name}).decode()


class BookCodec:
    """Book contents into BookMessages in the grid of one instrument."""

    __slots__ = ("_asks", "_bids", "_sizes")

    def __init__(self, instrument: Instrument) -> None:
        self._bids, self._asks, self._sizes = grids(instrument.tick, instrument.step)

    def snapshot(self, contents: dict[str, Any], at_ns: int, *, more: bool = False) -> BookMessage:
        """The contents of `subscribed`: levels as objects, each with its offset where the venue gives them."""
        with _READING_BOOK:
            bids, asks = self._whole(contents["bids"], self._bids), self._whole(contents["asks"], self._asks)
            sequence = max((row[2] for row in (*bids, *asks)), default=0)
            return BookMessage(Venue.DYDX, True, bids, asks, sequence, at_ns, more)

    def _whole(self, levels: Iterable[dict[str, Any]], prices: Grid) -> Rows:
        sizes = self._sizes
        return tuple([(prices[r["price"]], sizes[r["size"]], whole(r.get("offset", 0))) for r in levels])

    def delta(self, contents: dict[str, Any] | list[dict[str, Any]], at_ns: int, *, more: bool = False) -> BookMessage:
        """The contents of `channel_data`, or the list of `channel_batch_data` as one message."""
        with _READING_BOOK:
            if isinstance(contents, list):
                bids, asks, sequence = self._batch(contents)
            else:
                bids, asks, sequence = self._change(contents)
            return BookMessage(Venue.DYDX, False, bids, asks, sequence, at_ns, more)

    def _change(self, change: dict[str, Any]) -> tuple[Rows, Rows, int]:
        offset, below, above, sizes = whole(change["offset"]), self._bids, self._asks, self._sizes
        bids = tuple([(below[price], sizes[size], offset) for price, size in change["bids"]])
        asks = tuple([(above[price], sizes[size], offset) for price, size in change["asks"]])
        return bids, asks, offset

    def _batch(self, changes: list[dict[str, Any]]) -> tuple[Rows, Rows, int]:
        bids, asks, sequence = Rows(), Rows(), 0
        for change in changes:
            more_bids, more_asks, offset = self._change(change)
            bids, asks, sequence = bids + more_bids, asks + more_asks, max(sequence, offset)
        return bids, asks, sequence


def market_fields(contents: dict[str, Any], name: str) -> dict[str, Any] | None:
    """What a v3_markets frame (snapshot or update, which is a bare map) says of one instrument; None: nothing."""
    with reading("markets"):
        markets = contents.get("markets", contents)
        if not all(isinstance(fields, dict) for fields in markets.values()):
            raise TypeError("not a map of markets")
        fields: dict[str, Any] | None = markets.get(name)
        return fields


def funding_rate(fields: dict[str, Any], at_ns: int) -> FundingRate | None:
    """The predicted rate, which dYdX states per hour; None when the fields do not tell it."""
    rate = fields.get("nextFundingRate")
    if rate is None:
        return None
    with reading("funding rate"):
        return FundingRate(Venue.DYDX, share(rate), at_ns)


def index_price(fields: dict[str, Any], at_ns: int) -> IndexPrice | None:
    """The index price; None when the fields do not tell it, or tell 0 because the venue has none yet."""
    with reading("index price"):
        price = number(fields.get("indexPrice") or 0)
        return IndexPrice(Venue.DYDX, price, at_ns) if price != 0 else None
