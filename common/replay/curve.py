"""A line of equity over time in a bounded number of points: the longer it gets, the coarser."""

POINTS_MAX = 4096


class Curve:
    """Points no nearer to each other than a spacing that doubles whenever there are too many."""

    def __init__(self, spacing_ns: int) -> None:
        self._spacing_ns = spacing_ns
        self._points: list[tuple[int, int]] = []

    def add(self, at_ns: int, equity_uusd: int) -> None:
        """Take in a point, unless the last one is nearer than the spacing."""
        if self._points and at_ns - self._points[-1][0] < self._spacing_ns:
            return
        self._points.append((at_ns, equity_uusd))
        if len(self._points) > POINTS_MAX:
            self._spacing_ns *= 2
            del self._points[1::2]

    def end(self, at_ns: int, equity_uusd: int) -> tuple[tuple[int, int], ...]:
        """All points, with this one as the last."""
        return (*(point for point in self._points if point[0] < at_ns), (at_ns, equity_uusd))
