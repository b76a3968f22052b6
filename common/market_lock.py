"""One process per market: a file lock that dies with its holder, and in the file, when the market was started of late.

supervisord restarts a process that had reached RUNNING at once and without limit; a crash loop must be noticed here.
"""

import fcntl
import json
import logging
import os
import signal
from pathlib import Path
from types import FrameType

from common import log
from common.core.errors import ConfigError
from common.core.terms import SECOND_NS

#: starts within this window count as "of late"
WINDOW_NS = 300 * SECOND_NS
#: starts are remembered for so long, for the warden, and at most so many of them
KEPT_NS = 3600 * SECOND_NS
KEPT_MAX = 500
READ_MAX = 65_536
#: this many starts of late are nothing unusual; each further one doubles the wait
FREE_STARTS = 3
WAIT_MAX_NS = 60 * SECOND_NS
#: a predecessor that was told to stop is given this long to leave: longer than stopwaitsecs (75), as a killed
#: supervisord may be started again while its orphans still wait for the fate of an order
LOCK_TIMEOUT_S = 80.0

_logger = logging.getLogger(__name__)


class MarketLock:
    """Held until the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def take(self, timeout_s: float = LOCK_TIMEOUT_S) -> None:
        """Wait for the lock; ConfigError when another process keeps it for `timeout_s`."""
        if self._try():
            return
        log.event(_logger, "waiting_for_predecessor", lock=self._path.name, at_most_s=timeout_s)
        before = signal.signal(signal.SIGALRM, _give_up)
        signal.setitimer(signal.ITIMER_REAL, timeout_s)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX)
        except TimeoutError:
            raise ConfigError(f"another process holds {self._path}: it runs already") from None
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def _try(self) -> bool:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def note_start(self, at_ns: int) -> int:
        """Remember this start; return how long entries must wait, nanoseconds (0 in the ordinary case)."""
        known = _starts_in(os.pread(self._fd, READ_MAX, 0))
        starts = sorted([*(s for s in known if at_ns - KEPT_NS < s <= at_ns), at_ns])[-KEPT_MAX:]
        text = json.dumps(starts).encode()
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, text, 0)
        return start_wait_ns(sum(s > at_ns - WINDOW_NS for s in starts))


def lock_file(var: Path, market: str) -> Path:
    """Where a market's lock lies."""
    return var / "run" / f"{market.lower()}.lock"


def recent_starts(path: Path) -> tuple[int, ...]:
    """When a market was started within KEPT_NS, by its lock file, which is not waited for; empty when unknown."""
    try:
        return tuple(_starts_in(path.read_bytes()))
    except OSError:
        return ()


def _starts_in(text: bytes) -> list[int]:
    try:
        return [int(s) for s in json.loads(text or b"[]")]
    except (ValueError, TypeError):
        # torn by a kill between truncate and write: only the memory of starts is lost
        return []


def start_wait_ns(starts: int) -> int:
    """0 up to FREE_STARTS starts of late, then 2, 4, 8 … seconds, at most WAIT_MAX_NS."""
    extra = starts - FREE_STARTS
    return 0 if extra <= 0 else min(WAIT_MAX_NS, SECOND_NS * 2 ** min(extra, 10))


def _give_up(signum: int, frame: FrameType | None) -> None:
    raise TimeoutError
