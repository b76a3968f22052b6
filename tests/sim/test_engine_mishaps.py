"""Executions that a venue takes back, and positions that it closes against somebody else: money and journal follow."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common.core.errors import LocalError
from common.core.market import Side, Venue
from common.sim.engine import PaperEngine
from common.sim.types import AccountChange

NOW = 1_700_000_000 * 1_000_000_000
BUY, SELL = Side.BUY, Side.SELL
Make = Callable[..., Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "apex.journal"


@pytest.fixture
def engine(opened: Make, ladder: Make, path: Path) -> PaperEngine:
    made: PaperEngine = opened(Venue.APEX, journal_path=path)
    made.apply(ladder(Venue.APEX, mid=84_000), NOW)
    return made


def standing(engine: PaperEngine) -> tuple[Any, ...]:
    view = engine.account("a")
    return view.balance, view.equity, tuple((p.market, p.size) for p in view.positions)


def test_a_fill_that_was_taken_back_leaves_money_and_position_as_before(engine: PaperEngine, ask: Make) -> None:
    before = standing(engine)
    engine.place("a", ask("1", BUY, "0.003", 42_010, "FOK"), NOW)
    (fill,) = engine.fills("a")
    assert engine.take_back("a", fill.fill_id, NOW + 5)
    assert standing(engine) == before
    (failed,) = engine.fills("a")
    assert (failed.failed_ns, failed.at_ns, failed.size) == (NOW + 5, NOW, fill.size)
    order = engine.order_by_client_id("a", "1")
    assert order is not None and (order.status, order.remaining, order.changed_ns) == ("FILLED", Decimal(0), NOW + 5)


def test_it_is_told_once_with_its_order_and_done_once(engine: PaperEngine, ask: Make) -> None:
    engine.place("a", ask("1", BUY, "0.003", 42_010, "FOK"), NOW)
    (fill,) = engine.fills("a")
    told: list[Any] = []
    engine.on_publish = told.append
    assert engine.take_back("a", fill.fill_id, NOW + 5) and not engine.take_back("a", fill.fill_id, NOW + 6)
    (change,) = told
    assert isinstance(change, AccountChange)
    assert [f.failed_ns for f in change.fills] == [NOW + 5] and len(change.orders) == 1
    assert [position.size for position in change.positions] == [0]


def test_a_closing_fill_that_was_taken_back_opens_the_position_again(engine: PaperEngine, ask: Make) -> None:
    engine.place("a", ask("1", BUY, "0.003", 42_010, "FOK"), NOW)
    before = standing(engine)
    engine.place("a", ask("2", SELL, "0.003", 41_990, "FOK"), NOW + 1)
    assert engine.take_back("a", engine.fills("a")[0].fill_id, NOW + 2)
    assert standing(engine) == before


def test_a_restart_remembers_what_was_taken_back(
    engine: PaperEngine, opened: Make, ladder: Make, ask: Make, path: Path
) -> None:
    for number in range(3):
        engine.place("a", ask(str(number), BUY, "0.001", 42_010, "FOK"), NOW + number)
    engine.take_back("a", engine.fills("a")[1].fill_id, NOW + 5)
    before, fills = standing(engine), engine.fills("a")
    engine.close()
    again: PaperEngine = opened(Venue.APEX, journal_path=path)
    again.apply(ladder(Venue.APEX, mid=84_000), NOW)
    assert (standing(again), again.fills("a")) == (before, fills)
    assert again.fills("a", order_id=fills[1].order_id)[0].failed_ns == NOW + 5
    again.close()


def test_a_journal_from_before_fills_could_be_taken_back_is_read(
    engine: PaperEngine, opened: Make, ask: Make, path: Path
) -> None:
    engine.place("a", ask("1", BUY, "0.003", 42_010, "FOK"), NOW)
    fills = engine.fills("a")
    engine.close()
    path.write_text(path.read_text().replace(',"failed_ns":null', ""))
    again: PaperEngine = opened(Venue.APEX, journal_path=path)
    assert "failed_ns" not in path.read_text() and again.fills("a") == fills
    again.close()


def test_dydx_takes_nothing_back(opened: Make) -> None:
    with pytest.raises(LocalError):
        opened(Venue.DYDX).take_back("a", "any", NOW)


@pytest.mark.parametrize("side", list(Side))
def test_a_position_is_closed_in_part_or_whole_at_the_index_past_the_book(
    engine: PaperEngine, ask: Make, side: Side
) -> None:
    engine.place("a", ask("1", side, "0.003", 42_010 if side is BUY else 41_990, "FOK"), NOW)
    book = engine.book("BTC")
    engine.deleverage("a", "BTC", Decimal("0.001"), NOW + 1)
    engine.deleverage("a", "BTC", Decimal(7), NOW + 2)
    engine.deleverage("a", "BTC", Decimal(7), NOW + 3)
    last, first, _ = engine.fills("a")
    assert [(f.size, f.price, f.side, f.fee) for f in (first, last)] == [
        (Decimal("0.001"), Decimal(42_000), side.opposite, Decimal(0)),
        (Decimal("0.002"), Decimal(42_000), side.opposite, Decimal(0)),
    ]
    assert {f.kind for f in (first, last)} == {"DELEVERAGED"} and first.fill_id != last.fill_id
    assert engine.book("BTC") == book and engine.account("a").positions == ()
