"""A whole fleet in a scratch folder: its arb.toml with free ports, its supervisord, and the ids of its processes.

Only processes that this supervisord started are ever signalled: each is held by a pidfd, checked to be its child, so
that a reused number can hit nobody else. Linux only, as the promise is that children die with supervisord.
"""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from common import clock, members, settings
from common.core.errors import ConfigError
from common.core.terms import SECOND_NS
from common.settings import CONFIG_VARIABLE, Settings
from scripts import supervise
from scripts.apart import alone
from scripts.drill_disk import DiskError, SmallDisk
from scripts.paper_health import ask
from scripts.supervise import Places, Process, SuperviseError, Supervisor

CHECKOUT = Path(__file__).resolve().parent.parent
#: the paper venues make their books first; ten workers import and look around on few cores
UP_BOUND_S, POLL_S = 60.0, 0.05
#: what `supervisorctl` may take: stopwaitsecs of a worker (75) and a margin
CONTROL_BOUND_S = 90.0
PORTS = range(20_000, 30_000)


@dataclass(frozen=True, slots=True)
class Held:
    """A process of the fleet, held so that its number cannot pass to another while we look at it."""

    name: str
    pid: int
    fd: int

    def send(self, signum: signal.Signals) -> bool:
        """Signal it; False when it has ended meanwhile."""
        try:
            signal.pidfd_send_signal(self.fd, signum)
        except ProcessLookupError:
            return False
        return True

    async def ended(self, bound_s: float) -> bool:
        """Wait for its end; False when it still lives after `bound_s`."""
        loop, end = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self.fd, end.set)
        try:
            async with asyncio.timeout(bound_s):
                await end.wait()
        except TimeoutError:
            return False
        finally:
            loop.remove_reader(self.fd)
        return True

    def close(self) -> None:
        """Let go of it."""
        os.close(self.fd)


