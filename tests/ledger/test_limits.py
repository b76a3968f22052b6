"""Limits of new deals are laws of the file: arb.toml can lower them, a person can move them, exits never see them."""

import random
import sqlite3
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from common.core.deal import Deal, DealState
from common.core.errors import LocalError
from common.core.market import Side, Venue
from common.core.order import Purpose
from common.ledger.bounds import BY_NAME, Bound, configured, standing
from common.ledger.ledger import Ledger, Refusal
from common.ledger.limit_verbs import Moved

if TYPE_CHECKING:
    from tests.ledger.conftest import Maker

MINUTE_NS = 60 * 10**9
USD = 1_000_000
CAP = {"leverage_entry": "2.5", "leverage_max": "3", "level": "4", "equity_max_age_s": "30"}


def bound(name: str, number: str | int, market: str = "*") -> Bound:
    return Bound(market, BY_NAME[name], BY_NAME[name].value(Decimal(number)))


def said(market: str = "*", **numbers: str | int) -> tuple[Bound, ...]:
    return tuple(bound(name, number, market) for name, number in numbers.items())


def put(ledger: Ledger, name: str, number: str | int, market: str = "*") -> None:
    done = ledger.set_limit(bound(name, number, market), "test", who="ann", confirmed=True, at_ns=1)
    assert isinstance(done, Moved)


def now(ledger: Ledger, name: str, market: str = "*") -> str | None:
    key = BY_NAME[name]
    with ledger._store.reading() as connection:
        value = standing(connection).get((market, key.column))
    return None if value is None else key.spoken(value)


def last_word(ledger: Ledger) -> tuple[str, str]:
    query = "SELECT verb, why FROM journal ORDER BY seq DESC LIMIT 1"
    found: tuple[str, str] = ledger._store.connection.execute(query).fetchone()
    return found


def void(ledger: Ledger, maker: "Maker", deal: Deal) -> None:
    for order in deal.orders:
        ledger.record(maker.rejected(order))
    ledger.move(deal.deal_id, DealState.VOID, 0, "nothing filled", maker.start_ns)


# ---- the laws -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("market", ["BTC", "*"])
def test_no_more_deals_are_live_than_the_limit_allows(ledger: Ledger, maker: "Maker", market: str) -> None:
    put(ledger, "deals", 1, market)
    assert isinstance(ledger.reserve(maker.deal(1), "edge"), Deal)
    assert ledger.reserve(maker.deal(2), "edge") == Refusal("deals")
    other = ledger.reserve(maker.deal(1, "ETH"), "edge")
    assert isinstance(other, Deal) if market == "BTC" else other == Refusal("deals")


def test_a_finished_deal_makes_room_for_another(ledger: Ledger, maker: "Maker") -> None:
    put(ledger, "deals", 1, "BTC")
    maker.closed(ledger, 1)
    assert isinstance(ledger.reserve(maker.deal(2), "edge"), Deal)


@pytest.mark.parametrize("market", ["BTC", "*"])
@pytest.mark.parametrize(("room", "fits"), [(82_000_000, True), (81_999_999, False)])
def test_no_more_notional_is_held_than_the_limit_allows(
    ledger: Ledger, maker: "Maker", market: str, room: int, fits: bool
) -> None:
    put(ledger, "notional_usd", str(Decimal(room) / USD), market)
    assert isinstance(ledger.reserve(maker.deal(1, held_uusd=41 * USD), "edge"), Deal)
    second = ledger.reserve(maker.deal(2, held_uusd=41 * USD), "edge")
    assert isinstance(second, Deal) if fits else second == Refusal("notional")
    if market == "BTC":
        assert isinstance(ledger.reserve(maker.deal(1, "ETH"), "edge"), Deal)


def test_what_was_written_off_and_is_still_held_counts_as_notional(ledger: Ledger, maker: "Maker") -> None:
    put(ledger, "notional_usd", 80)
    deal = maker.opened(ledger, 1)
    ledger.write_off(deal.deal_id, "by hand", force=True, at_ns=maker.start_ns + 10**12)
    assert ledger.reserve(maker.deal(1, "ETH"), "edge") == Refusal("notional")


