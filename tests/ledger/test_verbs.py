"""Each verb: one transaction, one journal row, the deal as the file has it; nothing happens twice."""

import sqlite3
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from common.core.account import FundingPaid
from common.core.deal import Deal, DealState
from common.core.errors import IllegalMove, LocalError
from common.core.events import Answered, Filled, HaltLevel, LookedUp, Reported
from common.core.market import Side, Venue
from common.core.order import Absent, Ack, Found, NotSent, OrderState, Purpose, Reject, Report, Unknown
from common.ledger.facts import Fact
from common.ledger.ledger import Ledger, Refusal
from common.ledger.limits import CapTerms

if TYPE_CHECKING:
    from tests.ledger.conftest import Maker


def journal(sql: sqlite3.Connection) -> int:
    return int(sql.execute("SELECT COUNT(*) FROM journal").fetchone()[0])


def reserved(ledger: Ledger, deal: Deal) -> Deal:
    result = ledger.reserve(deal, "edge")
    assert isinstance(result, Deal)
    return result


# ---- reserve, write, move -----------------------------------------------------------------------------------


def test_reserve_returns_what_it_was_given_and_the_file_says_the_same(ledger: Ledger, maker: "Maker") -> None:
    deal = maker.deal()
    assert reserved(ledger, deal) == deal == ledger.deal(deal.deal_id)
    assert ledger.live_deals("BTC") == ledger.live_deals() == (deal,)
    assert ledger.live_deals("ETH") == ()


def test_a_refusal_is_a_value_and_leaves_no_trace(ledger: Ledger, maker: "Maker", sql: sqlite3.Connection) -> None:
    rows = journal(sql)
    assert ledger.reserve(maker.deal(held_uusd=250_000_001), "edge") == Refusal("cap")
    ledger.halt(HaltLevel.HALT, "BTC", "test", who="test", at_ns=1)
    assert ledger.reserve(maker.deal(), "edge") == Refusal("halted")
    assert journal(sql) == rows + 1
    assert sql.execute("SELECT COUNT(*) FROM orders").fetchone() == (0,)


def test_every_reason_to_refuse_has_its_word(ledger: Ledger, maker: "Maker", sql: sqlite3.Connection) -> None:
    reserved(ledger, maker.deal())
    assert ledger.reserve(maker.deal(2, direction=-1), "edge") == Refusal("direction")
    ledger.set_cap(CapTerms(Decimal("2.5"), Decimal(3), 1, 30 * 10**9), "test", 1)
    assert ledger.reserve(maker.deal(2), "edge") == Refusal("level")
    sql.execute("DELETE FROM equity")
    assert ledger.reserve(maker.deal(2), "edge") == Refusal("equity")


def test_the_same_deal_twice_is_our_bug(ledger: Ledger, maker: "Maker") -> None:
    reserved(ledger, maker.deal())
    with pytest.raises(LocalError, match="already"):
        ledger.reserve(maker.deal(), "edge")


def test_a_deal_that_holds_less_than_its_orders_may_cost_is_our_bug(ledger: Ledger, maker: "Maker") -> None:
    with pytest.raises(LocalError, match="may fill for 40000000"):
        ledger.reserve(maker.deal(held_uusd=39_999_999), "edge")


def test_a_failed_reservation_leaves_neither_deal_nor_order(ledger: Ledger, maker: "Maker") -> None:
    deal = maker.deal()
    stranger = replace(deal.orders[1], deal_id="aaaaaa-BTC-9")
    with pytest.raises(LocalError, match="belongs to deal"):
        ledger.reserve(replace(deal, orders=(deal.orders[0], stranger)), "edge")
    assert ledger.deal(deal.deal_id) is None
    assert reserved(ledger, deal) == deal


