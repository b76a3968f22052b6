"""arbctl replay: what a person sees, what is kept, and what is refused."""

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from scripts.bench_replay import make_tape

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tape(tmp_path_factory.mktemp("tape"), 60, jumps=Decimal(4))


@pytest.fixture
def call(folder: Path, arbctl_in: Callable[[Path], Call]) -> Call:
    return arbctl_in(folder)


def test_two_columns_and_what_was_played(call: Call, tape: Path) -> None:
    said = call("replay", str(tape), "--market", "matic,ETH")
    assert said.code == 0
    found = (re.split(r"\s{2,}", line.strip()) for line in said.out.splitlines())
    rows = {name: cells for name, *cells in found}
    assert int(rows["deals with fills"][0]) > 0
    assert rows["digest"][0] != rows["digest"][1]
    assert "ETH, MATIC" in said.err and "book messages, 2023-11-14 22:13:20.000 to" in said.err


def test_json_has_every_deal_and_the_ledger_that_was_kept_is_an_ordinary_one(
    call: Call, tape: Path, folder: Path
) -> None:
    ledger = folder / "var" / "ledger.db"
    said = call("replay", str(tape), "--market", "ETH,MATIC", "--ledger", str(ledger), "--json")
    assert said.code == 0
    found = said.data["as_configured"]
    assert found["deals"] and found["equity_curve"][0][1] == 200_000_000
    assert {"digest", "refusals", "events", "from_ns", "to_ns", "markets"} <= found.keys()
    shown = call("deals", "--json")
    assert {deal["deal_id"] for deal in shown.data} == {deal["deal_id"] for deal in found["deals"]}
    assert sum(d["pnl_uusd"] for d in shown.data) == sum(d["pnl_uusd"] for d in found["deals"])
    again = call("replay", str(tape), "--ledger", str(ledger))
    assert again.code == 3 and "is there already" in again.err


def test_a_seed_repeats_and_a_window_cuts(call: Call, tape: Path) -> None:
    def digest(*more: str) -> str:
        return str(call("replay", str(tape), "--market", "ETH,MATIC", "--json", *more).data["as_configured"]["digest"])

    whole = digest("--seed", "5")
    assert whole == digest("--seed", "5") != digest("--seed", "6")
    window = ("--from", "2023-11-14T22:13:30", "--to", "2023-11-14T22:13:50")
    said = call("replay", str(tape), "--market", "ETH,MATIC", "--json", *window).data["as_configured"]
    assert (said["from_ns"], said["to_ns"]) >= (1_700_000_010 * 10**9, 0)
    assert said["to_ns"] <= 1_700_000_030 * 10**9


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("nowhere",), 3, "nowhere does not exist: replay takes tapes"),
        (("nowhere.tape",), 3, "there is no tape"),
        (("--market", "BTC,XYZ"), 2, "arb.toml has no market XYZ"),
        (("--from", "noon"), 2, "noon is no time such as 2024-08-08T23:57:00"),
        ((), 3, "var/tape does not exist: replay takes tapes"),
    ],
)
def test_what_cannot_be_replayed_is_said_in_a_sentence(
    call: Call, words: tuple[str, ...], code: int, sentence: str
) -> None:
    said = call("replay", *words)
    assert said.code == code
    assert sentence in " ".join(said.err.replace("│", " ").split())
    assert "Traceback" not in said.err
