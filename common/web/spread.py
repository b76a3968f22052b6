"""What one market's two prices were apart over time, and where our deals were opened and closed in it. Pure.

Everything is ApeX less dYdX, basis points of dYdX. Between `low` (sell ApeX, buy dYdX) and `high` (buy ApeX, sell dYdX)
nobody can trade: a deal of +1 opens at low and closes at high, one of −1 the other way round.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from common.core.deal import Deal
from common.core.market import Venue
from common.core.money import BPS
from common.core.order import Fill, Purpose, standing
from common.ledger.story import Story
from common.telemetry.rows import Span

#: newest marks of one market that are drawn
MARKS_MAX: Final = 300
_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Traded:
    """Both legs of an opening, or of a closing, filled: how far their prices were apart."""

    deal_id: str
    at_ns: int
    direction: int
    is_open: bool
    bps: float


def apart(spans: Iterable[Span]) -> dict[str, list[float]]:
    """Times (seconds), low and high of one market's spans that have both books."""
    found: dict[str, list[float]] = {"t": [], "low": [], "high": []}
    for span in spans:
        if len(span.quotes) == len(Venue):
            (apex_sold, apex_bought), (dydx_sold, dydx_bought) = (
                tuple(map(Decimal, span.quotes[venue])) for venue in (Venue.APEX, Venue.DYDX)
            )
            found["t"].append(round(span.at_ns / _NS, 1))
            found["low"].append(_bps(apex_sold, dydx_bought))
            found["high"].append(_bps(apex_bought, dydx_sold))
    return found


def _bps(apex: Decimal, dydx: Decimal) -> float:
    return round(float((apex - dydx) / dydx * BPS), 2)


def marks(story: Story, market: str) -> list[dict[str, Any]]:
    """The newest openings and closings of a market, oldest first."""
    found = [one for deal in story.deals if deal.market == market for one in traded(story, deal)]
    return [
        {"t": round(one.at_ns / _NS, 1), "bps": one.bps, "open": one.is_open, "way": one.direction, "deal": one.deal_id}
        for one in sorted(found, key=lambda one: one.at_ns)[-MARKS_MAX:]
    ]


def traded(story: Story, deal: Deal) -> list[Traded]:
    """Where a deal was opened and closed: nothing while one of the two legs has not filled."""
    purposes = {order.client_id: order.purpose for order in deal.orders}
    found = []
    for purpose in (Purpose.OPEN, Purpose.CLOSE):
        fills = [fill for fill in standing(deal.fills) if purposes.get(fill.client_id) is purpose]
        apex, dydx = (_average([fill for fill in fills if fill.venue is venue]) for venue in (Venue.APEX, Venue.DYDX))
        if apex is not None and dydx is not None:
            at_ns = max(story.heard_ns[fill.venue, fill.fill_id] for fill in fills)
            found.append(Traded(deal.deal_id, at_ns, int(deal.direction), purpose is Purpose.OPEN, _bps(apex, dydx)))
    return found


def _average(fills: Sequence[Fill]) -> Decimal | None:
    size = sum(fill.size for fill in fills)
    return sum(fill.price * fill.size for fill in fills) / size if size else None
