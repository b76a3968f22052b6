"""Orders that a person placed beside the fleet: no worker takes them in, whatever its account stream tells of them."""

from decimal import Decimal
from typing import Any, cast

import pytest

from common.core.events import Filled, Reported
from common.core.ids import HAND, client_id, deal_id, hand_id, is_by_hand
from common.core.market import Side, Venue
from common.core.order import Fill, Report
from common.runner import Runner

NOW = 1_700_000_000_123_456_789


class Nothing:
    """Whoever asks it anything has failed; it stands for ledger, trader and world alike."""

    terms = type("Terms", (), {"market": "BTC"})()

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked for")


@pytest.mark.parametrize("name", [hand_id(NOW), ""])
def test_a_worker_passes_over_what_its_stream_tells_of_an_order_by_hand(name: str) -> None:
    nobody = cast(Any, Nothing())
    runner = Runner(nobody, nobody, nobody)
    fill = Fill(Venue.DYDX, "f1", name, Side.BUY, Decimal(40_000), Decimal("0.001"), 20_000, NOW)
    runner.hear_account(Filled(fill, NOW))
    runner.hear_account(Reported(Report(name, "v1", Decimal("0.001"), True), NOW))


def test_an_id_by_hand_is_nobody_else_s_and_names_no_market() -> None:
    made = hand_id(NOW)
    assert is_by_hand(made) and made.startswith(HAND) and len(made) <= 40
    assert hand_id(NOW + 1) != made
    ours = client_id(deal_id("k3f9aa", "BTC", 7), Venue.DYDX, 0)
    assert not is_by_hand(ours) and "BTC" not in made
