"""A file that somebody wrote behind the triggers' back is found out, and the finding names the row."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from common.core.account import FundingPaid
from common.core.errors import LedgerError
from common.core.events import HaltLevel
from common.core.market import Venue
from common.ledger import chain, store
from common.ledger.ledger import Ledger
from common.ledger.verify import FINDINGS_MAX, PROGRESS_ROWS, Verdict, must_be_sound, verify

if TYPE_CHECKING:
    from tests.ledger.conftest import Maker


@pytest.fixture
def story(ledger: Ledger, maker: "Maker") -> Ledger:
    """A closed deal, an open one, one in flight, and a row of each other kind; 20 journal rows or so."""
    maker.closed(ledger, 1, "ETH")
    maker.opened(ledger, 1, "BTC")
    ledger.reserve(maker.deal(1, "SOL"), "in flight")
    ledger.halt(HaltLevel.HALT, "BTC", "odd – prices ✗", who="person", at_ns=5)
    ledger.resume("BTC", 'said "go"', who="person", at_ns=6)
    ledger.book_funding(FundingPaid(Venue.DYDX, "p1", "BTC", -7, 7), 8)
    return ledger


@contextmanager
def unbound(sql: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Without laws for a moment; afterwards the file has every trigger again, word for word."""
    laws = sql.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in laws:
        sql.execute(f"DROP TRIGGER {name}")
    yield sql
    for _, text in laws:
        sql.execute(text)


def found(path: Path) -> list[str]:
    return [finding.what for finding in verify(path).findings]


def test_an_untouched_file_is_sound_and_its_head_is_the_newest_row(
    path: Path, story: Ledger, sql: sqlite3.Connection
) -> None:
    verdict = verify(path)
    rows, head = sql.execute("SELECT seq, hash FROM journal ORDER BY seq DESC").fetchone()
    assert verdict == Verdict(path, 3, rows, head, ())
    assert must_be_sound(path).sound


def test_a_file_without_any_verb_is_sound(path: Path) -> None:
    Ledger.create(path, created_ns=10**18, config_hash="", code_version="", pid=1).close()
    verdict = verify(path)
    assert verdict.sound and verdict.journal_rows == 0
    assert verdict.head.endswith(f":{10**18}")


def test_the_hash_is_the_same_on_every_machine() -> None:
    content = (1, 2, "reserve", "BTC", None, None, "OPENING", 'why – "so"', 7, "1", "h")
    # printf '%s' '["genesis",1,2,"reserve","BTC",null,null,"OPENING","why \\u2013 \\"so\\"",7,"1","h"]' | sha256sum
    assert chain.link("genesis", content) == "6f3ed7fc5b59c3e6d51c54d6f3a1a40c8db885034607d9d72ac21cd771669554"


@pytest.mark.parametrize("column", chain.CONTENT.split(", ")[1:])
def test_a_changed_journal_row_is_named(path: Path, story: Ledger, sql: sqlite3.Connection, column: str) -> None:
    with unbound(sql):
        sql.execute(f"UPDATE journal SET {column} = 'x' WHERE seq = 9")
    what = found(path)
    assert any(line.startswith("journal row 9 (") and "was altered" in line for line in what)
    assert not any("journal row 8 " in line for line in what)


def test_a_row_that_was_changed_and_hashed_again_is_found_by_the_next(
    path: Path, story: Ledger, sql: sqlite3.Connection
) -> None:
    *content, prev = sql.execute(f"SELECT {chain.CONTENT}, prev FROM journal WHERE seq = 9").fetchone()
    content[7] = "nothing happened"
    with unbound(sql):
        sql.execute(
            "UPDATE journal SET why = ?, hash = ? WHERE seq = 9", (content[7], chain.link(prev, tuple(content)))
        )
    assert found(path) == ["journal row 10 does not follow from the row before it: one of them was replaced"]


def test_removed_rows_are_named(path: Path, story: Ledger, sql: sqlite3.Connection) -> None:
    with unbound(sql):
        sql.execute("DELETE FROM journal WHERE seq IN (7, 8)")
    what = found(path)
    assert "journal rows 7 to 8 are missing" in what
    assert any(line.startswith("journal row 9 does not follow") for line in what)


def test_a_first_row_of_another_file_is_found(path: Path, story: Ledger, sql: sqlite3.Connection) -> None:
    with unbound(sql):
        sql.execute("UPDATE incarnation SET created_ns = 1")
    assert found(path) == ["journal row 1 does not follow from the row before it: one of them was replaced"]


