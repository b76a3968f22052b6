"""arbctl analyse: what a person sees, what is written, and what is refused."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]
START_S = 1_700_000_000


@pytest.fixture
def call(folder: Path, arbctl_in: Callable[[Path], Call]) -> Call:
    return arbctl_in(folder)


@pytest.fixture
def recorded(folder: Path) -> Path:
    """Ten minutes of the original's files: ApeX swings about dYdX, and is dearer by 0.5 % for a minute."""
    books = folder / "depth"
    books.mkdir()
    with (
        (books / "order_book_BTC-USD_dydx.csv").open("w", newline="") as dydx,
        (books / "order_book_BTCUSDC_apex.csv").open("w", newline="") as apex,
    ):
        one, other = csv.writer(dydx), csv.writer(apex)
        one.writerow(["Size", "Price", "Type", "Timestamp", "Market"])
        other.writerow(["Price", "Quantity", "Type", "Timestamp"])
        for n in range(60):
            at, dearer = START_S + 10 * n, (200 if 20 <= n < 26 else n % 7)
            for level in range(4):
                one.writerow([1, 40_001 + level, "ask", at, "BTC-USD"])
                other.writerow([40_001 + level + dearer, 1, "ask", at + 0.5])
            for level in range(4):
                one.writerow([1, 40_000 - level, "bid", at, "BTC-USD"])
                other.writerow([40_000 - 3 + level + dearer, 1, "bid", at + 0.5])
    return books


def test_spread_shows_both_directions_and_says_what_was_asked(call: Call, recorded: Path) -> None:
    said = call("analyse", "spread", str(recorded))
    assert said.code == 0
    assert "sell apex, buy dydx (+1)" in said.out and "sell dydx, buy apex (−1)" in said.out
    assert "fees once 10 bp (1×), to open and close 20 bp (2×)" in said.err
    assert "Above what opening and closing cost" in said.err


def test_json_has_every_figure(call: Call, recorded: Path) -> None:
    (found,) = call("analyse", "spread", str(recorded), "--json").data
    assert (found["market"], found["size"], found["once_bps"]) == ("BTC", 0.001, 10.0)
    dear = found["spreads"][0]
    assert dear["over_twice_share"] == pytest.approx(60 / found["believed_s"])
    assert [(one["runs"], one["longest_s"]) for one in dear["lasting"][1:]] == [(1, 60.0), (1, 60.0)]


def test_fees_and_size_can_be_given(call: Call, recorded: Path) -> None:
    (found,) = call("analyse", "spread", str(recorded), "--fee-bps", "30", "--size", "3", "--json").data
    assert (found["twice_bps"], found["spreads"][0]["over_twice_share"]) == (120.0, 0.0)
    assert [deep["there_share"] for deep in found["spreads"][0]["depth"][:2]] == [1.0, 0.0]


def test_the_report_and_the_charts_are_written(call: Call, recorded: Path, folder: Path) -> None:
    told = call("analyse", "spread", str(recorded), "--html", "a.html", "--png", "charts")
    assert told.code == 0 and "written: a.html" in told.err
    assert "<svg" in (folder / "a.html").read_text()
    pictures = sorted((folder / "charts").glob("*.png"))
    assert len(pictures) == 6 and all(one.read_bytes().startswith(b"\x89PNG") for one in pictures)


def test_what_is_there_is_not_written_over(call: Call, recorded: Path, folder: Path) -> None:
    (folder / "a.html").write_text("mine")
    said = call("analyse", "spread", str(recorded), "--html", "a.html")
    assert said.code == 3 and "a.html is there already" in said.err
    assert (folder / "a.html").read_text() == "mine"


def test_nothing_to_analyse_is_refused_in_a_sentence(call: Call, recorded: Path) -> None:
    absent = call("analyse", "spread", "absent")
    assert absent.code == 3 and "absent does not exist; it takes tapes" in absent.err
    other = call("analyse", "spread", str(recorded), "--market", "ETH")
    assert other.code == 3 and "nothing to compare" in other.err


def test_clean_keeps_three_levels_beside_the_file(call: Call, recorded: Path) -> None:
    apex = recorded / "order_book_BTCUSDC_apex.csv"
    said = call("analyse", "clean", str(apex), "--json")
    assert said.data[0]["rows"] == 60 * 6 and said.data[0]["rows_before"] == 60 * 8
    cut = (recorded / "order_book_BTCUSDC_apex_filter.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in cut[1:7]] == ["40001", "40002", "40003", "40000", "39999", "39998"]
    again = call("analyse", "clean", str(apex))
    assert again.code == 3 and "is there already" in again.err


def test_clean_of_something_else_is_refused(call: Call, folder: Path) -> None:
    (folder / "x.csv").write_text("a,b\n1,2\n")
    said = call("analyse", "clean", "x.csv")
    assert said.code == 3 and "is no order book of the original" in said.err
    assert not (folder / "x_filter.csv").exists()
