"""What a market costs of a core: one shipped worker, both venues saying so many book messages a second."""

import asyncio
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass

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

    def percent(self) -> float:
        """Of a core since the last call."""
        before_s, before_ns = self.cpu_s, self.at_ns
        self.cpu_s, self.at_ns = procfs.cpu_s(self.pid), clock.monotonic_ns()
        return 100 * (self.cpu_s - before_s) / ((self.at_ns - before_ns) / 1e9)


def measure(bench: Bench) -> Iterable[Row]:
    """One rate after the other, in windows of two seconds."""
    found = asyncio.run(_run(bench))
    for rate, samples in found.items():
        goals = (at_most("median", GOAL_PERCENT),) if rate == GOAL_RATE else ()
        yield Row(f"one market, {rate} book messages/s and venue", "% of a core", samples, goals)


async def _run(bench: Bench) -> dict[int, list[float]]:
    count, found = bench.count(quick=3, full=15), dict[int, list[float]]()
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


async def _windows(pair: VenuePair, pid: int, rate: int, count: int) -> list[float]:
    moving = asyncio.create_task(_move(pair, rate))
    try:
        await asyncio.sleep(SETTLE_S)
        watched, samples = _Watched(pid), []
        watched.percent()
        for _ in range(count):
            await asyncio.sleep(WINDOW_S)
            samples.append(watched.percent())
        return samples
    finally:
        moving.cancel()


async def _move(pair: VenuePair, rate: int) -> None:
    """Each venue's lowest level changes so often, one venue half a turn after the other."""
    lowest = 0
    while rate:
        lowest = 1 - lowest
        for venue in Venue:
            pair.show(venue, 0, lowest=lowest)
            await asyncio.sleep(0.5 / rate)
    await asyncio.Event().wait()
