"""The small functions: each against the slow way of saying the same."""

import math
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.analysis import funding, numbers

WEIGHTED = st.dictionaries(st.integers(-50, 50), st.integers(1, 5), min_size=1, max_size=20).map(
    lambda found: sorted((float(value), float(weight)) for value, weight in found.items())
)


def repeated(values: list[tuple[float, float]]) -> list[float]:
    return [value for value, weight in values for _ in range(int(weight))]


@given(WEIGHTED, st.integers(1, 100))
def test_a_quantile_is_that_of_each_value_repeated_by_its_weight(values: list[tuple[float, float]], part: int) -> None:
    every = repeated(values)
    assert numbers.quantile(values, part / 100) == every[math.ceil(part * len(every) / 100) - 1]


@given(WEIGHTED)
def test_shares_at_or_above_count_the_values_that_are(values: list[tuple[float, float]]) -> None:
    every = repeated(values)
    for value, share in numbers.at_or_above(values):
        assert share == pytest.approx(sum(one >= value for one in every) / len(every))


@given(WEIGHTED)
def test_bins_hold_everything_once_and_each_value_lies_in_its_own(values: list[tuple[float, float]]) -> None:
    width, bins = numbers.bins(values)
    assert len(bins) <= 82 and math.fsum(share for _, share in bins) == pytest.approx(1)
    every = repeated(values)
    for begin, share in bins:
        inside = [one for one in every if math.floor(one / width) == round(begin / width)]
        assert share == pytest.approx(len(inside) / len(every))


@given(st.lists(st.integers(-1, 2), min_size=1, max_size=40), st.integers(0, 2))
def test_runs_are_the_stretches_at_or_above_the_rank(ranks: list[int], rank: int) -> None:
    changes = [(at, now) for at, now in enumerate(ranks) if at == 0 or ranks[at - 1] != now]
    wanted, at = [], 0
    for above, stretch in groupby(ranks, key=lambda now: now >= rank):
        at += (length := len(list(stretch)))
        if above:
            wanted.append((length, at == len(ranks) or ranks[at] < 0))
    assert numbers.runs(changes, len(ranks), rank) == wanted


@given(st.lists(st.floats(0.001, 1000), min_size=1, max_size=100))
def test_survival_is_the_share_that_lasted_longer(seconds: list[float]) -> None:
    points = dict(numbers.survival(seconds))
    for lasted, share in points.items():
        assert share == pytest.approx(sum(one > lasted for one in seconds) / len(seconds))
    assert min(points.values()) == pytest.approx(0)


def test_a_half_life_lies_between_the_points_around_a_half() -> None:
    assert numbers.half_life(((1.0, 0.8), (2.0, 0.4))) == pytest.approx(1.75)
    assert numbers.half_life(((1.0, 0.25),)) == pytest.approx(2 / 3)
    assert numbers.half_life(((1.0, 0.9), (2.0, 0.6))) is None


@given(st.floats(0.1, 100), st.floats(0.5, 60))
def test_a_decay_keeps_a_half_after_its_half_life(half_s: float, step_s: float) -> None:
    assert numbers.decay_half_life(step_s, 0.5 ** (step_s / half_s)) == pytest.approx(half_s, rel=1e-6)
    assert numbers.decay_half_life(step_s, -0.1) is None and numbers.decay_half_life(step_s, 1.0) is None


@given(st.integers(0, 100_000))
def test_lags_rise_from_one_to_a_quarter_of_the_samples(samples: int) -> None:
    lags = numbers.lags(samples)
    assert list(lags) == sorted(set(lags)) and len(lags) <= 24
    assert (lags[0], lags[-1]) == (1, samples // 4) if samples >= 4 else lags == ()


def test_where_a_curve_reaches_a_share() -> None:
    curve = ((1.0, 0.2), (2.0, 0.6), (3.0, 1.0))
    assert numbers.share_by(curve, 0.5) == pytest.approx(1.75)
    assert numbers.share_by(curve, 0.1) == pytest.approx(0.5)
    assert numbers.share_by(((1.0, 0.2),), 0.5) is None


RATES = st.lists(st.tuples(st.integers(0, 30), st.integers(-5, 5)), max_size=6).map(
    lambda told: sorted({at: rate / 10_000 for at, rate in told}.items())
)


@given(RATES, RATES)
def test_funding_is_the_difference_of_what_both_told_last(
    first: list[tuple[int, float]], second: list[tuple[int, float]]
) -> None:
    from_ns, to_ns = 10, 25
    points = funding.difference(first, second, from_ns, to_ns)
    wanted = {}
    for at in range(from_ns, to_ns):
        told = [[rate for when, rate in rates if when <= at] for rates in (first, second)]
        if all(told):
            wanted[at] = (told[0][-1] - told[1][-1]) * 10_000
    found = {at: [bps for when, bps in points if when <= at][-1] for at in wanted}
    assert found == pytest.approx(wanted)
    mean = funding.mean(tuple(point for point in points if point[0] < to_ns), to_ns)
    assert mean == (pytest.approx(sum(wanted.values()) / len(wanted), abs=1e-9) if wanted else None)
