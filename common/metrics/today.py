"""What telemetry has of today, counted row by row: since midnight UTC, whoever was started meanwhile. Pure.

A counter follows from the files of the day alone: it is the same after a restart, and falls to 0 at midnight.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypeAlias

from common.core.market import Side
from common.core.money import BPS
from common.telemetry.rows import MARKED_S, Mark, Naked, Refused, Row, Sent, Span

SECOND_NS: Final = 1_000_000_000
HANDOVER_S: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
NAKED_S: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0, 10.0, 30.0, 60.0)
#: above 0 is what we lost
LOST_BPS: Final = (-20.0, -10.0, -5.0, -2.0, -1.0, 0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
#: orders whose fills may still be marked
ORDERS_MAX: Final = 10_000
Labels: TypeAlias = tuple[str, ...]


@dataclass(slots=True)
class Spread:
    """How often a figure was at most each bound; one count more than bounds for what is above all of them."""

    bounds: Sequence[float]
    counts: list[int] = field(default_factory=list)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Nothing was seen."""
        self.counts, self.total = [0] * (len(self.bounds) + 1), 0.0

    def add(self, value: float) -> None:
        """One more."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Today:
    """The sums, by labels."""

    def __init__(self) -> None:
        self.refused: Counter[Labels] = Counter()
        self.seen: Counter[Labels] = Counter()
        self.said_ns: Counter[Labels] = Counter()
        self.sent: Counter[Labels] = Counter()
        self.handover_s: dict[Labels, Spread] = {}
        self.slippage_bps: dict[Labels, Spread] = {}
        self.markout_bps: dict[Labels, Spread] = {}
        self.reserve_s: dict[Labels, Spread] = {}
        self.naked_s: dict[Labels, Spread] = {}
        self.lost: Counter[Labels] = Counter()
        #: by client id the purpose of an order, and the price that it rested on
        self._orders: dict[str, tuple[str, Decimal | None]] = {}

    def begin(self) -> None:
        """A new day: what was counted stands at 0, so that its first rise is seen; it does not vanish."""
        for counted in (self.refused, self.seen, self.said_ns, self.sent, self.lost):
            counted.update({labels: -count for labels, count in counted.items()})
        for spreads in (self.handover_s, self.slippage_bps, self.markout_bps, self.reserve_s, self.naked_s):
            for spread in spreads.values():
                spread.clear()
        self._orders.clear()

    def count(self, row: Row) -> None:
        """One row more; looks of the fleet are not counted."""
        if isinstance(row, Span):
            self._span(row)
        elif isinstance(row, Refused):
            self.refused[row.market, row.reason] += 1
        elif isinstance(row, Sent):
            self._sent(row)
        elif isinstance(row, Naked):
            _spread(self.naked_s, (row.market,), NAKED_S).add(row.for_ns / SECOND_NS)
        elif isinstance(row, Mark):
            self._mark(row)

    def _span(self, row: Span) -> None:
        self.seen[row.market,] += row.seen
        for word, for_ns in row.said_ns.items():
            self.said_ns[row.market, word] += for_ns
        for venue, count in row.lost.items():
            self.lost[row.market, venue] += count

    def _sent(self, row: Sent) -> None:
        self.sent[row.market, row.venue, row.purpose] += 1
        _spread(self.handover_s, (row.venue, row.purpose), HANDOVER_S).add(row.took_ns / SECOND_NS)
        if row.reserve_ns:
            _spread(self.reserve_s, (), HANDOVER_S).add(row.reserve_ns / SECOND_NS)
        if len(self._orders) >= ORDERS_MAX:
            del self._orders[next(iter(self._orders))]
        self._orders[row.client_id] = (row.purpose, Decimal(row.expected) if row.expected else None)

    def _mark(self, row: Mark) -> None:
        price, sign = Decimal(row.price), Side(row.side).sign
        lost = sign * (price - Decimal(row.mid)) / price * BPS
        _spread(self.markout_bps, (row.venue, f"{row.after_s}s"), LOST_BPS).add(float(lost))
        purpose, expected = self._orders.get(row.client_id, ("", None))
        # every fill is marked several times, and counts once
        if row.after_s == MARKED_S[0] and expected:
            worse = sign * (price - expected) / expected * BPS
            _spread(self.slippage_bps, (row.venue, purpose), LOST_BPS).add(float(worse))


def _spread(spreads: dict[Labels, Spread], labels: Labels, bounds: Sequence[float]) -> Spread:
    return spreads.setdefault(labels, Spread(bounds))
