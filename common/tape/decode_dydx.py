"""What dYdX's recorded frames and answers say, by the codecs of trading. Refuses with VenueError what is malformed."""

from collections.abc import Iterator
from typing import Any

import orjson

from common.core.market import Venue
from common.tape.heard import Heard, InstrumentOf, Page, Source, Told
from common.venues.dydx.wire import data_of, decode_answer, market_of, reading
from common.venues.dydx.wire_market import BOOK, MARKETS, BookCodec, funding_rate, index_price
from common.venues.dydx.wire_trade import PAGE_TRADES, TRADES, read_trades

_DATA = frozenset({"subscribed", "channel_data", "channel_batch_data"})


class DydxReader:
    """Keeps a codec for each market."""

    def __init__(self, instrument_of: InstrumentOf) -> None:
        self._instrument_of = instrument_of
        self._codecs: dict[str, BookCodec] = {}

    def frame(self, body: bytes, market: str, source: Source, at_ns: int) -> Iterator[Heard]:
        """One frame of a connection; what is no data says nothing."""
        with reading("frame"):
            frame = orjson.loads(body)
            if frame["type"] not in _DATA:
                return
            channel, contents, is_first = frame["channel"], frame["contents"], frame["type"] == "subscribed"
            market = market_of(frame["id"]) if "id" in frame else market
        if channel == BOOK:
            codec = self._codec(market)
            yield _heard(market, codec.snapshot(contents, at_ns) if is_first else codec.delta(contents, at_ns))
        elif channel == TRADES:
            trades = read_trades(contents, market, at_ns)
            yield _heard(market, Page(trades, is_first, len(trades) >= PAGE_TRADES, source, at_ns))
        elif channel == MARKETS:
            yield from _figures(contents, at_ns)

    def answer(self, topic: str, answer: tuple[int, bytes], market: str, source: Source, at_ns: int) -> Iterator[Heard]:
        """One answer to a request for a book or for trades."""
        contents = data_of(decode_answer(*answer))
        if topic == "book":
            yield _heard(market, self._codec(market).snapshot(contents, at_ns))
        elif topic == "trades":
            trades = read_trades(contents, market, at_ns)
            yield _heard(market, Page(trades, True, len(trades) >= PAGE_TRADES, source, at_ns))

    def _codec(self, market: str) -> BookCodec:
        if market not in self._codecs:
            self._codecs[market] = BookCodec(self._instrument_of(Venue.DYDX, market))
        return self._codecs[market]


def _figures(contents: Any, at_ns: int) -> Iterator[Heard]:
    for one in contents if isinstance(contents, list) else (contents,):
        with reading("markets"):
            named = [(market_of(name), fields) for name, fields in one.get("markets", one).items()]
        for market, fields in named:
            told = funding_rate(fields, at_ns), index_price(fields, at_ns)
            yield from (_heard(market, one) for one in told if one is not None)


def _heard(market: str, told: Told) -> Heard:
    return Heard(Venue.DYDX, market, told)
