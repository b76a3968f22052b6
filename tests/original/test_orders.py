"""The original's scripts that place, cancel and trade, against the paper venues: what they do and what they leave."""

from decimal import Decimal
from typing import Any

import pytest

from common.core.market import Side, Venue

pytestmark = pytest.mark.slow
ETHEREUM_KEY = "0x4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"
#: order that a script leaves: market, side, kind, lifetime, size, price
Facts = tuple[str, Side, str, str, str, str]


def facts(order: Any) -> Facts:
    asked = order.request
    return (asked.market, asked.side, asked.kind, asked.lifetime, str(asked.size), f"{asked.price:f}")


def write_desks(original: Any, prices: int, **files: int) -> None:
    """The modules that every trading script stands on, in their last edition."""
    original.write(init_apex_client=23, send_order_apex=30, init_dydx_client=26, send_order_dydx=31, **files)
    original.write(get_depth_data_btc=prices)


def test_dydx_order_is_placed_and_never_cancelled(original: Any) -> None:
    script = original.run(12, {"your private eth key": ETHEREUM_KEY})
    assert script.code == 1 and "TypeError: 'Response' object is not subscriptable" in script.err
    (order,) = original.orders(Venue.DYDX)
    assert facts(order) == ("BTC", Side.BUY, "LIMIT", "GTT", "0.0777", "20")
    assert (order.request.post_only, order.status) == (True, "OPEN")


def test_dydx_order_is_placed_and_cancelled_once_its_answer_is_read_as_the_description_mends_it(original: Any) -> None:
    mended = {"your private eth key": ETHEREUM_KEY, "order_response['order']": "order_response.data['order']"}
    script = original.run(12, mended)
    assert script.code == 0 and "'status': 'PENDING'" in script.out
    assert [order.cancel_reason for order in original.orders(Venue.DYDX)] == ["USER_CANCELED"]


def test_apex_order_is_placed_from_the_keys_in_the_script(original: Any) -> None:
    own = original.house.accounts[Venue.APEX]
    places = {
        '"your public_key"': f"'{own.stark_x:#x}'",
        '"your public_key_y_coordinate"': f"'{own.stark_y:#x}'",
        '"your private_key"': "'0x4a2e2cbde814ed49382a2bd615069bf8aaf86687cb3358600179da0958336e9'",
        '"your key"': f"'{own.api_key}'",
        '"your secret"': f"'{own.secret}'",
        '"your passphrase"': f"'{own.passphrase}'",
    }
    script = original.run(17, places)
    assert script.code == 0 and "'takerFeeRate': '0.00050'" in script.out
    assert "0.011\n25555.5\n" in script.out
    (order,) = original.orders(Venue.APEX)
    assert facts(order) == ("BTC", Side.BUY, "LIMIT", "GTT", "0.010", "28888.5")
    assert order.status == "FILLED" and original.positions(Venue.APEX) == {"BTC": Decimal("0.01")}


def test_apex_market_order_buys(original: Any) -> None:
    original.write(init_apex_client=23, send_order_apex=24, place_order_apex=25)
    script = original.start("place_order_apex").ended()
    assert script.code == 0 and "'status': 'PENDING'" in script.out
    assert facts(original.orders(Venue.APEX)[0]) == ("BTC", Side.BUY, "MARKET", "GTT", "0.001", "28888.5")
    assert original.positions(Venue.APEX) == {"BTC": Decimal("0.001")}


def test_dydx_market_order_is_refused(original: Any) -> None:
    original.write(init_dydx_client=26, send_order_dydx=27, place_order_dydx=28)
    script = original.start("place_order_dydx").ended()
    assert script.code == 1 and "MARKET orders must have timeInForce FOK or IOC" in script.err
    assert original.orders(Venue.DYDX) == []


def test_the_first_strategy_dies_of_its_first_spread(original: Any) -> None:
    write_desks(original, prices=22, first=29)
    script = original.start("first").ended()
    assert script.code == 1 and "ValueError: too many values to unpack (expected 2)" in script.err


def test_the_second_strategy_trades_one_leg_and_does_not_know(original: Any) -> None:
    """ApeX sells at market, dYdX's post-only bid rests: nobody looks, and it goes on."""
    write_desks(original, prices=22, place_order_btc=32)
    original.move("BTC", Venue.APEX, 100)
    script = original.start("place_order_btc")
    script.wait_for("'status': 'PENDING'", times=3)
    script.end()
    assert original.positions(Venue.APEX)["BTC"] <= Decimal("-0.003")
    assert original.positions(Venue.DYDX) == {} and set(original.statuses(Venue.DYDX)) == {"OPEN"}


def test_the_third_strategy_stops_at_two_and_is_as_naked(original: Any) -> None:
    write_desks(original, prices=35, place_order_btc=36)
    original.move("BTC", Venue.APEX, 100)
    script = original.start("place_order_btc")
    script.wait_for("above leverage ,stop")
    script.end()
    assert original.positions(Venue.APEX) == {"BTC": Decimal("-0.008")}
    assert original.positions(Venue.DYDX) == {} and original.statuses(Venue.DYDX) == ["OPEN", "OPEN"]


def test_the_ether_strategy_orders_less_than_either_venue_takes(original: Any) -> None:
    write_desks(original, prices=35, get_depth_data_eth=38, place_order_eth=39)
    original.move("ETH", Venue.APEX, 100)
    script = original.start("place_order_eth").ended()
    assert script.code == 1 and "size must be at least the minimum order size 0.01" in script.err
    assert original.orders(Venue.APEX) == [] and original.orders(Venue.DYDX) == []


def test_all_markets_in_their_first_edition_go_to_eight_on_one_venue(original: Any) -> None:
    write_desks(original, prices=35, place_order_all=40)
    original.supply_depths(8)
    original.move("BTC", Venue.APEX, 100)
    script = original.start("place_order_all", sleep_max_s=1)
    script.wait_for("arbitrage_count: 8")
    script.end()
    assert original.positions(Venue.APEX) == {"BTC": Decimal("-0.008")}
    assert original.positions(Venue.DYDX) == {} and original.statuses(Venue.DYDX) == ["OPEN"] * 8
