"""One supervisord of this checkout, as a child of ours: start it, ask it, stop it.

It is spoken to as `supervisorctl` does, over its unix socket. Knows processes by name; knows nothing of trading.
"""

import asyncio
import ctypes
import os
import signal
import socket
import sys
import xmlrpc.client
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from common.core.errors import ArbError, ConfigError

#: how long supervisord may take until its socket answers, and how often it is asked
START_BOUND_S, POLL_S = 15.0, 0.1
#: stopwaitsecs of a worker (45), of sim (10), and a margin
SHUTDOWN_BOUND_S = 65.0
#: sun_path holds 108 bytes, and supervisord first makes "<path>.<pid>"
SOCKET_PATH_MAX = 98

PR_SET_PDEATHSIG = 1


class SuperviseError(ArbError):
    """supervisord did not do what it was asked; the text says what it said."""


@dataclass(frozen=True, slots=True)
class Process:
    """One program as supervisord sees it."""

    name: str
    group: str
    state: str
    pid: int
    uptime_s: int
    exit_status: int
    trouble: str

    @property
    def full_name(self) -> str:
        """The name supervisorctl knows it by."""
        return self.name if self.group == self.name else f"{self.group}:{self.name}"


@dataclass(frozen=True, slots=True)
class Places:
    """Where a supervisord keeps its running files."""

    var: Path

    @property
    def socket(self) -> Path:
        """The unix socket it listens on."""
        return self.var / "run" / "supervisor.sock"

    @property
    def pid(self) -> int | None:
        """The supervisord that wrote its id here and still lives; it shuts its socket before it ends."""
        try:
            pid = int((self.var / "run" / "supervisord.pid").read_text())
            words = Path(f"/proc/{pid}/cmdline")
            os.kill(pid, 0)
            return pid if not words.exists() or b"supervisor" in words.read_bytes() else None
        except (OSError, ValueError):
            return None

    @property
    def log(self) -> Path:
        """What it logs: every start of every program stands in here."""
        return self.var / "log" / "supervisord.log"

    @property
    def output(self) -> Path:
        """What it says before it can log."""
        return self.var / "log" / "supervisord.out"

    def make(self) -> None:
        """Create the folders; ConfigError when the socket's path is too long for the kernel."""
        if len(os.fsencode(self.socket)) > SOCKET_PATH_MAX:
            raise ConfigError(
                f"{self.socket} is too long a path for a unix socket "
                f"(more than {SOCKET_PATH_MAX} bytes): move the checkout to a shorter path"
            )
        (self.var / "log").mkdir(parents=True, exist_ok=True)
        (self.var / "run").mkdir(mode=0o700, parents=True, exist_ok=True)


class Supervisor:
    """Speaks to the supervisord behind one socket."""

    def __init__(self, socket_file: Path) -> None:
        self._url = f"unix://{socket_file}"

    def call(self, method: str, *arguments: Any) -> Any:
        """One XML-RPC call; OSError when nobody listens, xmlrpc.client.Fault when it refuses."""
        transport = SupervisorTransport(None, None, serverurl=self._url)
        try:
            proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
            return getattr(proxy.supervisor, method)(*arguments)
        finally:
            transport.close()

    def alive(self) -> tuple[int, str] | None:
        """(pid, state) of the supervisord that listens, None when none does."""
        try:
            return int(self.call("getPID")), str(self.call("getState")["statename"])
        except (OSError, HTTPException, xmlrpc.client.Error):
            return None

    def processes(self) -> list[Process]:
        """Every program with its state; empty when supervisord does not answer."""
        try:
            return [_process(info) for info in self.call("getAllProcessInfo")]
        except (OSError, HTTPException, xmlrpc.client.Error):
            return []

    def start(self, names: Iterable[str]) -> None:
        """Ask for these programs without waiting; one that runs already, or cannot start, is left as it is."""
        for name in names:
            self._ask("startProcess", name, False)

    def stop(self, names: Iterable[str]) -> None:
        """Send these programs their stop signal without waiting."""
        for name in names:
            self._ask("stopProcess", name, False)

    def shutdown(self) -> None:
        """Ask supervisord to stop everything and end."""
        self._ask("shutdown")

    def _ask(self, method: str, *arguments: Any) -> None:
        try:
            self.call(method, *arguments)
        except xmlrpc.client.Fault:
            # ALREADY_STARTED, NOT_RUNNING, SPAWN_ERROR …: the state that follows is what counts, and is shown
            return
        except (OSError, HTTPException, xmlrpc.client.Error) as error:
            raise SuperviseError(f"supervisord does not answer any more: {error}") from error


def _process(info: dict[str, Any]) -> Process:
    return Process(
        name=info["name"],
        group=info["group"],
        state=info["statename"],
        pid=info["pid"],
        uptime_s=max(0, info["now"] - info["start"]) if info["pid"] else 0,
        exit_status=info["exitstatus"],
        trouble=info["spawnerr"],
    )


async def launch(conf: Path, places: Places, environ: dict[str, str]) -> asyncio.subprocess.Process:
    """Start supervisord as our child and wait until its socket answers; SuperviseError with its own words if not."""
    with places.output.open("wb") as output:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "--configuration", str(conf),
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, env=environ,
            start_new_session=True, preexec_fn=_bound_to_parent(os.getpid()),
        )  # fmt: skip
    supervisor = Supervisor(places.socket)
    try:
        async with asyncio.timeout(START_BOUND_S):
            while child.returncode is None and supervisor.alive() is None:  # noqa: ASYNC110  (a socket to poll)
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        child.terminate()
        raise SuperviseError(f"supervisord did not answer within {START_BOUND_S:.0f} s; see {places.log}") from None
    if child.returncode is not None:
        raise SuperviseError(f"supervisord ended at once: {last_line(places.output)}")
    return child


def _bound_to_parent(parent: int) -> Callable[[], None]:
    """What a child does first: ask the kernel for SIGTERM when we die, so that a killed `run` leaves no fleet behind.

    Only Linux has this; elsewhere the fleet goes on and the next `run` says so.
    """
    if sys.platform != "linux":
        return lambda: None
    libc = ctypes.CDLL(None, use_errno=True)

    def bind() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return bind


async def end(child: asyncio.subprocess.Process, supervisor: Supervisor) -> None:
    """Have supervisord stop what still runs and wait for its end; bounded, then it is killed."""
    if child.returncode is None and supervisor.alive() is not None:
        supervisor.shutdown()
    elif child.returncode is None:
        child.terminate()
    try:
        async with asyncio.timeout(SHUTDOWN_BOUND_S):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()


def taken(port: int, host: str = "127.0.0.1") -> bool:
    """Whether some process listens on this port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def spawned(log: Path, since: int) -> list[str]:
    """Names of the programs that supervisord started, in order, from byte `since` of its log on."""
    try:
        with log.open("rb") as file:
            file.seek(since if log.stat().st_size >= since else 0)
            lines = file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return [line.split("spawned: '")[1].split("'")[0] for line in lines if "spawned: '" in line]


def last_line(path: Path) -> str:
    """The last complaint in a log, or its last line: a library may talk on after it."""
    lines = [line for line in path.read_text(errors="replace").splitlines() if line.strip()]
    complaints = [line for line in lines if " WARNING " in line or " ERROR " in line]
    last = (complaints or lines or ["it said nothing"])[-1]
    return last.partition(" needs_a_person why=")[2].strip("'\"") or last
