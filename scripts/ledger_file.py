"""`arbctl ledger`: is the file sound, a copy of it, a copy put back, and that rehearsed. Says first what it will do."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

import typer

from common import clock, log
from common.core.errors import ArbError, ConfigError, LedgerError
from common.ledger import backup, rehearsal
from common.ledger.backup import By
from common.ledger.rows import Author
from common.ledger.verify import Finding, Tell, Verdict, verify
from common.settings import Settings
from common.version import code_version
from common.warden.hand import Alerts
from scripts import archive, render
from scripts.backup_shelf import Keep, Shelf
from scripts.deeds import person
from scripts.render import Answer
from scripts.supervise import Places, Supervisor

NOTE_HEAD = "note the head elsewhere: `arbctl ledger verify --head HASH` shows later that nothing before it was changed"

#: what an alert line of a backup or a rehearsal that failed says
NO_BACKUP, NO_RESTORE = "no_backup", "no_restore"


class RestoreRefused(ConfigError):
    """Nothing was put back or written; the text says why."""


def verified(config: Settings, file: Path | None, noted: str | None) -> tuple[Answer, bool]:
    """What is wrong with the ledger, or with `file`, and whether it is sound."""
    verdict = verify(file or config.ledger_file, noted=noted, tell=_far("journal rows"))
    if verdict.sound:
        return Answer(_data(verdict), text=_spoken(verdict)), True
    note = f"{verdict.file} is NOT sound: {len(verdict.findings)} found"
    return Answer(_data(verdict), text="\n".join(_lines(verdict.findings)), notes=[note]), False


def backed_up(config: Settings, target: Path | None, keep: Keep | None = None) -> Answer:
    """Copy the ledger while it is written, to `target` or onto the shelf, where only what is to be kept then stays."""
    shelf = Shelf.of(config)
    file = target or shelf.folder / f"{shelf.stem}-{archive.moment_name()}.db"
    verdict = backup.backup(config.ledger_file, file, tell=_far("pages"))
    gone = [] if keep is None else shelf.thin(keep)
    notes = ["note the head elsewhere: `verify --head` knows it again"]
    notes += [f"{len(gone)} older backups were removed"] if gone else []
    data = _data(verdict) | {"removed": [str(path) for path in gone]}
    return Answer(data, text=_spoken(verdict), notes=notes)


def rehearsed(config: Settings, file: Path | None, max_age_hours: float | None) -> Answer:
    """Put `file`, or the newest backup, back in a folder of its own, and say what a restore would give."""
    copy = file or Shelf.of(config).newest(max_age_hours)
    found = rehearsal.rehearse(copy, _by(config))
    held = Decimal(found.held_uusd) / render.UUSD
    text = (
        f"{copy} can be put back: {found.deals} deals, {found.live} of them live and holding {held:.2f} USD, "
        f"{found.rows['fill']} fills, {found.rows['journal']} journal rows, none lost"
    )
    return Answer(asdict(found) | {"copy": str(copy)}, text=text)


@contextmanager
def alarmed(config: Settings, what: str, *, wanted: bool) -> Iterator[None]:
    """What fails in here is also an alert line in var/log/backup.log, where `wanted`."""
    try:
        yield
    except ArbError as error:
        if wanted:
            Places(config.var).make()
            with log.into(config.var / "log" / "backup.log") as logger:
                Alerts(logger).say(what, why=error)
        raise


def plan(config: Settings, copy: Path) -> list[str]:
    """What putting `copy` back will do, before it is done."""
    present = f"the present {config.ledger_file} is kept in {config.var / 'archive'}"
    return [
        f"{copy} will take the place of the ledger; {present if config.ledger_file.exists() else 'there is none now'}",
        "what the fleet did since that backup will not be in the ledger: every market will be halted",
    ]


def confirm() -> None:
    """Ask; RestoreRefused unless the answer is yes (nobody there to answer is a no)."""
    try:
        agreed = typer.confirm("Put it back?", err=True)
    except typer.Abort:
        agreed = False
    if not agreed:
        raise RestoreRefused("nothing was put back (say yes, or give --yes)")


def restored(config: Settings, copy: Path) -> Answer:
    """Put `copy` in the ledger's place, halted. RestoreRefused while anything runs that may write it."""
    with nobody_runs(config, "restore"):
        verdict, folder = backup.restore(
            config.ledger_file, copy, _by(config), make_folder=lambda: archive.new_folder(config.var / "archive")
        )
    notes = [f"the former ledger is in {folder}"] if folder else []
    notes += [
        "every market is halted: " + backup.RESTORED,
        "next: arbctl reconcile, ./scripts/run, then look (arbctl positions, arbctl audit), then arbctl resume",
    ]
    return Answer(_data(verdict) | {"archived": str(folder) if folder else None}, text=_spoken(verdict), notes=notes)


@contextmanager
def nobody_runs(config: Settings, what: str, *, but: frozenset[str] = frozenset()) -> Iterator[None]:
    """Hold every lock of the fleet (`but` these) meanwhile, so that nobody starts; RestoreRefused when one is taken."""
    places = Places(config.var)
    alive = Supervisor(places.socket).alive()
    pid = alive[0] if alive is not None else places.pid
    if pid is not None:
        raise RestoreRefused(f"the fleet is running (supervisord pid {pid}): stop it first, then {what}")
    folder = config.var / "run"
    names = {"run.lock", *(f"{market.lower()}.lock" for market in config.markets)}
    with ExitStack() as stack:
        for path in sorted(
            {*folder.glob("*.lock"), *(folder / name for name in names)} - {folder / name for name in but}
        ):
            stack.enter_context(_taken(path))
        yield


@contextmanager
def _taken(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = path.open("a")
    except OSError as error:
        raise LedgerError(f"{path} cannot be opened: {error.strerror}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RestoreRefused(f"a process holds {path}: stop it first (`fuser {path}` names it)") from None
        yield


def _by(config: Settings) -> By:
    return By(Author(os.getpid(), code_version(), config.hash), person(), clock.now_ns())


def _far(what: str) -> Tell:
    """How far a long file is, on stderr."""
    return lambda done, total: render.say(f"{done:,} of {total:,} {what}") if done < total else None


def _data(verdict: Verdict) -> dict[str, object]:
    return {
        "file": str(verdict.file),
        "sound": verdict.sound,
        "deals": verdict.deals,
        "journal_rows": verdict.journal_rows,
        "head": verdict.head,
        "findings": verdict.findings,
    }


def _spoken(verdict: Verdict) -> str:
    return f"{verdict.file} is sound: {verdict.deals} deals, {verdict.journal_rows} journal rows, head {verdict.head}"


def _lines(findings: tuple[Finding, ...]) -> Iterator[str]:
    """Each finding; a remedy once, behind the findings that it mends."""
    for finding, following in zip(findings, (*findings[1:], None), strict=True):
        yield f"WRONG  {finding.what}"
        if following is None or following.remedy != finding.remedy:
            yield f"       → {finding.remedy}"
