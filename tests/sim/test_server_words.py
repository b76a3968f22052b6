"""The words of the paper venues: numbers and times as text, refusals of the engine, memory of trades."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core.market import Side
from common.sim.checks import Refuse
from common.sim.server import plain, texts
from common.sim.server.apex_rest import collapsed
from common.sim.server.bars import DAY_NS, MINUTE_NS, MINUTES_KEPT, Bars
from common.sim.types import PaperRefusal, Print

DYDX_ALONE = {Refuse.DUPLICATE, Refuse.EXPIRATION, Refuse.MARKET_LIFETIME, Refuse.REDUCE_LIFETIME}
APEX_ALONE = {Refuse.CONFLICT, Refuse.REDUCE_ONLY, Refuse.MARGIN, Refuse.LIQUIDATION}
_NAMES = (
    "account_id", "market", "kind", "lifetime", "size", "price", "step", "tick", "min_size", "max_position",
    "client_id", "limit_fee", "needed", "count", "order_id", "status",
)  # fmt: skip
VALUES = {name: f"<{name}>" for name in _NAMES}
NOW = 1_700_000_000 * plain.NS_PER_SECOND


@given(st.decimals(min_value=0, max_value=10**9, places=8))
def test_numbers_are_written_exactly_and_without_padding_or_exponent(number: Decimal) -> None:
    said = plain.text(number)
    assert Decimal(said) == number
    assert "E" not in said and not (said.endswith("0") and "." in said)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=9))
def test_fixed_places_are_cut_towards_zero_and_never_minus_nothing(number: Decimal) -> None:
    said = plain.places(number, 6)
    assert len(said.partition(".")[2]) == 6 and said != "-0.000000"
    assert abs(Decimal(said)) <= abs(number) < abs(Decimal(said)) + Decimal("0.000001")


@given(st.integers(min_value=0, max_value=4 * 10**18))
def test_times_survive_being_written_to_the_millisecond(at_ns: int) -> None:
    assert plain.iso_ns(plain.iso(at_ns)) == at_ns - at_ns % plain.NS_PER_MS


@pytest.mark.parametrize(
    "wrong", ["2023-02-30T00:00:00Z", "2023-02-26T12:00:00+00:00", "2023-02-26T12:00:00 00:00", "", None, 7]
)
def test_other_times_are_no_times(wrong: Any) -> None:
    assert plain.iso_ns(wrong) is None


@pytest.mark.parametrize("wrong", ["1e5", "-1", "+1", " 1", "1.", ".5", "NaN", "", "0x1", "1" * 41, "١", None, 7, 0.5])
def test_other_numbers_are_no_numbers(wrong: Any) -> None:
    assert plain.amount(wrong) is None


@pytest.mark.parametrize("key", sorted(set(Refuse) - APEX_ALONE - {Refuse.ACCOUNT}))
def test_dydx_has_words_for_every_refusal_of_its_engine(key: Refuse) -> None:
    no = texts.dydx_refusal(PaperRefusal(key, VALUES))
    (error,) = no.body["errors"]
    assert no.status == 400 and not error["msg"].startswith("Order refused") and "{" not in error["msg"]


@pytest.mark.parametrize("key", sorted(set(Refuse) - DYDX_ALONE))
def test_apex_has_words_for_every_refusal_of_its_engine(key: Refuse) -> None:
    no = texts.apex_refusal(PaperRefusal(key, VALUES))
    assert no.status == 200 and no.body["code"] == 3
    assert "{" not in no.body["msg"] and "  " not in no.body["msg"]


def test_refusals_carry_their_values() -> None:
    small = PaperRefusal(Refuse.MIN_SIZE, {"size": "1", "market": "BTC-USDC", "min_size": "2"})
    assert texts.apex_refusal(small).body["msg"] == "Order size 1 smaller than symbol BTC-USDC min order size 2"
    filled = PaperRefusal(Refuse.ORDER_FINAL, {"order_id": "9", "status": "FILLED"})
    assert texts.apex_refusal(filled).body["key"] == "ORDER_NOT_CANCEL_FILLED"
    unknown = PaperRefusal(Refuse.ORDER_UNKNOWN, {"order_id": "ab"})
    assert texts.dydx_refusal(unknown).body == {"errors": [{"msg": "No order found with id: ab"}]}


def trade(at_ns: int, price: int, size: int = 1) -> Print:
    return Print(str(at_ns), "BTC", Side.BUY, Decimal(price), Decimal(size), at_ns)


def test_bars_join_the_trades_of_their_minutes() -> None:
    bars, start = Bars(), NOW - NOW % (5 * MINUTE_NS)
    for n, price in enumerate((10, 30, 20, 5)):
        bars.add(trade(start + n * MINUTE_NS // 2, price, size=n + 1))
    first, second = bars.of("BTC", 1, 10)[::-1]
    assert [first.open, first.high, first.low, first.close, first.base] == [10, 30, 10, 30, 3] and first.trades == 2
    assert [second.open, second.close] == [20, 5] and second.start_ns == start + MINUTE_NS
    (five,) = bars.of("BTC", 5, 10)
    assert [five.open, five.high, five.low, five.close, five.quote] == [10, 30, 5, 5, 150] and five.start_ns == start
    assert bars.of("ETH", 1, 10) == [] and bars.day("ETH", NOW) is None


def test_bars_forget_after_a_day() -> None:
    bars = Bars()
    for n in range(MINUTES_KEPT + 10):
        bars.add(trade(NOW + n * MINUTE_NS, n + 1))
    assert len(bars.of("BTC", 1, 10**6)) == MINUTES_KEPT
    day = bars.day("BTC", NOW + (MINUTES_KEPT + 9) * MINUTE_NS)
    assert day is not None and day.trades == MINUTES_KEPT
    assert bars.day("BTC", NOW + 3 * DAY_NS) is None


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        ("//api/v1/time", "/api/v1/time"),
        ("////realtime_public?v=2&x=//", "/realtime_public?v=2&x=//"),
        ("/api//v1///depth?symbol=B", "/api/v1/depth?symbol=B"),
    ],
)
def test_slashes_are_collapsed_in_the_path_alone(target: str, meant: str) -> None:
    assert collapsed(target) == meant
