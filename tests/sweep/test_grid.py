"""What is tried: words become cells, and what arb.toml would refuse is refused in its own words."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common.core.errors import ConfigError
from common.settings import Settings
from common.sweep.grid import Grid, axes_of, keys, make_grid, named, only

Load = Callable[..., Settings]


def grid(load: Load, *words: str, markets: tuple[str, ...] = ("BTC", "ETH")) -> Grid:
    return make_grid(axes_of(words), load(only(markets)), load, markets)


def told(refused: Any) -> str:
    return " / ".join(refused.value.args)


def test_every_combination_is_a_cell_in_the_order_it_was_written(load: Load) -> None:
    made = grid(load, "edge_min_bps=1,3", "level=2,4")
    assert [cell.values for cell in made.cells] == [("1", "2"), ("1", "4"), ("3", "2"), ("3", "4")]
    last = made.cells[-1].config
    assert last.cap.level == 4 and {terms.edge_min_bps for terms in last.markets.values()} == {3}
    assert named(made.axes, made.cells[0].values) == "edge_min_bps=1 level=2"


def test_a_strategy_key_outranks_what_a_market_has_of_its_own(load: Load, arb_toml: Path) -> None:
    arb_toml.write_text(arb_toml.read_text().replace('size = "0.001"', 'size = "0.001"\nedge_min_bps = 9'))
    assert load().markets["BTC"].edge_min_bps == 9
    (cell,) = grid(load, "edge_min_bps=2").cells
    assert {terms.edge_min_bps for terms in cell.config.markets.values()} == {2}


def test_a_size_is_a_factor_of_each_markets_own(load: Load) -> None:
    sizes = [{m: t.size for m, t in cell.config.markets.items()} for cell in grid(load, "size=1x,2x").cells]
    assert sizes == [
        {"BTC": Decimal("0.001"), "ETH": Decimal("0.01")},
        {"BTC": Decimal("0.002"), "ETH": Decimal("0.02")},
    ]


def test_a_plain_size_is_of_one_market(load: Load) -> None:
    (cell,) = grid(load, "size=0.003", markets=("BTC",)).cells
    assert cell.config.markets["BTC"].size == Decimal("0.003")
    with pytest.raises(ConfigError) as refused:
        grid(load, "size=0.003")
    assert "a size of one market, and there are 2" in told(refused)


def test_seconds_and_words_are_read_as_arb_toml_has_them(load: Load) -> None:
    cells = grid(load, "complete_within_s=0.5,60", "rule=net,original").cells
    assert [(c.config.markets["BTC"].complete_within_ns, c.config.markets["BTC"].rule) for c in cells] == [
        (500_000_000, "net"), (500_000_000, "original"), (60_000_000_000, "net"), (60_000_000_000, "original"),
    ]  # fmt: skip


def test_a_bound_that_follows_from_the_cap_follows_the_tried_cap(load: Load) -> None:
    (cell,) = grid(load, "leverage_entry=1").cells
    assert (cell.config.warden.leverage_reduce, cell.config.warden.leverage_calm) == (Decimal("2.2"), Decimal(1))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("edge_min=1",), "Do you mean edge_min_bps?"),
        (("unwind=1",), "unwind is a table of rows"),
        (("edge_min_bps",), "write a key and its values"),
        (("edge_min_bps=",), "write a key and its values"),
        (("level=1,1",), "the same value stands there twice"),
        (("level=1", "cap.level=2"), "--grid names level twice"),
        ((), "--grid names nothing to try"),
        (("edge_min_bps=-1",), "--grid: arb.toml: strategy.edge_min_bps = -1 must be at least 0"),
        (("edge_min_bps=much",), "must be a plain number"),
        (("level=1.5",), "must be a whole number"),
        (("rule=nett",), "must be one of net, original"),
        (("size=0.5x",), "size 0.0005 is below the minimum 0.001"),
        (("size=fivex",), "is no factor"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(load: Load, arb_toml: Path, words: tuple[str, ...], says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        grid(load, *words)
    assert says in told(refused).replace(str(arb_toml), "arb.toml")


def test_cells_that_cannot_be_are_left_out_with_their_reason_where_others_can(load: Load) -> None:
    made = grid(load, "leverage_entry=2,4", "leverage_max=3,5")
    assert [cell.values for cell in made.cells] == [("2", "3"), ("2", "5"), ("4", "5")]
    ((name, why),) = made.impossible
    assert name == "leverage_entry=4 leverage_max=3" and "must not be above leverage_max (3)" in why


def test_every_key_of_the_settings_that_has_one_value_can_be_tried() -> None:
    found = keys()
    assert {"size", "edge_min_bps", "close_min_bps", "max_hold_s", "level", "leverage_entry", "notional_usd"} <= set(
        found
    )
    assert not {"market", "unwind", "start_wait_s", "dydx_port"} & set(found)
