"""How long this order and its report are under way: drawn by seed and client id, so that no draw depends on another."""

from math import log
from random import Random

from common.core.market import Venue
from common.replay.terms import Way, Ways

MS_NS = 1_000_000
#: standard deviations between the median and what one in a hundred exceeds
Z99 = 2.3263478740408408
#: nothing takes longer: a request would have been given up
LONGEST_NS = 4_000_000_000


class Latency:
    """One venue's; `slowness` multiplies everything that is drawn."""

    def __init__(self, ways: Ways, venue: Venue, seed: int, slowness: float = 1.0) -> None:
        self._ways, self._salt, self._slowness = ways, f"{seed}/{venue}", slowness
        #: what the tape shows at a moment stood at the venue so long before
        self.feed_ns = int(float(ways.feed_ms) * MS_NS * slowness)

    def order_ns(self, client_id: str) -> int:
        """From the decision to the matching engine."""
        return self._drawn(self._ways.order, "order", client_id)

    def answer_ns(self, client_id: str) -> int:
        """From there to our hearing the request's answer."""
        return self._drawn(self._ways.report, "answer", client_id)

    def push_ns(self, about: str) -> int:
        """From there to our hearing of it on the account stream."""
        return self._drawn(self._ways.report, "push", about)

    def _drawn(self, way: Way, what: str, about: str) -> int:
        median = float(way.median)
        if way.p99 == way.median:
            drawn = median
        else:
            sigma = log(float(way.p99) / median) / Z99
            drawn = Random(f"{self._salt}/{what}/{about}").lognormvariate(log(median), sigma)
        return min(int(drawn * MS_NS * self._slowness), LONGEST_NS)
