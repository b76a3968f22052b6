"""Every law of the file, broken by another program that writes SQL directly and knows none of our code."""

import re
import sqlite3
from itertools import product
from typing import TYPE_CHECKING

import pytest

from common.core.deal import DEAL_MOVES, LIVE, DealState
from common.core.order import ORDER_MOVES, OrderState
from common.ledger.ledger import Ledger
from common.ledger.store import SCHEMA_FILE

if TYPE_CHECKING:
    from tests.ledger.conftest import Maker

NEW_DEAL = (
    "INTO deal (deal_id, market, number, direction, size, state, held_uusd, edge_uusd, opened_ns, changed_ns) "
    "VALUES (:deal_id, :market, :number, :direction, '0.001', :state, :held_uusd, 0, :opened_ns, 0)"
)
NEW_ORDER = (
    "INTO orders (client_id, deal_id, seq, venue, market, side, purpose, size, limit_price, lifetime, reduce_only, "
    "created_ns, state, reason) VALUES (:client_id, :deal_id, :seq, 'dydx', :market, 'BUY', :purpose, '1', '1', "
    "'FOK', 0, 0, :state, '')"
)


def values(maker: "Maker", **changes: object) -> dict[str, object]:
    fresh = {
        "deal_id": "direct",
        "market": "ETH",
        "number": 1,
        "direction": 1,
        "state": "OPENING",
        "held_uusd": 1_000_000,
        "opened_ns": maker.start_ns,
    }
    return {**fresh, **changes}


def order_values(**changes: object) -> dict[str, object]:
    fresh = {
        "client_id": "direct",
        "deal_id": "aaaaaa-BTC-1",
        "seq": 9,
        "market": "BTC",
        "purpose": "EVEN",
        "state": "NEW",
    }
    return {**fresh, **changes}


def refused(sql: sqlite3.Connection, statement: str, given: dict[str, object] | None = None) -> str:
    """The complaint of the file; the test fails when there is none."""
    with pytest.raises(sqlite3.IntegrityError) as raised:
        sql.execute(statement, given or {})
    return str(raised.value)


# ---- new deals ----------------------------------------------------------------------------------------------


def test_a_deal_with_room_is_admitted(sql: sqlite3.Connection, maker: "Maker") -> None:
    sql.execute("INSERT " + NEW_DEAL, values(maker))
    assert sql.execute("SELECT COUNT(*) FROM deal").fetchone() == (1,)


@pytest.mark.parametrize("verb", ["INSERT ", "INSERT OR REPLACE ", "INSERT OR IGNORE "])
@pytest.mark.parametrize("market", ["ETH", "*"])
def test_a_halt_refuses_whatever_the_insert_is_called(
    sql: sqlite3.Connection, maker: "Maker", verb: str, market: str
) -> None:
    sql.execute("INSERT INTO halt VALUES (?, 'halt', '', '', 0)", (market,))
    assert refused(sql, verb + NEW_DEAL, values(maker)) == "halted"


def test_a_halt_of_another_market_does_not_refuse(sql: sqlite3.Connection, maker: "Maker") -> None:
    sql.execute("INSERT INTO halt VALUES ('BTC', 'flatten', '', '', 0)")
    sql.execute("INSERT " + NEW_DEAL, values(maker))


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM cap",
        "DELETE FROM equity",
        "DELETE FROM equity WHERE venue = 'apex'",
        "UPDATE equity SET at_ns = at_ns - 30000000001 WHERE venue = 'dydx'",
        "UPDATE equity SET at_ns = at_ns + 30000000001 WHERE venue = 'dydx'",
    ],
)
def test_missing_cap_and_missing_or_stale_equity_refuse(sql: sqlite3.Connection, maker: "Maker", damage: str) -> None:
    sql.execute(damage)
    assert refused(sql, "INSERT " + NEW_DEAL, values(maker)) == "equity"


def test_equity_as_old_as_allowed_is_fresh(sql: sqlite3.Connection, maker: "Maker") -> None:
    sql.execute("UPDATE equity SET at_ns = at_ns - 30000000000")
    sql.execute("INSERT " + NEW_DEAL, values(maker))


