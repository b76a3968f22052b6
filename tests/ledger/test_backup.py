"""A copy made while others write is sound, and a copy put back is halted, has ids of its own, and loses nothing."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from common.core.errors import LedgerError
from common.core.events import HaltLevel
from common.ledger import backup, migrate, store
from common.ledger.backup import RESTORED, By
from common.ledger.ledger import Ledger, Refusal
from common.ledger.report import Report
from common.ledger.rows import Author
from common.ledger.verify import verify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ledger.conftest import Maker

ROOT = Path(__file__).parents[2]
LATER_NS = 1_700_000_900_000_000_000
BY = By(Author(9, "1", "hash"), "person", LATER_NS)


@pytest.fixture
def copy(path: Path) -> Path:
    return path.with_name("copy.db")


def open_(path: Path) -> Ledger:
    return Ledger.open(path, config_hash="h", code_version="1", pid=1)


def put_back(path: Path, copy: Path) -> Path | None:
    """Restore, the former files going into the folder `former`."""

    def former() -> Path:
        folder = path.with_name("former")
        folder.mkdir()
        return folder

    return backup.restore(path, copy, BY, make_folder=former)[1]


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


# ---- made ---------------------------------------------------------------------------------------------------


def test_a_backup_is_the_ledger_of_that_moment_for_its_owner_alone(
    path: Path, ledger: Ledger, maker: "Maker", copy: Path
) -> None:
    deal = maker.opened(ledger)
    verdict = backup.backup(path, copy)
    maker.closed(ledger, 2)
    assert verdict.file == copy and verdict.sound and verdict.head != verify(path).head
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert names(path.parent) == ["copy.db", "ledger.db", "ledger.db-shm", "ledger.db-wal", "ledger.db.lock"]
    with sqlite3.connect(f"{copy.as_uri()}?immutable=1", uri=True) as reader:
        assert reader.execute("SELECT deal_id FROM deal").fetchall() == [(deal.deal_id,)]
    assert verify(path, noted=verdict.head).sound


def test_a_backup_in_the_ledgers_place_is_refused_because_ids_would_repeat(
    path: Path, ledger: Ledger, copy: Path
) -> None:
    backup.backup(path, copy)
    ledger.close()
    copy.replace(path)
    with pytest.raises(LedgerError, match="ledger restore FILE"):
        open_(path)


@pytest.mark.parametrize("there", ["copy.db", "copy.db.part"])
def test_a_backup_overwrites_nothing(path: Path, ledger: Ledger, copy: Path, there: str) -> None:
    copy.with_name(there).write_text("mine")
    with pytest.raises(LedgerError, match="exists"):
        backup.backup(path, copy)
    assert copy.with_name(there).read_text() == "mine"


def test_a_file_that_came_meanwhile_is_not_overwritten_either(path: Path, ledger: Ledger, copy: Path) -> None:
    def came(done: int, total: int) -> None:
        copy.write_text("mine")

    with pytest.raises(LedgerError, match="exists already"):
        backup.backup(path, copy, tell=came)
    assert copy.read_text() == "mine"
    assert "copy.db.part" not in names(path.parent)


def test_a_ledger_that_is_not_sound_gives_no_backup(
    path: Path, ledger: Ledger, sql: sqlite3.Connection, copy: Path
) -> None:
    law = sql.execute("SELECT sql FROM sqlite_master WHERE name = 'journal_update'").fetchone()[0]
    sql.execute("DROP TRIGGER journal_update")
    sql.execute("UPDATE journal SET why = 'nothing' WHERE seq = 1")
    sql.execute(law)
    with pytest.raises(LedgerError, match="journal row 1 "):
        backup.backup(path, copy)
    assert not [name for name in names(path.parent) if name.startswith("copy")]


def test_a_folder_that_cannot_be_written_is_a_sentence(path: Path, ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="file"):
        backup.backup(path, tmp_path / "file" / "copy.db")


@contextmanager
def writers(path: Path, markets: tuple[str, ...]) -> "Iterator[list[subprocess.Popen[str]]]":
    """One writing process per market, until the block ends."""
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "common.fleet.racer", str(path), market, str(seed), "1000000"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
        )
        for seed, market in enumerate(markets)
    ]
    try:
        yield children
    finally:
        for child in children:
            child.kill()
            child.communicate()


def test_backups_made_under_the_fire_of_four_writers_verify(
    path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One page at a time, and between pages the writers write: SQLite would start again at each of their commits.
    monkeypatch.setattr(backup, "STEP_PAGES", 1)
    grown = []
    with writers(path, ("BTC", "ETH", "SOL", "LTC")) as children:
        for child in children:
            assert child.stdout is not None
            child.stdout.readline()
        for number in range(5):
            rows = verify(path).journal_rows
            verdict = backup.backup(path, path.with_name(f"{number}.db"))
            assert rows <= verdict.journal_rows <= verify(path, noted=verdict.head).journal_rows
            grown.append(verdict.journal_rows)
        assert all(child.poll() is None for child in children)
    assert grown == sorted(set(grown))
    assert all(verify(path.with_name(f"{number}.db")).sound for number in range(5))


# ---- put back -----------------------------------------------------------------------------------------------


def test_a_restored_ledger_is_the_backup_halted_and_the_former_one_is_kept(
    path: Path, ledger: Ledger, maker: "Maker", copy: Path
) -> None:
    deal = maker.opened(ledger)
    backup.backup(path, copy)
    lost = maker.opened(ledger, 2)
    ledger.close()
    folder = put_back(path, copy)
    assert folder is not None
    with open_(path) as restored, Report.open(path) as report:
        assert restored.live_deals() == (deal,)
        assert restored.halt_level("SOL") is HaltLevel.HALT
        assert [(halt.market, halt.why, halt.who) for halt in report.halts()] == [("*", RESTORED, "person")]
        assert restored.reserve(maker.deal(2), "edge") == Refusal("halted")
        last = report.journal(1)[0]
        assert (last.verb, last.pid) == ("restore", 9) and "put back by person" in last.why
    with open_(folder / "ledger.db") as former:
        assert former.deal(lost.deal_id) == lost
    assert verify(path).sound and verify(folder / "ledger.db").sound
    assert "ledger.db.restored" not in " ".join(names(path.parent))


def test_after_a_restore_no_id_is_used_twice(path: Path, ledger: Ledger, maker: "Maker", copy: Path) -> None:
    backup.backup(path, copy)
    before = ledger.incarnation
    maker.opened(ledger, ledger.next_number("BTC"))
    ledger.close()
    put_back(path, copy)
    with open_(path) as restored, Report.open(path) as report:
        assert restored.next_number("BTC") == 1
        assert restored.incarnation == report.incarnation()[0] == migrate.incarnation_name(LATER_NS) != before
    assert verify(path).sound


def test_a_restore_makes_good_for_a_broken_or_a_missing_ledger(
    path: Path, ledger: Ledger, maker: "Maker", copy: Path
) -> None:
    deal = maker.opened(ledger)
    backup.backup(path, copy)
    ledger.close()
    path.write_bytes(b"\xff" * 20_000)
    path.with_name("ledger.db-wal").write_bytes(b"\xff" * 9_000)
    folder = put_back(path, copy)
    assert folder is not None
    assert names(folder) == ["ledger.db", "ledger.db-wal"]
    path.unlink()
    assert put_back(path, copy) is None
    with open_(path) as restored:
        assert restored.live_deals() == (deal,)


def test_a_log_of_the_former_file_is_never_played_into_the_new_one(
    path: Path, ledger: Ledger, maker: "Maker", copy: Path
) -> None:
    backup.backup(path, copy)
    maker.opened(ledger)
    shutil.copy(path.with_name("ledger.db-wal"), path.with_name("kept"))
    ledger.close()
    shutil.copy(path.with_name("kept"), path.with_name("ledger.db-wal"))
    path.write_bytes(b"\xff" * 20_000)
    put_back(path, copy)
    with open_(path) as restored:
        assert restored.live_deals() == ()


def damaged(copy: Path) -> None:
    with sqlite3.connect(copy) as file:
        law = file.execute("SELECT sql FROM sqlite_master WHERE name = 'journal_delete'").fetchone()[0]
        file.execute("DROP TRIGGER journal_delete")
        file.execute("DELETE FROM journal WHERE seq = 1")
        file.execute(law)
    file.close()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (Path.unlink, "no file"),
        (lambda copy: copy.write_bytes(b"Dear diary, " * 1_000), "no SQLite database"),
        (lambda copy: copy.write_bytes(b""), "is no ledger"),
        (damaged, "journal rows 1 to 1 are missing"),
    ],
)
def test_a_backup_that_is_not_sound_replaces_nothing(
    path: Path, ledger: Ledger, maker: "Maker", copy: Path, spoil: "object", sentence: str
) -> None:
    deal = maker.opened(ledger)
    backup.backup(path, copy)
    ledger.close()
    spoil(copy)  # type: ignore[operator]
    with pytest.raises(LedgerError, match=sentence):
        put_back(path, copy)
    with open_(path) as unharmed:
        assert unharmed.live_deals() == (deal,)
    assert not path.with_name("former").exists()
    assert not [name for name in names(path.parent) if ".restored" in name]


def test_an_archive_that_cannot_be_written_replaces_nothing(
    path: Path, ledger: Ledger, maker: "Maker", copy: Path
) -> None:
    backup.backup(path, copy)
    deal = maker.opened(ledger)
    ledger.close()

    def full() -> Path:
        raise OSError(28, os.strerror(28), "archive")

    with pytest.raises(LedgerError, match="No space left"):
        backup.restore(path, copy, BY, make_folder=full)
    with open_(path) as unharmed:
        assert unharmed.live_deals() == (deal,)


def test_a_backup_of_an_older_schema_is_migrated_when_it_is_put_back(
    path: Path, ledger: Ledger, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup.backup(path, copy)
    ledger.close()
    path.unlink()
    newer = store.SCHEMA_VERSION + 1
    for module in (migrate, store):
        monkeypatch.setattr(module, "SCHEMA_VERSION", newer)
    monkeypatch.setattr(migrate, "MIGRATIONS", {newer: lambda database: None})
    put_back(path, copy)
    assert verify(path).sound
    assert sqlite3.connect(path).execute("SELECT MAX(version) FROM schema_version").fetchone() == (newer,)
