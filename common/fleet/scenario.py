"""Books for a simulated fleet: few levels, coarse steps in time, and gaps between the venues often enough to trade."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from common.core.market import Venue
from common.sim.listings import Listing
from common.sim.types import SourceBook

#: price in USD, and the size of one ordinary deal
PRICES_USD = {
    "BTC": 37_000.0, "ETH": 2_030.0, "LINK": 14.3, "LTC": 70.0, "AVAX": 21.0,
    "ATOM": 9.3, "DOGE": 0.079, "BCH": 228.0, "MATIC": 0.82, "SOL": 58.0,
}  # fmt: skip
SIZES = {
    "BTC": "0.001", "ETH": "0.01", "LINK": "1", "LTC": "0.5", "AVAX": "1",
    "ATOM": "1", "DOGE": "300", "BCH": "0.2", "MATIC": "30", "SOL": "1",
}  # fmt: skip
LEVELS = 5
HALF_SPREAD = 0.0002
GAP_SHARE, GAP_BPS, GAP_DECAY = 0.07, 90.0, 0.7
#: now and then the depth at the touch does not suffice for one of our orders
THIN_SHARE = 0.1
#: a venue's book moves in this share of the steps, unless there is a gap
MOVE_SHARE = 0.4


@dataclass
class Scenario:
    """One market's prices at both venues, moved a step at a time."""

    market: str
    random: Random
    mid: float = 0.0
    gap: float = 0.0

    def __post_init__(self) -> None:
        self.mid = PRICES_USD[self.market]

    def move(self) -> None:
        """One step: the mid wanders, the gap decays, now and then it jumps."""
        self.mid *= 1 + self.random.gauss(0, 0.0002)
        self.gap *= GAP_DECAY
        if self.random.random() < GAP_SHARE:
            sign = 1 if self.random.random() < 0.6 else -1
            self.gap = sign * GAP_BPS * (0.5 + self.random.random()) / 10_000

    def moves(self) -> bool:
        """Whether one venue's book is quoted anew in this step."""
        return abs(self.gap) > HALF_SPREAD or self.random.random() < MOVE_SHARE

    def book(self, venue: Venue, listing: Listing, size: Decimal) -> SourceBook:
        """What the source shows at `venue`; `size` is what our orders take, so that depth sometimes runs out."""
        tick = float(listing.instrument.tick)
        mid = self.mid * (1 + self.gap / 2 if venue is Venue.APEX else 1 - self.gap / 2)
        half = max(mid * HALF_SPREAD, tick)
        bid, ask = int((mid - half) / tick), int((mid + half) / tick) + 1
        steps = listing.instrument.steps(size)
        return SourceBook(
            venue=venue,
            market=self.market,
            bids=tuple([(bid - i, self._depth(steps)) for i in range(LEVELS)]),
            asks=tuple([(ask + i, self._depth(steps)) for i in range(LEVELS)]),
            index=Decimal(f"{mid:.6f}"),
        )

    def _depth(self, steps: int) -> int:
        draw = self.random.random
        most = steps if draw() < THIN_SHARE else 8 * steps
        return 1 + int(draw() * most)
