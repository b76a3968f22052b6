"""Both paper venues of one contender, served by this process on ports of their own, with one BTC book that is moved.

Nothing of them is left out but their journal and their source: orders are verified, matched and told as ever.
"""

import asyncio
from decimal import Decimal
from functools import partial
from pathlib import Path

from common import clock
from common.core.market import Venue
from common.sim.accounts import open_accounts
from common.sim.engine import make_venue
from common.sim.server.mouth import Pacing, mouth
from common.sim.server.wire_server import WireServer
from common.sim.types import AccountChange, SourceBook
from scripts.benches.watch import MARK

MARKET = "BTC"
PRICE = 40_000
#: levels lie this far apart, and the touch half of `TOUCH` from the middle, in USD; a move is so many levels
SPACE, TOUCH, LEVELS = 5, 2, 20
BALANCE = Decimal(1_000_000)
DEEP = Decimal(50)
#: nothing waits on purpose: ApeX gathers changes for this long
PACING = Pacing(latency_s=0.0, batch_s=0.001)


class VenuePair:
    """Two engines, two mouths, one server."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.accounts = folder, open_accounts(folder)
        self.engines = {venue: make_venue(venue, seed=1) for venue in Venue}
        self.ports: dict[Venue, int] = {}
        self._shown, self._turn = dict.fromkeys(Venue, 0), 0
        self._told = asyncio.Event()
        self._server: WireServer | None = None
        self._ticks: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Show both books and listen."""
        mouths = {}
        for venue, engine in self.engines.items():
            account = self.accounts[venue]
            engine.open_account(account.account_id, BALANCE, clock.now_ns())
            listings = {MARKET: engine.listings[MARKET]}
            mouths[venue] = mouth(engine, listings, [account], now_ns=clock.now_ns, pacing=PACING)
        server = self._server = WireServer(mouths)
        for made in mouths.values():
            made.on_account = partial(self._on_account, made.on_account)
        self.rest()
        self.ports = await server.start(dict.fromkeys(Venue, 0))
        self._ticks = asyncio.create_task(server.run())

    async def stop(self) -> None:
        """Close all connections."""
        if self._ticks is not None:
            self._ticks.cancel()
            await asyncio.gather(self._ticks, return_exceptions=True)
        if self._server is not None:
            await self._server.stop()

    # ---- books ----------------------------------------------------------------------------------------------------

    def rest(self) -> None:
        """Both books at the same price; the index says that it is alive."""
        self._turn += 1
        for venue in Venue:
            self.show(venue, 0)

    def nudge(self, *venues: Venue) -> None:
        """These books (or both) say something that changes no price: their lowest level."""
        for venue in venues or Venue:
            self.show(venue, self._shown[venue], lowest=1)

    def show(self, venue: Venue, moved: int, *, marked: bool = False, lowest: int = 0) -> None:
        """The venue's book `moved` levels off the middle; a `marked` touch has the size that the watch knows."""
        self._shown[venue] = moved
        instrument = self.engines[venue].instruments[MARKET]
        middle = PRICE + SPACE * moved
        touch = TOUCH // 2
        deep = instrument.steps(DEEP)
        best = instrument.steps(Decimal(MARK)) if marked else deep
        sizes = [best, *[deep] * (LEVELS - 2), deep + lowest]
        ticks = int(1 / instrument.tick)
        bids = tuple(((middle - touch - SPACE * n) * ticks, sizes[n]) for n in range(LEVELS))
        asks = tuple(((middle + touch + SPACE * n) * ticks, sizes[n]) for n in range(LEVELS))
        index = Decimal(PRICE) + self._turn % 10
        self.engines[venue].apply(SourceBook(venue, MARKET, bids, asks, index), clock.now_ns())

    # ---- accounts -------------------------------------------------------------------------------------------------

    def position(self, venue: Venue) -> Decimal:
        """What the contender holds there."""
        view = self.engines[venue].account(self.accounts[venue].account_id)
        return next((held.size for held in view.positions if held.market == MARKET), Decimal(0))

    async def holds(self, is_open: bool, within_s: float) -> bool:
        """Whether both legs are there (or both gone) in time."""
        try:
            async with asyncio.timeout(within_s):
                while any((self.position(venue) != 0) != is_open for venue in Venue):
                    self._told.clear()
                    await self._told.wait()
        except TimeoutError:
            return False
        return True

    def _on_account(self, on: object, change: AccountChange) -> None:
        assert callable(on)
        on(change)
        self._told.set()