def test_a_whole_life_has_one_journal_row_per_verb(ledger: Ledger, maker: "Maker", sql: sqlite3.Connection) -> None:
    before = journal(sql)
    closed = maker.closed(ledger)
    assert (closed.state, closed.held_uusd, closed.net) == (DealState.CLOSED, 0, Decimal(0))
    assert [o.purpose for o in closed.orders] == [Purpose.OPEN, Purpose.OPEN, Purpose.CLOSE, Purpose.CLOSE]
    assert journal(sql) == before + 8
    states = sql.execute("SELECT from_state, to_state FROM journal WHERE verb IN ('reserve', 'write', 'move')")
    assert states.fetchall() == [(None, "OPENING"), ("OPENING", "OPEN"), ("OPEN", "CLOSING"), ("CLOSING", "CLOSED")]
    assert set(sql.execute("SELECT pid, code_version, config_hash FROM journal")) == {(7, "1", "hash")}


def test_writing_exits_under_a_halt_and_without_room_is_not_refused(
    ledger: Ledger, maker: "Maker", sql: sqlite3.Connection
) -> None:
    deal = maker.opened(ledger)
    ledger.halt(HaltLevel.FLATTEN, "*", "test", who="test", at_ns=1)
    sql.execute("DELETE FROM equity")
    order = maker.order(deal.deal_id, Venue.DYDX, Side.SELL, Purpose.EVEN)
    written = ledger.write(deal.deal_id, (order,), None, "even", 5)
    assert written.state is DealState.OPEN
    assert written.orders[-1] == order


def test_moves_outside_the_table_raise_naming_the_deal(ledger: Ledger, maker: "Maker") -> None:
    deal = maker.closed(ledger)
    with pytest.raises(IllegalMove, match=f"{deal.deal_id}: CLOSED cannot become OPEN"):
        ledger.move(deal.deal_id, DealState.OPEN, 1, "revive", 5)
    live = maker.opened(ledger, 2)
    with pytest.raises(IllegalMove, match="no move from"):
        ledger.move(live.deal_id, DealState.OPEN, live.held_uusd + 1, "raise", 5)
    with pytest.raises(IllegalMove, match="no move from"):
        ledger.move(live.deal_id, DealState.WRITTEN_OFF, 0, "by the back door", 5)
    with pytest.raises(LocalError, match="nobody is not in the ledger"):
        ledger.move("nobody", DealState.OPEN, 1, "", 5)


def test_a_move_that_changes_nothing_writes_nothing(ledger: Ledger, maker: "Maker", sql: sqlite3.Connection) -> None:
    deal = maker.opened(ledger)
    rows = journal(sql)
    assert ledger.move(deal.deal_id, deal.state, deal.held_uusd, "again", 99) == deal
    assert journal(sql) == rows


def test_held_is_not_released_while_an_order_is_unknown(ledger: Ledger, maker: "Maker") -> None:
    deal = reserved(ledger, maker.deal())
    ledger.record(maker.rejected(deal.orders[0]))
    with pytest.raises(LocalError, match="every order is done"):
        ledger.move(deal.deal_id, DealState.VOID, 0, "hope", 5)
    ledger.record(maker.rejected(deal.orders[1]))
    assert ledger.move(deal.deal_id, DealState.VOID, 0, "nothing filled", 5).held_uusd == 0


def test_numbers_go_up_per_market(ledger: Ledger, maker: "Maker") -> None:
    assert ledger.next_number("BTC") == 1
    reserved(ledger, maker.deal(3))
    assert (ledger.next_number("BTC"), ledger.next_number("ETH")) == (4, 1)


# ---- record -------------------------------------------------------------------------------------------------


