"""What a venue says about our account that belongs to no order of ours. Pure values.

Desks produce them, the ledger keeps them; neither has to know the other.
"""

from dataclasses import dataclass
from decimal import Decimal

from common.core.market import Venue


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
    """A fill of our account, in `market`, that belongs to no order of ours (liquidation, auto-deleveraging)."""

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
class FundingPaid:
    """A funding payment booked to our account; `payment_uusd` is positive when we received it."""

    venue: Venue
    payment_id: str
    market: str
    payment_uusd: int
    venue_ns: int
