"""The judge can fail: each law is broken by hand, in a copy of a finished run, and the judge must say which."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from common.core.market import Side, Venue
from common.core.order import Lifetime, Order, Purpose
from common.fleet.by_hand import OwnView
from common.fleet.fleet import Fleet
from common.fleet.judge import Judge
from common.fleet.losses import DURABLE_NS
from common.fleet.rest import Rest
from common.fleet.timeline import BEGIN_NS
from common.fleet.violation import Violation
from common.ledger.report import Report
from common.sim.faults import SECOND, Faults
from common.sim.types import FundingPayment

D = Decimal
SEED = 2
CLOSED = "(SELECT deal_id FROM deal WHERE state = 'CLOSED' ORDER BY deal_id LIMIT 1)"
AFTER_NS = BEGIN_NS + 3600 * SECOND
LIVE = "(SELECT deal_id FROM deal WHERE state IN ('OPEN', 'OPENING') ORDER BY deal_id LIMIT 1)"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A fleet that traded in a perfect world, some deals closed and some open, everything at rest."""
    fleet = Fleet(SEED, Faults(race_lost=0.0), tmp_path_factory.mktemp("fleet"))
    fleet.keep_going()
    fleet.run_until(BEGIN_NS + 18 * SECOND)
    fleet.calm()
    fleet.run_until(BEGIN_NS + 20 * SECOND)
    assert fleet.at_rest()
    states = fleet.judge.counts()
    assert states["closed"] > 0 and states["deals"] > states["closed"]
    yield fleet
    fleet.close()


class Planted:
    """A copy of the run's ledger without its laws, and a judge who remembers the run."""

    def __init__(self, fleet: Fleet, folder: Path) -> None:
        self.fleet, self.file = fleet, folder / "ledger.db"
        source = sqlite3.connect(fleet.disk.file)
        self.db = sqlite3.connect(self.file, isolation_level=None)
        source.backup(self.db)
        source.close()
        for (name,) in self.db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            self.db.execute(f"DROP TRIGGER {name}")
        self.judge = Judge(self.file, fleet.engines, (D("2.5"), 4, D(100)))
        self.judge._held, self.judge._reserved = dict(fleet.judge._held), dict(fleet.judge._reserved)

    def plant(self, *statements: str) -> None:
        for statement in statements:
            self.db.execute(statement)

    def rest(self, reported: dict[str, int] | None = None) -> Rest:
        own = {venue: OwnView(engine) for venue, engine in self.fleet.engines.items()}
        return Rest(self.judge.all_rows, own, D(100), reported or {})

    def close(self) -> None:
        self.judge.shut()
        self.db.close()


@pytest.fixture
def planted(fleet: Fleet, tmp_path: Path) -> Iterator[Planted]:
    planted = Planted(fleet, tmp_path)
    yield planted
    planted.close()


def deal(name: str, market: str, direction: int = 1, held: int = 1_000_000, opened_ns: int = BEGIN_NS) -> list[str]:
    """Statements that insert a live deal with two small orders."""
    statements = [
        f"INSERT INTO deal VALUES ('{name}', '{market}', 9{len(name)}{direction + 1}, {direction}, '1', 'OPENING', "
        f"{held}, 0, {opened_ns}, {opened_ns}, 0, '')"
    ]
    for seq, venue in enumerate(("dydx", "apex"), 1):
        statements.append(
            f"INSERT INTO orders VALUES ('{name}-{venue}', '{name}', {seq}, '{venue}', '{market}', 'BUY', 'OPEN', "
            f"'0.01', '100', 'FOK', 0, {opened_ns}, 'NEW', NULL, NULL, '', '', '')"
        )
    return statements


def fresh(fleet: Fleet) -> int:
    return fleet.timeline.now_ns


def test_an_untouched_run_is_clean_at_any_moment_and_at_rest(planted: Planted) -> None:
    planted.judge.look()
    planted.rest().judge()


# ---- at any moment ------------------------------------------------------------------------------------------------


