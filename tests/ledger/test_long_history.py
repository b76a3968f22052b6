"""What a look or a verb costs does not depend on how much history lies behind it.

Counted in instructions of SQLite's own machine, which are the same on every computer: a plan that goes through all of a
table takes twenty times as many on a history twenty times as long, triggers and views included.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from common.core.deal import Deal, DealState
from common.core.market import Venue
from common.ledger import remembered
from common.ledger.ledger import Ledger
from common.ledger.report import Report
from common.ledger.verify import verify
from common.ledger.watch import LedgerWatch
from scripts.benches import long_history

if TYPE_CHECKING:
    from tests.ledger.conftest import Maker

SHORT, LONG = 100, 2_000
#: sizes of b-trees do not show in instructions; a few more rows of a window may
MORE_AT_MOST = 1.2

Work = Callable[[], object]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    made = {}
    for deals in (SHORT, LONG):
        made[deals] = tmp_path_factory.mktemp("history") / "ledger.db"
        long_history.build(made[deals], deals)
    return made


def ledger_at(path: Path) -> Ledger:
    return Ledger.open(path, config_hash="", code_version="", pid=1)


def remember(path: Path) -> None:
    """As it was left by whoever ran before."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        past = remembered.Remembered(path).now(connection)
    remembered.save(remembered.past_path(path), past)


def instructions(connection: sqlite3.Connection, work: Work) -> int:
    """How many SQLite's machine takes for it."""
    count = 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    connection.set_progress_handler(tick, 1)
    work()
    connection.set_progress_handler(None, 1)
    return count


def test_the_files_are_lawful(files: dict[int, Path]) -> None:
    assert all(verify(file).sound and verify(file).deals == deals for deals, file in files.items())


#: what `arbctl status`, `arbctl positions`, `arbctl deals`, `arbctl limit show` and the like ask
LOOKS: dict[str, Callable[[Report], object]] = {
    "totals": lambda report: report.totals(),
    "totals of a market": lambda report: report.totals("BTC"),
    "tallies": lambda report: report.tallies(),
    "markets": lambda report: report.markets(),
    "dust": lambda report: report.dust(),
    "filled": lambda report: report.filled_ns(),
    "counts": lambda report: report.counts(),
    "cap": lambda report: report.cap(),
    "usage": lambda report: report.usage(long_history.START_NS + 10**18),
    "live deals": lambda report: report.deals(live=True),
    "live deals of a market": lambda report: report.deals("BTC", live=True),
    "newest": lambda report: report.newest(20),
    "stuck": lambda report: report.newest(20, states=("STUCK",)),
    "journal": lambda report: report.journal(20),
    "one deal": lambda report: report.deal(report.journal(1)[0].deal_id or ""),
    "one deal's journal": lambda report: report.journal(20, deal_id=report.journal(1)[0].deal_id),
    "rest": lambda report: (report.equities(), report.halts(), report.heartbeats(), report.limits()),
}


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_costs_the_same(files: dict[int, Path], name: str) -> None:
    cost = {}
    for deals, file in files.items():
        remember(file)
        with Report.open(file) as report:
            cost[deals] = instructions(report._store.connection, lambda report=report: LOOKS[name](report))  # type: ignore[misc]
    assert cost[LONG] <= cost[SHORT] * MORE_AT_MOST, cost


#: what a worker asks when it starts, and again and again
ASKED: dict[str, Callable[[Ledger], object]] = {
    "recovery": lambda ledger: ledger.unfinished_deals("BTC", Decimal("0.001")),
    "dust": lambda ledger: ledger.dust("BTC"),
    "next number": lambda ledger: ledger.next_number("BTC"),
    "fits": lambda ledger: ledger.unheard.fits("BTC", Venue.DYDX),
    "wishes": lambda ledger: ledger.wishes("BTC", 1),
    "release": lambda ledger: ledger.release_written_off("BTC", 1),
    "turn": lambda ledger: ledger.shrinking.turn("BTC", 1),
    "reduction": lambda ledger: ledger.shrinking.reduction(),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_start_and_what_is_asked_again_and_again_cost_the_same(files: dict[int, Path], name: str) -> None:
    cost = {}
    for deals, file in files.items():
        remember(file)
        with ledger_at(file) as ledger:
            cost[deals] = instructions(ledger._store.connection, lambda ledger=ledger: ASKED[name](ledger))  # type: ignore[misc]
    assert cost[LONG] <= cost[SHORT] * MORE_AT_MOST, cost


def test_the_wardens_look_costs_the_same(files: dict[int, Path]) -> None:
    cost = {}
    for deals, file in files.items():
        remember(file)
        with LedgerWatch.open(file) as watch:
            cost[deals] = instructions(watch._store.connection, watch.look)
    assert cost[LONG] <= cost[SHORT] * MORE_AT_MOST, cost


def test_a_deal_costs_the_same_from_its_reservation_to_its_end(files: dict[int, Path], maker: "Maker") -> None:
    cost: dict[int, list[int]] = {}
    for deals, file in files.items():
        at_ns = long_history.end_ns(deals) + 1
        with ledger_at(file) as ledger:
            for venue in Venue:
                ledger.write_account(maker.account(venue, at_ns, size="0.001"))
            cost[deals] = _deal(ledger, maker, at_ns)
    assert all(long <= short * MORE_AT_MOST for long, short in zip(cost[LONG], cost[SHORT], strict=True)), cost


def _deal(ledger: Ledger, maker: "Maker", at_ns: int) -> list[int]:
    wanted = replace(maker.deal(ledger.next_number("BTC")), opened_ns=at_ns)
    connection = ledger._store.connection

    def reserve() -> None:
        assert isinstance(ledger.reserve(wanted, "test"), Deal)

    def fill() -> None:
        for order in wanted.orders:
            ledger.record(maker.found(order))

    def settle() -> None:
        ledger.move(wanted.deal_id, DealState.OPEN, 40_000_000, "even", at_ns)

    return [instructions(connection, work) for work in (reserve, fill, settle)]
