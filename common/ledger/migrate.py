"""Making a ledger file, bringing an older one up to date, and putting its laws back. The only user of sqlite-utils.

sqlite-utils is imported inside functions, when an older file has to be migrated: it is as large as half a worker, and
the worker that makes the file keeps what it imported for as long as it lives.
"""

import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from common.core.errors import LedgerError
from common.ledger.lock import FileLock
from common.ledger.place import refuse_network
from common.ledger.store import (
    SCHEMA_FILE,
    SCHEMA_VERSION,
    connect,
    differing,
    expected_tables,
    laws,
    lock_path,
    schema_version,
    tables,
    translated,
)

if TYPE_CHECKING:
    from sqlite_utils import Database

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
INCARNATION_LENGTH = 6
DECISECOND_NS = 100_000_000

#: what schema 2 adds to schema 1, in the words of schema.sql on the day of its release
VERSION_2 = (
    "ALTER TABLE deal ADD COLUMN attempts_from INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX deal_opened ON deal (opened_ns, market)",
    "CREATE INDEX fill_heard ON fill (venue, at_ns)",
    """CREATE TABLE entry_limit (
    market TEXT NOT NULL,
    key TEXT NOT NULL CHECK (key IN ('deals', 'notional_uusd', 'deals_per_minute', 'deals_per_hour')),
    value INTEGER NOT NULL CHECK (typeof(value) = 'integer' AND value >= 0),
    PRIMARY KEY (market, key)
) WITHOUT ROWID""",
    """CREATE TABLE configured (
    market TEXT NOT NULL,
    key TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (market, key)
) WITHOUT ROWID""",
    """CREATE TABLE wish (
    deal_id TEXT NOT NULL PRIMARY KEY REFERENCES deal (deal_id),
    way TEXT NOT NULL CHECK (way IN ('close', 'complete', 'keep')),
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    at_ns INTEGER NOT NULL
) WITHOUT ROWID""",
    """CREATE TABLE offer (
    deal_id TEXT NOT NULL PRIMARY KEY,
    market TEXT NOT NULL,
    cost_uusd INTEGER NOT NULL,
    notional_uusd INTEGER NOT NULL,
    acceptable INTEGER NOT NULL,
    at_ns INTEGER NOT NULL
) WITHOUT ROWID""",
    """CREATE TABLE turn (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    deal_id TEXT NOT NULL,
    whatever INTEGER NOT NULL,
    at_ns INTEGER NOT NULL
)""",
)

#: what schema 3 adds to schema 2
VERSION_3 = (
    """CREATE TABLE trading (
    market TEXT NOT NULL PRIMARY KEY,
    boot TEXT NOT NULL,
    at_ns INTEGER NOT NULL
) WITHOUT ROWID""",
    """CREATE TABLE doubt (
    market TEXT NOT NULL PRIMARY KEY,
    since_ns INTEGER NOT NULL,
    at_ns INTEGER NOT NULL
) WITHOUT ROWID""",
)

#: what schema 4 adds to schema 3
VERSION_4 = (
    "ALTER TABLE deal ADD COLUMN code_version TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE orders ADD COLUMN code_version TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE orders ADD COLUMN config_hash TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE heartbeat ADD COLUMN code_version TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE heartbeat ADD COLUMN config_hash TEXT NOT NULL DEFAULT ''",
)


def _to_version_2(database: "Database") -> None:
    for statement in VERSION_2:
        database.conn.execute(statement)


def _to_version_3(database: "Database") -> None:
    for statement in VERSION_3:
        database.conn.execute(statement)


def _to_version_4(database: "Database") -> None:
    for statement in VERSION_4:
        database.conn.execute(statement)


#: schema version → what leads there from the version before; triggers and views are laid anew afterwards
MIGRATIONS: Mapping[int, Callable[["Database"], None]] = {2: _to_version_2, 3: _to_version_3, 4: _to_version_4}