def limited(market: str, key: str, fleet: Fleet) -> list[str]:
    """A deal where there may be none."""
    row = f"INSERT OR REPLACE INTO entry_limit VALUES ('{market}', '{key}', 0)"
    return [row, *deal("new-1", "XYZ", opened_ns=fresh(fleet))]


MOMENTS: dict[str, tuple[str, Callable[[Fleet], list[str]]]] = {
    "cap": ("cap: new-1 was let in", lambda f: deal("new-1", "XYZ", held=10**12, opened_ns=fresh(f))),
    "cap at one micro-dollar too much": (
        "cap: new-1 was let in",
        lambda f: deal("new-1", "XYZ", held=room(f) + 1, opened_ns=fresh(f)),
    ),
    "level": (
        r"level: \d live deals in direction -1",
        lambda f: [s for n in range(5) for s in deal(f"n{'x' * n}", f"M{n}", -1, opened_ns=fresh(f))],
    ),
    "direction": (
        "direction: XYZ is live in both directions",
        lambda f: deal("one", "XYZ", 1, opened_ns=fresh(f)) + deal("two", "XYZ", -1, opened_ns=fresh(f)),
    ),
    "halt of the market": (
        "halt: new-1 was let in",
        lambda f: [halt("XYZ"), *deal("new-1", "XYZ", opened_ns=fresh(f))],
    ),
    "halt of all": ("halt: new-1 was let in", lambda f: [halt("*"), *deal("new-1", "XYZ", opened_ns=fresh(f))]),
    **{
        f"limit of {key} of {market}": (
            rf"limit: new-1 was let in as \d+ of 0 {key} of {re.escape(market)}",
            partial(limited, market, key),
        )
        for market in ("XYZ", "*")
        for key in ("deals", "notional_uusd", "deals_per_minute", "deals_per_hour")
    },
    "equity missing": (
        "equity: new-1 was let in with 1 venues",
        lambda f: ["DELETE FROM equity WHERE venue = 'apex'", *deal("new-1", "XYZ", opened_ns=fresh(f))],
    ),
    "equity too old": (
        "on an equity that was too old",
        lambda f: [
            f"UPDATE equity SET at_ns = {fresh(f) - 5 * SECOND - 1} WHERE venue = 'apex'",
            *deal("new-1", "XYZ", opened_ns=fresh(f)),
        ],
    ),
    "less held than the orders may fill for": (
        "its 2 orders may fill for",
        lambda f: deal("new-1", "XYZ", held=999_999, opened_ns=fresh(f)),
    ),
    "held raised": ("was raised", lambda f: [f"UPDATE deal SET held_uusd = held_uusd + 1 WHERE deal_id = {LIVE}"]),
    "held lowered while an order may still fill": (
        "may still fill",
        lambda f: [
            f"UPDATE orders SET state = 'WORKING' WHERE seq = 1 AND deal_id = {LIVE}",
            f"UPDATE deal SET held_uusd = held_uusd - 1 WHERE deal_id = {LIVE}",
        ],
    ),
    "held lowered under what is open": (
        "is open for",
        lambda f: [f"UPDATE deal SET held_uusd = held_uusd / 2 WHERE deal_id = {LIVE}"],
    ),
    "a deal is gone": ("deals are gone", lambda f: [f"DELETE FROM deal WHERE deal_id = {CLOSED}"]),
}


def halt(market: str) -> str:
    return f"INSERT INTO halt VALUES ('{market}', 'halt', 'planted', 'test', 0)"


def room(fleet: Fleet) -> int:
    """What could still be let in, by the ledger's own word."""
    db = sqlite3.connect(fleet.disk.file)
    held, cap = db.execute("SELECT held_uusd, cap_uusd FROM room").fetchone()
    db.close()
    return int(cap - held)


@pytest.mark.parametrize("name", MOMENTS)
def test_a_law_of_any_moment_is_missed_at_once(planted: Planted, name: str) -> None:
    says, statements = MOMENTS[name]
    planted.plant(*statements(planted.fleet))
    with pytest.raises(Violation, match=says):
        planted.judge.look()


def test_what_exactly_fits_under_the_cap_is_let_in(planted: Planted) -> None:
    planted.plant(*deal("new-1", "XYZ", held=room(planted.fleet), opened_ns=fresh(planted.fleet)))
    planted.judge.look()


