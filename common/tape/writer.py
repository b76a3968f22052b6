"""Appends blocks to tape files in one folder, and begins a new file in time. Blocks for the disk; no thread of its own.

Every file stands by itself: it begins with who wrote it, the connections that stood and the last listings heard.
A file is never written again once it is closed or its writer has died.
"""

import errno
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from common.tape.block import ENDING, FILE_HEAD, seal
from common.tape.record import NO_CONNECTION, Kind, Record, note

FORMAT: Final = 1
ROTATED, STOPPED = "rotated", "stopped"
_NS_PER_S: Final = 10**9


@dataclass(frozen=True, slots=True)
class Rotation:
    """When a new file begins: after so many bytes and at every whole `every_ns` of UTC; how much disk stays free."""

    most_bytes: int
    every_ns: int
    free_min_bytes: int = 0


class TapeWriter:
    """One run of a recorder; `run` (its start, nanoseconds) is in every file, as connections are counted per run."""

    def __init__(self, folder: Path, run: int, program: str, rotation: Rotation) -> None:
        self._folder, self._run, self._program, self._rotation = folder, run, program, rotation
        self._file: int | None = None
        self._size = 0
        self._begun_ns = 0
        self._standing: dict[int, Record] = {}
        self._listings: dict[str, Record] = {}
        #: called when a file follows another: books have to be asked for anew, so that it can be read by itself
        self.on_rotated: Callable[[], None] = lambda: None
        self.written_bytes = 0

    def write(self, records: Sequence[Record]) -> None:
        """Append one block; OSError when the disk does not take it, and then the next call begins a new file."""
        try:
            self._check_room()
            self._write(records)
        except OSError:
            self._drop()
            raise
        finally:
            for record in records:
                self._remember(record)

    def close(self, at_ns: int, why: str = STOPPED) -> None:
        """End the file that is open, durably."""
        if self._file is None:
            return
        file, self._file = self._file, None
        try:
            _write_all(file, seal([note(Kind.END, at_ns, why=why)]))
            os.fsync(file)
        finally:
            os.close(file)

    def _write(self, records: Sequence[Record]) -> None:
        at_ns = records[0].at_ns
        if self._file is not None and self._is_full(at_ns):
            self.close(at_ns, ROTATED)
            self._begin(at_ns)
            self.on_rotated()
        elif self._file is None:
            self._begin(at_ns)
        self._append(seal(records))

    def _is_full(self, at_ns: int) -> bool:
        every_ns = self._rotation.every_ns
        return self._size >= self._rotation.most_bytes or at_ns // every_ns > self._begun_ns // every_ns

    def _begin(self, at_ns: int) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = _created(self._folder, at_ns)
        self._size, self._begun_ns = 0, at_ns
        begin = note(Kind.BEGIN, at_ns, format=FORMAT, run=self._run, program=self._program)
        known = [replace(r, at_ns=at_ns) for r in (*self._listings.values(), *self._standing.values())]
        self._append(FILE_HEAD + seal([begin, *known]))

    def _append(self, data: bytes) -> None:
        assert self._file is not None
        _write_all(self._file, data)
        self._size += len(data)
        self.written_bytes += len(data)

    def _drop(self) -> None:
        """Leave a file that may end in half a block."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _check_room(self) -> None:
        least = self._rotation.free_min_bytes
        if not least:
            return
        folder = next(place for place in (self._folder, *self._folder.parents) if place.exists())
        if shutil.disk_usage(folder).free < least:
            raise OSError(errno.ENOSPC, f"less than {least >> 20} MB are free; the rest is the ledger's", str(folder))

    def _remember(self, record: Record) -> None:
        """What the next file has to begin with."""
        match record.kind:
            case Kind.OPENED:
                self._standing[record.connection] = record
            case Kind.LOST:
                self._standing.pop(record.connection, None)
            case Kind.ANSWER if record.connection == NO_CONNECTION and (name := _listing_of(record)):
                self._listings[name] = record


def _listing_of(record: Record) -> str:
    """The venue whose listing an answer is; empty for other answers."""
    fields = record.fields()
    return str(fields["venue"]) if fields.get("topic") == "listing" else ""


def _created(folder: Path, at_ns: int) -> int:
    """A new file named by the time; never one that is there already."""
    seconds, rest_ns = divmod(at_ns, _NS_PER_S)
    stem = f"{datetime.fromtimestamp(seconds, UTC):%Y%m%dT%H%M%S}.{rest_ns // 1_000_000:03d}Z"
    for number in range(1000):
        path = folder / f"{stem}{f'-{number}' if number else ''}{ENDING}"
        try:
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        except FileExistsError:
            continue
    raise FileExistsError(errno.EEXIST, "too many tapes of one millisecond", str(folder / stem))


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
