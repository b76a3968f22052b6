"""A whole fleet is played, its ledger file is lost, and what both venues remember makes the same deals again."""

import re
from collections import defaultdict
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.core.account import AccountFacts, Position
from common.core.deal import Deal, DealState, filled_notional_uusd
from common.core.history import History
from common.core.order import Fill, Order, Purpose
from common.fleet.fleet import CAP, Fleet
from common.fleet.run import CALM_NS, LOOK_NS
from common.fleet.run import faults_of as drawn_of
from common.fleet.speech import history_of
from common.fleet.timeline import BEGIN_NS
from common.fleet.wire import ACCOUNT
from common.ledger import backup
from common.ledger.ledger import Ledger
from common.ledger.report import Report
from common.ledger.rows import Author
from common.ledger.verify import verify
from common.reconcile import carry
from common.reconcile.evidence import Evidence
from common.sim.engine import PaperEngine
from common.sim.faults import SECOND, Faults

FORCED = "forced:"
AUTHOR = Author(pid=1, code_version="test", config_hash="test")


def faults_of(seed: int) -> Faults:
    """What a seed draws, but nobody works on the accounts by hand: that is not ours, and named, not told again."""
    return replace(drawn_of(seed), foreign_order=0.0, foreign_position=0.0)


#: seeds with forced fills, deaths, several deals a market, partial fills
EVENTFUL = tuple(s for s in range(200) if faults_of(s).liquidated and faults_of(s).deals_max > 1)[:6]
HEARD_LATE = ("late_fill", "liquidated", "deleveraged", "reversed")
#: seeds that end with deals open
LIVELY = (6, 11, 35)


def played(seed: int, folder: Path, faults: Faults | None = None) -> Fleet:
    """A fleet whose story is over: everything at rest, hedged deals left open."""
    fleet = Fleet(seed, replace(faults or faults_of(seed), power_cut=0.0), folder)
    fleet.keep_going()
    fleet.run_until(BEGIN_NS + 30 * SECOND)
    fleet.calm()
    settle(fleet)
    return fleet


def settle(fleet: Fleet) -> None:
    """Let everything come to rest."""
    end_ns = fleet.timeline.now_ns + CALM_NS
    while fleet.timeline.now_ns < end_ns and not fleet.at_rest():
        fleet.run_until(fleet.timeline.now_ns + LOOK_NS)


def history(engine: PaperEngine) -> History:
    """What a desk would bring home from this venue."""
    return history_of(engine)


def account(engine: PaperEngine, at_ns: int) -> AccountFacts:
    view = engine.account(ACCOUNT)
    positions = tuple(Position(p.market, p.size, p.entry_price, p.entry_price) for p in view.positions)
    return AccountFacts(engine.venue, int(view.equity * 1_000_000), 0, positions, at_ns)


def evidence(fleet: Fleet) -> Evidence:
    engines = fleet.engines.values()
    now_ns = fleet.timeline.now_ns
    return Evidence(
        since_ns=0,
        histories=tuple(history(engine) for engine in engines),
        alive=(),
        accounts=tuple(account(engine, now_ns) for engine in engines),
        funding=(),
        instruments={market: member.instruments for market, member in fleet.members.items()},
    )


def reconciled(path: Path, fleet: Fleet, found: Evidence | None = None) -> Any:
    """Bring the file at `path`, made if there is none, level with the venues of the fleet; the plan that did it."""
    at_ns = fleet.timeline.now_ns + SECOND
    Ledger.create(path, created_ns=at_ns, config_hash="", code_version="test", pid=1).close()
    by = carry.By(AUTHOR, "ann", at_ns)
    found = found or evidence(fleet)
    with carry.opened(path, by) as doors:
        plan = carry.planned(found, doors[1], tuple(fleet.members), at_ns)
        carry.carry_out(plan, found, doors, by)
    return plan


def deals_of(path: Path) -> dict[str, Deal]:
    with Report.open(path) as report:
        return {row.deal.deal_id: row.deal for row in report.deals() if row.deal.fills}


def fill_facts(fills: tuple[Fill, ...]) -> list[Any]:
    """Of forced fills only what they did: which of several of one moment falls to which deal is anybody's guess."""
    did: dict[Any, Decimal] = defaultdict(Decimal)
    for fill in fills:
        if fill.client_id.startswith(FORCED):
            did[fill.venue, fill.side] += fill.size
    return [*sorted(_whole(f) for f in fills if not f.client_id.startswith(FORCED)), *sorted(did.items())]


def _whole(f: Fill) -> Any:
    return (f.venue, f.fill_id, f.client_id, f.side, f.price, f.size, f.fee_uusd)


