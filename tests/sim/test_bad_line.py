"""Orders and questions on a bad line, as the real desks see them: no answer is a question, and nothing is doubled."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import clock
from common.core.market import Side, Venue
from common.core.order import Absent, Ack, Found, Lifetime, Order, Purpose, Reject, Unknown
from common.core.terms import SECOND_NS
from common.settings import Endpoint
from common.sim.engine import make_venue
from common.sim.faults import ON_THE_WIRE, Faults
from common.sim.server import bad_line
from common.sim.server.bad_luck import Luck, suffer
from common.sim.server.mouth import Pacing, mouth
from common.sim.server.socket import Socket
from common.venues.adapters import MAKE_DESK
from common.venues.base import Desk

BOUND_S = 20.0
NO_RETRY = 0.05


@pytest.fixture
def house(make_paper_house: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Both venues on a line whose faults a test chooses; a silence lasts a moment only."""
    monkeypatch.setattr(bad_line, "SILENCE_S", NO_RETRY)
    return make_paper_house(spoiled=True)


def order_for(venue: Venue, number: int = 0) -> Order:
    return Order(
        client_id=f"k3f9-BTC-{number}-{venue.value[0]}0",
        deal_id=f"k3f9-BTC-{number}",
        venue=venue,
        market="BTC",
        side=Side.BUY,
        purpose=Purpose.OPEN,
        size=Decimal("0.001"),
        limit=Decimal(41_000),
        lifetime=Lifetime.FOK,
        reduce_only=False,
        created_ns=clock.now_ns(),
    )


def with_desk(house: Any, venue: Venue, work: Callable[[Desk], Awaitable[Any]]) -> Any:
    """The result of `work` with a started desk; faults begin once it has started."""
    url = house.url(venue)
    endpoint = Endpoint(venue, url, url.replace("http", "ws"), 1, Path("unused"))

    async def whole() -> Any:
        desk = MAKE_DESK[venue](endpoint, house.keys[venue])
        async with asyncio.timeout(BOUND_S):
            try:
                await desk.start()
                await desk.instrument("BTC")
                return await work(desk)
            finally:
                await desk.close()

    return asyncio.run(whole())


def sent(house: Any, order: Order, **shares: float) -> Any:
    """What the desk makes of an order that is sent while these faults rage."""

    async def work(desk: Desk) -> Any:
        await asyncio.to_thread(house.suffer, order.venue, **shares)
        return await desk.send(order, desk.prepare(order))

    return with_desk(house, order.venue, work)


def found(house: Any, order: Order, **shares: float) -> Any:
    """What the desk finds out about an order while these faults rage."""

    async def work(desk: Desk) -> Any:
        await asyncio.to_thread(house.suffer, order.venue, **shares)
        return await desk.look_up(order)

    house.suffer(order.venue)
    return with_desk(house, order.venue, work)


def taken(house: Any, venue: Venue) -> list[str]:
    """The client ids that the venue has taken in."""
    account_id = house.accounts[venue].account_id
    orders = house.call(lambda: house.engines[venue].orders(account_id))
    return [order.request.client_id for order in orders]


def until(fact: Callable[[], bool]) -> bool:
    async def wait() -> bool:
        async with asyncio.timeout(BOUND_S):
            while not fact():  # noqa: ASYNC110  (a venue in another thread)
                await asyncio.sleep(0.02)
        return True

    return asyncio.run(wait())


@pytest.fixture(params=list(Venue))
def order(request: pytest.FixtureRequest) -> Order:
    """An order to each venue in turn."""
    return order_for(request.param)


def test_on_a_line_without_faults_an_order_is_taken(house: Any, order: Order) -> None:
    assert isinstance(sent(house, order), Ack)
    assert taken(house, order.venue) == [order.client_id]


def test_a_lost_request_is_no_answer_and_no_order(house: Any, order: Order) -> None:
    assert isinstance(sent(house, order, request_lost=1), Unknown)
    assert taken(house, order.venue) == []


def test_a_lost_reply_is_no_answer_and_an_order_that_is_found(house: Any, order: Order) -> None:
    assert isinstance(sent(house, order, reply_lost=1), Unknown)
    assert taken(house, order.venue) == [order.client_id]
    assert isinstance(found(house, order), Found)


