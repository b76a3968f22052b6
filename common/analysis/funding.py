"""The difference of two places' funding rates over time: what a position of two legs receives. Pure."""

import math
from collections.abc import Iterable
from itertools import pairwise
from operator import itemgetter

from common.analysis.findings import Points
from common.analysis.terms import BPS

#: (ns, fraction of notional per hour)
Rates = Iterable[tuple[int, float]]


def difference(first: Rates, second: Rates, from_ns: int, to_ns: int) -> Points:
    """First less second in basis points per hour, from when both are known; each point stands until the next.

    The short leg receives its place's rate and the long leg pays its own: this is what +1 receives, and -1 pays.
    """
    now: list[float | None] = [None, None]
    found: list[tuple[float, float]] = []
    told = [(at_ns, which, rate) for which, rates in enumerate((first, second)) for at_ns, rate in rates]
    for at_ns, which, rate in sorted(told, key=itemgetter(0)):
        now[which] = rate
        a, b = now
        if a is None or b is None or at_ns > to_ns:
            continue
        point = (float(max(at_ns, from_ns)), (a - b) * BPS)
        if found and found[-1][0] == point[0]:
            found.pop()
        found.append(point)
    return tuple(found)


def mean(points: Points, to_ns: int) -> float | None:
    """The mean over the time from the first point to `to_ns`; None of nothing."""
    if not points or points[0][0] >= to_ns:
        return None
    stretches = [(b[0] - a[0], a[1]) for a, b in pairwise((*points, (float(to_ns), 0.0)))]
    return math.fsum(lasted * rate for lasted, rate in stretches) / (to_ns - points[0][0])
