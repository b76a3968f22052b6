"""One instrument's book at a paper venue: what the source says, minus what was taken, plus what rests here.

Ladders are in whole ticks and steps. Consumed depth comes back as the refill policy says. This module knows
neither orders nor money nor how changes are numbered.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeAlias

from common.core.market import Instrument, Side

#: price in ticks, size in steps
Row: TypeAlias = tuple[int, int]

#: consumption older than this many half-lives is forgotten: 2^-32 of anything here is less than one step
_HALF_LIVES_KEPT = 32
#: missing depth is rounded to whole steps; below half a step nothing is missing any more
_HALF = 0.5


class Refill(Protocol):
    """How consumed depth comes back."""

    @property
    def source_restores(self) -> bool:
        """Whether a level whose size the source changes counts as untouched again."""

    def left(self, taken: float, age_ns: int) -> float:
        """How much of `taken` steps is still missing after `age_ns`."""


@dataclass(frozen=True, slots=True)
class ExponentialRefill:
    """Synthetic books: half of what is missing comes back every half-life, whatever the source does."""

    half_life_ns: int
    source_restores: bool = False

    def left(self, taken: float, age_ns: int) -> float:
        """Decays by half every half-life; 0 half-life means that depth is back at once."""
        if age_ns >= self.half_life_ns * _HALF_LIVES_KEPT:
            return 0.0
        return float(taken * 0.5 ** (age_ns / self.half_life_ns))


@dataclass(frozen=True, slots=True)
class TapeRefill:
    """Recorded books: what we took stays missing until the tape itself changes that level."""

    source_restores: bool = True

    def left(self, taken: float, age_ns: int) -> float:
        """All of it, at any age."""
        return taken


class SideDepth:
    """One side of a book. `better` orders its prices: asks rise from the best, bids fall."""

    def __init__(self, side: Side, refill: Refill) -> None:
        self._sign = 1 if side is Side.SELL else -1
        self._refill = refill
        self._source: dict[int, int] = {}
        self._taken: dict[int, tuple[float, int]] = {}
        self.resting: dict[int, int] = {}
        self.shown: dict[int, int] = {}
        self.sequence: dict[int, int] = {}

    def set_source(self, rows: tuple[Row, ...]) -> None:
        """Replace what the source says."""
        source = dict(rows)
        if self._refill.source_restores and self._taken:
            self._taken = {t: v for t, v in self._taken.items() if source.get(t) == self._source.get(t)}
        self._source = source

    def visible(self, now_ns: int) -> dict[int, int]:
        """What the source offers now after consumption, in steps by tick; our resting orders not included."""
        if not self._taken:
            return self._source
        self._forget(now_ns)
        visible = dict(self._source)
        for tick, (taken, at_ns) in self._taken.items():
            if tick in visible:
                visible[tick] -= int(self._refill.left(taken, now_ns - at_ns) + _HALF)
        return {tick: steps for tick, steps in visible.items() if steps > 0}

    def take(self, tick: int, steps: int, now_ns: int) -> None:
        """Somebody took `steps` of the source's depth at `tick`."""
        taken, at_ns = self._taken.get(tick, (0.0, now_ns))
        self._taken[tick] = (self._refill.left(taken, now_ns - at_ns) + steps, now_ns)

    def rest(self, tick: int, steps: int) -> None:
        """An order of a paper account rests (positive) or leaves (negative) at `tick`."""
        total = self.resting.get(tick, 0) + steps
        if total:
            self.resting[tick] = total
        else:
            del self.resting[tick]

    def best_first(self, ticks: dict[int, int]) -> Iterator[Row]:
        """The rows of `ticks` from the best price on."""
        return iter(sorted(ticks.items(), key=lambda row: row[0] * self._sign))

    def change(self, now_ns: int) -> tuple[Row, ...]:
        """What has to be published since the last call: (tick, steps) with 0 for levels that are gone."""
        now = self._with_resting(self.visible(now_ns))
        before, self.shown = self.shown, dict(now)
        if now == before:
            return ()
        changed = {tick: steps for tick, steps in now.items() if before.get(tick) != steps}
        changed.update((tick, 0) for tick in before if tick not in now)
        return tuple(self.best_first(changed))

    @property
    def touched(self) -> bool:
        """Whether consumed depth is still coming back."""
        return bool(self._taken)

    def _with_resting(self, visible: dict[int, int]) -> dict[int, int]:
        if not self.resting:
            return visible
        merged = dict(visible)
        for tick, steps in self.resting.items():
            merged[tick] = merged.get(tick, 0) + steps
        return merged

    def _forget(self, now_ns: int) -> None:
        """Drop consumption of which less than half a step is left."""
        kept = {t: v for t, v in self._taken.items() if self._refill.left(v[0], now_ns - v[1]) >= _HALF}
        self._taken = kept


class MarketBook:
    """Both sides of one instrument, and its index price (0 until the source spoke)."""

    def __init__(self, instrument: Instrument, refill: Refill) -> None:
        self.instrument = instrument
        self.index = Decimal(0)
        self.bids = SideDepth(Side.BUY, refill)
        self.asks = SideDepth(Side.SELL, refill)

    def side(self, side: Side) -> SideDepth:
        """The resting side: bids for BUY, asks for SELL."""
        return self.bids if side is Side.BUY else self.asks
