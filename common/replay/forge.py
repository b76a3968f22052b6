"""A tape of what paper engines publish, frame by frame as a recorder would have received it, without any socket.

For tests and benches: the frames are those of both venues' protocols and are read back by the codecs of trading.
"""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import orjson

from common.core.events import LevelRow
from common.core.market import Instrument, Venue
from common.sim.types import BookChange
from common.tape.rebuilt import text
from common.tape.record import Kind, Record, note
from common.tape.writer import Rotation, TapeWriter
from common.venues.apex.wire_market import book_topic, ticker_topic
from common.venues.dydx.wire_market import BOOK, MARKETS

#: about half a second of ten markets, as the recorder writes them
BLOCK_RECORDS: Final = 128
_RUN: Final = 7


class Forge:
    """One run of a recorder: a connection for every venue and market."""

    def __init__(self, folder: Path, instruments: Iterable[Instrument], at_ns: int) -> None:
        self._writer = TapeWriter(folder, _RUN, "forge", Rotation(1 << 40, 10**18))
        self._listed = {(i.venue, i.market): i for i in instruments}
        self._connections = {key: number for number, key in enumerate(self._listed, start=1)}
        self._records = [
            note(Kind.OPENED, at_ns, number, venue=venue.value, market=market)
            for (venue, market), number in self._connections.items()
        ]
        self._at_ns = at_ns

    def book(
        self, venue: Venue, market: str, rows: tuple[Iterable[LevelRow], Iterable[LevelRow], int], at_ns: int
    ) -> None:
        """A snapshot: bids, asks and the last number."""
        instrument = self._listed[venue, market]
        bids, asks, number = rows
        if venue is Venue.DYDX:
            sides = [
                [
                    {"price": price, "size": size, "offset": str(row[2])}
                    for row, (price, size) in _told(side, instrument)
                ]
                for side in (bids, asks)
            ]
            self._dydx(instrument, {"bids": sides[0], "asks": sides[1]}, at_ns, first=True)
        else:
            self._apex_book(instrument, (bids, asks, number), at_ns, "snapshot")

    def change(self, venue: Venue, change: BookChange, at_ns: int) -> None:
        """A published change."""
        instrument = self._listed[venue, change.market]
        if venue is Venue.DYDX:
            bids, asks = ([list(row) for _, row in _told(side, instrument)] for side in (change.bids, change.asks))
            self._dydx(instrument, {"offset": str(change.sequence), "bids": bids, "asks": asks}, at_ns)
        else:
            self._apex_book(instrument, (change.bids, change.asks, change.sequence), at_ns, "delta")

    def index(self, venue: Venue, market: str, price: Decimal, at_ns: int) -> None:
        """An index price."""
        instrument = self._listed[venue, market]
        if venue is Venue.DYDX:
            contents = {"markets": {instrument.name: {"indexPrice": text(price)}}}
            said = {"type": "channel_data", "message_id": 1, "channel": MARKETS, "contents": contents}
            self._frame(instrument, said, at_ns)
        else:
            data = {"indexPrice": text(price)}
            said = {"topic": ticker_topic(instrument), "type": "delta", "data": data, "cs": 0, "ts": 0}
            self._frame(instrument, said, at_ns)

    def lost(self, venue: Venue, market: str, at_ns: int) -> None:
        """The connection broke, and stands again: what comes next must be a snapshot."""
        number = self._connections[venue, market]
        self._records += [
            note(Kind.LOST, at_ns, number, why="lost"),
            note(Kind.OPENED, at_ns, number, venue=venue.value, market=market),
        ]

    def close(self) -> None:
        """End the tape."""
        self._flush()
        self._writer.close(self._at_ns)

    def _dydx(self, instrument: Instrument, contents: Any, at_ns: int, *, first: bool = False) -> None:
        kind = "subscribed" if first else "channel_data"
        said = {"type": kind, "message_id": 1, "channel": BOOK, "id": instrument.name, "contents": contents}
        self._frame(instrument, said, at_ns)

    def _apex_book(
        self, instrument: Instrument, rows: tuple[Iterable[LevelRow], Iterable[LevelRow], int], at_ns: int, kind: str
    ) -> None:
        bids, asks = ([list(row) for _, row in _told(side, instrument)] for side in rows[:2])
        data = {"s": instrument.name.replace("-", ""), "b": bids, "a": asks, "u": rows[2]}
        self._frame(instrument, {"topic": book_topic(instrument), "type": kind, "data": data, "cs": 0, "ts": 0}, at_ns)

    def _frame(self, instrument: Instrument, said: Any, at_ns: int) -> None:
        connection = self._connections[instrument.venue, instrument.market]
        self._records.append(Record(Kind.FRAME, connection, at_ns, orjson.dumps(said)))
        self._at_ns = at_ns
        if len(self._records) >= BLOCK_RECORDS:
            self._flush()

    def _flush(self) -> None:
        if self._records:
            self._writer.write(self._records)
        self._records = []


def _told(rows: Iterable[LevelRow], instrument: Instrument) -> list[tuple[LevelRow, tuple[str, str]]]:
    return [(row, (text(instrument.price(row[0])), text(instrument.size(row[1])))) for row in rows]
