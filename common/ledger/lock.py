"""The queue in front of the ledger: one flock, held for the length of one write transaction.

SQLite's own busy handler sleeps and retries, so that one process can wait for seconds while others pass; the kernel
hands a flock from one waiter to the next. A killed process lets go of it by dying. Knows nothing of SQL.
"""

import errno
import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from common.core.errors import LedgerAway, LedgerError

#: a write transaction takes milliseconds: whoever waits this long waits for a process that hangs
WAIT_MAX_S = 10.0

#: what the system says when the disk has no room for another file
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})


class FileLock:
    """An exclusive lock between processes; not re-entrant, not shared between threads."""

    def __init__(self, path: Path, wait_max_s: float = WAIT_MAX_S) -> None:
        self._path, self._wait_max_s = path, wait_max_s
        self._file = _open(path)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the lock, bounded (LedgerError), and hold it for the block."""
        self._take()
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _take(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._queue()

    def _queue(self) -> None:
        """Block in the kernel's queue. A second thread does the blocking, because flock knows no timeout."""
        taken = threading.Event()
        threading.Thread(target=_block, args=(self._file, taken), daemon=True).start()
        if not taken.wait(self._wait_max_s):
            # Closing gives the lock back in the moment in which the waiter gets it.
            self._file.close()
            self._file = _open(self._path)
            raise LedgerAway(
                f"{self._path} was held by another process for more than {self._wait_max_s:g} s: "
                "find it with `fuser` and stop it"
            )


def _block(file: BinaryIO, taken: threading.Event) -> None:
    fcntl.flock(file, fcntl.LOCK_EX)
    taken.set()


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("ab")
    except OSError as error:
        kind = LedgerAway if error.errno in NO_ROOM else LedgerError
        raise kind(f"{path} cannot be opened: {error.strerror}") from error
