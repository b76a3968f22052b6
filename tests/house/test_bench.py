"""What measures stand on: figures, goals, turns, the tap on a connection. And one short run from book to wire."""

import asyncio
import importlib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts import answer_bench
from scripts.arbctl import app
from scripts.benches import MEASURES, figures
from scripts.benches.base import Bench, Row, at_least, at_most
from scripts.benches.probed import Inside, insides
from scripts.benches.run import Report
from scripts.benches.watch import MARK_BYTES, VenueTap, Watch

HEAD = b"POST /v3/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
MS = 1_000_000


def test_a_percentile_is_a_sample_that_99_of_100_do_not_exceed() -> None:
    samples = [float(n) for n in range(1, 101)]
    assert [figures.stat(name, samples) for name in ("median", "p99", "max")] == [50.5, 99.0, 100.0]
    assert figures.stat("p99", [3.0]) == 3.0


def test_figures_are_written_with_three_that_count() -> None:
    assert [figures.written(value) for value in (0, 0.01234, 0.1234, 1.234, 12.34, 1234.0)] == [
        "0", "0.0123", "0.123", "1.23", "12.3", "1,234",
    ]  # fmt: skip


def test_a_goal_is_met_on_its_side_of_the_bound_and_never_by_nothing() -> None:
    assert at_most("median", 2.0).met_by([1.0, 2.0, 9.0]) and not at_most("max", 2.0).met_by([1.0, 2.0, 9.0])
    assert at_least("median", 2.0).met_by([2.0]) and not at_least("median", 2.0).met_by([1.9])
    assert not at_most("median", 2.0).met_by([])


def test_contenders_have_their_turns_in_rounds_and_another_one_begins_each() -> None:
    turns: list[str] = []

    def turn(name: str) -> float:
        turns.append(name)
        return float(len(turns))

    bench = Bench(Path(), quick=True)
    rounds = bench.rounds(
        {"a": lambda: turn("a"), "b": lambda: turn("b"), "c": lambda: turn("c")}, quick=3, full=9, every={"c": 2}
    )
    assert "".join(turns) == "abcbacab"
    assert rounds.of("a") == [1.0, 5.0, 7.0] and rounds.of("c") == [3.0, 6.0]
    assert rounds.ratio("c", "a") == [3.0, 6.0 / 7.0]


def test_a_ratio_is_of_rounds_in_which_both_brought_something() -> None:
    found = iter([4.0, None, 8.0])
    rounds = Bench(Path(), rounds_given=3).rounds({"a": lambda: next(found), "b": lambda: 2.0}, quick=1, full=1)
    assert rounds.ratio("a", "b") == [2.0, 4.0] and rounds.missed("a") == 1


def test_a_report_has_every_goal_beside_its_figure() -> None:
    good = Row("quick", "ms", [1.0] * 30, (at_most("median", 1), at_most("p99", 3)))
    bad = Row("slow", "×", [9.0], (at_least("median", 10),), "a note")
    report = Report((("one", good), ("two", bad)), "machine", "code", "now", 1.0, quick=True)
    answer = answer_bench.told(report)
    assert [(row[2], row[3], row[6], row[7]) for row in answer.rows] == [
        ("1.00", "1.00", "≤ 1, p99 ≤ 3", "met"),
        ("9.00", "–", "≥ 10", "not met"),
    ]
    assert answer.notes == ["2 of 3 goals met", "not met: slow: ≥ 10 ×", "slow: a note"]
    assert [goal["met"] for row in answer.data["rows"] for goal in row["goals"]] == [True, True, False]


def test_an_unknown_measure_is_misuse_that_names_the_known_ones() -> None:
    asked = CliRunner().invoke(app, ["bench", "--only", "nonsense"])
    assert asked.exit_code == 2 and "signing" in asked.output


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_can_be_taken(name: str) -> None:
    assert callable(importlib.import_module(MEASURES[name]).measure)


class Server(asyncio.Protocol):
    """What a tap stands before."""

    def __init__(self) -> None:
        self.heard = b""
        self.is_done = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.heard += data
        self.is_done.set()


def test_an_order_counts_when_its_last_byte_is_in_and_reaches_its_venue_whole() -> None:
    async def story() -> None:
        watch, server = Watch(), Server()
        tap = VenueTap(server, watch)
        tap.port = 7
        watch.begin({7})
        tap.said(b"a frame with another size")
        assert not watch.frame_ns
        tap.said(b"a frame with " + MARK_BYTES)
        tap.data_received(b"GET /v3/time HTTP/1.1\r\n\r\n")
        assert server.heard.startswith(b"GET")
        server.heard = b""
        server.is_done.clear()
        tap.data_received(HEAD)
        tap.data_received(b"bod")
        assert not watch.orders_ns
        tap.data_received(b"y!")
        assert list(watch.orders_ns) == [7] and server.heard == b""
        took_ns = await watch.both(1.0)
        assert took_ns == watch.orders_ns[7] - watch.frame_ns > 0
        await asyncio.wait_for(server.is_done.wait(), 5)
        assert server.heard == HEAD + b"body!"

    asyncio.run(story())


def test_an_order_before_the_frame_is_of_no_round() -> None:
    async def story() -> None:
        watch = Watch()
        watch.begin({1})
        watch.order(1, 5)
        assert await watch.both(0.01) is None

    asyncio.run(story())


def test_inside_a_worker_the_first_order_at_each_venue_counts_with_its_last_byte() -> None:
    one, other = 1, 2
    seen = [
        (one, 0, 10 * MS),
        (one, 1, 11 * MS),
        (other, 2, 12 * MS),
        (other, 2, 13 * MS),  # its body
        (one, 3, 40 * MS),  # the close
        (other, 4, 41 * MS),
        (other, 0, 50 * MS),  # a frame that no deal followed
        (one, 0, 60 * MS),
        (other, 5, 61 * MS),
        (one, 6, 64 * MS),
    ]
    reserves = [(10 * MS + 1, 10 * MS + 5), (60 * MS + 2, 60 * MS + 9)]
    first, second = insides(seen, reserves)
    assert first == Inside(10 * MS, 1, 4, 3 * MS - 5) and first.whole == 3 * MS
    assert (second.read_ns, second.decided, second.reserved, second.whole) == (60 * MS, 2, 7, 4 * MS)


@pytest.mark.slow
@pytest.mark.fleet
def test_a_worker_goes_from_book_to_wire_beside_its_floor_and_both_peers(tmp_path: Path) -> None:
    rows = list(importlib.import_module(MEASURES["book_to_wire"]).measure(Bench(tmp_path, rounds_given=2)))
    found = {row.name: row.samples for row in rows}
    assert all(samples for samples in found.values())
    assert min(found["book to wire"]) > min(found["floor: two ready requests"]) > 0
    assert min(found["the original's way"]) > min(found["book to wire"])
