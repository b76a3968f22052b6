"""The walk forward: what is judged lies end to end behind what it was chosen on, and covers the tape to its end."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.sweep.folds import folds_of


def test_one_fold_is_cut_once() -> None:
    (fold,) = folds_of(1_000, 2_000, Fraction("0.6"), 1)
    assert (fold.choose, fold.judge) == ((1_000, 1_600), (1_601, 2_000))


def test_a_split_of_one_keeps_nothing_to_judge_on() -> None:
    (fold,) = folds_of(5, 9, Fraction(1), 1)
    assert (fold.choose, fold.judge) == ((5, 9), None)


@given(
    st.integers(0, 10**18),
    st.integers(10**6, 10**15),
    st.fractions(Fraction(1, 10), Fraction(9, 10)),
    st.integers(1, 40),
)
def test_folds_walk_forward_over_the_whole_tape(begin: int, length: int, split: Fraction, count: int) -> None:
    folds = folds_of(begin, begin + length, split, count)
    assert len(folds) == count
    assert folds[0].choose[0] == begin and folds[-1].judge is not None
    assert begin + length - 1 <= folds[-1].judge[1] <= begin + length
    for fold in folds:
        assert fold.judge is not None
        assert fold.choose[0] <= fold.choose[1] < fold.judge[0] <= fold.judge[1] + 1
        span = fold.judge[1] - fold.choose[0]
        assert abs((fold.choose[1] - fold.choose[0]) - split * span) <= 2
    for one, other in pairwise(folds):
        assert one.judge is not None and other.judge is not None
        assert one.judge[1] < other.judge[0] <= one.judge[1] + 2


@pytest.mark.parametrize(("split", "count"), [("0", 1), ("1.1", 1), ("0.5", 0)])
def test_what_is_no_walk_is_a_mistake_of_the_caller(split: str, count: int) -> None:
    with pytest.raises(ValueError, match="no folds"):
        folds_of(0, 10, Fraction(split), count)
