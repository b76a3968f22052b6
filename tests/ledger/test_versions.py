"""Which program wrote what, and by which settings; and that two programs do not trade beside each other."""

import sqlite3
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from common.core.account import ForcedFill
from common.core.deal import DealState
from common.core.market import Side, Venue
from common.core.order import Purpose
from common.ledger.ledger import Ledger, Refusal
from common.ledger.report import Report
from common.version import ROOMS, code_version, digest

if TYPE_CHECKING:
    from tests.ledger.conftest import Maker

SECOND_NS = 1_000_000_000


def beside(path: Path, version: str) -> Ledger:
    return Ledger.open(path, config_hash="theirs", code_version=version, pid=2)


def test_every_order_names_its_program_and_its_settings(path: Path, ledger: Ledger, maker: "Maker") -> None:
    with Ledger.open(path, config_hash="before", code_version="7", pid=1) as ours:
        deal = maker.opened(ours, 1, "BTC")
        ours.goes_by("after")
        closing = maker.deal(1, "BTC").orders[0]
        even = replace(closing, client_id="even", purpose=Purpose.EVEN, side=closing.side.opposite, reduce_only=True)
        ours.write(deal.deal_id, (even,), None, "uneven", maker.start_ns + 9)
        forced = ForcedFill(Venue.APEX, "adl-1", "BTC", Side.SELL, Decimal(1), Decimal("0.0001"), 0, 1, maker.start_ns)
        ours.book_forced(forced)
    with sqlite3.connect(path) as sql:
        named = sql.execute("SELECT client_id, code_version, config_hash FROM orders").fetchall()
        (opened_by,) = sql.execute("SELECT code_version FROM deal").fetchone()
        last = sql.execute("SELECT config_hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()[0]
    assert opened_by == "7"
    assert {client_id: names for client_id, *names in named} == {
        **{order.client_id: ["7", "before"] for order in deal.orders},
        "even": ["7", "after"],
        "forced:apex:adl-1:0": ["7", "after"],
    }
    assert last == "after"


def test_who_wrote_an_order_never_changes(ledger: Ledger, maker: "Maker", sql: sqlite3.Connection) -> None:
    maker.opened(ledger, 1, "BTC")
    for what in ("code_version", "config_hash"):
        with pytest.raises(sqlite3.IntegrityError, match="what an order is never changes"):
            sql.execute(f"UPDATE orders SET {what} = 'x'")
    with pytest.raises(sqlite3.IntegrityError, match="what a deal is never changes"):
        sql.execute("UPDATE deal SET code_version = 'x'")


@pytest.mark.parametrize(
    ("market", "version", "age_s", "says"),
    [
        ("ETH", "other", 1, "version"),
        ("warden", "other", 19, "version"),
        ("ETH", "other", 20, ""),
        ("ETH", "other", -19, "version"),
        ("ETH", "1", 1, ""),
        ("BTC", "other", 1, ""),
    ],
    ids=["beside", "warden too", "gone", "its clock ahead", "the same", "our predecessor"],
)
def test_two_programs_do_not_trade_beside_each_other(
    path: Path, ledger: Ledger, maker: "Maker", market: str, version: str, age_s: int, says: str
) -> None:
    at_ns = maker.start_ns - age_s * SECOND_NS
    with beside(path, version) as other, Ledger.open(path, config_hash="", code_version="1", pid=1) as ours:
        other.heartbeat(market, "holding", decided_ns=at_ns, at_ns=at_ns)
        outcome = ours.reserve(maker.deal(1, "BTC"), "edge")
    assert (outcome.reason if isinstance(outcome, Refusal) else "") == says


def test_what_is_open_is_seen_through_beside_another_program(path: Path, ledger: Ledger, maker: "Maker") -> None:
    deal = maker.opened(ledger, 1, "BTC")
    with beside(path, "other") as other:
        other.heartbeat("ETH", "holding", decided_ns=maker.start_ns, at_ns=maker.start_ns)
    closing = replace(maker.deal(1, "BTC").orders[0], client_id="close", purpose=Purpose.CLOSE, reduce_only=True)
    assert ledger.write(deal.deal_id, (closing,), DealState.CLOSING, "close", maker.start_ns).state is DealState.CLOSING


def test_a_heartbeat_tells_the_program_and_its_settings(path: Path, ledger: Ledger) -> None:
    with beside(path, "other") as other:
        other.heartbeat("ETH", "holding", decided_ns=1, at_ns=SECOND_NS * 3)
    with Report.open(path) as report:
        (beat,) = report.heartbeats()
    assert (beat.pid, beat.code_version, beat.config_hash) == (2, "other", "theirs")


def test_a_changed_file_is_another_program(tmp_path: Path) -> None:
    for room in ROOMS:
        (tmp_path / room).mkdir()
    law = tmp_path / ROOMS[0] / "schema.sql"
    law.write_text("one")
    before = digest(tmp_path)
    (tmp_path / "README.md").write_text("more")
    assert digest(tmp_path) == before
    law.write_text("two")
    assert digest(tmp_path) != before
    assert code_version().endswith(digest(Path(__file__).resolve().parents[2]))
