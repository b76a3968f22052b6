"""What is asked: which two places, for which size, at which fees. Values only."""

from dataclasses import dataclass
from typing import Final

from common.analysis.series import SECOND_NS, Series, Span
from common.core.market import Venue

BPS: Final = 10_000
#: the sizes that are walked, as multiples of one deal
DEPTH: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
#: the line is looked at in steps of so many seconds at least; each divides an hour
STEPS_S: Final = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600)
STEPS_MAX: Final = 2_000_000
#: a sampled book is believed for so many of its usual intervals
PATIENCE: Final = 1.5


@dataclass(frozen=True, slots=True)
class Asked:
    """Size in base (0: the touch) and taker fees of both places in basis points."""

    size: float
    first_fee_bps: float
    second_fee_bps: float
    silence_ns: int = 2 * SECOND_NS

    @property
    def once_bps(self) -> float:
        """Both legs once: what opening costs."""
        return self.first_fee_bps + self.second_fee_bps

    @property
    def twice_bps(self) -> float:
        """Both legs twice: what opening and closing costs."""
        return 2 * self.once_bps

    @property
    def sizes(self) -> tuple[float, ...]:
        """The sizes to walk; the first one is the deal's."""
        return tuple(round(self.size * times, 12) for times in DEPTH) if self.size else (0.0,)


@dataclass(frozen=True, slots=True)
class Side:
    """A series as one side of a pair: its span, and how long one of its books is believed (None: its rows say)."""

    series: Series
    span: Span
    believed_ns: int | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two places of one market. The first direction (+1) sells at `first`, the second (-1) sells at `second`."""

    first: Side
    second: Side

    @property
    def market(self) -> str:
        """The market of both."""
        return self.first.series.market

    @property
    def from_ns(self) -> int:
        """When both were heard."""
        return max(self.first.span.first_ns, self.second.span.first_ns)

    @property
    def to_ns(self) -> int:
        """When one of them was heard last: nothing is said of the time after it."""
        return min(self.first.span.last_ns, self.second.span.last_ns)

    @property
    def step_ns(self) -> int:
        """How often the line is looked at: no finer than the books come, and at most STEPS_MAX times."""
        usual_ns = max(self.first.span.usual_gap_ns, self.second.span.usual_gap_ns)
        least_s = max(usual_ns, (self.to_ns - self.from_ns) // STEPS_MAX) / SECOND_NS
        return next((step for step in STEPS_S if step >= least_s), STEPS_S[-1]) * SECOND_NS


def side(series: Series, span: Span, silence_ns: int) -> Side:
    """A series with the time for which its books are believed: as long as a trader does, longer where it is rarer."""
    believed_ns = max(silence_ns, round(span.usual_gap_ns * PATIENCE)) if series.sampled else None
    return Side(series, span, believed_ns)


def pair(one: Side, other: Side) -> Pair:
    """Both sides in their order: ApeX before dYdX, so that +1 sells ApeX; others by name."""
    first, second = sorted((one, other), key=lambda side: side.series.place)
    assert sorted(Venue) == [Venue.APEX, Venue.DYDX], "the house's +1 sells ApeX"
    return Pair(first, second)
