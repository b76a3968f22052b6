"""What the paper venues remember of public trades: minutes of open, high, low, close and volume, for one day.

Only what this process saw: a venue that just started has no history and says so.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from common.sim.server.plain import NS_PER_SECOND
from common.sim.types import Print

MINUTE_NS = 60 * NS_PER_SECOND
DAY_NS = 1440 * MINUTE_NS
MINUTES_KEPT = 1440


@dataclass(frozen=True, slots=True)
class Bar:
    """Trades of one stretch of time; volumes in base and in USD."""

    start_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    base: Decimal
    quote: Decimal
    trades: int


class Bars:
    """Minute bars of every market, at most one day of them."""

    def __init__(self) -> None:
        self._minutes: dict[str, deque[Bar]] = {}

    def add(self, trade: Print) -> None:
        """Count one public trade."""
        minutes = self._minutes.setdefault(trade.market, deque(maxlen=MINUTES_KEPT))
        bar = _of(trade)
        if minutes and minutes[-1].start_ns == bar.start_ns:
            bar = joined((minutes.pop(), bar))
        minutes.append(bar)

    def day(self, market: str, now_ns: int) -> Bar | None:
        """The last 24 hours as one bar; None without a trade."""
        recent = [bar for bar in self._minutes.get(market, ()) if bar.start_ns > now_ns - DAY_NS]
        return joined(recent) if recent else None

    def of(self, market: str, minutes: int, most: int) -> list[Bar]:
        """Bars of `minutes` each, newest first, at most `most`; stretches without a trade are left out."""
        groups: dict[int, list[Bar]] = {}
        for bar in self._minutes.get(market, ()):
            groups.setdefault(bar.start_ns - bar.start_ns % (minutes * MINUTE_NS), []).append(bar)
        found = [replace(joined(bars), start_ns=start) for start, bars in groups.items()]
        return found[::-1][:most]


def joined(bars: Sequence[Bar]) -> Bar:
    """Bars in the order of time as one bar."""
    return Bar(
        start_ns=bars[0].start_ns,
        open=bars[0].open,
        high=max(bar.high for bar in bars),
        low=min(bar.low for bar in bars),
        close=bars[-1].close,
        base=_sum(bar.base for bar in bars),
        quote=_sum(bar.quote for bar in bars),
        trades=sum(bar.trades for bar in bars),
    )


def _of(trade: Print) -> Bar:
    price, start = trade.price, trade.at_ns - trade.at_ns % MINUTE_NS
    return Bar(start, price, price, price, price, trade.size, trade.size * price, 1)


def _sum(numbers: Iterable[Decimal]) -> Decimal:
    return sum(numbers, Decimal(0))
