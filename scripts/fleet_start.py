"""What whoever starts a fleet does first: one supervisord.conf, one starter, nothing in the way, venues that answer.

Shows nothing and stops nothing.
"""

import asyncio
import fcntl
from pathlib import Path

from common import clock, members
from common.core.errors import ConfigError
from common.ledger import migrate
from common.settings import Settings
from common.version import code_version
from scripts import supervise
from scripts.paper_health import Health, ask
from scripts.supervise import CHECKOUT, Places, SuperviseError, Supervisor

#: the paper venues build their tables and books first
SIM_BOUND_S, SIM_POLL_S = 30.0, 0.1


def conf_of(config: Settings) -> Path:
    """The supervisord.conf of this fleet: the shipped one, or a copy of it for an arb.toml that lies elsewhere."""
    shipped = CHECKOUT / "supervisord.conf"
    text = shipped.read_text()
    if config.root == CHECKOUT:
        if not members.agrees(text, config):
            raise ConfigError("supervisord.conf and arb.toml name different fleets: run `arbctl fleet render`")
        return shipped
    own = config.var / "run" / "supervisord.conf"
    own.write_text(members.relocated(members.rendered(text, config), CHECKOUT, config.var))
    return own


class OnlyOne:
    """Holds the lock of this fleet's starter while it lasts; the kernel lets go of it however we end."""

    def __init__(self, places: Places) -> None:
        self._path = places.var / "run" / "run.lock"

    def __enter__(self) -> None:
        self._file = self._path.open("a")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(
                "another ./scripts/run is at work here: stop it with Ctrl-C in its terminal, a service with systemctl"
            ) from None

    def __exit__(self, *_: object) -> None:
        self._file.close()


def refuse_what_runs(config: Settings, places: Places, supervisor: Supervisor) -> None:
    """ConfigError or SuperviseError with a remedy when a supervisord or another program is in the way."""
    if (found := supervisor.alive()) is not None and found[1] != "SHUTDOWN":
        raise ConfigError(
            f"a supervisord of this fleet is running already (pid {found[0]}); `supervisorctl shutdown` ends it"
        )
    if (pid := places.pid) is not None:
        raise ConfigError(f"a supervisord of this fleet is shutting down (pid {pid}): try again in a minute")
    ports = (("dydx_port", config.paper.dydx_port), ("apex_port", config.paper.apex_port))
    for key, port in ports if config.mode == "paper" else ():
        if supervise.taken(port):
            raise SuperviseError(
                f"port {port} is taken by another program: end that one, or set paper.{key} in arb.toml to a free port"
            )


def migrate_ledger(config: Settings) -> None:
    """Whoever looks before the first worker has come reads our schema only."""
    if config.ledger_file.exists():
        migrate.ensure(config.ledger_file, at_ns=clock.now_ns(), code_version=code_version())


async def paper_answers(
    config: Settings, supervisor: Supervisor, child: asyncio.subprocess.Process, stop: asyncio.Event
) -> Health:
    """Wait until the paper venues answer: which markets they drive. SuperviseError when they do not."""
    try:
        async with asyncio.timeout(SIM_BOUND_S):
            while (health := await asyncio.to_thread(ask, config.paper.dydx_port)) is None:
                _refuse_dead_sim(Places(config.var), supervisor, child, stop)
                await asyncio.sleep(SIM_POLL_S)
    except TimeoutError:
        raise SuperviseError(
            f"the paper venues did not answer within {SIM_BOUND_S:.0f} s; see var/log/sim.log"
        ) from None
    return health


def _refuse_dead_sim(
    places: Places, supervisor: Supervisor, child: asyncio.subprocess.Process, stop: asyncio.Event
) -> None:
    if child.returncode is not None:
        raise SuperviseError(f"supervisord ended; see {places.log}")
    if stop.is_set():
        raise SuperviseError("stopped before the paper venues were up")
    if any(p.name == members.SIM and p.state in ("FATAL", "EXITED") for p in supervisor.processes()):
        log = places.var / "log" / "sim.log"
        raise SuperviseError(f"the paper venues do not start: {supervise.last_line(log)} (all of it: {log})")
