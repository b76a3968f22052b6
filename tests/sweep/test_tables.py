"""What is written: tables that other tools read, a picture, and a report that needs nothing else."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest

from common.analysis.chart_parts import look
from common.settings import Settings
from common.sweep import tables
from common.sweep.charts import heat, later
from common.sweep.grid import axes_of, make_grid, only
from common.sweep.kept import Kept
from common.sweep.report import html
from common.sweep.sweep import Swept, Wanted, swept

Run = Callable[..., Swept]


@pytest.fixture
def run(load: Callable[..., Settings], theatre: Any, here: Any, tmp_path: Path) -> Run:
    (tmp_path / "a.tape").write_bytes(b"a tape")

    def run(*words: str, split: str = "0.6", folds: int = 1) -> Swept:
        grid = make_grid(axes_of(words), load(only(("BTC",))), load, ("BTC",))
        wanted = Wanted((str(tmp_path / "a.tape"),), load(only(("BTC",))), grid, 1, Fraction(split), folds)
        return swept(wanted, here, Kept(tmp_path / "kept"))

    return run


def test_runs_and_deals_are_parquet_with_the_grid_as_columns(run: Run, tmp_path: Path) -> None:
    done = run("edge_min_bps=1,3", "deals=4,8", "rule=net,original")
    tables.write(tmp_path, done)
    runs, deals = f"'{tmp_path}/runs.parquet'", f"'{tmp_path}/deals.parquet'"
    with duckdb.connect() as base:
        rows = base.execute(f"select edge_min_bps, grid_deals, rule, part, pnl_usd, deals from {runs} where cell = 0")
        found = sorted(rows.fetchall(), key=lambda row: str(row[3]))
        assert [row[:4] for row in found] == [(1.0, 4.0, "net", "choose"), (1.0, 4.0, "net", "judge")]
        row = next(row for row in done.findings.rows if row.cell == 0)
        assert found[0][4] == Decimal(row.chosen_on.pnl_uusd) / 1_000_000 and found[0][5] == row.chosen_on.deals
        # every deal is there once, and their sum is the run's
        wrong = f"""select run from {runs} r where r.pnl_usd <>
                    (select coalesce(sum(pnl_usd), 0) from {deals} d where (d.cell, d.part) = (r.cell, r.part))"""
        assert base.execute(wrong).fetchall() == []
        assert base.execute(f"select count(*) from {runs}").fetchone() == (2 * (8 + 1),)


@pytest.mark.parametrize(
    ("words", "panels"),
    [
        (("edge_min_bps=1,3,8",), 1),
        (("edge_min_bps=1,3", "level=2,3,4"), 2),
        (("edge_min_bps=1,3", "level=2,3,4", "size=1x,2x"), 4),
        (("edge_min_bps=1,3", "level=2,3,4", "size=1x,2x", "deals=4,8"), 4),
    ],
)
def test_a_picture_has_a_panel_for_each_value_of_the_third_key(run: Run, words: tuple[str, ...], panels: int) -> None:
    with look():
        figure = heat(run(*words).findings)
    assert figure is not None
    assert len([axes for axes in figure.axes if axes.get_label() != "<colorbar>"]) == panels


def test_a_field_is_the_mean_of_its_cells_in_usd(run: Run) -> None:
    found = run("edge_min_bps=1,3", "level=2,3", "size=1x,2x", "deals=4,8", split="1").findings
    with look():
        figure = heat(found)
    assert figure is not None
    texts = [text.get_text() for text in figure.axes[1].texts]
    of = {row.values: row.chosen_on.pnl_uusd for row in found.rows}
    mean = (of["1", "2", "2x", "4"] + of["1", "2", "2x", "8"]) / 2_000_000
    assert texts[0] == f"{mean:+.2f}".replace("-", "−") and len(texts) == 4


def test_one_cell_and_nothing_judged_make_no_pictures(run: Run) -> None:
    found = run("edge_min_bps=3", split="1").findings
    assert heat(found) is None and later(found) is None


def test_the_report_stands_by_itself_and_marks_what_was_chosen(run: Run, load: Callable[..., Settings]) -> None:
    done = run("edge_min_bps=1,3", "level=2,3", folds=2)
    grid = make_grid(axes_of(["leverage_entry=2,4", "leverage_max=3,5"]), load(), load, ("BTC",))
    page = html(done.findings, grid)
    assert page.count("<svg") == 2 and "http" not in page.replace("http://www.w3.org", "")
    assert page.count('<tr class="once">') == sum(bool(row.times_chosen) for row in done.findings.rows)
    assert "leverage_entry=4 leverage_max=3: " in page and "as it is" in page
