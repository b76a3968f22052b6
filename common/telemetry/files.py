"""Telemetry beside a ledger: a folder a day (UTC), in it one file of lines for each market, and one for the fleet.

`ledger.db.telemetry/2026-11-28/BTC.jsonl`. Only appended to, bounded in days and in bytes. A disk that refuses costs
the rows and nothing else.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from common.telemetry.rows import Row, line, row

SECOND_NS: Final = 1_000_000_000
#: days of telemetry that are kept
KEEP_DAYS: Final = 14
#: a market's file of a day is not let grow beyond this: some five times what a busy day takes
FILE_MAX_BYTES: Final = 16 * 1024 * 1024
#: the name of the file, and the market of the rows, that are about all markets
FLEET: Final = "fleet"
#: of a file's end so much is read by who only wants the newest rows: some minutes of a busy market
TAIL_BYTES: Final = 64 * 1024


def folder_of(ledger_file: Path) -> Path:
    """Where the telemetry of this ledger lies: paper, live and replayed ones never meet."""
    return ledger_file.with_name(f"{ledger_file.name}.telemetry")


def day_of(at_ns: int) -> date:
    """The day (UTC) of a moment."""
    return datetime.fromtimestamp(at_ns // SECOND_NS, UTC).date()


class Writer:
    """Appends one market's rows; the only writer of its files, from whatever thread it is called."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name

    def append(self, rows: Sequence[Row]) -> bool:
        """Put rows down at the end of the day that the last one was written in; False when they are lost."""
        if not rows:
            return True
        file = self._folder / day_of(rows[-1].at_ns).isoformat() / f"{self._name}.jsonl"
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("ab") as out:
                if out.tell() > FILE_MAX_BYTES:
                    return False
                out.write(b"".join(map(line, rows)))
        except OSError:
            return False
        return True


def forget(folder: Path, now_ns: int) -> None:
    """Remove the days that are too old; what cannot be removed stays."""
    oldest = day_of(now_ns) - timedelta(days=KEEP_DAYS - 1)
    for day, path in _days(folder):
        if day < oldest:
            shutil.rmtree(path, ignore_errors=True)


def read(folder: Path, from_ns: int = 0, to_ns: int | None = None, market: str | None = None) -> Iterator[Row]:
    """Rows within these moments (of one market and of the fleet): day by day, in order within a market."""
    for file in _files(folder, from_ns, to_ns):
        if market is None or file.stem in (market, FLEET):
            rows = (row(text) for text in _lines(file))
            yield from (r for r in rows if r and from_ns <= r.at_ns and (to_ns is None or r.at_ns <= to_ns))


def newest(folder: Path, market: str, now_ns: int) -> list[Row]:
    """A market's rows of the last minutes, oldest first; costs the same however long the day has been."""
    for day in (day_of(now_ns), day_of(now_ns) - timedelta(days=1)):
        lines = _last_lines(folder / day.isoformat() / f"{market}.jsonl")
        if rows := [found for text in lines if (found := row(text)) is not None]:
            return rows
    return []


def _last_lines(file: Path) -> list[bytes]:
    """What stands at its end; a line that begins before that is left out."""
    try:
        with file.open("rb") as opened:
            begins = max(0, opened.seek(0, os.SEEK_END) - TAIL_BYTES)
            opened.seek(begins)
            lines = opened.read().splitlines()
    except OSError:
        return []
    return lines[1:] if begins else lines


def _files(folder: Path, from_ns: int, to_ns: int | None) -> Iterator[Path]:
    for day, path in _days(folder):
        if day >= day_of(from_ns) and (to_ns is None or day <= day_of(to_ns)):
            yield from sorted(path.glob("*.jsonl"))


def _lines(file: Path) -> Iterator[bytes]:
    """What can be read of it."""
    try:
        with file.open("rb") as lines:
            yield from lines
    except OSError:
        return


def _days(folder: Path) -> list[tuple[date, Path]]:
    """Folders of days, oldest first; whatever else lies there is none of ours."""
    found = []
    for path in sorted(folder.glob("????-??-??")):
        try:
            found.append((date.fromisoformat(path.name), path))
        except ValueError:
            continue
    return found