def answers(maker: "Maker", deal: Deal) -> dict[str, Fact]:
    """Facts about the first order of a deal, by a name."""
    order = deal.orders[0]
    client_id, size = order.client_id, Decimal("0.001")
    return {
        "ack": Answered(client_id, Ack("v"), 1),
        "reject": Answered(client_id, Reject("margin"), 1),
        "notsent": Answered(client_id, NotSent("connection closed"), 1),
        "unknown": Answered(client_id, Unknown("timeout"), 1),
        "working": Reported(Report(client_id, "v", Decimal(0), False), 1),
        "part": Reported(Report(client_id, "v", Decimal("0.0004"), False), 1),
        "final": Reported(Report(client_id, "v", size, True), 1),
        "fill": Filled(maker.fill(order), 1),
        "found": maker.found(order),
        "absent": LookedUp(client_id, Absent(True), 1),
        "perhaps": LookedUp(client_id, Absent(False), 1),
        "silence": LookedUp(client_id, Unknown("timeout"), 1),
    }


@pytest.mark.parametrize(
    ("heard", "state", "reported"),
    [
        ("ack", OrderState.WORKING, None),
        ("reject", OrderState.DONE, "0"),
        ("notsent", OrderState.DONE, "0"),
        ("unknown", OrderState.NEW, None),
        ("working", OrderState.WORKING, "0"),
        ("part", OrderState.WORKING, "0.0004"),
        ("final", OrderState.DONE, "0.001"),
        ("fill", OrderState.NEW, None),
        ("found", OrderState.DONE, "0.001"),
        ("absent", OrderState.DONE, "0"),
        ("perhaps", OrderState.NEW, None),
        ("silence", OrderState.NEW, None),
        ("final ack", OrderState.DONE, "0.001"),
        ("final part", OrderState.DONE, "0.001"),
        ("part working", OrderState.WORKING, "0.0004"),
        ("reject final", OrderState.DONE, "0.001"),
        ("fill reject", OrderState.NEW, None),
        ("part notsent", OrderState.WORKING, "0.0004"),
        ("ack reject", OrderState.WORKING, None),
        ("fill absent", OrderState.DONE, "0.001"),
        ("part absent", OrderState.DONE, "0.0004"),
        ("final absent", OrderState.DONE, "0.001"),
        ("reject unknown", OrderState.DONE, "0"),
    ],
)
def test_what_is_heard_makes_the_order(
    ledger: Ledger, maker: "Maker", heard: str, state: OrderState, reported: str | None
) -> None:
    facts = answers(maker, reserved(ledger, maker.deal()))
    deal = [ledger.record(facts[name]) for name in heard.split()][-1]
    assert deal is not None
    size = None if reported is None else Decimal(reported)
    assert (deal.orders[0].state, deal.orders[0].reported_size) == (state, size)
    assert deal.orders[1] == maker.deal().orders[1]


@pytest.mark.parametrize(
    "name", ["ack", "reject", "notsent", "unknown", "part", "final", "fill", "found", "absent", "perhaps", "silence"]
)
def test_a_fact_heard_twice_is_written_once(ledger: Ledger, maker: "Maker", sql: sqlite3.Connection, name: str) -> None:
    fact = answers(maker, reserved(ledger, maker.deal()))[name]
    rows = journal(sql)
    once = ledger.record(fact)
    assert journal(sql) == rows + (name not in ("perhaps", "silence"))
    rows = journal(sql)
    assert ledger.record(fact) == once
    assert journal(sql) == rows


def test_a_fill_by_stream_and_by_look_up_is_one_fill(ledger: Ledger, maker: "Maker") -> None:
    order = reserved(ledger, maker.deal()).orders[0]
    ledger.record(Filled(maker.fill(order), 1))
    deal = ledger.record(maker.found(order))
    assert deal is not None
    assert deal.fills == (maker.fill(order),)


def test_prices_and_sizes_come_back_to_the_last_digit(ledger: Ledger, maker: "Maker") -> None:
    order = reserved(ledger, maker.deal()).orders[0]
    exact = replace(maker.fill(order), price=Decimal("39999.123456789012345678"), size=Decimal("1E-7"))
    deal = ledger.record(Filled(exact, 1))
    assert deal is not None
    assert deal.fills == (exact,)


