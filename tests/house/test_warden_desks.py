"""What the warden asks of both desks, against the paper venues: open orders of anybody, and the venue's clock.

Then a whole warden against both: what is planted is found in its market, and nothing else is halted.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import clock
from common.core.errors import VenueError
from common.core.events import HaltLevel
from common.core.market import Side, Venue
from common.core.terms import SECOND_NS
from common.ledger.ledger import Ledger
from common.ledger.watch import LedgerWatch
from common.settings import Endpoint
from common.sim.types import PlaceRequest
from common.venues.adapters import MAKE_DESK
from common.venues.base import Desk
from common.warden import listening
from common.warden.board import Board
from common.warden.hand import Alerts, Hand
from common.warden.judge import Judge
from common.warden.lookout import Lookout
from common.warden.memory import Memory
from common.warden.terms import WardenTerms
from common.warden.turns import Turns
from common.warden.warden import Warden

BOUND_S = 20.0
TERMS = WardenTerms(look_every_ns=SECOND_NS)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(BOUND_S):
            return await work

    return asyncio.run(bounded())


def endpoint_of(house: Any, venue: Venue) -> Endpoint:
    url = house.url(venue)
    socket = url.replace("http", "ws") + ("/v3/ws" if venue is Venue.DYDX else "")
    return Endpoint(venue, url, socket, 1, Path("unused"))


def desk_of(house: Any, venue: Venue) -> Desk:
    return MAKE_DESK[venue](endpoint_of(house, venue), house.keys[venue])


def asked(house: Any, venue: Venue, question: Callable[[Desk], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        desk = desk_of(house, venue)
        try:
            await desk.start()
            return await question(desk)
        finally:
            await desk.close()

    return run(whole())


def plant(house: Any, venue: Venue, market: str, *, resting: bool) -> None:
    """An order by hand: far from the market it rests, beyond the market it fills."""
    price = Decimal(1_000 if resting else 3_000) * (20 if market == "BTC" else 1)
    engine, account_id = house.engines[venue], house.accounts[venue].account_id
    size = Decimal("0.01") if market == "ETH" else Decimal("0.001")
    request = PlaceRequest(
        client_id="by-hand",
        market=market,
        side=Side.BUY,
        kind="LIMIT",
        lifetime="GTT",
        size=size,
        price=price,
        post_only=False,
        reduce_only=False,
        limit_fee=Decimal("0.002") if venue is Venue.DYDX else Decimal(10),
        expires_ns=clock.now_ns() + 86_400 * SECOND_NS,
        signature="00",
    )
    placed = house.call(lambda: engine.place(account_id, request, clock.now_ns()))
    assert placed.request.client_id == "by-hand", placed


@pytest.mark.parametrize("venue", list(Venue))
def test_open_orders_are_listed_with_client_id_and_market_whoever_sent_them(paper_house: Any, venue: Venue) -> None:
    assert asked(paper_house, venue, lambda desk: desk.open_orders()) == ()
    plant(paper_house, venue, "ETH", resting=True)
    assert asked(paper_house, venue, lambda desk: desk.open_orders()) == (("by-hand", "ETH"),)


@pytest.mark.parametrize("venue", list(Venue))
def test_an_order_that_is_done_is_not_listed(paper_house: Any, venue: Venue) -> None:
    plant(paper_house, venue, "ETH", resting=False)
    assert asked(paper_house, venue, lambda desk: desk.open_orders()) == ()


@pytest.mark.parametrize("venue", list(Venue))
def test_a_venues_clock_is_read_against_ours(paper_house: Any, venue: Venue) -> None:
    reading = asked(paper_house, venue, lambda desk: desk.read_clock())
    assert reading.venue is venue
    assert reading.surely_off_ns < SECOND_NS // 4


# ---- do the books move? -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("moved", [True, False])
def test_only_a_change_of_a_book_is_a_movement_not_its_snapshot(
    paper_house: Any, moved: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "LISTEN_S", 10.0 if moved else 1.0)

    async def whole() -> bool:
        desks = {venue: desk_of(paper_house, venue) for venue in Venue}
        try:
            for desk in desks.values():
                await desk.start()
            listed = {(venue, "ETH"): await desk.instrument("ETH") for venue, desk in desks.items()}
        finally:
            for desk in desks.values():
                await desk.close()
        asking = asyncio.create_task(
            listening.Listener({v: endpoint_of(paper_house, v) for v in Venue}, listed).moves("ETH")
        )
        shift = 0
        while moved and not asking.done():
            shift += 1
            await asyncio.to_thread(paper_house.show, Venue.APEX, "ETH", shift)
            await asyncio.wait([asking], timeout=0.1)
        return await asking

    assert run(whole()) is moved


# ---- a whole warden, one look after the other -------------------------------------------------------------------


class NoGuard:
    """There are no workers here."""

    async def look(self) -> None:
        return None

    look_for_idle = look


def looks(house: Any, ledger: Ledger, times: int, deafen: Venue | None = None) -> None:
    """So many looks of a warden with fresh eyes."""

    async def whole() -> None:
        desks = {venue: desk_of(house, venue) for venue in Venue}
        try:
            for desk in desks.values():
                await desk.start()
            listed = [await desk.instrument(m) for desk in desks.values() for m in ("BTC", "ETH")]
            if deafen is not None:
                desks[deafen].account = silence  # type: ignore[method-assign]
            with LedgerWatch.open(ledger._store.path) as watch:
                hand = Hand((ledger, watch), ("BTC", "ETH"), Alerts(logging.getLogger("warden")))
                judge = Judge(TERMS, {(i.venue, i.market): i for i in listed})
                memory = Memory(ledger._store.path.with_name("warden.json"), watch.origin)
                board = Board(ledger._store.path.with_name("warden.board"))
                lookout = Lookout(ledger, watch, judge, hand, memory, board, Turns())
                warden = Warden(lookout, desks, NoGuard(), ("BTC", "ETH"))  # type: ignore[arg-type]
                for _ in range(times):
                    await warden.look()
                await warden.look_at_prices()
        finally:
            for desk in desks.values():
                await desk.close()

    run(whole())


async def silence() -> Any:
    raise VenueError("no answer")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.create(tmp_path / "l.db", created_ns=clock.now_ns(), config_hash="c", code_version="v", pid=7)


def test_an_ordinary_account_is_written_down_and_nothing_is_halted(paper_house: Any, ledger: Ledger) -> None:
    looks(paper_house, ledger, 2 * TERMS.difference_looks)
    for venue in Venue:
        age_ns = ledger.account_age(venue, clock.now_ns())
        assert age_ns is not None and age_ns < 5 * SECOND_NS
    assert ledger.halt_level("BTC") is ledger.halt_level("ETH") is HaltLevel.NONE


@pytest.mark.parametrize("venue", list(Venue))
@pytest.mark.parametrize("resting", [True, False], ids=["order", "position"])
def test_what_was_planted_halts_its_market_and_no_other(
    paper_house: Any, ledger: Ledger, venue: Venue, resting: bool
) -> None:
    plant(paper_house, venue, "ETH", resting=resting)
    looks(paper_house, ledger, TERMS.difference_looks)
    assert ledger.halt_level("ETH") is HaltLevel.HALT
    assert ledger.halt_level("BTC") is HaltLevel.NONE


def test_a_venue_that_does_not_answer_is_not_judged_and_its_row_is_left_to_age(
    paper_house: Any, ledger: Ledger
) -> None:
    plant(paper_house, Venue.APEX, "ETH", resting=False)
    looks(paper_house, ledger, 2 * TERMS.difference_looks, deafen=Venue.APEX)
    assert ledger.halt_level("ETH") is HaltLevel.NONE
    assert ledger.account_age(Venue.APEX, clock.now_ns()) is None
