"""From the frame that makes a deal, handed to its socket by the paper venue, until both venues have both orders whole.

By the shipped worker in a process of its own: decoding, books, edge, ledger on disk, signatures, both requests. Beside
it in the same run, in turns, the floor and two peers; and once more the worker with a tap in it, which tells how much
of that time is its own.
"""

import asyncio
import gc
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from scripts.benches import worker
from scripts.benches.base import Bench, Rounds, Row, at_least, at_most
from scripts.benches.contender import Contender
from scripts.benches.probed import Inside, insides
from scripts.benches.tap import TappedLoop
from scripts.benches.venue_pair import MARKET
from scripts.benches.watch import VenueTap, Watch

QUICK, FULL = 8, 240
#: of the peers fewer rounds tell enough
EVERY = {"threads": 4, "original": 4}
NS_PER_MS = 1_000_000
MS_GOAL, P99_GOAL, FLOOR_GOAL, INSIDE_GOAL_MS, THREADS_GOAL, ORIGINAL_GOAL = 1.0, 3.0, 2.0, 0.2, 20.0, 100.0


def measure(bench: Bench) -> Iterable[Row]:
    """One run of all contenders, in turns."""
    watch = Watch()
    loop_factory = partial(TappedLoop, serves=partial(VenueTap, watch=watch))
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        race = Race(bench.folder, watch)
        try:
            runner.run(race.start())
            turns = {name: partial(_turn, runner, one) for name, one in race.contenders.items()}
            with _uncollected():
                rounds = bench.rounds(turns, quick=QUICK, full=FULL, every=EVERY)
        finally:
            runner.run(race.end())
    return [*_against_the_floor(rounds), *_inside(race.insides()), *_against_peers(rounds)]


@contextmanager
def _uncollected() -> Iterator[None]:
    """The venues' garbage is not collected meanwhile: a pause of theirs would count as a contender's."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _turn(runner: asyncio.Runner, contender: Contender) -> float | None:
    return runner.run(contender.round())


class Race:
    """The contenders, started one after the other and ended together."""

    def __init__(self, folder: Path, watch: Watch) -> None:
        make = partial(self._make, folder, watch)
        self._seen = folder / "seen.json"
        self.contenders = {
            "worker": make("worker", closes=True),
            "floor": make("floor"),
            "probed": make("probed", closes=True),
            "threads": make("threads"),
            "original": make("original", polls=True),
        }

    @staticmethod
    def _make(folder: Path, watch: Watch, name: str, *, closes: bool = False, polls: bool = False) -> Contender:
        return Contender(name, folder / name, watch, closes=closes, polls=polls)

    async def start(self) -> None:
        """Each with its venues, warm."""
        for name, one in self.contenders.items():
            await one.pair.start()
            ports = one.pair.ports
            if name in ("worker", "probed"):
                words = ["-m", "workers.arb"] if name == "worker" else ["-m", "scripts.benches.probed", str(self._seen)]
                one.run([*words, MARKET], worker.write_config(one.folder, ports))
            else:
                module = "floor_client" if name == "floor" else f"peer_{name}"
                one.run(["-m", f"scripts.benches.{module}", *one.words()])

        for one in self.contenders.values():
            await one.warm_up()

    def insides(self) -> list[Inside]:
        """What the tap saw of the rounds that counted."""
        kept, rounds = json.loads(self._seen.read_text()), self.contenders["probed"].spans_ns
        found = insides(kept["seen"], [(begun, ended) for begun, ended in kept["reserves"]])
        return [one for one in found if any(begun <= one.read_ns <= begun + took for begun, took in rounds)]

    async def end(self) -> None:
        """End all that was started."""
        for one in self.contenders.values():
            await one.end()


def _against_the_floor(rounds: Rounds) -> Iterable[Row]:
    missed = rounds.missed("worker")
    note = f"{missed} rounds in which it saw no deal are left out" if missed else ""
    ours = (at_most("median", MS_GOAL), at_most("p99", P99_GOAL))
    yield Row("book to wire", "ms", rounds.of("worker"), ours, note)
    yield Row("floor: two ready requests", "ms", rounds.of("floor"))
    yield Row("book to wire ÷ floor", "×", rounds.ratio("worker", "floor"), (at_most("median", FLOOR_GOAL),))


def _inside(found: list[Inside]) -> Iterable[Row]:
    whole = [one.whole / NS_PER_MS for one in found]
    yield Row("inside: read to both written", "ms", whole, (at_most("median", INSIDE_GOAL_MS),))
    yield Row("of it decoding and deciding", "ms", [one.decided / NS_PER_MS for one in found])
    yield Row("of it reserving", "ms", [one.reserved / NS_PER_MS for one in found])
    yield Row("of it signing and writing", "ms", [one.sent / NS_PER_MS for one in found])


def _against_peers(rounds: Rounds) -> Iterable[Row]:
    yield Row("aiohttp and SDKs in threads", "ms", rounds.of("threads"))
    yield Row("that ÷ book to wire", "×", rounds.ratio("threads", "worker"), (at_least("median", THREADS_GOAL),))
    yield Row("the original's way", "ms", rounds.of("original"))
    yield Row("that way ÷ book to wire", "×", rounds.ratio("original", "worker"), (at_least("median", ORIGINAL_GOAL),))
