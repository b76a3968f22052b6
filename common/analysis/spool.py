"""Books on their way from a reader to the query engine: gathered as text, put away as Parquet part by part."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TextIO, TypeAlias

from common.analysis.base import Base, quoted
from common.analysis.series import Series, columns

LEVELS: Final = 20
PART_ROWS: Final = 100_000
#: price and size of a level
Level: TypeAlias = tuple[float, float]


class BookSpool:
    """The rows of one series; memory does not grow with them."""

    def __init__(self, base: Base, folder: Path, place: str, market: str) -> None:
        self.place, self.market = place, market
        self._base, self._folder = base, folder / f"{place}-{market}"
        self._folder.mkdir()
        self._file: TextIO | None = None
        self._writer: Any = None
        self._rows = 0

    def put(self, at_ns: int, why: str, bids: Sequence[Level] = (), asks: Sequence[Level] = ()) -> None:
        """One state of the book, best levels first; a book that is not to be believed needs none."""
        if self._file is None:
            self._file = self._part(self._rows).open("w", newline="")
            self._writer = csv.writer(self._file)
        row: list[object] = [at_ns, self._rows, why]
        for level in range(LEVELS):
            for side in (bids, asks):
                row.extend(side[level] if level < len(side) else ("", ""))
        self._writer.writerow(row)
        self._rows += 1
        if self._rows % PART_ROWS == 0:
            self._put_away()

    def done(self, *, sampled: bool, note: str = "") -> Series:
        """Everything that was put, as a series."""
        self._put_away()
        rows = f"read_parquet({quoted(self._folder / '*.parquet')})"
        return Series(self.place, self.market, rows, LEVELS, sampled=sampled, note=note)

    def _part(self, number: int) -> Path:
        return self._folder / f"{number:012d}.csv"

    def _put_away(self) -> None:
        if self._file is None:
            return
        self._file.close()
        text, self._file = Path(self._file.name), None
        kinds = {"at_ns": "BIGINT", "n": "BIGINT", "why": "VARCHAR", **dict.fromkeys(columns(LEVELS), "DOUBLE")}
        named = ", ".join(f"'{name}': '{kind}'" for name, kind in kinds.items())
        dialect = "header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"'"
        self._base.execute(
            f"copy (select * replace (coalesce(why, '') as why) from read_csv({quoted(text)}, {dialect}, "
            f"columns = {{{named}}})) to {quoted(text.with_suffix('.parquet'))} (format parquet)"
        )
        text.unlink()
