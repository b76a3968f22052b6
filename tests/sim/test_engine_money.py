"""What orders do to money at a paper venue: fees, averages, margin, funding, liquidation."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from common.core.market import Side, Venue
from common.core.money import uusd_down
from common.sim.account import Account, Holding, exact_uusd
from common.sim.checks import Refuse
from common.sim.engine import PaperEngine
from common.sim.fees import DAY_NS, DYDX_TIERS, FeeSchedule, FeeTier, Volume, fee_uusd
from common.sim.funding import CLAMP, INTEREST, hourly_rate, impact_price
from common.sim.listings import MARKETS, listings
from common.sim.types import AccountChange, PaperFill, PaperOrder, PaperRefusal, Print, SourceBook

SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND
HOUR = 3600 * SECOND
NEXT_HOUR = (NOW // HOUR + 1) * HOUR
DYDX, APEX, BUY, SELL = Venue.DYDX, Venue.APEX, Side.BUY, Side.SELL
Make = Callable[..., Any]


def with_book(engine: PaperEngine, ladder: Make, **change: Any) -> PaperEngine:
    engine.apply(ladder(engine.venue, **change), NOW)
    return engine


def test_a_fee_is_cut_downwards_as_recorded_at_dydx() -> None:
    assert fee_uusd(Decimal("52929.003"), Decimal("0.0005")) == 26_464_501


def test_averages_and_pnl_follow_the_figures_recorded_at_dydx() -> None:
    """218.92 bought at 1091.812076, 125.35 of it sold at 1091.236219, -4101.337527 of funding: -4173.521266."""
    holding = Holding("ETH", NOW)
    holding.trade(Decimal("218.92"), Decimal("1091.812076"))
    holding.trade(Decimal("-125.35"), Decimal("1091.236219"))
    holding.net_funding = Decimal("-4101.337527")
    view = holding.view()
    assert (view.size, view.sum_open, view.sum_close) == (Decimal("93.57"), Decimal("218.92"), Decimal("125.35"))
    assert abs(view.realized_pnl - Decimal("-4173.521266")) <= Decimal("0.0001"), "the recorded averages are rounded"


@pytest.mark.parametrize("sign", [1, -1])
def test_a_round_trip_realizes_what_the_cash_says_and_a_flip_is_two_positions(sign: int) -> None:
    account = Account("a", 10**9, NOW)
    sides = {1: BUY, -1: SELL}
    for number, (size, price) in enumerate([("2", "100"), ("-1", "103"), ("-3", "104"), ("2", "101")]):
        signed = Decimal(size) * sign
        fill = PaperFill(str(number), "o", "a", "BTC", sides[1 if signed > 0 else -1], "TAKER", "LIMIT",
                         Decimal(price), abs(signed), Decimal(0), NOW + number)  # fmt: skip
        account.fold_fill(fill)
    assert account.holdings == {}
    first, second = account.closed
    assert [first.max_size, second.max_size] == [Decimal(2 * sign), Decimal(-2 * sign)]
    assert [first.realized_pnl, second.realized_pnl] == [Decimal(7 * sign), Decimal(6 * sign)]
    assert account.balance_uusd == 10**9 + 13 * sign * 10**6


def test_every_grid_multiplies_to_whole_micro_usd(venue: Venue) -> None:
    for listing in listings(venue, Decimal(0)).values():
        assert exact_uusd(listing.instrument.tick * listing.instrument.step) > 0


def test_buying_lowers_the_balance_and_leaves_the_equity(opened: Make, ladder: Make, ask: Make) -> None:
    engine = with_book(opened(DYDX, "10"), ladder)
    engine.place("a", ask("1", BUY, "0.001", 42_001, "FOK"), NOW)
    view = engine.account("a")
    assert view.balance == Decimal("-32.0220"), "10 - 42.001 - 0.021: negative, as at the venue"
    assert view.equity == Decimal("9.978000")
    assert view.initial_margin == Decimal("2.1") and view.free_collateral == Decimal("7.878")
    assert view.maintenance_margin == Decimal("1.26")


def test_dydx_cancels_an_order_that_the_margin_does_not_carry(opened: Make, ladder: Make, ask: Make) -> None:
    engine = with_book(opened(DYDX, "100"), ladder, steps=5000)
    poor = engine.place("a", ask("1", BUY, "0.05", 42_001, "FOK"), NOW)
    rests = engine.place("a", ask("2", BUY, "0.05", 41_000, "GTT"), NOW)
    fits = engine.place("a", ask("3", BUY, "0.04", 42_001, "FOK"), NOW)
    assert all(isinstance(order, PaperOrder) for order in (poor, rests, fits))
    endings = [(order.status, order.cancel_reason) for order in reversed(engine.orders("a"))]
    assert endings == [("CANCELED", "UNDERCOLLATERALIZED"), ("CANCELED", "UNDERCOLLATERALIZED"), ("FILLED", "")]


def test_what_rests_is_reserved(opened: Make, ladder: Make, ask: Make) -> None:
    engine = with_book(opened(DYDX, "100"), ladder)
    engine.place("a", ask("1", BUY, "0.04", 41_900, "GTT"), NOW)
    assert engine.account("a").free_collateral == Decimal("16")
    engine.place("a", ask("2", BUY, "0.01", 41_900, "GTT"), NOW)
    engine.place("a", ask("3", SELL, "0.01", 42_100, "GTT"), NOW)
    assert [order.status for order in engine.orders("a")] == ["OPEN", "CANCELED", "OPEN"]


def test_apex_refuses_what_the_margin_does_not_carry_at_the_orders_price(opened: Make, ladder: Make, ask: Make) -> None:
    engine = with_book(opened(APEX, "100"), ladder, steps=5000)
    too_big = engine.place("a", ask("1", BUY, "0.150", 21_001), NOW)
    ruinous = engine.place("a", ask("2", BUY, "0.100", 22_000), NOW)
    fits = engine.place("a", ask("3", BUY, "0.100", 21_001), NOW)
    assert isinstance(too_big, PaperRefusal) and too_big.key == Refuse.MARGIN
    assert isinstance(ruinous, PaperRefusal) and ruinous.key == Refuse.LIQUIDATION
    assert isinstance(fits, PaperOrder) and engine.account("a").positions[0].size == Decimal("0.1")


def test_a_position_can_always_be_reduced(venue: Venue, opened: Make, ladder: Make, ask: Make) -> None:
    engine = with_book(opened(venue, "140"), ladder, steps=5000)
    tick = engine.instruments["BTC"].tick
    engine.place("a", ask("1", BUY, "0.060", 42_001 * tick), NOW)
    lower = {DYDX: 41_000, APEX: 37_800}[venue]
    engine.apply(ladder(venue, lower, steps=5000), NOW + SECOND)
    assert engine.account("a").free_collateral < 0 < engine.account("a").equity
    more = engine.place("a", ask("2", BUY, "0.010", (lower + 1) * tick), NOW + SECOND)
    less = engine.place("a", ask("3", SELL, "0.010", (lower - 1) * tick), NOW + SECOND)
    assert isinstance(less, PaperOrder) and len(engine.fills("a", order_id=less.order_id)) == 1
    assert isinstance(more, PaperRefusal) or not engine.fills("a", order_id=more.order_id)


def test_an_account_below_its_maintenance_margin_is_taken_over_at_the_books_prices(
    venue: Venue, opened: Make, ladder: Make, ask: Make
) -> None:
    engine = with_book(opened(venue, "100"), ladder, steps=5000)
    tick = engine.instruments["BTC"].tick
    engine.place("a", ask("1", BUY, "0.030", 42_001 * tick), NOW)
    engine.place("a", ask("2", BUY, "0.001", 30_000 * tick, "GTT"), NOW)
    engine.on_publish = list[Any]().append
    crash = {DYDX: 39_500, APEX: 35_000}[venue]
    engine.apply(ladder(venue, crash, steps=5000), NOW + SECOND)
    view = engine.account("a")
    assert view.positions == () and view.equity == view.balance
    forced = engine.fills("a")[0]
    assert (forced.order_id, forced.kind, forced.side) == (None, "LIQUIDATED", SELL)
    assert forced.price == (crash - 1) * tick
    words = {DYDX: "UNDERCOLLATERALIZED", APEX: "LIQUIDATE_CANCELED"}
    assert engine.orders("a")[0].cancel_reason == words[venue]
    told = engine.on_publish.__self__  # type: ignore[attr-defined]
    assert any(isinstance(item, Print) and item.liquidation for item in told)
    change = [item for item in told if isinstance(item, AccountChange)][-1]
    assert change.fills == (forced,) and change.balance == view.balance
    engine.apply(ladder(venue, crash - 1, steps=5000), NOW + SECOND)
    assert len(engine.fills("a")) == 2, "and only once"


def test_a_thin_book_takes_over_only_what_it_can(opened: Make, ladder: Make, ask: Make) -> None:
    engine = with_book(opened(DYDX, "100"), ladder, steps=5000)
    engine.place("a", ask("1", BUY, "0.030", 42_001), NOW)
    engine.apply(SourceBook(DYDX, "BTC", ((39_000, 100),), ((39_100, 100),), Decimal(39_000)), NOW + SECOND)
    assert engine.account("a").positions[0].size == Decimal("0.02")
    engine.advance(NOW + 60 * SECOND)
    assert engine.account("a").positions[0].size == Decimal("0.01"), "the level came back and was taken again"
    assert len({fill.fill_id for fill in engine.fills("a")}) == 3


def test_funding_is_paid_on_the_hour_from_the_sampled_premium(opened: Make, ladder: Make, ask: Make) -> None:
    engine = opened(DYDX)
    engine.apply(SourceBook(DYDX, "BTC", ((42_100, 9000),), ((42_101, 9000),), Decimal(42_000)), NOW)
    engine.place("a", ask("1", BUY, "0.010", 42_101, "FOK"), NOW)
    engine.advance(NOW)
    # premium 100 / 42000, an eighth of it, and 0.00125 % of interest
    rate = Decimal("0.0003101190")
    assert engine.funding_rate("BTC") == rate
    engine.advance(NEXT_HOUR - 1)
    assert engine.funding("a") == ()
    before = engine.account("a").balance
    engine.advance(NEXT_HOUR)
    (paid,) = engine.funding("a")
    assert paid.at_ns == NEXT_HOUR and paid.position_size == Decimal("0.01") and paid.rate == rate
    assert paid.payment == Decimal(uusd_down(Decimal("-0.01") * 42_000 * rate)) / 10**6 < 0, "longs pay"
    assert engine.account("a").balance == before + paid.payment
    assert engine.account("a").positions[0].net_funding == paid.payment
    engine.advance(NEXT_HOUR + SECOND)
    assert len(engine.funding("a")) == 1


def test_a_short_receives_what_a_long_would_pay_but_for_the_rounding(opened: Make, ladder: Make, ask: Make) -> None:
    engine = with_book(opened(DYDX), ladder, steps=9000)
    engine.open_account("b", Decimal(1000), NOW)
    engine.place("a", ask("1", BUY, "0.013", 42_001, "FOK"), NOW)
    engine.place("b", ask("1", SELL, "0.013", 41_999, "FOK"), NOW)
    engine.advance(NOW)
    engine.advance(NEXT_HOUR)
    (long,), (short,) = engine.funding("a"), engine.funding("b")
    assert 0 <= -(long.payment + short.payment) <= Decimal("0.000001")


def test_the_rate_is_interest_when_the_index_lies_within_the_spread_and_bounded_at_apex() -> None:
    assert hourly_rate(DYDX, [Decimal(0)] * 3) == INTEREST
    assert hourly_rate(APEX, [Decimal("0.5")]) == CLAMP[APEX]
    assert hourly_rate(APEX, [Decimal("-0.5")]) == -Decimal("0.000234")


def test_the_impact_price_walks_five_hundred_usd_of_margin() -> None:
    instrument = listings(DYDX, Decimal(0))["BTC"].instrument
    price = impact_price([(42_000, 1000), (41_000, 10_000)], instrument)
    base = Decimal("0.1") + (10_000 - Decimal("0.1") * 42_000) / 41_000
    assert price is not None and abs(price - 10_000 / base) < Decimal("1e-9")
    assert impact_price([(42_000, 10)], instrument) is None


def test_fee_tiers_follow_the_volume_of_thirty_days() -> None:
    volume = Volume({})
    volume.add(Decimal(60_000), NOW)
    volume.add(Decimal(40_000), NOW + DAY_NS)
    assert DYDX_TIERS.tier(volume.total(NOW + DAY_NS)).taker == Decimal("0.0005")
    assert DYDX_TIERS.tier(volume.total(NOW + 30 * DAY_NS)).taker == 0, "the first day is out of the window"


def test_trading_moves_an_account_to_the_next_tier(opened: Make, ladder: Make, ask: Make) -> None:
    tiers = FeeSchedule(
        (FeeTier(Decimal(0), Decimal(0), Decimal(0)), FeeTier(Decimal(40), Decimal("0.0001"), Decimal("0.0004")))
    )
    engine = with_book(opened(DYDX, schedule=tiers), ladder)
    engine.place("a", ask("1", BUY, "0.001", 42_001, "FOK"), NOW)
    assert engine.fee_rates("a") == (Decimal("0.0001"), Decimal("0.0004"))
    engine.place("a", ask("2", SELL, "0.001", 41_999, "FOK"), NOW)
    assert [fill.fee for fill in engine.fills("a")] == [Decimal("0.016799"), Decimal(0)]


def test_the_sizes_that_the_fleet_trades_are_legal_at_both_venues() -> None:
    sizes = dict(zip(MARKETS, ["0.001", "0.01", "1", "0.5", "1", "1", "300", "0.2", "30", "1"], strict=True))
    for venue in Venue:
        for market, listing in listings(venue, Decimal(0)).items():
            assert listing.instrument.refuse_size(Decimal(sizes[market])) is None


def test_the_listings_carry_the_published_stark_ids() -> None:
    rows = listings(DYDX, Decimal(0))
    assert rows["BTC"].synthetic_id == "0x4254432d3130000000000000000000"
    assert rows["MATIC"].synthetic_id == "0x4d415449432d360000000000000000"
    assert (rows["DOGE"].resolution, rows["BTC"].instrument.name) == (10**5, "BTC-USD")
    assert listings(APEX, Decimal(0))["BTC"].instrument.name == "BTC-USDC"


def test_margin_grows_in_steps_above_the_baseline() -> None:
    row = listings(DYDX, Decimal(0))["BTC"]
    sizes = [Decimal(text) for text in ("25", "25.1", "30", "-30.1")]
    assert [row.initial_margin(size) for size in sizes] == [Decimal(t) for t in ("0.05", "0.06", "0.06", "0.07")]
