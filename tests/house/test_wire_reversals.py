"""What both desks tell of fills nobody asked for, or that were taken back: pushed, looked up, found in history."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import clock
from common.core.account import ForcedFill
from common.core.events import Filled, HaltLevel
from common.core.market import Side, Venue
from common.core.order import Ack, Found, Lifetime, Order, Purpose, reversal
from common.core.terms import Terms
from common.core.trader import Trader
from common.housekeeping import Housekeeping
from common.ledger.ledger import Ledger
from common.live import LiveWorld
from common.runner import Runner
from common.settings import Endpoint
from common.venues.adapters import MAKE_DESK, make_feed
from common.venues.base import Desk, StreamUp

BOUND_S = 20.0
SIZE = Decimal("0.01")


class Heard:
    """The account stream's events, waited for."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self._more = asyncio.Event()

    def __call__(self, event: Any) -> None:
        self.events.append(event)
        self._more.set()

    async def until(self, kind: type, count: int = 1) -> list[Any]:
        while len(found := [event for event in self.events if isinstance(event, kind)]) < count:
            self._more.clear()
            await self._more.wait()
        return found


def endpoint_of(house: Any, venue: Venue) -> Endpoint:
    url = house.url(venue)
    socket = url.replace("http", "ws") + ("/v3/ws" if venue is Venue.DYDX else "")
    return Endpoint(venue, url, socket, 1, Path("unused"))


def with_desk(house: Any, venue: Venue, story: Callable[[Desk, Heard], Awaitable[None]]) -> None:
    """Play `story` with a started desk and its account stream."""

    async def whole() -> None:
        desk = MAKE_DESK[venue](endpoint_of(house, venue), house.keys[venue])
        heard = Heard()
        try:
            await desk.start()
            await desk.instrument("ETH")
            listening = asyncio.create_task(desk.stream(heard))
            await heard.until(StreamUp)
            await story(desk, heard)
            listening.cancel()
        finally:
            await desk.close()

    async def bounded() -> None:
        async with asyncio.timeout(BOUND_S):
            await whole()

    asyncio.run(bounded())


def bought(venue: Venue, size: Decimal = SIZE) -> Order:
    name, now_ns = f"abc123-ETH-1-{venue.value[0]}0", clock.now_ns()
    price = Decimal(2_010)
    return Order(name, "abc123-ETH-1", venue, "ETH", Side.BUY, Purpose.OPEN, size, price, Lifetime.FOK, False, now_ns)


async def filled(desk: Desk, heard: Heard) -> Any:
    order = bought(desk.venue)
    assert isinstance(await desk.send(order, desk.prepare(order)), Ack)
    (event,) = await heard.until(Filled)
    return event.fill


def test_apex_takes_a_fill_back_and_every_way_of_asking_tells_both(paper_house: Any) -> None:
    engine, account_id = paper_house.engines[Venue.APEX], paper_house.accounts[Venue.APEX].account_id

    async def story(desk: Desk, heard: Heard) -> None:
        begin_ns, fill = clock.now_ns(), await filled(desk, heard)
        assert paper_house.call(lambda: engine.take_back(account_id, fill.fill_id, clock.now_ns()))
        _, again, undone = await heard.until(Filled, 3)
        assert (again.fill, undone.fill) == (fill, reversal(fill))
        found = await desk.look_up(bought(Venue.APEX))
        assert isinstance(found, Found)
        assert (found.report.filled_size, found.report.final) == (SIZE, True), "what was matched stays so"
        assert found.fills == (fill, reversal(fill))
        past = await desk.fills_since("ETH", begin_ns - 10**9)
        assert [one.fill for one in past] == [fill, reversal(fill)]
        assert {one.venue_order_id for one in past} == {found.report.venue_order_id}
        assert await desk.fills_since("BTC", 0) == ()
        assert (await desk.account()).positions == ()

    with_desk(paper_house, Venue.APEX, story)


