"""Simulates the whole fleet under a virtual clock, one run per seed, on all cores; resumable; last line the verdict.

At the end real processes race for one real ledger file, killed at random (common/fleet/race.py).

Exit codes: 0 every law held in every seed, 1 a law was broken, 2 misused, 130 interrupted.
"""

import argparse
import logging
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from common import clock, log, process
from common.fleet.race import MARKETS, race
from common.fleet.run import RAGE_NS, Outcome, run
from common.ledger.report import Report
from common.sim.faults import SECOND
from scripts.simulate_state import State, code_hash

CHUNK = 10
#: how often progress is told where there is no terminal
TELL_NS = 15 * SECOND
JOURNAL_MAX = 1_000_000
EXIT_CLEAN, EXIT_VIOLATION, EXIT_INTERRUPTED = 0, 1, 130


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for; `seconds` are virtual, of raging faults."""

    seeds: int
    first_seed: int
    seconds: float
    jobs: int
    fresh: bool
    verbose: bool
    first_failure: bool
    processes: int
    kills: int

    @property
    def rage_ns(self) -> int:
        """How long faults rage."""
        return int(self.seconds * SECOND)

    @property
    def wanted(self) -> range:
        """The seeds."""
        return range(self.first_seed, self.first_seed + self.seeds)


@dataclass(frozen=True, slots=True)
class Result:
    """One seed's outcome, as it comes back from another process; `line` is empty when every law held."""

    seed: int
    line: str
    tally: dict[str, int]


def parse(arguments: Sequence[str]) -> Options:
    """Options from a command line; complains and exits 2 when it is misused."""
    parser = argparse.ArgumentParser(prog="scripts/simulate", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200, metavar="N", help="how many (200)")
    parser.add_argument("--first-seed", type=int, default=1, metavar="S", help="the first one (1)")
    parser.add_argument(
        "--seconds", type=float, default=RAGE_NS / SECOND, metavar="V", help="virtual seconds that faults rage (30)"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="J", help="processes (all cores)")
    parser.add_argument("--fresh", action="store_true", help="forget which seeds were finished before")
    parser.add_argument("--verbose", action="store_true", help="one seed: print its journal and its log")
    parser.add_argument("--first-failure", action="store_true", help="stop at the first seed that breaks a law")
    parser.add_argument(
        "--processes", type=int, default=4, metavar="P", help="racing for one file at the end (4; 0: no race)"
    )
    parser.add_argument("--kills", type=int, default=24, metavar="K", help="of racing processes (24)")
    options = Options(**vars(parser.parse_args(arguments)))
    if options.seeds < 1 or options.jobs < 1 or options.seconds <= 0 or options.first_seed < 0:
        parser.error("--seeds, --jobs and --seconds must be above 0, --first-seed not below")
    if not 0 <= options.processes <= len(MARKETS) or options.kills < 1:
        parser.error(f"--processes must be from 0 to {len(MARKETS)}, --kills above 0")
    if options.verbose and options.seeds != 1:
        parser.error("--verbose goes with --seeds 1")
    return options


def main() -> int:
    """Simulate as the command line says; the exit code."""
    options = parse(sys.argv[1:])
    said = " ".join(f"{name}={value}" for name, value in asdict(options).items())
    print(f"seeds {options.first_seed}–{options.wanted[-1]}: {said} code={code_hash()}, faults by seed", flush=True)
    return _one(options) if options.verbose else _many(options)


# ---- one seed, told in full ------------------------------------------------------------------------------------------


def _one(options: Options) -> int:
    log.setup("simulate")
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(options.first_seed, Path(folder), options.rage_ns)
        with Report.open(outcome.ledger_file) as report:
            for row in report.journal(JOURNAL_MAX):
                print(row.seq, row.at_ns, row.verb, row.deal_id or row.market or "", row.to_state or "", row.why)
    print(f"faults: {outcome.faults.spoken()}")
    print(f"tally: {_spoken(asdict(outcome.tally))}")
    print(line_of(outcome, options.rage_ns) or f"seed {outcome.seed}: every law held")
    return EXIT_VIOLATION if outcome.violation else EXIT_CLEAN


# ---- many ------------------------------------------------------------------------------------------


