"""Which orders a paper venue takes in: every rule by its name, broken and just kept."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from common.core.market import Side, Venue
from common.sim.checks import Refuse
from common.sim.engine import PaperEngine
from common.sim.types import PaperOrder, PaperRefusal, PlaceRequest

SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND
DYDX, APEX, BUY, SELL = Venue.DYDX, Venue.APEX, Side.BUY, Side.SELL
Make = Callable[..., Any]

CASES: list[tuple[Venue | None, dict[str, Any], Refuse]] = [
    (None, {"size": Decimal("0.00105")}, Refuse.OFF_STEP),
    (None, {"price": Decimal("42001.3")}, Refuse.OFF_TICK),
    (None, {"size": Decimal(0)}, Refuse.SIZE),
    (None, {"size": Decimal("NaN")}, Refuse.SIZE),
    (None, {"price": Decimal("Infinity")}, Refuse.PRICE),
    (None, {"price": Decimal(-1)}, Refuse.PRICE),
    (None, {"client_id": ""}, Refuse.CLIENT_ID),
    (None, {"client_id": "x" * 65}, Refuse.CLIENT_ID),
    (None, {"kind": "STOP_LIMIT"}, Refuse.KIND),
    (None, {"lifetime": "DAY"}, Refuse.LIFETIME),
    (None, {"market": "XRP"}, Refuse.MARKET),
    (None, {"size": Decimal(600)}, Refuse.MAX_POSITION),
    (None, {"expires_ns": 2**63}, Refuse.EXPIRATION),
    (None, {"post_only": True, "lifetime": "FOK"}, Refuse.POST_ONLY),
    (DYDX, {"size": Decimal("0.0009")}, Refuse.MIN_SIZE),
    (DYDX, {"expires_ns": NOW + 60 * SECOND - 1}, Refuse.EXPIRATION),
    (DYDX, {"kind": "MARKET"}, Refuse.MARKET_LIFETIME),
    (DYDX, {"reduce_only": True}, Refuse.REDUCE_LIFETIME),
    (DYDX, {"limit_fee": Decimal("0.0004"), "lifetime": "FOK"}, Refuse.LIMIT_FEE),
    (DYDX, {"limit_fee": Decimal("0.0004")}, Refuse.LIMIT_FEE),
    (DYDX, {"limit_fee": Decimal("0.0001"), "post_only": True}, Refuse.LIMIT_FEE),
    (APEX, {"limit_fee": Decimal("0.019999")}, Refuse.LIMIT_FEE),
    (APEX, {"limit_fee": Decimal("0.0005")}, Refuse.LIMIT_FEE),
]


@pytest.mark.parametrize(
    ("where", "change", "key"), [(v, change, key) for where, change, key in CASES for v in Venue if where in (None, v)]
)
def test_a_broken_rule_is_refused_by_its_name_and_leaves_no_trace(
    opened: Make, ladder: Make, ask: Make, where: Venue, change: dict[str, Any], key: Refuse
) -> None:
    engine: PaperEngine = opened(where)
    engine.apply(ladder(where), NOW)
    good: PlaceRequest = ask("1", BUY, "0.002", 20_000, "GTT")
    names = good.__dataclass_fields__
    bad = PlaceRequest(**{name: change.get(name, getattr(good, name)) for name in names})
    answer = engine.place("a", bad, NOW)
    assert isinstance(answer, PaperRefusal) and answer.key == key
    assert engine.orders("a") == ()
    assert isinstance(engine.place("a", good, NOW), PaperOrder), "the same id is free, the good order is taken"


@pytest.mark.parametrize(
    ("venue_", "change"),
    [
        (DYDX, {"limit_fee": Decimal("0.0005")}),
        (DYDX, {"limit_fee": Decimal("0.0002"), "post_only": True}),
        (DYDX, {"expires_ns": NOW + 60 * SECOND}),
        (APEX, {"limit_fee": Decimal("0.02")}),
        (APEX, {"expires_ns": NOW}),
    ],
)
def test_a_rule_that_is_just_kept_lets_the_order_in(
    opened: Make, ladder: Make, ask: Make, venue_: Venue, change: dict[str, Any]
) -> None:
    engine: PaperEngine = opened(venue_)
    engine.apply(ladder(venue_), NOW)
    assert isinstance(engine.place("a", ask("1", BUY, "0.002", 20_000, "GTT", **change), NOW), PaperOrder)


def test_twenty_orders_rest_per_market_and_side_at_dydx(opened: Make, ladder: Make, ask: Make) -> None:
    engine: PaperEngine = opened(DYDX)
    engine.apply(ladder(DYDX), NOW)
    for number in range(20):
        engine.place("a", ask(f"b{number}", BUY, "0.001", 41_000 + number, "GTT"), NOW)
    more = engine.place("a", ask("b20", BUY, "0.001", 41_500, "GTT"), NOW)
    assert isinstance(more, PaperRefusal) and more.key == Refuse.OPEN_ORDERS
    assert isinstance(engine.place("a", ask("s", SELL, "0.001", 43_000, "GTT"), NOW), PaperOrder)
    assert isinstance(engine.place("a", ask("now", BUY, "0.001", 42_001, "FOK"), NOW), PaperOrder)
