"""arbctl limit: lowering is immediate, raising is asked for twice, and arb.toml does not outrank the ledger."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common import clock, settings, wanted


@pytest.fixture
def call(fleet: Any, arbctl_in: Callable[[Path], Any]) -> Any:
    fleet.ledger.configure(wanted.of_all(settings.load(fleet.root / "arb.toml", {})), "start", clock.now_ns())
    return arbctl_in(fleet.root)


def in_force(call: Any, market: str, key: str) -> dict[str, str]:
    found: list[dict[str, str]] = call("limit", "show", "--json").data
    return next(row for row in found if (row["market"], row["limit"]) == (market, key))


def test_every_limit_is_shown_with_what_is_used_of_it(call: Any) -> None:
    assert in_force(call, "*", "deals") == {
        "market": "*",
        "limit": "deals",
        "value": "8",
        "used": "2",
        "arb_toml": "8",
    }
    assert in_force(call, "BTC", "deals_per_hour")["used"] == "1"
    assert in_force(call, "*", "leverage_entry")["value"] == "2.5"
    assert call("limit", "show").err == ""


def test_lowering_needs_nothing(call: Any) -> None:
    said = call("limit", "set", "deals", "1", "--market", "btc")
    assert said.code == 0 and "BTC deals: 2 → 1, in force now" in said.out
    assert in_force(call, "BTC", "deals")["value"] == "1"
    assert "arbctl limit set deals 2 --market BTC --reason TEXT" in call("status").err
    assert "BTC deals 2 → 1 by" in call("journal", "--limit", "1").out


@pytest.mark.parametrize(
    "given",
    [
        ["--yes"],
        ["--yes", "--reason", "room"],
        ["--yes", "--reason", "room", "--confirm", "6"],
        ["--yes", "--confirm", "5"],
        ["--reason", " ", "--yes", "--confirm", "5"],
    ],
)
def test_a_raise_is_refused_without_a_reason_or_the_value_again(call: Any, given: list[str]) -> None:
    said = call("limit", "set", "level", "5", *given)
    assert said.code == 3 and "--yes --confirm 5" in said.err
    assert in_force(call, "*", "level")["value"] == "4"


def test_a_raise_that_was_confirmed_is_journalled_with_old_new_and_who(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER", "ann")
    monkeypatch.delenv("SUDO_USER", raising=False)
    said = call("limit", "set", "level", "5", "--reason", "more room", "--yes", "--confirm", "5", "--json")
    assert said.data == {"market": "*", "limit": "level", "before": "4", "value": "5"}
    assert call("journal", "--limit", "1", "--json").data[0]["why"] == "* level 4 → 5 by ann: more room"


@pytest.mark.parametrize(("typed", "code"), [("5", 0), ("6", 3)])
def test_a_person_types_the_value_again(call: Any, monkeypatch: pytest.MonkeyPatch, typed: str, code: int) -> None:
    monkeypatch.setattr("typer.prompt", lambda *_, **__: typed)
    said = call("limit", "set", "level", "5", "--reason", "more room")
    assert said.code == code and "* level would be RAISED from 4 to 5" in said.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["orders", "5"], "no limit orders"),
        (["deals", "many"], "whole number"),
        (["deals", "1.5"], "whole number"),
        (["--", "notional_usd", "-1"], "0 or above"),
        (["level", "3", "--market", "BTC"], "whole fleet"),
        (["deals", "3", "--market", "XYZ"], "no market XYZ"),
    ],
)
def test_what_cannot_be_meant_is_misuse(call: Any, words: list[str], sentence: str) -> None:
    said = call("limit", "set", *words)
    assert said.code == 2 and sentence in said.err


def test_two_limits_against_each_other_are_refused(call: Any) -> None:
    said = call("limit", "set", "leverage_max", "2")
    assert said.code == 3 and "not above leverage_max" in said.err
