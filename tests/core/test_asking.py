"""How often a venue is asked for an order: at once when it matters, and never as fast as it answers."""

from dataclasses import replace
from decimal import Decimal

from common.core.asking import FIRST_WAIT_NS, RETRY_MAX_NS, RETRY_NS, Asking
from common.core.deal import Ask, Deal, DealState
from common.core.market import Direction, Side, Venue
from common.core.order import Fill, Lifetime, Order, OrderState, Purpose

D = Decimal
ORDER = Order(
    client_id="x-BTC-1-d0",
    deal_id="x-BTC-1",
    venue=Venue.DYDX,
    market="BTC",
    side=Side.BUY,
    purpose=Purpose.OPEN,
    size=D(1),
    limit=D(100),
    lifetime=Lifetime.FOK,
    reduce_only=False,
    created_ns=0,
)
ENDED = replace(ORDER, state=OrderState.DONE, reported_size=D(1))
FILL = Fill(Venue.DYDX, "f1", ORDER.client_id, Side.BUY, D(100), D(1), 0, 0)


def deal(order: Order, *fills: Fill) -> Deal:
    return Deal("x-BTC-1", "BTC", 1, Direction.SELL_APEX, D(1), DealState.OPENING, 1, 0, 1, 1, (order,), fills)


def times_asked(asking: Asking, order: Order, until_ns: int) -> int:
    """How often a venue is asked whose every answer, a millisecond later, says nothing new."""
    asked = 0
    for at_ns in range(0, until_ns, 1_000_000):
        asking.changed(deal(order), at_ns)
        asked += len(asking.due(Ask((order,)), at_ns))
    return asked


def test_an_order_just_sent_is_first_left_to_its_answer() -> None:
    asking = Asking()
    asking.sent(ORDER.client_id, 0)
    assert not asking.due(Ask((ORDER,)), FIRST_WAIT_NS - 1)
    assert asking.due(Ask((ORDER,)), FIRST_WAIT_NS) == (ORDER,)


def test_an_order_that_ended_without_its_fills_is_asked_for_at_once() -> None:
    asking = Asking()
    asking.sent(ORDER.client_id, 0)
    asking.changed(deal(ENDED), 1)
    assert asking.due(Ask((ENDED,)), 1) == (ENDED,)


def test_a_venue_that_has_no_fills_yet_is_not_asked_as_fast_as_it_answers() -> None:
    doublings = (RETRY_MAX_NS // RETRY_NS).bit_length()
    for order in (ORDER, ENDED):
        asked = times_asked(Asking(), order, 10 * RETRY_MAX_NS)
        assert 10 <= asked <= 10 + doublings + 1


def test_what_is_accounted_for_is_forgotten() -> None:
    asking = Asking()
    asking.changed(deal(ENDED), 0)
    asking.due(Ask((ENDED,)), 0)
    asking.changed(deal(ENDED, FILL), 1)
    assert asking.due(Ask((ENDED,)), 2) == (ENDED,)
