"""The file itself: made once, opened when sound, refused with a sentence when not."""

import shutil
import sqlite3
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from common.core.errors import LedgerAway, LedgerError
from common.ledger import lock, migrate, store
from common.ledger.ledger import Ledger
from common.ledger.migrate import incarnation_name
from common.ledger.report import Report

if TYPE_CHECKING:
    from tests.ledger.conftest import Maker

START_NS = 1_700_000_000_000_000_000
#: a schema that does not exist yet
NEXT = store.SCHEMA_VERSION + 1


def create(path: Path, created_ns: int = START_NS) -> Ledger:
    return Ledger.create(path, created_ns=created_ns, config_hash="h", code_version="1", pid=1)


def open_(path: Path) -> Ledger:
    return Ledger.open(path, config_hash="h", code_version="1", pid=1)


def complaint(path: Path) -> str:
    """What writer and reader say about the file; both must say the same."""
    said = []
    for opening in (open_, Report.open):
        with pytest.raises(LedgerError) as raised:
            opening(path)
        said.append(str(raised.value))
    assert said[0] == said[1]
    return said[0]


# ---- made ---------------------------------------------------------------------------------------------------


def test_a_ledger_is_made_once_and_keeps_its_name(path: Path) -> None:
    with create(path) as first:
        name = first.incarnation
    with create(path, START_NS + 10**12) as again:
        assert again.incarnation == name == incarnation_name(START_NS)
    assert not list(path.parent.glob("*.new*"))


def test_another_file_has_another_incarnation() -> None:
    names = {incarnation_name(START_NS + tenth * 100_000_000) for tenth in range(1_000)}
    assert len(names) == 1_000
    assert all(len(name) == 6 and name.isalnum() for name in names)


def test_the_file_is_in_wal_mode_and_a_checkpoint_waits_for_the_disk(path: Path) -> None:
    """That a commit does is in test_durable.py."""
    with create(path) as ledger:
        connection = ledger._store.connection
        found = [connection.execute(f"PRAGMA {p}").fetchone()[0] for p in ("journal_mode", "synchronous")]
        assert found == ["wal", 1]
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_what_a_killed_creation_left_behind_is_swept_away(path: Path) -> None:
    path.with_name("ledger.db.new").write_bytes(b"half a ledger")
    path.with_name("ledger.db.new-wal").write_bytes(b"half a log")
    create(path).close()
    assert sorted(p.name for p in path.parent.iterdir()) == ["ledger.db", "ledger.db.lock"]


def test_many_processes_may_create_at_once(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from common.ledger.ledger import Ledger\n"
        "ledger = Ledger.create(Path(sys.argv[1]), created_ns=int(sys.argv[2]), config_hash='', code_version='', pid=1)"
        "\nprint(ledger.incarnation)"
    )
    root = Path(store.__file__).parents[2]
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(path), str(START_NS + n * 10**9)], stdout=subprocess.PIPE, cwd=root
        )
        for n in range(4)
    ]
    names = {child.communicate()[0] for child in children}
    assert [child.returncode for child in children] == [0] * 4
    assert len(names) == 1


def test_opening_a_ledger_that_is_there_does_not_import_sqlite_utils(path: Path, ledger: Ledger) -> None:
    code = (
        "import sys; from pathlib import Path; from common.ledger.ledger import Ledger\n"
        "Ledger.create(Path(sys.argv[1]), created_ns=1, config_hash='', code_version='', pid=1)\n"
        "print('sqlite_utils' in sys.modules)"
    )
    root = Path(store.__file__).parents[2]
    ran = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, cwd=root, check=True, text=True)
    assert ran.stdout == "False\n"


# ---- refused ------------------------------------------------------------------------------------------------


def test_no_ledger_yet_says_how_to_start(path: Path) -> None:
    assert complaint(path) == f"there is no ledger yet at {path}: start the fleet with ./scripts/run"
    assert not path.exists()


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    path.write_bytes(b"Dear diary, " * 1_000)
    assert "no SQLite database" in complaint(path)
    with pytest.raises(LedgerError, match="no SQLite database"):
        create(path)
    assert path.read_bytes().startswith(b"Dear diary")


