"""Speaks to one supervisord as `supervisorctl` does, over its unix socket. Knows programs by name, nothing of trading.

Every call blocks; an event loop puts it into a thread.
"""

import os
import xmlrpc.client
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from common.core.errors import ArbError, ConfigError

#: sun_path holds 108 bytes, and supervisord first makes "<path>.<pid>"
SOCKET_PATH_MAX = 98


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

    def kill(self, name: str) -> None:
        """SIGKILL to one program: supervisord takes it for a crash and starts it again."""
        self._ask("signalProcess", name, "KILL")

    def hang_up(self, name: str) -> None:
        """SIGHUP to one program: read your settings again."""
        self._ask("signalProcess", name, "HUP")

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
