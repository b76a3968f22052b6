"""A tape as the CSV files of the original: its names, its columns, its way of writing numbers and times.

Books are written whole, asks first: a recorded stream every `every_ns` as it stood then, a polled book when it was
polled. Trades are written once each, oldest first; their files begin with the names of the columns, which the
original left out.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TextIO

from common.core.book import Book
from common.core.events import BookMessage
from common.core.market import Venue
from common.core.trade import Trade
from common.tape.heard import Gap, Heard, Page
from common.tape.known_trades import KnownTrades
from common.tape.rebuilt import Books, Pair, levels_of, text

BOOK_COLUMNS: Final = {
    Venue.DYDX: ("Size", "Price", "Type", "Timestamp", "Market"),
    Venue.APEX: ("Price", "Quantity", "Type", "Timestamp"),
}
TRADE_COLUMNS: Final = {
    Venue.DYDX: ("TradeID", "Side", "Size", "Price", "CreatedAt", "Liquidation"),
    Venue.APEX: ("Trade ID", "Price", "Side", "Quantity", "Symbol", "Timestamp"),
}
ALL_LEVELS: Final = 1_000_000
_NS: Final = 10**9


class CsvExport:
    """Writes one folder of files; `rows` counts what went into each."""

    def __init__(self, folder: Path, every_ns: int, *, trade_columns: bool = True) -> None:
        self._folder, self._every_ns, self._trade_columns = folder, every_ns, trade_columns
        self._files: dict[str, TextIO] = {}
        self._writers: dict[str, Any] = {}
        self._books = Books()
        self._polled: set[Pair] = set()
        self._known: defaultdict[Pair, KnownTrades] = defaultdict(KnownTrades)
        self._due_ns: int | None = None
        self.rows: Counter[str] = Counter()

    def take_all(self, heard: Iterable[Heard]) -> None:
        """Write everything, then close the files."""
        try:
            for one in heard:
                self._take(one)
        finally:
            for file in self._files.values():
                file.close()

    def _take(self, heard: Heard) -> None:
        told = heard.told
        if isinstance(told, BookMessage | Gap) and not heard.polled:
            self._sample(told.at_ns)
        book = self._books.take(heard)
        if isinstance(told, Page):
            for trade in self._known[heard.venue, heard.market].new(told):
                self._trade(trade)
        elif book is not None and heard.polled:
            self._polled.add((heard.venue, heard.market))
            self._book(book, book.heard_ns)

    def _sample(self, at_ns: int) -> None:
        """Before anything changes after a whole interval: every live book as it stood at its end."""
        if self._due_ns is None:
            self._due_ns = (at_ns // self._every_ns + 1) * self._every_ns
        while at_ns >= self._due_ns:
            for pair, book in self._books.believed():
                if pair not in self._polled:
                    self._book(book, self._due_ns)
            # a long silence is no reason to write the same books again and again
            self._due_ns = max(self._due_ns + self._every_ns, at_ns // self._every_ns * self._every_ns)

    def _book(self, book: Book, at_ns: int) -> None:
        instrument = book.instrument
        write = self._writer(*_BOOK_FILE[instrument.venue](instrument.market), BOOK_COLUMNS[instrument.venue])
        for kind, ladder in (("ask", book.asks), ("bid", book.bids)):
            for price, size in levels_of(ladder, instrument, ALL_LEVELS):
                write(_BOOK_ROW[instrument.venue](text(price), text(size), kind, at_ns, instrument.name))

    def _trade(self, trade: Trade) -> None:
        columns = TRADE_COLUMNS[trade.venue] if self._trade_columns else ()
        self._writer(*_TRADE_FILE[trade.venue](trade.market), columns)(_TRADE_ROW[trade.venue](trade))

    def _writer(self, name: str, columns: Sequence[str]) -> Callable[[Sequence[object]], None]:
        if name not in self._files:
            self._files[name] = (self._folder / name).open("w", newline="")
            self._writers[name] = csv.writer(self._files[name])
            if columns:
                self._writers[name].writerow(columns)

        def write(row: Sequence[object]) -> None:
            self.rows[name] += 1
            self._writers[name].writerow(row)

        return write


def trade_hash(trade: Trade) -> str:
    """The original's id of a dYdX trade; equal trades have the same."""
    told = f"{trade.side_text}_{trade.size:f}_{trade.price:f}_{trade.time_text}"
    return sha256(told.encode()).hexdigest()


def _dydx_level(price: str, size: str, kind: str, at_ns: int, name: str) -> Sequence[object]:
    return size, price, kind, at_ns // _NS, name


def _apex_level(price: str, size: str, kind: str, at_ns: int, name: str) -> Sequence[object]:
    return price, size, kind, at_ns / _NS


def _dydx_trade(trade: Trade) -> Sequence[object]:
    return (
        trade_hash(trade),
        trade.side_text,
        f"{trade.size:f}",
        f"{trade.price:f}",
        trade.time_text,
        trade.liquidation,
    )


def _apex_trade(trade: Trade) -> Sequence[object]:
    return (
        trade.trade_id,
        float(trade.price),
        trade.side_text,
        float(trade.size),
        f"{trade.market}USDC",
        trade.time_text,
    )


_BOOK_FILE: Final = {
    Venue.DYDX: lambda market: (f"order_book_{market}-USD_dydx.csv",),
    Venue.APEX: lambda market: (f"order_book_{market}USDC_apex.csv",),
}
_TRADE_FILE: Final = {
    Venue.DYDX: lambda market: (f"trades_data_{market}USD_dydx.csv",),
    Venue.APEX: lambda market: (f"trades_data_{market}USDC_apex.csv",),
}
_BOOK_ROW: Final = {Venue.DYDX: _dydx_level, Venue.APEX: _apex_level}
_TRADE_ROW: Final = {Venue.DYDX: _dydx_trade, Venue.APEX: _apex_trade}
