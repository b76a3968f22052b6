"""Median, 99th percentile and largest of samples, and how they are written. Pure."""

from collections.abc import Sequence
from math import ceil
from statistics import median


def stat(name: str, samples: Sequence[float]) -> float:
    """One figure of samples that are there. The percentile is a sample, not a point between two."""
    if name == "median":
        return median(samples)
    if name == "max":
        return max(samples)
    return sorted(samples)[ceil(0.99 * len(samples)) - 1]


def written(value: float) -> str:
    """Three figures that count: 0.0123, 1.23, 12.3, 1,230."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3 if abs(value) >= 0.1 else 4
    return f"{value:.{digits}f}"
