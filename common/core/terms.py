"""The numbers a person chose for one market's trading. Pure values, checked once built."""

from dataclasses import dataclass
from decimal import Decimal
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
    not_above,
    refuse_wrong,
)


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
    #: most of this market, so that one gap does not take the whole fleet's room: live deals, USD held, deals begun.
    #: Laws of the ledger, which has its own rows of them; these numbers are what it is first given
    market_deals_max: Count = 2
    market_notional_max_usd: Positive = Decimal(500)
    market_deals_per_minute: Count = 10
    market_deals_per_hour: Count = 200
    #: how far beyond the depth walk a limit may go, and how far it may be from the touch in all
    limit_slack_bps: Bps = Decimal(3)
    slippage_max_bps: Bps = Decimal(15)
    #: worst price of an evening order against the touch, first and last attempt
    even_band_bps: Bps = Decimal(25)
    even_band_max_bps: Bps = Decimal(150)
    even_attempts: Count = 8
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
                *not_above(self, "even_band_bps", "even_band_max_bps"),
                *not_above(self, "median_warmup_ns", "median_window_ns"),
            ),
        )
