"""Orders that wait for a price at a paper venue: which way they look, what they do then, what a restart leaves."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common.core.market import Side, Venue
from common.sim.checks import Refuse
from common.sim.engine import make_venue
from common.sim.types import PaperRefusal

SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND
BUY, SELL = Side.BUY, Side.SELL
Make = Callable[..., Any]
#: the ladder's middle is 42,000 ticks: at dYdX USD
MID = 42_000


def status(engine: Any, order: Any) -> str:
    return str(engine.order("a", order.order_id).status)


@pytest.mark.parametrize(
    ("kind", "side", "short_of", "reached"),
    [
        ("STOP_LIMIT", BUY, 42_099, 42_100),
        ("STOP_LIMIT", SELL, 41_901, 41_900),
        ("TAKE_PROFIT", BUY, 41_901, 41_900),
        ("TAKE_PROFIT", SELL, 42_099, 42_100),
    ],
)
def test_a_trigger_is_reached_from_the_side_that_its_kind_looks_to(
    opened: Make, ladder: Make, ask: Make, kind: str, side: Side, short_of: int, reached: int
) -> None:
    engine = opened(Venue.DYDX)
    engine.apply(ladder(Venue.DYDX), NOW)
    limit = 43_000 if side is BUY else 41_000
    order = engine.place("a", ask("1", side, "0.001", limit, kind=kind, trigger=Decimal(reached)), NOW)
    assert order.status == status(engine, order) == "UNTRIGGERED"
    engine.apply(ladder(Venue.DYDX, short_of), NOW + SECOND)
    assert status(engine, order) == "UNTRIGGERED"
    engine.apply(ladder(Venue.DYDX, reached), NOW + 2 * SECOND)
    assert status(engine, order) == "FILLED"


def test_a_trigger_that_is_reached_already_goes_off_at_once(opened: Make, ladder: Make, ask: Make) -> None:
    engine = opened(Venue.DYDX)
    engine.apply(ladder(Venue.DYDX), NOW)
    asked = ask("1", BUY, "0.001", 43_000, kind="STOP_LIMIT", trigger=Decimal(41_000))
    assert status(engine, engine.place("a", asked, NOW)) == "FILLED"


def test_what_comes_alive_and_finds_nothing_rests_where_it_may(opened: Make, ladder: Make, ask: Make) -> None:
    engine = opened(Venue.DYDX)
    engine.apply(ladder(Venue.DYDX), NOW)
    stop = {"kind": "STOP_LIMIT", "trigger": Decimal(41_900)}
    rests = engine.place("a", ask("1", SELL, "0.001", 42_500, "GTT", **stop), NOW)
    gone = engine.place("a", ask("2", SELL, "0.001", 42_500, "IOC", **stop), NOW)
    engine.apply(ladder(Venue.DYDX, 41_900), NOW + SECOND)
    assert (status(engine, rests), status(engine, gone)) == ("OPEN", "CANCELED")
    engine.apply(ladder(Venue.DYDX, 42_600), NOW + 2 * SECOND)
    assert status(engine, rests) == "FILLED"


def test_a_waiting_order_is_in_no_book_and_takes_no_margin(opened: Make, ladder: Make, ask: Make) -> None:
    engine = opened(Venue.DYDX)
    engine.apply(ladder(Venue.DYDX), NOW)
    before = engine.book("BTC")[:2], engine.account("a").free_collateral
    asked = ask("1", BUY, "0.001", 42_500, "GTT", kind="STOP_LIMIT", trigger=Decimal(42_400))
    order = engine.place("a", asked, NOW)
    assert (engine.book("BTC")[:2], engine.account("a").free_collateral) == before
    assert engine.cancel("a", order.order_id, NOW).status == "CANCELED"
    engine.apply(ladder(Venue.DYDX, 42_400), NOW + SECOND)
    assert status(engine, order) == "CANCELED"


def test_a_waiting_order_expires(opened: Make, ladder: Make, ask: Make) -> None:
    engine = opened(Venue.DYDX)
    engine.apply(ladder(Venue.DYDX), NOW)
    asked = ask("1", BUY, "0.001", 42_500, "GTT", kind="STOP_LIMIT", trigger=Decimal(42_400))
    order = engine.place("a", asked, NOW)
    engine.advance(asked.expires_ns)
    assert engine.order("a", order.order_id).cancel_reason == "EXPIRED"


def test_apex_looks_at_the_margin_again_when_an_order_comes_alive(opened: Make, ladder: Make, ask: Make) -> None:
    engine = opened(Venue.APEX, "100")
    engine.apply(ladder(Venue.APEX, 2 * MID), NOW)
    stop = {"kind": "STOP_MARKET", "trigger": Decimal(42_100)}
    order = engine.place("a", ask("1", BUY, "0.04", 42_500, **stop), NOW)
    assert order.status == "UNTRIGGERED"
    assert engine.place("a", ask("2", BUY, "0.04", 42_001), NOW).status == "PENDING"
    engine.apply(ladder(Venue.APEX, 2 * 42_100), NOW + SECOND)
    assert status(engine, order) == "CANCELED" and engine.account("a").positions[0].size == Decimal("0.04")


@pytest.mark.parametrize(
    ("where", "changes", "key"),
    [
        (Venue.DYDX, {"kind": "STOP_MARKET", "trigger": Decimal(42_100)}, Refuse.KIND),
        (Venue.DYDX, {"kind": "TRAILING_STOP", "trigger": Decimal(42_100)}, Refuse.KIND),
        (Venue.APEX, {"kind": "TAKE_PROFIT", "trigger": Decimal(42_100)}, Refuse.KIND),
        (Venue.DYDX, {"kind": "LIMIT", "trigger": Decimal(42_100)}, Refuse.KIND),
        (Venue.DYDX, {"kind": "STOP_LIMIT", "trigger": Decimal("42100.5")}, Refuse.OFF_TICK),
    ],
)
def test_a_kind_that_the_venue_has_not_is_refused(
    opened: Make, ladder: Make, ask: Make, where: Venue, changes: dict[str, Any], key: Refuse
) -> None:
    engine = opened(where)
    engine.apply(ladder(where), NOW)
    answer = engine.place("a", ask("1", BUY, "0.002", 20_000, "GTT", **changes), NOW)
    assert isinstance(answer, PaperRefusal) and answer.key == key


def test_a_restart_keeps_what_waits(tmp_path: Path, ladder: Make, ask: Make) -> None:
    def venue() -> Any:
        return make_venue(Venue.DYDX, seed=1, journal_path=tmp_path / "dydx.jsonl")

    engine = venue()
    engine.open_account("a", Decimal(1000), NOW)
    engine.apply(ladder(Venue.DYDX), NOW)
    asked = ask("1", BUY, "0.001", 42_500, "GTT", kind="STOP_LIMIT", trigger=Decimal(42_400))
    order = engine.place("a", asked, NOW)
    engine.close()
    again = venue()
    assert again.order("a", order.order_id) == order
    again.apply(ladder(Venue.DYDX, 42_400), NOW + SECOND)
    assert status(again, order) == "FILLED"
    again.close()


def test_past_funding_rates_are_told_whoever_held_what(opened: Make, ladder: Make, venue: Venue) -> None:
    engine = opened(venue)
    engine.apply(ladder(venue), NOW)
    engine.advance(NOW)
    assert engine.past_rates("BTC") == ()
    for hour in (1, 2):
        engine.advance(NOW + hour * 3600 * SECOND)
    first, second = engine.past_rates("BTC")
    assert first.at_ns - second.at_ns == 3600 * SECOND and first.at_ns % (3600 * SECOND) == 0
    assert second.price == engine.index_price("BTC") and engine.past_rates("ETH") == ()
