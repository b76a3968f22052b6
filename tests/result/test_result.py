"""How full, how deep, how sure: counts, falls and intervals against slow ways to the same figures."""

from decimal import Decimal
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core.deal import Deal, DealState
from common.core.market import Direction
from common.ledger.story import Earlier, Moved, Story
from common.result import bootstrap, parts, watching
from common.result.curve import drawdown, thinned
from common.result.filling import counts, filling
from common.result.lives import Became, Life, lives
from common.telemetry.rows import FACTORS, FleetRow, Refused, Span

SECOND_NS = 1_000_000_000
D = Decimal
STORY = Story(0, (), (), {}, (), ())


def deal(number: int, at_ns: int, direction: int = 1, state: DealState = DealState.OPEN, market: str = "BTC") -> Deal:
    sign = Direction(direction)
    return Deal(f"a-{market}-{number}", market, number, sign, D(1), state, 1, 7, at_ns, at_ns)


LIVES = st.lists(
    st.tuples(st.integers(0, 50), st.none() | st.integers(0, 30), st.sampled_from((1, -1))), min_size=1, max_size=12
).map(
    lambda found: [
        Life(deal(n, at, sign), None, None if length is None else at + length)
        for n, (at, length, sign) in enumerate(found, 1)
    ]
)


def live_at(found: list[Life], at_ns: int, direction: int) -> int:
    return sum(
        life.deal.direction == direction
        and life.deal.opened_ns <= at_ns
        and (life.ended_ns is None or life.ended_ns > at_ns)
        for life in found
    )


@given(LIVES, st.integers(1, 4))
def test_counts_levels_and_means_are_those_of_every_moment(found: list[Life], level: int) -> None:
    told, to_ns = counts(found, (), 0), 100
    room = filling(found, told, (), level, to_ns)
    begun = min(life.deal.opened_ns for life in found)
    by_moment = [(live_at(found, at, 1), live_at(found, at, -1)) for at in range(begun, to_ns)]
    assert room.mean_live == D(sum(map(sum, by_moment))) / (to_ns - begun)
    reached = [n for n, live in enumerate(by_moment) if max(live) >= level]
    # a deal that ended in the moment in which it began was there, too short for any moment
    if not any(life.ended_ns == life.deal.opened_ns for life in found):
        assert room.to_level_ns == (reached[0] if reached else None)
        assert (room.most_plus, room.most_minus) == tuple(max(column) for column in zip(*by_moment, strict=True))


def test_a_deal_from_before_the_period_takes_its_place_until_it_ends() -> None:
    earlier = (Earlier(Direction.SELL_APEX, 30), Earlier(Direction.SELL_DYDX, None))
    assert counts((), earlier, 10) == ((10, 1, 0), (10, 1, 1), (30, 0, 1))


def test_the_level_is_not_exceeded_by_one_that_begins_as_another_ends() -> None:
    one, two = Life(deal(1, 0), None, 10), Life(deal(2, 10), None, None)
    assert max(plus for _, plus, _ in counts((one, two), (), 0)) == 1


def test_use_of_the_cap_is_told_by_telemetry_alone() -> None:
    held = [(0, 10, 100), (1, 95, 100), (2, 50, None)]
    rows = [FleetRow("fleet", at, {}, {}, uusd, cap, 0, 0) for at, uusd, cap in held]
    one = [Life(deal(1, 0), None, None)]
    room = filling(one, counts(one, (), 0), rows, 4, 10)
    assert (room.cap_mean, room.cap_most, room.to_cap_ns, room.to_level_ns) == (D("0.525"), D("0.95"), 1, None)
    bare = filling(one, counts(one, (), 0), (), None, 10)
    assert (bare.cap_mean, bare.cap_most, bare.to_cap_ns, bare.to_level_ns) == (None, None, None, None)


# ---- curves -------------------------------------------------------------------------------------------------------

CURVES = st.lists(st.integers(-500, 500), min_size=1, max_size=40).map(lambda found: tuple(enumerate(found)))


@given(CURVES)
def test_the_deepest_fall_is_the_largest_of_all_pairs(curve: tuple[tuple[int, int], ...]) -> None:
    found = drawdown(curve)
    assert found is not None
    assert found.uusd == max([0, *(before - after for (_, before), (_, after) in combinations(curve, 2))])
    if found.uusd:
        points = dict(curve)
        assert points[found.from_ns] - points[found.to_ns] == found.uusd
        assert found.share == (D(found.uusd) / points[found.from_ns] if points[found.from_ns] > 0 else None)


@given(CURVES, st.integers(9, 30))
def test_a_thinned_curve_keeps_its_ends_and_its_extremes(curve: tuple[tuple[int, int], ...], most: int) -> None:
    found = thinned(curve, most)
    assert len(found) <= max(most, 3) + 3 and set(found) <= set(curve) and list(found) == sorted(found)
    assert found[-1] == curve[-1]
    for extreme in (min, max):
        assert extreme(uusd for _, uusd in found) == extreme(uusd for _, uusd in curve)


# ---- intervals ----------------------------------------------------------------------------------------------------


def test_nothing_is_said_of_a_day_from_a_handful_of_deals() -> None:
    few = [(n, 5) for n in range(bootstrap.LEAST_DEALS - 1)]
    assert bootstrap.daily(few, 0, 1000) is None
    assert bootstrap.daily([*few, (9, 5)], 0, 1000) is not None
    assert bootstrap.daily([(0, 5)] * 50, 7, 7) is None, "no time, no rate"


