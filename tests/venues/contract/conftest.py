"""The places that the contract of a venue is held against: each venue in process, as the simulation has it, and on the
wire, as a worker speaks to it. A place has a desk, hears its account's stream, and its book can be moved."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from common import clock
from common.core.market import Instrument, Side, Venue
from common.core.order import Lifetime, Order, Purpose
from common.endpoints import Endpoint
from common.fleet.ears import Ears
from common.fleet.frames import Frame
from common.fleet.timeline import Timeline
from common.fleet.wire import ACCOUNT, Wire
from common.sim.engine import make_venue
from common.sim.faults import Faults
from common.sim.types import AccountChange, BookChange, Publication, SourceBook
from common.venues.adapters import MAKE_DESK, make_feed
from common.venues.base import StreamUp

BOUND_S = 20.0
MARKET = "ETH"
#: middle of the book in whole ticks: ETH at 2,000 USD, five levels of one tick each side
MIDDLES = {Venue.DYDX: 20_000, Venue.APEX: 40_000}
LEVELS, STEPS = 5, 1000


class Heard:
    """Events in their order, waited for."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self._more = asyncio.Event()

    def __call__(self, event: Any) -> None:
        self.events.append(event)
        self._more.set()

    def all(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, fits: Callable[[], bool]) -> None:
        while not fits():
            self._more.clear()
            await self._more.wait()


class Place:
    """What the contract's stories are played at."""

    venue: Venue
    #: calls of a Desk: prepare, send, look_up, fills_since, funding
    desk: Any
    instrument: Instrument

    def __init__(self) -> None:
        #: the account's stream, and the public feed
        self.account, self.feed = Heard(), Heard()

    def now_ns(self) -> int:
        raise NotImplementedError

    def show(self, shift: int = 0, steps: int = STEPS) -> None:
        """The source shows five levels a side, `shift` ticks off the middle."""
        raise NotImplementedError

    def listen(self) -> None:
        """The feed begins."""
        raise NotImplementedError

    def refresh(self) -> None:
        """A fresh snapshot is asked for."""
        raise NotImplementedError

    async def settle(self, fits: Callable[[], bool]) -> None:
        """Let what is on its way arrive until it fits."""
        raise NotImplementedError

    def order(self, **changes: Any) -> Order:
        """BUY 0.01 ETH, two ticks into the book, fill or kill."""
        made = Order(
            client_id=f"abc123-ETH-1-{self.venue.value[0]}{changes.pop('number', 0)}",
            deal_id="abc123-ETH-1",
            venue=self.venue,
            market=MARKET,
            side=Side.BUY,
            purpose=Purpose.OPEN,
            size=Decimal("0.01"),
            limit=self.instrument.price(MIDDLES[self.venue] + 2),
            lifetime=Lifetime.FOK,
            reduce_only=False,
            created_ns=self.now_ns(),
        )
        return replace(made, **changes)

    def price(self, ticks: int) -> Decimal:
        """A price so many ticks off the middle."""
        return self.instrument.price(MIDDLES[self.venue] + ticks)


def source_book(venue: Venue, instrument: Instrument, shift: int, steps: int) -> SourceBook:
    middle = MIDDLES[venue] + shift
    bids = tuple((middle - n, steps) for n in range(1, LEVELS + 1))
    asks = tuple((middle + n, steps) for n in range(1, LEVELS + 1))
    return SourceBook(venue, MARKET, bids, asks, instrument.price(middle))