def test_an_order_that_arrives_needs_its_row_and_must_not_have_been_called_dead(planted: Planted) -> None:
    (known,) = planted.db.execute(f"SELECT client_id FROM orders WHERE seq = 1 AND deal_id = {CLOSED}").fetchone()
    planted.plant("UPDATE orders SET state = 'NEW' WHERE seq = 1")
    order = Order(known, "", Venue.APEX, "BTC", Side.BUY, Purpose.OPEN, D(1), D(1), Lifetime.FOK, False, 0)
    planted.judge.arrived(order)
    with pytest.raises(Violation, match="without a row"):
        planted.judge.arrived(replace(order, client_id="nobody"))
    planted.plant("UPDATE orders SET state = 'DONE'")
    with pytest.raises(Violation, match="after it was called dead"):
        planted.judge.arrived(order)


# ---- at rest ------------------------------------------------------------------------------------------------------

ONE = f"(SELECT o.client_id FROM orders o WHERE o.seq = 1 AND o.deal_id = {CLOSED})"
ONE_FILL = f"(SELECT MIN(seq) FROM fill WHERE client_id = {ONE})"
ENDED = f"deal_id = {CLOSED}"
AT_REST: dict[str, tuple[str, list[str]]] = {
    "fate unknown": ("nobody knows its fate", [f"UPDATE orders SET state = 'WORKING' WHERE client_id = {ONE}"]),
    "order without a row": ("has no row", [f"DELETE FROM orders WHERE client_id = {ONE}"]),
    "row of another price": ("its row says", [f"UPDATE orders SET limit_price = '1' WHERE client_id = {ONE}"]),
    "row of another side": (
        "its row says",
        [f"UPDATE orders SET side = IIF(side = 'BUY', 'SELL', 'BUY') WHERE client_id = {ONE}"],
    ),
    "an entry that may only reduce": (
        "has reduce_only=1",
        [f"UPDATE orders SET reduce_only = 1 WHERE client_id = {ONE}"],
    ),
    "an exit that may open": ("has reduce_only=0", ["UPDATE orders SET reduce_only = 0 WHERE purpose = 'CLOSE'"]),
    "an evening that may open": (
        "has reduce_only=0",
        [f"UPDATE orders SET purpose = 'EVEN', reduce_only = 0 WHERE seq = 3 AND deal_id = {CLOSED}"],
    ),
    "a fill is missing": ("and .* less", [f"DELETE FROM fill WHERE seq = {ONE_FILL}"]),
    "a fill is counted twice": (
        "the ledger has",
        [
            "INSERT INTO fill SELECT NULL, venue, fill_id || '@', client_id, side, price, size, fee_uusd, 0, 0 "
            f"FROM fill WHERE seq = {ONE_FILL}"
        ],
    ),
    "a fill of another price": ("the ledger has", [f"UPDATE fill SET price = '1' WHERE seq = {ONE_FILL}"]),
    "a fee is off by a micro-dollar": (
        "the ledger has",
        [f"UPDATE fill SET fee_uusd = fee_uusd + 1 WHERE seq = {ONE_FILL}"],
    ),
    "naked": (
        "naked at rest",
        [f"UPDATE orders SET deal_id = {LIVE}, seq = 99 WHERE client_id = {ONE}"],
    ),
    "stuck without a halt": ("is not halted", [f"UPDATE deal SET state = 'STUCK' WHERE deal_id = {LIVE}"]),
    "a late fill that halted nobody": ("that nobody expected", [f"UPDATE deal SET changed_ns = 0 WHERE {ENDED}"]),
    "a fill that was taken back at the venue only": (
        "the ledger has .* more",
        [
            "INSERT INTO fill SELECT NULL, venue, fill_id || '!reversed', client_id, IIF(side = 'BUY', 'SELL', 'BUY'), "
            f"price, size, -fee_uusd, 0, 0 FROM fill WHERE seq = {ONE_FILL}"
        ],
    ),
    "funding that no venue paid": ("funding at dydx", ["INSERT INTO funding VALUES (1, 'dydx', 'p', 'BTC', 1, 0)"]),
    "a move is not in the journal": (
        "journal: .* finds it",
        [f"DELETE FROM journal WHERE {ENDED} AND from_state <> to_state AND to_state <> 'CLOSED'"],
    ),
    "the journal's last word is another": (
        "ends otherwise",
        [f"DELETE FROM journal WHERE {ENDED} AND to_state = 'CLOSED'"],
    ),
    "a move that does not exist": (
        "journal: .* went from OPENING to CLOSING",
        [
            f"DELETE FROM journal WHERE {ENDED} AND to_state = 'OPEN'",
            f"UPDATE journal SET from_state = 'OPENING' WHERE {ENDED} AND from_state = 'OPEN'",
        ],
    ),
    "a deal that was never reserved": (
        "journal: .* begins with",
        [f"DELETE FROM journal WHERE {ENDED} AND verb = 'reserve'"],
    ),
    "an order's end is not told": (
        "ended 0 times",
        [f"UPDATE journal SET why = REPLACE(why, '→ DONE', '') WHERE why LIKE {ONE} || ':%'"],
    ),
    "a fill is not told": (
        "of its . fills are told",
        [f"UPDATE journal SET why = REPLACE(why, ' new fill', '') WHERE why LIKE {ONE} || ':%'"],
    ),
}


