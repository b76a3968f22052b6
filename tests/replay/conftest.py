"""What the tests of the replay share: settings with few markets, and tapes forged book by book."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from common import settings
from common.core.market import Venue
from common.fleet.timeline import BEGIN_NS
from common.replay.forge import Forge
from common.settings import Settings
from common.sim.listings import listings
from common.sim.types import BookChange

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000
LISTED = {venue: listings(venue, Decimal("0.0005")) for venue in Venue}
#: nothing is drawn: every order takes 100 ms there, 40 ms back, and the books 20 ms
EXACT = """
[replay]
dydx_order_ms = 100
dydx_order_p99_ms = 100
dydx_report_ms = 40
dydx_report_p99_ms = 40
dydx_feed_ms = 20
apex_order_ms = 100
apex_order_p99_ms = 100
apex_report_ms = 40
apex_report_p99_ms = 40
apex_feed_ms = 20
"""
SIZES = {"BTC": "0.001", "ETH": "0.01", "MATIC": "30", "LTC": "0.5", "DOGE": "300"}
Rows = list[tuple[int, int]]


@pytest.fixture
def make_config(tmp_path: Path) -> Callable[..., Settings]:
    """Settings of some markets, with latencies that are not drawn unless `more` says otherwise."""

    def make(*markets: str, more: str = EXACT, strategy: str = "median_warmup_s = 2") -> Settings:
        tables = "\n".join(f'[markets.{m}]\nsize = "{SIZES[m]}"' for m in markets or ("BTC",))
        file = tmp_path / "arb.toml"
        file.write_text(f"[strategy]\n{strategy}\n{more}\n{tables}\n")
        return settings.load(file, {})

    return make


class Tape:
    """BTC on whole dollars at dYdX, half dollars at ApeX; `at_ms` is counted from the tape's beginning."""

    def __init__(self, folder: Path, *markets: str) -> None:
        self.folder = folder
        self.markets = markets or ("BTC",)
        found = [LISTED[venue][market].instrument for venue in Venue for market in self.markets]
        self._forge = Forge(folder, found, BEGIN_NS)
        self._numbers = dict.fromkeys(Venue, 0)

    def at(self, at_ms: float) -> int:
        return BEGIN_NS + round(at_ms * MS_NS)

    def index(self, at_ms: float, price: int, market: str = "BTC") -> None:
        """Both venues' index."""
        for venue in Venue:
            self._forge.index(venue, market, Decimal(price), self.at(at_ms))

    def book(self, at_ms: float, venue: Venue, bids: Rows, asks: Rows, market: str = "BTC") -> None:
        """A whole book, (USD, steps)."""
        number = self._next(venue)
        sides = [tuple((self._ticks(venue, market, usd), n, number) for usd, n in side) for side in (bids, asks)]
        self._forge.book(venue, market, (sides[0], sides[1], number), self.at(at_ms))

    def change(self, at_ms: float, venue: Venue, bids: Rows, asks: Rows, market: str = "BTC") -> None:
        """A change of some levels."""
        number = self._next(venue)
        sides = [tuple((self._ticks(venue, market, usd), n, number) for usd, n in side) for side in (bids, asks)]
        self._forge.change(venue, BookChange(market, sides[0], sides[1], number, self.at(at_ms)), self.at(at_ms))

    def quiet(self, from_ms: int, until_ms: int, **mids: int) -> None:
        """Both books stand at 40,000 (`dydx`, `apex`: elsewhere), narrow and deep, and show that they live."""
        for venue in Venue:
            mid = mids.get(venue, 40_000)
            self.book(from_ms, venue, [(mid - 1, 5000), (mid - 2, 5000)], [(mid + 1, 5000), (mid + 2, 5000)])
        self.index(from_ms, 40_000)
        self.beat(from_ms, until_ms, **mids)

    def beat(self, from_ms: int, until_ms: int, **mids: int) -> None:
        """A change behind the touch every 200 ms at both venues."""
        for at_ms in range(from_ms + 200, until_ms, 200):
            for venue in Venue:
                self.change(at_ms, venue, [(mids.get(venue, 40_000) - 3, 5000 + at_ms // 200 % 7)], [])

    def gap(self, at_ms: int, *, bids: Rows, asks: Rows) -> None:
        """ApeX's book goes up from 40,000: old levels leave, these come; dYdX says something right after."""
        gone = [(39_999, 0), (39_998, 0), (39_997, 0)]
        self.change(at_ms, Venue.APEX, [*gone, *bids], [(40_001, 0), (40_002, 0), *asks])
        self.change(at_ms + 1, Venue.DYDX, [(39_990, 7)], [])

    def lost(self, at_ms: float, venue: Venue) -> None:
        """The venue's connection broke and stands again."""
        self._forge.lost(venue, "BTC", self.at(at_ms))

    def done(self) -> Path:
        """The finished tape."""
        self._forge.close()
        return self.folder

    def _next(self, venue: Venue) -> int:
        self._numbers[venue] += 1
        return self._numbers[venue]

    def _ticks(self, venue: Venue, market: str, usd: int) -> int:
        return int(usd / LISTED[venue][market].instrument.tick)


@pytest.fixture
def make_tape(tmp_path: Path) -> Callable[..., Tape]:
    """Tapes, each in a folder of its own."""
    made: list[Tape] = []

    def make(*markets: str) -> Tape:
        made.append(Tape(tmp_path / f"tape{len(made)}", *markets))
        return made[-1]

    return make