@pytest.mark.parametrize("content", ["", "CREATE TABLE x (y)"])
def test_a_database_that_is_no_ledger_is_left_alone(path: Path, content: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(content)
    connection.close()
    path.touch()
    assert "not a ledger" in complaint(path)
    with pytest.raises(LedgerError, match="not a ledger"):
        create(path)


def test_a_corrupt_file_says_so(path: Path, ledger: Ledger, maker: "Maker") -> None:
    maker.closed(ledger)
    ledger.close()
    raw = bytearray(path.read_bytes())
    raw[100:4096] = b"\xff" * 3996
    path.write_bytes(raw)
    assert "put back a copy" in complaint(path)


def test_a_newer_schema_asks_for_an_update(path: Path, sql: sqlite3.Connection) -> None:
    sql.execute("INSERT INTO schema_version VALUES (?, 0, '9')", (store.SCHEMA_VERSION + 1,))
    assert "written by a newer version" in complaint(path)
    assert "update the program" in complaint(path)
    with pytest.raises(LedgerError, match="newer version"):
        create(path)


def test_an_older_schema_asks_for_a_migration(path: Path, sql: sqlite3.Connection) -> None:
    sql.execute("UPDATE schema_version SET version = 0")
    assert "./scripts/run migrates it" in complaint(path)


@pytest.mark.parametrize(
    ("damage", "name"),
    [
        ("DROP TRIGGER deal_insert", "deal_insert"),
        ("DROP TRIGGER fill_delete", "fill_delete"),
        ("CREATE TRIGGER own BEFORE INSERT ON halt BEGIN SELECT RAISE(IGNORE); END", "own"),
        ("DROP VIEW room; CREATE VIEW room AS SELECT 0 AS held_uusd, 9000000000 AS cap_uusd", "room"),
    ],
)
def test_altered_laws_are_refused_by_name_until_mended(
    path: Path, ledger: Ledger, sql: sqlite3.Connection, damage: str, name: str
) -> None:
    ledger.close()
    sql.executescript(damage)
    assert f"were altered ({name})" in complaint(path)
    assert migrate.mend(path) == (name,)
    assert migrate.mend(path) == ()
    open_(path).close()


def test_a_table_rebuilt_by_sqlite_utils_loses_its_laws_and_is_refused(path: Path, ledger: Ledger) -> None:
    from sqlite_utils import Database

    ledger.close()
    database = Database(path)
    database.table("halt").transform(rename={"why": "reason"})
    database.table("journal").transform(drop={"code_version"})
    database.conn.close()
    assert "journal_delete" in complaint(path)


def test_a_file_that_left_wal_mode_is_refused(path: Path, ledger: Ledger, sql: sqlite3.Connection) -> None:
    ledger.close()
    sql.execute("PRAGMA journal_mode = delete")
    assert "not in WAL mode" in complaint(path)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")
    with pytest.raises(LedgerError, match="cannot be made"):
        create(tmp_path / "var" / "ledger.db")


def test_a_full_disk_is_a_sentence_and_writes_nothing(ledger: Ledger, maker: "Maker") -> None:
    connection = ledger._store.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LedgerError, match="make room on the disk"):
        deque(maker.closed(ledger, number) for number in range(1, 1_000))
    assert ledger.next_number("BTC") > 1
    connection.execute(f"PRAGMA max_page_count = {pages * 10}")
    assert len(ledger.live_deals()) <= 1


def test_a_file_locked_by_another_program_is_a_sentence(
    ledger: Ledger, sql: sqlite3.Connection, maker: "Maker"
) -> None:
    ledger._store.connection.execute("PRAGMA busy_timeout = 20")
    sql.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="another program keeps it locked"):
        ledger.reserve(maker.deal(), "edge")
    sql.execute("ROLLBACK")
    assert not isinstance(ledger.reserve(maker.deal(), "edge"), str)


def test_readers_cannot_write(path: Path, ledger: Ledger) -> None:
    with Report.open(path) as report, pytest.raises(LedgerError):
        report._all("DELETE FROM cap")
    assert ledger.halt_level("BTC") == "none"


# ---- migrated -----------------------------------------------------------------------------------------------


