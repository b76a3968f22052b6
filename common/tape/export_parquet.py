"""A tape as Parquet files in folders `KIND/date=…/venue=…/market=…`, for DuckDB, Polars, pandas and the like.

Kinds: books (every change of a level, snapshots marked), trades (each once), funding and index, gaps. `n`
numbers what was heard over the whole tape, so that all kinds can be put in one order. A partition is gathered on disk
and written when its day has passed; memory does not grow with the tape.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO, TypeAlias

import duckdb

from common.core.errors import ConfigError
from common.core.events import BookMessage, FundingRate, IndexPrice
from common.core.market import Venue
from common.tape.heard import FINE, Gap, Heard, Page
from common.tape.known_trades import MISSED, KnownTrades
from common.tape.rebuilt import Pair

COLUMNS: Final[dict[str, dict[str, str]]] = {
    "books": {
        "at_ns": "BIGINT",
        "n": "BIGINT",
        "snapshot": "BOOLEAN",
        "side": "VARCHAR",
        "price": "DOUBLE",
        "size": "DOUBLE",
        "sequence": "BIGINT",
    },
    "trades": {
        "at_ns": "BIGINT",
        "n": "BIGINT",
        "venue_ns": "BIGINT",
        "side": "VARCHAR",
        "price": "DOUBLE",
        "size": "DOUBLE",
        "trade_id": "VARCHAR",
        "liquidation": "BOOLEAN",
    },
    "funding": {"at_ns": "BIGINT", "n": "BIGINT", "hourly": "DOUBLE"},
    "index": {"at_ns": "BIGINT", "n": "BIGINT", "price": "DOUBLE"},
    "gaps": {"at_ns": "BIGINT", "n": "BIGINT", "why": "VARCHAR", "dropped": "BIGINT"},
}
PART: Final = "part-0.parquet"
_GATHERED: Final = ".gathered"
_UNITS: Final = int(1 / FINE)
_NS_PER_S: Final = 10**9
_NS_PER_DAY: Final = 86_400 * _NS_PER_S
Row: TypeAlias = Sequence[object]


@dataclass(frozen=True, slots=True)
class _Gathered:
    """A partition on its way: its rows so far, as CSV."""

    kind: str
    file: TextIO
    writer: Any


class ParquetExport:
    """Writes one folder of partitions; `rows` counts what went into each kind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[tuple[str, int, Venue, str], _Gathered] = {}
        self._known: defaultdict[Pair, KnownTrades] = defaultdict(KnownTrades)
        self._day = 0
        self.rows: Counter[str] = Counter()

    def take_all(self, heard: Iterable[Heard]) -> None:
        """Gather everything, writing each day when it has passed."""
        for n, one in enumerate(heard, start=1):
            day = one.told.at_ns // _NS_PER_DAY
            if day > self._day:
                self._write_gathered()
                self._day = day
            for kind, row in self._rows_of(n, one):
                self._gather(kind, one, row)
        self._write_gathered()

    def _rows_of(self, n: int, heard: Heard) -> Iterator[tuple[str, Row]]:
        match heard.told:
            case BookMessage():
                yield from (("books", row) for row in _levels(n, heard.told))
            case Page():
                yield from self._trades(n, heard, heard.told)
            case FundingRate(at_ns=at_ns, hourly=hourly):
                yield "funding", (at_ns, n, hourly)
            case IndexPrice(at_ns=at_ns, price=price):
                yield "index", (at_ns, n, price)
            case Gap(at_ns=at_ns, why=why, dropped=dropped) if heard.market:
                yield "gaps", (at_ns, n, why, dropped)

    def _trades(self, n: int, heard: Heard, page: Page) -> Iterator[tuple[str, Row]]:
        known = self._known[heard.venue, heard.market]
        if known.misses(page):
            yield "gaps", (page.at_ns, n, MISSED, 0)
        for t in known.new(page):
            yield "trades", (t.at_ns, n, t.venue_ns, t.side.value, t.price, t.size, t.trade_id or None, t.liquidation)

    def _gather(self, kind: str, heard: Heard, row: Row) -> None:
        part = (kind, heard.told.at_ns // _NS_PER_DAY, heard.venue, heard.market)
        if part not in self._open:
            self._open[part] = self._begun(*part)
        self.rows[kind] += 1
        self._open[part].writer.writerow(row)

    def _begun(self, kind: str, day: int, venue: Venue, market: str) -> "_Gathered":
        folder = self._folder / kind / f"date={_date(day)}" / f"venue={venue}" / f"market={market}"
        folder.mkdir(parents=True, exist_ok=True)
        # a late record of a day that was written already goes into a part of its own
        file = (folder / f"part-{len(list(folder.glob('part-*')))}{_GATHERED}").open("x", newline="")
        return _Gathered(kind, file, csv.writer(file))

    def _write_gathered(self) -> None:
        for part in self._open.values():
            part.file.close()
            _to_parquet(Path(part.file.name), part.kind)
        self._open.clear()


def _levels(n: int, message: BookMessage) -> Iterator[Row]:
    for side, levels in (("bid", message.bids), ("ask", message.asks)):
        for ticks, steps, sequence in levels:
            yield message.at_ns, n, message.snapshot, side, _fine(ticks), _fine(steps), sequence


def _fine(units: int) -> str:
    return f"{units // _UNITS}.{units % _UNITS:08d}"


def _date(day: int) -> str:
    return f"{datetime.fromtimestamp(day * _NS_PER_DAY // _NS_PER_S, UTC):%Y-%m-%d}"


def _to_parquet(gathered: Path, kind: str) -> None:
    names = ", ".join(f"'{name}': '{of}'" for name, of in COLUMNS[kind].items())
    made = gathered.with_suffix(".parquet")
    # the folders' names are no columns of the file: whoever reads it takes them from the folders
    dialect = "hive_partitioning = false, header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"'"
    rows = f"select * from read_csv(?, {dialect}, columns = {{{names}}})"
    sql = f"copy ({rows}) to '{_quoted(made)}' (format parquet, compression zstd)"
    try:
        # one thread keeps the rows in their order, and leaves the machine's other cores to the workers
        with duckdb.connect(config={"threads": 1}) as base:
            base.execute(sql, [str(gathered)])
    except duckdb.Error as error:
        raise ConfigError(f"{made} cannot be written: {error}") from error
    gathered.unlink()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
