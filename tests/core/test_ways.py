"""What the ways out of a deal come to: sums that are done by hand here."""

from decimal import Decimal

from common.core.deal import Deal, DealState
from common.core.events import Way
from common.core.market import Direction, Side, Venue
from common.core.order import Fill
from common.core.ways import fee_rates, outcomes

D = Decimal
PRICES = {(Venue.DYDX, Side.SELL): D(99), (Venue.APEX, Side.SELL): D(98), (Venue.APEX, Side.BUY): D(101)}


def ask(venue: Venue, side: Side, size: Decimal) -> Decimal | None:
    return PRICES.get((venue, side))


def deal(*fills: Fill) -> Deal:
    return Deal("x-M-1", "M", 1, Direction.SELL_APEX, D(2), DealState.STUCK, 1, 0, 1, 1, (), fills)


def test_a_naked_leg_is_closed_where_it_is_or_completed_at_the_other_venue() -> None:
    one = deal(Fill(Venue.DYDX, "f", "x", Side.BUY, D(100), D(2), 200_000, 1))
    rates = fee_rates(one, D("0.0005"))
    assert rates == {Venue.DYDX: D("0.001"), Venue.APEX: D("0.0005")}
    close, complete = outcomes(one, ask, rates)
    assert (close.way, close.earned) == (Way.CLOSE, -200 - D("0.2") + 198 - D("0.198"))
    assert (complete.way, complete.earned) == (Way.COMPLETE, -200 - D("0.2") + 196 - D("0.098"))
    (trade,) = complete.trades
    assert (trade.venue, trade.side, trade.size) == (Venue.APEX, Side.SELL, D(2))


def test_a_deal_with_both_legs_can_be_closed_and_lacks_nothing() -> None:
    one = deal(
        Fill(Venue.DYDX, "f", "x", Side.BUY, D(100), D(2), 0, 1),
        Fill(Venue.APEX, "g", "y", Side.SELL, D(103), D(2), 0, 1),
    )
    (close,) = outcomes(one, ask, dict.fromkeys(Venue, D(0)))
    assert close.earned == -200 + 206 + 198 - 202


def test_without_a_price_nothing_is_made_up() -> None:
    one = deal(Fill(Venue.DYDX, "f", "x", Side.SELL, D(100), D(2), 0, 1))
    close, complete = outcomes(one, ask, dict.fromkeys(Venue, D(0)))
    assert close.earned is None and close.trades[0].price is None
    assert complete.earned == 200 - 202