def incarnation_name(created_ns: int) -> str:
    """Six characters that repeat after seven years: the file's tenth of a second of creation, in base 36."""
    rest, text = created_ns // DECISECOND_NS, ""
    for _ in range(INCARNATION_LENGTH):
        rest, digit = divmod(rest, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text


def fresh_name(taken: Collection[str], at_ns: int) -> str:
    """The name of the first tenth of a second from then on that was not given away."""
    while (name := incarnation_name(at_ns)) in taken:
        at_ns += DECISECOND_NS
    return name


def attempts_from(at_ns: int) -> int:
    """A running number above that of every order sent before: no deal sends ten a second for as long as it lives."""
    return at_ns // DECISECOND_NS


def ensure(path: Path, *, at_ns: int, code_version: str) -> None:
    """Make the ledger at `path` unless it is there, or bring it to our schema; any number of processes may call it."""
    refuse_network(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(f"{path.parent} cannot be made: {error.strerror}") from error
    lock = FileLock(lock_path(path))
    try:
        with lock.held(), translated(path):
            if not path.exists():
                _build(path, at_ns, code_version)
            else:
                _migrate(path, at_ns, code_version)
    finally:
        lock.close()


def mend(path: Path) -> tuple[str, ...]:
    """Lay triggers and views of an up-to-date ledger anew; returns the names that differed. The fleet must stand."""
    connection = connect(path, writer=True)
    lock = FileLock(lock_path(path))
    try:
        with lock.held(), translated(path):
            if schema_version(connection) != SCHEMA_VERSION:
                raise LedgerError(f"{path} is not a ledger of schema {SCHEMA_VERSION}: ./scripts/run migrates it")
            if names := differing(tables(connection), expected_tables()):
                raise LedgerError(
                    f"the tables of {path} are not those of this program ({', '.join(names)}) and cannot be mended: "
                    "put back a backup (`arbctl ledger restore FILE`), or ./scripts/run --fresh"
                )
            before = laws(connection)
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                _lay_laws(connection)
            after = laws(connection)
    finally:
        lock.close()
        connection.close()
    return tuple(sorted(n for n in before.keys() | after.keys() if before.get(n) != after.get(n)))


def _build(path: Path, at_ns: int, code_version: str) -> None:
    """Build beside and rename: nobody ever sees half a ledger, whatever dies when."""
    new = path.with_name(path.name + ".new")
    for leftover in path.parent.glob(new.name + "*"):
        leftover.unlink()
    connection = sqlite3.connect(new, isolation_level=None)
    connection.execute("PRAGMA journal_mode = wal")
    connection.executescript(SCHEMA_FILE.read_text())
    made = {"version": SCHEMA_VERSION, "at_ns": at_ns, "code_version": code_version}
    connection.execute("INSERT INTO schema_version VALUES (:version, :at_ns, :code_version)", made)
    named = {"id": 1, "name": incarnation_name(at_ns), "created_ns": at_ns}
    connection.execute("INSERT INTO incarnation VALUES (:id, :name, :created_ns)", named)
    connection.close()
    new.rename(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename within the folder survive a power cut."""
    fd = os.open(folder, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)


def _migrate(path: Path, at_ns: int, code_version: str) -> None:
    """One transaction: all steps, then the laws anew, because rebuilding a table drops its triggers silently."""
    connection = connect(path, writer=True)
    try:
        version = schema_version(connection)
        if version is not None and version < SCHEMA_VERSION:
            _step_up(connection, version, at_ns, code_version)
    finally:
        connection.close()


def _step_up(connection: sqlite3.Connection, version: int, at_ns: int, code_version: str) -> None:
    from sqlite_utils import Database

    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        _drop_laws(connection)
        for step in range(version + 1, SCHEMA_VERSION + 1):
            MIGRATIONS[step](Database(connection))
            connection.execute("INSERT INTO schema_version VALUES (?, ?, ?)", (step, at_ns, code_version))
        _lay_laws(connection)


def _drop_laws(connection: sqlite3.Connection) -> None:
    rows = connection.execute("SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')").fetchall()
    for kind, name in rows:
        connection.execute(f'DROP {kind} "{name}"')


def _lay_laws(connection: sqlite3.Connection) -> None:
    _drop_laws(connection)
    for statement in statements(SCHEMA_FILE.read_text()):
        if statement.startswith(("CREATE TRIGGER", "CREATE VIEW")):
            connection.execute(statement)


def statements(script: str) -> Iterator[str]:
    """The single statements of an SQL script, comments before each taken off."""
    text = ""
    for line in script.splitlines(keepends=True):
        if not text and (line.startswith("--") or not line.strip()):
            continue
        text += line
        if sqlite3.complete_statement(text):
            yield text.strip()
            text = ""
