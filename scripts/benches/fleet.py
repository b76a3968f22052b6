"""A whole shipped fleet under a supervisord of its own, in the folder of a measure: started, watched, ended."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from common import clock, members, settings
from common.settings import CONFIG_VARIABLE, Settings
from scripts import supervise
from scripts.apart import apart
from scripts.benches import procfs
from scripts.paper_health import ask
from scripts.run_options import parse
from scripts.supervise import Places, Supervisor

CHECKOUT = Path(__file__).resolve().parents[2]
#: how often it is looked whether something is there
LOOK_S = 0.02
BOUND_S = 120.0
#: what a worker's log has once both its books quote our size
QUOTING = " quoting "


@dataclass(frozen=True, slots=True)
class Fleet:
    """One that runs: supervisord, paper venues and warden; its workers not yet, unless started."""

    config: Settings
    supervisor: Supervisor

    @property
    def names(self) -> list[str]:
        """Every worker, as supervisord names it."""
        return [f"{members.GROUP}:{members.program(market)}" for market in self.config.markets]

    async def start_workers(self) -> float:
        """`supervisorctl start 'arb:*'`: how long until all of them quote, seconds."""
        begun_ns = clock.monotonic_ns()
        await asyncio.to_thread(self.supervisor.start, self.names)
        async with asyncio.timeout(BOUND_S):
            while not all(self._quotes(market) for market in self.config.markets):  # noqa: ASYNC110  (files to look at)
                await asyncio.sleep(LOOK_S)
        return (clock.monotonic_ns() - begun_ns) / 1e9

    def pids(self) -> dict[str, int]:
        """The worker of each market."""
        by_program = {p.name: p.pid for p in self.supervisor.processes() if p.group == members.GROUP}
        return {market: by_program[members.program(market)] for market in self.config.markets}

    def uss_mib(self) -> list[float]:
        """Of each worker."""
        return [procfs.uss_mib(pid) for pid in self.pids().values()]

    def cpu_s(self) -> list[float]:
        """Of each worker, so far."""
        return [procfs.cpu_s(pid) for pid in self.pids().values()]

    def _quotes(self, market: str) -> bool:
        log = self.config.var / "log" / f"{members.program(market)}.log"
        return log.exists() and QUOTING in log.read_text(errors="replace")


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Fleet]:
    """The fleet of the shipped arb.toml with free ports, its venues answering; ended in order afterwards."""
    config = settings.load(_own_config(folder), {})
    places = Places(config.var)
    places.make()
    conf = config.var / "run" / "supervisord.conf"
    text = (CHECKOUT / "supervisord.conf").read_text()
    conf.write_text(members.relocated(members.rendered(text, config), CHECKOUT, config.var))
    environ = parse([], folder).environ() | {CONFIG_VARIABLE: str(folder / "arb.toml")}
    child = await supervise.launch(conf, places, environ)
    supervisor = Supervisor(places.socket)
    try:
        async with asyncio.timeout(BOUND_S):
            while await asyncio.to_thread(ask, config.paper.dydx_port) is None:  # noqa: ASYNC110  (a socket to poll)
                await asyncio.sleep(LOOK_S)
        yield Fleet(config, supervisor)
    finally:
        await supervise.end(child, supervisor)


def _own_config(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    text = (CHECKOUT / "arb.toml").read_text()
    path = folder / "arb.toml"
    path.write_text(apart(text, _free_port(), _free_port()))
    return path


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port
