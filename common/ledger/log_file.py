"""SQLite's write-ahead log as a file: makes all that was committed durable, whoever committed it. Knows nothing of SQL.

Commits do not wait for the disk: they survive the death of any process, and a power cut takes the newest of them, in
their order. An fsync of the log ends that for all commits before it. It needs no lock: what has left the log meanwhile
was made durable by the checkpoint that took it, and the log's file stays the same one while a connection is open.
"""

import fcntl
import os
import struct
from bisect import bisect_left
from pathlib import Path
from typing import Final

from common.core.errors import LedgerAway

#: macOS: an fsync there ends in the drive's cache
_FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)
#: SQLite's format of the log: a header with page size and salt, then frames, each with a header and a page
_HEADER: Final = struct.Struct(">8xI4x8s8x")
_FRAME: Final = struct.Struct(">8x8s8x")
_data_sync = getattr(os, "fdatasync", os.fsync)


class LogFile:
    """The log of the ledger at `path`; its connection must be open, and stay so for as long as this is."""

    def __init__(self, path: Path) -> None:
        # SQLite puts it beside the file itself, whatever link led there
        real = path.resolve()
        self.path = real.with_name(real.name + "-wal")
        try:
            self._file = self.path.open("rb")
            # a log that was just made: its name must survive as well
            folder = os.open(real.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
        except OSError as error:
            raise _away(self.path, error) from error

    def sync(self) -> None:
        """Return when everything committed so far is durable; any thread may call it. LedgerAway when it cannot be."""
        try:
            if _FULL_SYNC is not None:
                fcntl.fcntl(self._file, _FULL_SYNC)
            else:
                _data_sync(self._file.fileno())
        except OSError as error:
            raise _away(self.path, error) from error

    def pages(self) -> int:
        """Pages written since the log began anew: what a checkpoint would have to take into the file.

        The file itself is no shorter after one. Frames of the present round bear the salt of the header.
        """
        fd = self._file.fileno()
        header = os.pread(fd, _HEADER.size, 0)
        if len(header) < _HEADER.size:
            return 0
        page_bytes, salt = _HEADER.unpack(header)
        frame_bytes = _FRAME.size + page_bytes
        frames = (os.fstat(fd).st_size - _HEADER.size) // frame_bytes
        offsets = range(_HEADER.size, _HEADER.size + frames * frame_bytes, frame_bytes)
        return bisect_left(offsets, True, key=lambda at: _salt(fd, at) != salt)

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


def _salt(fd: int, at: int) -> bytes:
    frame = os.pread(fd, _FRAME.size, at)
    return bytes(_FRAME.unpack(frame)[0]) if len(frame) == _FRAME.size else b""


def _away(path: Path, error: OSError) -> LedgerAway:
    return LedgerAway(f"{path} cannot be made durable: {error.strerror}: look at the disk")
