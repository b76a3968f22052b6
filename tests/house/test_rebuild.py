"""A whole fleet is played, its ledger file is lost, and what both venues remember makes the same deals again."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.core.account import AccountFacts, ForcedFill, Position
from common.core.deal import Deal
from common.core.history import History, PastOrder
from common.core.market import Venue
from common.core.order import Fill, Lifetime, Order
from common.fleet.faults import SECOND, Faults
from common.fleet.fleet import Fleet
from common.fleet.run import CALM_NS, LOOK_NS, faults_of
from common.fleet.speech import fill_of, forced_of, report_of
from common.fleet.timeline import BEGIN_NS
from common.fleet.wire import ACCOUNT
from common.ledger.ledger import Ledger
from common.ledger.report import Report
from common.ledger.retelling import Retelling
from common.ledger.rows import Author
from common.ledger.verify import verify
from common.reconcile import carry
from common.reconcile.evidence import Evidence
from common.sim.engine import PaperEngine

AUTHOR = Author(pid=1, code_version="test", config_hash="test")
#: seeds with forced fills, deaths, several deals a market, partial fills
EVENTFUL = tuple(s for s in range(200) if faults_of(s).liquidated and faults_of(s).deals_max > 1)[:6]


def played(seed: int, folder: Path, faults: Faults | None = None) -> Fleet:
    """A fleet whose story is over: everything at rest, hedged deals left open."""
    fleet = Fleet(seed, replace(faults or faults_of(seed), power_cut=0.0), folder)
    fleet.keep_going()
    fleet.run_until(BEGIN_NS + 30 * SECOND)
    fleet.calm()
    end_ns = fleet.timeline.now_ns + CALM_NS
    while fleet.timeline.now_ns < end_ns and not fleet.at_rest():
        fleet.run_until(fleet.timeline.now_ns + LOOK_NS)
    return fleet


def history(engine: PaperEngine) -> History:
    """What a desk would bring home from this venue."""
    fills = [fill for fill in engine.fills(ACCOUNT) if fill.order_id is not None]
    orders = {fill.order_id: engine.order(ACCOUNT, fill.order_id or "") for fill in fills}
    told = []
    for order in orders.values():
        assert order is not None
        asked = order.request
        told.append(
            PastOrder(
                venue=engine.venue,
                market=asked.market,
                side=asked.side,
                size=asked.size,
                limit=asked.price,
                lifetime=Lifetime(asked.lifetime),
                reduce_only=asked.reduce_only,
                created_ns=order.created_ns,
                report=report_of(order, {}),
            )
        )
    ours = tuple(fill_of(engine.venue, order, f) for f in fills if (order := orders[f.order_id]) is not None)
    forced = (forced_of(engine.venue, f, f.at_ns) for f in engine.fills(ACCOUNT) if f.order_id is None)
    return History(engine.venue, tuple(told), ours, tuple(forced))


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


def fill_facts(fills: tuple[Fill, ...]) -> set[Any]:
    return {(f.venue, f.fill_id, f.client_id, f.side, f.price, f.size, f.fee_uusd) for f in fills}


def order_facts(deal: Deal) -> list[Any]:
    filled = {f.client_id for f in deal.fills}
    return [_facts(order) for order in deal.orders if order.client_id in filled]


def _facts(o: Order) -> Any:
    told = (o.client_id, o.venue, o.side, o.purpose, o.size, o.limit, o.lifetime, o.reduce_only, o.state)
    return (*told, o.venue_order_id, o.reported_size)


def matters(deal: Deal) -> Any:
    """All of a deal that its venues can know."""
    identity = (deal.deal_id, deal.market, deal.number, deal.direction, deal.size)
    return (*identity, deal.state, deal.held_uusd, fill_facts(deal.fills), sorted(order_facts(deal)))


def compare(lost: Path, path: Path) -> int:
    """Every deal that ever filled stands again as it was; how many of them are live."""
    before, after = deals_of(lost), deals_of(path)
    assert before.keys() == after.keys()
    for deal_id, deal in before.items():
        assert matters(after[deal_id]) == matters(deal)
    return sum(deal.live for deal in after.values())


@pytest.mark.parametrize("seed", [1, 2, *EVENTFUL])
def test_a_lost_file_is_told_again_deal_by_deal(tmp_path: Path, seed: int) -> None:
    fleet = played(seed, tmp_path)
    lost, path = fleet.disk.file, tmp_path / "rebuilt.db"
    plan = reconciled(path, fleet)
    assert plan.strange == {}
    compare(lost, path)
    assert verify(path).sound
    fleet.close()
