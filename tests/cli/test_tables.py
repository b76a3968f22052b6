"""Tables in windows of any width: what does not fit comes below, and no figure is ever cut."""

import io

import pytest
from rich.console import Console

from scripts import render


def test_a_table_too_wide_for_the_window_comes_in_parts_and_loses_nothing() -> None:
    columns, rows = tuple("abcdefgh"), [["BTC", *("0123456789" for _ in range(7))]]
    found = list(render.parts(columns, rows, 60))
    assert [index for part in found for index in part if index] == list(range(1, 8))
    assert all(part[0] == 0 for part in found) and len(found) > 1
    assert list(render.parts(columns, rows, 200)) == [list(range(8))]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_no_cell_is_cut_at_any_width(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "PIPE_WIDTH", width)
    columns = ("market", *(f"column {n}" for n in range(9)), "why")
    render.show(render.Answer(None, columns, [["MATIC", *(f"{n}.12345678" for n in range(9)), "a long sentence " * 9]]))
    said = capsys.readouterr().out
    assert "…" not in said
    assert all(f"{n}.12345678" in said for n in range(9)) and max(map(len, said.splitlines())) <= width


def test_only_the_sentence_gives_way_on_the_living_screen() -> None:
    drawn = io.StringIO()
    console = Console(width=60, file=drawn, force_terminal=False)
    console.print(render.table(("market", "says", "pnl USD"), [["MATIC", "would open +1 " * 9, "+0.0389"]], cut=True))
    said = drawn.getvalue()
    assert "MATIC" in said and "+0.0389" in said and "…" in said and len(said.splitlines()) == 5
