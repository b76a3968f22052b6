"""What a tape says once its frames are read: values only, the same for every venue."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final, TypeAlias

from common.core.errors import VenueError
from common.core.events import BookMessage, FundingRate, IndexPrice
from common.core.market import Instrument, Venue
from common.core.money import ZERO
from common.core.trade import Trade

#: what a market may be called; empty: all of a venue's
MARKET: Final = re.compile("[A-Z0-9]{0,20}")
#: finer than any grid of either venue
FINE: Final = Decimal("0.00000001")
#: who told: a connection of a run, or one answer of it
Source: TypeAlias = tuple[int, int]
InstrumentOf: TypeAlias = Callable[[Venue, str], Instrument]


@dataclass(frozen=True, slots=True)
class Page:
    """Trades heard together, oldest first. A `snapshot` shows the newest that there are, known or not; else all are
    new to their source. `full`: there may be older ones that it does not show.
    """

    trades: tuple[Trade, ...]
    snapshot: bool
    full: bool
    source: Source
    at_ns: int


@dataclass(frozen=True, slots=True)
class Gap:
    """From here on something is missing. Without a `topic` it is everything, and the market's book is unknown until
    the next snapshot; else only that (trades) is.
    """

    why: str
    at_ns: int
    dropped: int = 0
    topic: str = ""


Told: TypeAlias = BookMessage | Page | FundingRate | IndexPrice | Gap


@lru_cache(maxsize=1024)
def is_name(market: str) -> bool:
    """Whether a market may be called so."""
    return MARKET.fullmatch(market) is not None


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing of one market; `polled`: it answers a request, and says nothing of the time after it."""

    venue: Venue
    market: str
    told: Told
    polled: bool = False

    def __post_init__(self) -> None:
        # a market's name becomes part of files' names
        if not is_name(self.market):
            raise VenueError(f"{self.venue} names a market {self.market!r}")


def fine_instrument(venue: Venue, market: str) -> Instrument:
    """An instrument on the finest grid: what is read with it is exact."""
    name = f"{market}-USD" if venue is Venue.DYDX else f"{market}-USDC"
    return Instrument(venue, market, name, FINE, FINE, FINE, ZERO, ZERO, ZERO)
