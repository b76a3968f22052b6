"""Orders are signed before their moment only where the moment may be near, and they are the orders that come."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest

from common.core.commands import Command, Reserve, Sign
from common.core.events import BookMessage, FundingRate, IndexPrice, Tick
from common.core.foresight import STRIDES
from common.core.market import Instrument, Side, Venue
from common.core.order import Order
from common.core.terms import Terms
from common.core.trader import Trader

D = Decimal
SECOND = 10**9
#: no fees and no slack, so that a gap of so many ticks (1 bp each) is an edge of about so many basis points
TERMS = Terms("BTC", size=D("0.01"), median_warmup_ns=0, limit_slack_bps=D(0), edge_min_bps=D(10), sign_ahead_bps=D(4))
INSTRUMENTS = {v: Instrument(v, "BTC", "BTC", D(1), D("0.001"), D("0.001"), D(0), D("0.05"), D("0.03")) for v in Venue}


class Market:
    """Two books of one level a side, and what the trader says to them."""

    def __init__(self, terms: Terms = TERMS) -> None:
        self.now = 100 * SECOND
        self.trader = Trader(terms, INSTRUMENTS, incarnation="x", next_number=7, start_ns=self.now)
        for venue in Venue:
            self.trader.on(IndexPrice(venue, D(10_000), self.now))
            self.trader.on(FundingRate(venue, D(0), self.now))
            self.book(venue, 10_000)
        self.tick()

    def tick(self) -> None:
        self.now += SECOND // 3
        self.trader.on(Tick(self.now))

    def book(self, venue: Venue, bid: int, steps: int = 1000) -> list[Command]:
        self.now += SECOND // 100
        rows = ((bid, steps, 1),), ((bid + 1, steps, 1),)
        return self.trader.on(BookMessage(venue, True, *rows, 1, self.now))

    def signs(self, venue: Venue, bid: int, steps: int = 1000) -> tuple[Order, ...]:
        return next((c.orders for c in self.book(venue, bid, steps) if isinstance(c, Sign)), ())


def prices(orders: tuple[Order, ...], side: Side) -> list[int]:
    return [int(order.limit) for order in orders if order.side is side]


@pytest.fixture
def market() -> Market:
    return Market()


def test_far_from_the_threshold_nothing_is_signed(market: Market) -> None:
    for ticks in range(0, 6, 2):
        assert market.signs(Venue.APEX, 10_000 + ticks) == ()


def test_near_it_the_pair_of_now_is_signed_and_then_those_of_better_books(market: Market) -> None:
    market.book(Venue.APEX, 10_004)
    orders = market.signs(Venue.APEX, 10_009)
    assert prices(orders, Side.SELL) == [10_009 + n for n in range(STRIDES + 1)]
    assert prices(orders, Side.BUY) == [10_001 - n for n in range(STRIDES + 1)]
    assert {order.client_id for order in orders} == {"x-BTC-7-a0", "x-BTC-7-d1"}


def test_with_slack_limits_are_far_apart_so_that_a_book_that_moves_a_little_keeps_its_orders() -> None:
    market = Market(replace(TERMS, limit_slack_bps=D(20), slippage_max_bps=D(100), edge_min_bps=D(10)))
    market.book(Venue.APEX, 10_020)
    orders = market.signs(Venue.APEX, 10_038)
    sells = prices(orders, Side.SELL)
    assert [b - a for a, b in pairwise(sells)] == [8] * STRIDES and all(price % 8 == 0 for price in sells)
    signed = {replace(order, created_ns=0) for order in orders}
    for bid in (10_039, 10_045, 10_050, 10_060):
        told = market.book(Venue.APEX, bid)
        if reserves := [c for c in told if isinstance(c, Reserve)]:
            assert {replace(order, created_ns=0) for order in reserves[0].deal.orders} <= signed
            return
    pytest.fail("no deal came of it")


def test_what_is_signed_is_told_once(market: Market) -> None:
    market.book(Venue.APEX, 10_004)
    assert market.signs(Venue.APEX, 10_009)
    assert not market.signs(Venue.DYDX, 10_000, steps=900) and not market.signs(Venue.APEX, 10_009, steps=800)
    assert market.signs(Venue.DYDX, 9_999)


def test_the_orders_that_come_are_among_those_that_were_signed(market: Market) -> None:
    market.book(Venue.APEX, 10_004)
    signed = market.signs(Venue.APEX, 10_009)
    (reserve,) = (c for c in market.book(Venue.APEX, 10_013) if isinstance(c, Reserve))
    told = {replace(order, created_ns=0) for order in signed}
    assert {replace(order, created_ns=0) for order in reserve.deal.orders} <= told


def test_an_edge_that_waits_for_the_other_book_has_its_very_orders_signed(market: Market) -> None:
    market.book(Venue.DYDX, 10_000)
    signed = market.signs(Venue.APEX, 10_050)
    assert market.trader.decision == "unconfirmed"
    (reserve,) = (c for c in market.book(Venue.DYDX, 10_000) if isinstance(c, Reserve))
    assert tuple(replace(o, created_ns=0) for o in reserve.deal.orders) == tuple(
        replace(o, created_ns=0) for o in signed[:2]
    )


def test_without_a_margin_nothing_is_signed_before_an_edge_is_enough() -> None:
    market = Market(replace(TERMS, sign_ahead_bps=D(0)))
    market.book(Venue.APEX, 10_004)
    assert market.signs(Venue.APEX, 10_009) == ()