def order_facts(deal: Deal) -> list[Any]:
    filled = {f.client_id for f in deal.fills if not f.client_id.startswith(FORCED)}
    return sorted(_facts(order) for order in deal.orders if order.client_id in filled)


def _facts(o: Order) -> Any:
    told = (o.client_id, o.venue, o.side, o.size, o.limit, o.lifetime, o.reduce_only, o.state)
    return (*told, o.venue_order_id or "")


def purposes(deal: Deal) -> dict[str, Purpose]:
    filled = {f.client_id for f in deal.fills if not f.client_id.startswith(FORCED)}
    return {order.client_id: order.purpose for order in deal.orders if order.client_id in filled}


def matters(deal: Deal) -> Any:
    """All of a deal that its venues can know. That a deal with fills was VOID before they were heard, they cannot."""
    identity = (deal.deal_id, deal.market, deal.number, deal.direction, deal.size)
    state = DealState.CLOSED if deal.state is DealState.VOID else deal.state
    return (*identity, state, fill_facts(deal.fills), order_facts(deal))


def compare(lost: Path, path: Path, *, purpose: bool = True) -> int:
    """Every deal that ever filled stands again as it was; how many of them are live.

    What a live deal holds may have been lowered more than once; told anew it is what is open at opening prices. What an
    order was for can be told from what was true when it was made; where fills were heard late, the fleet thought
    otherwise (`purpose` False).
    """
    before, after = deals_of(lost), deals_of(path)
    assert before.keys() == after.keys()
    assert all_fills(before) == all_fills(after)
    for deal_id, deal in before.items():
        again = after[deal_id]
        if deal.market in guessed(before):
            continue
        assert matters(again) == matters(deal) or reopened(deal, again)
        assert not purpose or purposes(again) == purposes(deal)
        assert again.held_uusd == (filled_notional_uusd(again) if again.live else 0) >= deal.held_uusd
    return sum(deal.live for deal in after.values())


def guessed(deals: dict[str, Deal]) -> set[str]:
    """Markets with forced fills and others that were taken back: nobody tells when, so not whose position was there.

    That all fills of the market are told, each once, is not in question.
    """
    fills = [(deal.market, fill) for deal in deals.values() for fill in deal.fills]
    forced = {market for market, fill in fills if fill.client_id.startswith(FORCED)}
    return forced & {market for market, fill in fills if fill.is_reversal}


def reopened(deal: Deal, again: Deal) -> bool:
    """A finished deal that has hedged legs again since a fill of it was taken back is open when it is told anew."""
    told = matters(replace(again, state=deal.state)) == matters(deal)
    back = any(fill.is_reversal for fill in deal.fills) and deal.state is DealState.CLOSED
    return told and back and again.state is DealState.OPEN


def all_fills(deals: dict[str, Deal]) -> list[Any]:
    """Every fill once: what a forced one came to in all, however many deals bear it."""
    told = [(deal.market, fill) for deal in deals.values() for fill in deal.fills]
    whole = [(market, *_whole(fill)) for market, fill in told if not fill.client_id.startswith(FORCED)]
    forced: dict[Any, Decimal] = defaultdict(Decimal)
    for market, fill in told:
        if fill.client_id.startswith(FORCED):
            forced[market, fill.venue, re.sub("#[0-9]+", "", fill.fill_id), fill.side, fill.price] += fill.size
    return [*sorted(whole), *sorted(forced.items())]


def hears_late(seed: int) -> bool:
    """Whether the seed draws a fault that keeps the truth from the fleet while it writes orders."""
    return any(value for name, value in asdict(faults_of(seed)).items() if name in HEARD_LATE)


def halts_of(path: Path) -> dict[str, str]:
    with Report.open(path) as report:
        return {halt.market: halt.why for halt in report.halts()}


# ---- a lost file ----------------------------------------


@pytest.mark.parametrize("seed", [1, 2, *EVENTFUL])
def test_a_lost_file_is_told_again_deal_by_deal(tmp_path: Path, seed: int) -> None:
    fleet, path = played(seed, tmp_path), tmp_path / "rebuilt.db"
    plan = reconciled(path, fleet)
    assert plan.strange == {}
    compare(fleet.disk.file, path, purpose=not hears_late(seed))
    assert verify(path).sound
    assert set(halts_of(path)) == (set() if plan.is_level else {"*"})
    fleet.close()


