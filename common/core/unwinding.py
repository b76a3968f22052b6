"""When the next unwind of an uneven deal may go out, and how far. Pure: from the deal's rows and the table alone.

The table counts from the first unwind, which goes out at once; it is found again in the rows after any crash. The run
of unwinds ends with any other order: a leg that is longer anew, after a forced or a late fill, begins at the top.
"""

from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile
from typing import TypeAlias

from common.core.deal import Deal, DealState, Even
from common.core.order import Order, Purpose
from common.core.terms import Terms


@dataclass(frozen=True, slots=True)
class Try:
    """Now, up to `bps` beyond the touch."""

    bps: Decimal


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet."""


@dataclass(frozen=True, slots=True)
class Spent:
    """The table is used up: a person has to look."""

    tried: int


Turn: TypeAlias = Try | Wait | Spent


def next_turn(deal: Deal, step: Even, terms: Terms, at_ns: int) -> Turn:
    """The turn of an uneven deal: the table once, then slowly while it is stuck (or finished, and uneven anew)."""
    tried = unwinds(deal, step)
    if deal.state is DealState.STUCK or (not deal.live and len(tried) >= len(terms.unwind)):
        return _slowly(deal, terms, at_ns)
    if len(tried) >= len(terms.unwind):
        return Spent(len(tried))
    rung = terms.unwind[len(tried)]
    if tried and at_ns < tried[0].created_ns + rung.after_ns:
        return Wait()
    return Try(rung.bps)


def unwinds(deal: Deal, step: Even) -> tuple[Order, ...]:
    """The orders of this step that were written last in a row, oldest first."""
    run = takewhile(lambda o: _is_of(o, step), reversed(deal.orders))
    return tuple(reversed(tuple(run)))


def _is_of(order: Order, step: Even) -> bool:
    return order.purpose is Purpose.EVEN and (order.venue, order.side) == (step.venue, step.side)


def _slowly(deal: Deal, terms: Terms, at_ns: int) -> Turn:
    if not terms.stuck_retry_ns or at_ns < deal.orders[-1].created_ns + terms.stuck_retry_ns:
        return Wait()
    return Try(terms.unwind[-1].bps)
