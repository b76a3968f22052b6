"""`arbctl reconcile` over the wire: both paper venues on loopback tell what happened, and a file is made of it."""

import fcntl
import shutil
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import clock
from common.core.deal import DealState
from common.core.events import HaltLevel
from common.core.market import Side, Venue
from common.core.order import OrderState
from common.ledger.ledger import Ledger, Refusal
from common.ledger.verify import verify
from common.ledger.watch import LedgerWatch
from common.reconcile import evidence
from common.sim.types import PaperOrder, PlaceRequest
from common.venues.apex import wire_order as apex
from common.venues.dydx import wire_order as dydx
from scripts import audit_limits
from scripts.audit import read_limits

SECOND_NS = 1_000_000_000
TOML = """
mode = "paper"
[paper]
dydx_port = {dydx}
apex_port = {apex}
[markets.BTC]
size = "0.001"
[markets.ETH]
size = "0.01"
"""


@pytest.fixture
def house(make_paper_house: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The paper venues, and a folder whose arb.toml points at them."""
    made = make_paper_house()
    (tmp_path / "arb.toml").write_text(TOML.format(dydx=made.ports[Venue.DYDX], apex=made.ports[Venue.APEX]))
    keys = tmp_path / "var" / "paper"
    keys.mkdir(parents=True)
    for venue in Venue:
        shutil.copy(tmp_path / "0" / f"{venue}config.ini", keys)
    monkeypatch.setattr(evidence, "QUIET_S", 0.0)
    return made


@pytest.fixture
def call(house: Any, tmp_path: Path, arbctl_in: Callable[[Path], Any]) -> Any:
    return arbctl_in(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "var" / "ledger.db"


def place(house: Any, venue: Venue, name: str, side: Side, *, reduce_only: bool = False, **changes: Any) -> None:
    engine, account_id, now_ns = house.engines[venue], house.accounts[venue].account_id, clock.now_ns()
    fields: dict[str, Any] = {
        "client_id": name,
        "market": "ETH",
        "side": side,
        "kind": "LIMIT",
        "lifetime": "FOK",
        "size": Decimal("0.01"),
        "price": Decimal(2_100 if side is Side.BUY else 1_900),
        "post_only": False,
        "reduce_only": reduce_only,
        "limit_fee": Decimal("0.002") if venue is Venue.DYDX else Decimal(10),
        "expires_ns": now_ns + dydx.LIFE_NS,
        "signature": "00",
    }
    placed = house.call(lambda: engine.place(account_id, PlaceRequest(**fields | changes), now_ns))
    assert isinstance(placed, PaperOrder), placed


def open_deal(house: Any, number: int, name: str = "old111") -> None:
    place(house, Venue.APEX, f"{name}-ETH-{number}-a0", Side.SELL)
    place(house, Venue.DYDX, f"{name}-ETH-{number}-d1", Side.BUY)


def close_deal(house: Any, number: int) -> None:
    place(house, Venue.DYDX, f"old111-ETH-{number}-d2", Side.SELL, reduce_only=True)
    place(house, Venue.APEX, f"old111-ETH-{number}-a3", Side.BUY, reduce_only=True)


def opened(file: Path) -> Ledger:
    return Ledger.open(file, config_hash="", code_version="", pid=1)


def test_a_lost_ledger_is_told_anew_halted_and_sound(house: Any, call: Any, file: Path) -> None:
    for number in (1, 2):
        open_deal(house, number)
    close_deal(house, 1)
    said = call("reconcile", "--rebuild", "--yes", "--json")
    assert said.code == 0, said.err
    assert said.data["written"]
    with opened(file) as ledger:
        (deal,) = ledger.live_deals()
        closed = ledger.deal("old111-ETH-1")
        assert closed is not None and closed.state is DealState.CLOSED
        assert (deal.deal_id, deal.state, deal.held_uusd // 1_000_000) == ("old111-ETH-2", DealState.OPEN, 20)
        assert ledger.halt_level("BTC") is HaltLevel.HALT
        assert ledger.incarnation != "old111" and ledger.next_number("ETH") == 3
        with LedgerWatch.open(file) as watch:
            assert "old111" in watch.look().incarnations, "the warden knows its orders for ours"
        assert ledger.account_age(Venue.DYDX, clock.now_ns()) is not None
    assert verify(file).sound
    limits = call("limit", "show", "--json").data
    assert {row["market"] for row in limits} >= {"*", "ETH"} and all(row["value"] == row["arb_toml"] for row in limits)
    assert sorted(p.name for p in file.parent.glob("ledger.db*") if p.suffix != ".lock") == ["ledger.db"]
    assert call("reconcile", "--yes", "--json").data["level"] is True


def test_a_dry_run_says_the_same_and_writes_nothing(house: Any, call: Any, file: Path) -> None:
    open_deal(house, 1)
    said = call("reconcile", "--rebuild", "--dry-run", "--json")
    assert said.code == 0
    (eth,) = [row for row in said.data["markets"] if row["rebuilt"]]
    assert eth["live"] == ["old111-ETH-1"]
    assert "nothing was written" in said.err and not file.exists()


def test_what_cannot_be_mapped_is_named_halted_and_ends_with_exit_code_1(house: Any, call: Any, file: Path) -> None:
    open_deal(house, 1)
    place(house, Venue.DYDX, "by-hand", Side.BUY)
    said = call("reconcile", "--rebuild", "--yes")
    assert said.code == 1
    assert "NOT EXPLAINED  ETH: dydx order by-hand is not of this fleet" in said.err
    assert "NOT EXPLAINED  ETH: dydx holds 0.02 ETH, the fills that are known leave 0.01" in said.err
    with opened(file) as ledger:
        ledger.resume("*", "looked", who="ann", at_ns=clock.now_ns())
        assert (ledger.halt_level("ETH"), ledger.halt_level("BTC")) == (HaltLevel.HALT, HaltLevel.NONE)


def test_an_order_that_is_still_alive_is_named(house: Any, call: Any) -> None:
    place(house, Venue.APEX, "old111-ETH-9-a0", Side.BUY, lifetime="GTT", price=Decimal(1_000))
    said = call("reconcile", "--rebuild", "--dry-run")
    assert said.code == 1
    assert "NOT EXPLAINED  ETH: apex order old111-ETH-9-a0 may still fill" in said.err


def test_deals_from_before_the_day_asked_for_are_missed_by_their_positions(house: Any, call: Any) -> None:
    open_deal(house, 1)
    said = call("reconcile", "--rebuild", "--dry-run", "--since", "2999-01-01")
    assert said.code == 1
    assert "apex holds -0.01 ETH, the fills that are known leave 0" in said.err
    assert call("reconcile", "--rebuild", "--since", "yesterday").code == 3


def test_an_older_copy_that_was_put_back_learns_what_happened_since(house: Any, call: Any, file: Path) -> None:
    open_deal(house, 1)
    assert call("reconcile", "--rebuild", "--yes").code == 0
    assert call("ledger", "backup", "copy.db").code == 0
    open_deal(house, 2)
    close_deal(house, 1)
    assert call("ledger", "restore", "copy.db", "--yes").code == 0
    said = call("reconcile", "--yes", "--json")
    assert said.code == 0, said.err
    (eth,) = [row for row in said.data["markets"] if row["rebuilt"]]
    assert (eth["rebuilt"], eth["orders_added"]) == (["old111-ETH-2"], ["old111-ETH-1-d2", "old111-ETH-1-a3"])
    with opened(file) as ledger:
        first, second = ledger.live_deals("ETH")
        assert not any(first.position(v) for v in Venue), "its worker will find it flat, and close it"
        assert second.deal_id == "old111-ETH-2"


def test_a_rebuild_is_refused_where_there_is_a_ledger_and_a_reconciliation_where_there_is_none(
    house: Any, call: Any, file: Path
) -> None:
    said = call("reconcile", "--yes")
    assert said.code == 1 and "--rebuild" in said.err
    assert call("reconcile", "--rebuild", "--yes").code == 0
    said = call("reconcile", "--rebuild", "--yes")
    assert said.code == 3 and "move a damaged one away first" in said.err


@pytest.mark.parametrize("name", ["eth.lock", "run.lock", "warden.lock"])
def test_it_is_refused_while_anybody_may_write(house: Any, call: Any, file: Path, name: str) -> None:
    lock = file.parent / "run" / name
    lock.parent.mkdir()
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        said = call("reconcile", "--rebuild", "--yes")
        assert said.code == 3 and name in said.err
    assert not file.exists()


def test_a_no_writes_nothing(house: Any, call: Any, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    said = call("reconcile", "--rebuild")
    assert said.code == 3 and "nothing was written" in said.err and not file.exists()


def test_a_rebuild_that_dies_half_way_leaves_no_ledger_and_is_done_again(
    house: Any, call: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_deal(house, 1)
    with monkeypatch.context() as patch:
        patch.setattr("common.ledger.retelling.Retelling.note", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            call("reconcile", "--rebuild", "--yes")
    assert not file.exists()
    assert call("reconcile", "--rebuild", "--yes").code == 0
    with opened(file) as ledger:
        assert len(ledger.live_deals()) == 1


def test_facts_above_the_cap_are_written_down_and_nothing_comes_on_top(house: Any, call: Any, file: Path) -> None:
    for number in range(1, 7):
        open_deal(house, number)
    assert call("reconcile", "--rebuild", "--yes").code == 0
    with opened(file) as ledger:
        assert len(ledger.live_deals()) == 6
        ledger.resume("*", "looked", who="ann", at_ns=clock.now_ns())
        (deal, *_) = ledger.live_deals()
        orders = tuple(
            replace(o, client_id=o.client_id.replace("-1-", "-9-"), deal_id="new222-ETH-9", state=OrderState.NEW)
            for o in deal.orders
        )
        entry = replace(deal, deal_id="new222-ETH-9", number=9, orders=orders, state=DealState.OPENING)
        now_ns = clock.now_ns()
        entry = replace(entry, opened_ns=now_ns, attempts_from=0, held_uusd=21_000_000)
        assert ledger.reserve(entry, "edge") == Refusal("level")
    limits = read_limits(file, clock.now_ns())
    (finding,) = audit_limits.level(limits)
    assert not finding.broken and "6 live deals" in finding.text
    entered = replace(limits, deals=tuple(replace(deal, rebuilt=False) for deal in limits.deals))
    assert [finding.broken for finding in audit_limits.level(entered)] == [True]


def test_the_wait_outlives_every_order_that_was_sent_before() -> None:
    """Nothing that a worker sent before it stopped can be taken in after so long."""
    from types import SimpleNamespace

    order: Any = SimpleNamespace(created_ns=0)
    assert max(dydx.death_ns(order), apex.death_ns(order)) < 40 * SECOND_NS
