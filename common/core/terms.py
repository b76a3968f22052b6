"""The numbers a person chose for one market's trading. Pure values, checked once built."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from common.core.bounds import SECOND_NS as SECOND_NS
from common.core.bounds import (
    Bps,
    Count,
    DurationNs,
    NetBps,
    PatienceNs,
    Positive,
    SignedBps,
    Wrong,
    not_above,
    refuse_wrong,
)


@dataclass(frozen=True, slots=True)
class Rung:
    """One row of the table of unwinds: when, counted from the first, and how far beyond the touch it may go."""

    after_ns: int
    bps: Decimal


#: basis points of mid beyond half the spread
UNWIND = (
    Rung(0, Decimal(10)),
    Rung(SECOND_NS // 4, Decimal(25)),
    Rung(SECOND_NS, Decimal(60)),
    Rung(5 * SECOND_NS, Decimal(100)),
)
UNWIND_EXAMPLE = "for example [[0, 10], [0.25, 25], [1, 60], [5, 100]]"
#: no row is further from the touch, and none later
UNWIND_BPS_MAX, UNWIND_NS_MAX = Decimal(10_000), 3600 * SECOND_NS
#: what a trader has from its start to its end: books are walked, medians kept and deals evened by it
FOR_LIFE = ("market", "size", "median_window_ns", "median_warmup_ns", "start_wait_ns")


@dataclass(frozen=True, slots=True)
class Terms:
    """Size, thresholds and waits of one market. `_bps` are basis points of notional, `_ns` nanoseconds."""

    market: str
    #: base size of one deal, the same at both venues
    size: Positive
    #: "net" (edge after everything) or "original" (spread > 2 × fees)
    rule: Literal["net", "original"] = "net"
    #: net of the fees of opening and of leaving
    edge_min_bps: NetBps = Decimal(1)
    #: an edge that lacks less than this has its orders signed before it is enough; 0: never
    sign_ahead_bps: Bps = Decimal(3)
    #: most of this market, so that one gap does not take the whole fleet's room: live deals, USD held, deals begun.
    #: Laws of the ledger, which has its own rows of them; these numbers are what it is first given
    market_deals_max: Count = 2
    market_notional_max_usd: Positive = Decimal(500)
    market_deals_per_minute: Count = 10
    market_deals_per_hour: Count = 200
    #: how far beyond the depth walk a limit may go, and how far it may be from the touch in all
    limit_slack_bps: Bps = Decimal(3)
    slippage_max_bps: Bps = Decimal(15)
    #: an entry's limits may be so far from their venue's index, which must not be older than `index_age_max_ns`
    price_band_bps: Bps = Decimal(150)
    index_age_max_ns: PatienceNs = 60 * SECOND_NS
    #: the missing leg may be ordered once more within so long of being proven dead
    complete_within_ns: DurationNs = SECOND_NS // 4
    #: the reduce-only orders that even a deal, and how far from the index they may go at most
    unwind: tuple[Rung, ...] = UNWIND
    index_band_bps: Bps = Decimal(250)
    #: a deal that all of them did not even is stuck; it is tried again this often (0: only when a person says so)
    stuck_retry_ns: DurationNs = 15 * SECOND_NS
    #: a deal that was naked for so long is told about
    naked_alert_ns: PatienceNs = 3 * SECOND_NS
    #: the close target falls from the first to the second over `close_decay_ns`; flat at `max_hold_ns`
    close_min_bps: NetBps = Decimal(8)
    close_floor_bps: SignedBps = Decimal(-30)
    close_decay_ns: DurationNs = 4 * 3600 * SECOND_NS
    max_hold_ns: PatienceNs = 12 * 3600 * SECOND_NS
    #: trailing median of the spread of leaving: window, and how much of it must be seen before any entry
    median_window_ns: PatienceNs = 60 * SECOND_NS
    median_warmup_ns: DurationNs = 15 * SECOND_NS
    #: a connection that was silent for longer makes its book stale
    feed_silence_max_ns: PatienceNs = 2 * SECOND_NS
    #: what arrives later than this, by what pings say, makes its book stale
    feed_lag_max_ns: PatienceNs = SECOND_NS
    #: expected holding time: scales the expected funding in the edge
    expected_hold_ns: DurationNs = 300 * SECOND_NS
    #: entries wait this long after start (set by a worker that was restarted often of late)
    start_wait_ns: DurationNs = 0

    def __post_init__(self) -> None:
        refuse_wrong(
            f"markets.{self.market}",
            self,
            (
                *not_above(self, "close_floor_bps", "close_min_bps"),
                *not_above(self, "median_warmup_ns", "median_window_ns"),
                *_odd_rungs(self.unwind),
            ),
        )


def changed(old: Terms, new: Terms) -> Terms:
    """The new ones, as far as a trader at work takes them up: what is FOR_LIFE stays."""
    return replace(new, **{name: getattr(old, name) for name in FOR_LIFE})


def _odd_rungs(rungs: tuple[Rung, ...]) -> Iterator[Wrong]:
    """The table must begin at once and rise in both columns: what it says must be what happens."""
    if not rungs or rungs[0].after_ns != 0:
        yield Wrong(("unwind",), f"must begin with a row at 0 seconds, {UNWIND_EXAMPLE}")
    elif any(b.after_ns <= a.after_ns or b.bps < a.bps for a, b in pairwise(rungs)):
        yield Wrong(("unwind",), f"must rise from row to row, {UNWIND_EXAMPLE}")
    elif rungs[0].bps < 0 or rungs[-1].bps > UNWIND_BPS_MAX or rungs[-1].after_ns > UNWIND_NS_MAX:
        yield Wrong(("unwind",), f"must be 0 to 10000 basis points within an hour, {UNWIND_EXAMPLE}")