def test_the_cap_is_reached_to_the_last_micro_dollar_and_not_passed(sql: sqlite3.Connection, maker: "Maker") -> None:
    sql.execute("INSERT " + NEW_DEAL, values(maker, held_uusd=200_000_000))
    over = values(maker, deal_id="b", number=2, held_uusd=50_000_001)
    assert refused(sql, "INSERT " + NEW_DEAL, over) == "cap"
    sql.execute("INSERT " + NEW_DEAL, values(maker, deal_id="b", number=2, held_uusd=50_000_000))


def test_opposite_deals_add_up_against_the_cap(sql: sqlite3.Connection, maker: "Maker") -> None:
    sql.execute("INSERT " + NEW_DEAL, values(maker, held_uusd=200_000_000))
    opposite = values(maker, deal_id="b", market="SOL", direction=-1, held_uusd=50_000_001)
    assert refused(sql, "INSERT " + NEW_DEAL, opposite) == "cap"


def test_the_smaller_equity_makes_the_cap(sql: sqlite3.Connection, maker: "Maker") -> None:
    sql.execute("UPDATE equity SET equity_uusd = 10000000 WHERE venue = 'apex'")
    assert refused(sql, "INSERT " + NEW_DEAL, values(maker, held_uusd=25_000_001)) == "cap"
    sql.execute("INSERT " + NEW_DEAL, values(maker, held_uusd=25_000_000))


@pytest.mark.parametrize(
    ("heard_ns", "changed_ns", "held_uusd", "venue", "too_early"),
    [
        (-5_000_000_000, -6_000_000_000, 0, "dydx", False),
        (-4_999_999_999, -6_000_000_000, 0, "dydx", True),
        (-4_999_999_999, -6_000_000_000, 0, "apex", False),
        (-4_999_999_999, -6_000_000_000, 1, "dydx", False),
        (-4_999_999_999, -4_999_999_999, 0, "dydx", False),
    ],
)
def test_after_a_fill_of_a_deal_that_was_over_its_venues_account_must_be_heard_anew(
    sql: sqlite3.Connection,
    maker: "Maker",
    heard_ns: int,
    changed_ns: int,
    held_uusd: int,
    venue: str,
    too_early: bool,
) -> None:
    """Times against dYdX's row; ApeX's is newer."""
    sql.execute("INSERT " + NEW_DEAL, values(maker, deal_id="aaaaaa-BTC-1", market="BTC"))
    sql.execute("INSERT " + NEW_ORDER.replace("'dydx'", f"'{venue}'"), order_values())
    sql.execute("UPDATE orders SET state = 'DONE'")
    sql.execute("UPDATE equity SET at_ns = at_ns + 20000000000 WHERE venue = 'apex'")
    ((row_ns,),) = sql.execute("SELECT at_ns FROM equity WHERE venue = 'dydx'")
    fill = "INSERT INTO fill VALUES (1, ?, 'f', 'direct', 'BUY', '1', '1', 0, 0, ?)"
    sql.execute(fill, (venue, row_ns + heard_ns))
    sql.execute(
        "UPDATE deal SET state = 'WRITTEN_OFF', held_uusd = ?, changed_ns = ?", (held_uusd, row_ns + changed_ns)
    )
    if too_early:
        assert refused(sql, "INSERT " + NEW_DEAL, values(maker, deal_id="b")) == "equity"
    else:
        sql.execute("INSERT " + NEW_DEAL, values(maker, deal_id="b"))


def carries(sql: sqlite3.Connection, gross_uusd: int, market: str) -> None:
    """dYdX says that our account has this, all in one market."""
    sql.execute("UPDATE equity SET gross_uusd = ? WHERE venue = 'dydx'", (gross_uusd,))
    sql.execute("INSERT INTO venue_position VALUES ('dydx', ?, '1', '1', '1', 1)", (market,))


@pytest.mark.parametrize(("gross_uusd", "market"), [(130_000_000, "ETH"), (30_000_000, "SOL")])
def test_what_a_venue_holds_beyond_our_deals_lowers_the_cap(
    sql: sqlite3.Connection, maker: "Maker", gross_uusd: int, market: str
) -> None:
    sql.execute("INSERT " + NEW_DEAL, values(maker, held_uusd=100_000_000))
    carries(sql, gross_uusd, market)
    assert refused(sql, "INSERT " + NEW_DEAL, values(maker, deal_id="b", number=2, held_uusd=120_000_001)) == "cap"
    sql.execute("INSERT " + NEW_DEAL, values(maker, deal_id="b", number=2, held_uusd=120_000_000))


