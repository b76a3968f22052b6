"""Orders, fills and pushes of the account become facts; what cannot be named is asked for and never guessed."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from common.core.account import ForcedFill, FundingPaid, Position
from common.core.errors import VenueError
from common.core.events import Filled, Reported
from common.core.market import Side, Venue
from common.core.money import ZERO
from common.core.order import Fill, Report, reversal
from common.venues.apex import wire_account as wire
from common.venues.apex.wire_account import NAMES_KEPT, OrderNames
from common.venues.base import AccountChanged

Sample = Callable[[str], Any]
ORDER_ID, CLIENT_ID = "588326929847812444", "k3f9-BTC-17-a0"


def test_what_is_matched_counts_before_it_is_settled(sample: Sample) -> None:
    report = wire.read_report(sample("order_filled")["data"])
    assert report == Report(CLIENT_ID, ORDER_ID, Decimal("0.003"), final=True)


def test_a_killed_order_is_final_with_its_reason_and_a_pending_one_is_not(sample: Sample) -> None:
    killed = wire.read_report(sample("order_killed")["data"])
    assert (killed.filled_size, killed.final, killed.reason) == (ZERO, True, "COULD_NOT_FILL")
    pending = wire.read_report(sample("order_pending")["data"])
    assert (pending.filled_size, pending.final, pending.reason) == (ZERO, False, "")


@pytest.mark.parametrize("status", ["OPEN", "UNTRIGGERED", "CANCELING", "SOMETHING_NEW"])
def test_only_the_three_ends_are_final(sample: Sample, status: str) -> None:
    assert not wire.read_report({**sample("order_killed")["data"], "status": status}).final


@pytest.mark.parametrize("status", ["FILLED", "CANCELED", "EXPIRED"])
def test_a_partly_matched_order_that_ended_keeps_what_was_matched(sample: Sample, status: str) -> None:
    row = {**sample("order_killed")["data"], "status": status, "cumMatchFillSize": "0.001"}
    report = wire.read_report(row)
    assert report.final
    assert report.filled_size == (Decimal("0.003") if status == "FILLED" else Decimal("0.001"))


@pytest.mark.parametrize(
    "changes", [{"size": "0"}, {"cumMatchFillSize": "0.004"}, {"cumMatchFillSize": "x"}, {"status": None, "id": None}]
)
def test_an_order_that_cannot_be_is_the_venues_fault(sample: Sample, changes: dict[str, Any]) -> None:
    with pytest.raises(VenueError):
        wire.read_report({**sample("order_killed")["data"], **changes})


def test_the_fills_of_an_order_are_picked_out_and_one_that_was_taken_back_is_two(sample: Sample) -> None:
    fills = wire.order_fills(sample("fills")["data"], CLIENT_ID, ORDER_ID)
    assert [f.fill_id for f in fills] == ["2048000182272", "2048000182273", "98", "98!reversed"]
    assert (fills[3].side, fills[3].price, fills[3].size) == (Side.SELL, fills[2].price, fills[2].size)
    assert (fills[2].fee_uusd, fills[3].fee_uusd) == (20_001, -20_001)
    assert fills[0] == Fill(
        venue=Venue.APEX,
        fill_id="2048000182272",
        client_id=CLIENT_ID,
        side=Side.BUY,
        price=Decimal("20000.0"),
        size=Decimal("0.002"),
        fee_uusd=20001,
        venue_ns=1_700_000_000_361_000_000,
    )


def test_one_push_carries_the_fill_the_report_and_a_changed_account(sample: Sample) -> None:
    events = wire.account_events(sample("push_filled")["contents"], OrderNames(), 9)
    filled, reported, changed = events
    assert isinstance(filled, Filled) and isinstance(reported, Reported)
    assert (filled.fill.client_id, filled.fill.size, filled.at_ns) == (CLIENT_ID, Decimal("0.003"), 9)
    assert reported.report == Report(CLIENT_ID, ORDER_ID, Decimal("0.003"), final=True)
    assert changed == AccountChanged(Venue.APEX, 9)


def test_a_killed_push_is_final_only_when_what_remains_adds_up(sample: Sample) -> None:
    [clear] = wire.account_events(sample("push_killed")["contents"], OrderNames(), 1)
    [unclear] = wire.account_events(sample("push_canceled_unclear")["contents"], OrderNames(), 1)
    assert isinstance(clear, Reported) and isinstance(unclear, Reported)
    assert (clear.report.final, clear.report.filled_size) == (True, ZERO)
    assert (unclear.report.final, unclear.report.filled_size) == (False, ZERO)


def test_a_fill_is_named_by_what_was_learnt_before(sample: Sample) -> None:
    names, contents = OrderNames(), sample("push_filled")["contents"]
    contents["orders"] = []
    assert wire.account_events(contents, names, 1) == [AccountChanged(Venue.APEX, 1)]
    names.learn(ORDER_ID, CLIENT_ID)
    filled, _ = wire.account_events(contents, names, 1)
    assert isinstance(filled, Filled)
    assert filled.fill.client_id == CLIENT_ID


def test_a_fill_that_was_taken_back_is_told_with_its_reversal_and_without_a_name_makes_us_ask(sample: Sample) -> None:
    contents = {"fills": sample("push_filled")["contents"]["fills"], "orders": []}
    contents["fills"][0]["status"] = "FAILED_CENSORING_L2_REJECT"
    names = OrderNames()
    assert wire.account_events(contents, names, 1) == [AccountChanged(Venue.APEX, 1)]
    names.learn(ORDER_ID, CLIENT_ID)
    filled, undone = wire.account_events(contents, names, 1)
    assert isinstance(filled, Filled) and isinstance(undone, Filled)
    assert undone.fill == reversal(filled.fill) and undone.fill.is_reversal and not filled.fill.is_reversal


def test_a_forced_fill_may_be_taken_back_too(sample: Sample) -> None:
    contents = sample("push_liquidated")["contents"]
    contents["fills"][0]["status"] = "FAILED_L2"
    forced, undone, _ = wire.account_events(contents, OrderNames(), 9)
    assert isinstance(forced, ForcedFill) and isinstance(undone, ForcedFill)
    assert undone == replace(forced, fill_id="77!reversed", side="BUY", fee_uusd=-forced.fee_uusd)


def test_history_names_the_order_of_each_fill_and_none_of_a_forced_one(sample: Sample) -> None:
    row = sample("fills")["data"]["orders"][3]
    first, undone = wire.past_fills({**row, "clientOrderId": CLIENT_ID})
    assert (first.market, first.venue_order_id, first.fill.client_id) == ("BTC", ORDER_ID, CLIENT_ID)
    assert undone == replace(first, fill=reversal(first.fill))
    (forced,) = wire.past_fills({**row, "status": "SUCCESS", "isDeleverage": True})
    assert forced.venue_order_id is None
    (nameless,) = wire.past_fills({**row, "status": "SUCCESS", "orderId": ""})
    assert nameless.venue_order_id is None


@pytest.mark.parametrize("flag", ["isLiquidate", "isDeleverage"])
def test_a_fill_of_an_order_that_the_venue_made_is_a_forced_one(sample: Sample, flag: str) -> None:
    contents = sample("push_liquidated")["contents"]
    contents["orders"][0].update({"isLiquidate": False, flag: True})
    forced, changed = wire.account_events(contents, OrderNames(), 9)
    assert forced == ForcedFill(
        venue=Venue.APEX,
        fill_id="77",
        market="BTC",
        side="SELL",
        price=Decimal("20000.0"),
        size=Decimal("0.003"),
        fee_uusd=500_000,
        venue_ns=1_700_000_000_361_000_000,
        at_ns=9,
    )
    assert changed == AccountChanged(Venue.APEX, 9)


def test_a_forced_fill_may_be_flagged_itself_and_have_no_order(sample: Sample) -> None:
    [fill] = sample("push_liquidated")["contents"]["fills"]
    [forced] = wire.account_events({"fills": [{**fill, "orderId": "", "isLiquidate": True}]}, OrderNames(), 9)
    assert isinstance(forced, ForcedFill)
    assert forced.fill_id == "77"


def test_a_fill_that_carries_our_id_needs_no_memory(sample: Sample) -> None:
    [fill] = sample("push_filled")["contents"]["fills"]
    [filled] = wire.account_events({"fills": [{**fill, "clientOrderId": CLIENT_ID}]}, OrderNames(), 9)
    assert isinstance(filled, Filled)
    assert filled.fill.client_id == CLIENT_ID


def test_a_pushed_funding_payment_is_passed_on(sample: Sample) -> None:
    [paid] = wire.account_events({"fundingValues": sample("funding")["data"]["fundingValues"]}, OrderNames(), 9)
    assert isinstance(paid, FundingPaid)
    assert paid.payment_uusd == -1235


def test_a_snapshot_with_fills_of_forgotten_orders_only_says_that_the_account_changed(sample: Sample) -> None:
    assert wire.account_events(sample("push_snapshot")["contents"], OrderNames(), 3) == [AccountChanged(Venue.APEX, 3)]


def test_a_push_with_nothing_in_it_says_nothing() -> None:
    assert wire.account_events({"orders": None, "fills": [], "transfers": [{}]}, OrderNames(), 3) == []


@pytest.mark.parametrize("contents", [None, [], {"orders": [{}]}, {"fills": [{}]}, {"orders": [1]}])
def test_a_malformed_push_is_the_venues_fault(contents: Any) -> None:
    with pytest.raises(VenueError):
        wire.account_events(contents, OrderNames(), 1)


def test_names_are_bounded_and_the_oldest_is_forgotten() -> None:
    names = OrderNames()
    for number in range(NAMES_KEPT + 1):
        names.learn(f"id-{number}", "c")
    assert names.of("id-0") is None
    assert names.of("id-1") == names.of(f"id-{NAMES_KEPT}") == "c"


def test_positions_get_their_sign_from_the_side_and_empty_ones_are_left_out(sample: Sample) -> None:
    data = sample("account")["data"]
    positions = wire.open_positions(data, {"BTC-USDC": Decimal(43000)})
    assert positions == (Position("BTC", Decimal("-0.003"), Decimal("43000.5"), Decimal(43000)),)
    data["openPositions"][0].update(side="LONG")
    assert wire.open_positions(data, {"BTC-USDC": Decimal(1)})[0].size == Decimal("0.003")
    assert wire.open_positions({"openPositions": None}, {}) == ()
    data["openPositions"][0].update(side="BUY")
    with pytest.raises(VenueError):
        wire.open_positions(data, {"BTC-USDC": Decimal(1)})


def test_funding_payments_are_rounded_against_us(sample: Sample) -> None:
    assert wire.funding_payments(sample("funding")["data"]) == (
        FundingPaid(Venue.APEX, "9001", "BTC", -1235, 1_700_002_800_000_000_000),
    )


def test_the_leverage_that_an_account_set_for_itself_stands_above_the_listings() -> None:
    rows = [("BTC-USDC", "0.25"), ("ETH-USDC", "0"), ("SOL-USDC", ""), ("LTC-USDC", None)]
    data = {"openPositions": [{"symbol": symbol, "customInitialMarginRate": rate} for symbol, rate in rows]}
    assert wire.own_margins(data) == {"BTC-USDC": Decimal("0.25")}
    assert wire.own_margins({"openPositions": [{"symbol": "BTC-USDC"}]}) == wire.own_margins({}) == {}
    with pytest.raises(VenueError):
        wire.own_margins({"openPositions": [{"symbol": "BTC-USDC", "customInitialMarginRate": "much"}]})
