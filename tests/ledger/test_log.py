"""The write-ahead log stays bounded, whoever reads meanwhile, and a closed ledger leaves none behind."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from common.core.errors import LedgerError
from common.core.events import HaltLevel
from common.ledger import store
from common.ledger.ledger import Ledger
from common.ledger.report import Report
from common.ledger.store import WAL_MAX_BYTES

if TYPE_CHECKING:
    from tests.ledger.conftest import Maker

VERBS = 20_000
#: SQLite checkpoints at 1,000 pages; a reader that is looking just then delays it a little
EXPECTED_BYTES = 3 * 1_000 * 4_096


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: 20,000 fsyncs are no test of ours."""
    parent = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=parent if parent.is_dir() else tmp_path))
    yield folder
    shutil.rmtree(folder)


def create(folder: Path) -> Ledger:
    return Ledger.create(folder / "ledger.db", created_ns=1, config_hash="", code_version="", pid=1)


def talk(ledger: Ledger, verbs: int) -> None:
    """So many verbs that each write."""
    for number in range(verbs // 2):
        ledger.halt(HaltLevel.HALT, "BTC", "odd prices", who="test", at_ns=number)
        ledger.resume("BTC", "even prices", who="test", at_ns=number)


def log_of(folder: Path) -> Path:
    return folder / "ledger.db-wal"


def test_the_log_stays_bounded_while_a_reader_comes_and_goes(memory: Path) -> None:
    longest = 0
    with create(memory) as ledger:
        for _ in range(VERBS // 100):
            with Report.open(memory / "ledger.db") as report, report._store.reading() as connection:
                connection.execute("SELECT COUNT(*) FROM journal").fetchone()
                talk(ledger, 80)
            talk(ledger, 20)
            longest = max(longest, log_of(memory).stat().st_size)
    assert longest < EXPECTED_BYTES
    assert not log_of(memory).exists()


def test_a_log_that_a_long_reader_made_long_is_cut_once_he_is_gone(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound = 64 * 4_096
    monkeypatch.setattr(store, "WAL_MAX_BYTES", bound)
    with create(memory) as ledger:
        ledger._store.connection.execute("PRAGMA wal_autocheckpoint = 20")
        with Report.open(memory / "ledger.db") as report, report._store.reading() as connection:
            connection.execute("SELECT COUNT(*) FROM journal").fetchone()
            talk(ledger, 200)
            assert log_of(memory).stat().st_size > bound
        talk(ledger, 4)
        assert log_of(memory).stat().st_size <= bound
    assert WAL_MAX_BYTES == 32 * 1024 * 1024


def test_a_writer_that_leaves_cuts_the_log_though_others_stay(path: Path, ledger: Ledger, maker: "Maker") -> None:
    with Report.open(path) as report:
        maker.closed(ledger)
        assert path.with_name("ledger.db-wal").stat().st_size > 0
        ledger.close()
        assert path.with_name("ledger.db-wal").stat().st_size == 0
        assert report.totals().closed == 1


def test_a_writer_that_leaves_waits_for_no_reader(path: Path, ledger: Ledger, maker: "Maker") -> None:
    with Report.open(path) as report, report._store.reading() as connection:
        connection.execute("SELECT COUNT(*) FROM deal").fetchone()
        deal = maker.closed(ledger)
        ledger.close()
        assert path.with_name("ledger.db-wal").stat().st_size > 0
    with Report.open(path) as report:
        found = report.deal(deal.deal_id)
        assert found is not None and found.deal == deal


# ---- looked over at every start -------------------------------------------------------------------------------


def start(path: Path) -> None:
    Ledger.create(path, created_ns=1, config_hash="", code_version="", pid=1).close()


def test_a_worker_does_not_start_on_a_journal_whose_end_was_changed(
    path: Path, ledger: Ledger, sql: sqlite3.Connection
) -> None:
    ledger.halt(HaltLevel.HALT, "BTC", "odd", who="", at_ns=1)
    law = sql.execute("SELECT sql FROM sqlite_master WHERE name = 'journal_update'").fetchone()[0]
    sql.execute("DROP TRIGGER journal_update")
    sql.execute("UPDATE journal SET why = 'even' WHERE seq = 2")
    sql.execute(law)
    with pytest.raises(LedgerError, match=r"journal row 2 \(halt\) was altered.*ledger restore"):
        start(path)


def test_a_worker_does_not_start_on_broken_pages(path: Path, ledger: Ledger, maker: "Maker") -> None:
    for number in range(1, 40):
        maker.closed(ledger, number)
    query = "SELECT rootpage FROM sqlite_master WHERE name = 'fill_client_id'"
    root = ledger._store.connection.execute(query).fetchone()[0]
    ledger.close()
    raw = bytearray(path.read_bytes())
    raw[(root - 1) * 4096 + 8 : root * 4096] = b"\x00" * 4088
    path.write_bytes(raw)
    with pytest.raises(LedgerError, match="quick_check says"):
        start(path)


def test_a_worker_starts_on_a_long_sound_journal(path: Path, ledger: Ledger, maker: "Maker") -> None:
    for number in range(1, 40):
        maker.closed(ledger, number)
    start(path)