def test_a_cut_off_end_is_found_by_a_head_that_was_noted(path: Path, story: Ledger, sql: sqlite3.Connection) -> None:
    noted = verify(path).head
    assert verify(path, noted=noted).sound
    with unbound(sql):
        sql.execute("DELETE FROM funding")
        sql.execute("DELETE FROM journal WHERE verb = 'book_funding'")
    assert verify(path).sound
    (finding,) = verify(path, noted=noted).findings
    assert "cut off" in finding.what


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        ("UPDATE deal SET state = 'STUCK' WHERE market = 'BTC'", "aaaaaa-BTC-1 is STUCK, the journal left it OPEN"),
        ("UPDATE deal SET state = 'OPEN' WHERE market = 'ETH'", "aaaaaa-ETH-1 is OPEN, the journal left it CLOSED"),
        ("UPDATE deal SET held_uusd = 5 WHERE market = 'ETH'", "aaaaaa-ETH-1 is CLOSED and holds 5 µUSD"),
        ("UPDATE deal SET held_uusd = 0 WHERE market = 'BTC'", "aaaaaa-BTC-1 is OPEN and holds 0 µUSD"),
        ("UPDATE deal SET held_uusd = 7 WHERE market = 'SOL'", "holds 7 µUSD, its orders may fill for 40000000"),
        ("UPDATE deal SET state = 'VOID', held_uusd = 0 WHERE market = 'BTC'", "aaaaaa-BTC-1 is VOID and has fills"),
        ("DELETE FROM deal WHERE market = 'BTC'", "the journal tells of deal aaaaaa-BTC-1, which is not there"),
        ("DELETE FROM orders WHERE market = 'BTC'", "a row of fill belongs to a row of orders that is not there"),
        (
            "INSERT INTO deal SELECT 'x', 'LTC', 9, 1, size, state, held_uusd, 0, 0, 0, 0, '' FROM deal LIMIT 1",
            "deal x is OPEN, and the journal knows nothing of it",
        ),
    ],
)
def test_a_deal_that_the_journal_does_not_explain_is_named(
    path: Path, story: Ledger, sql: sqlite3.Connection, damage: str, text: str
) -> None:
    with unbound(sql):
        sql.execute(damage)
    assert any(text in what for what in found(path))
    assert all("arbctl" in finding.remedy for finding in verify(path).findings)


def test_a_verb_that_lies_about_the_state_before_is_found(path: Path, story: Ledger, sql: sqlite3.Connection) -> None:
    seq, prev = chain.head(sql)
    content = (seq + 1, 1, "move", "BTC", "aaaaaa-BTC-1", "CLOSING", "OPEN", "", 1, "", "")
    marks = ", ".join("?" * 13)
    sql.execute(f"INSERT INTO journal VALUES ({marks})", (*content, prev, chain.link(prev, content)))
    assert found(path) == [f"journal row {seq + 1} (move) finds aaaaaa-BTC-1 CLOSING, the row before left it OPEN"]


def test_altered_laws_and_tables_are_named_with_their_remedies(
    path: Path, story: Ledger, sql: sqlite3.Connection
) -> None:
    sql.execute("DROP TRIGGER fill_update")
    sql.execute("ALTER TABLE heartbeat ADD COLUMN host TEXT")
    laws, tables = verify(path).findings
    assert laws.what.endswith("fill_update") and "ledger mend" in laws.remedy
    assert tables.what.endswith("heartbeat") and "ledger restore" in tables.remedy


@pytest.mark.parametrize("table", ["journal", "fill", "deal"])
def test_a_broken_page_is_a_finding_not_an_exception(path: Path, story: Ledger, maker: "Maker", table: str) -> None:
    for number in range(2, 40):
        maker.closed(story, number, "ETH")
    root = story._store.connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    story.close()
    raw = bytearray(path.read_bytes())
    raw[(root - 1) * 4096 : root * 4096] = b"\xff" * 4096
    path.write_bytes(raw)
    assert any("integrity_check" in what or "cannot be read" in what for what in found(path))
    with pytest.raises(LedgerError, match="is not sound"):
        must_be_sound(path)


def test_many_findings_of_one_kind_are_counted(path: Path, story: Ledger, sql: sqlite3.Connection) -> None:
    for number in range(FINDINGS_MAX * 2):
        story.halt(HaltLevel.HALT, f"M{number}", "", who="", at_ns=1)
    with unbound(sql):
        sql.execute("UPDATE journal SET why = 'x' WHERE verb = 'halt'")
    what = found(path)
    assert len(what) == FINDINGS_MAX + 1
    assert what[-1] == f"… and {FINDINGS_MAX + 1} more like the last one"


def test_it_says_how_far_a_long_journal_is(path: Path, story: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.ledger.verify.PROGRESS_ROWS", 5)
    said: list[tuple[int, int]] = []
    rows = verify(path, tell=lambda done, total: said.append((done, total))).journal_rows
    assert said == [(done, rows) for done in range(5, rows + 1, 5)]
    assert PROGRESS_ROWS > 5


def test_it_changes_nothing_and_needs_no_wal(path: Path, story: Ledger) -> None:
    story.close()
    before = path.read_bytes()
    verify(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("opening", [verify, must_be_sound])
def test_what_is_no_ledger_of_this_version_is_refused(path: Path, opening: Callable[[Path], Verdict]) -> None:
    with pytest.raises(LedgerError, match="no ledger yet"):
        opening(path)
    connection = sqlite3.connect(path)
    connection.executescript(store.SCHEMA_FILE.read_text())
    connection.execute("INSERT INTO schema_version VALUES (99, 0, '')")
    connection.commit()
    with pytest.raises(LedgerError, match="newer version"):
        opening(path)