@pytest.mark.parametrize(
    ("change", "room_uusd"),
    [
        ("state = 'NEW'", 120_000_000),
        ("state = 'WORKING'", 120_000_000),
        ("state = 'DONE'", 150_000_000),
    ],
)
def test_a_position_does_not_hide_under_what_a_deal_is_still_to_fill(
    sql: sqlite3.Connection, maker: "Maker", change: str, room_uusd: int
) -> None:
    sql.execute("INSERT " + NEW_DEAL, values(maker, held_uusd=100_000_000))
    sql.execute("INSERT " + NEW_ORDER, order_values(deal_id="direct", market="ETH"))
    sql.execute(f"UPDATE orders SET {change}")
    carries(sql, 30_000_000, "ETH")
    over = values(maker, deal_id="b", number=2, held_uusd=room_uusd + 1)
    assert refused(sql, "INSERT " + NEW_DEAL, over) == "cap"
    sql.execute("INSERT " + NEW_DEAL, values(maker, deal_id="b", number=2, held_uusd=room_uusd))


@pytest.mark.parametrize(("was", "other"), [("'dydx'", "'apex'"), ("'FOK', 0,", "'FOK', 1,")])
def test_an_order_at_the_other_venue_or_one_that_only_reduces_is_no_such_doubt(
    sql: sqlite3.Connection, maker: "Maker", was: str, other: str
) -> None:
    sql.execute("INSERT " + NEW_DEAL, values(maker, held_uusd=100_000_000))
    sql.execute("INSERT " + NEW_ORDER.replace(was, other), order_values(deal_id="direct", market="ETH"))
    carries(sql, 30_000_000, "ETH")
    sql.execute("INSERT " + NEW_DEAL, values(maker, deal_id="b", number=2, held_uusd=150_000_000))


def test_negative_equity_leaves_no_room(sql: sqlite3.Connection, maker: "Maker") -> None:
    sql.execute("UPDATE equity SET equity_uusd = -1")
    assert refused(sql, "INSERT " + NEW_DEAL, values(maker, held_uusd=1)) == "cap"


def test_a_written_off_deal_that_is_still_held_counts(sql: sqlite3.Connection, maker: "Maker") -> None:
    sql.execute("INSERT " + NEW_DEAL, values(maker, held_uusd=200_000_000))
    sql.execute("UPDATE deal SET state = 'WRITTEN_OFF'")
    over = values(maker, deal_id="b", number=2, held_uusd=50_000_001)
    assert refused(sql, "INSERT " + NEW_DEAL, over) == "cap"


@pytest.mark.parametrize("state", sorted(LIVE))
def test_the_level_counts_every_live_state_of_its_direction_only(
    sql: sqlite3.Connection, maker: "Maker", state: str
) -> None:
    for number in range(1, 5):
        sql.execute("INSERT " + NEW_DEAL, values(maker, deal_id=f"d{number}", market=f"M{number}"))
        steps = {"OPENING": [], "OPEN": ["OPEN"], "CLOSING": ["OPEN", "CLOSING"], "STUCK": ["STUCK"]}[state]
        for step in steps:
            sql.execute("UPDATE deal SET state = ? WHERE deal_id = ?", (step, f"d{number}"))
    assert refused(sql, "INSERT " + NEW_DEAL, values(maker)) == "level"
    sql.execute("INSERT " + NEW_DEAL, values(maker, direction=-1))
    sql.execute("UPDATE deal SET state = 'WRITTEN_OFF' WHERE deal_id = 'd1'")
    sql.execute("INSERT " + NEW_DEAL, values(maker, deal_id="fifth", market="SOL"))


def test_a_market_has_one_live_direction(sql: sqlite3.Connection, maker: "Maker") -> None:
    sql.execute("INSERT " + NEW_DEAL, values(maker))
    opposite = values(maker, deal_id="b", number=2, direction=-1)
    assert refused(sql, "INSERT " + NEW_DEAL, opposite) == "direction"
    sql.execute("INSERT " + NEW_DEAL, {**opposite, "market": "SOL"})
    sql.execute("UPDATE deal SET state = 'VOID', held_uusd = 0 WHERE deal_id = 'direct'")
    sql.execute("INSERT " + NEW_DEAL, {**opposite, "deal_id": "c"})


