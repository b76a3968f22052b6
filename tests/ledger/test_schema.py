"""Files of every released schema are brought up to the present one; a released schema is never changed.

samples/version_N.sql is a file as the release with schema N wrote it, frozen on that day.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from common.core.account import ForcedFill, FundingPaid
from common.core.closing import Offer
from common.core.deal import DealState
from common.core.errors import ArbError, LedgerError
from common.core.events import Answered, Filled, HaltLevel, Turn, Way
from common.core.market import Side, Venue
from common.core.order import Ack, Unknown
from common.ledger import backup, chain, migrate, store
from common.ledger.bounds import BY_NAME, Bound
from common.ledger.ledger import Ledger
from common.ledger.report import Report
from common.ledger.rows import Author
from common.ledger.verify import verify

if TYPE_CHECKING:
    from tests.ledger.conftest import Maker

SAMPLES = Path(__file__).with_name("samples")
#: what every sample tells: deal → state, held, fills
TOLD = {
    "aaaaaa-ETH-1": ("CLOSED", 0, 4),
    "aaaaaa-BTC-1": ("OPEN", 40_040_000, 2),
    "aaaaaa-ETH-2": ("VOID", 0, 0),
    "aaaaaa-SOL-1": ("OPENING", 41_000_000, 1),
    "aaaaaa-LTC-1": ("STUCK", 40_040_000, 3),
    "aaaaaa-ATOM-1": ("WRITTEN_OFF", 40_040_000, 2),
}


def tell(ledger: Ledger, maker: "Maker") -> None:
    """A deal in each state, every verb once at least, a row in every table (but `doubt`: then nobody could go on)."""
    maker.closed(ledger, 1, "ETH")
    maker.opened(ledger, 1, "BTC")
    void = maker.deal(2, "ETH", -1)
    ledger.reserve(void, "edge")
    for order in void.orders:
        ledger.record(maker.rejected(order))
    ledger.move(void.deal_id, DealState.VOID, 0, "nothing filled", maker.start_ns + 5)
    _tell_trouble(ledger, maker)
    account = maker.account(Venue.DYDX, maker.start_ns + 9, size="0.001")
    ledger.write_account(replace(account, gross_uusd=40_100_000))
    ledger.book_funding(FundingPaid(Venue.APEX, "pay-1", "BTC", -1_234, maker.start_ns), maker.start_ns + 9)
    ledger.halt(HaltLevel.REDUCE, "*", "a person – “said so”", who="person", at_ns=maker.start_ns + 10)
    ledger.resume("*", "again", who="person", at_ns=maker.start_ns + 11)
    ledger.halt(HaltLevel.HALT, "MATIC", "odd prices", who="warden", at_ns=maker.start_ns + 12)
    ledger.shrinking.offer("BTC", (Offer("aaaaaa-BTC-1", Decimal("0.02"), Decimal(40), True),), maker.start_ns + 12)
    ledger.shrinking.name(Turn("aaaaaa-BTC-1", whatever=True), maker.start_ns + 12)
    ledger.configure(bounds_of(deals=8, notional_usd=1000), "worker start", maker.start_ns + 12)
    ledger.resolve("aaaaaa-LTC-1", Way.KEEP, "until tomorrow", who="person", at_ns=maker.start_ns + 12)
    ledger.begin("BTC", "boot-1", maker.start_ns + 12)
    ledger.begin("BTC", "boot-2", maker.start_ns + 12)
    ledger.dispel("BTC", "both venues were asked: nothing was forgotten", maker.start_ns + 13)
    ledger.heartbeat("BTC", "holding", decided_ns=maker.start_ns + 12, at_ns=maker.start_ns + 13)


def _tell_trouble(ledger: Ledger, maker: "Maker") -> None:
    """One in flight with half an answer, one stuck after a forced fill, one written off by force."""
    flying = maker.deal(1, "SOL", -1)
    ledger.reserve(flying, "edge")
    first, second = flying.orders
    ledger.record(Answered(first.client_id, Ack("venue-1"), maker.start_ns + 5))
    ledger.record(Filled(maker.fill(first, size="0.0004"), maker.start_ns + 6))
    ledger.record(Answered(second.client_id, Unknown("timeout"), maker.start_ns + 7))
    stuck = maker.opened(ledger, 1, "LTC", -1)
    price, size = Decimal(39_000), Decimal("0.001")
    ledger.book_forced(ForcedFill(Venue.APEX, "adl-1", "LTC", Side.SELL, price, size, 0, 1, maker.start_ns + 6))
    ledger.move(stuck.deal_id, DealState.STUCK, stuck.held_uusd, "no book", maker.start_ns + 7)
    gone = maker.opened(ledger, 1, "ATOM", -1)
    ledger.write_account(maker.account(Venue.APEX, maker.start_ns + 8, size="0.001", market="ATOM"))
    ledger.write_off(gone.deal_id, "moved by hand", force=True, at_ns=maker.start_ns + 8)


def bounds_of(**limits: int) -> tuple[Bound, ...]:
    return tuple(Bound("*", BY_NAME[name], value * BY_NAME[name].unit) for name, value in limits.items())


def text_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(connection.iterdump()) + "\n"


def schema_of(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    """Everything the file is made of, word for word."""
    return set(connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


def indices_of(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Tables are compared by `verify`; a column that was added later stands at another place in their text."""
    return {(name, sql) for kind, name, sql in schema_of(connection) if kind == "index"}


