"""A virtual clock: things happen in the order of their time, and time is the time of what happens."""

from collections.abc import Callable
from heapq import heappop, heappush

#: where virtual time begins, nanoseconds UTC (14 November 2023)
BEGIN_NS = 1_700_000_000_000_000_000


class Timeline:
    """A queue of what is to happen when; equal times keep the order in which they were planned."""

    def __init__(self, begin_ns: int = BEGIN_NS) -> None:
        self.now_ns = begin_ns
        #: messages that are on their way: no world is at rest before they have arrived
        self.flying = 0
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._planned = 0

    def after(self, wait_ns: int, happening: Callable[[], None]) -> None:
        """Plan `happening` for `wait_ns` from now."""
        self._planned += 1
        heappush(self._queue, (self.now_ns + max(wait_ns, 0), self._planned, happening))

    def fly(self, wait_ns: int, arriving: Callable[[], None]) -> None:
        """Plan something that counts as being on its way until then."""
        self.flying += 1

        def landed() -> None:
            self.flying -= 1
            arriving()

        self.after(wait_ns, landed)

    def reach(self, at_ns: int) -> None:
        """Let everything happen that is due by `at_ns`; then it is `at_ns`."""
        while self._queue and self._queue[0][0] <= at_ns:
            self.step()
        self.now_ns = at_ns

    def step(self) -> bool:
        """Let the next thing happen; False when there is none."""
        if not self._queue:
            return False
        self.now_ns, _, happening = heappop(self._queue)
        happening()
        return True
