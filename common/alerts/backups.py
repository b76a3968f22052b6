"""Backups that failed: whoever makes them by a timer leaves a line in a log, and has nobody to tell it to."""

from pathlib import Path
from typing import Final

from common.alerts.shapes import Kind, Say, Severity

#: below the folder of logs
FILE: Final = "backup.log"
ALERT: Final = b" alert "


def failed(file: Path, read_to: int | None) -> tuple[list[Say], int]:
    """What the lines after that byte tell, and up to where was read; None begins at the end: old news is none.

    A file that became shorter was begun anew; half a line waits for its other half.
    """
    try:
        with file.open("rb") as opened:
            size = opened.seek(0, 2)
            begin = size if read_to is None else read_to if read_to <= size else 0
            opened.seek(begin)
            text = opened.read()
    except FileNotFoundError:
        return [], 0
    whole = text[: text.rfind(b"\n") + 1]
    said, at = [], begin
    for line in whole.splitlines(keepends=True):
        if ALERT in line:
            told = line.decode(errors="replace").partition(" alert ")[2].strip()
            text_of = f"backups: {told}\n→ arbctl ledger backup; docs/deploy.md"
            said.append(Say(Kind.ONCE, f"backup {at} {line[:23].decode(errors='replace')}", Severity.CRITICAL, text_of))
        at += len(line)
    return said, begin + len(whole)