@pytest.mark.parametrize("venue", list(Venue))
def test_a_deleveraged_leg_is_pushed_as_a_forced_fill_and_stands_in_history(paper_house: Any, venue: Venue) -> None:
    engine, account_id = paper_house.engines[venue], paper_house.accounts[venue].account_id

    async def story(desk: Desk, heard: Heard) -> None:
        fill = await filled(desk, heard)
        paper_house.call(lambda: engine.deleverage(account_id, "ETH", SIZE, clock.now_ns()))
        (forced,) = await heard.until(ForcedFill)
        assert (forced.side, forced.size, forced.price, forced.fee_uusd) == ("SELL", SIZE, Decimal(2_000), 0)
        first, last = await desk.fills_since("ETH", fill.venue_ns)
        assert (first.fill.fill_id, last.fill.fill_id) == (fill.fill_id, forced.fill_id)
        assert first.venue_order_id is not None and last.venue_order_id is None
        assert (await desk.account()).positions == ()

    with_desk(paper_house, venue, story)


def test_apex_may_take_a_forced_fill_back_too(paper_house: Any) -> None:
    engine, account_id = paper_house.engines[Venue.APEX], paper_house.accounts[Venue.APEX].account_id

    async def story(desk: Desk, heard: Heard) -> None:
        await filled(desk, heard)
        paper_house.call(lambda: engine.deleverage(account_id, "ETH", SIZE, clock.now_ns()))
        (forced,) = await heard.until(ForcedFill)
        paper_house.call(lambda: engine.take_back(account_id, forced.fill_id, clock.now_ns()))
        *_, undone = await heard.until(ForcedFill, 3)
        assert (undone.fill_id, undone.side) == (f"{forced.fill_id}!reversed", "BUY")
        assert [position.size for position in (await desk.account()).positions] == [SIZE]

    with_desk(paper_house, Venue.APEX, story)


# ---- a worker whose account streams say nothing ----------------------------------------------------------------------


async def worker(house: Any, ledger: Ledger, desks: dict[Venue, Desk]) -> Housekeeping:
    """A worker for ETH, joined to both venues."""
    for desk in desks.values():
        await desk.start()
    instruments = {venue: await desk.instrument("ETH") for venue, desk in desks.items()}
    feeds = {venue: make_feed(endpoint_of(house, venue), instruments[venue]) for venue in desks}
    terms = Terms(market="ETH", size=SIZE)
    trader = Trader(terms, instruments, incarnation=ledger.incarnation, next_number=1, start_ns=clock.now_ns())
    world = LiveWorld(desks, feeds, logging.getLogger("test"))
    return Housekeeping(Runner(trader, ledger, world), world)


@pytest.mark.parametrize("venue", list(Venue))
def test_a_worker_finds_what_its_stream_never_told(
    paper_house: Any, venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The forced fill falls after the first question."""
    engine, account_id = paper_house.engines[venue], paper_house.accounts[venue].account_id

    async def never(on_event: Any) -> None:
        await asyncio.Event().wait()

    async def story(ledger: Ledger, desks: dict[Venue, Desk]) -> None:
        asked = asyncio.Event()
        history = desks[venue].fills_since

        async def noted(market: str, since_ns: int) -> Any:
            past = await history(market, since_ns)
            asked.set()
            return past

        monkeypatch.setattr(desks[venue], "fills_since", noted)
        house = await worker(paper_house, ledger, desks)
        order = bought(venue, 2 * SIZE)
        assert isinstance(await desks[venue].send(order, desks[venue].prepare(order)), Ack)
        keeping = asyncio.create_task(house.keep())
        await asked.wait()
        paper_house.call(lambda: engine.deleverage(account_id, "ETH", SIZE, clock.now_ns()))
        while ledger.halt_level("ETH") is HaltLevel.NONE:
            asked.clear()
            await asked.wait()
            await asyncio.sleep(0)
        keeping.cancel()

    async def whole() -> None:
        desks = {v: MAKE_DESK[v](endpoint_of(paper_house, v), paper_house.keys[v]) for v in Venue}
        for desk in desks.values():
            monkeypatch.setattr(desk, "stream", never)
        options: dict[str, Any] = {"config_hash": "", "code_version": "1", "pid": 1}
        try:
            with Ledger.create(tmp_path / "ledger.db", created_ns=clock.now_ns(), **options) as ledger:
                async with asyncio.timeout(BOUND_S):
                    await story(ledger, desks)
        finally:
            for desk in desks.values():
                await desk.close()

    asyncio.run(whole())
