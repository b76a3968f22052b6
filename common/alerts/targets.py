"""Where alerts go: addresses that hold secrets, so they stand in a file of ours alone or in the environment.

One address a line, as Apprise writes them (mailto://…, tgram://…, json://…); `#` begins a remark. A line
`heartbeat https://…` names a watcher outside that is told once a minute that all is well and takes silence for an
alarm.
An address is called by its kind and a few letters of its digest: nothing of it is ever shown.
"""

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from common.core.errors import ConfigError

FILE: Final = "alerts.urls"
VARIABLE: Final = "ARB_ALERT_URLS"
HEARTBEAT: Final = "heartbeat "
OTHERS: Final = 0o077


@dataclass(frozen=True, slots=True)
class Targets:
    """Addresses by the name they are shown under; never printed."""

    urls: Mapping[str, str] = field(repr=False)
    heartbeat: str = field(default="", repr=False)


def read(var: Path, environ: Mapping[str, str] | None = None) -> Targets:
    """From the environment (spaces between), else from the file; none when there is neither. ConfigError for a file
    that others can read.
    """
    environ = os.environ if environ is None else environ
    given = environ.get(VARIABLE)
    lines = given.split() if given else _lines(var / FILE)
    told = [line.removeprefix(HEARTBEAT).strip() for line in lines if line.startswith(HEARTBEAT)]
    urls = {name(line): line for line in lines if not line.startswith(HEARTBEAT)}
    return Targets(urls, told[-1] if told else "")


def name(url: str) -> str:
    """`mailto-1a2b3c`: tells targets apart and nothing else."""
    scheme = url.partition("://")[0].lower()
    shown = scheme if scheme.isalnum() and len(scheme) <= 16 else "odd"
    return f"{shown}-{hashlib.sha256(url.encode()).hexdigest()[:6]}"


def _lines(file: Path) -> list[str]:
    try:
        fd = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error
    with os.fdopen(fd) as opened:
        if stat.S_IMODE(os.fstat(fd).st_mode) & OTHERS:
            raise ConfigError(f"{file} can be read by others: chmod 600 {file}")
        rows = [line.partition(" #")[0].strip() for line in opened]
    return [row for row in rows if row and not row.startswith("#")]
