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
#: SQLite checkpoints at so many pages; a reader that is looking just then delays it a little
EXPECTED_BYTES = store.CHECKPOINT_PAGES * 4_096 * 5 // 4


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


def test_the_pages_of_a_log_are_counted_from_where_it_began_anew(path: Path, ledger: Ledger) -> None:
    connection, log = ledger._store.connection, ledger._store.log
    assert log is not None
    for rounds in (3, 40, 1):
        talk(ledger, 2 * rounds)
        _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        assert log.pages() == pages > 0
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert log.pages() == 0


def test_a_long_log_is_taken_into_the_file_by_whoever_tidies(
    path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = ledger._store.log
    assert log is not None
    talk(ledger, 10)
    before = log.pages()
    ledger.tidy()
    assert not _taken(path) and log.pages() == before
    monkeypatch.setattr(store, "TIDY_PAGES", 5)
    ledger.tidy()
    assert _taken(path)
    talk(ledger, 2)
    assert log.pages() < before


def test_while_others_fill_the_log_faster_they_wait_for_the_last_of_it(
    path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint beside a writer always ends a little behind; in the queue it does not."""
    opened, tried = ledger._store, list[bool]()
    with Ledger.open(path, config_hash="", code_version="", pid=2) as other:

        def beside() -> bool:
            queue = opened._lock
            assert queue is not None
            done = store.Store._checkpoint(opened)
            if len(tried) < store.TIDY_PASSES:
                talk(other, 2)
                done = store.Store._checkpoint(opened) and False
            tried.append(done)
            return done

        monkeypatch.setattr(store, "TIDY_PAGES", 5)
        monkeypatch.setattr(store, "CHECKPOINT_PAGES", 10)
        talk(other, 10)
        monkeypatch.setattr(opened, "_checkpoint", beside)
        opened.tidy()
    assert tried == [False] * store.TIDY_PASSES + [True]


def _taken(path: Path) -> bool:
    """Whether the file has everything without its log."""
    with sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True) as alone, sqlite3.connect(path) as whole:
        count = "SELECT COUNT(*) FROM journal"
        return bool(alone.execute(count).fetchone() == whole.execute(count).fetchone())


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
