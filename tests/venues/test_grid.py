"""A grid counts what a slow reading with fractions counts, stays within its bound, and refuses what is no number."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.venues.grid import KEPT_MAX, Grid

UNITS = ("1", "0.5", "0.05", "0.001", "0.0001", "10", "0.00000001", "0.3")


@given(
    st.decimals(0, 10**9, places=8, allow_nan=False),
    st.sampled_from(UNITS),
    st.booleans(),
    st.sampled_from(("f", "e")),
)
def test_a_grid_counts_exactly_and_against_us(value: Decimal, unit: str, up: bool, form: str) -> None:
    text = format(value, form)
    wanted = (math.ceil if up else math.floor)(Fraction(text) / Fraction(unit))
    grid = Grid(Decimal(unit), up=up)
    assert (grid[text], grid[text]) == (wanted, wanted)


@pytest.mark.parametrize("raw", [True, 1, 1.0, None, ["1"], {}, b"1"])
def test_only_text_is_a_number_of_dydx(raw: object) -> None:
    grid = Grid(Decimal(1))
    assert grid["1"] == 1
    with pytest.raises(TypeError):
        grid[raw]


@pytest.mark.parametrize("raw", ["", "-1", "+1", " 1", "1 ", "nan", "inf", "1_0", "1e400", "\u0661", "1" * 19, "9e17"])
def test_what_no_venue_writes_is_refused(raw: str) -> None:
    for grid in (Grid(Decimal(1)), Grid(Decimal(1), loose=True)):
        with pytest.raises(ValueError, match=r"neither price|beyond every"):
            grid[raw]


def test_a_loose_grid_reads_json_numbers_and_no_booleans() -> None:
    grid = Grid(Decimal("0.5"), loose=True)
    assert (grid[1], grid[1.5], grid["1"]) == (2, 3, 2)
    with pytest.raises(TypeError):
        grid[True]
    assert set(grid) == {"1"}


def test_a_price_of_nothing_is_no_price() -> None:
    with pytest.raises(ValueError, match="a price of 0"):
        Grid(Decimal(1), zero=False)["0.00"]
    assert Grid(Decimal(1), zero=False)["0.4"] == 0


def test_what_is_remembered_stays_within_its_bound() -> None:
    grid = Grid(Decimal(1))
    assert [grid[str(n)] for n in range(3 * KEPT_MAX)] == list(range(3 * KEPT_MAX))
    assert len(grid) <= KEPT_MAX
