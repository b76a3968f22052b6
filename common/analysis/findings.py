"""What was measured of two places in one market. Values only, in the order in which a person asks for them.

`_share` is a fraction of the time in which both books were believed; `_bps` basis points of the price.
"""

from collections.abc import Mapping
from dataclasses import dataclass

#: (x, y) of a curve
Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long the spread stayed above `over_bps` each time; `cut`: runs that ended because nobody looked on."""

    over_bps: float
    runs: int
    cut: int
    median_s: float | None
    p90_s: float | None
    longest_s: float | None
    #: (seconds, share of the runs that lasted longer)
    survival: Points


@dataclass(frozen=True, slots=True)
class Deep:
    """The spread for one size; `there_share` of the time both books were as deep."""

    size: float
    usd: float
    there_share: float
    mean_bps: float | None
    p95_bps: float | None
    highest_bps: float | None
    over_once_share: float


@dataclass(frozen=True, slots=True)
class Memory:
    """How long the spread remembers: correlation with itself (seconds, value), and when half of it is gone."""

    step_s: float
    correlation: Points
    half_life_s: float | None
    #: what the first step alone would make of it, if the spread were a simple decay
    decay_half_life_s: float | None


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the day, UTC, over all days."""

    hour: int
    seen_s: float
    mean_bps: float
    p95_bps: float
    over_once_share: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """A part of the line, for drawing: the lowest, the mean and the highest spread in it."""

    at_ns: int
    low_bps: float
    mean_bps: float
    high_bps: float


@dataclass(frozen=True, slots=True)
class Spread:
    """One direction: sell here, buy there."""

    direction: int
    sell: str
    buy: str
    mean_bps: float
    sd_bps: float
    lowest_bps: float
    p5_bps: float
    median_bps: float
    p95_bps: float
    p99_bps: float
    highest_bps: float
    mean_usd: float
    highest_usd: float
    over_zero_share: float
    over_once_share: float
    over_twice_share: float
    #: the size was not in both books
    thin_share: float
    #: (lower end of the bin in bps, share of the time in it); all of one width
    bins: Points
    bin_bps: float
    #: (bps, share of the time at or above)
    above: Points
    lasting: tuple[Lasting, ...]
    depth: tuple[Deep, ...]
    memory: Memory
    hours: tuple[Hour, ...]
    buckets: tuple[Bucket, ...]
    #: mean funding per hour that a position of this direction receives, basis points; None where none was told
    funding_bps: float | None


@dataclass(frozen=True, slots=True)
class Feed:
    """One place's books: how many, how often, and how old they were while they were compared."""

    place: str
    books: int
    usual_gap_s: float
    believed_s: float | None
    age_median_s: float | None
    age_p99_s: float | None
    #: (seconds, share of the time at which the book was not older)
    age: Points
    note: str


@dataclass(frozen=True, slots=True)
class Skew:
    """How far apart in time the two books were that were compared."""

    median_s: float | None
    p99_s: float | None
    within: Points


@dataclass(frozen=True, slots=True)
class PairFound:
    """Everything about one market at two places."""

    market: str
    first: str
    second: str
    size: float
    once_bps: float
    twice_bps: float
    from_ns: int
    to_ns: int
    #: seconds in which both books were believed, and in which they were not, by reason
    believed_s: float
    refused_s: Mapping[str, float]
    bucket_s: float
    spreads: tuple[Spread, ...]
    feeds: tuple[Feed, ...]
    skew: Skew
    #: (ns, first place's rate less second's, bps per hour)
    funding: Points

    @property
    def name(self) -> str:
        """As it is said and as files are named."""
        return f"{self.market} {self.first} {self.second}"

    @property
    def span_s(self) -> float:
        """How long both were recorded."""
        return (self.to_ns - self.from_ns) / 1e9
