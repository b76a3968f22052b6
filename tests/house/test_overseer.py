"""The judge of the warden can fail: each of its laws is broken by hand, and it must say which."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from common.core.market import Side, Venue
from common.core.money import ZERO
from common.fleet.by_hand import OwnView, Planted
from common.fleet.overseer import FOUND_NS, MEMORY_NS, ROW_MAX_NS, Overseer, Stage
from common.fleet.run import faults_of
from common.fleet.run import run as simulate
from common.fleet.violation import Violation
from common.sim.faults import SECOND

TABLES = """
CREATE TABLE journal (seq INTEGER PRIMARY KEY, verb TEXT, market TEXT, why TEXT);
CREATE TABLE halt (market TEXT PRIMARY KEY, level TEXT);
CREATE TABLE orders (client_id TEXT, market TEXT, venue TEXT, size TEXT, limit_price TEXT, state TEXT, reduce_only INT);
CREATE TABLE fill (client_id TEXT, venue TEXT, side TEXT, size TEXT, fill_id TEXT);
CREATE TABLE equity (venue TEXT, at_ns INT);
CREATE TABLE venue_position (venue TEXT, market TEXT, size TEXT);
INSERT INTO equity VALUES ('dydx', 0), ('apex', 0);
"""


class Engine:
    """A venue's account as the test says it is; one market, BTC at 100 USD."""

    def __init__(self) -> None:
        self.equity, self.size, self.orders = Decimal(100), Decimal(0), dict[str, Any]()
        self.executions: list[Any] = []

    def account(self, _: str) -> Any:
        positions = (SimpleNamespace(market="BTC", size=self.size),) if self.size else ()
        maintenance = abs(self.size) * 100 * Decimal("0.05")
        return SimpleNamespace(equity=self.equity, positions=positions, maintenance_margin=maintenance)

    def index_price(self, _: str) -> Decimal:
        return Decimal(100)

    def order_by_client_id(self, _: str, client_id: str) -> Any:
        return self.orders.get(client_id)

    def order(self, _: str, order_id: str) -> Any:
        return self.orders.get(order_id)

    def fills(self, _: str) -> list[Any]:
        return self.executions

    def does(self, side: Side, size: str, at_ns: int, order_id: str | None = None, failed_ns: int | None = None) -> Any:
        """An execution at 110 USD, or its end: position and money are as it leaves them."""
        fill = SimpleNamespace(order_id=order_id, market="BTC", side=side, size=Decimal(size), price=Decimal(110))
        fill.fill_id, fill.fee, fill.at_ns, fill.failed_ns = f"f{len(self.executions)}", ZERO, at_ns, failed_ns
        self.executions.insert(0, fill)
        signed = (1 if failed_ns is None else -1) * side.sign * fill.size
        self.size, self.equity = self.size + signed, self.equity - 10 * signed
        return fill


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


# ---- what nobody could know ---------------------------------------------------------------------------------------


def says_too_much(run: Run) -> bool:
    """Whether a deal that was let in now is said to carry too much."""
    try:
        run.overseer.admitted()
    except Violation as violation:
        return "may carry dydx above 3" in str(violation)
    return False


@pytest.fixture
def row(run: Run) -> Run:
    """At 10 s dYdX was asked: 2.9 BTC long; the file and its law found that no more than that may come."""
    run.now_ns = 12 * SECOND
    run.db.execute("UPDATE equity SET at_ns = ?", (10 * SECOND,))
    run.db.execute("INSERT INTO venue_position VALUES ('dydx', 'BTC', '2.9')")
    run.engines[Venue.DYDX].size = Decimal("2.9")
    return run


ACTS: dict[str, Callable[[Engine, int], Any]] = {
    "takes over": lambda engine, at_ns: engine.does(Side.BUY, "0.2", at_ns),
    "takes back": lambda engine, at_ns: engine.does(Side.SELL, "0.2", 1, "old", failed_ns=at_ns),
    "fills what it called dead": lambda engine, at_ns: engine.does(Side.BUY, "0.2", at_ns, "dead"),
}


@pytest.fixture(params=ACTS)
def act(row: Run, request: pytest.FixtureRequest) -> Callable[[int], Any]:
    """The venue does something by itself at a moment that makes 3.1 BTC of 2.9."""
    for client_id in ("old", "dead"):
        row.engines[Venue.DYDX].orders[client_id] = SimpleNamespace(
            request=SimpleNamespace(client_id=client_id), remaining=ZERO, status="FILLED"
        )
    return lambda at_ns: ACTS[request.param](row.engines[Venue.DYDX], at_ns)


def test_what_the_venue_did_since_the_row_unheard_is_nobodys_doing(row: Run, act: Callable[[int], Any]) -> None:
    act(11 * SECOND)
    assert not says_too_much(row)
    row.engines[Venue.DYDX].size += Decimal("0.11")
    assert says_too_much(row), "the rest was there to be seen"


def test_what_it_did_before_the_row_is_in_it(row: Run, act: Callable[[int], Any]) -> None:
    act(10 * SECOND)
    assert says_too_much(row)


def test_what_the_row_tells_is_known_whenever_the_venue_did_it(row: Run, act: Callable[[int], Any]) -> None:
    act(11 * SECOND)
    row.db.execute("UPDATE venue_position SET size = '3.1'")
    assert says_too_much(row)


def test_what_the_file_tells_is_known(row: Run, act: Callable[[int], Any]) -> None:
    fill = act(11 * SECOND)
    name = fill.fill_id if fill.failed_ns is None else fill.fill_id + "!reversed"
    row.db.execute("INSERT INTO fill VALUES ('x', 'dydx', 'BUY', '0.2', ?)", (name,))
    assert says_too_much(row)


def test_a_row_older_than_any_that_lets_in_excuses_nothing_it_might_have_heard(
    row: Run, act: Callable[[int], Any]
) -> None:
    act(11 * SECOND)
    row.now_ns = 11 * SECOND + ROW_MAX_NS
    assert says_too_much(row)


def test_what_fills_an_order_that_counts_is_no_news(row: Run) -> None:
    row.engines[Venue.DYDX].orders["x"] = SimpleNamespace(
        request=SimpleNamespace(client_id="x"), remaining=ZERO, status="FILLED"
    )
    row.db.execute("INSERT INTO orders VALUES ('x', 'BTC', 'dydx', '0.2', '100', 'NEW', 0)")
    row.engines[Venue.DYDX].does(Side.BUY, "0.2", 11 * SECOND, "x")
    assert says_too_much(row)


def test_a_warden_whose_clock_is_ahead_asked_earlier_than_its_row_says(row: Run) -> None:
    row.engines[Venue.DYDX].does(Side.BUY, "0.2", 9 * SECOND)
    assert says_too_much(row)
    row.overseer = row.overseen(skew_ns=SECOND + 1)
    assert not says_too_much(row)


@pytest.mark.parametrize("seed", [7760, 9210])
def test_a_leg_that_a_persons_own_position_is_in_the_way_of_is_excused_and_only_that(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The venue took a fill back after somebody had opened a position the other way: it nets both."""
    # who edits terms meanwhile makes another story of the seed
    faults = replace(faults_of(seed), terms_changed=0.0)
    assert simulate(seed, faults=faults).violation == ""
    monkeypatch.setattr(OwnView, "by_hand", lambda self, market: ZERO)
    assert "naked at rest" in simulate(seed, faults=faults).violation