def test_live_deals_are_among_those_told_again(tmp_path: Path) -> None:
    """So that the tests above say something."""
    live = 0
    for seed in LIVELY:
        folder = tmp_path / str(seed)
        folder.mkdir()
        fleet = played(seed, folder)
        reconciled(folder / "rebuilt.db", fleet)
        live += compare(fleet.disk.file, folder / "rebuilt.db", purpose=not hears_late(seed))
        fleet.close()
    assert live >= len(LIVELY)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(1_000, 1_000_000))
def test_any_story_is_told_again(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("story")
    fleet, path = played(seed, folder), folder / "rebuilt.db"
    assert reconciled(path, fleet).strange == {}
    compare(fleet.disk.file, path, purpose=not hears_late(seed))
    assert verify(path).sound
    fleet.close()


def test_reconciling_again_finds_nothing_to_do(tmp_path: Path) -> None:
    fleet, path = played(2, tmp_path), tmp_path / "rebuilt.db"
    reconciled(path, fleet)
    before = deals_of(path)
    assert reconciled(path, fleet).is_level
    assert deals_of(path) == before
    fleet.close()


@pytest.mark.parametrize("seed", LIVELY[:3])
def test_the_fleet_goes_on_with_what_was_told_again_and_can_lose_that_file_too(tmp_path: Path, seed: int) -> None:
    fleet = Fleet(seed, replace(faults_of(seed), power_cut=0.0, disk_full=0.0), tmp_path)
    fleet.keep_going()
    fleet.run_until(BEGIN_NS + 25 * SECOND)
    fleet.calm()
    settle(fleet)
    first, first_name = deals_of(fleet.disk.file), fleet.ledger.incarnation
    _lose(fleet, tmp_path / "second.db")
    _work_on(fleet, faults_of(seed))
    fleet.run_until(fleet.timeline.now_ns + 30 * SECOND)
    fleet.calm()
    settle(fleet)
    second = deals_of(fleet.disk.file)
    assert first.keys() < second.keys() and fleet.ledger.incarnation != first_name
    assert reconciled(tmp_path / "third.db", fleet).strange == {}
    compare(fleet.disk.file, tmp_path / "third.db", purpose=not hears_late(seed))
    fleet.close()


def _lose(fleet: Fleet, path: Path) -> None:
    """The file is gone; the one told anew stands in its place, and every worker is started again.

    The fleet's judge knows one file only, and is sent home.
    """
    for wire in fleet.wires.values():
        wire.on_arrival = wire.on_departure = lambda order: None
    for member in fleet.members.values():
        member.look = lambda: None
        member.die()
    fleet.keeper.look = fleet.keeper.sample = lambda: None
    fleet.keeper.die()
    reconciled(path, fleet)
    fleet.disk.ledger.close()
    for old in fleet.disk.file.parent.glob("ledger.db*"):
        old.unlink()
    path.rename(fleet.disk.file)
    fleet.disk._open()
    fleet.ledger.resume("*", "looked", who="ann", at_ns=fleet.timeline.now_ns)
    fleet.ledger.set_cap(CAP, "start", fleet.timeline.now_ns)


def _work_on(fleet: Fleet, faults: Faults) -> None:
    """Everybody trades again, in a world where less goes wrong."""
    fleet.faults = replace(fleet.faults, account_missed=0.0)
    fleet._calm = False
    for member in fleet.members.values():
        member.stopping = False


# ---- an older copy is put back ----------------------------------------


@pytest.mark.parametrize("seed", [1, 2, *EVENTFUL])
def test_an_older_copy_learns_what_happened_since(tmp_path: Path, seed: int) -> None:
    fleet = Fleet(seed, replace(faults_of(seed), power_cut=0.0, disk_full=0.0), tmp_path)
    fleet.keep_going()
    fleet.run_until(BEGIN_NS + 15 * SECOND)
    copy, path = tmp_path / "copy.db", tmp_path / "restored.db"
    backup.backup(fleet.disk.file, copy)
    fleet.run_until(BEGIN_NS + 30 * SECOND)
    fleet.calm()
    settle(fleet)
    by = backup.By(AUTHOR, "ann", fleet.timeline.now_ns)
    backup.restore(path, copy, by, make_folder=lambda: tmp_path)
    known = deals_of(path).keys()
    plan = reconciled(path, fleet)
    assert plan.strange == {}
    before, after = deals_of(fleet.disk.file), deals_of(path)
    assert known < after.keys() == before.keys() or known == after.keys() == before.keys()
    for deal_id, deal in before.items():
        assert fill_facts(after[deal_id].fills) == fill_facts(deal.fills)
        assert order_facts(after[deal_id]) == order_facts(deal)
    assert verify(path).sound
    assert reconciled(path, fleet).is_level
    fleet.close()
