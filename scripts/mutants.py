"""Mutation proof: each deliberate bug is put into a copy of the tree, and simulation or tests must catch it.

Prints a table: mutant, caught by, seconds. Exit codes: 0 all were caught, 1 one survived, 2 misused, 3 refused, because
the code fails unmutated or a mutant's text is not there any more.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from common import clock
from scripts.mutant_list import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parent.parent
#: what a copy needs to simulate and to be tested
COPIED = ("common", "scripts", "tests", "workers", "setup.cfg", "pyproject.toml", "arb.toml")
SEEDS = 60
#: a mutant that keeps one step busy for so long is caught: it hangs
BOUND_S = 600
EXIT_CAUGHT, EXIT_SURVIVED, EXIT_REFUSED = 0, 1, 3


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one mutant; `caught_by` is empty when it survived."""

    name: str
    caught_by: str
    seconds: float


def main() -> int:
    """Try every mutant, or those whose name contains the given text; the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", metavar="TEXT", help="mutants whose name contains this")
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help=f"seeds of each simulation ({SEEDS})")
    options = parser.parse_args()
    chosen = [mutant for mutant in MUTANTS if options.only in mutant.name]
    if not chosen or options.seeds < 1:
        parser.error("--only must match a mutant, --seeds must be above 0")
    troubles = [trouble for mutant in chosen for trouble in missing(mutant)] or _fails_unmutated(chosen, options.seeds)
    for trouble in troubles:
        print(f"mutate: {trouble}", file=sys.stderr)
    if troubles:
        return EXIT_REFUSED
    trials = [_told(_tried(mutant, options.seeds)) for mutant in chosen]
    return _verdict(trials)


def missing(mutant: Mutant) -> list[str]:
    """Edits whose text does not stand in its file exactly once."""
    return [
        f"{mutant.name}: {file} has its text {count} times instead of once: {old.strip()!r}"
        for file, old, _ in mutant.edits
        if (count := (ROOT / file).read_text().count(old)) != 1
    ]


def _fails_unmutated(chosen: Sequence[Mutant], seeds: int) -> list[str]:
    tests = tuple(dict.fromkeys(test for mutant in chosen for test in mutant.tests))
    with tempfile.TemporaryDirectory() as folder:
        copy = _copied(Path(folder))
        caught_by = _simulated(copy, seeds) or _tested(copy, tests)
    return [f"the code fails without any mutation: {caught_by}"] if caught_by else []


def _tried(mutant: Mutant, seeds: int) -> Trial:
    began_ns = clock.monotonic_ns()
    with tempfile.TemporaryDirectory() as folder:
        copy = _copied(Path(folder))
        for file, old, new in mutant.edits:
            path = copy / file
            path.write_text(path.read_text().replace(old, new))
        caught_by = _simulated(copy, seeds) or _tested(copy, mutant.tests)
    return Trial(mutant.name, caught_by, (clock.monotonic_ns() - began_ns) / 1e9)


def _copied(folder: Path) -> Path:
    """The tree that is broken: a copy, without what was built."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def _simulated(copy: Path, seeds: int) -> str:
    """The first violated law and its seed, or nothing."""
    code, output = _run(copy, ["-m", "scripts.simulate", "--seeds", str(seeds), "--first-failure", "--processes", "0"])
    if not code:
        return ""
    found = [line for line in output.splitlines() if line.startswith("seed ")]
    law = found[0].partition("; repeat with")[0] if found else (output.strip().splitlines() or ["hangs"])[-1]
    return f"simulation, {law}"


def _tested(copy: Path, tests: Sequence[str]) -> str:
    """The first failing test, or nothing."""
    if not tests:
        return ""
    code, output = _run(copy, ["-m", "pytest", "-x", "-q", "--no-header", *tests])
    found = [line for line in output.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return (found[0].partition(" - ")[0] if found else "tests") if code else ""


def _run(copy: Path, arguments: list[str]) -> tuple[int, str]:
    """Exit code and output of Python in the copy, whose modules come before the installed ones."""
    environ = {**os.environ, "PYTHONPATH": str(copy)}
    try:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=copy, env=environ, capture_output=True, text=True, timeout=BOUND_S
        )
    except subprocess.TimeoutExpired:
        return 1, ""
    return done.returncode, done.stdout + done.stderr


def _told(trial: Trial) -> Trial:
    print(f"{trial.name:55} | {trial.seconds:5.1f} s | {trial.caught_by or 'SURVIVED'}", flush=True)
    return trial


def _verdict(trials: Sequence[Trial]) -> int:
    survivors = [trial.name for trial in trials if not trial.caught_by]
    if survivors:
        print(f"SURVIVED: {len(survivors)} of {len(trials)}: {', '.join(survivors)}")
        return EXIT_SURVIVED
    print(f"CAUGHT: all {len(trials)} mutants")
    return EXIT_CAUGHT


if __name__ == "__main__":
    sys.exit(main())