@pytest.mark.parametrize(
    "change",
    [
        {"state": "OPEN"},
        {"state": "VOID"},
        {"state": "anything"},
        {"held_uusd": 0},
        {"held_uusd": -5},
        {"held_uusd": "much"},
        {"held_uusd": 1.5},
        {"held_uusd": None},
        {"direction": 2},
        {"opened_ns": "now"},
    ],
)
def test_a_deal_that_would_not_count_is_refused(
    sql: sqlite3.Connection, maker: "Maker", change: dict[str, object]
) -> None:
    refused(sql, "INSERT " + NEW_DEAL, values(maker, **change))
    assert sql.execute("SELECT COUNT(*) FROM deal").fetchone() == (0,)


@pytest.mark.parametrize("same", [{"market": "SOL", "number": 2}, {"deal_id": "b"}])
def test_a_deal_is_not_replaced(sql: sqlite3.Connection, maker: "Maker", same: dict[str, object]) -> None:
    sql.execute("INSERT " + NEW_DEAL, values(maker, held_uusd=200_000_000))
    for verb in ("INSERT OR REPLACE ", "REPLACE ", "INSERT OR IGNORE "):
        assert "already" in refused(sql, verb + NEW_DEAL, values(maker, held_uusd=1, **same))
    assert sql.execute("SELECT SUM(held_uusd) FROM deal").fetchone() == (200_000_000,)


# ---- deals that exist ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), list(product(DealState, DealState)))
def test_the_file_allows_exactly_the_moves_of_the_table(
    sql: sqlite3.Connection, maker: "Maker", before: DealState, after: DealState
) -> None:
    ways = {"OPENING": [], "CLOSING": ["OPEN", "CLOSING"]}
    sql.execute("INSERT " + NEW_DEAL, values(maker))
    move = "UPDATE deal SET state = :to, held_uusd = CASE WHEN :to IN ('CLOSED', 'VOID') THEN 0 ELSE held_uusd END"
    for step in ways.get(before, [before.value]):
        sql.execute(move, {"to": step})
    if before is after or after in DEAL_MOVES[before]:
        sql.execute(move, {"to": after.value})
    else:
        # a finished deal holds nothing, so that a revival breaks two laws at once
        assert refused(sql, move, {"to": after.value}).split(":")[0] in ("move", "law")
    expected = after if before is after or after in DEAL_MOVES[before] else before
    assert sql.execute("SELECT state FROM deal").fetchone() == (expected,)


def test_the_moves_written_in_the_schema_are_those_of_the_table() -> None:
    trigger = SCHEMA_FILE.read_text().split("CREATE TRIGGER deal_move")[1].split("END;")[0]
    written = re.findall(r"'([A-Z_]+) ([A-Z_]+)'", trigger)
    assert sorted(written) == sorted((before, after) for before, to in DEAL_MOVES.items() for after in to)


@pytest.mark.parametrize("held", ["held_uusd + 1", "-1", "0", "NULL", "'none'", "0.5"])
def test_held_of_a_live_deal_is_neither_raised_nor_taken_away(
    sql: sqlite3.Connection, maker: "Maker", held: str
) -> None:
    sql.execute("INSERT " + NEW_DEAL, values(maker))
    for verb in ("UPDATE", "UPDATE OR REPLACE"):
        refused(sql, f"{verb} deal SET held_uusd = {held}")
    sql.execute("UPDATE deal SET held_uusd = held_uusd - 1")


def test_held_is_not_released_while_an_order_may_fill(sql: sqlite3.Connection, ledger: Ledger, maker: "Maker") -> None:
    ledger.reserve(maker.deal(), "test")
    for change in ("state = 'VOID', held_uusd = 0", "state = 'CLOSED', held_uusd = 0", "held_uusd = 1"):
        assert "every order is done" in refused(sql, f"UPDATE deal SET {change}")
    sql.execute("UPDATE orders SET state = 'DONE'")
    sql.execute("UPDATE deal SET state = 'VOID', held_uusd = 0")


def test_a_deal_with_fills_cannot_become_void(sql: sqlite3.Connection, ledger: Ledger, maker: "Maker") -> None:
    deal = maker.deal()
    ledger.reserve(deal, "test")
    for order in deal.orders:
        ledger.record(maker.found(order))
    assert "not void" in refused(sql, "UPDATE deal SET state = 'VOID', held_uusd = 0")


