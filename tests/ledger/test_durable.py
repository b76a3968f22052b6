"""What is durable when, what a power cut may take, and what the file does about it."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from common.core.deal import Deal, DealState
from common.core.errors import IllegalMove, LedgerAway, LocalError
from common.core.events import HaltLevel
from common.core.order import OrderState
from common.ledger import log_file, migrate
from common.ledger.ledger import Ledger
from common.ledger.report import Report
from common.ledger.shapes import Doubt, Refusal
from common.ledger.verify import verify

if TYPE_CHECKING:
    from tests.ledger.conftest import Maker

OLD, NEW = "boot-1", "boot-2"
SECOND = 1_000_000_000


@pytest.fixture
def syncs(ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The last journal row that others see at each sync of the log."""
    found: list[int] = []
    with closing(sqlite3.connect(path)) as other:

        def sync(fd: int) -> None:
            assert os.fstat(fd).st_ino == path.with_name("ledger.db-wal").stat().st_ino
            found.append(other.execute("SELECT COALESCE(MAX(seq), 0) FROM journal").fetchone()[0])

        monkeypatch.setattr(log_file, "_data_sync", sync)
        yield found


def reopened(path: Path) -> Ledger:
    return Ledger.open(path, config_hash="hash", code_version="1", pid=8)


# ---- durable ------------------------------------------------------------------------------------------------------


def test_a_verb_is_durable_when_it_returns(ledger: Ledger, syncs: list[int], maker: "Maker") -> None:
    ledger.halt(HaltLevel.HALT, "ETH", "odd", who="ann", at_ns=1)
    assert len(syncs) == 1 and not ledger.is_ahead
    maker.closed(ledger)
    rows = syncs[-1]
    assert syncs == [*range(syncs[0], rows + 1)], "each row was there when the log was synced, once"
    ledger.resume("BTC", "never was", who="ann", at_ns=1)
    assert syncs[-1] == rows and len(syncs) == rows - syncs[0] + 1, "nothing written, nothing to wait for"


