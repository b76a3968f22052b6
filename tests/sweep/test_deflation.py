"""The deflated Sharpe ratio, against figures worked out by hand, slow obvious formulas, and drawn luck."""

import math
import random
from statistics import NormalDist, fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.sweep.deflation import (
    SURE,
    Moments,
    best_by_luck,
    deflate,
    moments,
    probability_above,
)

NORMAL = NormalDist()
RETURNS = st.lists(st.integers(-(10**7), 10**7).map(float), min_size=2, max_size=60)


def test_probability_worked_out_by_hand() -> None:
    # (0.1 - 0) × √(101 - 1) / √(1 - 0 × 0.1 + (3 - 1)/4 × 0.01) = 1 / √1.005
    of = Moments(count=101, mean=1.0, deviation=10.0, skewness=0.0, kurtosis=3.0)
    assert probability_above(of, 0.0) == pytest.approx(NORMAL.cdf(1 / math.sqrt(1.005)))
    # a left tail makes the same ratio worth less: 1 + 2 × 0.1 + 9/4 × 0.01
    skewed = Moments(count=101, mean=1.0, deviation=10.0, skewness=-2.0, kurtosis=10.0)
    assert probability_above(skewed, 0.0) == pytest.approx(NORMAL.cdf(1 / math.sqrt(1.2225)))


def test_the_published_example_is_found_again() -> None:
    """The paper's example: 100 tries, variance 1/2 a year, five years of days, SR 2.5 a year, skew −3, kurtosis 10."""
    a_year, days = 250, 1250
    spread = math.sqrt(0.5 / a_year)
    # a hundred ratios with just that variance
    one = spread * math.sqrt(99 / 100)
    sharpes = [one, -one] * 50
    by_luck = best_by_luck(sharpes)
    assert by_luck == pytest.approx(0.1132, abs=5e-5)
    ratio = 2.5 / math.sqrt(a_year)
    found = probability_above(Moments(days, ratio, 1.0, -3.0, 10.0), by_luck)
    assert found == pytest.approx(0.9004, abs=5e-4)


@given(RETURNS)
def test_moments_are_what_they_are_called(returns: list[float]) -> None:
    found, count = moments(returns), len(returns)
    assert found.mean == pytest.approx(fmean(returns), abs=1e-6)
    if len(set(returns)) == 1:
        assert (found.deviation, found.sharpe) == (0.0, 0.0)
        return
    assert found.deviation == pytest.approx(stdev(returns))
    population = found.deviation * math.sqrt((count - 1) / count)
    scaled = [(one - found.mean) / population for one in returns]
    assert found.skewness == pytest.approx(fmean(one**3 for one in scaled), abs=1e-6)
    assert found.kurtosis == pytest.approx(fmean(one**4 for one in scaled), rel=1e-6)
    assert found.kurtosis >= 1 + found.skewness**2 - 1e-6


@pytest.mark.parametrize("tries", [5, 20, 100])
def test_luck_shows_what_the_best_of_so_many_draws_shows(tries: int) -> None:
    """Tries without skill, drawn: the mean of their best is what the formula says, within a few per cent."""
    drawn = random.Random(7)
    rounds = [[drawn.gauss(0, 1) for _ in range(tries)] for _ in range(4000)]
    shown = fmean(max(one) for one in rounds)
    said = fmean(best_by_luck(one) for one in rounds)
    assert said == pytest.approx(shown, rel=0.08)


def test_the_best_of_many_without_skill_is_seldom_called_sure() -> None:
    """Forty grids of thirty tries of pure noise: without deflation the best looks sure in most of them."""
    drawn, naive, deflated = random.Random(3), 0, 0
    for _ in range(40):
        tries = [moments([drawn.gauss(0, 1) for _ in range(100)]) for _ in range(30)]
        best = max(tries, key=lambda one: one.sharpe)
        naive += probability_above(best, 0) >= SURE
        deflated += deflate(best, [one.sharpe for one in tries]).probability >= SURE
    assert naive >= 30 and deflated <= 4


def test_one_try_has_had_no_luck_to_choose_from() -> None:
    assert best_by_luck([0.3]) == 0 and best_by_luck([]) == 0


def test_how_much_longer_one_would_have_to_look() -> None:
    best = Moments(count=100, mean=1.0, deviation=10.0, skewness=0.0, kurtosis=3.0)
    found = deflate(best, [0.1])
    assert found.longer is not None and found.longer > 1
    longer = Moments(round(100 * found.longer), 1.0, 10.0, 0.0, 3.0)
    assert probability_above(longer, found.by_luck) == pytest.approx(SURE, abs=0.001)
    assert deflate(Moments(100, -1.0, 10.0, 0.0, 3.0), [-0.1]).longer is None


def test_nothing_moved_is_no_skill() -> None:
    assert deflate(moments([0.0] * 100), [0.0]).probability == 0