@pytest.mark.parametrize("column", ["deal_id", "market", "number", "direction", "size", "edge_uusd", "opened_ns"])
def test_what_a_deal_is_never_changes(sql: sqlite3.Connection, maker: "Maker", column: str) -> None:
    sql.execute("INSERT " + NEW_DEAL, values(maker))
    assert "never changes" in refused(sql, f"UPDATE OR IGNORE deal SET {column} = -1")


# ---- orders -------------------------------------------------------------------------------------------------


def test_exits_are_admitted_under_halt_without_cap_and_on_finished_deals(
    sql: sqlite3.Connection, ledger: Ledger, maker: "Maker"
) -> None:
    maker.closed(ledger)
    sql.execute("INSERT INTO halt VALUES ('*', 'flatten', '', '', 0)")
    sql.execute("DELETE FROM cap")
    sql.execute("DELETE FROM equity")
    sql.execute("INSERT " + NEW_ORDER, order_values())
    sql.execute("INSERT " + NEW_ORDER, order_values(client_id="direct2", seq=10, purpose="CLOSE"))


@pytest.mark.parametrize(
    "change",
    [
        {"deal_id": "none"},
        {"market": "ETH"},
        {"state": "WORKING"},
        {"state": "DONE"},
        {"purpose": "OPEN"},
        {"purpose": "PLAY"},
        {"client_id": "aaaaaa-BTC-1-dydx-o1"},
        {"seq": 1},
    ],
)
def test_an_order_without_its_deal_or_in_place_of_another_is_refused(
    sql: sqlite3.Connection, ledger: Ledger, maker: "Maker", change: dict[str, object]
) -> None:
    ledger.reserve(maker.deal(), "test")
    for verb in ("INSERT ", "INSERT OR REPLACE "):
        refused(sql, verb + NEW_ORDER, order_values(**change))
    assert sql.execute("SELECT COUNT(*) FROM orders").fetchone() == (2,)


def test_no_opening_order_is_added_to_a_deal_that_is_open(
    sql: sqlite3.Connection, ledger: Ledger, maker: "Maker"
) -> None:
    maker.opened(ledger)
    assert "while the deal is OPENING" in refused(sql, "INSERT " + NEW_ORDER, order_values(purpose="OPEN"))


@pytest.mark.parametrize(("before", "after"), list(product(OrderState, OrderState)))
def test_orders_move_as_their_table_says(
    sql: sqlite3.Connection, ledger: Ledger, maker: "Maker", before: OrderState, after: OrderState
) -> None:
    ledger.reserve(maker.deal(), "test")
    sql.execute("UPDATE orders SET state = ?", (before.value,))
    if before is after or after in ORDER_MOVES[before]:
        sql.execute("UPDATE orders SET state = ?", (after.value,))
    else:
        assert refused(sql, f"UPDATE orders SET state = '{after.value}'").startswith("move")


def test_a_cumulative_report_never_shrinks(sql: sqlite3.Connection, ledger: Ledger, maker: "Maker") -> None:
    ledger.reserve(maker.deal(), "test")
    sql.execute("UPDATE orders SET reported_size = '0.9'")
    for less in ("'0.89'", "NULL", "''"):
        assert "never shrinks" in refused(sql, f"UPDATE orders SET reported_size = {less}")
    sql.execute("UPDATE orders SET reported_size = '10'")


@pytest.mark.parametrize("column", ["client_id", "deal_id", "seq", "venue", "side", "size", "limit_price", "purpose"])
def test_what_an_order_is_never_changes(sql: sqlite3.Connection, ledger: Ledger, maker: "Maker", column: str) -> None:
    ledger.reserve(maker.deal(), "test")
    assert "never changes" in refused(sql, f"UPDATE orders SET {column} = 'x'")


# ---- what is only appended ----------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["deal", "orders", "fill", "journal", "funding"])
def test_nothing_is_deleted(sql: sqlite3.Connection, ledger: Ledger, maker: "Maker", table: str) -> None:
    maker.closed(ledger)
    sql.execute("INSERT INTO funding VALUES (1, 'dydx', 'p1', 'BTC', 5, 0)")
    before = sql.execute(f"SELECT * FROM {table}").fetchall()
    assert before
    assert "never deleted" in refused(sql, f"DELETE FROM {table}")
    assert sql.execute(f"SELECT * FROM {table}").fetchall() == before


