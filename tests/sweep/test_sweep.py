"""The sweep: chosen on what was seen, judged on what was not, resumable, one result for one question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from common.core.errors import ConfigError
from common.settings import Settings
from common.sweep import identity
from common.sweep.findings import AS_IT_IS
from common.sweep.grid import axes_of, make_grid, only
from common.sweep.job import PERIODS, at_periods, drawdown, job_of
from common.sweep.kept import Kept
from common.sweep.sweep import Interrupted, Swept, Wanted, swept

Load = Callable[..., Settings]


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "a.tape").write_bytes(b"a tape")
    return tmp_path / "books"


@pytest.fixture
def run(load: Load, theatre: Any, here: Any, tape: Path, tmp_path: Path) -> Callable[..., Swept]:
    """A sweep of edge_min_bps over BTC, by the formula of the theatre."""

    def run(*words: str, split: str = "0.6", folds: int = 1, seed: int = 1, **given: Any) -> Swept:
        grid = make_grid(axes_of(words or ("edge_min_bps=1,3,8",)), load(only(("BTC",))), load, ("BTC",))
        wanted = Wanted((str(tape),), load(only(("BTC",))), grid, seed, Fraction(split), folds)
        return swept(replace(wanted, **given), here, Kept(tmp_path / "kept"))

    return run


def test_the_best_on_the_first_part_is_chosen_and_judged_on_the_rest(run: Callable[..., Swept]) -> None:
    found = run().findings
    (choice,) = found.choices
    pnl = {row.values[0]: row.chosen_on.pnl_uusd for row in found.rows}
    assert choice.cell is not None and choice.chosen is not None and choice.judged is not None
    best = next(row for row in found.rows if row.cell == choice.cell)
    assert pnl[best.values[0]] == max(pnl.values()) == choice.chosen.pnl_uusd
    assert found.rows[0] is best and best.times_chosen == 1
    judged = sorted((row.judged.pnl_uusd for row in found.rows if row.judged), reverse=True)
    assert choice.rank == 1 + judged.index(choice.judged.pnl_uusd)
    assert choice.deflated is not None and choice.deflated.tries == 3


def test_no_replay_sees_both_parts(run: Callable[..., Swept], theatre: Any) -> None:
    run(folds=3)
    windows = {(asked.from_ns, asked.to_ns) for asked in theatre.asked}
    assert (None, None) in windows and len(windows) == 1 + 2 * 3
    parts = sorted(window for window in windows if window[0] is not None)
    assert len(parts) == 6


def test_settings_as_they_are_are_a_row_and_no_choice(run: Callable[..., Swept]) -> None:
    found = run("edge_min_bps=60,70").findings
    assert found.as_it_is.cell == AS_IT_IS and found.as_it_is.chosen_on.deals > 0
    assert [choice.cell for choice in found.choices] == [None] and found.tries == 0


def test_cells_that_did_the_same_deals_are_one_try(run: Callable[..., Swept]) -> None:
    # level and deals change nothing in the theatre
    assert run("edge_min_bps=1,3", "level=2,3,4").findings.tries == 2


def test_of_few_deals_nothing_is_said(run: Callable[..., Swept]) -> None:
    (first, *_) = run(split="0.1").findings.choices
    assert first.chosen is not None and first.chosen.deals < 30 and first.deflated is None


def test_what_is_kept_is_not_replayed_again(run: Callable[..., Swept], here: Any) -> None:
    first = run()
    replayed = len(here.done)
    again = run()
    assert len(here.done) == replayed and again.findings == first.findings and again.kept == replayed - 1


def test_ctrl_c_loses_the_replay_at_work_and_no_other(run: Callable[..., Swept], here: Any) -> None:
    here.stop_after = 4
    with pytest.raises(Interrupted, match="3 of 6 replays are done"):
        run()
    here.stop_after = None
    run()
    assert len(here.done) == len({job.key for job in here.done}) == 7


def test_ctrl_c_while_a_result_is_being_written_does_not_lose_it(
    run: Callable[..., Swept], here: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = iter(range(10**6))

    def fsync(file: int) -> None:
        if next(asked) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("common.sweep.kept.os.fsync", fsync)
        with pytest.raises(Interrupted, match="2 of 6 replays are done"):
            run()
    assert sorted(path.suffix for path in (tmp_path / "kept").iterdir()) == [".json"] * 3
    run()
    assert len(here.done) == 7


def test_a_damaged_result_is_made_again(run: Callable[..., Swept], here: Any, tmp_path: Path) -> None:
    first, files = run(), sorted((tmp_path / "kept").iterdir())
    files[0].write_bytes(files[0].read_bytes()[:-9])
    files[1].write_bytes(files[2].read_bytes())
    here.done.clear()
    assert run().findings == first.findings
    assert {job.key for job in here.done} == {files[0].stem, files[1].stem}


def test_another_seed_tape_setting_or_program_is_another_result(load: Load, tape: Path) -> None:
    base, who = load(), identity.of_tapes([str(tape)])
    keys = {
        job_of(("a",), base, 1, None, who).key,
        job_of(("a",), base, 2, None, who).key,
        job_of(("a",), base, 1, (1, 2), who).key,
        job_of(("a",), replace(base, cap=replace(base.cap, level=3)), 1, None, who).key,
        job_of(("a",), base, 1, None, "another program").key,
    }
    assert len(keys) == 5
    (tape / "a.tape").write_bytes(b"a Tape")
    assert identity.of_tapes([str(tape)]) != who


def test_where_the_tape_and_arb_toml_lie_is_no_part_of_the_key(
    load: Load, arb_toml: Path, tape: Path, tmp_path: Path
) -> None:
    before, who = job_of(("a",), load(), 1, None, "x"), identity.of_tapes([str(tape)])
    arb_toml.write_text(f"# a remark\n{arb_toml.read_text()}")
    assert job_of(("b",), load(), 1, None, "x").key == before.key
    moved = tape.rename(tmp_path / "moved")
    assert identity.of_tapes([str(moved)]) == identity.of_tapes([str(moved / "a.tape")]) == who


def test_a_tape_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="absent does not exist"):
        identity.of_tapes(["absent"])


def test_equity_at_periods_is_as_of_then() -> None:
    # what is closed when the tape has ended is the end
    curve = [(0, 10), (50, 30), (51, 20), (99, 25), (140, 22)]
    found = at_periods(curve, (0, 100))
    assert len(found) == PERIODS + 1
    assert (found[0], found[49], found[50], found[51], found[98], found[100]) == (10, 10, 30, 20, 20, 22)
    assert drawdown(curve) == 10 and drawdown([]) == 0
    assert drawdown([(0, -5), (1, -9)]) == 4
