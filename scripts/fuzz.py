"""Mutated venue messages, millions of them, against an independent reader; last line the verdict.

Exit codes: 0 no wrong book, no wrong fact and no crash; 1 one of these, with the frame; 2 misused; 3 refused;
130 interrupted.
"""

import argparse
import logging
import os
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from common import clock
from common.core.errors import ConfigError
from common.core.market import Venue
from scripts.fuzz_books import CLEAN, Survivor, Trial
from scripts.fuzz_capture import CaptureStream
from scripts.fuzz_facts import Facts

CHUNK = 2_000
#: every so many chunks, account messages instead of books
FACTS_EVERY = 5
TELL_NS = 5_000_000_000
EXIT_CLEAN, EXIT_SURVIVOR, EXIT_REFUSED, EXIT_INTERRUPTED = 0, 1, 3, 130


@dataclass(slots=True)
class Tally:
    """What became of the messages, by what was fuzzed."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    survivors: list[Survivor] = field(default_factory=list)

    @property
    def mutated(self) -> int:
        """How many mutated messages were heard."""
        return sum(counts.total() - counts[CLEAN] for counts in self.counts.values())

    def add(self, what: str, counts: Counter[str], survivors: Sequence[Survivor]) -> None:
        """Take in one chunk."""
        self.counts.setdefault(what, Counter()).update(counts)
        self.survivors += survivors


def main() -> int:
    """Fuzz as the command line says; the exit code."""
    given = _options()
    begun_ns, tally = clock.monotonic_ns(), Tally()
    print(f"fuzz --frames {given.frames} --seed {given.seed}", flush=True)
    try:
        _run(given, tally)
    except ConfigError as error:
        print(f"fuzz: {error}", file=sys.stderr)
        return EXIT_REFUSED
    except KeyboardInterrupt:
        print(f"interrupted after {tally.mutated:,} mutated messages", file=sys.stderr)
        return EXIT_INTERRUPTED
    for what, counts in sorted(tally.counts.items()):
        print(f"{what:6}", ", ".join(f"{name} {count:,}" for name, count in counts.most_common()))
    for survivor in tally.survivors[:5]:
        print(f"{survivor.what}\n  by {survivor.mutation}, seed {survivor.seed}\n  {survivor.frame}")
    seconds = (clock.monotonic_ns() - begun_ns) / 1e9
    verdict = f"{len(tally.survivors)} SURVIVED" if tally.survivors else "no wrong book, no wrong fact, no crash"
    print(f"{tally.mutated:,} mutated messages in {seconds:.0f} s: {verdict}")
    return EXIT_SURVIVOR if tally.survivors else EXIT_CLEAN


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz",
        description="Spoil venue messages and see that no wrong book or fact survives. docs/reliability.md explains.",
        epilog="The same seed and number of frames give the same messages, whatever the number of processes.",
    )
    parser.add_argument("--frames", type=_whole, default=100_000, metavar="N", help="mutated messages (100000)")
    parser.add_argument("--seed", type=_whole, default=1, metavar="S", help="of everything that is drawn (1)")
    parser.add_argument("--capture", type=Path, metavar="FILE", help="a recorded dYdX v3 book (*.ws.txt.gz) instead")
    parser.add_argument("--jobs", type=_whole, default=os.cpu_count() or 1, metavar="J", help="processes (all cores)")
    return parser.parse_args()


def _whole(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"a whole number above 0, not {text}")
    return number


def _run(given: argparse.Namespace, tally: Tally) -> None:
    sizes = [min(CHUNK, given.frames - at) for at in range(0, given.frames, CHUNK)]
    chunks = [(given.seed, number, size, given.capture) for number, size in enumerate(sizes)]
    told_ns = clock.monotonic_ns()
    with ProcessPoolExecutor(given.jobs, mp_context=get_context("spawn")) as pool:
        for what, counts, survivors in pool.map(chunk, chunks):
            tally.add(what, counts, survivors)
            if clock.monotonic_ns() - told_ns > TELL_NS:
                told_ns = clock.monotonic_ns()
                print(f"{tally.mutated:,} of {given.frames:,}, {len(tally.survivors)} survived", file=sys.stderr)


def chunk(asked: tuple[int, int, int, Path | None]) -> tuple[str, Counter[str], list[Survivor]]:
    """One chunk: (seed, number, mutated messages, capture)."""
    logging.disable(logging.CRITICAL)
    seed, number, size, capture = asked
    if capture is not None:
        recorded = Trial(Venue.DYDX, f"{seed}/{number}", CaptureStream(capture))
        recorded.run(size)
        return "tape", recorded.counts, recorded.survivors
    if number % FACTS_EVERY == FACTS_EVERY - 1:
        facts = Facts(f"{seed}/{number}")
        facts.run(size)
        return "facts", facts.counts, facts.survivors
    venue = list(Venue)[number % 2]
    trial = Trial(venue, f"{seed}/{number}")
    trial.run(size)
    return venue.value, trial.counts, trial.survivors


if __name__ == "__main__":
    sys.exit(main())
