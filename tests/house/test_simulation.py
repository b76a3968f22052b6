"""The whole fleet under a virtual clock: seeds hold, one seed is one story, and a known bug does not get through."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common.core.commands import Command, Reserve, Send
from common.core.events import Answered, HaltLevel
from common.core.order import NotSent, Unknown
from common.core.trader import Trader
from common.fleet import wire
from common.fleet.fleet import Fleet
from common.fleet.race import RaceOutcome
from common.fleet.run import Outcome, faults_of, run
from common.fleet.speech import DEATH_NS
from common.fleet.timeline import BEGIN_NS
from common.ledger.report import Report
from common.sim.faults import SECOND, Faults
from common.warden import agreement, hand, lookout
from common.warden.agreement import Sums
from scripts import simulate, simulate_state

ROOT = Path(__file__).resolve().parent.parent.parent
#: what fits a minute on two cores; ./scripts/simulate --seeds 20000 is the long form
SEEDS = 500
#: seeds that draw, among others, power cuts and restarts of venues
EVENTFUL = tuple(s for s in range(400) if faults_of(s).power_cut and faults_of(s).venue_restart and faults_of(s).death)


def story(outcome: Outcome) -> list[Any]:
    """Every row of the journal, and every byte that the venues wrote down."""
    with Report.open(outcome.ledger_file) as report:
        rows: list[Any] = list(report.journal(1_000_000))
    # Power cuts put the ledger into folders beside the venues' journals.
    folder = outcome.ledger_file.parent
    folder = folder.parent if folder.name.startswith("after-") else folder
    return rows + [path.read_bytes() for path in sorted(folder.glob("*.journal"))]


def test_the_same_seed_is_the_same_story_byte_for_byte(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = (run(EVENTFUL[0], tmp_path / name) for name in ("one", "two"))
    assert one.tally == two.tally and one.tally.deaths > 0 and one.tally.fills > 0
    assert story(one) == story(two)


def test_a_seed_tells_the_same_story_whatever_the_hash_seed_of_the_process() -> None:
    program = f"from common.fleet.run import run; print(run({EVENTFUL[0]}).tally, run({EVENTFUL[1]}).tally)"
    told = set()
    for hash_seed in ("1", "2"):
        environ = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
        )
        told.add(done.stdout)
    assert len(told) == 1


def test_a_perfect_world_trades_and_loses_nobody(tmp_path: Path) -> None:
    outcome = run(1, tmp_path, faults=Faults(race_lost=0.0))
    assert not outcome.violation
    assert outcome.tally.deals > 3 and not outcome.tally.deaths and not outcome.tally.stuck and not outcome.tally.halts


def test_each_fault_is_drawn_off_and_on() -> None:
    seen: dict[str, set[float]] = {}
    for seed in range(200):
        for name in Faults.__slots__:
            seen.setdefault(name, set()).add(getattr(faults_of(seed), name))
    constant = {name for name, values in seen.items() if len(values) == 1}
    assert constant == {"late_max_ns", "late_fill_max_ns", "frozen_max_ns", "down_max_ns"}


# ---- the warden ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(1, 9))
def test_in_a_perfect_world_the_warden_looks_on_and_halts_nothing(seed: int, tmp_path: Path) -> None:
    outcome = run(seed, tmp_path, faults=Faults(race_lost=0.0, balance_usd=70 if seed % 2 else 300))
    assert not outcome.violation
    assert outcome.tally.looks >= 15 and not outcome.tally.halts and not outcome.tally.warden_halts


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"foreign_order": 0.1}, "foreign"),
        ({"foreign_position": 1.0}, "difference"),
        ({"peg_bps": 80}, "peg"),
        ({"peg_bps": -80}, "peg"),
        ({"skew_max_ns": 40 * SECOND}, "clock"),
    ],
)
def test_what_goes_wrong_is_halted_by_its_name_and_nothing_else_is(
    fault: dict[str, Any], kind: str, tmp_path: Path
) -> None:
    outcome = run(3, tmp_path, faults=Faults(race_lost=0.0, **fault))
    assert not outcome.violation, outcome.violation
    with Report.open(outcome.ledger_file) as report:
        halts = [row.why for row in report.journal(1_000_000) if row.verb == "halt"]
    assert halts and all(f" by warden: {kind}: " in why for why in halts), halts


def test_a_warden_that_dies_again_and_again_still_finds_what_was_done_by_hand(tmp_path: Path) -> None:
    outcome = run(4, tmp_path, faults=Faults(death=0.05, foreign_order=0.1, look_up_failed=0.4, answer_late=0.3))
    assert not outcome.violation, outcome.violation
    assert outcome.tally.deaths and outcome.tally.warden_halts


def test_what_a_venue_took_over_is_evened_and_never_taken_for_a_strangers(tmp_path: Path) -> None:
    forced = 0
    for seed in range(1, 5):
        folder = tmp_path / str(seed)
        folder.mkdir()
        outcome = run(seed, folder, faults=Faults(race_lost=0.0, liquidated=0.1))
        assert not outcome.violation, outcome.violation
        forced += outcome.tally.forced
        with Report.open(outcome.ledger_file) as report:
            said = [row.why for row in report.journal(1_000_000) if " by warden: " in row.why]
        assert not [why for why in said if "difference" in why or "foreign" in why]
    assert forced


def test_under_reduce_deals_close_one_after_the_other(tmp_path: Path) -> None:
    shrunk = 0
    for seed in range(1, 11):
        folder = tmp_path / str(seed)
        folder.mkdir()
        fleet = Fleet(seed, Faults(race_lost=0.0, balance_usd=300), folder)
        fleet.keep_going()
        fleet.run_until(BEGIN_NS + 20 * SECOND)
        fleet.ledger.halt(HaltLevel.REDUCE, "*", "careful", who="ann", at_ns=fleet.timeline.now_ns)
        fleet.run_until(BEGIN_NS + 60 * SECOND)
        assert not fleet.ledger.live_deals(), "what is not at its target closes in its turn"
        shrunk += fleet.tally().shrunk
        fleet.close()
    assert shrunk >= 4


def test_a_warden_that_lifts_a_persons_halt_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand, "is_passing", lambda who, why: True)
    monkeypatch.setattr(lookout, "is_passing", lambda who, why: True)
    faults = Faults(race_lost=0.0, person=0.05)
    assert any("warden: lifted the halt of *" in run(seed, faults=faults).violation for seed in range(1, 12))


def test_a_warden_that_takes_what_is_on_its_way_for_a_difference_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = agreement.differences
    monkeypatch.setattr(agreement, "differences", lambda before, facts, after, dust: real(
        Sums({}, frozenset()), facts, Sums({}, frozenset()), dust))  # fmt: skip
    said = [run(seed, faults=Faults(race_lost=0.0)).violation for seed in range(1, 12)]
    assert any("for what is not so: difference" in line for line in said)


def test_a_warden_that_misses_a_foreign_order_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "is_ours", lambda client_id, market, incarnations: True)
    said = [run(seed, faults=Faults(race_lost=0.0, foreign_order=0.1)).violation for seed in range(1, 4)]
    assert all("warden: missed by-hand-" in line for line in said)


# ---- bugs that must not get through -------------------------------------------------------------------------------


def first_violation(seeds: range) -> str:
    return next((outcome.violation for outcome in map(run, seeds) if outcome.violation), "")


def test_a_send_before_its_row_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def hasty(found: list[Command]) -> list[Command]:
        return [Send(c.deal.orders) for c in found if isinstance(c, Reserve)] + found

    opened: Callable[[Trader, int], list[Command]] = Trader._open
    monkeypatch.setattr(Trader, "_open", lambda self, at_ns: hasty(opened(self, at_ns)))
    assert "without a row" in first_violation(range(1, 30))


def test_an_unknown_answer_read_as_a_refusal_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Trader._hear_fact

    def rash(self: Trader, event: Any) -> list[Command]:
        if isinstance(event, Answered) and isinstance(event.answer, Unknown):
            event = Answered(event.client_id, NotSent("timeout"), event.at_ns)
        return heard(self, event)

    monkeypatch.setattr(Trader, "_hear_fact", rash)
    assert first_violation(range(1, 30))


def test_a_proof_of_death_that_comes_too_early_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    early = {venue: lambda order, real=real: real(order) - 15 * SECOND for venue, real in DEATH_NS.items()}
    monkeypatch.setattr(wire, "DEATH_NS", early)
    assert "after it was called dead" in first_violation(range(1, 60))


# ---- the command --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_many_seeds_hold_every_law(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scripts.simulate", "--seeds", str(SEEDS), "--fresh"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"seeds 1–{SEEDS}: ")
    assert done.stdout.splitlines()[-1] == f"CLEAN: every law held in all {SEEDS} seeds and in the race of processes"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--seeds", "0"],
        ["--seeds", "many"],
        ["--jobs", "0"],
        ["--seconds", "0"],
        ["--verbose"],
        ["--processes", "11"],
        ["--processes", "-1"],
        ["--kills", "0"],
    ],
)
def test_misuse_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        simulate.parse(arguments)
    assert ended.value.code == 2


def test_a_failing_seed_is_one_line_with_the_way_to_repeat_it() -> None:
    outcome = run(1, rage_ns=SECOND)
    broken = Outcome(7, outcome.faults, outcome.tally, "Violation: cap", outcome.ledger_file)
    line = simulate.line_of(broken, 5 * SECOND)
    assert line.startswith(
        "seed 7: Violation: cap; repeat with: ./scripts/simulate --seeds 1 --first-seed 7 --seconds 5 (faults: "
    )
    assert "latency_ns=" in line and "\n" not in line
    assert simulate.line_of(outcome, SECOND) == ""


def test_finished_seeds_are_remembered_until_told_to_forget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(simulate_state, "FOLDER", tmp_path)
    state = simulate_state.State.of(rage_ns=1, fresh=False)
    for seed in (1, 2, 3, 9):
        state.note(seed, "seed 9: broken" if seed == 9 else "")
    state.save()
    again = simulate_state.State.of(rage_ns=1, fresh=False)
    assert (again.done, again.failed) == ({1, 2, 3, 9}, {"9": "seed 9: broken"})
    assert not simulate_state.State.of(rage_ns=2, fresh=False).done
    assert not simulate_state.State.of(rage_ns=1, fresh=True).done
    state.path.write_text("{")
    assert not simulate_state.State.of(rage_ns=1, fresh=False).done


def test_the_verdict_is_the_last_line_and_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(simulate_state, "FOLDER", tmp_path)
    monkeypatch.setattr(simulate, "_results", lambda seeds, options: iter(
        [simulate.Result(seed, f"seed {seed}: broken" if seed == 2 else "", {"deals": 1}) for seed in seeds]
    ))  # fmt: skip
    assert simulate._many(simulate.parse(["--seeds", "1", "--processes", "0"])) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "CLEAN: every law held in all 1 seeds"
    for _ in ("found now", "remembered"):
        assert simulate._many(simulate.parse(["--seeds", "2"])) == 1
        out = capsys.readouterr().out.splitlines()
        assert out[-1] == "VIOLATED: 1 of 2 seeds broke a law" and "seed 2: broken" in out


@pytest.mark.parametrize("violation", ["", "cap: exceeded"])
def test_the_race_of_processes_comes_last_and_has_the_last_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], violation: str
) -> None:
    monkeypatch.setattr(simulate_state, "FOLDER", tmp_path)
    monkeypatch.setattr(simulate, "_results", lambda seeds, options: iter([simulate.Result(1, "", {"deals": 1})]))
    raced = RaceOutcome(violation, 24, {"deals": 9}, 0.9)
    monkeypatch.setattr(simulate, "race", lambda folder, **options: raced)
    assert simulate._many(simulate.parse(["--seeds", "1"])) == bool(violation)
    out = capsys.readouterr().out.splitlines()
    assert out[-2] == "race: 4 processes, 24 killed, 9 deals, the cap 90% full at most"
    assert out[-1].startswith("VIOLATED: the race of processes: cap" if violation else "CLEAN: every law held in all 1")
