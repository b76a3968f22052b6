"""arbctl's writing commands: halts, and the reset that writes off what is proven flat or what a person insists on."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common.core.events import HaltLevel
from common.core.market import Venue


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


# ---- before it is done --------------------------------------------------------------------------------------------


@pytest.fixture
def venues(fleet: Any, paper_house: Any) -> Any:
    """Both paper venues, where the fleet's arb.toml says they are; they drive BTC and ETH alone."""
    text = (fleet.root / "arb.toml").read_text()
    for venue, port in (("dydx", 18701), ("apex", 18702)):
        text = text.replace(str(port), str(paper_house.ports[Venue(venue)]))
    (fleet.root / "arb.toml").write_text(text)
    return paper_house


def test_a_dry_run_prices_what_would_be_closed_and_changes_nothing(fleet: Any, call: Any, venues: Any) -> None:
    before = fleet.ledger_file.read_bytes(), len(call("journal", "--json").data)
    said = call("flatten", "BTC", "--dry-run", "--json")
    assert said.code == 0, said.err
    [deal] = said.data["deals"]
    assert (deal["deal_id"], deal["closes"]) == ("aaaaaa-BTC-1", True)
    # dYdX sells at 39,999, ApeX buys at 40,000.5, both for a fee of 5 bp
    assert Decimal(deal["cost_usd"]) == Decimal("0.0015") + Decimal("0.03999975")
    assert Decimal(deal["keeps_usd"]) == -Decimal(deal["cost_usd"]) - Decimal("0.04"), "the fees of opening, too"
    assert "nothing was changed; `arbctl flatten BTC`" in said.err
    assert fleet.ledger.halt_level("BTC") is HaltLevel.NONE
    assert (fleet.ledger_file.read_bytes(), len(call("journal", "--json").data)) == before


def test_a_dry_run_says_what_each_level_would_do_and_where_a_venue_gives_no_book(
    fleet: Any, call: Any, venues: Any
) -> None:
    said = call("reduce", "--dry-run")
    assert "aaaaaa-BTC-1" in said.out and "closes now, both legs at once" in said.out
    assert "gives no book of SOL" in said.err and "waits for a price" in said.out
    venues.show(Venue.APEX, "BTC", shift=400)
    told = {
        level: call(level, "BTC", "--dry-run", "--json").data["deals"][0] for level in ("halt", "reduce", "flatten")
    }
    assert [told[level]["would"] for level in told] == [
        "stays as it is",
        "waits: it would keep too little",
        "closes now, both legs at once",
    ]


def test_a_dry_run_without_venues_says_so(fleet: Any, call: Any) -> None:
    said = call("flatten", "--dry-run")
    assert said.code == 0
    assert "dydx gives no book of BTC" in said.err and "apex gives no book of BTC" in said.err
    assert call("flatten", "ETH", "--dry-run").out.strip() == "ETH: no live deal, nothing would be closed"