def test_a_late_request_arrives_after_its_sender_gave_up(house: Any, order: Order) -> None:
    assert isinstance(sent(house, order, request_late=1, late_max_ns=SECOND_NS), Unknown)
    assert until(lambda: taken(house, order.venue) == [order.client_id])


def test_an_order_that_arrives_twice_is_one_order(house: Any, order: Order) -> None:
    assert isinstance(sent(house, order, request_twice=1, late_max_ns=1), Ack | Unknown)
    assert until(lambda: taken(house, order.venue) == [order.client_id])


@pytest.mark.parametrize("page", bad_line.PAGES, ids=lambda page: page[0])
@pytest.mark.parametrize(("fault", "most"), [("throttled", 0), ("server_error", 1)])
def test_a_page_of_a_proxy_is_never_a_no(
    house: Any, order: Order, monkeypatch: pytest.MonkeyPatch, page: tuple[str, bytes], fault: str, most: int
) -> None:
    monkeypatch.setattr(bad_line, "PAGES", (page,))
    assert isinstance(sent(house, order, **{fault: 1}), Unknown)
    assert len(taken(house, order.venue)) <= most


def test_a_proxys_page_with_status_200_is_no_answer(house: Any, order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bad_line, "PAGES", (bad_line.HTML,))
    monkeypatch.setattr(bad_line, "TOO_MANY", (200,))
    assert isinstance(sent(house, order, throttled=1), Unknown)


def test_a_refusal_out_of_the_blue_is_final(house: Any, order: Order) -> None:
    """A second copy that arrives after a refusal was told is not taken in: venues are trusted with that."""
    answer = sent(house, order, rejected=1, request_twice=1, late_max_ns=SECOND_NS // 5)
    assert isinstance(answer, Reject | Unknown)
    house.suffer(order.venue)
    assert isinstance(sent(house, order_for(order.venue, 1)), Ack)
    assert until(lambda: not pending(house))
    assert taken(house, order.venue) == [order_for(order.venue, 1).client_id]


def pending(house: Any) -> bool:
    """Whether a copy is still on its way."""
    return bool(house.call(lambda: any(line._late for line in house.server._lines)))


def test_a_look_up_that_fails_is_a_question(house: Any, order: Order) -> None:
    sent(house, order)
    assert isinstance(found(house, order, look_up_failed=1), Unknown)


def test_a_young_order_may_not_be_visible_and_that_proves_nothing(house: Any, order: Order) -> None:
    sent(house, order)
    assert found(house, order, not_visible=1) == Absent(proven=False)


def test_what_is_no_order_and_no_look_up_is_missed_only_as_an_account(house: Any, order: Order) -> None:
    async def work(desk: Desk) -> None:
        await asyncio.to_thread(house.suffer, order.venue, request_lost=1, look_up_failed=1, not_visible=1)
        await desk.account()

    with_desk(house, order.venue, work)


# ---- the dice -----------------------------------------------------------------------------------------------------


def test_the_same_seed_throws_the_same_and_another_seed_another() -> None:
    def thrown(seed: str) -> list[bool]:
        luck = Luck(Faults(push_lost=0.5), seed)
        return [luck.strikes("push_lost") for _ in range(64)]

    assert thrown("1/dydx") == thrown("1/dydx")
    assert thrown("1/dydx") != thrown("2/dydx")


def test_a_fault_that_is_off_throws_no_dice() -> None:
    luck = Luck(Faults(push_lost=0.5), "1")
    before = luck.random.getstate()
    assert not luck.strikes("request_lost")
    assert luck.random.getstate() == before


@pytest.mark.parametrize("named", ["none", "drill"])
def test_the_shipped_word_for_no_faults_leaves_the_venue_as_it_is(named: str) -> None:
    listed = make_venue(Venue.APEX, seed=1)
    made = mouth(listed, dict(listed.listings), [], now_ns=clock.now_ns, pacing=Pacing(0))
    suffer(made, named, "1")
    assert (made.line is None, made.socket is Socket) == (named == "none", named == "none")
    assert set(ON_THE_WIRE) == {"none", "drill"}