def test_what_is_not_ours_is_nothing(ledger: Ledger, maker: "Maker", sql: sqlite3.Connection) -> None:
    rows = journal(sql)
    stranger = maker.deal(5).orders[0]
    assert ledger.record(maker.found(stranger)) is None
    assert ledger.record(Filled(maker.fill(stranger), 1)) is None
    assert journal(sql) == rows


def test_a_finding_about_another_order_is_a_bug(ledger: Ledger, maker: "Maker") -> None:
    one, other = reserved(ledger, maker.deal()).orders
    mixed = LookedUp(one.client_id, Found(Report(one.client_id, "v", Decimal(1), True), (maker.fill(other),)), 1)
    with pytest.raises(LocalError, match="another order"):
        ledger.record(mixed)
    assert ledger.live_deals()[0].fills == ()


def test_a_late_fill_on_a_finished_deal_is_kept_and_halts_its_market(
    ledger: Ledger, maker: "Maker", sql: sqlite3.Connection
) -> None:
    deal = reserved(ledger, maker.deal())
    for order in deal.orders:
        ledger.record(maker.rejected(order))
    ledger.move(deal.deal_id, DealState.VOID, 0, "nothing filled", 5)
    assert ledger.halt_level("BTC") is HaltLevel.NONE
    rows = journal(sql)
    late = ledger.record(Filled(maker.fill(deal.orders[0]), 9))
    assert late is not None
    assert (late.state, len(late.fills), late.held_uusd) == (DealState.VOID, 1, 0)
    assert ledger.halt_level("BTC") is HaltLevel.HALT
    assert ledger.halt_level("ETH") is HaltLevel.NONE
    assert journal(sql) == rows + 1
    assert ledger.reserve(maker.deal(2), "edge") == Refusal("halted")
    assert ledger.unfinished_deals("BTC") == (late,)
    ledger.resume("BTC", "seen", who="test", at_ns=10)
    ledger.record(Filled(maker.fill(deal.orders[0]), 11))
    assert ledger.halt_level("BTC") is HaltLevel.NONE


def test_recovery_starts_from_live_deals_and_loose_ends(ledger: Ledger, maker: "Maker") -> None:
    maker.closed(ledger, 1)
    live = maker.opened(ledger, 2)
    assert ledger.unfinished_deals("BTC") == (live,)
    written = ledger.deal("aaaaaa-BTC-1")
    assert written is not None
    late = maker.order(written.deal_id, Venue.DYDX, Side.SELL, Purpose.EVEN)
    ledger.write(written.deal_id, (late,), None, "late", 5)
    assert [deal.number for deal in ledger.unfinished_deals("BTC")] == [2, 1]
    ledger.record(maker.rejected(late))
    assert ledger.unfinished_deals("BTC") == (live,)
    ledger.record(Reported(Report(late.client_id, "v", Decimal("0.0005"), True), 6))
    assert [deal.number for deal in ledger.unfinished_deals("BTC")] == [2, 1]
    ledger.record(Filled(maker.fill(late, size="0.0005"), 7))
    assert [deal.number for deal in ledger.unfinished_deals("BTC")] == [2, 1]
    assert [deal.number for deal in ledger.unfinished_deals("BTC", dust=Decimal("0.0005"))] == [2, 1]
    assert ledger.unfinished_deals("BTC", dust=Decimal("0.0006")) == (live,)


# ---- limits and telemetry -----------------------------------------------------------------------------------


def test_a_person_takes_over_a_halt_that_a_process_set_and_not_the_other_way_round(ledger: Ledger) -> None:
    assert ledger.halt(HaltLevel.HALT, "*", "skew", who="warden", at_ns=1)
    assert not ledger.halt(HaltLevel.HALT, "*", "again", who="warden", at_ns=2)
    assert ledger.halt(HaltLevel.HALT, "*", "odd prices", who="ann", at_ns=3)
    assert not ledger.halt(HaltLevel.HALT, "*", "skew", who="warden", at_ns=4)
    assert not ledger.halt(HaltLevel.HALT, "*", "me too", who="bob", at_ns=5)


