"""The Parquet export of a tape, told again as the tape told it."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from common.analysis.base import Base, quoted
from common.core.events import BookMessage, FundingRate, IndexPrice
from common.core.market import Venue
from common.tape.heard import FINE, Gap, Heard
from common.tape.known_trades import MISSED

BATCH_ROWS: Final = 10_000
_UNITS: Final = float(1 / FINE)
#: what each kind tells beside `n`, `at_ns`, `venue` and `market`
_TOLD: Final = {"books": "snapshot, side, price, size, sequence", "funding": "hourly", "index": "price", "gaps": "why"}
Row = dict[str, Any]


def is_export(folder: Path) -> bool:
    """Whether `arbctl tape export` wrote books into this folder."""
    return any(folder.glob("books/date=*/venue=*/market=*/*.parquet"))


def heard_of_export(base: Base, folder: Path) -> Iterator[Heard]:
    """Everything but trades, in the order in which it was heard."""
    #: messages of each book since its snapshot: a change that named no level left no row, so that the venue's own
    #: numbers have holes where nothing is missing; what is missing is told as a gap
    counted: defaultdict[str, int] = defaultdict(int)
    for _, rows in groupby(_rows(base, folder), key=itemgetter("n")):
        yield from _told(list(rows), counted)


def _rows(base: Base, folder: Path) -> Iterator[Row]:
    parts = [
        f"select '{kind}' as kind, n, at_ns, venue, market::varchar as market, {columns} "
        f"from read_parquet({quoted(folder / kind / '**/*.parquet')}, hive_partitioning = true)"
        for kind, columns in _TOLD.items()
        if (folder / kind).is_dir()
    ]
    cursor = base.cursor().execute(f"{' union all by name '.join(parts)} order by n")
    names = [column[0] for column in cursor.description or ()]
    while rows := cursor.fetchmany(BATCH_ROWS):
        yield from (dict(zip(names, row, strict=True)) for row in rows)


def _told(rows: list[Row], counted: defaultdict[str, int]) -> Iterator[Heard]:
    row = rows[0]
    venue, market, at_ns = Venue(row["venue"]), row["market"], row["at_ns"]
    match row["kind"]:
        case "books":
            key = f"{venue} {market}"
            counted[key] = 0 if row["snapshot"] else counted[key] + 1
            bids, asks = (tuple(_level(r) for r in rows if r["side"] == side) for side in ("bid", "ask"))
            yield Heard(venue, market, BookMessage(venue, row["snapshot"], bids, asks, counted[key], at_ns))
        case "funding":
            yield Heard(venue, market, FundingRate(venue, Decimal(str(row["hourly"])), at_ns))
        case "index":
            yield Heard(venue, market, IndexPrice(venue, Decimal(str(row["price"])), at_ns))
        case "gaps":
            yield Heard(venue, market, Gap(row["why"], at_ns, topic="trades" if row["why"] == MISSED else ""))


def _level(row: Row) -> tuple[int, int, int]:
    return round(row["price"] * _UNITS), round(row["size"] * _UNITS), row["sequence"]
