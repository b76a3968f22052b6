"""`arbctl pnl`: sums by market and by day, equal to the ledger's own."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from common import clock
from common.core.account import FundingPaid
from common.core.market import Venue
from common.ledger.past import DAY_NS

if TYPE_CHECKING:
    from tests.cli.conftest import Call

ArbctlIn = Callable[[Path], "Call"]


def test_a_line_a_market_with_what_is_open_and_a_sum(fleet: Any, arbctl_in: ArbctlIn) -> None:
    fleet.ledger.book_funding(FundingPaid(Venue.DYDX, "one", "SOL", -30, fleet.now_ns), fleet.now_ns)
    said = arbctl_in(fleet.root)("pnl", "--json").data
    lines = {line["name"]: line for line in said["lines"]}
    # one closed ETH deal whose legs cancelled out: four fees; BTC and SOL are open, marked as bought, two fees each
    assert lines["ETH"] | {"closed": 1, "realised_uusd": -80_000, "fees_uusd": 80_000} == lines["ETH"]
    assert lines["ETH"]["open_uusd"] is None
    assert (lines["SOL"]["closed"], lines["SOL"]["funding_uusd"]) == (0, -30)
    whole = said["all"]
    assert whole["open_uusd"] == sum(line["open_uusd"] or 0 for line in said["lines"]) != 0
    assert whole["total_uusd"] == sum(line["total_uusd"] for line in said["lines"])
    assert said["since"] is None


def test_a_line_a_day_and_a_deal_on_the_day_in_which_it_ended(
    fleet: Any, arbctl_in: ArbctlIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    yesterday = fleet.now_ns - DAY_NS
    fleet.ledger.book_funding(FundingPaid(Venue.DYDX, "old", "SOL", 5, yesterday), fleet.now_ns)
    monkeypatch.setattr(clock, "now_ns", lambda: fleet.now_ns)
    days = arbctl_in(fleet.root)("pnl", "--daily", "--since", "2d", "--json").data["lines"]
    assert [line["funding_uusd"] for line in days if line["closed"] == 0] == [5]
    assert sum(line["closed"] for line in days) == 1
    today = arbctl_in(fleet.root)("pnl", "--since", "today", "--json").data
    assert all(line["funding_uusd"] == 0 for line in today["lines"])


@pytest.mark.parametrize("since", ["soon", "2999-01-01"])
def test_a_day_that_is_none_or_still_to_come_is_misuse(fleet: Any, arbctl_in: ArbctlIn, since: str) -> None:
    assert arbctl_in(fleet.root)("pnl", "--since", since).code == 2
