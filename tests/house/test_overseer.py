"""The judge of the warden can fail: each of its laws is broken by hand, and it must say which."""

import sqlite3
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from common.core.market import Venue
from common.fleet.by_hand import Planted
from common.fleet.overseer import FOUND_NS, MEMORY_NS, Overseer, Stage
from common.fleet.violation import Violation
from common.sim.faults import SECOND

TABLES = """
CREATE TABLE journal (seq INTEGER PRIMARY KEY, verb TEXT, market TEXT, why TEXT);
CREATE TABLE halt (market TEXT PRIMARY KEY, level TEXT);
CREATE TABLE orders (client_id TEXT, market TEXT, venue TEXT, size TEXT, limit_price TEXT, state TEXT, reduce_only INT);
CREATE TABLE fill (client_id TEXT, venue TEXT, side TEXT, size TEXT);
"""


class Engine:
    """A venue's account as the test says it is; one market, BTC at 100 USD."""

    def __init__(self) -> None:
        self.equity, self.size, self.orders = Decimal(100), Decimal(0), dict[str, Any]()

    def account(self, _: str) -> Any:
        positions = (SimpleNamespace(market="BTC", size=self.size),) if self.size else ()
        maintenance = abs(self.size) * 100 * Decimal("0.05")
        return SimpleNamespace(equity=self.equity, positions=positions, maintenance_margin=maintenance)

    def index_price(self, _: str) -> Decimal:
        return Decimal(100)

    def order_by_client_id(self, _: str, client_id: str) -> Any:
        return self.orders.get(client_id)


class Hands:
    """A person all of whose doings stand."""

    def __init__(self) -> None:
        self.planted: list[Planted] = []

    def standing(self) -> list[Planted]:
        return self.planted


class Run:
    """A ledger file of four tables, two venues and a person."""

    def __init__(self) -> None:
        self.db = sqlite3.connect(":memory:")
        self.db.executescript(TABLES)
        self.now_ns = 0
        self.engines = {venue: Engine() for venue in Venue}
        self.person = Hands()
        self.overseer = self.overseen()

    def overseen(self, skew_ns: int = 0, peg_bps: int = 0) -> Overseer:
        stage = Stage(skew_ns, peg_bps, self.person)  # type: ignore[arg-type]
        rows: Callable[..., list[Any]] = lambda sql, *values: self.db.execute(sql, values).fetchall()  # noqa: E731
        return Overseer(rows, self.engines, stage, lambda: self.now_ns)  # type: ignore[arg-type]

    def halt(self, market: str, why: str, level: str = "halt", who: str = "warden") -> None:
        self.db.execute(
            "INSERT INTO journal (verb, market, why) VALUES ('halt', ?, ?)", (market, f"{level} by {who}: {why}")
        )
        self.db.execute("INSERT OR REPLACE INTO halt VALUES (?, ?)", (market, level))

    def resume(self, market: str, who: str = "warden") -> None:
        self.db.execute("INSERT INTO journal (verb, market, why) VALUES ('resume', ?, ?)", (market, f"by {who}: calm"))
        self.db.execute("DELETE FROM halt WHERE market = ?", (market,))

    def says(self, sentence: str) -> None:
        with pytest.raises(Violation, match=sentence):
            self.overseer.look()


@pytest.fixture
def run() -> Run:
    return Run()


# ---- halts are true -----------------------------------------------------------------------------------------------

TRUE: dict[str, Callable[[Run], None]] = {
    "leverage": lambda run: setattr(run.engines[Venue.APEX], "size", Decimal("-2.81")),
    "liquidation": lambda run: setattr(run.engines[Venue.DYDX], "size", Decimal("6")),
    "loss": lambda run: setattr(run.engines[Venue.DYDX], "equity", Decimal(79)),
    "difference": lambda run: setattr(run.engines[Venue.APEX], "size", Decimal("0.1")),
    "foreign": lambda run: run.person.planted.append(Planted(Venue.APEX, "BTC", "by-hand-0", 0)),
}


@pytest.mark.parametrize("kind", [*TRUE, "clock", "peg", "whim"])
def test_a_halt_for_what_is_not_so_is_a_violation(run: Run, kind: str) -> None:
    run.overseer.sample()
    run.halt("BTC" if kind in ("difference", "foreign") else "*", f"{kind}: in words")
    run.says(f"for what is not so: {kind}")


@pytest.mark.parametrize("kind", TRUE)
def test_a_halt_for_what_is_so_is_none_and_for_what_was_long_ago_is_one(run: Run, kind: str) -> None:
    run.overseer.sample()
    TRUE[kind](run)
    run.overseer.sample()
    run.halt("BTC", f"{kind}: in words")
    run.overseer.look()
    assert run.overseer.halts == 1
    if kind == "foreign":
        return
    for engine in run.engines.values():
        engine.size, engine.equity = Decimal(0), Decimal(100)
    run.now_ns += MEMORY_NS + 1
    run.overseer.sample()
    run.halt("SOL", f"{kind}: in words")
    run.says("for what is not so")


