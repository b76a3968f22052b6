"""What the tests of the analysis share: books in a table of the query engine, without any file."""

# annotations that are not evaluated: hypothesis would keep the query engine's types beyond the end of Python
from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from common.analysis.base import Base, opened
from common.analysis.series import Series, columns
from common.analysis.spool import Level

SECOND_NS = 10**9
LEVELS = 3


class Desk:
    """A query engine and the series that are put into it; times in tenths of a second after a full hour."""

    UNIT_NS = SECOND_NS // 10
    #: 2023-11-14 22:00 UTC
    START_NS = 1_699_999_200 * SECOND_NS

    def __init__(self, base: Base) -> None:
        self.base = base

    def series(
        self, place: str, rows: Sequence[tuple[int, str, Sequence[Level], Sequence[Level]]], *, sampled: bool = False
    ) -> Series:
        """Rows of (time, why, bids, asks) as the books of BTC at `place`."""
        named = ", ".join(f"{name} double" for name in columns(LEVELS))
        self.base.execute(f"create or replace table rows_{place} (at_ns bigint, n bigint, why varchar, {named})")
        for n, (at, why, bids, asks) in enumerate(rows):
            values: list[object] = [self.START_NS + at * self.UNIT_NS, n, why]
            for level in range(LEVELS):
                for side in (bids, asks):
                    values += side[level] if level < len(side) else (None, None)
            self.base.execute(f"insert into rows_{place} values ({', '.join('?' * len(values))})", values)
        return Series(place, "BTC", f"rows_{place}", LEVELS, sampled=sampled)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as base:
        desk = Desk(base)
        yield desk
        # whoever keeps the desk beyond the test keeps no connection
        del desk.base
