"""`arbctl doctor`: the findings as lines that fit the window, and the confirmation of live mode."""

import os
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import typer

from common import clock, live_start
from common.doctor import doctor as examination
from common.doctor import files
from common.doctor.finding import SEE_ABOVE, Finding, Grade
from common.ledger.ledger import Ledger
from common.settings import Settings
from common.version import code_version
from scripts.deeds import person
from scripts.render import PIPE_WIDTH, Answer

#: the widest name of a check
CHECK_WIDTH = 18
MARKS = {Grade.OK: "ok     ", Grade.WARNING: "WARNING", Grade.FAILURE: "FAILURE"}
MARGIN = len(MARKS[Grade.OK]) + CHECK_WIDTH + 4


def doctor(file: Path | None, *, understood: bool) -> tuple[Answer, bool]:
    """All findings, and whether none is a failure; with `understood`, live mode is confirmed if so."""
    config, found = examination.examine(file)
    sound = not examination.failures(found)
    confirmed = [_confirmed(config, sound=sound)] if understood else []
    found = _looked_again(config, found) if understood else found
    notes = [_sum(found), *confirmed]
    data = {"sound": sound, "mode": config.mode if config else None, "findings": found}
    return Answer(data, text="\n".join(lines(found)), notes=notes), sound


def lines(found: list[Finding]) -> Iterator[str]:
    """Each finding with its remedy below, wrapped to the window."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH
    for finding in found:
        head = f"{MARKS[finding.grade]}  {finding.check:<{CHECK_WIDTH}}  "
        says = f"{finding.says} ({SEE_ABOVE})" if finding.remedy == SEE_ABOVE else finding.says
        yield from _wrapped(head, says, width)
        if finding.remedy and finding.remedy != SEE_ABOVE:
            yield from _wrapped(" " * (MARGIN - 2) + "→ ", finding.remedy, width)


def _wrapped(head: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        max(width, MARGIN + 30),
        initial_indent=head,
        subsequent_indent=" " * MARGIN,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [head.rstrip()]


def _sum(found: list[Finding]) -> str:
    grades = Counter(finding.grade for finding in found)
    words = [f"{grades[Grade.OK]} ok"]
    words += [f"{n} {g}{'s' if n > 1 else ''}" for g in (Grade.WARNING, Grade.FAILURE) if (n := grades[g])]
    return f"{len(found)} checks: {', '.join(words)}"


def _looked_again(config: Settings | None, found: list[Finding]) -> list[Finding]:
    """The same findings with the word that was just given."""
    if config is None:
        return found
    now = files.confirmation(config)
    return [now if finding.check == now.check else finding for finding in found]


def _confirmed(config: Settings | None, *, sound: bool) -> str:
    """Keep the word, or say why not."""
    if config is not None and config.mode != "live":
        raise typer.BadParameter('--i-understand goes with mode = "live"; arb.toml says "paper"')
    if config is None or not sound:
        return "not confirmed: mend the failures first"
    now_ns = clock.now_ns()
    path = config.ledger_file
    path.parent.mkdir(parents=True, exist_ok=True)
    with Ledger.create(
        path, created_ns=now_ns, config_hash=config.hash, code_version=code_version(), pid=os.getpid()
    ) as ledger:
        new = live_start.confirm(config, ledger, person())
    return CONFIRMED if new else "was confirmed already"


CONFIRMED = (
    "confirmed for this arb.toml, these accounts and this ledger. Every market is halted: start the fleet, look at "
    "what it would open (arbctl status), then arbctl resume"
)