@pytest.mark.parametrize("name", AT_REST)
def test_a_law_of_rest_is_missed(planted: Planted, name: str) -> None:
    says, statements = AT_REST[name]
    planted.plant(*statements)
    with pytest.raises(Violation, match=says):
        planted.rest().judge()


def test_what_a_venue_did_and_the_ledger_missed_is_missed(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = planted.fleet.engines[Venue.APEX]
    fills = engine.fills("fleet")
    monkeypatch.setattr(engine, "fills", lambda account_id: (replace(fills[0], failed_ns=1), *fills[1:]))
    with pytest.raises(Violation, match=r"fills at apex: .*!reversed.* less"):
        planted.rest().judge()
    monkeypatch.undo()
    paid = FundingPayment("p", "fleet", "BTC", D("-0.000001"), D(0), D(1), D(1), 0)
    monkeypatch.setattr(engine, "funding", lambda account_id: (paid,))
    with pytest.raises(Violation, match=r"funding at apex: .*-1.* less"):
        planted.rest().judge()


def test_a_fill_that_was_taken_back_must_have_halted_and_leaves_what_stands(planted: Planted) -> None:
    rest = planted.rest()
    planted.plant(
        "INSERT INTO fill SELECT NULL, venue, fill_id || '!reversed', client_id, IIF(side = 'BUY', 'SELL', 'BUY'), "
        f"price, size, -fee_uusd, 0, 0 FROM fill WHERE seq = {ONE_FILL}"
    )
    with pytest.raises(Violation, match="that nobody expected"):
        rest._late_fills()
    planted.plant(halt("*"))
    rest._late_fills()
    (deal_id,) = planted.db.execute(f"SELECT {LIVE}").fetchone()
    open_uusd = planted.judge._open_notional(deal_id)
    assert open_uusd > 0
    planted.plant(
        "INSERT INTO fill SELECT NULL, f.venue, f.fill_id || '!reversed', client_id, "
        "IIF(f.side = 'BUY', 'SELL', 'BUY'), f.price, f.size, -f.fee_uusd, 0, 0 "
        f"FROM fill f JOIN orders o USING (client_id) WHERE deal_id = '{deal_id}'"
    )
    assert planted.judge._open_notional(deal_id) == 0


@pytest.mark.parametrize(
    ("says", "change"),
    [
        ("positions at", {"positions": ()}),
        ("money at", {"balance": D("100.000001")}),
    ],
)
def test_a_venue_that_says_otherwise_is_missed(
    planted: Planted, monkeypatch: pytest.MonkeyPatch, says: str, change: dict[str, Any]
) -> None:
    engine = planted.fleet.engines[Venue.DYDX]
    view = engine.account("fleet")
    monkeypatch.setattr(engine, "account", lambda account_id: replace(view, **change))
    with pytest.raises(Violation, match=says):
        planted.rest().judge()


def test_a_pnl_that_is_off_by_a_micro_dollar_is_missed(planted: Planted) -> None:
    with Report.open(planted.fleet.disk.file) as report:
        reported = {row.deal.deal_id: row.pnl_uusd for row in report.deals()}
    planted.rest(reported).judge()
    closed = next(row[0] for row in planted.db.execute("SELECT deal_id FROM deal WHERE state = 'CLOSED'"))
    with pytest.raises(Violation, match=f"pnl: {closed} is reported with"):
        planted.rest({**reported, closed: reported[closed] + 1}).judge()


@pytest.mark.parametrize(
    ("fills", "netted"),
    [
        ([("SELL", "1", 90)], False),
        ([("SELL", "1", 90), ("BUY", "1", 95)], True),
        ([("SELL", "1", 90), ("BUY", "1", 95), ("SELL", "1", 100)], True),
        ([("SELL", "1", 90), ("BUY", "1", 100)], True),
        ([("SELL", "2", 90), ("BUY", "1", 100)], False),
    ],
)
def test_an_order_is_judged_by_what_may_have_been_heard_when_it_was_made(fills: list[Any], netted: bool) -> None:
    def rows(sql: str, *values: Any) -> list[Any]:
        return fills if "FROM fill" in sql else [("BTC", "apex", "BUY", "1", 100)]

    assert Rest(rows, {}, D(0), {})._netted("x") is netted


def test_what_was_seen_before_a_power_cut_must_still_be_there(planted: Planted, tmp_path: Path) -> None:
    other = tmp_path / "after.db"
    db = sqlite3.connect(other, isolation_level=None)
    planted.db.backup(db)
    db.execute(f"DELETE FROM deal WHERE deal_id = {CLOSED}")
    planted.judge.look()
    with pytest.raises(Violation, match=r"CLOSED\) was sent 0 ms before a power cut"):
        planted.judge.cut(other, AFTER_NS)
    planted.judge.reopen(other)
    with pytest.raises(Violation, match="deals are gone"):
        planted.judge.look()
    db.close()


def lost(planted: Planted, folder: Path, *statements: str) -> Path:
    """The file after a power cut that did this to it."""
    other = folder / "after.db"
    db = sqlite3.connect(other, isolation_level=None)
    planted.db.backup(db)
    for statement in statements:
        db.execute(statement)
    db.close()
    return other


#: a deal as it is when nothing but its reservation is in the file, and what a power cut does to it
RESERVED = (
    f"DELETE FROM fill WHERE client_id IN (SELECT client_id FROM orders WHERE deal_id = {LIVE})",
    f"DELETE FROM journal WHERE deal_id = {LIVE} AND verb <> 'reserve'",
    f"UPDATE orders SET state = 'NEW' WHERE deal_id = {LIVE}",
)
TAKEN = (
    f"DELETE FROM journal WHERE deal_id = {LIVE}",
    f"DELETE FROM orders WHERE deal_id = {LIVE}",
    f"DELETE FROM deal WHERE deal_id = {LIVE}",
)


def sent(planted: Planted, ago_ns: int) -> tuple[str, str, str]:
    """The reservation of the live deal, and when its first order left: deal, order, venue."""
    deal_id, client_id, venue, market = planted.db.execute(
        f"SELECT deal_id, client_id, venue, market FROM orders WHERE deal_id = {LIVE} ORDER BY seq LIMIT 1"
    ).fetchone()
    planted.plant(*RESERVED, f"UPDATE deal SET state = 'OPENING' WHERE deal_id = '{deal_id}'")
    order = Order(client_id, deal_id, Venue(venue), market, Side.BUY, Purpose.OPEN, D(1), D(1), Lifetime.FOK, False, 1)
    planted.judge.departed(order, AFTER_NS - ago_ns)
    return deal_id, client_id, venue


def test_a_power_cut_may_take_what_was_sent_just_then(planted: Planted, tmp_path: Path) -> None:
    deal_id, _, _ = sent(planted, DURABLE_NS)
    planted.judge.cut(lost(planted, tmp_path, *TAKEN), AFTER_NS)
    assert set(planted.judge.losses.deals) == {deal_id}


def test_a_power_cut_may_not_take_what_was_sent_long_before(planted: Planted, tmp_path: Path) -> None:
    sent(planted, DURABLE_NS + 1)
    with pytest.raises(Violation, match="was sent 250 ms before a power cut that took it"):
        planted.judge.cut(lost(planted, tmp_path, *TAKEN), AFTER_NS)


def test_a_process_that_died_just_then_could_not_make_it_durable(planted: Planted, tmp_path: Path) -> None:
    deal_id, _, _ = sent(planted, SECOND)
    planted.judge.losses.died(deal_id.split("-")[1], AFTER_NS - SECOND)
    planted.judge.cut(lost(planted, tmp_path, *TAKEN), AFTER_NS)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("DELETE FROM fill WHERE seq = 1", "more from fills"),
        ("DELETE FROM journal WHERE seq = 1", "more from the journal"),
        ("DELETE FROM orders WHERE state = 'DONE'", "more from orders"),
    ],
)
def test_a_power_cut_may_take_nothing_else(planted: Planted, tmp_path: Path, more: str, told: str) -> None:
    sent(planted, 1)
    with pytest.raises(Violation, match=told):
        planted.judge.cut(lost(planted, tmp_path, *TAKEN, more), AFTER_NS)


