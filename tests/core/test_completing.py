"""How far the missing side may have moved for completing to be cheaper than unwinding: figures of two real markets."""

from dataclasses import replace
from decimal import Decimal

import pytest

from common.core.completing import completing_order
from common.core.deal import Deal, DealState, Even
from common.core.events import BookMessage
from common.core.market import Direction, Instrument, Side, Venue
from common.core.money import bps_of
from common.core.order import Fill, Lifetime, Order, OrderState, Purpose
from common.core.terms import Terms
from common.core.view import MarketView

D = Decimal
SECOND = 10**9


def listed(venue: Venue, tick: str) -> Instrument:
    return Instrument(venue, "M", "M", D(tick), D("0.001"), D("0.001"), D("0.0005"), D("0.05"), D("0.03"))


def missed(view: MarketView, price: Decimal, edge_bps: Decimal, side: Side) -> tuple[Deal, Even]:
    """A deal of size 1 whose dYdX leg filled and whose ApeX leg, `side` at `price`, is proven dead."""
    filled = side.opposite
    direction = Direction.SELL_APEX if side is Side.SELL else Direction.SELL_DYDX
    dead = Order(
        client_id="x-M-1-a0",
        deal_id="x-M-1",
        venue=Venue.APEX,
        market="M",
        side=side,
        purpose=Purpose.OPEN,
        size=D(1),
        limit=price,
        lifetime=Lifetime.FOK,
        reduce_only=False,
        created_ns=SECOND,
        state=OrderState.DONE,
        reported_size=D(0),
    )
    done = replace(dead, client_id="x-M-1-d0", venue=Venue.DYDX, side=filled, reported_size=D(1))
    deal = Deal(
        deal_id="x-M-1",
        market="M",
        number=1,
        direction=direction,
        size=D(1),
        state=DealState.OPENING,
        held_uusd=int(price * 2 * 1_000_000),
        edge_uusd=int(bps_of(edge_bps, price) * 1_000_000),
        opened_ns=SECOND,
        changed_ns=SECOND,
        orders=(dead, done),
        fills=(Fill(Venue.DYDX, "f", done.client_id, filled, price, D(1), 0, 1),),
    )
    return deal, Even(Venue.DYDX, side, D(1))


def seen(tick: str, filled: tuple[int, int], missing: tuple[int, int]) -> MarketView:
    """Books of dYdX (filled) and ApeX (missing), touches in ticks."""
    view = MarketView(Terms(market="M", size=D(1)), {v: listed(v, tick) for v in Venue})
    for venue, (bid, ask) in ((Venue.DYDX, filled), (Venue.APEX, missing)):
        view.hear(BookMessage(venue, True, ((bid, 10_000, 1),), ((ask, 10_000, 1),), 1, SECOND))
    return view


@pytest.mark.parametrize(
    ("market", "price", "tick", "spread_bps", "edge_bps", "room_bps"),
    [("BTC", "40000", "0.1", "2", "1", 13), ("AVAX", "20", "0.0001", "34", "1", 45)],
)
@pytest.mark.parametrize("side", list(Side))
def test_the_missing_side_may_have_moved_by_edge_and_spread_and_two_fees(
    market: str, price: str, tick: str, spread_bps: str, edge_bps: str, room_bps: int, side: Side
) -> None:
    """About 13 bp for BTC at dYdX, 45 for AVAX: one basis point less completes, one more unwinds."""
    bid = int(D(price) / D(tick))
    filled = (bid, bid + int(bps_of(D(spread_bps), D(price)) / D(tick)))
    for moved_bps, completes in ((room_bps - 1, True), (room_bps + 1, False)):
        touch = bid + side.sign * int(bps_of(D(moved_bps), D(price)) / D(tick))
        view = seen(tick, filled, (touch - 1, touch) if side is Side.BUY else (touch, touch + 1))
        deal, step = missed(view, D(price), D(edge_bps), side)
        order = completing_order(deal, step, view, ("x-M-1-a2", SECOND))
        assert (order is not None) is completes, (market, moved_bps)
        if order is not None:
            assert (order.venue, order.side, order.size, order.reduce_only) == (Venue.APEX, side, D(1), False)
            assert abs(order.limit - D(price)) <= bps_of(D(room_bps) + 1, D(price))


def test_it_is_tried_once_and_only_while_nothing_of_the_missing_leg_filled() -> None:
    view = seen("0.1", (400_000, 400_008), (400_000, 400_001))
    deal, step = missed(view, D(40_000), D(1), Side.BUY)
    made = ("x-M-1-a2", SECOND)
    first = completing_order(deal, step, view, made)
    assert first is not None
    tried = replace(deal, orders=(*deal.orders, replace(first, state=OrderState.DONE, reported_size=D(0))))
    assert completing_order(tried, step, view, made) is None
    part = Fill(Venue.APEX, "g", "x-M-1-a0", Side.BUY, D(40_000), D("0.4"), 0, 1)
    assert completing_order(replace(deal, fills=(*deal.fills, part)), step, view, made) is None


def test_it_needs_both_books_fresh() -> None:
    view = seen("0.1", (400_000, 400_008), (400_000, 400_001))
    deal, step = missed(view, D(40_000), D(1), Side.BUY)
    view.books[Venue.DYDX].lose("gap")
    assert completing_order(deal, step, view, ("x-M-1-a2", SECOND)) is None
