"""What keys mean, what was changed, and a file to begin with: all from one document, which says what the code does."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import settings
from common.core.errors import ConfigError
from common.core.terms import FOR_LIFE
from scripts import answer_explain, answer_init, kinds
from scripts.explained import Key, keys


@pytest.fixture
def call(arbctl_in: Any, folder: Path) -> Any:
    return arbctl_in(folder)


def opened(text: str) -> str:
    """Every key that is commented out at its default, put in force."""
    return re.sub(r"^#(\w+ = )", r"\1", text, flags=re.MULTILINE)


def test_the_documents_defaults_are_the_codes(tmp_path: Path) -> None:
    file = tmp_path / "arb.toml"
    file.write_text(opened(answer_init.written(live=False)))
    assert file.read_text().count("\n#") < answer_init.written(live=False).count("\n#")
    assert answer_explain.diff(settings.load(file)).data == []


def test_what_was_written_can_be_used_as_it_is(call: Any, tmp_path: Path) -> None:
    file = tmp_path / "new.toml"
    said = call("init", str(file), "--json")
    assert said.code == 0 and said.data["mode"] == "paper" and "BTC" in said.data["markets"]
    assert settings.load(file).markets.keys() == settings.load(answer_init.SHIPPED).markets.keys()
    again = call("init", str(file))
    assert again.code == 3 and "is there already" in again.err


def test_a_file_for_live_says_so(call: Any, tmp_path: Path) -> None:
    file = tmp_path / "live.toml"
    assert call("init", str(file), "--live").code == 0
    assert settings.load(file).mode == "live"


def test_a_key_is_explained_with_what_is_in_force(call: Any) -> None:
    (row,) = call("config", "explain", "cap.level", "--json").data
    assert row["key"] == "cap.level" and row["in_force"] == {"cap": "4"} and "limit set" in row["counts_after"]
    (row,) = call("config", "explain", "markets.BTC.edge_min_bps", "--json").data
    assert row["key"] == "strategy.edge_min_bps" and row["in_force"].keys() >= {"BTC", "ETH"}


@pytest.mark.parametrize(
    ("key", "takes"),
    [
        ("cap.leverage_max", "number, above 0, up to 100"),
        ("max_hold_s", "number (seconds), from 1 to 100000000"),
        ("edge_min_bps", "number (basis points of notional), from 0 to 10000"),
        ("market_deals_per_hour", "whole number (deals an hour), from 1 to 1000000"),
        ("markets.BTC.size", "number (base units), above 0, up to 1000000000"),
        ("rule", "one of net, original"),
        ("accounts", "one of own, onboarded"),
        ("paper.taker_fee", "number (a fraction of notional), from 0 to 0.1"),
    ],
)
def test_a_key_is_explained_with_what_may_be_written(call: Any, key: str, takes: str) -> None:
    assert takes in {row["takes"] for row in call("config", "explain", key, "--json").data}


def test_the_bounds_that_are_told_are_those_that_are_enforced(folder: Path) -> None:
    """Every key with bounds is refused beyond the upper one, with the very number that explain tells."""
    bounded = [key for key in keys() if kinds.kind_of(key.section, key.name).most]
    assert len(bounded) > 50
    for key in bounded:
        most = kinds.kind_of(key.section, key.name).most
        assert f"{key.name} = " in (said := refused(folder, key, str(Decimal(most) * 2))), key.dotted
        assert f"at most {most}" in said, key.dotted


def refused(folder: Path, key: Key, value: str) -> str:
    """What is said about a file that has this value of one key."""

    def changed(tables: dict[str, Any]) -> dict[str, Any]:
        table = tables
        for name in key.section.replace("NAME", "BTC").split("."):
            table = table.setdefault(name, {})
        table[key.name] = value
        return tables

    with pytest.raises(ConfigError) as error:
        settings.load(folder / "arb.toml", {}, changed)
    return " ".join(map(str, error.value.args))


def test_a_misspelt_key_is_answered_with_the_nearest(call: Any) -> None:
    said = call("config", "explain", "edgemin")
    assert said.code == 2 and "edge_min_bps" in said.err


def test_a_key_can_be_explained_while_the_file_is_not_sound(call: Any, folder: Path) -> None:
    (folder / "arb.toml").write_text("mode = 3")
    (row,) = call("config", "explain", "max_hold_s", "--json").data
    assert row["default"] == "43200" and row["in_force"] == {}


@pytest.mark.parametrize("text", ["[cap]\nlevel = 3\n", "[strategy]\nmax_hold_s = 60\n"])
def test_what_differs_is_told_once(call: Any, folder: Path, text: str) -> None:
    file = folder / "arb.toml"
    file.write_text(re.sub(r"(?ms)^\[(?:cap|strategy)\].*?(?=^\[)", "", file.read_text()) + text)
    told = {row["key"]: (row["value"], row["default"]) for row in call("config", "diff", "--json").data}
    key = "cap.level" if "level" in text else "strategy.max_hold_s"
    assert told[key] == (("3", "4") if key == "cap.level" else ("60", "43200"))


def test_every_section_says_what_makes_a_change_count() -> None:
    assert all(key.counts_after for key in keys())
    # what a trader has for life, under the names that a person writes; the market is a table, the wait is not his
    ours = {name.removesuffix("_ns") for name in FOR_LIFE} - {"market", "start_wait"}
    terms = [key for key in keys() if key.section in ("strategy", "markets.NAME")]
    after = {key.name.removesuffix("_s"): key.counts_after for key in terms if "limit set" not in key.counts_after}
    assert {name for name, how in after.items() if "restart" in how} == ours
    assert {how for name, how in after.items() if name not in ours} == {"arbctl config reload"}
