"""arbctl sweep: what a person sees, what is written, what is refused, and that it goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common.core.market import Direction
from common.replay.run import DealResult, Outcome, Replay
from common.sweep import job as sweep_job
from common.sweep.job import Job, Result, work
from scripts import answer_sweep

Call = Callable[..., Any]
SECOND_NS = 10**9
HOUR_NS = 3600 * SECOND_NS


class Crew:
    """Replays in the test; `left` replays are done before Ctrl-C."""

    left = 10**6

    def __init__(self, count: int | None) -> None:
        self.count = count

    def run(self, jobs: list[Job], told: Callable[[str, float], None]) -> Any:
        for job in jobs:
            if Crew.left == 0:
                raise KeyboardInterrupt
            Crew.left -= 1
            yield self._done(job)

    def _done(self, job: Job) -> Result:
        return work(job)


def play(asked: Replay, told: object = None) -> Outcome:
    """A deal a minute for an hour that keeps 4 cents less one for each basis point that was asked for too much."""
    from_ns, to_ns = asked.from_ns or 0, asked.to_ns or HOUR_NS
    (edge,) = {int(terms.edge_min_bps) for terms in asked.config.markets.values()}
    times = range(from_ns + 1, to_ns, 60 * SECOND_NS)
    pnl = [40_000 - 10_000 * edge + (n % 3) * 100 for n in range(len(times))]
    deals = tuple(
        DealResult(f"d-{n}", "BTC", Direction(1), at_ns, at_ns + 1, 40_000_000, pnl[n], 0, 0, False, False)
        for n, at_ns in enumerate(times)
    )
    curve = tuple((at_ns, sum(pnl[: n + 1])) for n, at_ns in enumerate(times))
    return Outcome("d", deals, curve, {}, 10, from_ns, to_ns, ("BTC",))


@pytest.fixture
def call(folder: Path, arbctl_in: Callable[[Path], Call], monkeypatch: pytest.MonkeyPatch) -> Call:
    (folder / "books.tape").write_bytes(b"a tape")
    monkeypatch.setattr(sweep_job, "play", play)
    monkeypatch.setattr(answer_sweep, "Processes", Crew)
    monkeypatch.setattr(Crew, "left", 10**6)
    return arbctl_in(folder)


def test_cells_are_ranked_and_the_choice_is_judged(call: Call, folder: Path) -> None:
    said = call("sweep", "books.tape", "--grid", "edge_min_bps=3,2", "level=2,4", "--out", "found")
    assert said.code == 0
    assert "edge_min_bps" in said.out and "as it is" in said.out and "rest: pnl" in said.out
    assert "best was edge_min_bps=2 level=2" in said.err and "place 1 of 4" in said.err
    assert "4 cells, 2 different in what they did" in said.err and "  %" not in said.err
    assert sorted(path.name for path in (folder / "found").iterdir()) == [
        "deals.parquet", "heat.png", "report.html", "runs.parquet",
    ]  # fmt: skip
    assert (folder / "found" / "heat.png").read_bytes().startswith(b"\x89PNG")


def test_words_of_the_grid_may_stand_anywhere(call: Call) -> None:
    said = call("sweep", "--grid", "edge_min_bps=3", "--grid", "level=2", "books.tape", "deals=4,8", "--json")
    assert said.code == 0 and [row["deals"] for row in said.data["rows"]] == ["4", "8"]
    assert said.data["choices"][0]["values"] == ["3", "2", "4"]


def test_json_has_every_cell_and_choice(call: Call) -> None:
    said = call("sweep", "books.tape", "--grid", "edge_min_bps=2,3,4,5", "--top", "1", "--folds", "2", "--json")
    assert [row["edge_min_bps"] for row in said.data["rows"]] == ["2", "3", "4", "5"]
    assert len(said.data["choices"]) == 2 and said.data["rows"][0]["times_chosen"] == 2
    assert "3 more cells are in runs.parquet" in said.err


def test_when_all_lost_it_is_said(call: Call) -> None:
    said = call("sweep", "books.tape", "--grid", "edge_min_bps=5,6", "--split", "1")
    assert "not to trade was better than any of them" in said.err and "rest: pnl" not in said.out


def test_a_stopped_sweep_goes_on_where_it_was(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Crew, "left", 3)
    said = call("sweep", "books.tape", "--grid", "edge_min_bps=2,3")
    assert said.code == 1 and "stopped: 2 of 6 replays are done and kept" in said.out
    monkeypatch.setattr(Crew, "left", 4)
    said = call("sweep", "books.tape", "--grid", "edge_min_bps=2,3")
    assert said.code == 0 and "2 replays kept from before" in said.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("books.tape",), "--grid names nothing to try"),
        (("books.tape", "--grid", "edge=1"), "Do you mean edge_min_bps?"),
        (("books.tape", "--grid", "size=0.003"), "a size of one market, and there are 10"),
        (("books.tape", "--grid", "level=1", "--split", "0"), "--split 0 must be above 0"),
        (("books.tape", "--grid", "level=1", "--split", "half"), "--split half must be above 0"),
        (("books.tape", "--grid", "level=1", "--split", "1", "--folds", "2"), "--folds needs a --split below 1"),
        (("absent.tape", "--grid", "level=1"), "absent.tape does not exist"),
        (("books.tape", "--grid", "level=1", "--out", "taken"), "taken is there already"),
        (("books.tape", "--grid", "level=1", "--scheduler", "tcp://127.0.0.1:9"), "no Dask scheduler answers"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], says: str
) -> None:
    monkeypatch.setattr("common.sweep.dask_crew._CONNECT_S", 0.3)
    (folder / "taken").mkdir()
    (folder / "taken" / "report.html").write_text("mine")
    said = call("sweep", *words)
    assert said.code == 3 and says in said.err
    assert "Traceback" not in said.err
