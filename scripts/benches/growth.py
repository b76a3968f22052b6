"""From one market to a hundred on one machine: does one more cost what the first one did?

The paper venues list ten markets, and one moves more than another. So a hundred are a hundred workers of one market,
each with a folder and ledger of its own, that hear the same synthetic books over connections of their own. No edge is
enough, so that all of them watch; the ledger under a hundred writers is another measure.
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from statistics import fmean

from common import clock
from scripts.benches import procfs
from scripts.benches.base import Bench, Row, at_most
from scripts.benches.fleet import BOUND_S, CHECKOUT, LOOK_S, QUOTING, Fleet, running

MARKET = "BTC"
#: no edge is as large as this
NEVER_BPS = 5_000
SETTLE_S, WINDOW_S = 5.0, 10.0
GOAL = 1.2


def measure(bench: Bench) -> Iterable[Row]:
    """Memory and time on a core of a worker among 1, 10 and at last `--rounds` workers (100)."""
    most = bench.count(quick=10, full=100)
    sizes = [size for size in (1, 10, 50) if size < most] + [most]
    found = asyncio.run(_grow(bench, sizes))
    first_mib, first_percent = (fmean(column) for column in zip(*found[1], strict=True))
    for size, samples in found.items():
        mib, percent = zip(*samples, strict=True)
        yield Row(f"memory of a worker among {size}", "MiB", mib)
        yield Row(f"a worker among {size}", "% of a core", percent)
        if size > 1:
            goal = (at_most("median", GOAL),)
            yield Row(f"memory, {size} to 1", "×", [fmean(mib) / first_mib], goal)
            yield Row(f"time on a core, {size} to 1", "×", [fmean(percent) / first_percent], goal)


async def _grow(bench: Bench, sizes: list[int]) -> dict[int, list[tuple[float, float]]]:
    found = dict[int, list[tuple[float, float]]]()
    async with running(bench.folder) as fleet:
        with ExitStack() as stack:
            workers: list[_Worker] = []
            for size in sizes:
                fresh = [_Worker(fleet, number) for number in range(len(workers), size)]
                workers += [stack.enter_context(worker) for worker in fresh]
                await _quoting(workers)
                await asyncio.sleep(SETTLE_S)
                found[size] = await _window(workers)
                bench.tell(size, sizes[-1])
    return found


async def _quoting(workers: "list[_Worker]") -> None:
    async with asyncio.timeout(BOUND_S + len(workers)):
        while not all(worker.quotes() for worker in workers):  # noqa: ASYNC110  (files to look at)
            await asyncio.sleep(10 * LOOK_S)


async def _window(workers: "list[_Worker]") -> list[tuple[float, float]]:
    """(memory, share of a core) of each worker over one window."""
    before, begun_ns = [procfs.cpu_s(worker.pid) for worker in workers], clock.monotonic_ns()
    await asyncio.sleep(WINDOW_S)
    after, seconds = [procfs.cpu_s(worker.pid) for worker in workers], (clock.monotonic_ns() - begun_ns) / 1e9
    shares = [100 * (b - a) / seconds for a, b in zip(before, after, strict=True)]
    return [(procfs.uss_mib(worker.pid), share) for worker, share in zip(workers, shares, strict=True)]


class _Worker:
    """The nth worker, in the nth folder."""

    def __init__(self, fleet: Fleet, number: int) -> None:
        self._folder = _folder(fleet, number)

    def __enter__(self) -> "_Worker":
        environ = os.environ | {"ARB_CONFIG": str(self._folder / "arb.toml")}
        line = [sys.executable, "-m", "workers.arb", MARKET]
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(line, cwd=CHECKOUT, env=environ, stdout=log, stderr=log)
        return self

    def __exit__(self, *_: object) -> None:
        self._child.terminate()
        self._child.wait()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._child.pid

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def quotes(self) -> bool:
        """Both books are there."""
        return QUOTING in self._log.read_text(errors="replace")


def _folder(fleet: Fleet, number: int) -> Path:
    """A folder beside the fleet's: its arb.toml, and the keys of the same accounts."""
    folder = fleet.config.root / f"worker-{number}"
    (folder / "var").mkdir(parents=True)
    shutil.copytree(fleet.config.var / "paper", folder / "var" / "paper")
    text = (fleet.config.root / "arb.toml").read_text()
    (folder / "arb.toml").write_text(re.sub(r"(?m)^edge_min_bps = \S+", f"edge_min_bps = {NEVER_BPS}", text))
    return folder
