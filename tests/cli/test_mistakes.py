"""A person's mistakes end in one sentence with a remedy and the right exit code, never in a traceback."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NEED_A_LEDGER = ("positions", "deals", "count", "journal", "log trades", "halt", "resume", "reset-count --all", "audit")


def one_sentence(said: Any) -> str:
    """The only line on stderr; stdout is empty."""
    assert said.out == ""
    lines: list[str] = said.err.strip().splitlines()
    assert len(lines) == 1, said.err
    return lines[0]


@pytest.mark.parametrize("words", NEED_A_LEDGER)
def test_no_ledger_yet(folder: Path, arbctl_in: Callable[[Path], Any], words: str) -> None:
    said = arbctl_in(folder)(*words.split())
    assert said.code == 1
    assert "./scripts/run" in one_sentence(said)


def test_a_ledger_of_a_newer_program(fleet: Any, arbctl_in: Callable[[Path], Any]) -> None:
    with sqlite3.connect(fleet.ledger_file) as file:
        file.execute("INSERT INTO schema_version VALUES (99, 1, 'later')")
    said = arbctl_in(fleet.root)("count")
    assert said.code == 1
    assert "newer" in one_sentence(said)


def test_a_file_that_is_no_database(folder: Path, arbctl_in: Callable[[Path], Any]) -> None:
    (folder / "var").mkdir()
    (folder / "var" / "ledger.db").write_bytes(b"dear diary, " * 100)
    for words in ("count", "audit", "halt"):
        said = arbctl_in(folder)(words)
        assert said.code == 1
        assert "ledger.db" in one_sentence(said)


def test_a_ledger_whose_laws_were_altered_names_the_mending_command(
    fleet: Any, arbctl_in: Callable[[Path], Any]
) -> None:
    with sqlite3.connect(fleet.ledger_file) as file:
        file.execute("DROP TRIGGER deal_insert")
    call = arbctl_in(fleet.root)
    assert "arbctl ledger mend" in one_sentence(call("count"))
    assert "deal_insert" in call("ledger", "mend").out
    assert call("count").code == 0


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('mode = "paper"\n[cap]\nlevl = 4\n[markets.BTC]\nsize = "0.001"\n', "cap.levl"),
        ("mode = paper", "TOML"),
        ('mode = "paper"\n[markets.BTC]\nsize = "much"\n', "markets.BTC.size"),
    ],
)
def test_a_bad_configuration_is_refused_with_its_key(
    folder: Path, arbctl_in: Callable[[Path], Any], text: str, word: str
) -> None:
    (folder / "arb.toml").write_text(text)
    said = arbctl_in(folder)("count")
    assert said.code == 3
    assert word in one_sentence(said)


def test_outside_the_project_the_sentence_says_where_to_go(tmp_path: Path, arbctl_in: Callable[[Path], Any]) -> None:
    said = arbctl_in(tmp_path)("count")
    assert said.code == 3
    assert "--config" in one_sentence(said)


@pytest.mark.parametrize(
    "words",
    [
        "nonsense",
        "deals --state SLEEPING",
        "deals --market XRP",
        "deals --limit 0",
        "halt XRP",
        "halt --level flatten",
        "flatten XRP",
        "spread XRP",
        "limit set deals 1 --market XRP",
        "replay --market BTC,XRP",
        "record --for 1 --markets BTC,XRP",
        "sweep var/tape --grid level=1,2 --market XRP",
        "log letters",
        "reset-count",
        "reset-count BTC --all",
        "reset-count BTC --force",
        "reset-count --all --force --reason ' '",
    ],
)
def test_misuse_is_exit_code_2(fleet: Any, arbctl_in: Callable[[Path], Any], words: str) -> None:
    said = arbctl_in(fleet.root)(*words.replace("' '", "\t").split(" "))
    assert said.code == 2
    assert said.out == ""
    assert "Traceback" not in said.err


#: what a person, or a script, may type by mistake: too long, empty, not UTF-8, of another script, a place that is none
ODD = (
    "",
    " ",
    "-",
    "\udcff",
    "٣",
    "x" * 5000,
    "a\nb",
    "../..",
    "/dev/null",
    "/proc/self/mem",
    "/",
    "~",
    "😀",
    "1e9",
    "-1",
)
ODD_NUMBERS = ("0", "-1", "1.5", "nan", "9" * 30, "9" * 5000, "", "٣", "1e3", "0x1")
TAKES_TEXT = (
    "deals --state X", "deals --market X", "journal --market X", "journal --deal X", "log X", "log trades --market X",
    "halt X", "halt --level X", "halt BTC --reason X", "resume X", "resume --reason X", "reset-count X",
    "reset-count BTC --force --yes --reason X", "config check X", "ledger verify X", "ledger verify --head X",
    "ledger backup X", "ledger restore X --yes", "--config X count", "X", "fleet X",
)  # fmt: skip
TAKES_NUMBERS = ("deals --limit X", "journal --limit X", "audit --watch X")


@pytest.mark.parametrize("words", TAKES_TEXT)
def test_odd_words_are_a_sentence_and_never_a_traceback(
    fleet: Any, arbctl_in: Callable[[Path], Any], words: str
) -> None:
    call = arbctl_in(fleet.root)
    for odd in ODD:
        said = call(*(odd if word == "X" else word for word in words.split()))
        assert said.code in (0, 1, 2, 3), odd
        assert "Traceback" not in said.err, odd


@pytest.mark.parametrize("words", TAKES_NUMBERS)
def test_odd_numbers_are_misuse(fleet: Any, arbctl_in: Callable[[Path], Any], words: str) -> None:
    call = arbctl_in(fleet.root)
    for odd in ODD_NUMBERS:
        if odd == "٣" or ("watch" in words and odd in ("1.5", "1e3")):
            # a number after all
            continue
        said = call(*(odd if word == "X" else word for word in words.split()))
        assert said.code == 2, odd[:40]
        assert "Traceback" not in said.err