@pytest.mark.parametrize("market", ["BTC", "*"])
@pytest.mark.parametrize(("key", "window_ns"), [("deals_per_minute", MINUTE_NS), ("deals_per_hour", 60 * MINUTE_NS)])
def test_no_more_deals_are_begun_in_a_window_whatever_became_of_them(
    ledger: Ledger, maker: "Maker", market: str, key: str, window_ns: int
) -> None:
    put(ledger, "equity_max_age_s", 10**6)
    put(ledger, key, 2, market)

    def begin(number: int, after_ns: int) -> Deal | Refusal:
        deal = ledger.reserve(replace(maker.deal(number), opened_ns=maker.start_ns + after_ns), "edge")
        if isinstance(deal, Deal):
            void(ledger, maker, deal)
        return deal

    assert isinstance(begin(1, 0), Deal) and isinstance(begin(2, window_ns // 2), Deal)
    assert begin(3, window_ns - 1) == Refusal("rate")
    assert isinstance(begin(3, window_ns), Deal)
    assert begin(4, window_ns) == Refusal("rate")
    assert isinstance(begin(4, window_ns * 3 // 2), Deal)


def test_a_deal_from_a_clock_that_was_far_ahead_does_not_stop_the_market_for_good(
    ledger: Ledger, maker: "Maker"
) -> None:
    put(ledger, "equity_max_age_s", 10**6)
    put(ledger, "deals_per_minute", 1)
    ahead = ledger.reserve(replace(maker.deal(1), opened_ns=maker.start_ns + 10 * MINUTE_NS), "edge")
    assert isinstance(ahead, Deal)
    assert isinstance(ledger.reserve(maker.deal(2), "edge"), Deal)
    assert ledger.reserve(replace(maker.deal(3), opened_ns=maker.start_ns - MINUTE_NS // 2), "edge") == Refusal("rate")


def test_whatever_the_order_of_clocks_no_minute_has_more_deals_than_it_may(ledger: Ledger, maker: "Maker") -> None:
    put(ledger, "equity_max_age_s", 10**6)
    put(ledger, "deals_per_minute", 3)
    dice, begun = random.Random(7), list[int]()
    for number in range(1, 200):
        at_ns = maker.start_ns + dice.randrange(20 * MINUTE_NS)
        deal = ledger.reserve(replace(maker.deal(number), opened_ns=at_ns), "edge")
        if isinstance(deal, Deal):
            begun.append(at_ns)
            void(ledger, maker, deal)
    assert all(sum(end - MINUTE_NS < at <= end for at in begun) <= 3 for end in begun)
    assert len(begun) > 30


def test_a_limit_of_0_stops_entries_and_nothing_else(ledger: Ledger, maker: "Maker") -> None:
    deal = maker.opened(ledger, 1)
    for name in ("deals", "notional_usd", "deals_per_minute", "deals_per_hour"):
        put(ledger, name, 0)
        put(ledger, name, 0, "BTC")
    assert ledger.reserve(maker.deal(2), "edge") == Refusal("deals")
    exits = tuple(maker.order(deal.deal_id, o.venue, o.side.opposite, Purpose.CLOSE) for o in deal.orders)
    assert ledger.write(deal.deal_id, exits, DealState.CLOSING, "close", maker.start_ns).state is DealState.CLOSING
    even = maker.order(deal.deal_id, Venue.APEX, Side.BUY, Purpose.EVEN)
    assert len(ledger.write(deal.deal_id, (even,), None, "even", maker.start_ns).orders) == 5


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM entry_limit",
        "UPDATE entry_limit SET market = 'ETH'",
        "UPDATE entry_limit SET value = -1",
        "UPDATE entry_limit SET value = 2.5",
        "INSERT OR REPLACE INTO entry_limit VALUES ('BTC', 'deals', 9)",
        "INSERT INTO entry_limit VALUES ('BTC', 'orders', 9)",
    ],
)
def test_a_limit_is_moved_never_taken_away(ledger: Ledger, sql: sqlite3.Connection, statement: str) -> None:
    put(ledger, "deals", 1, "BTC")
    with pytest.raises(sqlite3.IntegrityError):
        sql.execute(statement)
    assert now(ledger, "deals", "BTC") == "1"


# ---- arb.toml -----------------------------------------------------------------------------------------------


def test_a_start_gives_what_has_no_row_its_value_and_journals_it_once(ledger: Ledger) -> None:
    wanted = (*said(**CAP, deals=8, notional_usd=1000), *said("BTC", deals=2))
    assert ledger.configure(wanted, "worker start", 1) == ("* deals 8", "* notional_usd 1000", "BTC deals 2")
    assert last_word(ledger) == ("configure", "worker start: * deals 8; * notional_usd 1000; BTC deals 2")
    assert (now(ledger, "deals"), now(ledger, "deals", "BTC"), now(ledger, "notional_usd")) == ("8", "2", "1000")
    assert ledger.configure(wanted, "worker start", 2) == ()
    assert last_word(ledger)[1].startswith("worker start: * deals 8")


def test_a_new_ledger_takes_its_cap_from_arb_toml(maker: "Maker", tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "new.db", created_ns=1, config_hash="", code_version="1", pid=1) as new:
        assert new.reserve(maker.deal(), "edge") == Refusal("equity")
        new.configure(said(**CAP), "worker start", 1)
        assert {name: now(new, name) for name in CAP} == CAP
        with pytest.raises(LocalError, match="below 0"):
            bound("deals", -1)


LOWER, HIGHER = {**CAP, "level": "3", "deals": "5"}, {**CAP, "level": "6", "deals": "12", "leverage_max": "9"}


def test_what_is_lowered_in_arb_toml_takes_effect_and_what_is_raised_does_not(ledger: Ledger) -> None:
    ledger.configure(said(**CAP, deals=8), "start", 1)
    changes = ledger.configure(said(**HIGHER), "start", 2)
    assert (now(ledger, "level"), now(ledger, "deals"), now(ledger, "leverage_max")) == ("4", "8", "3")
    assert "* level stays 4, arb.toml now says 6" in changes
    assert ledger.configure(said(**HIGHER), "start", 3) == ()
    ledger.configure(said(**LOWER), "start", 4)
    assert (now(ledger, "level"), now(ledger, "deals")) == ("3", "5")


def test_what_a_person_set_survives_every_restart_until_arb_toml_is_lowered(ledger: Ledger) -> None:
    wanted = said(**CAP, deals=8)
    ledger.configure(wanted, "start", 1)
    put(ledger, "level", 6)
    put(ledger, "deals", 3)
    assert ledger.configure(wanted, "start", 2) == ()
    assert (now(ledger, "level"), now(ledger, "deals")) == ("6", "3")
    ledger.configure(said(**LOWER), "start", 3)
    assert (now(ledger, "level"), now(ledger, "deals")) == ("3", "3")


def test_the_entry_leverage_follows_a_lowered_greatest_leverage(ledger: Ledger) -> None:
    ledger.configure(said(**CAP), "start", 1)
    put(ledger, "leverage_entry", "2.9")
    ledger.configure(said(**{**CAP, "leverage_max": "2.6"}), "start", 2)
    assert (now(ledger, "leverage_entry"), now(ledger, "leverage_max")) == ("2.6", "2.6")


def test_what_arb_toml_said_last_is_remembered(ledger: Ledger) -> None:
    ledger.configure(said(**HIGHER), "start", 1)
    with ledger._store.reading() as connection:
        assert configured(connection)["*", "level"] == 6


# ---- a person -----------------------------------------------------------------------------------------------


def test_lowering_is_immediate_raising_needs_a_confirmation_and_a_reason(ledger: Ledger) -> None:
    def ask(number: int, why: str = "", *, confirmed: bool = False) -> Moved | Refusal:
        return ledger.set_limit(bound("level", number), why, who="ann", confirmed=confirmed, at_ns=1)

    assert ask(3) == Moved(bound("level", 3), 4)
    assert last_word(ledger) == ("set_limit", "* level 4 → 3 by ann: ")
    assert ask(4, "more room") == ask(4, " ", confirmed=True) == Refusal("unconfirmed")
    assert now(ledger, "level") == "3"
    assert ask(4, "more room", confirmed=True) == Moved(bound("level", 4), 3)
    assert last_word(ledger) == ("set_limit", "* level 3 → 4 by ann: more room")
    assert ask(4) == Moved(bound("level", 4), 4)
    assert last_word(ledger) == ("set_limit", "* level 3 → 4 by ann: more room")


def test_a_first_limit_is_a_lowering(ledger: Ledger) -> None:
    done = ledger.set_limit(bound("deals", 5, "BTC"), "careful", who="ann", confirmed=False, at_ns=1)
    assert done == Moved(bound("deals", 5, "BTC"), None)
    assert last_word(ledger) == ("set_limit", "BTC deals none → 5 by ann: careful")


@pytest.mark.parametrize(("name", "number"), [("leverage_entry", "3.1"), ("leverage_max", "2.4"), ("leverage_max", 0)])
def test_two_limits_never_speak_against_each_other(ledger: Ledger, name: str, number: str) -> None:
    done = ledger.set_limit(bound(name, number), "why", who="ann", confirmed=True, at_ns=1)
    assert isinstance(done, Refusal) and "not above leverage_max" in done.reason


@pytest.mark.parametrize(
    ("name", "number", "value"), [("leverage_max", "2.9999", 2999), ("notional_usd", "0.1", 10**5)]
)
def test_a_limit_is_rounded_to_the_strict_side(name: str, number: str, value: int) -> None:
    assert bound(name, number).value == value


def test_the_caps_limits_are_the_whole_fleets() -> None:
    with pytest.raises(LocalError, match="the whole fleet's"):
        bound("level", 3, "BTC")
