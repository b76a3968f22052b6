"""dYdX's account messages: reports, fills, forced fills, funding, worth."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from common.core.account import AccountFacts, ForcedFill, FundingPaid, Position
from common.core.errors import ConfigError, VenueError
from common.core.events import Filled, Reported
from common.core.market import Side, Venue
from common.core.order import Fill, Report
from common.venues.base import AccountChanged
from common.venues.dydx import wire_account
from common.venues.dydx.wire_account import account_events

Sample = Callable[[str], Any]
AT = 7
FILLED_NS = 1_700_000_000_233_000_000
FILL_1 = Fill(
    Venue.DYDX, "aaaaaaaa-0000-5000-8000-000000000001", "k3f9-BTC-17-d0", Side.BUY, Decimal(37001), Decimal("0.001"),
    18500, FILLED_NS,
)  # fmt: skip
PAID = FundingPaid(Venue.DYDX, "BTC-USD@1699999200000000000", "BTC", -463, 1_699_999_200_000_000_000)


@pytest.mark.parametrize(
    ("name", "filled", "final", "reason"),
    [("order_pending", "0", False, ""), ("order_filled", "0.003", True, ""),
     ("order_killed", "0", True, "COULD_NOT_FILL")],
)  # fmt: skip
def test_an_order_s_report_is_cumulative(sample: Sample, name: str, filled: str, final: bool, reason: str) -> None:
    report = wire_account.read_report(sample(name)["order"])
    assert report == Report("k3f9-BTC-17-d0", "3f2a", Decimal(filled), final, reason)


def test_an_order_partly_filled_and_open_is_not_final(sample: Sample) -> None:
    raw = sample("order_pending")["order"] | {"status": "OPEN", "remainingSize": "0.001"}
    assert wire_account.read_report(raw) == Report("k3f9-BTC-17-d0", "3f2a", Decimal("0.002"), False)


def test_a_rest_fill_and_a_stream_fill_are_the_same_fill(sample: Sample) -> None:
    rest = [wire_account.read_fill(row, "k3f9-BTC-17-d0") for row in wire_account.fill_rows(sample("fills"))]
    pushed = [e.fill for e in account_events(sample("ws_account_filled"), AT) if isinstance(e, Filled)]
    assert rest[::-1] == pushed and pushed[0] == FILL_1
    assert [str(fill.price) for fill in pushed] == ["37001", "37002"], "not padded: the ledger keeps text"


def test_a_frame_of_a_filled_order_tells_fills_then_report_then_change(sample: Sample) -> None:
    events = list(account_events(sample("ws_account_filled"), AT))
    assert [type(e) for e in events] == [Filled, Filled, Reported, AccountChanged]
    assert events[2] == Reported(Report("k3f9-BTC-17-d0", "3f2a", Decimal("0.003"), True), AT)


def test_a_fee_between_two_micro_dollars_is_rounded_up(sample: Sample) -> None:
    raw = sample("fills")["fills"][0] | {"fee": "0.0370021"}
    assert wire_account.read_fill(raw, "x").fee_uusd == 37003


def test_a_liquidation_is_a_forced_fill_in_its_market(sample: Sample) -> None:
    event = next(account_events(sample("ws_account_liquidated"), AT))
    assert event == ForcedFill(
        Venue.DYDX, "aaaaaaaa-0000-5000-8000-000000000009", "BTC", "SELL", Decimal(30000), Decimal("0.003"), 0,
        FILLED_NS, AT,
    )  # fmt: skip


@pytest.mark.parametrize("change", [{"orderId": None}, {"orderClientId": None}, {"type": "DELEVERAGED"}])
def test_a_fill_without_an_order_of_somebody_s_is_forced(sample: Sample, change: dict[str, Any]) -> None:
    contents = sample("ws_account_filled")
    contents["fills"][0] |= change
    kinds = [type(e) for e in account_events(contents, AT)]
    assert kinds[:2] == [ForcedFill, Filled]


def test_funding_is_signed_from_our_side_and_has_one_id_on_both_ways(sample: Sample) -> None:
    pushed = next(account_events(sample("ws_account_funding"), AT))
    rest = wire_account.read_fundings(sample("funding"))
    assert pushed == rest[0] == PAID
    assert rest[1].payment_uusd == 100 and rest[1].payment_id != rest[0].payment_id


def test_the_opening_tells_live_orders_and_that_the_account_is_to_be_asked_for(sample: Sample) -> None:
    events = list(account_events(sample("ws_account_opening"), AT))
    expected = Reported(Report("k3f9-BTC-17-d0", "3f2a", Decimal(0), False), AT)
    assert events == [expected, AccountChanged(Venue.DYDX, AT)]


@pytest.mark.parametrize("contents", [None, [], {"fills": [{}]}, {"orders": [{"id": 1}]}, {"fundingPayments": [7]}])
def test_a_malformed_frame_is_the_venue_s_fault(contents: Any) -> None:
    with pytest.raises(VenueError):
        list(account_events(contents, AT))


def test_an_account_is_worth_what_the_venue_says_and_weighs_its_positions_at_mark(sample: Sample) -> None:
    marks = {"BTC-USD": Decimal(37000), "ETH-USD": Decimal("2050.5")}
    assert wire_account.read_account(sample("account"), marks, AT) == AccountFacts(
        Venue.DYDX,
        equity_uusd=100_123_456,
        gross_uusd=37_000_000 + 41_010_000,
        positions=(
            Position("BTC", Decimal("0.001"), Decimal(36990), Decimal(37000)),
            Position("ETH", Decimal("-0.02"), Decimal("2051.25"), Decimal("2050.5")),
        ),
        at_ns=AT,
    )


def test_a_position_without_a_mark_is_not_guessed(sample: Sample) -> None:
    with pytest.raises(VenueError):
        wire_account.read_account(sample("account"), {"BTC-USD": Decimal(1)}, AT)


def test_the_account_with_our_key_is_found_whatever_the_padding(sample: Sample) -> None:
    ours = "0x19abec62609941b13de20e07d9bb976317f74bba753d810215cf7fccb55fcd8"
    assert wire_account.find_account(sample("accounts"), ours) == ("59609ad5-3bf3-544b-9fba-836a7567fa74", 1812)
    with pytest.raises(ConfigError, match="onboard"):
        wire_account.find_account(sample("accounts"), "0x2")


def test_the_taker_fee_is_the_user_s(sample: Sample) -> None:
    assert wire_account.taker_fee(sample("user")) == Decimal("0.0005")
