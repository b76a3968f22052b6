"""arbctl's looking commands: what they say of a prepared ledger, as text, as JSON, and as CSV."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import clock
from common.core.account import AccountFacts, Position
from common.core.market import Venue
from common.venues.base import Outlook
from common.warden import board
from common.warden.board import Board

LOOKING = ("status", "positions", "deals", "count", "journal", "log spreads", "log trades", "audit", "config show")


@pytest.fixture
def call(fleet: Any, arbctl_in: Callable[[Path], Any]) -> Any:
    return arbctl_in(fleet.root)


def test_count_speaks_as_the_original_counted(call: Any) -> None:
    said = call("count")
    assert (said.code, said.out.strip()) == (0, "+1: 1/4, −1: 1/4, arbitrage_count +0")
    assert call("count", "--json").data == {"plus": 1, "minus": 1, "level": 4, "arbitrage_count": 0}


def test_deals_are_an_array_with_their_state(call: Any) -> None:
    found = call("deals", "--json").data
    assert [(deal["deal_id"], deal["state"]) for deal in found] == [
        ("aaaaaa-BTC-1", "OPEN"),
        ("aaaaaa-ETH-1", "CLOSED"),
        ("aaaaaa-SOL-1", "OPEN"),
    ]
    assert found[1]["pnl_uusd"] == -80_000
    assert found[1]["fees_uusd"] == 80_000


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (("--state", "live"), ["aaaaaa-BTC-1", "aaaaaa-SOL-1"]),
        (("--state", "closed"), ["aaaaaa-ETH-1"]),
        (("--market", "sol"), ["aaaaaa-SOL-1"]),
        (("--limit", "1"), ["aaaaaa-SOL-1"]),
    ],
)
def test_deals_can_be_chosen(call: Any, words: tuple[str, ...], ids: list[str]) -> None:
    assert [deal["deal_id"] for deal in call("deals", "--json", *words).data] == ids


def test_positions_stand_side_by_side_with_their_age(call: Any) -> None:
    found = {row["market"]: row for row in call("positions", "--json").data["markets"]}
    assert found.keys() == {"BTC", "SOL"}
    side = found["BTC"]["sides"]["dydx"]
    assert (side["ledger_size"], side["venue_size"], side["agrees"]) == ("0.001", "0.001", True)
    assert 0 <= side["venue_age_ns"] < 60 * 10**9
    assert found["SOL"]["direction"] == -1
    assert found["SOL"]["edge_uusd"] == 1_500
    assert "leverage" in call("positions").err


def test_a_venue_that_says_otherwise_is_shouted_about(fleet: Any, call: Any) -> None:
    fleet.hear({"BTC": "0.002", "SOL": "-1"}, fleet.now_ns + 1)
    rows = {line.split()[0]: line for line in call("positions").out.splitlines() if line.strip()}
    assert " NO " in rows["BTC"]
    assert " NO " not in rows["SOL"]


def test_status_works_without_supervisord(call: Any) -> None:
    found = call("status", "--json").data
    assert found["supervisord"] is None
    assert len(found["members"]) == 10
    assert found["members"][0]["decision"] == "holding"
    assert found["counts"]["plus"] == 1


def test_status_works_without_a_ledger(folder: Path, arbctl_in: Callable[[Path], Any]) -> None:
    said = arbctl_in(folder)("status")
    assert said.code == 0
    assert "no ledger yet" in said.err


def test_log_spreads_keeps_the_count_before_each_deal(call: Any) -> None:
    rows = list(csv.DictReader(io.StringIO(call("log", "spreads", "--csv").out)))
    assert [(row["market"], row["count"], row["dir"]) for row in rows] == [
        ("ETH", "0", "+1"),
        ("BTC", "0", "+1"),
        ("SOL", "1", "-1"),
    ]


def test_log_trades_has_every_fill(fleet: Any, call: Any) -> None:
    assert len(call("log", "trades", "--json").data) == len(fleet.fills) == 8
    assert len(call("log", "trades", "--market", "ETH", "--json").data) == 4


def test_journal_ends_with_the_newest(call: Any) -> None:
    found = call("journal", "--limit", "3", "--json").data
    assert len(found) == 3
    assert (found[-1]["verb"], found[-1]["to_state"]) == ("move", "OPEN")
    assert {row["deal_id"] for row in call("journal", "--deal", "aaaaaa-ETH-1", "--json").data} == {"aaaaaa-ETH-1"}


def test_config_show_names_key_files_and_shows_no_key(call: Any) -> None:
    found = call("config", "show", "--json").data
    assert found["cap"]["level"] == 4
    assert found["venues"]["dydx"]["keys"].endswith("dydxconfig.ini")


@pytest.mark.parametrize("words", LOOKING)
def test_every_looking_command_speaks_json_alone_on_stdout(call: Any, words: str) -> None:
    said = call(*words.split(), "--json")
    assert said.code == 0
    assert said.data is not None


@pytest.mark.parametrize("words", LOOKING)
def test_every_looking_command_speaks_to_people(call: Any, words: str) -> None:
    said = call(*words.split())
    assert said.code == 0
    assert said.out.strip()


# ---- what the warden sees -----------------------------------------------------------------------------------------


def shown(fleet: Any) -> None:
    """The board of a warden that looked a moment ago."""
    made = Board(fleet.root / "var" / board.FILE)
    rates = {Venue.DYDX: "0.00001", Venue.APEX: "-0.00002"}
    made.hear({v: {"BTC": Outlook(Decimal(40_000), Decimal(rate))} for v, rate in rates.items()})
    held = (Position("BTC", Decimal("0.001"), Decimal(40_000), Decimal(40_000)),)
    accounts = {v: AccountFacts(v, 100_000_000, 40_000_000, held, 1) for v in Venue}
    made.show(accounts, {(v, "BTC"): Decimal("0.03") for v in Venue}, clock.now_ns())


def test_status_shows_the_distance_to_liquidation_and_the_dollars(fleet: Any, call: Any) -> None:
    assert "the warden shows nothing" in call("status").err
    assert call("status", "--json").data["warden_sees"]["liquidation_distance"] is None
    shown(fleet)
    said = call("status")
    assert "dydx: liquidation when every price moves 247.0% against us" in said.err
    assert "prices in USDC are +0.0 bp off those in USD" in said.err
    assert call("status", "--json").data["warden_sees"]["liquidation_distance"] == {"dydx": "2.47", "apex": "2.47"}


def test_status_names_the_transfer_that_would_mend_equities_too_far_apart(fleet: Any, call: Any) -> None:
    assert "a transfer of" not in call("status").err
    fleet.ledger.write_account(AccountFacts(Venue.APEX, 40_000_000, 0, (), fleet.now_ns + 1))
    assert "a transfer of 30.00 USD from dydx to apex would make them even" in call("status").err
    assert call("status", "--json").data["warden_sees"]["transfer"] == {
        "giver": "dydx",
        "taker": "apex",
        "amount_uusd": 30_000_000,
    }


def test_positions_show_what_the_next_hour_of_funding_brings(fleet: Any, call: Any) -> None:
    found = {row["market"]: row for row in call("positions", "--json").data["markets"]}
    assert found["BTC"]["funding_hourly_usd"] == {"aaaaaa-BTC-1": None}
    shown(fleet)
    found = {row["market"]: row for row in call("positions", "--json").data["markets"]}
    # long 40 USD at dYdX pays 0.0004, short 40 USD at ApeX pays 0.0008
    assert Decimal(found["BTC"]["funding_hourly_usd"]["aaaaaa-BTC-1"]) == Decimal("-0.0012")
    assert found["SOL"]["funding_hourly_usd"] == {"aaaaaa-SOL-1": None}
    assert "-0.0012" in call("positions").out
