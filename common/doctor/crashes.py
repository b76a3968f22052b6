"""The last crash of any member, read from the end of its log, which has no secret in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from common.core.terms import SECOND_NS
from common.doctor.finding import Finding, ok, warning

#: of each log so much of its end is read
READ_BYTES: Final = 512 * 1024
RECENT_NS: Final = 24 * 3600 * SECOND_NS
_STAMP = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}) \w+ ")
_CRASH = re.compile(r" (?:ERROR|WARNING) (crashed|needs_a_person)\b(?: why=(.*))?")
_SAYS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Crash:
    """Who ended, when, and what he said last."""

    member: str
    at_ns: int
    says: str


def last_crash(folder: Path) -> Crash | None:
    """The newest crash in any member's log, None without one."""
    found = [crash for path in sorted(folder.glob("*.log")) for crash in _crashes(path)]
    return max(found, key=lambda crash: crash.at_ns, default=None)


def judged(crash: Crash | None, now_ns: int) -> Finding:
    """A warning about a crash of the last day."""
    if crash is None:
        return ok("last crash", "none in the logs")
    hours = (now_ns - crash.at_ns) / SECOND_NS / 3600
    says = f"{crash.member}, {hours:.1f} hours ago: {crash.says}"
    if now_ns - crash.at_ns > RECENT_NS:
        return ok("last crash", says)
    return warning("last crash", says, f"read var/log/{crash.member}.log around it; docs/runbook.md has what is known")


def _crashes(path: Path) -> Iterator[Crash]:
    lines = _end(path).splitlines()
    for number, line in enumerate(lines):
        stamp, found = _STAMP.match(line), _CRASH.search(line)
        if stamp and found:
            says = (found[2] or _last_words(lines[number + 1 :]) or found[1]).strip("'\"")
            yield Crash(path.stem, _at_ns(stamp[1]), says[:_SAYS_MAX])


def _last_words(after: list[str]) -> str:
    """The last line of the traceback that follows."""
    says = ""
    for line in after:
        if _STAMP.match(line):
            break
        says = line if line.strip() and not line.startswith((" ", "|", "+")) else says
    return says


def _end(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - READ_BYTES))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def _at_ns(stamp: str) -> int:
    """Logs have this machine's local time."""
    return int(datetime.fromisoformat(stamp).timestamp() * 1000) * (SECOND_NS // 1000)