def test_the_strictest_halt_counts_and_is_only_made_stricter(ledger: Ledger, sql: sqlite3.Connection) -> None:
    assert ledger.halt(HaltLevel.REDUCE, "BTC", "a", who="x", at_ns=1)
    assert not ledger.halt(HaltLevel.HALT, "BTC", "b", who="x", at_ns=2)
    assert ledger.halt_level("BTC") is HaltLevel.REDUCE
    assert ledger.halt(HaltLevel.FLATTEN, "*", "c", who="x", at_ns=3)
    assert ledger.halt_level("BTC") is HaltLevel.FLATTEN
    rows = journal(sql)
    assert ledger.resume("*", "d", who="x", at_ns=4)
    assert not ledger.resume("*", "e", who="x", at_ns=5)
    assert journal(sql) == rows + 1
    assert ledger.halt_level("BTC") is HaltLevel.REDUCE
    assert ledger.halt_level("ETH") is HaltLevel.NONE


def test_the_cap_is_journalled_only_when_it_changes(ledger: Ledger, sql: sqlite3.Connection) -> None:
    rows = journal(sql)
    same = CapTerms(Decimal("2.5"), Decimal(3), 4, 30 * 10**9)
    assert not ledger.set_cap(same, "start", 1)
    assert journal(sql) == rows
    assert ledger.set_cap(replace(same, level=5), "start", 1)
    assert journal(sql) == rows + 1
    assert sql.execute("SELECT leverage_entry, leverage_max, level FROM cap").fetchall() == [(2500, 3000, 5)]


def test_account_rows_are_replaced_whole_and_never_by_older_ones(
    ledger: Ledger, maker: "Maker", sql: sqlite3.Connection
) -> None:
    rows, later = journal(sql), maker.start_ns + 10
    assert ledger.write_account(maker.account(Venue.DYDX, later, size="0.5"))
    assert not ledger.write_account(maker.account(Venue.DYDX, later - 1))
    assert not ledger.write_account(maker.account(Venue.DYDX, later + 5), min_age_ns=6)
    assert sql.execute("SELECT size, mark FROM venue_position").fetchall() == [("0.5", "40100")]
    assert ledger.account_age(Venue.DYDX, later + 3) == 3
    assert ledger.write_account(maker.account(Venue.DYDX, later + 6), min_age_ns=6)
    assert sql.execute("SELECT COUNT(*) FROM venue_position").fetchone() == (0,)
    assert journal(sql) == rows


def test_a_worker_beats_at_most_every_two_seconds(ledger: Ledger, sql: sqlite3.Connection) -> None:
    second = 10**9
    assert ledger.heartbeat("BTC", "watching", decided_ns=1, at_ns=10 * second)
    assert not ledger.heartbeat("BTC", "open", decided_ns=2, at_ns=11 * second)
    assert ledger.heartbeat("ETH", "watching", decided_ns=1, at_ns=11 * second)
    assert ledger.heartbeat("BTC", "open", decided_ns=2, at_ns=12 * second)
    beat = sql.execute("SELECT * FROM heartbeat WHERE market = 'BTC'").fetchall()
    assert beat == [("BTC", 7, 12 * second, "open", 2, "1", "hash")]


def test_funding_is_booked_once(ledger: Ledger, sql: sqlite3.Connection) -> None:
    paid = FundingPaid(Venue.APEX, "p1", "BTC", -1234, 5)
    rows = journal(sql)
    assert ledger.book_funding(paid, 6)
    assert not ledger.book_funding(paid, 7)
    assert ledger.book_funding(replace(paid, venue=Venue.DYDX), 8)
    assert journal(sql) == rows + 2
    assert sql.execute("SELECT SUM(payment_uusd) FROM funding").fetchone() == (-2468,)