def line_of(outcome: Outcome, rage_ns: int) -> str:
    """What to say of a seed that failed: the law, how to repeat it, its faults; empty when it did not."""
    if not outcome.violation:
        return ""
    again = f"./scripts/simulate --seeds 1 --first-seed {outcome.seed}"
    if rage_ns != RAGE_NS:
        again += f" --seconds {rage_ns / SECOND:g}"
    return f"seed {outcome.seed}: {outcome.violation}; repeat with: {again} (faults: {outcome.faults.spoken()})"


def simulate(seeds: list[int], rage_ns: int) -> list[Result]:
    """Run some seeds, in a process of the pool."""
    logging.disable(logging.CRITICAL)
    outcomes = (run(seed, rage_ns=rage_ns) for seed in seeds)
    return [Result(o.seed, line_of(o, rage_ns), asdict(o.tally)) for o in outcomes]


def _many(options: Options) -> int:
    state = State.of(rage_ns=options.rage_ns, fresh=options.fresh)
    left = [seed for seed in options.wanted if seed not in state.done]
    failed = [line for seed, line in state.failed.items() if int(seed) in options.wanted]
    if len(left) < options.seeds:
        print(f"{options.seeds - len(left)} of them were finished before (--fresh forgets that)", flush=True)
    for line in failed:
        print(line)
    began_ns, totals = clock.monotonic_ns(), Counter[str]()
    try:
        for result in _told(_results(left, options), len(left)):
            totals.update(result.tally)
            state.note(result.seed, result.line)
            failed += [result.line] if result.line else []
            if failed and options.first_failure:
                break
    except KeyboardInterrupt:
        print("interrupted: the same command goes on from here")
        return EXIT_INTERRUPTED
    finally:
        state.save()
    code = _verdict(options, failed, totals, (clock.monotonic_ns() - began_ns) / SECOND)
    return code if failed or not options.processes else _raced(options)


def _raced(options: Options) -> int:
    """The slice with real processes, after all seeds held; the last line is then its own."""
    with tempfile.TemporaryDirectory(prefix="race-") as folder:
        outcome = race(
            Path(folder), processes=options.processes, kills=options.kills, seed=options.first_seed, told=_no_matter
        )
    said = f"{options.processes} processes, {outcome.kills} killed, {_spoken(outcome.counts)}"
    print(f"race: {said}, the cap {outcome.filled:.0%} full at most", flush=True)
    if outcome.violation:
        print(f"VIOLATED: the race of processes: {outcome.violation}")
        return EXIT_VIOLATION
    print(f"CLEAN: every law held in all {options.seeds} seeds and in the race of processes")
    return EXIT_CLEAN


def _no_matter(kills: int) -> None:
    """Nobody wants to hear of each kill."""


def _results(seeds: list[int], options: Options) -> Iterator[Result]:
    """Every seed's result as it is finished, from processes of their own."""
    chunks = [seeds[at : at + CHUNK] for at in range(0, len(seeds), CHUNK)]
    # a pool outlives a killed parent otherwise
    with ProcessPoolExecutor(options.jobs, get_context("spawn"), initializer=process.die_with_parent) as pool:
        futures: list[Future[list[Result]]] = [pool.submit(simulate, chunk, options.rage_ns) for chunk in chunks]
        try:
            for future in as_completed(futures):
                yield from future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _told(results: Iterator[Result], count: int) -> Iterator[Result]:
    """The same results, with a bar on a terminal and a line now and then elsewhere; failures at once."""
    columns = (TextColumn("simulating"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    told_ns = clock.monotonic_ns()
    with Progress(*columns, disable=not sys.stdout.isatty(), transient=True) as bar:
        task = bar.add_task("", total=count)
        for number, result in enumerate(results, 1):
            bar.advance(task)
            if result.line:
                bar.console.print(result.line, soft_wrap=True, markup=False, highlight=False)
            if bar.disable and clock.monotonic_ns() - told_ns > TELL_NS:
                told_ns = clock.monotonic_ns()
                print(f"{number} of {count} seeds", flush=True)
            yield result


def _verdict(options: Options, failed: list[str], totals: Counter[str], seconds: float) -> int:
    if totals:
        print(f"this time: {_spoken(totals)} in {seconds:.1f} s")
    if failed:
        print(f"VIOLATED: {len(failed)} of {options.seeds} seeds broke a law")
        return EXIT_VIOLATION
    if not options.processes:
        print(f"CLEAN: every law held in all {options.seeds} seeds")
    return EXIT_CLEAN


def _spoken(counts: dict[str, int] | Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


if __name__ == "__main__":
    sys.exit(main())
