"""A command that only looks starts with what it needs: heavy packages cost a second each time somebody types."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: for onboarding, analysis, venues, building a file: none of them for a look at the ledger
HEAVY = {"dydx3", "apexpro", "web3", "sympy", "numpy", "matplotlib", "aiohttp", "duckdb", "eth_account", "sqlite_utils"}
#: for a fleet that runs and for whoever speaks to venues
MACHINERY = {"asyncio", "uvloop", "requests", "websockets", "rich"}
LOADED = """
import json, sys
sys.argv = ["arbctl", *sys.argv[1:]]
from scripts import arbctl
try:
    code = arbctl.main()
except SystemExit as end:
    code = end.code
print(json.dumps([code, sorted({name.split(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


def loaded(*words: str) -> set[str]:
    """Packages that a command has loaded when it is done."""
    done = subprocess.run([sys.executable, "-c", LOADED, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    code, names = json.loads(done.stderr.splitlines()[-1])
    assert not code, done.stderr
    return set(names)


@pytest.mark.parametrize("command", ["positions", "status", "deals", "count", "journal", "limit show"])
def test_a_look_loads_nothing_heavy(fleet: Any, command: str) -> None:
    config = str(fleet.root / "arb.toml")
    assert not loaded("--config", config, *command.split(), "--json") & (HEAVY | MACHINERY)
    # a table needs rich
    assert not loaded("--config", config, *command.split()) & (HEAVY | MACHINERY - {"rich"})


def test_help_loads_nothing_of_ours_but_the_commands(fleet: Any) -> None:
    assert not loaded("--help") & (HEAVY | MACHINERY | {"sqlite3", "pydantic"})


def test_what_was_loaded_is_told(fleet: Any) -> None:
    """The test can fail: what writes the ledger may load more."""
    assert loaded("--config", str(fleet.root / "arb.toml"), "halt", "BTC", "--reason", "test") & MACHINERY


@pytest.mark.parametrize(("typed", "at", "offered"), [("arbctl led", 1, "ledger"), ("arbctl ledger ver", 2, "verify")])
def test_the_shell_completes_commands(typed: str, at: int, offered: str) -> None:
    asked = {"_ARBCTL_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(at)}
    words = [sys.executable, "-m", "scripts.arbctl"]
    done = subprocess.run(words, env={**os.environ, **asked}, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.split() == [offered]
