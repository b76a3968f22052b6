"""Reads recorded books from parquet files, in batches through duckdb, never a whole file at once.

A file's name says what it holds: `book10_binance_usdm_BTC.parquet` (ten levels a side) or `bbo_…` (best bid and
ask), then where it was recorded, the market, and perhaps a date. Columns: `ts_ns`, then `bid_px_1`, `bid_sz_1`,
`ask_px_1` … or `bid_px`, `bid_sz`, `ask_px`, `ask_sz`. Knows no grid and not which paper venue a file stands for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from common.core.errors import ConfigError
from common.tape.books import RecordedBook, RecordedLevel

BATCH_ROWS = 1000
_NAME = re.compile(r"(?P<kind>book(?P<levels>\d+)|bbo)_(?P<place>[a-z0-9_]+)_(?P<market>[A-Z0-9]+)(_\d{8})?\.parquet")


@dataclass(frozen=True, slots=True)
class BookFile:
    """One parquet file of books; `levels` a side, 0 where only the best bid and ask were recorded."""

    path: Path
    place: str
    market: str
    levels: int

    def span_ns(self) -> tuple[int, int] | None:
        """First and last time in the file; None when it is empty. ConfigError when it is not such a file."""
        row = self._query("select min(ts_ns), max(ts_ns) from read_parquet(?)", str(self.path)).fetchone()
        return (row[0], row[1]) if row and row[0] is not None else None

    def read(self, from_ns: int, to_ns: int) -> Iterator[RecordedBook]:
        """Every row within both times, in order; ConfigError where a row is older than the one before."""
        columns = ", ".join(["ts_ns", *self._columns()])
        sql = f"select {columns} from read_parquet(?) where ts_ns between ? and ?"
        cursor, last_ns = self._query(sql, str(self.path), from_ns, to_ns), from_ns
        while rows := cursor.fetchmany(BATCH_ROWS):
            for at_ns, *numbers in rows:
                if at_ns < last_ns:
                    raise ConfigError(f"{self.path} is not in order at ts_ns {at_ns}: sort it by ts_ns")
                last_ns = at_ns
                yield self._book(at_ns, numbers)

    def _columns(self) -> list[str]:
        """bid prices, bid sizes, ask prices, ask sizes, best first."""
        endings = [f"_{level}" for level in range(1, self.levels + 1)] or [""]
        return [f"{side}_{what}{ending}" for side in ("bid", "ask") for what in ("px", "sz") for ending in endings]

    def _book(self, at_ns: int, numbers: list[float | None]) -> RecordedBook:
        deep = max(self.levels, 1)
        bid_px, bid_sz, ask_px, ask_sz = (numbers[n * deep : (n + 1) * deep] for n in range(4))
        return RecordedBook(self.market, at_ns, _levels(bid_px, bid_sz), _levels(ask_px, ask_sz))

    def _query(self, sql: str, *values: object) -> duckdb.DuckDBPyConnection:
        # one thread: the machine's other cores belong to the workers
        try:
            return duckdb.connect(config={"threads": 1}).execute(sql, values)
        except duckdb.Error as error:
            raise ConfigError(f"{self.path} cannot be read as recorded books: {error}") from error


def _levels(prices: list[float | None], sizes: list[float | None]) -> tuple[RecordedLevel, ...]:
    pairs = zip(prices, sizes, strict=True)
    return tuple((Decimal(str(px)), Decimal(str(sz))) for px, sz in pairs if px is not None and sz is not None)


def book_files(folder: Path) -> list[BookFile]:
    """The files of books in `folder`, by name; what has another name is left alone."""
    named = ((path, _NAME.fullmatch(path.name)) for path in sorted(folder.iterdir()))
    return [BookFile(path, m["place"], m["market"], int(m["levels"] or 0)) for path, m in named if m]
