"""How far a rate may be believed: the interval of a sum over time by the circular block bootstrap.

Profits come in clusters, so whole stretches of time are drawn, not single deals: the period is cut into even bins,
blocks of neighbouring bins are drawn with replacement (the end joins the beginning) until there is as much time as
before, and the sum is taken; 5 % of such sums lie below the interval and 5 % above it (Politis and Romano, "A circular
block-resampling procedure for stationary data", 1992). It knows the hours it was given and none else.
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
    sums = resampled(binned(earned, from_ns, to_ns))
    scale = DAY_NS / (to_ns - from_ns)
    low, high = np.percentile(sums, _TAILS) * scale
    return Daily(round(sum(uusd for _, uusd in earned) * scale), round(float(low)), round(float(high)))


def binned(earned: Sequence[tuple[int, int]], from_ns: int, to_ns: int) -> Bins:
    """µUSD by bin; what lies outside of the period counts to its first or last bin."""
    bins = np.zeros(BINS, dtype=np.int64)
    for at_ns, uusd in earned:
        index = (at_ns - from_ns) * BINS // (to_ns - from_ns)
        bins[min(max(index, 0), BINS - 1)] += uusd
    return bins


def resampled(bins: Bins) -> Sums:
    """Sums over as many bins as there are, drawn in blocks; the same for the same bins."""
    length = round(len(bins) ** (1 / 3) * 2)
    blocks = -(-len(bins) // length)
    around = np.concatenate([bins, bins[: length - 1]])
    sums = np.convolve(around, np.ones(length, dtype=np.int64), mode="valid")
    starts = np.random.default_rng(_SEED).integers(0, len(bins), size=(DRAWS, blocks))
    drawn: Sums = sums[starts].sum(axis=1) * (len(bins) / (blocks * length))
    return drawn