def test_what_was_lost_counts_until_it_can_come_to_nothing(planted: Planted, tmp_path: Path) -> None:
    deal_id, _, _ = sent(planted, 1)
    (filled_ns,) = planted.db.execute(f"SELECT opened_ns FROM deal WHERE deal_id = {LIVE}").fetchone()
    planted.judge.cut(lost(planted, tmp_path, *TAKEN), AFTER_NS)
    losses = planted.judge.losses
    assert len(losses.counting(lambda name: False, filled_ns + 3600 * SECOND)) == 1, "it filled, whatever the time"
    assert not losses.counting(lambda name: name == deal_id, filled_ns), "it is in the file again"
    (one,) = losses.deals.values()
    losses.deals[deal_id] = replace(one, orders=tuple((f"{client_id}x", venue) for client_id, venue in one.orders))
    losses._markets |= {f"{client_id}x": one.market for client_id, _ in one.orders}
    assert losses.counting(lambda name: False, filled_ns + 35 * SECOND)
    assert not losses.counting(lambda name: False, filled_ns + 35 * SECOND + 1), "no venue takes it in any more"


def test_no_order_leaves_without_a_row_or_twice_under_one_id(planted: Planted) -> None:
    _, client_id, venue = sent(planted, 1)
    order = Order(client_id, "x", Venue(venue), "BTC", Side.BUY, Purpose.OPEN, D(1), D(1), Lifetime.FOK, False, 1)
    with pytest.raises(Violation, match="was used twice"):
        planted.judge.departed(order, AFTER_NS)
    with pytest.raises(Violation, match="without a row"):
        planted.judge.departed(replace(order, client_id="nobody-BTC-1-d0"), AFTER_NS)


def test_a_lost_order_that_arrives_after_it_was_given_up_is_seen(planted: Planted, tmp_path: Path) -> None:
    _, client_id, venue = sent(planted, 1)
    file = lost(planted, tmp_path, *TAKEN)
    planted.judge.cut(file, AFTER_NS)
    market = client_id.split("-")[1]
    order = Order(client_id, "x", Venue(venue), market, Side.BUY, Purpose.OPEN, D(1), D(1), Lifetime.FOK, False, 1)
    planted.judge.arrived(order)
    db = sqlite3.connect(file, isolation_level=None)
    db.execute(
        "INSERT INTO journal (seq, at_ns, verb, market, why, pid, code_version, config_hash, prev, hash) "
        "VALUES (9999, 1, 'dispel', ?, '', 1, '', '', '', ?)", (market, "0" * 64)
    )  # fmt: skip
    db.close()
    with pytest.raises(Violation, match="after it was called dead"):
        planted.judge.arrived(order)
