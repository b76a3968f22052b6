"""What ApeX's recorded frames and answers say, by the codecs of trading. Refuses with VenueError what is malformed."""

from collections.abc import Iterator

from common.core.errors import VenueError
from common.core.market import Venue
from common.tape.heard import Heard, InstrumentOf, Page, Source, Told
from common.venues.apex.wire import Data, decode_answer, decode_frame, reading
from common.venues.apex.wire_market import book_message, book_topic, funding_rate, index_price, ticker_topic
from common.venues.apex.wire_trade import PAGE_TRADES, read_trades, trades_topic

#: trades in the snapshot of the topic
SNAPSHOT_TRADES = 50


class ApexReader:
    """Knows topics by the market of their connection."""

    def __init__(self, instrument_of: InstrumentOf) -> None:
        self._instrument_of = instrument_of

    def frame(self, body: bytes, market: str, source: Source, at_ns: int) -> Iterator[Heard]:
        """One frame of a connection; what has no topic of the market says nothing."""
        frame, instrument = decode_frame(body), self._instrument_of(Venue.APEX, market)
        topic = frame.get("topic")
        if topic == book_topic(instrument):
            yield _heard(market, book_message(frame, instrument, at_ns))
        elif topic == trades_topic(market):
            with reading("trades"):
                rows, is_first = frame["data"], frame["type"] == "snapshot"
            trades = read_trades(rows, market, at_ns)
            yield _heard(market, Page(trades, is_first, len(trades) >= SNAPSHOT_TRADES, source, at_ns))
        elif topic == ticker_topic(instrument):
            told = funding_rate(frame, at_ns), index_price(frame, at_ns)
            yield from (_heard(market, one) for one in told if one is not None)

    def answer(self, topic: str, answer: tuple[int, bytes], market: str, source: Source, at_ns: int) -> Iterator[Heard]:
        """One answer to a request for a book or for trades."""
        payload = decode_answer(*answer)
        if not isinstance(payload, Data):
            raise VenueError(f"apex: {payload}")
        if topic == "book":
            instrument = self._instrument_of(Venue.APEX, market)
            yield _heard(market, book_message({"type": "snapshot", "data": payload.value}, instrument, at_ns))
        elif topic == "trades":
            trades = read_trades(payload.value, market, at_ns)
            yield _heard(market, Page(trades, True, len(trades) >= PAGE_TRADES, source, at_ns))


def _heard(market: str, told: Told) -> Heard:
    return Heard(Venue.APEX, market, told)
