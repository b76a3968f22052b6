"""arbctl's writing commands: halts, and the reset that writes off what is proven flat or what a person insists on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common.core.events import HaltLevel


@pytest.fixture
def call(fleet: Any, arbctl_in: Callable[[Path], Any]) -> Any:
    return arbctl_in(fleet.root)


def test_halt_and_resume_of_one_market(fleet: Any, call: Any) -> None:
    assert call("halt", "btc", "--reason", "odd prices").code == 0
    assert fleet.ledger.halt_level("BTC") is HaltLevel.HALT
    assert fleet.ledger.halt_level("ETH") is HaltLevel.NONE
    assert call("flatten", "BTC", "--json").data == {
        "market": "BTC",
        "level": "flatten",
        "changed": True,
    }
    assert call("resume", "BTC").code == 0
    assert fleet.ledger.halt_level("BTC") is HaltLevel.NONE
    assert "odd prices" in call("journal").out


def test_a_halt_of_every_market_stays_when_one_is_resumed(fleet: Any, call: Any) -> None:
    call("reduce")
    said = call("resume", "BTC")
    assert "no halt of its own" in said.out
    assert "every market reduce" in said.err
    assert fleet.ledger.halt_level("BTC") is HaltLevel.REDUCE
    call("resume")
    assert fleet.ledger.halt_level("BTC") is HaltLevel.NONE


def test_reset_refuses_while_a_venue_holds_a_position_and_names_the_way_out(fleet: Any, call: Any) -> None:
    said = call("reset-count", "BTC", "--yes")
    assert said.code == 3
    assert "dydx holds 0.001" in said.err
    assert "arbctl flatten BTC" in said.err
    assert len(fleet.ledger.live_deals()) == 2


def test_reset_refuses_when_flatness_was_not_heard_lately(fleet: Any, call: Any) -> None:
    with fleet.ledger._store.transaction() as connection:
        connection.execute("DELETE FROM venue_position")
        connection.execute("UPDATE equity SET at_ns = at_ns - 3600000000000")
    said = call("reset-count", "BTC", "--yes")
    assert said.code == 3
    assert "not proven" in said.err
    assert len(fleet.ledger.live_deals()) == 2


def test_reset_writes_off_what_is_flat_at_both_venues(fleet: Any, call: Any) -> None:
    fleet.hear({"SOL": "-1"}, fleet.now_ns + 1)
    said = call("reset-count", "BTC", "--yes", "--json")
    assert said.code == 0
    assert said.data["written_off"] == [
        {"deal_id": "aaaaaa-BTC-1", "market": "BTC", "state": "WRITTEN_OFF", "held_uusd": 0}
    ]
    assert "both venues are flat" in said.err
    assert call("count").out.strip() == "+1: 0/4, −1: 1/4, arbitrage_count -1"
    assert call("journal", "--json").data[-1]["verb"] == "write_off"


def test_reset_of_all_is_all_or_nothing(fleet: Any, call: Any) -> None:
    fleet.hear({"SOL": "-1"}, fleet.now_ns + 1)
    said = call("reset-count", "--all", "--yes")
    assert said.code == 3
    assert "SOL" in said.err
    assert len(fleet.ledger.live_deals()) == 2


def test_forced_reset_keeps_the_notional_counted_until_the_venues_are_seen_flat(fleet: Any, call: Any) -> None:
    said = call("reset-count", "BTC", "--force", "--reason", "moved by hand", "--yes", "--json")
    assert said.code == 0
    assert said.data["written_off"][0]["held_uusd"] == 40_000_000
    assert "stay counted" in said.err
    fleet.hear({"SOL": "-1"}, fleet.now_ns + 600_000_000_000)
    said = call("reset-count", "BTC", "--yes", "--json")
    assert said.data["released"] == [
        {"deal_id": "aaaaaa-BTC-1", "market": "BTC", "state": "WRITTEN_OFF", "held_uusd": 0}
    ]
    assert "moved by hand" in call("journal").out


def test_reset_asks_first_and_a_no_changes_nothing(fleet: Any, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet.hear({}, fleet.now_ns + 1)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    said = call("reset-count", "--all")
    assert said.code == 3
    assert "nothing was written off" in said.err
    assert len(fleet.ledger.live_deals()) == 2


def test_reset_with_nothing_to_do_says_so(fleet: Any, call: Any) -> None:
    said = call("reset-count", "LTC")
    assert said.code == 0
    assert "no live deal" in said.err