def test_nobody_waits_in_line_while_the_disk_works(ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with reopened(path) as other:

        def sync(fd: int) -> None:
            monkeypatch.setattr(log_file, "_data_sync", lambda fd: None)
            other.halt(HaltLevel.HALT, "ETH", "meanwhile", who="ann", at_ns=2)

        monkeypatch.setattr(log_file, "_data_sync", sync)
        ledger.halt(HaltLevel.HALT, "BTC", "odd", who="ann", at_ns=1)
    with Report.open(path) as report:
        assert [halt.market for halt in report.halts()] == ["BTC", "ETH"]


def test_a_disk_that_cannot_make_it_durable_is_not_passed_over(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(fd: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(log_file, "_data_sync", broken)
    with pytest.raises(LedgerAway, match="cannot be made durable: Input/output error"):
        ledger.halt(HaltLevel.HALT, "BTC", "odd", who="ann", at_ns=1)


def test_a_reservation_is_durable_before_it_is_sent_unless_its_market_has_begun(
    ledger: Ledger, syncs: list[int], maker: "Maker"
) -> None:
    assert isinstance(ledger.reserve(maker.deal(1, "ETH"), "edge"), Deal)
    assert len(syncs) == 1
    assert ledger.begin("BTC", OLD, maker.start_ns) is None
    syncs.clear()
    deal = ledger.reserve(maker.deal(1, "BTC"), "edge")
    assert isinstance(deal, Deal) and ledger.is_ahead and not syncs
    ledger.make_durable()
    assert len(syncs) == 1 and not ledger.is_ahead
    ledger.record(maker.found(deal.orders[0]))
    assert len(syncs) == 2, "all else waits for the disk"


def test_what_others_write_makes_a_reservation_durable(
    ledger: Ledger, path: Path, syncs: list[int], maker: "Maker"
) -> None:
    ledger.begin("BTC", OLD, maker.start_ns)
    ledger.reserve(maker.deal(), "edge")
    with reopened(path) as other:
        other.halt(HaltLevel.HALT, "ETH", "odd", who="ann", at_ns=1)
    with Report.open(path) as report:
        journal = report.journal(100)
    assert [row.verb for row in journal][-2:] == ["reserve", "halt"] and syncs[-1] == len(journal)


def test_a_reservation_never_takes_the_log_into_the_file(path: Path, ledger: Ledger, maker: "Maker") -> None:
    """That waits for the disk twice, while everybody stands in line."""
    for market in ("BTC", "ETH"):
        ledger.begin(market, OLD, maker.start_ns)
    store = ledger._store
    store.checkpoint_pages = 1
    ledger.halt(HaltLevel.HALT, "SOL", "odd", who="ann", at_ns=1)
    size = path.stat().st_size
    for number in range(1, 4):
        assert isinstance(ledger.reserve(maker.deal(number, "BTC", held_uusd=41_000_000), "edge"), Deal)
    before = path.stat().st_mtime_ns
    assert path.stat().st_size == size
    ledger.halt(HaltLevel.HALT, "SOL", "odder", who="ben", at_ns=2)
    ledger.resume("SOL", "even", who="ben", at_ns=3)
    assert path.stat().st_mtime_ns > before


def test_the_log_is_the_same_file_for_as_long_as_it_is_synced(path: Path, ledger: Ledger, maker: "Maker") -> None:
    log = ledger._store.log
    assert log is not None
    for _ in range(3):
        with reopened(path) as other:
            other.halt(HaltLevel.HALT, "ETH", "odd", who="ann", at_ns=1)
            other.resume("ETH", "even", who="ann", at_ns=1)
        shutil.rmtree(path.parent / "nothing", ignore_errors=True)
        assert os.fstat(log._file.fileno()).st_ino == path.with_name("ledger.db-wal").stat().st_ino


# ---- in doubt -------------------------------------------------------------------------------------------------


def begun(ledger: Ledger, maker: "Maker", *markets: str) -> None:
    for market in markets:
        assert ledger.begin(market, OLD, maker.start_ns) is None


def test_after_a_power_cut_nobody_enters_until_every_market_was_asked_for(
    ledger: Ledger, path: Path, maker: "Maker"
) -> None:
    begun(ledger, maker, "BTC", "ETH")
    ledger.halt(HaltLevel.HALT, "SOL", "the file's last word", who="ann", at_ns=maker.start_ns + 7)
    name = ledger.incarnation
    found = ledger.begin("BTC", NEW, maker.start_ns + 9 * SECOND)
    assert found == Doubt("BTC", maker.start_ns + 7, maker.start_ns + 9 * SECOND)
    assert [doubt.market for doubt in ledger.doubts()] == ["BTC", "ETH"]
    assert ledger.incarnation != name, "an id that a forgotten deal may have is not given again"
    for market in ("BTC", "LTC"):
        assert ledger.reserve(maker.deal(1, market), "edge") == Refusal("doubt")
    assert ledger.begin("ETH", NEW, maker.start_ns + 10 * SECOND) is not None, "still to be asked for"
    assert ledger.dispel("BTC", "asked", maker.start_ns + 11) and not ledger.dispel("BTC", "again", maker.start_ns)
    assert ledger.reserve(maker.deal(1, "BTC"), "edge") == Refusal("doubt")
    assert ledger.dispel("ETH", "asked", maker.start_ns + 11)
    assert isinstance(ledger.reserve(maker.deal(1, "BTC"), "edge"), Deal)
    with Report.open(path) as report:
        verbs = [row.verb for row in report.journal(100)]
    assert verbs[-4:] == ["doubt", "dispel", "dispel", "reserve"]
    assert verify(path).sound


def test_a_process_that_dies_leaves_no_doubt(ledger: Ledger, path: Path, maker: "Maker") -> None:
    begun(ledger, maker, "BTC")
    name = ledger.incarnation
    with reopened(path) as successor:
        assert successor.begin("BTC", OLD, maker.start_ns + 1) is None
        assert (successor.doubts(), successor.incarnation) == ((), name)


def test_who_ends_in_good_order_leaves_no_doubt(ledger: Ledger, path: Path, maker: "Maker") -> None:
    begun(ledger, maker, "BTC", "ETH")
    ledger.reserve(maker.deal(), "edge")
    ledger.end("BTC")
    with reopened(path) as successor:
        assert successor.begin("BTC", NEW, maker.start_ns + 1) is None
        assert [doubt.market for doubt in successor.doubts()] == ["ETH"]


def test_once_ended_a_reservation_waits_for_the_disk_again(ledger: Ledger, syncs: list[int], maker: "Maker") -> None:
    begun(ledger, maker, "BTC")
    ledger.end("BTC")
    syncs.clear()
    ledger.reserve(maker.deal(), "edge")
    assert len(syncs) == 1


def test_a_second_power_cut_keeps_the_doubt_of_the_first(ledger: Ledger, maker: "Maker") -> None:
    begun(ledger, maker, "BTC")
    first = ledger.begin("BTC", NEW, maker.start_ns + SECOND)
    assert first is not None
    ledger.halt(HaltLevel.HALT, "SOL", "later", who="ann", at_ns=maker.start_ns + 2 * SECOND)
    assert ledger.begin("BTC", "boot-3", maker.start_ns + 3 * SECOND) == first


def test_a_forgotten_deal_is_written_down_while_its_market_is_in_doubt_and_only_then(
    ledger: Ledger, maker: "Maker"
) -> None:
    begun(ledger, maker, "BTC", "ETH")
    deal = told(maker.deal(), maker)
    with pytest.raises(LocalError, match="halted or in doubt"):
        ledger.rebuild(deal, "told", maker.start_ns)
    ledger.begin("BTC", NEW, maker.start_ns + 1)
    ledger.dispel("ETH", "asked", maker.start_ns + 2)
    with pytest.raises(LocalError, match="halted or in doubt"):
        ledger.rebuild(told(maker.deal(1, "ETH"), maker), "told", maker.start_ns)
    assert not ledger.knows(deal.orders[0].client_id)
    rebuilt = ledger.rebuild(deal, "told", maker.start_ns)
    assert ledger.knows(deal.orders[0].client_id)
    assert (rebuilt.state, rebuilt.held_uusd, len(rebuilt.fills)) == (DealState.OPEN, 40_000_000, 2)
    with pytest.raises((LocalError, IllegalMove), match="in the ledger already"):
        ledger.rebuild(deal, "told twice", maker.start_ns)


def test_a_forgotten_deal_that_was_partly_taken_back_halts_its_market(ledger: Ledger, maker: "Maker") -> None:
    begun(ledger, maker, "BTC")
    ledger.begin("BTC", NEW, maker.start_ns + 1)
    deal = told(maker.deal(), maker)
    back = replace(
        deal.fills[0], fill_id=deal.fills[0].fill_id + "!reversed", side=deal.fills[0].side.opposite, fee_uusd=-20_000
    )
    ledger.rebuild(replace(deal, fills=(*deal.fills, back)), "told", maker.start_ns)
    assert ledger.halt_level("BTC") is HaltLevel.HALT and ledger.halt_level("ETH") is HaltLevel.NONE


def told(deal: Deal, maker: "Maker") -> Deal:
    """As its venues tell it: both orders filled."""
    orders = tuple(
        replace(o, state=OrderState.DONE, venue_order_id=f"v-{o.client_id}", reported_size=o.size) for o in deal.orders
    )
    fills = tuple(maker.fill(order) for order in orders)
    state, held = DealState.OPEN, 40_000_000
    from_ = migrate.attempts_from(maker.start_ns)
    return replace(deal, orders=orders, fills=fills, state=state, held_uusd=held, attempts_from=from_)
