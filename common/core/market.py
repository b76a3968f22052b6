"""What is traded where: venues, sides, directions and instruments. Pure values."""

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum, StrEnum

from common.core.errors import ConfigError


class Venue(StrEnum):
    """A place that matches orders."""

    DYDX = "dydx"
    APEX = "apex"


class Side(StrEnum):
    """Which way an order moves our position."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """+1 for BUY, -1 for SELL: what a fill of this side does to the position."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> "Side":
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class Direction(IntEnum):
    """Which venue is sold: the signs of the original `arbitrage_count`."""

    SELL_APEX = 1
    SELL_DYDX = -1

    @property
    def sell_venue(self) -> Venue:
        """The venue where an opening deal of this direction sells."""
        return Venue.APEX if self is Direction.SELL_APEX else Venue.DYDX

    @property
    def buy_venue(self) -> Venue:
        """The venue where an opening deal of this direction buys."""
        return Venue.DYDX if self is Direction.SELL_APEX else Venue.APEX

    @property
    def opposite(self) -> "Direction":
        """The direction that a close of this one trades in."""
        return Direction.SELL_DYDX if self is Direction.SELL_APEX else Direction.SELL_APEX

    def side_at(self, venue: Venue) -> Side:
        """The side of the opening leg at `venue`."""
        return Side.SELL if venue is self.sell_venue else Side.BUY


@dataclass(frozen=True, slots=True)
class Instrument:
    """A market as listed at one venue; grid and margins as the venue told us.

    Fees and margin fractions are fractions of notional (0.0005 = 5 bp).
    """

    venue: Venue
    market: str
    name: str
    tick: Decimal
    step: Decimal
    min_size: Decimal
    taker_fee: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    online: bool = True
    #: the venue takes fill-or-kill orders; without it both legs go immediate-or-cancel
    fill_or_kill: bool = True

    def __post_init__(self) -> None:
        for field in ("tick", "step", "min_size"):
            if getattr(self, field) <= 0:
                raise ConfigError(f"{self.venue} {self.name}: {field} must be above 0")

    def price(self, ticks: int) -> Decimal:
        """A price in USD from whole ticks."""
        return self.tick * ticks

    def size(self, steps: int) -> Decimal:
        """A size in base from whole steps."""
        return self.step * steps

    def steps(self, size: Decimal) -> int:
        """How many whole steps fit into `size`."""
        return int(size / self.step)

    def refuse_size(self, size: Decimal) -> str | None:
        """Why `size` cannot be ordered here, or None when it can."""
        if size < self.min_size:
            return f"{self.venue} {self.name}: size {size} is below the minimum {self.min_size}"
        if size % self.step:
            return f"{self.venue} {self.name}: size {size} is not a multiple of the step {self.step}"
        if not self.fill_or_kill and size < 2 * self.min_size:
            return (
                f"{self.venue} {self.name}: without fill-or-kill, size {size} must be twice the minimum {self.min_size}"
            )
        return None
