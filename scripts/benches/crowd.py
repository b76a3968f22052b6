"""Workers of one market, each with a folder of its own, that all hear the venues of one fleet and share its ledger."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from common import clock
from common.core.errors import LocalError
from common.core.market import Venue
from common.venues.apex import budget as apex
from common.venues.dydx import budget as dydx
from scripts.benches import procfs
from scripts.benches.fleet import BOUND_S, CHECKOUT, LOOK_S, QUOTING, Fleet

MARKET = "BTC"
#: no edge is as large as this
NEVER_BPS = 5_000
#: what ApeX allows one account to ask is what so many starts wait for
START_S = 5.0


class Crowd:
    """Grows, is watched, and is ended as a whole."""

    def __init__(self, fleet: Fleet, stack: AsyncExitStack) -> None:
        self._fleet, self._stack, self._workers = fleet, stack, list[_Worker]()

    async def grow(self, size: int) -> float:
        """Until there are `size`, and every one of them quotes; how long that took, seconds."""
        begun_ns, ledger = clock.monotonic_ns(), self._fleet.config.ledger_file
        async with asyncio.timeout(BOUND_S):
            while not ledger.exists():  # noqa: ASYNC110  (the warden makes it)
                await asyncio.sleep(LOOK_S)
        for number in range(len(self._workers), size):
            self._workers.append(self._stack.enter_context(_started(_folder(self._fleet, number))))
        try:
            async with asyncio.timeout(BOUND_S + START_S * size):
                while not all(worker.quotes() for worker in self._workers):  # noqa: ASYNC110  (files to look at)
                    await asyncio.sleep(10 * LOOK_S)
        except TimeoutError as error:
            silent = next(worker for worker in self._workers if not worker.quotes())
            raise LocalError(f"one of {size} workers never quoted; its last words:\n{silent.said()[-1000:]}") from error
        return (clock.monotonic_ns() - begun_ns) / 1e9

    async def window(self, seconds: float) -> list[tuple[float, float]]:
        """(memory in MiB, percent of a core) of each worker over so many seconds."""
        pids = [worker.pid for worker in self._workers]
        before, begun_ns = [procfs.cpu_s(pid) for pid in pids], clock.monotonic_ns()
        await asyncio.sleep(seconds)
        passed_s = (clock.monotonic_ns() - begun_ns) / 1e9
        return [
            (procfs.uss_mib(pid), 100 * (procfs.cpu_s(pid) - was) / passed_s)
            for pid, was in zip(pids, before, strict=True)
        ]


class _Worker:
    def __init__(self, child: subprocess.Popen[bytes], log: Path) -> None:
        self.pid, self._log = child.pid, log

    def said(self) -> str:
        """Its log."""
        return self._log.read_text(errors="replace")

    def quotes(self) -> bool:
        """Both books are there."""
        return QUOTING in self.said()


@contextmanager
def _started(folder: Path) -> Iterator[_Worker]:
    environ = os.environ | {"ARB_CONFIG": str(folder / "arb.toml")}
    line, path = [sys.executable, "-m", "workers.arb", MARKET], folder / "log"
    with path.open("wb") as log:
        child = subprocess.Popen(line, cwd=CHECKOUT, env=environ, stdout=log, stderr=log)
    try:
        yield _Worker(child, path)
    finally:
        child.terminate()
        child.wait()


def _folder(fleet: Fleet, number: int) -> Path:
    """A folder beside the fleet's: its arb.toml, and the keys of the same accounts."""
    folder = fleet.config.root / f"worker-{number}"
    (folder / "var").mkdir(parents=True)
    shutil.copytree(fleet.config.var / "paper", folder / "var" / "paper")
    (folder / "var" / "run").mkdir()
    for name in _shared(fleet):
        (folder / "var" / name).symlink_to(fleet.config.var / name)
    text = (fleet.config.root / "arb.toml").read_text()
    (folder / "arb.toml").write_text(re.sub(r"(?m)^edge_min_bps = \S+", f"edge_min_bps = {NEVER_BPS}", text))
    return folder


def _shared(fleet: Fleet) -> Iterator[str]:
    """The ledger; and the venues' budgets, since a venue counts what one address asks."""
    yield fleet.config.ledger_file.name
    for venue, rates in ((Venue.DYDX, dydx.RATES), (Venue.APEX, apex.RATES)):
        yield from (f"run/budget-{venue}-{name}" for name in ("pause", *rates))
