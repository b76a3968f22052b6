"""The tab key, pressed as each shell does it: names of markets, ids of deals, keys; never a complaint."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from common import settings

ROOT = Path(__file__).resolve().parents[2]


def pressed(typed: str, config: Path | None = None) -> list[str]:
    """What bash is offered for the last word of a line; `typed` ends in a blank where that word is not begun."""
    words = f"arbctl {f'--config {config} ' if config else ''}{typed}"
    at = len(words.split()) - (not words.endswith(" "))
    asked = {"_ARBCTL_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(at)}
    done = _asked(asked)
    assert not done.stderr
    return done.stdout.split()


def _asked(environ: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "scripts.arbctl"]
    return subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True, cwd=ROOT)


@pytest.fixture
def config(fleet: Any) -> Path:
    return Path(fleet.root / "arb.toml")


@pytest.mark.parametrize(
    "typed",
    ["halt E", "deals --market E", "spread BTC E", "venue dydx book E", "limit set deals 1 --market E"],
)
def test_a_market_is_completed_wherever_one_is_named(config: Path, typed: str) -> None:
    assert pressed(typed, config) == ["ETH"]


def test_every_market_of_this_arb_toml_is_offered(config: Path) -> None:
    assert pressed("resume ", config) == list(settings.load(config).markets)


def test_of_several_markets_the_last_is_completed_and_none_twice(config: Path) -> None:
    assert pressed("replay --market BTC,B", config) == ["BTC,BCH"]
    assert pressed("record --markets BTC,S", config) == ["BTC,SOL"]


def test_small_letters_are_gone_on_with(config: Path) -> None:
    assert pressed("halt e", config) == ["eth"]
    assert pressed("replay --market btc,s", config) == ["btc,sol"]


def test_live_deals_and_the_newest_are_offered(config: Path, fleet: Any) -> None:
    live = {f"aaaaaa-{market}-1" for market in ("BTC", "SOL")}
    every = set(pressed("deal show ", config))
    assert live < every and len(every) == 3
    assert set(pressed("journal --deal aaaaaa-E", config)) == {name for name in every if "-ETH-" in name}
    assert set(pressed("deal resolve aaaaaa-", config)) == live, "what is finished cannot be resolved"


def test_a_key_is_completed_with_its_table_once_that_is_begun() -> None:
    assert pressed("config explain edge_") == ["edge_min_bps"]
    assert pressed("config explain cap.lev") == ["cap.leverage_entry", "cap.leverage_max", "cap.level"]
    assert "notional_usd" in pressed("limit set ")


def test_where_anything_is_amiss_nothing_is_offered_and_nothing_said(config: Path, fleet: Any, tmp_path: Path) -> None:
    fleet.ledger_file.unlink()
    assert pressed("deal show ", config) == []
    config.write_text("this is no TOML")
    assert pressed("halt ", config) == [] and pressed("deal show ", config) == []
    assert pressed("halt ", tmp_path / "absent.toml") == []


@pytest.mark.parametrize(
    ("shell", "environ"),
    [
        ("zsh", {"_TYPER_COMPLETE_ARGS": "arbctl halt E"}),
        ("fish", {"_TYPER_COMPLETE_ARGS": "arbctl halt E", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}),
    ],
)
def test_other_shells_are_told_the_same(shell: str, environ: dict[str, str], config: Path) -> None:
    done = _asked({**environ, "_ARBCTL_COMPLETE": f"complete_{shell}", "ARB_CONFIG": str(config)})
    assert "ETH" in done.stdout and "BTC" not in done.stdout and not done.stderr


def test_bash_itself_completes(config: Path) -> None:
    """The script that --show-completion prints, sourced by a bash that then fills the line."""
    shown = _asked({"_ARBCTL_COMPLETE": "source_bash"}).stdout
    typed = "COMP_WORDS=(arbctl halt E); COMP_CWORD=2; _arbctl_completion arbctl E halt; echo ${COMPREPLY[@]}"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, "ARB_CONFIG": str(config)}
    done = subprocess.run(["bash", "-c", f"{shown}\n{typed}"], env=environ, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.split() == ["ETH"], (shown, done.stderr)
