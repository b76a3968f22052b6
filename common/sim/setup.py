"""How one paper venue is set: what stays the same from its first to its last order, and its words for endings."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from common.core.market import Venue
from common.sim import ids
from common.sim.depth import Refill
from common.sim.fees import FeeSchedule
from common.sim.listings import Listing


class Ending(StrEnum):
    """Why an order ended without being filled whole."""

    USER = "user"
    EXPIRED = "expired"
    UNFILLED = "unfilled"
    WOULD_CROSS = "would_cross"
    SELF_TRADE = "self_trade"
    REDUCE_ONLY = "reduce_only"
    POOR = "poor"
    TAKEN_OVER = "taken_over"


_WORDS: dict[Venue, dict[Ending, str]] = {
    Venue.DYDX: {
        Ending.USER: "USER_CANCELED",
        Ending.EXPIRED: "EXPIRED",
        Ending.UNFILLED: "COULD_NOT_FILL",
        Ending.WOULD_CROSS: "POST_ONLY_WOULD_CROSS",
        Ending.SELF_TRADE: "SELF_TRADE",
        Ending.REDUCE_ONLY: "REDUCE_ONLY_RESIZED",
        Ending.POOR: "UNDERCOLLATERALIZED",
        Ending.TAKEN_OVER: "UNDERCOLLATERALIZED",
    },
    Venue.APEX: {
        Ending.USER: "USER_CANCELED",
        Ending.EXPIRED: "EXPIRED",
        Ending.UNFILLED: "COULD_NOT_FILL",
        Ending.WOULD_CROSS: "COULD_NOT_FILL",
        Ending.SELF_TRADE: "COULD_NOT_FILL",
        Ending.REDUCE_ONLY: "REDUCE_ONLY_CANCELED",
        Ending.POOR: "INTERNAL_FAILED",
        Ending.TAKEN_OVER: "LIQUIDATE_CANCELED",
    },
}


@dataclass(frozen=True, slots=True)
class Setup:
    """A paper venue's fixed numbers; `race_lost` is the share of orders that somebody else beats to their depth."""

    venue: Venue
    seed: int
    listings: dict[str, Listing]
    schedule: FeeSchedule
    refill: Refill
    race_lost: Decimal

    def loses_race(self, client_id: str) -> bool:
        """Whether the order with this client id is beaten; fixed by seed and id."""
        return ids.lost(self.seed, client_id, self.race_lost)

    def word(self, ending: Ending) -> str:
        """The venue's cancel reason."""
        return _WORDS[self.venue][ending]
