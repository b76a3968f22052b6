"""Small pure functions over what the query engine has counted: quantiles, bins, runs, half-lives."""

import math
from collections.abc import Iterable, Sequence
from itertools import accumulate

from common.analysis.findings import Points

#: a value and the time (or number) for which it stood
Weighted = Sequence[tuple[float, float]]


def quantile(sorted_values: Weighted, part: float) -> float | None:
    """The least value at or below which at least `part` of the weight lies; None of nothing."""
    total = math.fsum(weight for _, weight in sorted_values)
    below = 0.0
    for value, weight in sorted_values:
        below += weight
        if weight > 0 and below >= part * total * (1 - 1e-12):
            return value
    return None


def at_or_above(sorted_values: Weighted, most: int = 400) -> Points:
    """(value, share of the weight at it or above), thinned to about `most` points; ends included."""
    total = math.fsum(weight for _, weight in sorted_values)
    if not total:
        return ()
    weights = [weight for _, weight in sorted_values]
    rest = list(accumulate(reversed(weights)))[::-1]
    points = [(value, above / total) for (value, _), above in zip(sorted_values, rest, strict=True)]
    every = max(1, len(points) // most)
    return (*points[:-1:every], points[-1])


def bins(sorted_values: Weighted, most: int = 80) -> tuple[float, Points]:
    """The width of a bin, and (lower end, share) of each one from the first value's to the last value's."""
    total = math.fsum(weight for _, weight in sorted_values)
    if not total:
        return 1.0, ()
    low, high = sorted_values[0][0], sorted_values[-1][0]
    width = round_width((high - low) / most)
    first, last = math.floor(low / width), math.floor(high / width)
    shares = [0.0] * (last - first + 1)
    for value, weight in sorted_values:
        shares[math.floor(value / width) - first] += weight / total
    return width, tuple(((first + n) * width, share) for n, share in enumerate(shares))


def round_width(least: float) -> float:
    """The smallest of …, 0.1, 0.2, 0.5, 1, 2, 5, … that is not below `least`; 0.05 at least."""
    if least <= 0.05:
        return 0.05
    power = 10.0 ** math.floor(math.log10(least))
    return next((power * times for times in (1, 2, 5) if power * times >= least * (1 - 1e-9)), power * 10)


def runs(changes: Iterable[tuple[int, int]], end_ns: int, rank: int) -> list[tuple[int, bool]]:
    """How long the rank was `rank` or more, each time: (nanoseconds, whether the end was not seen).

    `changes` are (time, rank) where the rank becomes another, in order; below 0 nobody looked on. The line ends at
    `end_ns`.
    """
    found: list[tuple[int, bool]] = []
    begun_ns: int | None = None
    for at_ns, now in changes:
        if now >= rank and begun_ns is None:
            begun_ns = at_ns
        elif now < rank and begun_ns is not None:
            found.append((at_ns - begun_ns, now < 0))
            begun_ns = None
    if begun_ns is not None:
        found.append((end_ns - begun_ns, True))
    return found


def survival(seconds: Sequence[float], most: int = 200) -> Points:
    """(seconds, share that lasted longer), from 1 down to 0, thinned to about `most` points."""
    ordered, count = sorted(seconds), len(seconds)
    points = [(lasted, 1 - number / count) for number, lasted in enumerate(ordered, start=1)]
    every = max(1, count // most)
    return tuple(points[every - 1 :: every]) if count else ()


def half_life(correlation: Points) -> float | None:
    """When the correlation first falls to a half, on straight lines between its points; None when it never does."""
    before = (0.0, 1.0)
    for lag, value in correlation:
        if value <= 0.5:
            return before[0] + (lag - before[0]) * (before[1] - 0.5) / (before[1] - value)
        before = (lag, value)
    return None


def decay_half_life(step_s: float, first: float | None) -> float | None:
    """The half-life of a simple decay that keeps `first` of itself in a step; None when it keeps none, or all."""
    if first is None or not 0 < first < 1:
        return None
    return step_s * math.log(0.5) / math.log(first)


def lags(samples: int, most: int = 24) -> tuple[int, ...]:
    """How many steps to look back: 1, then ever wider, up to a quarter of the samples."""
    longest = samples // 4
    if longest < 1:
        return ()
    return tuple(sorted({round(longest ** (n / (most - 1))) for n in range(most)}))


def share_by(points: Points, part: float) -> float | None:
    """Where a rising curve of shares reaches `part`, on straight lines; None when it does not."""
    before = (0.0, 0.0)
    for x, share in points:
        if share >= part:
            return x if share == before[1] else before[0] + (x - before[0]) * (part - before[1]) / (share - before[1])
        before = (x, share)
    return None
