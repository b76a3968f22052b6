"""From `supervisorctl start 'arb:*'` until the last of ten workers quotes our size on both venues' books."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from scripts.benches.base import Bench, Row, at_most
from scripts.benches.fleet import running

GOAL_S = 3.0
#: what the goal is about
CORES = 2


def measure(bench: Bench) -> Iterable[Row]:
    """A fleet of its own each time: supervisord, venues and warden stand already, the ledger is there or not."""
    walls, cores = [], []
    for number in range(count := bench.count(quick=1, full=5)):
        wall_s, cpu_s = asyncio.run(_start(bench.folder / str(number)))
        walls.append(wall_s)
        cores.append(cpu_s)
        bench.tell(number + 1, count)
    note = "includes the time that the machine gave to others"
    yield Row("start arb:* to ten workers quoting", "s", walls, (at_most("median", GOAL_S),), note)
    yield Row(f"the ten workers' own time on {CORES} cores", "s", cores)


async def _start(folder: Path) -> tuple[float, float]:
    async with running(folder) as fleet:
        wall_s = await fleet.start_workers()
        return wall_s, sum(fleet.cpu_s()) / CORES
