"""The way to the disk: who puts never waits, what does not fit is a gap with its count, and nothing else is lost."""

import errno
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from common import clock
from common.tape.reader import read
from common.tape.record import Kind, Record
from common.tape.spool import Spool
from common.tape.writer import Rotation, TapeWriter

WAIT_S = 10
MOST = 1050


class SlowDisk(TapeWriter):
    """Takes a block only when it is let; or not at all."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, 7, "test", Rotation(1 << 30, 10**18))
        self.let, self.asked = threading.Event(), threading.Event()
        self.is_full = False

    def write(self, records: Sequence[Record]) -> None:
        self.asked.set()
        assert self.let.wait(WAIT_S)
        if self.is_full:
            raise OSError(errno.ENOSPC, "full")
        super().write(records)


@pytest.fixture
def disk(tmp_path: Path) -> SlowDisk:
    return SlowDisk(tmp_path)


@pytest.fixture
def spool(disk: SlowDisk) -> Iterator[Spool]:
    spool = Spool(disk, most_bytes=MOST, flush_s=0.01)
    yield spool
    disk.let.set()
    spool.close()


def frame(connection: int, number: int) -> Record:
    return Record(Kind.FRAME, connection, number, b"%03d" % number + b"x" * 80)


def told(folder: Path) -> tuple[list[int], list[dict[str, int]]]:
    """The numbers of the frames on the tape, and what was dropped."""
    records = [one.record for one in read(folder)]
    numbers = [int(r.body[:3]) for r in records if r.kind is Kind.FRAME]
    return numbers, [r.fields()["dropped"] for r in records if r.kind is Kind.GAP and "dropped" in r.fields()]


def test_a_disk_that_stands_still_makes_nobody_wait_and_the_drop_is_counted(
    spool: Spool, disk: SlowDisk, tmp_path: Path
) -> None:
    gaps: list[frozenset[int]] = []
    seen = threading.Event()

    def on_gap(connections: frozenset[int]) -> None:
        gaps.append(connections)
        seen.set()

    spool.on_gap = on_gap
    spool.put(frame(1, 0))
    assert disk.asked.wait(WAIT_S), "the thread now holds the first block and waits for the disk"
    begun_ns = clock.monotonic_ns()
    for number in range(1, 100):
        spool.put(frame(1 + number % 2, number))
    spool.put(Record(Kind.FRAME, 1, 200, b"200"))
    spool.put(Record(Kind.LOST, 2, 100, b'{"why":"closed"}'))
    assert clock.monotonic_ns() - begun_ns < 10**9
    disk.let.set()
    assert seen.wait(WAIT_S)
    spool.put(frame(1, 500))
    spool.close()
    numbers, dropped = told(tmp_path)
    fitting = MOST // frame(1, 1).size
    assert numbers == [*range(fitting + 1), 500], "what waited is whole and in order, with nothing small after the hole"
    assert sum(dropped[0].values()) == 99 - fitting + 1 == spool.dropped and len(dropped) == 1
    assert gaps == [frozenset({1, 2})]
    assert Kind.LOST in {one.record.kind for one in read(tmp_path)}, "a note is never dropped"


def test_a_full_disk_is_a_gap_as_soon_as_there_is_room(spool: Spool, disk: SlowDisk, tmp_path: Path) -> None:
    seen = threading.Event()
    spool.on_gap = lambda connections: seen.set()
    disk.is_full = True
    disk.let.set()
    for number in range(5):
        spool.put(frame(3, number))
    until(lambda: bool(spool._dropped))
    disk.is_full = False
    assert seen.wait(WAIT_S)
    spool.put(frame(3, 7))
    spool.close()
    assert told(tmp_path) == ([7], [{"3": 5}])


def test_what_was_put_is_on_the_disk_without_being_asked(spool: Spool, disk: SlowDisk, tmp_path: Path) -> None:
    disk.let.set()
    spool.put(frame(1, 1))
    until(lambda: bool(list(tmp_path.glob("*.tape"))) and told(tmp_path)[0] == [1])


def test_a_writer_that_broke_is_noticed(spool: Spool, disk: SlowDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(records: Sequence[Record]) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(threading, "excepthook", lambda args: None)
    monkeypatch.setattr(disk, "write", broken)
    assert spool.is_alive
    spool.put(frame(1, 1))
    until(lambda: not spool.is_alive)


def until(fact: Callable[[], bool]) -> None:
    end_ns = clock.monotonic_ns() + WAIT_S * 10**9
    while not fact():
        assert clock.monotonic_ns() < end_ns, "waited in vain"
        threading.Event().wait(0.005)
