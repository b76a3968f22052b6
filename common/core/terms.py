"""The numbers a person chose for one market's trading. Pure values, checked once built."""

from dataclasses import dataclass
from decimal import Decimal

from common.core.errors import ConfigError

SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Terms:
    """Size, thresholds and waits of one market. `_bps` are basis points of notional, `_ns` nanoseconds."""

    market: str
    #: base size of one deal, the same at both venues
    size: Decimal
    #: "net" (edge after everything) or "original" (spread > 2 × fees)
    rule: str = "net"
    edge_min_bps: Decimal = Decimal(1)
    #: most live deals of this market at a time, so that one gap does not take the whole fleet's level
    market_deals_max: int = 2
    #: how far beyond the depth walk a limit may go, and how far it may be from the touch in all
    limit_slack_bps: Decimal = Decimal(3)
    slippage_max_bps: Decimal = Decimal(15)
    #: worst price of an evening order against the touch, first and last attempt
    even_band_bps: Decimal = Decimal(25)
    even_band_max_bps: Decimal = Decimal(150)
    even_attempts: int = 8
    #: the close target falls from the first to the second over `close_decay_ns`; flat at `max_hold_ns`
    close_min_bps: Decimal = Decimal(8)
    close_floor_bps: Decimal = Decimal(-30)
    close_decay_ns: int = 4 * 3600 * SECOND_NS
    max_hold_ns: int = 12 * 3600 * SECOND_NS
    #: trailing median of the spread of leaving: window, and how much of it must be seen before any entry
    median_window_ns: int = 60 * SECOND_NS
    median_warmup_ns: int = 15 * SECOND_NS
    #: a connection that was silent for longer makes its book stale
    feed_silence_max_ns: int = 2 * SECOND_NS
    #: expected holding time: scales the expected funding in the edge
    expected_hold_ns: int = 300 * SECOND_NS
    #: entries wait this long after start (set by a worker that was restarted often of late)
    start_wait_ns: int = 0

    def __post_init__(self) -> None:
        if self.size <= 0:
            raise ConfigError(f"markets.{self.market}.size must be above 0")
        if self.rule not in ("net", "original"):
            raise ConfigError(f'strategy.rule must be "net" or "original", not "{self.rule}"')
        if self.close_floor_bps > self.close_min_bps:
            raise ConfigError("strategy.close_floor_bps must not be above close_min_bps")
