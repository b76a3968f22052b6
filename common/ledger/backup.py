"""A second file: made from the ledger while it is written, and put back in its place when nothing runs.

Both ways go through verify.py, and nothing is ever overwritten. Who may be running is the caller's to know.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from common.core.errors import LedgerError
from common.core.events import HaltLevel
from common.ledger import chain, limits, migrate, rows, store
from common.ledger.lock import FileLock
from common.ledger.rows import Author, Entry
from common.ledger.verify import Tell, Verdict, must_be_sound, silent

#: so many pages (of 4 kB) are copied between two words about how far it is
STEP_PAGES = 4_096
PRIVATE = 0o600
RESTORED = "restored: reconcile before resuming"

#: what SQLite keeps beside a file
_HELPERS = ("-wal", "-shm")
MakeFolder: TypeAlias = Callable[[], Path]


@dataclass(frozen=True, slots=True)
class By:
    """Who puts a backup back, and when."""

    author: Author
    who: str
    at_ns: int


def backup(source: Path, target: Path, *, tell: Tell = silent) -> Verdict:
    """Copy the ledger as it is at one moment to `target` (mode 0600) while others write it; the copy is verified.

    LedgerError, and no new file, when `target` exists or the copy is not sound. `tell` hears pages copied, of how many.
    """
    with _beside(target) as part, closing(store.connect(source, writer=False)) as connection:
        with store.translated(source):
            store.check_version(connection, source)
            # Without a log of its own: one file, readable anywhere, and no worker opens it by mistake.
            _copy(connection, part, mode="delete", tell=tell)
        verdict = must_be_sound(part)
        _place(part, target)
    return replace(verdict, file=target)


def restore(path: Path, copy: Path, by: By, *, make_folder: MakeFolder) -> tuple[Verdict, Path | None]:
    """Put the backup `copy` in the place of the ledger at `path`, halted, under a new incarnation; nothing may run.

    The present files are copied into the folder that `make_folder` makes (None when there are none). All that may fail
    is done before they are touched. Returns the verdict on the file as it then is.
    """
    new = path.with_name(path.name + ".restored")
    lock = FileLock(store.lock_path(path))
    try:
        with lock.held(), _local_files(path):
            _prepare(new, copy, by)
            verdict = must_be_sound(new)
            folder = _archived(path, make_folder) if path.exists() else None
            for helper in _HELPERS:
                _beside_name(path, helper).unlink(missing_ok=True)
            new.replace(path)
            migrate.sync_folder(path.parent)
    finally:
        lock.close()
        sweep(new)
    return replace(verdict, file=path), folder


def put_new(new: Path, path: Path) -> Verdict:
    """Give a ledger that was built beside it the name `path`, verified; nothing is overwritten."""
    try:
        with _local_files(path):
            verdict = must_be_sound(new)
            _place(new, path)
    finally:
        sweep(new)
    return replace(verdict, file=path)


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A private file beside `target` to work on; swept away unless it was put in its place."""
    if target.exists():
        raise LedgerError(f"{target} exists already: name another file, nothing is overwritten")
    part = target.with_name(target.name + ".part")
    with _local_files(target):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
        except FileExistsError:
            raise LedgerError(f"{part} exists: another backup is at work, or one was killed: delete it") from None
        try:
            yield part
        finally:
            sweep(part)


def _copy(connection: sqlite3.Connection, part: Path, *, mode: str, tell: Tell = silent) -> None:
    """All pages of one moment: a reader's view is held meanwhile, else every commit would make SQLite start again."""
    connection.execute("BEGIN")
    connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    with closing(sqlite3.connect(part)) as to:
        connection.backup(to, pages=STEP_PAGES, progress=lambda _, left, total: tell(total - left, total))
        to.execute(f"PRAGMA journal_mode = {mode}")
    connection.execute("COMMIT")


def _place(part: Path, target: Path) -> None:
    """Under its own name for good; a link, because a rename would overwrite what came there meanwhile."""
    _sync(part)
    try:
        os.link(part, target)
    except FileExistsError:
        raise LedgerError(f"{target} exists already: name another file, nothing is overwritten") from None
    migrate.sync_folder(target.parent)


def _prepare(new: Path, copy: Path, by: By) -> None:
    """A file of our schema from the backup, halted for every market, and with ids of its own from now on."""
    if not copy.is_file():
        raise LedgerError(f"there is no file {copy}: name a file that `arbctl ledger backup` made")
    sweep(new)
    with closing(store.connect(copy, writer=False)) as connection, store.translated(copy):
        if store.schema_version(connection) is None:
            raise LedgerError(f"{copy} is no ledger: name a file that `arbctl ledger backup` made")
        _copy(connection, new, mode="wal")
    migrate.ensure(new, at_ns=by.at_ns, code_version=by.author.code_version)
    with closing(store.Store(new, writer=True)) as opened, opened.transaction() as connection:
        last, _ = chain.head(connection)
        known = {row[0] for row in connection.execute("SELECT name FROM incarnation")}
        name = migrate.fresh_name(known, by.at_ns)
        connection.execute("INSERT INTO incarnation (name, created_ns) VALUES (?, ?)", (name, by.at_ns))
        # Deals of the copy may have sent orders that the copy does not know.
        connection.execute("UPDATE deal SET attempts_from = ?", (migrate.attempts_from(by.at_ns),))
        limits.put_halt(connection, HaltLevel.HALT, limits.EVERY_MARKET, RESTORED, who=by.who, at_ns=by.at_ns)
        why = f"{copy.name}, up to row {last}, put back by {by.who}; new ids begin with {name}; {RESTORED}"
        rows.insert_entry(connection, by.author, Entry(by.at_ns, "restore", why, market=limits.EVERY_MARKET))
    _sync(new)


def _archived(path: Path, make_folder: MakeFolder) -> Path:
    """Copy what is there, so that at no moment there is no ledger: who starts then would begin an empty one."""
    folder = make_folder()
    for old in (path, _beside_name(path, "-wal")):
        if old.exists():
            shutil.copy2(old, folder / old.name)
            _sync(folder / old.name)
    migrate.sync_folder(folder)
    with suppress(LedgerError), closing(store.connect(path, writer=True)) as connection, store.translated(path):
        # Who closes last has SQLite take the log into the file: should we die next, the present file is whole.
        connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    return folder


@contextmanager
def _local_files(path: Path) -> Iterator[None]:
    """What the system refuses, as a sentence."""
    try:
        yield
    except OSError as error:
        raise LedgerError(f"{error.filename or path}: {error.strerror}: nothing was replaced") from error


def _sync(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def sweep(file: Path) -> None:
    """Remove a file that was being built, and what stands beside it."""
    for helper in ("", ".lock", *_HELPERS):
        _beside_name(file, helper).unlink(missing_ok=True)


def _beside_name(file: Path, ending: str) -> Path:
    return file.with_name(file.name + ending)
