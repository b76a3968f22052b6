"""The original's order book files: read book by book, and cut to the best levels as the original did.

One file is one market of one venue, a whole book every ten seconds: asks, then bids, each row with the time of its
book. ApeX names bids worst first, so that the first rows are not the best ones (the original took them): here the price
decides.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import groupby
from pathlib import Path
from typing import Final, TextIO, TypeAlias

from common.core.errors import ConfigError
from common.core.market import Venue

NAME: Final = re.compile(r"order_book_(?P<market>[A-Z0-9]+?)(-USD_(?P<dydx>dydx)|USDC_(?P<apex>apex))(_filter)?\.csv")
FILTERED: Final = "_filter"
BEST_LEVELS: Final = 3
_NS: Final = 10**9
#: a row with its place in the file: name of column → text
Row: TypeAlias = dict[str, str]


@dataclass(frozen=True, slots=True)
class BookFileName:
    """What the name of a file says."""

    venue: Venue
    market: str


@dataclass(frozen=True, slots=True)
class CsvBook:
    """One book: its rows as they stand, bids and asks best first."""

    at_ns: int
    bids: tuple[Row, ...]
    asks: tuple[Row, ...]


def named(path: Path) -> BookFileName | None:
    """Venue and market of an order book file of the original; None for another name."""
    found = NAME.fullmatch(path.name)
    return BookFileName(Venue.DYDX if found["dydx"] else Venue.APEX, found["market"]) if found else None


def price_and_size(row: Row) -> tuple[float, float]:
    """One level in numbers."""
    return float(row["Price"]), float(row.get("Size") or row["Quantity"])


def read_books(path: Path) -> Iterator[CsvBook]:
    """Every book of the file in its order; ConfigError where a row cannot be read."""
    try:
        with path.open(newline="") as file:
            reader = csv.DictReader(file)
            _refuse_other(path, set(reader.fieldnames or ()))
            for number, rows in groupby(_numbered(reader), key=lambda row: row[0]):
                yield _book(path, number, [row for _, row in rows])
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path} is no text that can be read as CSV: {error}") from error


def _refuse_other(path: Path, names: set[str]) -> None:
    if not {"Price", "Type", "Timestamp"} <= names or not names & {"Size", "Quantity"}:
        raise ConfigError(f"{path} is no order book of the original: its columns are {', '.join(sorted(names))}")


def _numbered(rows: Iterable[Row]) -> Iterator[tuple[int, Row]]:
    """Each row with the number of its book: another time, or an ask after a bid, begins a book."""
    number, before = 0, ("", "")
    for row in rows:
        now = (row["Timestamp"], row["Type"])
        if now[0] != before[0] or (now[1], before[1]) == ("ask", "bid"):
            number += 1
        before = now
        yield number, row


def _book(path: Path, number: int, rows: list[Row]) -> CsvBook:
    try:
        at_ns = int(Decimal(rows[0]["Timestamp"]) * _NS)
        sides = {kind: sorted((r for r in rows if r["Type"] == kind), key=price_and_size) for kind in ("bid", "ask")}
    except (ValueError, TypeError, KeyError, InvalidOperation) as error:
        raise ConfigError(f"{path}: book {number} cannot be read: {error}") from error
    return CsvBook(at_ns, tuple(reversed(sides["bid"])), tuple(sides["ask"]))


@dataclass(frozen=True, slots=True)
class Cleaned:
    """One file that was cut: where the rest stands, and how much it was."""

    file: Path
    books: int
    rows_before: int
    rows: int


def clean(path: Path, folder: Path, levels: int = BEST_LEVELS) -> Cleaned:
    """The best `levels` a side of each book, asks first, into `…_filter.csv`; ConfigError when that exists."""
    target = folder / f"{path.stem}{FILTERED}.csv"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("x", newline="") as file:
            return _cut(path, target, file, levels)
    except FileExistsError as error:
        raise ConfigError(f"{target} is there already: move it, or name another folder with --out") from error
    except ConfigError:
        target.unlink()
        raise


def _cut(path: Path, target: Path, file: TextIO, levels: int) -> Cleaned:
    writer: csv.DictWriter[str] | None = None
    books = rows_before = rows = 0
    for book in read_books(path):
        kept = [*book.asks[:levels], *book.bids[:levels]]
        if writer is None:
            writer = csv.DictWriter(file, list(kept[0]), extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
        writer.writerows(kept)
        books, rows = books + 1, rows + len(kept)
        rows_before += len(book.asks) + len(book.bids)
    return Cleaned(target, books, rows_before, rows)
