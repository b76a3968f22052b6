"""What tests of several rooms share: both paper venues on loopback, in a thread of their own, with books that stand."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest

from common import clock
from common.core.market import Venue
from common.sim.accounts import AccountRecord, open_accounts
from common.sim.engine import PaperEngine, make_venue
from common.sim.enrolment import Enrolment
from common.sim.faults import Faults
from common.sim.server.bad_luck import Luck, spoil
from common.sim.server.mouth import Pacing, mouth
from common.sim.server.wire_server import WireServer
from common.sim.types import SourceBook
from common.venues import keys

Result = TypeVar("Result")
WAIT_S = 20.0
#: middle of each book in whole ticks of the venue: BTC at 40,000 and ETH at 2,000 USD
MIDDLES = {
    Venue.DYDX: {"BTC": 40_000, "ETH": 20_000},
    Venue.APEX: {"BTC": 80_000, "ETH": 40_000},
}
LEVELS = 5
Middles = Mapping[Venue, Mapping[str, int]]


class PaperHouse:
    """Both paper venues, served by a thread; the test talks to them over their ports."""

    def __init__(
        self,
        folder: Path,
        latency_s: float,
        spoiled: bool,
        middles: Middles,
        accounts: Mapping[Venue, AccountRecord] | None,
        now_ns: Callable[[], int],
    ) -> None:
        self._now_ns = now_ns
        self.accounts = open_accounts(folder) if accounts is None else accounts
        found = {venue: folder / f"{venue}config.ini" for venue in Venue}
        self.keys = {venue: keys.read(venue, path) for venue, path in found.items() if path.exists()}
        self.middles = middles
        self.engines = {venue: self._engine(venue) for venue in Venue}
        self._latency_s, self._spoiled, self._folder = latency_s, spoiled, folder
        self._luck: dict[Venue, tuple[Luck, ...]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.server = self.call(self._make)
        self.ports = self.wait(self.server.start(dict.fromkeys(Venue, 0)))
        self.ticks = asyncio.run_coroutine_threadsafe(self.server.run(), self._loop)

    def url(self, venue: Venue) -> str:
        """Where the venue's REST answers."""
        return f"http://127.0.0.1:{self.ports[venue]}"

    def enrolment_file(self, venue: Venue) -> Path:
        """Where the venue keeps who was onboarded."""
        return self._folder / f"{venue}.jsonl"

    def wait(self, work: Any) -> Any:
        """The result of a coroutine that runs in the venues' thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)

    def call(self, work: Callable[[], Result]) -> Result:
        """The result of a function that runs in the venues' thread, between two of their requests."""

        async def run() -> Result:
            return work()

        return self.wait(run())  # type: ignore[no-any-return]

    def show(self, venue: Venue, market: str, shift: int = 0, steps: int = 1000) -> None:
        """Let the source show a book of five levels a side, `shift` ticks off its middle."""
        middle = self.middles[venue][market] + shift
        bids = tuple((middle - n, steps) for n in range(1, LEVELS + 1))
        asks = tuple((middle + n, steps) for n in range(1, LEVELS + 1))
        instrument = self.engines[venue].instruments[market]
        book = SourceBook(venue, market, bids, asks, instrument.price(middle))
        self.call(lambda: self.engines[venue].apply(book, self._now_ns()))

    def suffer(self, venue: Venue, **shares: float) -> None:
        """From now on these faults befall the venue, and no others; it was made `spoiled`."""

        def load() -> None:
            for luck in self._luck[venue]:
                luck.faults = Faults(**shares)  # type: ignore[arg-type]

        self.call(load)

    def close(self) -> None:
        """Stop serving."""
        self.ticks.cancel()
        self.wait(self.server.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_S)
        self._loop.close()

    def _engine(self, venue: Venue) -> PaperEngine:
        engine = make_venue(venue, seed=1)
        engine.open_account(self.accounts[venue].account_id, Decimal(1000), self._now_ns())
        return engine

    def _make(self) -> WireServer:
        pacing = Pacing(latency_s=self._latency_s, batch_s=0.02, ticker_s=0.05)
        mouths = {}
        for venue, engine in self.engines.items():
            driven = {market: engine.listings[market] for market in self.middles[venue]}
            mouths[venue] = mouth(
                engine,
                driven,
                [self.accounts[venue]],
                now_ns=self._now_ns,
                pacing=pacing,
                enrolment=Enrolment(venue, self.enrolment_file(venue), Decimal(1000)),
            )
            if self._spoiled:
                self._luck[venue] = spoil(mouths[venue], Faults(), "1")
        self.mouths = mouths
        return WireServer(mouths)


@pytest.fixture
def make_paper_house(tmp_path: Path) -> Iterator[Callable[..., PaperHouse]]:
    """Makes paper venues; all are stopped when the test ends."""
    made: list[PaperHouse] = []

    def make(
        latency_s: float = 0.0,
        *,
        spoiled: bool = False,
        middles: Middles = MIDDLES,
        accounts: Mapping[Venue, AccountRecord] | None = None,
        now_ns: Callable[[], int] = clock.now_ns,
    ) -> PaperHouse:
        house = PaperHouse(tmp_path / str(len(made)), latency_s, spoiled, middles, accounts, now_ns)
        made.append(house)
        for venue, markets in middles.items():
            for market in markets:
                house.show(venue, market)
        return house

    yield make
    for house in made:
        house.close()


@pytest.fixture
def paper_house(make_paper_house: Callable[..., PaperHouse]) -> PaperHouse:
    """Paper venues without latency, five levels a side around BTC 40,000 and ETH 2,000."""
    return make_paper_house()
