"""What a worker does with book messages, in this process: both shipped feeds on their sockets, the trader behind them.

Everything between the socket and the decision is the worker's own; there are no desks and no ledger, and no edge.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import uvloop

from common import clock
from common.core.events import BookMessage, Event, FeedAlive, IndexPrice
from common.core.market import Direction, Instrument, Venue
from common.core.terms import SECOND_NS, Terms
from common.core.trader import Trader
from common.sim.listings import listings
from common.venues.apex.feed import ApexFeed
from common.venues.base import Feed
from common.venues.dydx.feed import DydxFeed
from scripts.benches import procfs
from scripts.benches.flood_frames import MIDDLE

CHECKOUT = Path(__file__).resolve().parents[2]
MARKET = "BTC"
#: waiting for messages that do not come
BOUND_S = 120.0
FEE = Decimal("0.0005")


@dataclass(slots=True)
class Heard:
    """What one run brought."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    messages: int = 0
    #: books that were decided upon, and how many of them while more had arrived than was taken in
    decided: int = 0
    decided_behind: int = 0
    lags_ms: list[float] = field(default_factory=list)


@contextmanager
def flooding(count: int) -> Iterator[int]:
    """The other process, ready to say up to `count` messages a venue; its port."""
    line = [sys.executable, "-m", "scripts.benches.flood", str(count)]
    with subprocess.Popen(line, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield int(child.stdout.readline())
        finally:
            child.terminate()


def listen(port: int, *, rate: int, count: int, venues: tuple[Venue, ...] = tuple(Venue)) -> Heard:
    """Hear `count` messages of each venue, at `rate` a second and venue (0: at once)."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_Listening(port, rate, count, venues).run())


class _Listening:
    def __init__(self, port: int, rate: int, count: int, venues: tuple[Venue, ...]) -> None:
        self._heard, self._left, self._done = Heard(), dict.fromkeys(venues, count), asyncio.Event()
        instruments = {venue: listings(venue, FEE)[MARKET].instrument for venue in Venue}
        self._trader = _warm_trader(instruments)
        base = f"ws://127.0.0.1:{port}"
        self._feeds: list[Feed] = []
        if Venue.DYDX in venues:
            self._feeds.append(DydxFeed(f"{base}/dydx/{rate}/{count}", instruments[Venue.DYDX]))
        if Venue.APEX in venues:
            self._feeds.append(ApexFeed(f"{base}/apex/{rate}/{count}", base, instruments[Venue.APEX]))

    async def run(self) -> Heard:
        """Until the last message was taken in."""
        tasks = [asyncio.create_task(feed.run(self._hear)) for feed in self._feeds]
        begun_ns, cpu_s = clock.monotonic_ns(), procfs.cpu_s(os.getpid())
        try:
            async with asyncio.timeout(BOUND_S):
                await self._done.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._heard.seconds = (clock.monotonic_ns() - begun_ns) / 1e9
        self._heard.cpu_s = procfs.cpu_s(os.getpid()) - cpu_s
        return self._heard

    def _hear(self, event: Event) -> None:
        heard, trader = self._heard, self._trader
        before_ns = trader.decided_ns
        trader.on(event)
        if trader.decided_ns != before_ns:
            heard.decided += 1
        if isinstance(event, FeedAlive):
            heard.lags_ms.append(event.lag_ns / 1e6)
        elif isinstance(event, BookMessage) and not event.snapshot:
            heard.messages += 1
            heard.decided_behind += event.more and trader.decided_ns != before_ns
            self._left[event.venue] -= 1
            if not any(self._left.values()):
                self._done.set()


def _warm_trader(instruments: dict[Venue, Instrument]) -> Trader:
    now_ns, terms = clock.now_ns(), Terms(market=MARKET, size=Decimal("0.05"))
    trader = Trader(terms, instruments, incarnation="bench0", next_number=1, start_ns=now_ns)
    for venue in Venue:
        trader.on(IndexPrice(venue, Decimal(MIDDLE), now_ns))
    for direction in Direction:
        for at_ns in (now_ns - 30 * SECOND_NS, now_ns):
            trader.view.medians[direction].add(at_ns, -2.0)
    return trader