def test_an_older_file_is_migrated_in_one_go_and_keeps_deals_and_laws(
    path: Path, ledger: Ledger, maker: "Maker", monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = maker.closed(ledger)
    ledger.close()
    steps = {
        NEXT: lambda database: database.table("halt").transform(rename={"who": "by_whom"}),
        NEXT + 1: lambda database: database.table("heartbeat").add_column("host", str),
    }
    for module in (migrate, store):
        monkeypatch.setattr(module, "SCHEMA_VERSION", NEXT + 1)
    monkeypatch.setattr(migrate, "MIGRATIONS", steps)
    with pytest.raises(LedgerError, match="migrates it"):
        open_(path)
    with create(path) as migrated:
        assert migrated.deal(deal.deal_id) == deal
    columns = sqlite3.connect(path).execute("SELECT name FROM pragma_table_info('halt')").fetchall()
    assert ("by_whom",) in columns


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.close()
    steps = {
        NEXT: lambda database: database.table("halt").transform(rename={"who": "by_whom"}),
        NEXT + 1: lambda database: database.conn.execute("SELECT * FROM nowhere"),
    }
    with monkeypatch.context() as patch:
        for module in (migrate, store):
            patch.setattr(module, "SCHEMA_VERSION", NEXT + 1)
        patch.setattr(migrate, "MIGRATIONS", steps)
        with pytest.raises(LedgerError):
            create(path)
    with open_(path) as unharmed:
        assert unharmed.halt_level("BTC") == "none"


def test_mending_needs_a_ledger(path: Path) -> None:
    with pytest.raises(LedgerError, match="no ledger yet"):
        migrate.mend(path)


# ---- in line ------------------------------------------------------------------------------------------------


def test_who_waits_too_long_for_the_others_gets_a_sentence_and_leaves_the_line(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    first, second = lock.FileLock(file), lock.FileLock(file, wait_max_s=0.05)
    with first.held(), pytest.raises(LedgerError, match="was held by another process"), second.held():
        pass
    with second.held():
        pass
    with first.held():
        pass


def test_an_error_inside_lets_go_of_the_lock(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with pytest.raises(KeyError), lock.FileLock(file).held():
        raise KeyError
    with lock.FileLock(file, wait_max_s=0.05).held():
        pass


def test_a_copy_of_the_file_is_a_ledger(path: Path, ledger: Ledger, maker: "Maker") -> None:
    deal = maker.closed(ledger)
    ledger.close()
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    with open_(copy) as opened:
        assert opened.deal(deal.deal_id) == deal


# ---- away, not broken -----------------------------------------------------------------------------------------------


def test_a_full_disk_and_a_locked_file_are_told_apart_from_a_file_that_cannot_serve(path: Path, tmp_path: Path) -> None:
    create(path).close()
    opened = store.Store(path, writer=True)
    opened.connection.execute("PRAGMA busy_timeout = 0")
    try:
        pages = opened.connection.execute("PRAGMA page_count").fetchone()[0]
        opened.connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(LedgerAway, match="disk is full"), opened.transaction() as connection:
            connection.execute("CREATE TABLE more AS SELECT zeroblob(1000000)")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerAway, match="locked"), opened.transaction():
            pass
        other.close()
    finally:
        opened.close()
    file = tmp_path / "lock"
    with lock.FileLock(file).held(), pytest.raises(LedgerAway), lock.FileLock(file, wait_max_s=0.05).held():
        pass
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database" * 1000)
    with pytest.raises(LedgerError) as raised:
        open_(broken)
    assert type(raised.value) is LedgerError


def test_a_link_to_the_ledger_is_the_ledger_with_its_lock_and_its_log(tmp_path: Path, maker: "Maker") -> None:
    (tmp_path / "disk").mkdir()
    real, link = tmp_path / "disk" / "ledger.db", tmp_path / "link.db"
    with Ledger.create(real, created_ns=1, config_hash="c", code_version="v", pid=1) as ledger:
        link.symlink_to(real)
        assert store.lock_path(link) == store.lock_path(real)
        with Ledger.open(link, config_hash="c", code_version="v", pid=2) as other:
            other.heartbeat("BTC", "edge", decided_ns=1, at_ns=10**12)
            other.make_durable()
        assert [beat.pid for beat in Report(ledger._store).heartbeats()] == [2]
    assert not list(tmp_path.glob("link.db?*"))
