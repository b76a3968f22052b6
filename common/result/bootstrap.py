"""How far a rate may be believed: the interval of a sum over time by the circular block bootstrap.

Profits come in clusters, so whole stretches of time are drawn, not single deals: the period is cut into even bins,
blocks of neighbouring bins are drawn with replacement (the end joins the beginning) until there is as much time as
before, and the sum is taken; 5 % of such sums lie below the interval and 5 % above it (Politis and Romano, "A circular
block-resampling procedure for stationary data", 1992). A block is a tenth of the period, so that clusters stay whole;
that leaves ten independent ones, and the interval is widened as Student's t asks for so few. It knows the hours it was
given and none else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Bins: TypeAlias = NDArray[np.int64]
Sums: TypeAlias = NDArray[np.float64]

DAY_NS: Final = 86_400 * 1_000_000_000
BINS: Final = 240
DRAWS: Final = 4000
#: with fewer things that happened nothing is said about a day
LEAST_DEALS: Final = 10
_SEED: Final = 5
_TAILS: Final = (5.0, 95.0)
BLOCKS: Final = 10
#: 95 % of Student's t with nine degrees of freedom over that of the normal, and the spread of ten about their own mean
_WIDER: Final = 1.833 / 1.645 * (10 / 9) ** 0.5


@dataclass(frozen=True, slots=True)
class Daily:
    """What a day like this period would bring, micro-USD: in the middle, and the 90 % interval that belongs to it."""

    uusd: int
    low_uusd: int
    high_uusd: int


def daily(earned: Sequence[tuple[int, int]], from_ns: int, to_ns: int) -> Daily | None:
    """From (when, µUSD) of each deal in the period; None when that is too little to say anything."""
    if len(earned) < LEAST_DEALS or to_ns <= from_ns:
        return None
    low, high = interval(binned(earned, from_ns, to_ns))
    scale = DAY_NS / (to_ns - from_ns)
    return Daily(round(sum(uusd for _, uusd in earned) * scale), round(low * scale), round(high * scale))


def binned(earned: Sequence[tuple[int, int]], from_ns: int, to_ns: int) -> Bins:
    """µUSD by bin; what lies outside of the period counts to its first or last bin."""
    bins = np.zeros(BINS, dtype=np.int64)
    for at_ns, uusd in earned:
        index = (at_ns - from_ns) * BINS // (to_ns - from_ns)
        bins[min(max(index, 0), BINS - 1)] += uusd
    return bins


def interval(bins: Bins) -> tuple[float, float]:
    """Within which the sum of such bins lies nine times out of ten."""
    whole = float(bins.sum())
    low, high = (whole + _WIDER * (float(end) - whole) for end in np.percentile(resampled(bins), _TAILS))
    return low, high


def resampled(bins: Bins) -> Sums:
    """Sums over as many bins as there are, drawn in blocks; the same for the same bins."""
    length = len(bins) // BLOCKS
    around = np.concatenate([bins, bins[: length - 1]])
    sums = np.convolve(around, np.ones(length, dtype=np.int64), mode="valid")
    starts = np.random.default_rng(_SEED).integers(0, len(bins), size=(DRAWS, BLOCKS))
    drawn: Sums = sums[starts].sum(axis=1)
    return drawn
