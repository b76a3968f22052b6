"""A trade: someone else's execution, as a venue published it. Recorded and counted, never ours."""

from dataclasses import dataclass
from decimal import Decimal

from common.core.market import Side, Venue


@dataclass(frozen=True, slots=True)
class Trade:
    """`trade_id` is empty where the venue gives none (dYdX); `side_text`, `time_text`: as the venue wrote them."""

    venue: Venue
    market: str
    side: Side
    size: Decimal
    price: Decimal
    venue_ns: int
    at_ns: int
    trade_id: str = ""
    liquidation: bool = False
    side_text: str = ""
    time_text: str = ""
