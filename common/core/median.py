"""The median of what was seen within a trailing window of time; silent until enough of it was seen."""

from bisect import bisect_left, insort
from collections import deque


class TrailingMedian:
    """Median of samples younger than `window_ns`; None until samples span `warmup_ns`."""

    def __init__(self, window_ns: int, warmup_ns: int) -> None:
        self._window_ns, self._warmup_ns = window_ns, warmup_ns
        self._samples: deque[tuple[int, float]] = deque()
        self._sorted: list[float] = []

    def add(self, at_ns: int, value: float) -> None:
        """Take in one sample; forget those that left the window."""
        self._samples.append((at_ns, value))
        insort(self._sorted, value)
        while self._samples[0][0] < at_ns - self._window_ns:
            _, old = self._samples.popleft()
            del self._sorted[bisect_left(self._sorted, old)]

    def value(self) -> float | None:
        """The (upper) median, or None while it is not warm."""
        if not self._samples or self._samples[-1][0] - self._samples[0][0] < self._warmup_ns:
            return None
        return self._sorted[len(self._sorted) // 2]
