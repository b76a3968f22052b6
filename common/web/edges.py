"""How edges were distributed: what was seen, what finished deals were expected to keep, what they kept. Pure.

Seen is the better direction's best of each span, as many looks as there were spans. Basis points of a deal's notional.
What there is much of is counted while it is read, and not kept.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from common.core.deal import Deal, DealState, opening_price
from common.core.market import Venue
from common.core.money import BPS, usd
from common.result.earned import deal_pnl_uusd
from common.telemetry.rows import FleetRow, Refused, Row, Span

#: bars are so many basis points wide, the first of these that needs not more bars than BARS_MAX
WIDTHS: Final = (1, 2, 5, 10, 20, 50, 100, 500)
BARS_MAX: Final = 40
#: at either end so much of what was seen is counted into the last bar
TAIL: Final = 0.005


class Seen:
    """Counts edges by whole basis points, and by reason how often a reservation was refused and what it was worth."""

    def __init__(self) -> None:
        self.counts, self.refused, self.missed_uusd = Counter[int](), Counter[str](), Counter[str]()

    def through(self, rows: Iterable[Row]) -> Iterator[Span | FleetRow]:
        """Those rows that are merged into fewer."""
        for row in rows:
            if isinstance(row, Refused):
                self.refused[row.reason] += 1
                self.missed_uusd[row.reason] += row.edge_uusd
            elif isinstance(row, FleetRow):
                yield row
            elif isinstance(row, Span):
                if row.edge_bps:
                    self.counts[int(max(best for _, best in row.edge_bps.values()) // 1)] += 1
                yield row


def kept(deals: Iterable[Deal]) -> list[tuple[float, float]]:
    """Of each deal whose legs both filled and that is closed: what was expected, and what it kept."""
    found = []
    for deal in deals:
        prices = [opening_price(deal, venue) for venue in Venue]
        pnl_uusd = deal_pnl_uusd(deal, {}) if deal.state is DealState.CLOSED else None
        if pnl_uusd is not None and all(prices):
            notional = deal.size * max(prices)
            found.append((float(usd(deal.edge_uusd) / notional * BPS), float(usd(pnl_uusd) / notional * BPS)))
    return found


def bars(seen: Counter[int], deals: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Shares by bar: of all looks, and of all deals; empty lists where there is none of either."""
    expected = Counter(int(first // 1) for first, _ in deals)
    captured = Counter(int(second // 1) for _, second in deals)
    bounds = [bound for counts in (seen, expected, captured) if counts for bound in _bounds(counts)]
    if not bounds:
        return {"width": 1, "from": [], "seen": [], "expected": [], "captured": [], "looks": 0, "deals": 0}
    low, high = min(bounds), max(bounds)
    width = next((one for one in WIDTHS if (high - low) // one < BARS_MAX), WIDTHS[-1])
    begins = list(range(low // width * width, high + 1, width))
    return {
        "width": width,
        "from": begins,
        "seen": _shares(seen, begins, width),
        "expected": _shares(expected, begins, width),
        "captured": _shares(captured, begins, width),
        "looks": seen.total(),
        "deals": len(deals),
    }


def _bounds(counts: Counter[int]) -> tuple[int, int]:
    """The lowest and the highest, but for the tails."""
    beyond, values = counts.total() * TAIL, sorted(counts)
    return _first(values, counts, beyond), _first(values[::-1], counts, beyond)


def _first(values: Sequence[int], counts: Counter[int], beyond: float) -> int:
    passed = 0
    for value in values:
        passed += counts[value]
        if passed > beyond:
            return value
    return values[-1]


def _shares(counts: Counter[int], begins: Sequence[int], width: int) -> list[float]:
    """Of each bar; what lies beyond counts into the nearest."""
    sums = [0] * len(begins)
    for value, count in counts.items():
        sums[min(max((value - begins[0]) // width, 0), len(begins) - 1)] += count
    return [round(one / counts.total(), 5) for one in sums] if counts else []
