"""The power of the simulated machine: it fails now and then, and most of all just after something was sent.

What is not durable then is gone, every process with it; the venues go on.
"""

from collections.abc import Callable
from random import Random

from common.fleet.timeline import Timeline
from common.sim.faults import MS

#: how much likelier it fails in the moment in which a sent order is not durable yet
AHEAD = 20
#: and how soon it does then: before most answers are in, which make everything durable
SOON_NS = 40 * MS


class Power:
    """Fails with probability `share` per occasion; `cut` is what follows."""

    def __init__(self, share: float, timeline: Timeline, random: Random, cut: Callable[[], None]) -> None:
        self.share, self._timeline, self._random, self._cut = share, timeline, random, cut

    def strike(self) -> None:
        """Fail now, or not."""
        if self._happens(self.share):
            self._cut()

    def ahead(self) -> None:
        """Something was sent that is not durable yet: fail before it is, or not."""
        if self._happens(self.share * AHEAD):
            self._timeline.after(self._random.randrange(SOON_NS), self._fail)

    def _fail(self) -> None:
        if self.share:
            self._cut()

    def _happens(self, share: float) -> bool:
        return share > 0 and self._random.random() < share
