"""A backup put back where nobody trades: that a restore would succeed, and that it would lose and invent nothing.

The way is the very one of a restore; the ledger in use is not touched.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NoReturn

from common.core.errors import LedgerError
from common.ledger import backup, store
from common.ledger.backup import By
from common.ledger.report import Report
from common.ledger.verify import verify

#: what a restore adds to, or changes on purpose: every market is halted, and ids begin anew
_GROWS: Final = frozenset({"journal", "incarnation", "schema_version"})
_CHANGES: Final = frozenset({"halt"})
_NEW_COLUMNS: Final = frozenset({"attempts_from"})
_HEAD: Final = "SELECT hash FROM main.journal WHERE seq = ?"
_TABLES: Final = "type = 'table' AND name NOT LIKE 'sqlite_%'"


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a restore of this backup would give; `rows` by table."""

    copy: Path
    deals: int
    live: int
    held_uusd: int
    head: str
    rows: dict[str, int]


def rehearse(copy: Path, by: By) -> Rehearsed:
    """Restore `copy` into a folder that is gone afterwards, verify it, and hold it against `copy`.

    LedgerError naming the first thing that is wrong. The copy may be of an older schema, as for a restore.
    """
    with _folder_beside(copy) as folder:
        path = folder / "ledger.db"
        try:
            backup.restore(path, copy, by, make_folder=_nothing_there)
        except LedgerError as error:
            raise LedgerError(f"{copy} cannot be put back: {error}") from error
        with store.translated(copy), closing(_both(path, copy)) as connection:
            tables = connection.execute(f"SELECT name FROM old.sqlite_master WHERE {_TABLES}").fetchall()
            _refuse(copy, (lost for (name,) in tables for lost in _differs(connection, name)))
            rows = {name: _count(connection, f"old.{name}") for (name,) in tables}
            held = connection.execute("SELECT COALESCE(SUM(held_uusd), 0) FROM main.deal").fetchone()[0]
            # all of the copy's journal is in the restored one, the newest of its hashes too
            head = connection.execute(_HEAD, (rows["journal"],)).fetchone()
        _refuse(copy, (finding.what for finding in verify(path, noted=head[0] if head else None).findings))
        with Report.open(path) as report:
            _refuse(copy, _unhalted(report))
            live = len(report.deals(live=True))
    return Rehearsed(copy, rows["deal"], live, held, head[0] if head else "", rows)


@contextmanager
def _folder_beside(copy: Path) -> Iterator[Path]:
    """Where there is room for a backup there is room for two, or its disk is worth a word."""
    try:
        with TemporaryDirectory(prefix="rehearsal-", dir=copy.absolute().parent) as folder:
            yield Path(folder)
    except OSError as error:
        raise LedgerError(f"{copy} cannot be put back beside it: {error.strerror}") from error


def _nothing_there() -> NoReturn:
    raise LedgerError("the folder of a rehearsal is not empty")


def _both(path: Path, copy: Path) -> sqlite3.Connection:
    """The restored file, and the backup as `old`; both to be read only."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    connection.execute("ATTACH ? AS old", (f"{copy.absolute().as_uri()}?mode=ro",))
    return connection


def _differs(connection: sqlite3.Connection, name: str) -> Iterator[str]:
    """What became of a table's rows; what only one schema knows is not looked at."""
    if name in _CHANGES:
        return
    known = _columns(connection, name, "main")
    if not known:
        return
    columns = ", ".join(c for c in _columns(connection, name, "old") if c in known and c not in _NEW_COLUMNS)
    lost = _count(connection, f"(SELECT {columns} FROM old.{name} EXCEPT SELECT {columns} FROM main.{name})")
    if lost:
        yield f"{lost} rows of {name} would be lost or altered"
    more = _count(connection, f"main.{name}") - _count(connection, f"old.{name}")
    if more and name not in _GROWS:
        yield f"{name} would have {more:+d} rows"


def _columns(connection: sqlite3.Connection, name: str, schema: str) -> list[str]:
    return [row[0] for row in connection.execute("SELECT name FROM pragma_table_info(?, ?)", (name, schema))]


def _count(connection: sqlite3.Connection, what: str) -> int:
    return int(connection.execute(f"SELECT COUNT(*) FROM {what}").fetchone()[0])


def _unhalted(report: Report) -> Iterator[str]:
    if not any(halt.why == backup.RESTORED for halt in report.halts()):
        yield "it would not be halted"


def _refuse(copy: Path, wrongs: Iterator[str]) -> None:
    for wrong in wrongs:
        raise LedgerError(f"{copy} cannot be relied on: put back, {wrong}: make another with `arbctl ledger backup`")