def build(sample: Path, path: Path) -> None:
    """The file again from its SQL text."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.executescript(sample.read_text())


def create(path: Path) -> Ledger:
    return Ledger.create(path, created_ns=1, config_hash="", code_version="later", pid=1)


def check_goes_on(path: Path, maker: "Maker") -> None:
    """Whatever version the file was: migrated it is sound, tells the same story, and goes on."""
    with create(path) as ledger, Report.open(path) as report:
        deals = {row.deal.deal_id: row.deal for row in report.deals()}
        assert {i: (d.state.value, d.held_uusd, len(d.fills)) for i, d in deals.items()} == TOLD
        assert [(halt.market, halt.level) for halt in report.halts()] == [
            ("LTC", "halt"),
            ("MATIC", "halt"),
        ]
        assert (ledger.next_number("ETH"), report.totals().funding_uusd) == (3, -1_234)
        with closing(sqlite3.connect(path, isolation_level=None)) as sql:
            sql.execute("UPDATE heartbeat SET at_ns = at_ns - 21000000000")  # who wrote the sample is gone by now
        assert maker.closed(ledger, 3, "ETH", 1).state is DealState.CLOSED
    verdict = verify(path)
    assert verdict.sound, verdict.findings
    with closing(sqlite3.connect(":memory:")) as fresh, closing(sqlite3.connect(path)) as migrated:
        fresh.executescript(store.SCHEMA_FILE.read_text())
        assert indices_of(migrated) == indices_of(fresh), "a migrated file has the indices of a new one"


def test_the_present_schema_has_a_sample_and_is_as_it_was_released(path: Path, ledger: Ledger, maker: "Maker") -> None:
    sample = SAMPLES / f"version_{store.SCHEMA_VERSION}.sql"
    tell(ledger, maker)
    new = path.with_name(sample.name)
    new.write_text(text_of(path))
    assert sample.exists(), f"a new schema: read {new}, and copy it to {sample}"
    with closing(sqlite3.connect(":memory:")) as released, closing(sqlite3.connect(path)) as present:
        released.executescript(sample.read_text())
        assert schema_of(present) == schema_of(released), "a released schema never changes: make the next version"


def test_there_is_a_sample_of_every_released_schema() -> None:
    found = {path.name for path in SAMPLES.glob("*.sql")}
    assert found == {f"version_{version}.sql" for version in range(1, store.SCHEMA_VERSION + 1)}


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.sql")), ids=lambda sample: sample.stem)
def test_a_file_of_every_released_schema_goes_on(path: Path, maker: "Maker", sample: Path) -> None:
    build(sample, path)
    check_goes_on(path, maker)


# ---- a version 0 that never was -------------------------------------------------------------------------------


def to_version_0(path: Path) -> None:
    """The sample of version 1 without what version 1 is about: no chain, no time of the last decision."""
    build(SAMPLES / "version_1.sql", path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("ALTER TABLE journal DROP COLUMN prev")
        connection.execute("ALTER TABLE journal DROP COLUMN hash")
        connection.execute("ALTER TABLE heartbeat DROP COLUMN decided_ns")
        connection.execute("UPDATE schema_version SET version = 0")


def to_version_1(database: Any) -> None:
    """What such a migration has to do: columns that are needed in every row, filled in, and the chain forged."""
    connection = database.conn
    table = next(s for s in migrate.statements(store.SCHEMA_FILE.read_text()) if s.startswith("CREATE TABLE journal"))
    connection.execute(table.replace("TABLE journal", "TABLE journal_new", 1))
    prev, marks = chain.genesis(connection), ", ".join("?" * 13)
    for content in connection.execute(f"SELECT {chain.CONTENT} FROM journal ORDER BY seq").fetchall():
        link = chain.link(prev, content)
        connection.execute(f"INSERT INTO journal_new VALUES ({marks})", (*content, prev, link))
        prev = link
    connection.execute("DROP TABLE journal")
    connection.execute("ALTER TABLE journal_new RENAME TO journal")
    connection.execute("CREATE INDEX journal_deal ON journal (deal_id)")
    database.table("heartbeat").add_column("decided_ns", int, not_null_default=0)


def test_a_file_of_version_0_is_migrated_with_all_it_tells(
    path: Path, maker: "Maker", monkeypatch: pytest.MonkeyPatch
) -> None:
    to_version_0(path)
    with pytest.raises(LedgerError, match=r"has schema 0.*migrates it"):
        Report.open(path)
    with pytest.raises(LedgerError, match="has schema 0"):
        verify(path)
    monkeypatch.setattr(migrate, "MIGRATIONS", {**migrate.MIGRATIONS, 1: to_version_1})
    check_goes_on(path, maker)
    with closing(sqlite3.connect(path)) as connection:
        versions = connection.execute("SELECT version, code_version FROM schema_version ORDER BY version").fetchall()
    assert versions == [(0, "1"), *((version, "later") for version in range(1, store.SCHEMA_VERSION + 1))]


def out_of_paper(database: Any) -> None:
    to_version_1(database)
    raise sqlite3.OperationalError("database or disk is full")


def half(database: Any) -> None:
    to_version_1(database)
    database.conn.execute("INSERT INTO journal SELECT * FROM journal")


@pytest.mark.parametrize("step", [out_of_paper, half])
def test_a_migration_that_breaks_off_leaves_version_0(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: Callable[[Any], None]
) -> None:
    to_version_0(path)
    before = text_of(path)
    monkeypatch.setattr(migrate, "MIGRATIONS", {**migrate.MIGRATIONS, 1: step})
    with pytest.raises(ArbError):
        create(path)
    assert text_of(path) == before


# ---- backups of every released schema ---------------------------------------------------------------------------


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.sql")), ids=lambda sample: sample.stem)
def test_a_backup_made_by_every_release_is_put_back_and_goes_on(path: Path, maker: "Maker", sample: Path) -> None:
    """What `arbctl ledger backup` of that release left: one file of its schema, without a log of its own."""
    copy = path.with_name("copy.db")
    build(sample, copy)
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA journal_mode = delete")
    by = backup.By(Author(1, "later", ""), "ann", maker.start_ns + 1_000_000_000)
    backup.restore(path, copy, by, make_folder=lambda: path.parent)
    with create(path) as ledger, Report.open(path) as report:
        deals = {row.deal.deal_id: row.deal for row in report.deals()}
        assert {i: (d.state.value, d.held_uusd, len(d.fills)) for i, d in deals.items()} == TOLD
        assert ledger.halt_level("BTC") is HaltLevel.HALT
        assert all(deal.attempts_from > 0 for deal in deals.values())
    assert verify(path).sound
    with closing(sqlite3.connect(copy)) as connection:
        (version,) = connection.execute("SELECT MAX(version) FROM schema_version").fetchone()
    assert f"version_{version}" == sample.stem


def test_a_ledger_of_an_older_release_is_migrated_before_it_is_backed_up(path: Path) -> None:
    build(SAMPLES / "version_1.sql", path)
    with pytest.raises(LedgerError, match=r"has schema 1.*migrates it"):
        backup.backup(path, path.with_name("copy.db"))
    create(path).close()
    assert backup.backup(path, path.with_name("copy.db")).sound
