"""What both desks bring home of an account's past from the paper venues, over the wire: pages, orders, forced fills."""

import asyncio
from collections.abc import Callable, Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import clock
from common.core.history import History
from common.core.market import Side, Venue
from common.core.order import Lifetime
from common.core.terms import SECOND_NS
from common.settings import Endpoint
from common.sim.types import PaperOrder, PlaceRequest, SourceBook
from common.venues.apex.desk import ApexDesk
from common.venues.base import Desk
from common.venues.budget import Budget, Rate
from common.venues.dydx.desk import DydxDesk
from common.venues.dydx.wire_order import LIFE_NS

BOUND_S = 60.0
#: more than a page of fills, fewer questions than dYdX takes in ten seconds
MANY = 130
#: our own budget of questions, wider than any venue's: the test does not wait for its turn
QUICK = {"get": Rate(1_000, 1)}
#: an index so many times too high takes over whoever is short
SPIKE = 1_000


def run(work: Coroutine[Any, Any, Any]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(BOUND_S):
            return await work

    return asyncio.run(bounded())


def desk_of(house: Any, venue: Venue) -> Desk:
    url = house.url(venue)
    if venue is Venue.APEX:
        return ApexDesk(url, url.replace("http", "ws"), house.keys[venue])
    endpoint = Endpoint(venue, url, url.replace("http", "ws") + "/v3/ws", 1, Path("unused"))
    return DydxDesk(endpoint, house.keys[venue], budget=Budget(venue, QUICK))


def history_of(house: Any, venue: Venue, since_ns: int = 0) -> History:
    async def whole() -> History:
        desk = desk_of(house, venue)
        try:
            await desk.start()
            return await desk.history(since_ns)
        finally:
            await desk.close()

    found = run(whole())
    assert isinstance(found, History)
    return found


def place(house: Any, venue: Venue, name: str, **changes: Any) -> PaperOrder:
    """An order as ours come in, ETH at 2,000 in both directions unless told otherwise."""
    now_ns = clock.now_ns()
    engine, account_id = house.engines[venue], house.accounts[venue].account_id
    side = changes.get("side", Side.BUY)
    fields: dict[str, Any] = {
        "client_id": name,
        "market": "ETH",
        "side": side,
        "kind": "LIMIT",
        "lifetime": "FOK",
        "size": Decimal("0.01"),
        "price": Decimal(2_100 if side is Side.BUY else 1_900),
        "post_only": False,
        "reduce_only": False,
        "limit_fee": Decimal("0.002") if venue is Venue.DYDX else Decimal(10),
        "expires_ns": now_ns + LIFE_NS,
        "signature": "00",
    }
    placed = house.call(lambda: engine.place(account_id, PlaceRequest(**fields | changes), now_ns))
    assert isinstance(placed, PaperOrder), placed
    return placed


def facts(house: Any, venue: Venue) -> set[Any]:
    engine, account_id = house.engines[venue], house.accounts[venue].account_id
    fills = house.call(lambda: engine.fills(account_id))
    return {(f.fill_id, f.side, f.price, f.size, int(f.fee * 1_000_000)) for f in fills}


def told(history: History) -> set[Any]:
    ours = {(f.fill_id, f.side, f.price, f.size, f.fee_uusd) for f in history.fills}
    return ours | {(f.fill_id, f.side, f.price, f.size, f.fee_uusd) for f in history.forced}


@pytest.mark.parametrize("venue", list(Venue))
def test_an_order_comes_home_with_all_that_it_said(paper_house: Any, venue: Venue) -> None:
    name = f"k3f9ab-ETH-17-{venue.value[0]}1"
    before_ns = clock.now_ns()
    place(paper_house, venue, name, side=Side.SELL)
    place(paper_house, venue, "k3f9ab-ETH-17-x9", price=Decimal(1_000))
    (order,) = history_of(paper_house, venue).orders
    assert (order.venue, order.market, order.side) == (venue, "ETH", Side.SELL)
    assert (order.size, order.limit, order.lifetime) == (Decimal("0.01"), Decimal(1_900), Lifetime.FOK)
    assert (order.report.client_id, order.report.final) == (name, True)
    assert (order.report.filled_size, order.reduce_only) == (Decimal("0.01"), False)
    assert before_ns - 1_000_000 <= order.created_ns <= clock.now_ns()


@pytest.mark.parametrize("venue", list(Venue))
def test_every_fill_comes_home_page_by_page_under_its_orders_name(paper_house: Any, venue: Venue) -> None:
    for number in range(MANY):
        side = Side.BUY if number % 2 else Side.SELL
        place(paper_house, venue, f"k3f9ab-ETH-{number + 1}-{venue.value[0]}0", side=side)
    history = history_of(paper_house, venue)
    assert len(history.fills) == len(history.orders) == MANY
    assert told(history) == facts(paper_house, venue)
    names = {order.report.venue_order_id: order.report.client_id for order in history.orders}
    assert set(names.values()) == {fill.client_id for fill in history.fills}


@pytest.mark.parametrize("venue", list(Venue))
def test_only_what_was_filled_since_then_is_told(paper_house: Any, venue: Venue) -> None:
    place(paper_house, venue, "k3f9ab-ETH-1-o0")
    since_ns = clock.now_ns() + 2_000_000
    assert history_of(paper_house, venue, since_ns).fills == ()
    assert len(history_of(paper_house, venue, since_ns - 60 * SECOND_NS).fills) == 1


@pytest.mark.parametrize("venue", list(Venue))
def test_a_position_that_was_taken_over_is_told_as_a_forced_fill(
    make_paper_house: Callable[[], Any], venue: Venue
) -> None:
    house = make_paper_house()
    place(house, venue, f"k3f9ab-ETH-1-{venue.value[0]}0", side=Side.SELL)
    engine = house.engines[venue]
    instrument = engine.instruments["ETH"]
    bids, asks, _ = house.call(lambda: engine.book("ETH"))
    rows = [tuple((tick, steps) for tick, steps, _ in side) for side in (bids, asks)]
    index = instrument.price(asks[0][0]) * SPIKE
    house.call(lambda: engine.apply(SourceBook(venue, "ETH", rows[0], rows[1], index), clock.now_ns()))
    history = history_of(house, venue)
    assert len(history.fills) == 1 and history.forced
    assert all((forced.market, forced.side) == ("ETH", "BUY") for forced in history.forced)
    assert told(history) == facts(house, venue)
