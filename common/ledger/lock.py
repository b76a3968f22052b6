"""The queue in front of the ledger: one flock, held for the length of one write transaction.

SQLite's own busy handler sleeps and retries, so that one process can wait for seconds while others pass; the kernel
hands a flock from one waiter to the next. A killed process lets go of it by dying. Knows nothing of SQL.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from common.core.errors import LedgerError

#: a write transaction takes milliseconds: whoever waits this long waits for a process that hangs
WAIT_MAX_S = 15.0


class FileLock:
    """An exclusive lock between processes; not re-entrant, not shared between threads."""

    def __init__(self, path: Path, wait_max_s: float = WAIT_MAX_S) -> None:
        self._path, self._wait_max_s = path, wait_max_s
        self._fd = _open(path)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the lock, bounded (LedgerError), and hold it for the block."""
        self._take()
        try:
            yield
        finally:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let the file go."""
        os.close(self._fd)

    def _take(self) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._queue()

    def _queue(self) -> None:
        """Block in the kernel's queue. A second thread does the blocking, because flock knows no timeout."""
        waiter = threading.Thread(target=fcntl.flock, args=(self._fd, fcntl.LOCK_EX), daemon=True)
        waiter.start()
        waiter.join(self._wait_max_s)
        if waiter.is_alive():
            # Closing gives the lock back in the moment in which the waiter gets it.
            os.close(self._fd)
            self._fd = _open(self._path)
            raise LedgerError(
                f"{self._path} was held by another process for more than {self._wait_max_s:g} s: "
                "find it with `fuser` and stop it"
            )


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LedgerError(f"{path} cannot be opened: {error.strerror}") from error
