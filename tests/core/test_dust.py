"""Dust: smaller than the smallest order, taken along by the next closing order where that stays above the minimum."""

from dataclasses import replace
from decimal import Decimal

import pytest

from common.core.book import Quote
from common.core.closing import Exit
from common.core.deal import Deal, DealState, Rest, next_step
from common.core.dust import Dust, closing_size
from common.core.edge import Leg, Pair, make_leg
from common.core.market import Direction, Instrument, Side, Venue
from common.core.order import Fill, Lifetime, Order, OrderState, Purpose
from common.core.planning import closing_orders

D = Decimal
INSTRUMENTS = {
    v: Instrument(v, "BTC", "BTC", D(1), D("0.0001"), D("0.001"), D("0.0005"), D("0.05"), D("0.03")) for v in Venue
}
DYDX = INSTRUMENTS[Venue.DYDX]


def fill(venue: Venue, side: Side, size: str) -> Fill:
    return Fill(venue, f"{venue}{side}{size}", "x-BTC-1-d0", side, D(10_000), D(size), 0, 1)


def deal(dydx: str, apex: str) -> Deal:
    """Bought at dYdX, sold at ApeX."""
    fills = (fill(Venue.DYDX, Side.BUY, dydx), fill(Venue.APEX, Side.SELL, apex))
    return Deal("x-BTC-1", "BTC", 1, Direction.SELL_APEX, D(dydx), DealState.OPEN, 1, 0, 1, 1, (), fills)


def closed_once(one: Deal) -> Deal:
    order = Order("x-BTC-1-d0", "x-BTC-1", Venue.DYDX, "BTC", Side.SELL, Purpose.CLOSE, D("0.01"), D(10_000),
                  Lifetime.FOK, True, 1, OrderState.DONE, "v", D(0))  # fmt: skip
    return replace(one, orders=(order,))


def leg(venue: Venue, side: Side) -> Leg:
    return make_leg(INSTRUMENTS[venue], side, Quote(D(10_000), D(10_000), D(10_000)), D(3), D(15))


@pytest.mark.parametrize(
    ("left", "size"),
    [
        ("0", "0.0100"),
        ("0.0004", "0.0104"),
        ("-0.0004", "0.0096"),
        ("0.00095", "0.0109"),
        ("0.0010", "0.0100"),
        ("-0.0020", "0.0100"),
    ],
)
def test_a_closing_order_takes_along_what_earlier_deals_left_as_long_as_that_is_dust(left: str, size: str) -> None:
    assert closing_size(deal("0.01", "0.01"), D("0.01"), DYDX, D(left)) == D(size)


def test_it_is_not_netted_where_the_order_would_fall_below_the_minimum() -> None:
    one = deal("0.0012", "0.0012")
    assert closing_size(one, D("0.0012"), DYDX, D("-0.0002")) == D("0.0010")
    assert closing_size(one, D("0.0012"), DYDX, D("-0.0003")) == D("0.0012")


def test_a_second_try_takes_nothing_of_other_deals_along() -> None:
    """The venue may know better than our sums, and would refuse a reduce-only order for it again and again."""
    assert closing_size(closed_once(deal("0.01", "0.01")), D("0.01"), DYDX, D("0.0004")) == D("0.01")


def test_each_leg_of_a_close_takes_its_own_dust_along() -> None:
    one = deal("0.0100", "0.0107")
    pair = Pair(leg(Venue.DYDX, Side.SELL), leg(Venue.APEX, Side.BUY), D("0.0100"))
    orders = closing_orders(Exit(one, pair, D(0), "target"), Dust(), 5)
    assert [(o.venue, o.size) for o in orders] == [(Venue.DYDX, D("0.0100")), (Venue.APEX, D("0.0107"))]
    assert all(o.reduce_only for o in orders)


def test_a_leg_below_the_minimum_is_left_behind_and_the_other_closed() -> None:
    one = deal("0.0009", "0.0012")
    pair = Pair(leg(Venue.DYDX, Side.SELL), leg(Venue.APEX, Side.BUY), D("0.0009"))
    (order,) = closing_orders(Exit(one, pair, D(0), "target"), Dust(), 5)
    assert (order.venue, order.size) == (Venue.APEX, D("0.0012"))
    after = replace(one, state=DealState.CLOSING, fills=(*one.fills, fill(Venue.APEX, Side.BUY, "0.0012")))
    assert next_step(after, INSTRUMENTS) == Rest(DealState.CLOSED, 0)


def test_what_was_taken_along_leaves_the_market_with_nothing() -> None:
    dust = Dust()
    dust.told({Venue.DYDX: D("0.0004"), Venue.APEX: D(0)})
    one = deal("0.01", "0.01")
    size = closing_size(one, D("0.01"), DYDX, dust.at(Venue.DYDX))
    fills = (*one.fills, fill(Venue.DYDX, Side.SELL, str(size)), fill(Venue.APEX, Side.BUY, "0.01"))
    closed = replace(one, state=DealState.CLOSED, fills=fills)
    assert next_step(closed, INSTRUMENTS) == Rest(DealState.CLOSED, 0)
    dust.finished(closed)
    assert dust.at(Venue.DYDX) == dust.at(Venue.APEX) == 0
    dust.back(closed)
    assert dust.at(Venue.DYDX) == D("0.0004")