def test_clock_and_dollars_are_judged_by_what_the_run_has(run: Run) -> None:
    run.overseer = run.overseen(skew_ns=-2 * SECOND - 1, peg_bps=51)
    run.halt("*", "clock: off")
    run.halt("*", "peg: off", level="reduce")
    run.overseer.look()
    run.overseer = run.overseen(skew_ns=2 * SECOND, peg_bps=50)
    run.says("for what is not so: clock")


def test_what_a_person_or_a_worker_halts_needs_no_reason(run: Run) -> None:
    run.halt("BTC", "odd prices", who="ann")
    run.halt("SOL", "stuck: 8 orders", who="worker")
    run.overseer.look()
    assert run.overseer.halts == 0


# ---- what is lifted -----------------------------------------------------------------------------------------------


def test_the_warden_may_lift_its_own_passing_halt_of_every_market(run: Run) -> None:
    run.overseer = run.overseen(skew_ns=3 * SECOND)
    run.halt("*", "clock: off")
    run.overseer.look()
    run.resume("*")
    run.overseer.look()
    assert run.overseer.lifts == 1


@pytest.mark.parametrize("who", ["ann", "worker", "ledger"])
def test_it_may_not_lift_anybody_elses_however_much_of_its_own_lies_over_it(run: Run, who: str) -> None:
    run.overseer = run.overseen(skew_ns=3 * SECOND)
    run.halt("*", "odd prices", who=who)
    run.halt("*", f"clock: off | over halt by {who}: odd prices", level="reduce")
    run.overseer.look()
    run.resume("*")
    run.says(f"lifted the halt of \\* that stood for {who}")


def test_it_may_not_lift_what_only_a_person_may(run: Run) -> None:
    run.engines[Venue.DYDX].equity = Decimal(100)
    run.overseer.sample()
    run.engines[Venue.DYDX].equity = Decimal(50)
    run.overseer.sample()
    run.halt("*", "loss: half of it", level="reduce")
    run.overseer.look()
    run.resume("*")
    run.says("that stood for warden: loss")


def test_it_may_not_lift_the_halt_of_a_market(run: Run) -> None:
    run.halt("BTC", "odd", who="ann")
    run.resume("BTC")
    run.says("lifted the halt of BTC")


def test_a_person_may_lift_anything(run: Run) -> None:
    run.halt("BTC", "odd", who="worker")
    run.resume("BTC", who="ann")
    run.overseer.look()


@pytest.mark.parametrize(
    "statement", ["DELETE FROM halt", "UPDATE halt SET level = 'halt'", "UPDATE halt SET market = 'SOL'"]
)
def test_a_halt_that_nobody_resumed_is_in_force_as_strictly_as_it_was_ordered(run: Run, statement: str) -> None:
    run.halt("BTC", "careful", level="reduce", who="ann")
    run.db.execute(statement)
    run.says("of BTC is not in force any more, and nobody resumed it")


# ---- nothing is missed, nothing is carried too far ----------------------------------------------------------------


def test_what_stands_by_hand_must_have_its_market_halted_at_rest(run: Run) -> None:
    run.person.planted.append(Planted(Venue.APEX, "BTC", "by-hand-0", 0))
    assert run.overseer.is_finding()
    run.now_ns = FOUND_NS
    assert not run.overseer.is_finding(), "there is no time left"
    run.db.execute("INSERT INTO halt VALUES ('*', 'halt')")
    with pytest.raises(Violation, match="missed by-hand-0 in BTC at apex"):
        run.overseer.close()
    run.db.execute("INSERT INTO halt VALUES ('BTC', 'halt')")
    run.overseer.close()


@pytest.mark.parametrize(
    ("held", "size", "state", "reduces", "too_much"),
    [
        ("2", "1", "NEW", 0, False),
        ("2", "1.01", "NEW", 0, True),
        ("-2", "1.01", "WORKING", 0, True),
        ("2", "1.01", "DONE", 0, False),
        ("2", "1.01", "NEW", 1, False),
        ("3.01", "0", "DONE", 0, True),
    ],
)
def test_an_entry_may_not_carry_a_venue_above_the_most_leverage_at_mark(
    run: Run, held: str, size: str, state: str, reduces: int, too_much: bool
) -> None:
    run.engines[Venue.DYDX].size = Decimal(held)
    run.db.execute("INSERT INTO orders VALUES ('x', 'BTC', 'dydx', ?, '100', ?, ?)", (size, state, reduces))
    if too_much:
        with pytest.raises(Violation, match="may carry dydx above 3"):
            run.overseer.admitted()
    else:
        run.overseer.admitted()


def test_what_has_filled_is_not_counted_twice(run: Run) -> None:
    run.engines[Venue.DYDX].size = Decimal(2)
    run.db.execute("INSERT INTO orders VALUES ('x', 'BTC', 'dydx', '2', '100', 'NEW', 0)")
    run.engines[Venue.DYDX].orders["x"] = SimpleNamespace(remaining=Decimal(1), status="OPEN")
    run.overseer.admitted()
    run.engines[Venue.DYDX].orders["x"] = SimpleNamespace(remaining=Decimal(2), status="CANCELED")
    run.overseer.admitted()
