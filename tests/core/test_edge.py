"""What a deal is expected to keep, and what closing it would keep."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from common.core.book import Quote
from common.core.deal import Deal, DealState
from common.core.edge import Leg, Pair, close_edge, close_target_bps, edge, make_leg, original_edge, stride
from common.core.market import Direction, Instrument, Side, Venue
from common.core.median import TrailingMedian
from common.core.money import nearest
from common.core.order import Fill
from common.core.terms import Terms

D = Decimal
FEE = D("0.0005")


def instrument(venue: Venue) -> Instrument:
    return Instrument(venue, "BTC", "BTC", D("0.5"), D("0.001"), D("0.001"), FEE, D("0.05"), D("0.03"))


def pair(sell: str, buy: str, size: str = "2", slack: str = "0") -> Pair:
    return Pair(leg(Venue.APEX, Side.SELL, sell, slack), leg(Venue.DYDX, Side.BUY, buy, slack), D(size))


def leg(venue: Venue, side: Side, price: str, slack: str) -> Leg:
    return make_leg(instrument(venue), side, Quote(D(price), D(price), D(price)), D(slack), D(15))


def test_the_edge_is_the_spread_now_and_at_the_close_less_four_fees() -> None:
    found = pair("1010", "1000")
    four_fees = 2 * (D(1010) + D(1000)) * FEE * 2
    assert edge(found, D(-3), D(0), 0) == (10 - 3) * 2 - four_fees


def test_what_the_limits_give_up_and_expected_funding_count() -> None:
    tight, loose = pair("1010", "1000"), pair("1010", "1000", slack="10")
    given_up = loose.sell.given_up + loose.buy.given_up
    assert given_up == D("1.0") + D("1.0")
    assert edge(loose, D(0), D(0), 0) == edge(tight, D(0), D(0), 0) - given_up * 2
    hour = 3600 * 10**9
    assert edge(tight, D(0), D("0.0001"), hour) - edge(tight, D(0), D(0), hour) == D("0.0001") * 1010 * 2


def test_the_originals_rule_asks_for_twice_the_fees_and_nothing_for_leaving() -> None:
    found = pair("1010", "1000")
    assert original_edge(found) == 10 * 2 - 2 * found.fees


def test_a_limit_never_leaves_the_slippage_band_nor_gives_back_the_touch() -> None:
    deep = Quote(average=D(1005), worst=D(1020), touch=D(1000))
    assert make_leg(instrument(Venue.DYDX), Side.BUY, deep, D(1), D(15)).limit == D("1001.5")
    shallow = Quote(average=D(1000), worst=D(1000), touch=D(1000))
    assert make_leg(instrument(Venue.DYDX), Side.BUY, shallow, D("0.1"), D(15)).limit == D(1000)
    assert make_leg(instrument(Venue.APEX), Side.SELL, deep, D(1), D(15)).limit == D(1000)


@given(
    side=st.sampled_from(Side),
    touch=st.integers(2_000, 90_000),
    depth=st.integers(0, 40),
    slack_bps=st.integers(0, 60),
    band_bps=st.integers(0, 100),
)
def test_a_limit_is_a_coarse_one_within_the_slack_that_leaves_half_of_it(
    side: Side, touch: int, depth: int, slack_bps: int, band_bps: int
) -> None:
    """In ticks of 0.5: never looser than the slack or the band allow, never inside the worst price they reach."""
    tick, sign = D("0.5"), side.sign
    quote = Quote(*(tick * ticks for ticks in (touch, touch + sign * depth, touch)))
    made = make_leg(instrument(Venue.DYDX), side, quote, D(slack_bps), D(band_bps))
    slack = nearest(quote.worst * slack_bps / 10_000, tick)
    band = quote.touch * band_bps / 10_000
    beyond = (made.limit - quote.worst) * sign
    assert made.limit % tick == 0 and (made.limit - quote.touch) * sign >= 0
    assert beyond <= slack and (made.limit - quote.touch) * sign <= band
    if (quote.worst - quote.touch) * sign + slack <= band:
        assert beyond > slack / 2 - tick and beyond >= 0
        assert beyond in (0, slack) or made.limit % stride(made, D(slack_bps)) == 0
    elif (quote.worst - quote.touch) * sign <= band - tick:
        assert beyond >= 0


def test_strides_are_the_same_while_the_price_moves_and_limits_with_them() -> None:
    legs = [leg(Venue.DYDX, Side.BUY, str(40_000 + n), slack="3") for n in range(12)]
    assert {stride(one, D(3)) for one in legs} == {D(4)}
    assert sorted({one.limit for one in legs}) == [D(40_012), D(40_016), D(40_020)]


def test_a_reservation_holds_the_highest_price_either_leg_may_fill_at() -> None:
    found = pair("1010", "1000", slack="10")
    assert found.worst_notional == max(found.buy.limit, D(1010) * (1 + D("0.0015"))) * 2


def fill(venue: Venue, side: Side, price: str, size: str, number: int) -> Fill:
    return Fill(venue, str(number), f"x-BTC-1-{number}", side, D(price), D(size), 1_000_000, 1)


def opened(sold: str, bought: str, sizes: tuple[str, str] = ("2", "2")) -> Deal:
    fills = (
        fill(Venue.APEX, Side.SELL, sold, sizes[0], 0),
        fill(Venue.DYDX, Side.BUY, bought, sizes[1], 1),
    )
    return Deal("x-BTC-1", "BTC", 1, Direction.SELL_APEX, D(2), DealState.OPEN, 1, 1, 1, 1, (), fills)


def closing(sell: str, buy: str, size: str = "2") -> Pair:
    whole = pair(sell, buy, size)
    return Pair(
        replace(whole.sell, instrument=instrument(Venue.DYDX)), replace(whole.buy, instrument=instrument(Venue.APEX)),
        D(size),
    )  # fmt: skip


def test_close_edge_is_captured_plus_walked_close_less_all_fees() -> None:
    deal, exit_pair = opened("1010", "1000"), closing("1004", "1005")
    assert close_edge(deal, exit_pair) == (10 - 1) * 2 - exit_pair.fees - 2


def test_only_the_matched_part_counts_with_its_share_of_the_fees() -> None:
    deal = opened("1010", "1000", ("2", "1.5"))
    exit_pair = closing("1004", "1005", "1.5")
    assert close_edge(deal, exit_pair) == (10 - 1) * D("1.5") - exit_pair.fees - 2 * D("0.75")


def test_a_close_is_not_decided_by_comparing_text() -> None:
    """The original compared '9.9' > '10.1' as strings; here 9.9 is less than 10.1."""
    good, bad = closing("9.9", "9.0"), closing("9.9", "10.1")
    deal = opened("10.1", "9.9")
    assert close_edge(deal, good) > close_edge(deal, bad)


def test_the_close_target_falls_from_min_to_floor_and_stays_there() -> None:
    terms = Terms(market="BTC", size=D(1), close_decay_ns=100)
    assert close_target_bps(terms, 0) == terms.close_min_bps
    assert close_target_bps(terms, 50) == (terms.close_min_bps + terms.close_floor_bps) / 2
    assert close_target_bps(terms, 1000) == terms.close_floor_bps


@given(st.lists(st.tuples(st.integers(0, 20), st.floats(-50, 50)), min_size=1, max_size=60))
def test_the_trailing_median_is_the_median_of_the_window(steps: list[tuple[int, float]]) -> None:
    median, now, seen = TrailingMedian(window_ns=50, warmup_ns=0), 0, list[tuple[int, float]]()
    for step, value in steps:
        now += step
        median.add(now, value)
        seen.append((now, value))
        window = sorted(v for t, v in seen if t >= now - 50)
        assert median.value() == window[len(window) // 2]


def test_a_median_is_silent_until_it_is_warm() -> None:
    median = TrailingMedian(window_ns=100, warmup_ns=10)
    median.add(0, 1.0)
    assert median.value() is None
    median.add(10, 2.0)
    assert median.value() is not None