def test_what_comes_evenly_leaves_no_doubt_and_is_scaled_to_the_day() -> None:
    hour_ns = bootstrap.DAY_NS // 24
    even = [(n * hour_ns // bootstrap.BINS, 10) for n in range(bootstrap.BINS)]
    found = bootstrap.daily(even, 0, hour_ns)
    assert found == bootstrap.Daily(*[24 * 10 * bootstrap.BINS] * 3)


def test_one_lucky_deal_makes_an_interval_that_reaches_down_to_nothing() -> None:
    luck = [(n, 0) for n in range(20)] + [(500, 1_000_000)]
    found = bootstrap.daily(luck, 0, 1000)
    assert found is not None and found.low_uusd <= 0 < found.uusd < found.high_uusd


def test_what_lies_at_or_beyond_the_ends_is_counted_once() -> None:
    assert bootstrap.binned([(-5, 1), (0, 2), (1000, 4), (2000, 8)], 0, 1000).sum() == 15


@pytest.mark.parametrize("block", [1, 12])
def test_nine_of_ten_intervals_hold_the_truth(block: int) -> None:
    """A process whose mean is known, bin by bin and in clusters: the interval holds it about as often as it says."""
    random, covered, rounds = np.random.default_rng(7), 0, 200
    for _ in range(rounds):
        clusters = random.normal(50, 100, size=bootstrap.BINS // block)
        bins = np.repeat(clusters, block).round().astype(np.int64)
        low, high = bootstrap.interval(bins)
        covered += low <= 50 * bootstrap.BINS <= high
    assert 0.84 < covered / rounds < 0.97, "90 % is meant"


# ---- what became of deals -----------------------------------------------------------------------------------------


def test_a_life_is_told_by_the_moves_of_its_deal() -> None:
    made = [
        deal(1, 0, state=DealState.CLOSED),
        deal(2, 1, state=DealState.CLOSED),
        deal(3, 2, state=DealState.VOID),
        deal(4, 3, state=DealState.OPEN),
        deal(5, 4, state=DealState.WRITTEN_OFF),
    ]
    moves = [
        Moved(5, "a-BTC-1", DealState.OPEN),
        Moved(6, "a-BTC-1", DealState.CLOSING),
        Moved(7, "a-BTC-1", DealState.OPEN),
        Moved(9, "a-BTC-1", DealState.CLOSED),
        Moved(6, "a-BTC-2", DealState.CLOSED),
        Moved(7, "a-BTC-3", DealState.VOID),
        Moved(8, "a-BTC-4", DealState.OPEN),
        Moved(8, "a-BTC-5", DealState.WRITTEN_OFF),
    ]
    found = lives(made, moves)
    assert [life.became for life in found] == [
        Became.CLOSED, Became.MISSED, Became.VOID, Became.LIVE, Became.WRITTEN_OFF
    ]  # fmt: skip
    assert (found[0].hedged_ns, found[0].ended_ns, found[0].held_ns) == (5, 9, 4)
    assert [life.slot_ns(20) for life in found] == [9, 5, 5, 17, 4]
    told = parts.funnel(found, None)
    assert (told.reserved, told.hedged, told.missed, told.void, told.closed, told.live, told.written_off) == (
        5, 2, 1, 1, 1, 1, 1
    )  # fmt: skip
    assert (told.seen, told.refused) == (None, None), "no telemetry is not none"


def test_holding_times_are_of_deals_that_are_over() -> None:
    over = [Life(deal(n, 0), 0, n * 10) for n in range(1, 12)]
    found = parts.holding([*over, Life(deal(20, 0), 0, None), Life(deal(21, 0), None, 5)])
    assert found == parts.Holding(11, 60, 100, 110)
    assert parts.holding([Life(deal(20, 0), 0, None)]) is None
    assert parts.holding(over[:1]) == parts.Holding(1, 10, 10, 10)


# ---- what was seen ------------------------------------------------------------------------------------------------


def span(curve: tuple[float | None, ...], seen: int = 1, least_bps: float = 1.0) -> Span:
    return Span("BTC", 1, 10, seen, {"edge": 7, "open": 3}, {"open": 2}, least_bps, {"+1": (1.0, 5.0)}, curve, {}, {})


def test_capacity_is_told_of_the_moments_that_were_worth_opening() -> None:
    pays, thin, poor = (10.0, 6.0, 0.5), (4.0, None, None), (0.5, 0.4, 0.3)
    padding = (None,) * (len(FACTORS) - 3)
    found = watching.capacity([span((*curve, *padding)) for curve in (pays, thin, poor)])
    assert [(one.factor, one.moments, one.mean_bps, one.deep, one.pays) for one in found[:4]] == [
        (1, 2, 7.0, 1.0, 1.0),
        (2, 2, 6.0, 0.5, 0.5),
        (5, 2, 0.5, 0.5, 0.0),
        (10, 2, None, 0.0, 0.0),
    ]
    assert watching.capacity([span((*poor, *padding)), span(())]) == ()


def test_words_and_refusals_are_added_up() -> None:
    refused = [Refused("BTC", 1, "level", 1, 10), Refused("ETH", 2, "cap", -1, 20), Refused("BTC", 3, "level", 1, 30)]
    found = watching.watching([span(()), span(())], refused)
    assert (found.seen, found.watched_ns, found.edge_bps) == (2, 20, {"+1": (1.0, 5.0)})
    assert [(one.word, one.for_ns, one.begun) for one in found.said] == [("edge", 14, 0), ("open", 6, 4)]
    assert [(one.reason, one.times, one.edge_uusd) for one in found.denied] == [("level", 2, 40), ("cap", 1, 20)]
