"""The ledger as a file: opening, checking, and one write transaction at a time. Knows no deals.

Everything that SQLite can complain about leaves here as LedgerError (the file, the disk) or LocalError (a law of
the file was about to be broken: our bug).
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path

from common.core.errors import IllegalMove, LedgerAway, LedgerError, LocalError
from common.ledger.lock import FileLock
from common.ledger.log_file import LogFile
from common.ledger.place import refuse_network

SCHEMA_VERSION = 4
SCHEMA_FILE = Path(__file__).with_name("schema.sql")
#: only somebody who passes by our flock can make SQLite itself wait
BUSY_TIMEOUT_S = 5.0
#: the write-ahead log is cut back to this size after a checkpoint
WAL_MAX_BYTES = 32 * 1024 * 1024
#: from so many pages on the log is worth taking into the file, by whoever may be kept waiting by the disk
TIDY_PAGES = 1_000
#: so often that is tried beside the others' writing, before they are kept waiting for the rest of it
TIDY_PASSES = 20
#: a commit that finds the log longer does it there and then, and all others wait: nobody has kept it short
CHECKPOINT_PAGES = 8_000
#: complaints of SQLite that are not about the file's content
PASSING = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})

NO_LEDGER = "there is no ledger yet at {path}: start the fleet with ./scripts/run"


def lock_path(path: Path) -> Path:
    """The file whose flock orders all writers of the ledger at `path`, by whatever link they came to it."""
    real = path.resolve()
    return real.with_name(real.name + ".lock")


class Store:
    """One connection to a checked ledger file."""

    def __init__(self, path: Path, *, writer: bool) -> None:
        self.path = path
        refuse_network(path)
        self.connection = connect(path, writer=writer)
        try:
            with translated(path):
                check(self.connection, path)
            self._lock = FileLock(lock_path(path)) if writer else None
        except LedgerError:
            self.connection.close()
            raise
        self.log = LogFile(path) if writer else None
        #: something was committed here that nothing has made durable yet
        self.is_ahead = False
        self.checkpoint_pages = self._checkpoints_at = CHECKPOINT_PAGES

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """One BEGIN IMMEDIATE … COMMIT under the flock; any error rolls back. Durable when it returns.

        Nobody waits in line while the disk works: the flock is given back before the sync. With `durable=False` there
        is none: a power cut may take it, unless anybody syncs first. And the log is not taken into the file then.
        """
        if self._lock is None:
            raise LocalError(f"{self.path} was opened for reading only")
        before = self.connection.total_changes
        with translated(self.path), self._lock.held():
            self._checkpoint_at(self.checkpoint_pages if durable else 0)
            self.connection.execute("BEGIN IMMEDIATE")
            with self.connection:
                yield self.connection
        if self.connection.total_changes > before:
            self.is_ahead = True
            if durable:
                self.make_durable()

    def make_durable(self) -> None:
        """Return when everything that this or any other process has committed is durable."""
        self.is_ahead = False
        if self.log is not None:
            self.log.sync()

    def _checkpoint_at(self, pages: int) -> None:
        if self._checkpoints_at != pages:
            self.connection.execute(f"PRAGMA wal_autocheckpoint = {pages}")
            self._checkpoints_at = pages

    def tidy(self) -> None:
        """Take a log that has become long into the file while others write, so that none of them has to.

        Only if they fill it faster than it empties are they kept waiting, for the last bit of it.
        """
        if self.log is None or self._lock is None or (pages := self.log.pages()) < TIDY_PAGES:
            return
        # Without room on the disk it stays as it is, and those who write are told.
        with suppress(LedgerAway):
            if any(self._checkpoint() for _ in range(TIDY_PASSES)) or pages < CHECKPOINT_PAGES // 2:
                return
            with self._lock.held():
                self._checkpoint()

    def _checkpoint(self) -> bool:
        """Whether all of the log is in the file now, so that the next writer begins it anew."""
        with translated(self.path):
            _, _, taken = self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            return self.log is not None and bool(taken == self.log.pages())

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the file for several queries."""
        with translated(self.path):
            self.connection.execute("BEGIN")
            with self.connection:
                yield self.connection

    def close(self) -> None:
        """Close connection and lock file; a writer leaves a short log behind, unless somebody is using it."""
        if self._lock is not None:
            with suppress(sqlite3.DatabaseError, LedgerError):
                self.connection.execute("PRAGMA busy_timeout = 0")
                # What takes long is done beside the others' writing; they wait only while the log is cut off.
                if self._checkpoint():
                    self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._lock.close()
        if self.log is not None:
            self.log.close()
        self.connection.close()


