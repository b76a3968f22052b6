"""[replay] of arb.toml: how long orders and reports take, and what they cost. Pure, checked once built.

Each way is drawn for each order from a log-normal distribution, given by its median and by what one in a hundred
exceeds. Both equal: it always takes so long.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

from common.core.bounds import Within, Wrong, refuse_wrong
from common.core.market import Venue

Milliseconds = Annotated[Decimal, Within("0", "10000")]


@dataclass(frozen=True, slots=True)
class Way:
    """How long one way takes, milliseconds: half is faster than `median`, one in a hundred slower than `p99`."""

    median: Decimal
    p99: Decimal


@dataclass(frozen=True, slots=True)
class Ways:
    """A venue's three ways: a decision to its matching, its matching to our hearing of it, its books to our tape."""

    order: Way
    report: Way
    feed_ms: Decimal


@dataclass(frozen=True, slots=True)
class ReplayTerms:
    """Latencies of both venues, and by which schedule fees are taken."""

    dydx_order_ms: Milliseconds = Decimal(120)
    dydx_order_p99_ms: Milliseconds = Decimal(300)
    dydx_report_ms: Milliseconds = Decimal(33)
    dydx_report_p99_ms: Milliseconds = Decimal(120)
    dydx_feed_ms: Milliseconds = Decimal(30)
    apex_order_ms: Milliseconds = Decimal(120)
    apex_order_p99_ms: Milliseconds = Decimal(300)
    apex_report_ms: Milliseconds = Decimal(33)
    apex_report_p99_ms: Milliseconds = Decimal(120)
    apex_feed_ms: Milliseconds = Decimal(30)
    #: "flat": paper.taker_fee at both venues; "tiers": dYdX v3's published schedule by 30-day volume there
    fees: Literal["flat", "tiers"] = "flat"

    def __post_init__(self) -> None:
        refuse_wrong("replay", self, self._slower_than_most())

    def ways(self, venue: Venue) -> Ways:
        """The latencies of one venue."""
        dydx = (self.dydx_order_ms, self.dydx_order_p99_ms, self.dydx_report_ms, self.dydx_report_p99_ms)
        apex = (self.apex_order_ms, self.apex_order_p99_ms, self.apex_report_ms, self.apex_report_p99_ms)
        order, order_p99, report, report_p99 = dydx if venue is Venue.DYDX else apex
        feed = self.dydx_feed_ms if venue is Venue.DYDX else self.apex_feed_ms
        return Ways(Way(order, order_p99), Way(report, report_p99), feed)

    def _slower_than_most(self) -> Iterator[Wrong]:
        for venue in Venue:
            for way in ("order", "report"):
                median, p99 = f"{venue}_{way}_ms", f"{venue}_{way}_p99_ms"
                if getattr(self, p99) < getattr(self, median):
                    yield Wrong((p99, median), f"must not be below {median} ({getattr(self, median)})")
                elif getattr(self, median) == 0 < getattr(self, p99):
                    yield Wrong((p99, median), f"must be 0 where {median} is: nothing is drawn around 0")
