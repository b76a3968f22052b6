"""What a worker keeps in memory while it trades, and whether it grows: `--rounds 3600` watches for an hour."""

import asyncio
from collections.abc import Iterable

from common import clock
from scripts.benches import procfs
from scripts.benches.base import Bench, Row, at_most
from scripts.benches.fleet import running

GOAL_MIB, GOAL_MIB_PER_HOUR = 40.0, 1.0
EVERY_S = 10
#: until caches and medians are full, growth is no leak
SETTLE_S = 60


def measure(bench: Bench) -> Iterable[Row]:
    """Ten workers of the shipped configuration; a round is a second."""
    largest, samples = asyncio.run(_watch(bench, bench.count(quick=30, full=300)))
    yield Row("memory of a worker (USS), ten of them", "MiB", largest, (at_most("max", GOAL_MIB),))
    settled = [(at_s, mean) for at_s, mean in samples if at_s >= SETTLE_S]
    half = settled[len(settled) // 2 :]
    if len(half) > 2:
        yield _growth("growth of a worker", settled)
        # what fills up, as SQLite's page cache does, grows less and less; a leak does not
        yield _growth("of it in the second half", half)


def _growth(name: str, samples: list[tuple[float, float]]) -> Row:
    slope, error = procfs.slope_per_hour(samples)
    note = f"standard error {error:.2f}, over {samples[-1][0] - samples[0][0]:.0f} s"
    return Row(name, "MiB/h", [slope], (at_most("median", GOAL_MIB_PER_HOUR),), note)


async def _watch(bench: Bench, seconds: int) -> tuple[list[float], list[tuple[float, float]]]:
    """Every worker's memory at the end, and (seconds, mean over the workers) all along."""
    samples: list[tuple[float, float]] = []
    async with running(bench.folder) as fleet:
        await fleet.start_workers()
        begun_ns, found = clock.monotonic_ns(), fleet.uss_mib()
        while (passed_s := (clock.monotonic_ns() - begun_ns) / 1e9) < seconds:
            found = await asyncio.to_thread(fleet.uss_mib)
            samples.append((passed_s, sum(found) / len(found)))
            bench.tell(int(passed_s), seconds)
            await asyncio.sleep(EVERY_S)
    return found, samples