class InProcess(Place):
    """One venue of the simulation, in a perfect world; time stands until something is waited for."""

    def __init__(self, venue: Venue) -> None:
        super().__init__()
        self.venue, self.desk = venue, self
        self.timeline, self.engine = Timeline(), make_venue(venue, seed=1)
        self.engine.open_account(ACCOUNT, Decimal(1000), self.now_ns())
        self.engine.on_publish = self._published
        self.instrument = self.engine.instruments[MARKET]
        self.wire = Wire(self.engine, self.timeline, Random(1), Faults())
        self.wire.tell = lambda market, event: self.account(event)
        self.ears = Ears(self.wire, MARKET, self.now_ns, self.feed, lambda do, wait_ns: self.timeline.fly(wait_ns, do))
        self._listens = False
        self.show()

    def now_ns(self) -> int:
        return self.timeline.now_ns

    def show(self, shift: int = 0, steps: int = STEPS) -> None:
        self.engine.apply(source_book(self.venue, self.instrument, shift, steps), self.now_ns())

    def listen(self) -> None:
        self._listens = True
        self.ears.ask()

    def refresh(self) -> None:
        self.ears.ask()

    async def settle(self, fits: Callable[[], bool]) -> None:
        while not fits():
            assert self.timeline.step(), "nothing more is on its way"

    def prepare(self, _: Order) -> bytes:
        return b""

    async def send(self, order: Order, _: bytes) -> Any:
        return await self._answered(lambda hear: self.wire.send(order, hear))

    async def look_up(self, order: Order) -> Any:
        return await self._answered(lambda hear: self.wire.look_up(order, hear))

    async def fills_since(self, market: str, since_ns: int) -> Any:
        return await self._answered(lambda hear: self.wire.fills_since(market, since_ns, hear))

    async def funding(self, market: str) -> Any:
        return await self._answered(lambda hear: self.wire.funding(market, hear))

    async def _answered(self, ask: Callable[[Callable[[Any], None]], None]) -> Any:
        heard: list[Any] = []
        ask(heard.append)
        await self.settle(lambda: bool(heard))
        return heard[0]

    def _published(self, news: Publication) -> None:
        if isinstance(news, AccountChange):
            self.wire.push(MARKET, Frame(news.orders, news.fills, news.funding))
        elif isinstance(news, BookChange) and self._listens and news.market == MARKET:
            self.ears.changed(news)


class OnTheWire(Place):
    """One paper venue on loopback, with the desk and the feed of a worker."""

    def __init__(self, venue: Venue, house: Any) -> None:
        super().__init__()
        self.venue, self._house = venue, house
        self.endpoint = endpoint_of(house, venue)
        self.instrument = house.engines[venue].instruments[MARKET]
        self.desk = MAKE_DESK[venue](self.endpoint, house.keys[venue])
        self._feed: Any = None
        self._tasks: list[asyncio.Task[None]] = []

    def now_ns(self) -> int:
        return clock.now_ns()

    def show(self, shift: int = 0, steps: int = STEPS) -> None:
        self._house.show(self.venue, MARKET, shift, steps)

    def listen(self) -> None:
        self._feed = make_feed(self.endpoint, self.instrument)
        self._tasks.append(asyncio.create_task(self._feed.run(self.feed)))

    def refresh(self) -> None:
        self._feed.refresh()

    async def settle(self, fits: Callable[[], bool]) -> None:
        heard = [asyncio.create_task(one.until(fits)) for one in (self.account, self.feed)]
        await asyncio.wait(heard, return_when=asyncio.FIRST_COMPLETED)
        for one in heard:
            one.cancel()

    async def open(self) -> None:
        await self.desk.start()
        await self.desk.instrument(MARKET)
        self._tasks.append(asyncio.create_task(self.desk.stream(self.account)))
        await self.account.until(lambda: bool(self.account.all(StreamUp)))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.desk.close()


def endpoint_of(house: Any, venue: Venue) -> Endpoint:
    url = house.url(venue)
    socket = url.replace("http", "ws") + ("/v3/ws" if venue is Venue.DYDX else "")
    return Endpoint(venue, url, socket, 1, Path("unused"))


Story = Callable[[Any], Awaitable[None]]


@pytest.fixture(params=[f"{where} {venue}" for venue in Venue for where in ("in-process", "on-the-wire")])
def play(request: pytest.FixtureRequest) -> Callable[[Story], None]:
    """Plays a story at one place."""
    where, _, name = request.param.partition(" ")
    venue = Venue(name)

    def bounded(story: Story) -> None:
        async def whole() -> None:
            async with asyncio.timeout(BOUND_S):
                if where == "in-process":
                    await story(InProcess(venue))
                    return
                place = OnTheWire(venue, request.getfixturevalue("paper_house"))
                try:
                    await place.open()
                    await story(place)
                finally:
                    await place.close()

        asyncio.run(whole())

    return bounded