def connect(path: Path, *, writer: bool) -> sqlite3.Connection:
    """Open an existing file with our settings; LedgerError when there is none."""
    if not path.is_file():
        raise LedgerError(NO_LEDGER.format(path=path))
    with translated(path):
        uri = f"{path.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        connection.execute("PRAGMA foreign_keys = ON")
        # A checkpoint waits for the disk, a commit does not: log_file.py does.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_MAX_BYTES}")
        if not writer:
            connection.execute("PRAGMA query_only = ON")
    return connection


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is no ledger, of another version, not in WAL mode, or whose laws were altered."""
    check_version(connection, path)
    check_laws(connection, path)
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        raise LedgerError(
            f"{path} is not in WAL mode: a backup is put in place by `arbctl ledger restore FILE`; if it is none, "
            "run `PRAGMA journal_mode = wal` on it once"
        )


def check_version(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is no ledger, or one of another schema than ours."""
    version = schema_version(connection)
    if version is None:
        raise LedgerError(f"{path} is a database, but not a ledger: move it away and run ./scripts/run")
    if version > SCHEMA_VERSION:
        raise LedgerError(
            f"{path} was written by a newer version of this program (schema {version}, this one knows "
            f"{SCHEMA_VERSION}): update the program"
        )
    if version < SCHEMA_VERSION:
        raise LedgerError(
            f"{path} has schema {version}, this program needs {SCHEMA_VERSION}: ./scripts/run migrates it"
        )


def check_laws(connection: sqlite3.Connection, path: Path) -> None:
    """Every trigger and view must read as in schema.sql: tools that rebuild a table drop its triggers silently."""
    names = differing(laws(connection), expected_laws())
    if names:
        raise LedgerError(
            f"the laws in {path} were altered ({', '.join(names)}): stop the fleet and run "
            f"`arbctl ledger mend`, or put back a backup (`arbctl ledger restore FILE`)"
        )


def differing(found: Mapping[str, object], expected: Mapping[str, object]) -> list[str]:
    """Names that are missing, too many, or mean something else."""
    return sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))


def laws(connection: sqlite3.Connection) -> dict[str, str]:
    """Name → text of every trigger and view in the file."""
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')")
    return {name: sql for name, sql in rows}


def tables(connection: sqlite3.Connection) -> dict[str, set[str]]:
    """Name → columns of every table in the file."""
    query = "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'"
    found: dict[str, set[str]] = {}
    for table, column in connection.execute(query):
        found.setdefault(table, set()).add(column)
    return found


@cache
def expected_laws() -> dict[str, str]:
    """Name → text of every trigger and view as schema.sql makes them."""
    with closing(_blank()) as memory:
        return laws(memory)


@cache
def expected_tables() -> dict[str, set[str]]:
    """Name → columns of every table as schema.sql makes them."""
    with closing(_blank()) as memory:
        return tables(memory)


def _blank() -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:")
    memory.executescript(SCHEMA_FILE.read_text())
    return memory


def schema_version(connection: sqlite3.Connection) -> int | None:
    """The newest schema version the file says it has; None when it is no ledger."""
    table = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'")
    if table.fetchone() is None:
        return None
    version: int | None = connection.execute("SELECT MAX(version) FROM schema_version").fetchone()[0]
    return version


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into our errors, cause kept."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        text = str(error)
        raise (IllegalMove if text.startswith("move:") else LocalError)(f"{path.name}: {text}") from error
    except sqlite3.DatabaseError as error:
        # the low byte is the kind; what Python raises by itself has no code
        kind = LedgerAway if getattr(error, "sqlite_errorcode", 0) & 0xFF in PASSING else LedgerError
        raise kind(_sentence(path, str(error))) from error


def _sentence(path: Path, text: str) -> str:
    """What happened to the file, and what a person can do about it."""
    remedies = {
        "database is locked": "another program keeps it locked: close it",
        "database or disk is full": "make room on the disk; nothing was written",
        "disk I/O error": "look at the disk and the folder's rights; nothing was written",
        "readonly": "give this user the right to write it and its folder",
        "not a database": "the file is no SQLite database: move it away, or `arbctl ledger restore FILE`",
        "malformed": "the file is corrupt: put back a copy (`arbctl ledger restore FILE`), or ./scripts/run --fresh",
        "unable to open": "give this user the right to read and write it and its folder",
    }
    remedy = next((remedy for part, remedy in remedies.items() if part in text), "look at the file")
    return f"{path}: {text}: {remedy}"
