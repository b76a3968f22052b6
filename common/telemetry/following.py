"""The telemetry of today as it grows: each line is read once.

Knows how far it came in every file, and nothing of what the rows say.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from common.telemetry.files import day_of
from common.telemetry.rows import Row, row


@dataclass(slots=True)
class _Place:
    """How far one file was read, up to the end of a line."""

    inode: int
    offset: int = 0


class Following:
    """One reader of all files of a day (UTC)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._day: date | None = None
        self._places: dict[Path, _Place] = {}

    def news(self, now_ns: int) -> tuple[bool, Iterator[Row]]:
        """Rows that came since the last time, to be taken before the next.

        True with it: these are all of today, from midnight on; the day is a new one, or its files were replaced.
        """
        day = day_of(now_ns)
        is_anew = day != self._day or self._replaced()
        if is_anew:
            self._day, self._places = day, {}
        return is_anew, self._read(self._folder / day.isoformat())

    def _replaced(self) -> bool:
        return any(_shrunk(file, place) for file, place in self._places.items())

    def _read(self, folder: Path) -> Iterator[Row]:
        for file in sorted(folder.glob("*.jsonl")):
            try:
                found = (row(text) for text in self._lines(file))
                yield from (one for one in found if one is not None)
            except OSError:
                continue

    def _lines(self, file: Path) -> Iterator[bytes]:
        """New ones; one that is being written is read when it is whole."""
        with file.open("rb") as lines:
            place = self._places.setdefault(file, _Place(os.fstat(lines.fileno()).st_ino))
            lines.seek(place.offset)
            for text in lines:
                if not text.endswith(b"\n"):
                    return
                place.offset += len(text)
                yield text


def _shrunk(file: Path, place: _Place) -> bool:
    """It is another file than the one that was read."""
    try:
        status = file.stat()
    except OSError:
        return True
    return status.st_ino != place.inode or status.st_size < place.offset
