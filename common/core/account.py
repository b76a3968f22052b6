"""What a venue says about our account that belongs to no order of ours. Pure values.

Desks produce them, the ledger keeps them; neither has to know the other.
"""

from dataclasses import dataclass
from decimal import Decimal

from common.core.market import Venue
from common.core.order import Fill, reversal


@dataclass(frozen=True, slots=True)
class Position:
    """One market's position at one venue: signed base size, average entry price, mark (oracle) price."""

    market: str
    size: Decimal
    entry: Decimal
    mark: Decimal


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the venue says our account is worth; `gross_uusd` is Σ |size × mark| over all its positions.

    `equity_uusd` is without `pending_uusd`, which has left for elsewhere and carries nothing any more. `at_ns` is when
    the venue was asked: an answer that was long under way is as old as its question.
    """

    venue: Venue
    equity_uusd: int
    gross_uusd: int
    positions: tuple[Position, ...]
    at_ns: int
    pending_uusd: int = 0


@dataclass(frozen=True, slots=True)
class ForcedFill:
    """A fill of our account, in `market`, that belongs to no order of ours (liquidation, auto-deleveraging).

    That one was taken back is told by another one, with the id of the first and `REVERSED` behind it.
    """

    venue: Venue
    fill_id: str
    market: str
    side: str
    price: Decimal
    size: Decimal
    fee_uusd: int
    venue_ns: int
    at_ns: int


@dataclass(frozen=True, slots=True)
class PastFill:
    """A fill of our account in `market` as the venue's history has it, and the order it names; None when forced.

    Histories name orders by the venue's id: the fill's `client_id` is empty where only that is told.
    """

    market: str
    venue_order_id: str | None
    fill: Fill


@dataclass(frozen=True, slots=True)
class FundingPaid:
    """A funding payment booked to our account; `payment_uusd` is positive when we received it."""

    venue: Venue
    payment_id: str
    market: str
    payment_uusd: int
    venue_ns: int


def forced_fill(market: str, fill: Fill, at_ns: int) -> ForcedFill:
    """A fill that no order of ours asked for, heard at `at_ns`."""
    return ForcedFill(
        venue=fill.venue,
        fill_id=fill.fill_id,
        market=market,
        side=fill.side.value,
        price=fill.price,
        size=fill.size,
        fee_uusd=fill.fee_uusd,
        venue_ns=fill.venue_ns,
        at_ns=at_ns,
    )


def taken_back(fill: Fill) -> tuple[Fill, Fill]:
    """A fill that its venue took back, as two facts: that it was, and that it is no more."""
    return fill, reversal(fill)