class DrillFleet:
    """One supervisord with sim and workers."""

    def __init__(self, config: Settings, conf: Path) -> None:
        self.config, self.conf = config, conf
        self.places = Places(config.var)
        self.supervisor = Supervisor(self.places.socket)
        self.markets = tuple(config.markets)
        #: a disk of its own that can be filled; None: the machine gives none
        self.disk: SmallDisk | None = None
        self.no_disk = ""
        self._child: asyncio.subprocess.Process | None = None

    async def begin(self) -> None:
        """Start supervisord, wait for the paper venues, start all workers; SuperviseError when that fails."""
        environ = {**os.environ, CONFIG_VARIABLE: str(self.config.root / "arb.toml")}
        self._child = await supervise.launch(self.conf, self.places, environ)
        await self.sim_ready()
        self.supervisor.start(self.worker_names())

    async def sim_ready(self) -> None:
        """Wait until the paper venues answer."""
        try:
            async with asyncio.timeout(UP_BOUND_S):
                while await asyncio.to_thread(ask, self.config.paper.dydx_port) is None:  # noqa: ASYNC110  (a port)
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            log = self.places.var / "log" / "sim.log"
            raise SuperviseError(f"the paper venues did not answer within {UP_BOUND_S:.0f} s; see {log}") from None

    def worker_names(self) -> list[str]:
        """All workers, as supervisord names them."""
        return [f"{members.GROUP}:{members.program(market)}" for market in self.markets]

    def processes(self) -> dict[str, Process]:
        """Every program by its short name: sim, btc, eth …; empty when supervisord does not answer."""
        return {process.name: process for process in self.supervisor.processes()}

    def put_away(self) -> None:
        """Nothing runs any more: what lies on the small disk is kept where the rest is."""
        if self.disk is not None:
            self.disk.keep()

    async def calm(self) -> None:
        """No faults on the wire from now on: the paper venues are told to stop and start again with that word."""
        file = self.config.root / "arb.toml"
        file.write_text(_with(file.read_text(), "paper.faults", '"none"'))
        held = self.hold(members.SIM)
        if held is not None:
            held.send(signal.SIGTERM)
            await self.start_again(held)
            held.close()
        await self.sim_ready()

    def hold(self, name: str) -> Held | None:
        """The running process of a program; None when it does not run just now."""
        process = self.processes().get(name)
        return self._held(process) if process is not None and process.state == "RUNNING" else None

    def hold_all(self) -> list[Held]:
        """Every process that supervisord has, in whatever state."""
        return [held for process in self.processes().values() if (held := self._held(process)) is not None]

    def _held(self, process: Process) -> Held | None:
        if not process.pid or self._child is None:
            return None
        try:
            fd = os.pidfd_open(process.pid)
        except ProcessLookupError:
            return None
        if _parent(process.pid) != self._child.pid:
            os.close(fd)
            return None
        return Held(process.name, process.pid, fd)

    async def start_again(self, old: Held) -> None:
        """Start a program whose process ended by itself; supervisord may not have noticed yet."""
        try:
            async with asyncio.timeout(UP_BOUND_S):
                while not self._started_after(old):  # noqa: ASYNC110  (a process of another)
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            raise SuperviseError(f"{old.name} could not be started again within {UP_BOUND_S:.0f} s") from None

    def _started_after(self, old: Held) -> bool:
        now = self.processes().get(old.name)
        if now is not None and not now.pid:
            self.supervisor.start([now.full_name])
        return now is not None and now.pid not in (0, old.pid)

    async def kill_supervisord(self) -> None:
        """kill -9; it is our own child."""
        if self._child is None or self._child.returncode is not None:
            raise SuperviseError(f"supervisord is gone; see {self.places.log}")
        self._child.kill()
        await self._child.wait()

    async def control(self, *words: str) -> str:
        """`supervisorctl` with these words, as a person calls it; what it said."""
        line = [sys.executable, "-m", "supervisor.supervisorctl", "-c", str(self.conf), *words]
        child = await asyncio.create_subprocess_exec(
            *line, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        try:
            async with asyncio.timeout(CONTROL_BOUND_S):
                said, _ = await child.communicate()
        except TimeoutError:
            child.kill()
            await child.wait()
            return f"{' '.join(words)} did not end within {CONTROL_BOUND_S:.0f} s"
        return said.decode()

    async def end(self) -> None:
        """Stop whatever still runs."""
        if self._child is not None:
            await supervise.end(self._child, self.supervisor)


def scratch(
    config: Path | None,
    *,
    parent: Path | None = None,
    changes: Mapping[str, str] | None = None,
    small_disk: bool = False,
) -> DrillFleet:
    """A new folder (in var/drill) with its own arb.toml and supervisord.conf; `changes` are other keys (table.key).

    With `small_disk` its files lie on a disk of their own, which can be filled, where this machine gives one.
    """
    if sys.platform != "linux":
        raise ConfigError("the drill needs Linux: only there do children follow a killed supervisord")
    source, now_ns = config or CHECKOUT / "arb.toml", clock.now_ns()
    moment = f"{datetime.fromtimestamp(now_ns // SECOND_NS, UTC):%m%dT%H%M%S}.{now_ns // 1_000_000 % 1000:03d}"
    folder = (parent or CHECKOUT / "var" / "drill") / moment
    folder.mkdir(parents=True)
    try:
        text = source.read_text()
    except OSError as error:
        raise ConfigError(f"{source} cannot be read: {error.strerror}") from error
    dydx, apex = _free_ports()
    for key, value in {"paper.dydx_port": str(dydx), "paper.apex_port": str(apex), **(changes or {})}.items():
        text = _with(text, key, value)
    (folder / "arb.toml").write_text(alone(text))
    return _made(settings.load(folder / "arb.toml", {}), small_disk)


def _made(config: Settings, small_disk: bool) -> DrillFleet:
    if config.mode != "paper":
        raise ConfigError('the drill kills at random: it takes an arb.toml with mode = "paper" only')
    disk, no_disk = _disk(config.var) if small_disk else (None, "")
    Places(config.var).make()
    conf = config.var / "run" / "supervisord.conf"
    shipped = (CHECKOUT / "supervisord.conf").read_text()
    conf.write_text(members.relocated(members.rendered(shipped, config), CHECKOUT, config.var))
    fleet = DrillFleet(config, conf)
    fleet.disk, fleet.no_disk = disk, no_disk
    return fleet


def _disk(var: Path) -> tuple[SmallDisk | None, str]:
    """A small disk for `var`, or why there is none."""
    try:
        return SmallDisk(var), ""
    except DiskError as error:
        return None, str(error)


def _with(text: str, name: str, value: str) -> str:
    """The value of one key of arb.toml replaced, or added to its table; no table has a key of another's name here."""
    table, _, key = name.partition(".")
    changed, count = re.subn(rf"^{key}\s*=\s*\S+", f"{key} = {value}", text, count=1, flags=re.MULTILINE)
    if count:
        return changed
    changed, count = re.subn(rf"^\[{table}\].*$", rf"\g<0>\n{key} = {value}", text, count=1, flags=re.MULTILINE)
    return changed if count else f"{text}\n[{table}]\n{key} = {value}\n"


def _free_ports() -> tuple[int, int]:
    """Two free ports below those that the kernel lends to clients: a sim that is down must not lose its port to one."""
    first = PORTS.start + os.getpid() % (len(PORTS) // 2)
    free = (port for port in range(first, PORTS.stop) if not supervise.taken(port))
    return next(free), next(free)


def _parent(pid: int) -> int | None:
    """The parent of a process by /proc; None when it is gone."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return None


async def all_ended(held: Iterable[Held], bound_s: float) -> list[str]:
    """Names of those that still live after `bound_s`."""
    group = list(held)
    ended = await asyncio.gather(*(one.ended(bound_s) for one in group))
    return [one.name for one, gone in zip(group, ended, strict=True) if not gone]