@pytest.mark.parametrize(("table", "column"), [("fill", "size"), ("journal", "why"), ("funding", "payment_uusd")])
def test_fills_journal_and_funding_are_neither_changed_nor_replaced(
    sql: sqlite3.Connection, ledger: Ledger, maker: "Maker", table: str, column: str
) -> None:
    maker.closed(ledger)
    sql.execute("INSERT INTO funding VALUES (1, 'dydx', 'p1', 'BTC', 5, 0)")
    before = sql.execute(f"SELECT * FROM {table}").fetchall()
    refused(sql, f"UPDATE {table} SET {column} = 7")
    refused(sql, f"UPDATE OR REPLACE {table} SET seq = seq + 1")
    marks = ", ".join("?" * len(before[0]))
    for verb in ("INSERT", "INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE"):
        with pytest.raises(sqlite3.IntegrityError):
            sql.execute(f"{verb} INTO {table} VALUES ({marks})", before[0])
        new_key = (10_000, *before[0][1:])
        if table != "journal":
            with pytest.raises(sqlite3.IntegrityError):
                sql.execute(f"{verb} INTO {table} VALUES ({marks})", new_key)
    assert sql.execute(f"SELECT * FROM {table}").fetchall() == before


def test_the_journal_has_no_room_before_its_first_row(sql: sqlite3.Connection, ledger: Ledger) -> None:
    for seq in (-1, 0):
        row = f"({seq}, 0, 'v', NULL, NULL, NULL, NULL, '', 1, '', '', '', '{'0' * 64}')"
        refused(sql, f"INSERT INTO journal VALUES {row}")


def test_a_journal_row_is_linked_to_the_last_one_and_leaves_no_gap(sql: sqlite3.Connection, ledger: Ledger) -> None:
    seq, head = sql.execute("SELECT seq, hash FROM journal ORDER BY seq DESC").fetchone()
    prev = sql.execute("SELECT prev FROM journal WHERE seq = ?", (seq,)).fetchone()[0]
    query = "INSERT OR REPLACE INTO journal VALUES (?, 0, 'v', NULL, NULL, NULL, NULL, '', 1, '', '', ?, ?)"
    for number, link, text in (
        (seq + 2, head, "only grows"),
        (None, head, "only grows"),
        (seq + 1, prev, "is linked"),
        (seq + 1, "", "is linked"),
        (seq + 1, None, "is linked"),
    ):
        with pytest.raises(sqlite3.IntegrityError, match=text):
            sql.execute(query, (number, link, "0" * 64))
    sql.execute(query, (seq + 1, head, "0" * 64))


def test_the_first_journal_row_is_linked_to_the_incarnation(sql: sqlite3.Connection, ledger: Ledger) -> None:
    (first,) = sql.execute("SELECT prev FROM journal WHERE seq = 1").fetchone()
    assert sql.execute("SELECT name || ':' || created_ns FROM incarnation").fetchone() == (first,)


def test_incarnations_are_only_added(sql: sqlite3.Connection, ledger: Ledger) -> None:
    row = sql.execute("SELECT * FROM incarnation").fetchone()
    assert "never changed" in refused(sql, "UPDATE incarnation SET name = 'other'")
    assert "never deleted" in refused(sql, "DELETE FROM incarnation")
    for values in (row, (2, *row[1:]), (row[0], "other", 1)):
        with pytest.raises(sqlite3.IntegrityError, match="already"):
            sql.execute("INSERT OR REPLACE INTO incarnation VALUES (?, ?, ?)", values)
    sql.execute("INSERT INTO incarnation VALUES (2, 'other', 1)")
    assert ledger.incarnation == "other"


def test_a_fill_needs_its_order_at_its_venue(sql: sqlite3.Connection, ledger: Ledger, maker: "Maker") -> None:
    ledger.reserve(maker.deal(), "test")
    query = "INSERT INTO fill VALUES (NULL, ?, 'f', ?, 'BUY', '1', '1', 0, 0, 0)"
    for venue, client_id in (("dydx", "none"), ("apex", "aaaaaa-BTC-1-dydx-o1")):
        with pytest.raises(sqlite3.IntegrityError, match="belongs to an order"):
            sql.execute(query, (venue, client_id))
    sql.execute(query, ("dydx", "aaaaaa-BTC-1-dydx-o1"))
