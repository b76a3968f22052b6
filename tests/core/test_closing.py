"""Which deal is closed under which order: target, floor, its turn, now; and what closing is said to cost."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core.closing import Exit, Offer, find_closing, offers
from common.core.deal import Deal, DealState
from common.core.events import BookMessage, FeedLost, HaltLevel, Turn
from common.core.market import Direction, Instrument, Venue
from common.core.order import Fill
from common.core.terms import Terms
from common.core.view import MarketView

D = Decimal
SECOND = 10**9
NOW = 100 * SECOND
TERMS = Terms(market="BTC", size=D("0.01"))
INSTRUMENTS = {
    v: Instrument(v, "BTC", "BTC", D(1), D("0.001"), D("0.001"), D("0.0005"), D("0.05"), D("0.03")) for v in Venue
}
SIZE = D("0.01")


def view_of(apex: tuple[int, int] = (10_000, 10_001), dydx: tuple[int, int] = (10_000, 10_001)) -> MarketView:
    view = MarketView(TERMS, INSTRUMENTS)
    for venue, (bid, ask) in ((Venue.APEX, apex), (Venue.DYDX, dydx)):
        view.hear(BookMessage(venue, True, ((bid, 1000, 1),), ((ask, 1000, 1),), 1, NOW))
    return view


def opened(number: int = 1, captured: int = 0) -> Deal:
    """ApeX sold `captured` USD a coin above what dYdX was bought for."""
    name = f"x-BTC-{number}"
    prices = {Venue.APEX: D(10_000 + captured), Venue.DYDX: D(10_000)}
    fills = tuple(
        Fill(v, f"f{v}{number}", f"{name}-{v[0]}0", Direction.SELL_APEX.side_at(v), prices[v], SIZE, 0, NOW)
        for v in Venue
    )
    held = 100 * 10**6
    return Deal(name, "BTC", number, Direction.SELL_APEX, SIZE, DealState.OPEN, held, 0, NOW, NOW, (), fills)


def closing(deal: Deal, halt: HaltLevel, turn: Turn | None = None, view: MarketView | None = None) -> Exit | None:
    return find_closing(view or view_of(), (deal,), halt, NOW, turn)


#: closing costs 11 bp now: two fees of 5, a tick of spread. What each deal captured decides what it would keep.
ABOVE_TARGET, BETWEEN, BELOW_FLOOR = opened(captured=30), opened(captured=0), opened(captured=-30)


@pytest.mark.parametrize(
    ("deal", "halt", "why"),
    [
        (ABOVE_TARGET, HaltLevel.NONE, "target"),
        (ABOVE_TARGET, HaltLevel.HALT, "target"),
        (ABOVE_TARGET, HaltLevel.REDUCE, "target"),
        (BETWEEN, HaltLevel.NONE, None),
        (BETWEEN, HaltLevel.HALT, None),
        (BETWEEN, HaltLevel.REDUCE, "reduce"),
        (BELOW_FLOOR, HaltLevel.REDUCE, None),
        (BELOW_FLOOR, HaltLevel.FLATTEN, "flatten"),
    ],
)
def test_without_turns_each_level_closes_what_it_says(deal: Deal, halt: HaltLevel, why: str | None) -> None:
    found = closing(deal, halt)
    assert (found.why if found else None) == why


@pytest.mark.parametrize(
    ("deal", "turn", "why"),
    [
        (BETWEEN, Turn("x-BTC-1", whatever=False), "reduce"),
        (BETWEEN, Turn("x-BTC-2", whatever=True), None),
        (BETWEEN, Turn("", whatever=True), None),
        (ABOVE_TARGET, Turn("x-BTC-2", whatever=False), "target"),
        (BELOW_FLOOR, Turn("x-BTC-1", whatever=False), None),
        (BELOW_FLOOR, Turn("x-BTC-1", whatever=True), "its turn to shrink"),
    ],
)
def test_with_turns_only_the_named_deal_closes_below_its_target(deal: Deal, turn: Turn, why: str | None) -> None:
    found = closing(deal, HaltLevel.REDUCE, turn)
    assert (found.why if found else None) == why


def test_a_turn_means_nothing_where_the_market_has_not_to_shrink() -> None:
    for halt in (HaltLevel.NONE, HaltLevel.HALT):
        assert closing(BETWEEN, halt, Turn("x-BTC-1", whatever=True)) is None
    assert closing(BELOW_FLOOR, HaltLevel.FLATTEN, Turn("", whatever=False)) is not None, "flatten waits for no turn"


@given(st.integers(-50, 50), st.integers(9_900, 10_100), st.integers(9_900, 10_100))
def test_what_closing_costs_is_what_is_left_of_the_money_that_passes(captured: int, apex: int, dydx: int) -> None:
    """Buying back at ApeX and selling at dYdX, with both fees; what was captured once does not come into it."""
    view = view_of((apex, apex + 1), (dydx, dydx + 1))
    [offer] = offers(view, (opened(captured=captured),), NOW)
    fees = (D(apex + 1) + D(dydx)) * SIZE * D("0.0005")
    assert offer.cost == (D(apex + 1) - D(dydx)) * SIZE + fees
    kept = D(captured) * SIZE - offer.cost
    assert offer.acceptable is (kept >= -offer.notional * 30 / 10_000)


def test_only_open_deals_with_believable_books_have_a_price() -> None:
    closed, dark = replace(opened(2), state=DealState.CLOSING), view_of()
    assert [o.deal_id for o in offers(view_of(), (opened(), closed), NOW)] == ["x-BTC-1"]
    dark.hear(FeedLost(Venue.APEX, "gap", NOW))
    assert offers(dark, (opened(),), NOW) == ()
    assert offers(view_of(), (opened(),), NOW + 60 * SECOND) == (), "a connection that is silent"


def test_an_offer_names_its_deal() -> None:
    [offer] = offers(view_of(), (opened(7),), NOW)
    assert isinstance(offer, Offer) and offer.deal_id == "x-BTC-7"
