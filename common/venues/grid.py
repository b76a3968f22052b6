"""Prices and sizes as venues write them into whole ticks and steps of an instrument: exact, and remembered.

Books say the same prices again and again, and "0" most of all, so that most levels cost one look into a dict. What
lies between two units is rounded against us: bids and sizes down, asks up.
"""

from decimal import Decimal
from functools import lru_cache
from typing import Final, TypeAlias

from common.core.events import LevelRow
from common.venues.numbers import BOUND, UNSIGNED

Rows: TypeAlias = tuple[LevelRow, ...]

#: texts remembered per grid; when so many are known all are forgotten, and the common ones come back at once
KEPT_MAX: Final = 1024
#: grids remembered: three per instrument
GRIDS_MAX: Final = 256


class Grid(dict[object, int]):
    """`grid[text]` is how many whole units a text means; ValueError or TypeError when it means no number.

    JSON numbers are read where `loose` says so, and never remembered: True and 1.0 would be found under 1.
    """

    __slots__ = ("_loose", "_unit", "_up", "_zero")

    def __init__(self, unit: Decimal, *, up: bool = False, zero: bool = True, loose: bool = False) -> None:
        super().__init__()
        self._unit, self._up, self._zero, self._loose = unit, up, zero, loose

    def __missing__(self, raw: object) -> int:
        if type(raw) is not str:
            if not self._loose or isinstance(raw, bool) or not isinstance(raw, int | float):
                raise TypeError(f"{str(raw)[:40]!r} instead of a price or a size")
            return self._count(str(raw))
        count = self._count(raw)
        if len(self) >= KEPT_MAX:
            self.clear()
        self[raw] = count
        return count

    def _count(self, text: str) -> int:
        if UNSIGNED.fullmatch(text) is None:
            raise ValueError(f"{text[:40]!r} is neither price nor size")
        value = Decimal(text)
        if value >= BOUND:
            raise ValueError(f"{text[:40]} is beyond every number meant")
        if not value and not self._zero:
            raise ValueError("a price of 0")
        count, rest = divmod(value, self._unit)
        return int(count) + (self._up and rest != 0)


@lru_cache(GRIDS_MAX)
def grids(tick: Decimal, step: Decimal, loose: bool = False) -> tuple[Grid, Grid, Grid]:
    """For the prices of bids, the prices of asks, and sizes. A price of 0 is no price; one below a tick is 0 ticks."""
    return (
        Grid(tick, zero=False, loose=loose),
        Grid(tick, up=True, zero=False, loose=loose),
        Grid(step, loose=loose),
    )
