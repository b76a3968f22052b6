"""What a market costs of a core: one shipped worker, both venues saying so many book messages a second."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from common import clock
from common.core.market import Venue
from scripts.benches import procfs
from scripts.benches.base import Bench, Row, at_most
from scripts.benches.venue_pair import VenuePair
from scripts.benches.worker import write_config

#: messages a second and venue; none: what a worker costs that hears nothing
RATES = (0, 20, 100)
GOAL_RATE, GOAL_PERCENT = 20, 1.0
SETTLE_S, WINDOW_S = 4.0, 2.0


@dataclass(slots=True)
class _Watched:
    """One worker, and how its time on the core is asked."""

    pid: int
    cpu_s: float = 0.0
    at_ns: int = 0

    def look(self) -> tuple[float, float]:
        """Percent of a core since the last call, and how long that is, seconds."""
        before_s, before_ns = self.cpu_s, self.at_ns
        self.cpu_s, self.at_ns = procfs.cpu_s(self.pid), clock.monotonic_ns()
        seconds = (self.at_ns - before_ns) / 1e9
        return 100 * (self.cpu_s - before_s) / seconds, seconds


def measure(bench: Bench) -> Iterable[Row]:
    """One rate after the other, in windows of two seconds."""
    found = asyncio.run(_run(bench))
    idle = median(percent for percent, _ in found[0])
    for rate, samples in found.items():
        goals = (at_most("median", GOAL_PERCENT),) if rate == GOAL_RATE else ()
        name = f"one market, {rate} book messages/s and venue"
        yield Row(name, "% of a core", [percent for percent, _ in samples], goals)
        if rate:
            costs = [1e4 * (percent - idle) / said for percent, said in samples if said]
            yield Row(f"a message at {rate}/s and venue", "µs", costs)


async def _run(bench: Bench) -> dict[int, list[tuple[float, float]]]:
    count, found = bench.count(quick=3, full=15), dict[int, list[tuple[float, float]]]()
    pair = VenuePair(bench.folder / "var" / "paper")
    await pair.start()
    environ = {**os.environ, **write_config(bench.folder, pair.ports)}
    with (bench.folder / "log").open("wb") as log:
        line = (sys.executable, "-m", "workers.arb", "BTC")
        child = await asyncio.create_subprocess_exec(*line, env=environ, stdout=log, stderr=log)
        try:
            for rate in RATES:
                found[rate] = await _windows(pair, child.pid, rate, count)
                bench.tell(len(found), len(RATES))
        finally:
            child.terminate()
            await child.wait()
            await pair.stop()
    return found


async def _windows(pair: VenuePair, pid: int, rate: int, count: int) -> list[tuple[float, float]]:
    """Of a core, and messages a second that were said, in each window."""
    said = Counter[str]()
    moving = asyncio.create_task(_move(pair, rate, said))
    try:
        await asyncio.sleep(SETTLE_S)
        watched, samples = _Watched(pid), list[tuple[float, float]]()
        watched.look()
        for _ in range(count):
            said.clear()
            await asyncio.sleep(WINDOW_S)
            percent, seconds = watched.look()
            samples.append((percent, said.total() / seconds))
        return samples
    finally:
        moving.cancel()


async def _move(pair: VenuePair, rate: int, said: Counter[str]) -> None:
    """Each venue's lowest level changes so often, one venue half a turn after the other."""
    lowest = 0
    while rate:
        lowest = 1 - lowest
        for venue in Venue:
            pair.show(venue, 0, lowest=lowest)
            said[venue] += 1
            await asyncio.sleep(0.5 / rate)
    await asyncio.Event().wait()
