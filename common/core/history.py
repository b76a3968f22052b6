"""What a venue can still tell long after: our executions there, and the orders behind them. Pure values."""

from dataclasses import dataclass
from decimal import Decimal

from common.core.account import ForcedFill
from common.core.market import Side, Venue
from common.core.order import Fill, Lifetime, Report


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An order of our account as its venue describes it; whose it was is told by its client id alone.

    `lifetime` is None when it is one that we never send. `created_ns` is our clock's where the venue keeps it.
    """

    venue: Venue
    market: str
    side: Side
    size: Decimal
    limit: Decimal
    lifetime: Lifetime | None
    reduce_only: bool
    created_ns: int
    report: Report


@dataclass(frozen=True, slots=True)
class History:
    """Every execution of our account at one venue since a moment, in all markets; `orders` are those behind `fills`."""

    venue: Venue
    orders: tuple[PastOrder, ...] = ()
    fills: tuple[Fill, ...] = ()
    forced: tuple[ForcedFill, ...] = ()
