"""How the synthetic books look: late-2023 prices, and per venue and market spread, spacing, sizes and update rates.

Numbers only. dYdX: medians of recorded dYdX v3 books of 2021 (ATOM was not recorded and lies between AVAX and LINK;
where a recorded spread is finer than today's tick, one tick it is). ApeX Pro was never recorded: its spreads and sizes
are chosen between those of its successor and of Binance, tighter than dYdX, a book every 100 ms.
The basis jumps are for the demo only and far beyond what was recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from common.core.market import Venue


@dataclass(frozen=True, slots=True)
class Nature:
    """A market's mid price in USD at the start and the median size of its demo basis jumps in basis points."""

    price: float
    jump_bps: float


@dataclass(frozen=True, slots=True)
class Habit:
    """A book's usual look; `growth` multiplies the gap from level to level behind the fifth."""

    spread_bps: float
    messages_per_s: float
    #: share of single-level changes that alter a size; the others add or remove a level
    resizes: float
    gap_bps: float
    growth: float
    #: USD at level 1, at levels 2 to 5, and behind
    usd: tuple[float, float, float]


NATURES: Mapping[str, Nature] = {
    "BTC": Nature(37000.0, 38.0),
    "ETH": Nature(2030.0, 35.0),
    "LINK": Nature(14.3, 57.0),
    "LTC": Nature(70.0, 50.0),
    "AVAX": Nature(21.0, 75.0),
    "ATOM": Nature(9.3, 55.0),
    "DOGE": Nature(0.079, 63.0),
    "BCH": Nature(228.0, 43.0),
    "MATIC": Nature(0.82, 56.0),
    "SOL": Nature(58.0, 56.0),
}

_DYDX: Mapping[str, Habit] = {
    "BTC": Habit(3.3, 13.1, 0.17, 1.8, 1.2, (2521, 2520, 30017)),
    "ETH": Habit(0.24, 55.8, 0.57, 0.4, 1.0, (802879, 200135, 129356)),
    "LINK": Habit(18.0, 10.5, 0.06, 6.0, 1.2, (19999, 49978, 5481)),
    "LTC": Habit(5.3, 7.5, 0.87, 5.3, 1.0, (545207, 168477, 11465)),
    "AVAX": Habit(35.0, 1.8, 0.21, 9.0, 1.25, (9995, 30020, 570)),
    "ATOM": Habit(26.5, 6.2, 0.13, 7.4, 1.2, (14997, 39999, 3025)),
    "DOGE": Habit(13.0, 13.1, 0.28, 8.5, 1.2, (19990, 40850, 8661)),
    "BCH": Habit(1.7, 3.2, 0.59, 1.7, 1.0, (28777, 102725, 12071)),
    "MATIC": Habit(17.0, 2.8, 0.26, 9.0, 1.2, (19992, 49997, 5865)),
    "SOL": Habit(18.0, 6.8, 0.03, 8.0, 1.2, (5002, 29925, 10012)),
}


def _apex(spread_bps: float, *usd: float) -> Habit:
    top, near, far = usd
    return Habit(spread_bps, 10.0, 0.6, spread_bps / 2, 1.1, (top, near, far))


_APEX: Mapping[str, Habit] = {
    "BTC": _apex(0.7, 20000, 8000, 15000),
    "ETH": _apex(1.0, 15000, 8000, 12000),
    "LINK": _apex(4.0, 3000, 4000, 6000),
    "LTC": _apex(4.3, 3000, 4000, 6000),
    "AVAX": _apex(7.0, 2000, 3000, 5000),
    "ATOM": _apex(6.0, 2000, 3000, 5000),
    "DOGE": _apex(8.0, 4000, 5000, 6000),
    "BCH": _apex(4.4, 3000, 4000, 6000),
    "MATIC": _apex(5.0, 2500, 3000, 5000),
    "SOL": _apex(4.0, 4000, 5000, 8000),
}

HABITS: Mapping[Venue, Mapping[str, Habit]] = {Venue.DYDX: _DYDX, Venue.APEX: _APEX}
#: ApeX sends what changed at a fixed beat; dYdX sends whenever something changed
BEATS: Mapping[Venue, bool] = {Venue.DYDX: False, Venue.APEX: True}
