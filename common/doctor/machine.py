"""This machine: interpreter, packages, vendor SDKs, disk. Measuring and judging are apart, so that each can fail."""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from common import clock
from common.core.errors import LedgerError
from common.doctor.finding import Finding, failure, ok, warning
from common.ledger.place import refuse_network

PYTHON_LEAST, PYTHON_BELOW = (3, 11), (3, 14)
SET_UP: Final = "./scripts/run sets .venv up anew from requirements.lock"
#: the SDKs pull in web3 and its like
SDK_BOUND_S: Final = 60.0
FREE_LEAST_MB, FREE_WARN_MB = 200, 2048
FSYNC_TRIES: Final = 5
FSYNC_WARN_MS, FSYNC_FAIL_MS = 50.0, 1000.0
_MB = 1_000_000
_PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)\s*(;?)", re.MULTILINE)


def interpreter(found: Sequence[int], *, in_venv: bool) -> Finding:
    """Whether this Python is one that the lock was made for, and an environment of its own."""
    text = ".".join(map(str, found[:3]))
    if not PYTHON_LEAST <= tuple(found[:2]) < PYTHON_BELOW:
        return failure("interpreter", f"Python {text} is none of 3.11, 3.12 and 3.13", "install one of them; " + SET_UP)
    if not in_venv:
        return warning("interpreter", f"Python {text}, outside .venv", "run it as .venv/bin/arbctl")
    return ok("interpreter", f"Python {text} in {sys.prefix}")


def installed(name: str) -> str | None:
    """The version of a package here, None when it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def packages(lock: str, have: Callable[[str], str | None] = installed) -> Finding:
    """Whether what is installed is what the lock names; what it names for other machines only may be missing.

    A package may stand there more than once, with a version for each Python.
    """
    pinned: dict[str, list[tuple[str, str]]] = {}
    for name, wanted, marked in _PINNED.findall(lock):
        pinned.setdefault(name, []).append((wanted, marked))
    odd = []
    for name, pins in pinned.items():
        found = have(name)
        if found not in [wanted for wanted, _ in pins] and not (found is None and all(marked for _, marked in pins)):
            odd.append(f"{name} is {found or 'missing'}, the lock says {' or '.join(wanted for wanted, _ in pins)}")
    if not pinned:
        return warning("lock", "requirements.lock is not there or names nothing", "check the folder out anew")
    if odd:
        return failure("lock", "; ".join(odd[:3]) + (f" and {len(odd) - 3} more" if odd[3:] else ""), SET_UP)
    return ok("lock", f"{len(pinned)} packages as requirements.lock names them")


def sdks(modules: Sequence[str] = ("dydx3", "apexpro")) -> Finding:
    """Whether the vendors' SDKs can be imported, seen in a process of its own; only onboarding needs them."""
    line = [sys.executable, "-W", "ignore", "-c", f"import {', '.join(modules)}"]
    remedy = f"{SET_UP}; only onboarding needs them"
    try:
        done = subprocess.run(line, capture_output=True, text=True, timeout=SDK_BOUND_S, check=False)
    except subprocess.TimeoutExpired:
        return failure("sdks", f"importing {' and '.join(modules)} took longer than {SDK_BOUND_S:.0f} s", remedy)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return failure("sdks", f"{' and '.join(modules)} cannot be imported: {last}", remedy)
    return ok("sdks", f"{' and '.join(modules)} can be imported")


def disk(folder: Path, free: int | None = None) -> Finding:
    """Room where the ledger lies; `free` in bytes."""
    free_mb = (shutil.disk_usage(nearest(folder)).free if free is None else free) // _MB
    says, remedy = f"{free_mb:,} MB free at {folder}", "make room: a full disk stops every worker"
    if free_mb < FREE_LEAST_MB:
        return failure("disk", says, remedy)
    return warning("disk", says, remedy) if free_mb < FREE_WARN_MB else ok("disk", says)


def nearest(path: Path) -> Path:
    """The path, or the folder above it that is there."""
    return next(folder for folder in (path, *path.parents) if folder.exists())


def place(ledger: Path) -> Finding | None:
    """That the ledger lies on a disk of this machine; None when it does."""
    try:
        refuse_network(ledger)
    except LedgerError as error:
        return failure("disk", str(error), "set `var` in arb.toml")
    return None


def fsync(folder: Path) -> Finding:
    """How long the disk takes to make one page durable: an order's row waits for it."""
    try:
        return fsync_judged(_fsync_ms(nearest(folder)))
    except OSError as error:
        return failure("fsync", f"{folder} cannot be written: {error.strerror}", "make the folder yours, or set `var`")


def fsync_judged(times_ms: Sequence[float]) -> Finding:
    """The verdict on some measured times."""
    middle = statistics.median(times_ms)
    says = f"{middle:.1f} ms, at most {max(times_ms):.1f} ms of {len(times_ms)}"
    remedy = "use a faster disk, or one that others do not keep busy (`var` in arb.toml)"
    if middle > FSYNC_FAIL_MS:
        return failure("fsync", says, remedy)
    return warning("fsync", says, remedy) if middle > FSYNC_WARN_MS else ok("fsync", says)


def _fsync_ms(folder: Path) -> list[float]:
    with tempfile.TemporaryFile(dir=folder) as file:
        return [_one_fsync_ms(file.fileno()) for _ in range(FSYNC_TRIES)]


def _one_fsync_ms(number: int) -> float:
    os.write(number, bytes(4096))
    began_ns = clock.monotonic_ns()
    os.fsync(number)
    return (clock.monotonic_ns() - began_ns) / 1e6
