"""dYdX's public messages into core events: listings, books, funding rates. Pure; the hot path of a feed.

Levels become whole ticks and steps by one float division each. A price between two ticks is rounded against us
(bids down, asks up), a size between two steps down; on the grid the result is exact.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

import orjson

from common.core.errors import ConfigError
from common.core.events import BookMessage, FundingRate, IndexPrice, LevelRow
from common.core.market import Instrument, Venue
from common.venues.base import Outlook
from common.venues.dydx.wire import market_of, name_of, reading
from common.venues.numbers import UNSIGNED, not_negative, number, positive, share, whole

BOOK: Final = "v3_orderbook"
MARKETS: Final = "v3_markets"
#: what a listing is made of; other fields of an update move all the time and change no listing
LISTING_KEYS: Final = frozenset(
    {"status", "tickSize", "stepSize", "minOrderSize", "initialMarginFraction", "maintenanceMarginFraction"}
)

#: below so many units the error of a float division is far below NEAR, so that a rest below NEAR means "on the grid"
FLOAT_UNITS_MAX: Final = 10.0**7
NEAR: Final = 1e-8


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

    __slots__ = ("_step", "_step_float", "_tick", "_tick_float")

    def __init__(self, instrument: Instrument) -> None:
        self._tick, self._step = instrument.tick, instrument.step
        self._tick_float, self._step_float = float(instrument.tick), float(instrument.step)

    def snapshot(self, contents: dict[str, Any], at_ns: int) -> BookMessage:
        """The contents of `subscribed`: levels as objects, each with its offset where the venue gives them."""
        with reading("book"):
            bids = self._rows(((r["price"], r["size"], whole(r.get("offset", 0))) for r in contents["bids"]), up=False)
            asks = self._rows(((r["price"], r["size"], whole(r.get("offset", 0))) for r in contents["asks"]), up=True)
            sequence = max((row[2] for row in (*bids, *asks)), default=0)
            return BookMessage(Venue.DYDX, True, bids, asks, sequence, at_ns)

    def delta(self, contents: dict[str, Any] | list[dict[str, Any]], at_ns: int) -> BookMessage:
        """The contents of `channel_data`, or the list of `channel_batch_data` as one message."""
        with reading("book"):
            deltas = contents if isinstance(contents, list) else (contents,)
            bids: tuple[LevelRow, ...] = ()
            asks: tuple[LevelRow, ...] = ()
            sequence = 0
            for one in deltas:
                offset = whole(one["offset"])
                bids += self._rows(((price, size, offset) for price, size in one["bids"]), up=False)
                asks += self._rows(((price, size, offset) for price, size in one["asks"]), up=True)
                sequence = max(sequence, offset)
            return BookMessage(Venue.DYDX, False, bids, asks, sequence, at_ns)

    def _rows(self, levels: Iterable[tuple[str, str, int]], *, up: bool) -> tuple[LevelRow, ...]:
        tick, step = (self._tick, self._tick_float), (self._step, self._step_float)
        return tuple((_price(price, tick, up), _units(size, step, False), offset) for price, size, offset in levels)


def _price(text: str, tick: tuple[Decimal, float], up: bool) -> int:
    """Whole ticks; a bid below one tick is 0, which is no level, but a price of 0 is no price."""
    ticks = _units(text, tick, up)
    if not ticks and not float(text):
        raise ValueError("a price of 0")
    return ticks


def _units(text: str, unit: tuple[Decimal, float], up: bool) -> int:
    """How many units `text` is: exact on the grid, else up or down."""
    if type(text) is not str or UNSIGNED.fullmatch(text) is None:
        raise ValueError(f"{str(text)[:40]!r} is neither price nor size")
    count = float(text) / unit[1]
    if not 0 <= count < FLOAT_UNITS_MAX:
        return _exact_units(text, unit[0], up)
    whole = round(count)
    if abs(count - whole) < NEAR:
        return whole
    return math.ceil(count) if up else math.floor(count)


def _exact_units(text: str, unit: Decimal, up: bool) -> int:
    return int((not_negative(text) / unit).to_integral_value(ROUND_CEILING if up else ROUND_FLOOR))


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
