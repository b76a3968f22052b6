"""Orders that wait for a price: which kinds there are, and when the index has reached a trigger. Pure.

That the paper venues look at the index is theirs: which price the real ones watch is documented for neither.
"""

from decimal import Decimal
from typing import Final

from common.core.market import Side, Venue
from common.sim.types import PlaceRequest

UNTRIGGERED: Final = "UNTRIGGERED"
#: stops wait for a price that moves against the holder, the others for one that moves for him
STOPS: Final = frozenset({"STOP_LIMIT", "STOP_MARKET"})
WAITING: Final = {
    Venue.DYDX: frozenset({"STOP_LIMIT", "TAKE_PROFIT"}),
    Venue.APEX: frozenset({"STOP_LIMIT", "STOP_MARKET", "TAKE_PROFIT_LIMIT", "TAKE_PROFIT_MARKET"}),
}


def waits(venue: Venue, kind: str) -> bool:
    """Whether orders of this kind wait for a price first."""
    return kind in WAITING[venue]


def is_market(kind: str) -> bool:
    """Whether an order of this kind never rests in the book."""
    return kind.endswith("MARKET")


def is_reached(request: PlaceRequest, index: Decimal) -> bool:
    """Whether the index has come to the trigger; False before it is known."""
    if request.trigger is None or not index:
        return False
    upwards = (request.side is Side.BUY) is (request.kind in STOPS)
    return index >= request.trigger if upwards else index <= request.trigger
