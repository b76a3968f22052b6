"""`next_step`: from a deal's rows alone to what it needs; and the table of legal moves."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core.deal import DEAL_MOVES, LIVE, Ask, Deal, DealState, Even, Rest, check_move, next_step
from common.core.errors import IllegalMove
from common.core.market import Direction, Instrument, Side, Venue
from common.core.order import Fill, Lifetime, Order, OrderState, Purpose

D = Decimal
INSTRUMENTS = {
    v: Instrument(v, "BTC", "BTC", D("0.5"), D("0.1"), D("1"), D("0.0005"), D("0.05"), D("0.03")) for v in Venue
}


def order(venue: Venue, side: Side, size: str, number: int, purpose: Purpose = Purpose.OPEN) -> Order:
    return Order(
        f"x-BTC-1-{venue[0]}{number}", "x-BTC-1", venue, "BTC", side, purpose, D(size), D(100), Lifetime.FOK, False, 1
    )


def done(order: Order, filled: str) -> tuple[Order, tuple[Fill, ...]]:
    finished = replace(order, state=OrderState.DONE, reported_size=D(filled))
    if not D(filled):
        return finished, ()
    fill = Fill(order.venue, f"f-{order.client_id}", order.client_id, order.side, D(100), D(filled), 50_000, 1)
    return finished, (fill,)


def deal(*rows: tuple[Order, tuple[Fill, ...]], state: DealState = DealState.OPENING) -> Deal:
    orders = tuple(o for o, _ in rows)
    fills = tuple(f for _, fs in rows for f in fs)
    return Deal("x-BTC-1", "BTC", 1, Direction.SELL_APEX, D(5), state, 600_000_000, 1, 1, 1, orders, fills)


SELL, BUY = order(Venue.APEX, Side.SELL, "5", 0), order(Venue.DYDX, Side.BUY, "5", 1)


def test_an_order_whose_fate_is_not_known_is_asked_for_before_anything_else() -> None:
    assert next_step(deal(done(SELL, "5"), (BUY, ())), INSTRUMENTS) == Ask((BUY,))


def test_done_without_all_the_fills_that_were_reported_is_still_a_question() -> None:
    finished, _ = done(SELL, "5")
    assert next_step(deal((finished, ()), done(BUY, "5")), INSTRUMENTS) == Ask((finished,))


def test_a_missed_leg_is_evened_at_the_venue_of_the_longer_leg() -> None:
    assert next_step(deal(done(SELL, "5"), done(BUY, "0")), INSTRUMENTS) == Even(Venue.APEX, Side.BUY, D(5))
    assert next_step(deal(done(SELL, "0"), done(BUY, "5")), INSTRUMENTS) == Even(Venue.DYDX, Side.SELL, D(5))


def test_a_leftover_below_the_minimum_is_dust_and_not_evened() -> None:
    step = next_step(deal(done(SELL, "5"), done(BUY, "4.5")), INSTRUMENTS)
    assert isinstance(step, Rest) and step.state is DealState.OPEN


def test_nothing_filled_releases_and_both_filled_settles_at_the_filled_notional() -> None:
    assert next_step(deal(done(SELL, "0"), done(BUY, "0")), INSTRUMENTS) == Rest(DealState.VOID, 0)
    assert next_step(deal(done(SELL, "5"), done(BUY, "5")), INSTRUMENTS) == Rest(DealState.OPEN, 500_000_000)


def test_a_close_that_missed_a_leg_goes_on_closing_that_leg() -> None:
    close_buy, close_sell = (
        order(Venue.APEX, Side.BUY, "5", 2, Purpose.CLOSE),
        order(Venue.DYDX, Side.SELL, "5", 3, Purpose.CLOSE),
    )
    rows = (done(SELL, "5"), done(BUY, "5"), done(close_buy, "5"), done(close_sell, "0"))
    assert next_step(deal(*rows, state=DealState.CLOSING), INSTRUMENTS) == Even(Venue.DYDX, Side.SELL, D(5))


def test_a_close_of_which_nothing_filled_is_open_again() -> None:
    close = done(order(Venue.APEX, Side.BUY, "5", 2, Purpose.CLOSE), "0")
    step = next_step(deal(done(SELL, "5"), done(BUY, "5"), close, state=DealState.CLOSING), INSTRUMENTS)
    assert step == Rest(DealState.OPEN, 500_000_000)


def test_a_late_fill_on_a_finished_deal_is_unwound_but_a_written_off_deal_is_left_to_its_person() -> None:
    rows = (done(SELL, "5"), done(BUY, "0"))
    assert isinstance(next_step(deal(*rows, state=DealState.VOID), INSTRUMENTS), Even)
    assert isinstance(next_step(deal(*rows, state=DealState.WRITTEN_OFF), INSTRUMENTS), Rest)


def test_every_move_that_is_not_in_the_table_raises_and_names_deal_and_states() -> None:
    for current in DealState:
        for to in DealState:
            if to in DEAL_MOVES[current]:
                check_move("x-BTC-1", current, to)
            else:
                with pytest.raises(IllegalMove, match=f"x-BTC-1: {current} cannot become {to}"):
                    check_move("x-BTC-1", current, to)


def test_finished_deals_never_move_again() -> None:
    assert all(not DEAL_MOVES[state] for state in DealState if state not in LIVE)


sizes = st.decimals(min_value=0, max_value=5, places=1)


@given(sizes, sizes, sizes, sizes, st.sampled_from(sorted(LIVE)))
def test_following_next_step_ends_even_or_flat_within_one_full_evening(
    sold: Decimal, bought: Decimal, back: Decimal, away: Decimal, state: DealState
) -> None:
    """Whatever filled, carrying out the step with full fills leads to rest, and rest is even up to dust."""
    rows = [done(SELL, str(sold)), done(BUY, str(bought))]
    back, away = min(back, sold), min(away, bought)
    rows += [done(order(Venue.APEX, Side.BUY, "5", 2, Purpose.CLOSE), str(back))]
    rows += [done(order(Venue.DYDX, Side.SELL, "5", 3, Purpose.CLOSE), str(away))]
    step = next_step(deal(*rows, state=state), INSTRUMENTS)
    if isinstance(step, Even):
        rows.append(done(order(step.venue, step.side, str(step.size), 4, Purpose.EVEN), str(step.size)))
        step = next_step(deal(*rows, state=state), INSTRUMENTS)
    assert isinstance(step, Rest)
    after = deal(*rows, state=state)
    assert abs(after.net) < 1
    assert step.held_uusd <= after.held_uusd
    assert (step.held_uusd == 0) == (step.state not in LIVE)
