"""The table of unwinds: what it must be, and what arb.toml makes of it."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from common import settings
from common.core.errors import ConfigError
from common.core.terms import UNWIND, Rung, Terms

D = Decimal


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Terms]:
    def loaded(lines: str) -> Terms:
        file = tmp_path / "arb.toml"
        file.write_text(f'[strategy]\n{lines}\n[markets.BTC]\nsize = "0.001"\n')
        return settings.load(file, {}).terms("BTC")

    return loaded


def test_without_a_table_the_shipped_one_holds(load: Callable[[str], Terms]) -> None:
    assert load("").unwind == UNWIND
    assert load("unwind = [[0, 10], [0.25, 25], [1, 60], [5, 100]]").unwind == UNWIND


def test_seconds_and_basis_points_are_exact(load: Callable[[str], Terms]) -> None:
    terms = load('unwind = [["0", "2.5"], [0.1, 3]]\nstuck_retry_s = 0\nnaked_alert_s = 1.5\ncomplete_within_s = 0.1')
    assert terms.unwind == (Rung(0, D("2.5")), Rung(100_000_000, D(3)))
    assert (terms.stuck_retry_ns, terms.naked_alert_ns, terms.complete_within_ns) == (0, 1_500_000_000, 100_000_000)


@pytest.mark.parametrize(
    "table",
    ["[]", "10", "[[0]]", "[[0, 10], 5]", '[[0, "x"]]', "[[1, 10]]", "[[0, 10], [0, 20]]", "[[0, 20], [1, 10]]",
     "[[0, -1]]", "[[0, nan]]"],
)  # fmt: skip
def test_a_table_that_cannot_be_meant_is_refused_by_its_key(load: Callable[[str], Terms], table: str) -> None:
    with pytest.raises(ConfigError, match=r"strategy\.unwind"):
        load(f"unwind = {table}")
