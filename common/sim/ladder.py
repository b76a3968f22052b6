"""A synthetic book: two ladders on the instrument's grid that follow a mid price as market makers do.

A touch is quoted anew only once the mid has left it behind by a tolerance; between that, single levels grow, shrink,
come and go. So most updates change one to three levels, as in recorded books. Knows no time and no basis.
"""

from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from common.core.market import Instrument
from common.sim.habits import Habit

Row: TypeAlias = tuple[int, int]

LEVELS_MIN, LEVELS_MAX = 15, 20
#: the touch moves when it is this share of the spread (at least this many ticks) from where it should be
TOLERANCE, TOLERANCE_TICKS = 0.2, 0.6
#: spread of level sizes around their median (log), and how much of its old size a level keeps when it changes
SIZE_LOG_SD, SIZE_KEPT = 0.6, 0.5
#: now and then the touch is thin, so that an order has to walk
THIN_SHARE, THIN_USD = 0.03, (8.0, 80.0)
#: a touch that moves further than this many gaps at once starts a new ladder
LEAP_GAPS = 4


@dataclass(frozen=True, slots=True)
class Shape:
    """A habit on an instrument's grid at a given price: gaps in ticks, sizes in steps by level."""

    spread: float
    tolerance: float
    #: how far from the touch the ladder grows by itself, ticks
    reach: int
    gaps: tuple[int, ...]
    steps: tuple[float, ...]
    thin: tuple[float, float]
    resizes: float


def shape(instrument: Instrument, habit: Habit, price: float) -> Shape:
    """Put `habit` on the grid of `instrument` around `price` (USD)."""
    tick, step_usd = float(instrument.tick), float(instrument.step) * price
    per_bp = price / 1e4 / tick
    spread = max(1.0, habit.spread_bps * per_bp)
    gaps = [max(1, round(habit.gap_bps * per_bp * habit.growth ** max(0, n - 5))) for n in range(LEVELS_MAX)]
    top, near, far = (usd / step_usd for usd in habit.usd)
    steps = (top, *[near] * 4, *[far] * (LEVELS_MAX - 5))
    thin = (THIN_USD[0] / step_usd, THIN_USD[1] / step_usd)
    reach = sum(gaps[:LEVELS_MIN])
    return Shape(spread, max(TOLERANCE_TICKS, TOLERANCE * spread), reach, tuple(gaps), steps, thin, habit.resizes)


class SyntheticSide:
    """One side; `away` is +1 for asks and -1 for bids: the way from the mid outwards. `rows` is best first."""

    def __init__(self, away: int, shape: Shape, rng: Random) -> None:
        self._away, self._shape, self._rng = away, shape, rng
        self.rows: list[Row] = []

    @property
    def best(self) -> int:
        """The touch in ticks."""
        return self.rows[0][0]

    def requote(self, best: int) -> None:
        """Move the touch to `best` ticks."""
        outwards = (best - self.best) * self._away if self.rows else 0
        if not self.rows or -outwards > LEAP_GAPS * self._shape.gaps[0]:
            self.rows.clear()
        elif outwards > 0:
            self._retreat(best)
        elif len(self.rows) > 1 and abs(self.rows[1][0] - best) <= 2 * self._shape.gaps[0]:
            del self.rows[0]
        if not self.rows or self.rows[0][0] != best:
            self.rows.insert(0, (best, self._draw(0)))
        self._fill()

    def wander(self) -> None:
        """Change one level: its size, or whether it is there."""
        if self._rng.random() < self._shape.resizes:
            self._resize(int(len(self.rows) * self._rng.random() ** 2))
        elif len(self.rows) >= LEVELS_MAX or (len(self.rows) > LEVELS_MIN and self._rng.random() < 0.5):
            del self.rows[self._rng.randrange(1, len(self.rows))]
        else:
            self._squeeze_in(self._rng.randrange(len(self.rows)))

    def _retreat(self, best: int) -> None:
        """Drop the levels that stand inside the new touch."""
        inside = sum(1 for tick, _ in self.rows if (tick - best) * self._away < 0)
        del self.rows[:inside]

    def _fill(self) -> None:
        """Keep the number of levels within bounds by adding or dropping far ones."""
        del self.rows[LEVELS_MAX:]
        for level in range(len(self.rows), LEVELS_MIN):
            self._append(level)

    def _append(self, level: int) -> None:
        tick = self.rows[-1][0] + self._away * self._shape.gaps[level]
        if tick > 0:
            self.rows.append((tick, self._draw(level)))

    def _squeeze_in(self, level: int) -> None:
        """A new level between this one and the next, else at the far end; without room there, a new size."""
        ticks = [tick for tick, _ in self.rows[level : level + 2]]
        middle = sum(ticks) // 2
        if len(ticks) == 2 and middle not in ticks:
            self.rows.insert(level + 1, (middle, self._draw(level + 1)))
        elif abs(self.rows[-1][0] - self.best) < self._shape.reach:
            self._append(len(self.rows))
        else:
            self._resize(level)

    def _resize(self, level: int) -> None:
        tick, before = self.rows[level]
        after = round(before * SIZE_KEPT + self._draw(level) * (1 - SIZE_KEPT))
        self.rows[level] = (tick, after if after != before else before + 1)

    def _draw(self, level: int) -> int:
        """The size of a new level in steps."""
        if not level and self._rng.random() < THIN_SHARE:
            return max(1, round(self._rng.uniform(*self._shape.thin)))
        return max(1, round(self._shape.steps[level] * self._rng.lognormvariate(0, SIZE_LOG_SD)))


class SyntheticBook:
    """Both ladders of one instrument."""

    def __init__(self, instrument: Instrument, habit: Habit, price: float, rng: Random) -> None:
        self._tick = float(instrument.tick)
        self._shape = shape(instrument, habit, price)
        self._rng = rng
        self.bids = SyntheticSide(-1, self._shape, rng)
        self.asks = SyntheticSide(+1, self._shape, rng)

    def follow(self, price: float) -> None:
        """One update of the book: follow the mid `price` (USD), or let one level wander."""
        mid, half, slack = price / self._tick, self._shape.spread / 2, self._shape.tolerance
        bid, ask = mid - half, mid + half
        if not self.bids.rows:
            self.bids.requote(round(bid))
            self.asks.requote(max(round(ask), self.bids.best + 1))
            return
        moved = False
        if abs(self.bids.best - bid) > slack:
            self._quote(self.bids, self.asks, round(bid))
            moved = True
        if abs(self.asks.best - ask) > slack:
            self._quote(self.asks, self.bids, round(ask))
            moved = True
        if not moved:
            self._rng.choice((self.bids, self.asks)).wander()

    def _quote(self, side: SyntheticSide, other: SyntheticSide, best: int) -> None:
        """Move one touch; the other one gives way before the two meet."""
        away = 1 if side is self.asks else -1
        if (other.best - best) * away >= 0:
            other.requote(best - away)
        side.requote(best)
