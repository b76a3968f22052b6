"""One supervisord of this checkout, as a child of ours: start it, see it answer, stop it. Knows nothing of trading."""

import asyncio
import compileall
import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from common.ports import taken as taken
from common.supervisor_client import Places as Places
from common.supervisor_client import Process as Process
from common.supervisor_client import SuperviseError as SuperviseError
from common.supervisor_client import Supervisor as Supervisor
from common.version import ROOMS

CHECKOUT = Path(__file__).resolve().parents[1]

#: how long supervisord may take until its socket answers, and how often it is asked
START_BOUND_S, POLL_S = 15.0, 0.1
#: stopwaitsecs of a worker (75), of the warden (35), of five more (10 each), one after the other, and a margin
SHUTDOWN_BOUND_S = 180.0
PR_SET_PDEATHSIG = 1


async def launch(conf: Path, places: Places, environ: dict[str, str]) -> asyncio.subprocess.Process:
    """Start supervisord as our child and wait until its socket answers; SuperviseError with its own words if not."""
    await asyncio.to_thread(compile_code, CHECKOUT)
    with _room_for_words(places.output) as output:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "--configuration", str(conf),
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, env=environ,
            start_new_session=True, preexec_fn=_bound_to_parent(os.getpid()),
        )  # fmt: skip
        await _answers(child, places)
        if child.returncode is not None:
            output.seek(0)
            places.output.write_bytes(output.read())
            raise SuperviseError(f"supervisord ended at once: {last_line(places.output)}")
    return child


def compile_code(root: Path) -> None:
    """Bring the byte code of what workers run up to date, as pip does with packages: once, not in each of them.

    Python would do so by itself, unless PYTHONDONTWRITEBYTECODE is set, as it is in many containers; then every worker
    compiles all of it at every start. A folder that cannot be written to is left as it is, which costs only time.
    """
    for room in ROOMS:
        compileall.compile_dir(root / room, quiet=2)


def _room_for_words(file: Path) -> BinaryIO:
    """Where supervisord's own words go, which are also in its log: memory where there is such a file, never a disk.

    It complains there of a log that cannot be written, and dies of a complaint that cannot.
    """
    if sys.platform != "linux":
        return file.open("w+b")
    return os.fdopen(os.memfd_create(file.name), "w+b")


async def _answers(child: asyncio.subprocess.Process, places: Places) -> None:
    """Wait until its socket answers or it has ended."""
    supervisor = Supervisor(places.socket)
    try:
        async with asyncio.timeout(START_BOUND_S):
            while child.returncode is None and supervisor.alive() is None:  # noqa: ASYNC110  (a socket to poll)
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        child.terminate()
        raise SuperviseError(f"supervisord did not answer within {START_BOUND_S:.0f} s; see {places.log}") from None


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
