"""`place_order_all.py`, the original's last word, and the programs that run it."""

from decimal import Decimal
from typing import Any

import pytest

from common.core.market import Side, Venue

pytestmark = pytest.mark.slow
SIZE = Decimal("0.001")


def write_all(original: Any) -> None:
    original.write(init_apex_client=23, send_order_apex=30, init_dydx_client=26, send_order_dydx=31)
    original.write(place_order_all=45)
    original.supply_depths(12)


def rounds(original: Any, count: int) -> None:
    """Let it go round all ten markets so many times, at its own pace."""
    script = original.start("place_order_all", sleep_max_s=1)
    script.wait_for("arbitrage_count:", times=10 * count + 1)
    script.end()


def test_it_opens_both_legs_at_the_fourth_price_and_closes_while_the_gap_still_stands(original: Any) -> None:
    """Its text closes once the gap has turned, its code the other way round: at once, and at a loss."""
    write_all(original)
    original.move("BTC", Venue.APEX, 100)
    before = original.equity()
    rounds(original, 2)
    sold, bought = (original.orders(venue)[-1] for venue in (Venue.APEX, Venue.DYDX))
    assert (sold.request.side, sold.request.kind, sold.request.size) == (Side.SELL, "LIMIT", SIZE)
    assert (bought.request.side, bought.request.price, bought.status) == (Side.BUY, Decimal(28_804), "FILLED")
    assert original.statuses(Venue.APEX)[:4] == ["FILLED"] * 4
    sides = [order.request.side for order in reversed(original.orders(Venue.APEX))][:4]
    assert sides == [Side.SELL, Side.BUY, Side.SELL, Side.BUY]
    assert original.equity() < before
    written = (original.folder / "trades.txt").read_text()
    assert written.index("open position:") < written.index("close position:")
    assert (original.folder / "arbitrage_count.txt").read_text() == "0"


def test_it_compares_prices_as_text_and_so_never_closes_over_a_power_of_ten(make_original: Any) -> None:
    """`'100480.5' > '99499'` is false: the count goes to four and stays, flat in size over both venues."""
    original = make_original(BTC="99500")
    write_all(original)
    original.move("BTC", Venue.APEX, 100)
    rounds(original, 6)
    assert original.positions(Venue.APEX) == {"BTC": -4 * SIZE}
    assert original.positions(Venue.DYDX) == {"BTC": 4 * SIZE}
    assert (original.folder / "arbitrage_count.txt").read_text() == "4"


def test_a_restart_knows_the_count_and_none_of_its_deals(make_original: Any) -> None:
    """The count is in a file, the deals were in memory: nothing is opened any more, and nothing is ever closed."""
    original = make_original(BTC="99500")
    write_all(original)
    original.move("BTC", Venue.APEX, 100)
    rounds(original, 5)
    original.move("BTC", Venue.APEX, -5)
    rounds(original, 2)
    assert original.positions(Venue.APEX) == {"BTC": -4 * SIZE} and len(original.orders(Venue.APEX)) == 4


def test_its_signed_count_lets_opposite_deals_cancel(make_original: Any) -> None:
    """BTC one way and ETH the other: the count stays near nought while both grow far beyond four deals."""
    original = make_original(BTC="99500", ETH="9950")
    write_all(original)
    original.move("BTC", Venue.APEX, 100)
    original.move("ETH", Venue.DYDX, 100)
    rounds(original, 6)
    assert original.positions(Venue.APEX)["BTC"] <= -6 * SIZE
    assert original.positions(Venue.APEX)["ETH"] >= 6 * 10 * SIZE
    assert abs(int((original.folder / "arbitrage_count.txt").read_text())) <= 1


def test_it_asks_more_often_than_a_venue_answers(original: Any) -> None:
    write_all(original)
    script = original.start("place_order_all").ended()
    assert script.code == 1 and ("Too many requests" in script.err or "Forbidden" in script.err)


def test_run_py_starts_what_is_chosen_and_starts_it_again(original: Any) -> None:
    write_all(original)
    original.write(run=41)
    original.write_text("apexconfig.ini", "")
    script = original.start("run")
    script.say("11")
    script.wait_for("重新启动中")
    script.say("12")
    script.wait_for("无效的选择")
    assert "No section: 'apex'" in script.end().err


def test_run_py_of_the_last_edition_forgets_the_count_first(original: Any) -> None:
    head, _, _ = original.blocks[41].partition("if __name__")
    write_all(original)
    original.write_text("run.py", head + original.blocks[44])
    original.write_text("arbitrage_count.txt", "4")
    script = original.start("run")
    script.say("11")
    script.wait_for("arbitrage_count: 0")
    script.end()


def test_the_first_runner_restarts_for_ever(original: Any) -> None:
    original.write(keep=37)
    script = original.start("keep")
    script.wait_for("重新启动中", times=3)
    assert "place_order_btc.py" in script.end().err
