"""Ten processes at one ledger file: what a reservation waits for while the others settle, and how much gets through.

`paced`: five deals a second each, more than the venues themselves allow. `flat out`: as many as they can. Beside them,
in turns, ten processes that commit one bare insert at a time with an fsync: in the ledger's queue, and without it.
"""

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from common import clock
from scripts.benches import long_history
from scripts.benches.base import Bench, Row, at_least, at_most

ROOT: Final = Path(__file__).resolve().parents[2]
PROCESSES: Final = 10
PER_SECOND: Final = 5.0


def measure(bench: Bench) -> Iterable[Row]:
    """Waits of every verb, and transactions a second against bare ones."""
    seconds = 1.0 if bench.quick else 6.0
    paced, flat, queued, bare = (Crowd(bench.folder, how, seconds, rate) for how, rate in _CROWDS)
    rounds = bench.rounds({"paced": paced, "flat": flat, "queued": queued, "bare": bare}, quick=1, full=10)
    yield Row("reserve, paced", "ms", paced.of("reserve"), (at_most("p99", 2.0), at_most("max", 20.0)))
    yield Row("all else, paced, durable", "ms", paced.of("other"))
    yield Row("reserve, flat out", "ms", flat.of("reserve"), (at_most("max", 100.0),))
    yield Row("all else, flat out, durable", "ms", flat.of("other"))
    yield Row("bare insert, flat out, SQLite alone", "ms", bare.of("other"))
    yield Row("transactions, flat out", "1/s", rounds.of("flat"))
    yield Row("to bare inserts in the queue", "×", rounds.ratio("flat", "queued"), (at_least("median", 0.8),))
    yield Row("to bare inserts, SQLite alone", "×", rounds.ratio("flat", "bare"), (at_least("median", 0.8),))


_CROWDS: Final = (("ledger", PER_SECOND), ("ledger", 0.0), ("queued", 0.0), ("bare", 0.0))


class Crowd:
    """So many processes of one kind, a new file each time; its sample is transactions a second."""

    def __init__(self, folder: Path, how: str, seconds: float, per_second: float) -> None:
        self._folder, self._how, self._seconds, self._per_second = (
            folder / f"{how}-{per_second}",
            how,
            seconds,
            per_second,
        )
        self._times_ns: dict[str, list[int]] = {"reserve": [], "other": []}

    def of(self, kind: str) -> list[float]:
        """Milliseconds of all turns so far."""
        return [ns / 1e6 for ns in self._times_ns[kind]]

    def __call__(self) -> float:
        """One turn."""
        self._folder.mkdir()
        file = self._folder / "ledger.db"
        _prepare(file, self._how)
        told = self._told(self._started(file))
        for kind, times in self._times_ns.items():
            times += [ns for one in told for ns in one[kind]]
        shutil.rmtree(self._folder)
        return sum(len(times) for one in told for times in one.values()) / self._seconds

    def _started(self, file: Path) -> "list[subprocess.Popen[str]]":
        rivals = [self._start(self._how, file, market, self._per_second) for market in long_history.MARKETS[:PROCESSES]]
        keeper = [self._start("keeper", file, "", 1.0)] if self._how == "ledger" else []
        return rivals + keeper

    def _start(self, how: str, file: Path, market: str, per_second: float) -> "subprocess.Popen[str]":
        words = (how, str(file), market, str(self._seconds), str(per_second))
        command = [sys.executable, "-m", "scripts.benches.ledger_rival", *words]
        return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def _told(self, children: "list[subprocess.Popen[str]]") -> list[dict[str, list[int]]]:
        """All are ready before one begins; those with a pace begin one after the other, spread over it."""
        pause = threading.Event()
        for child in children:
            _line(child)
        for child in children:
            assert child.stdin is not None
            print(file=child.stdin, flush=True)
            if self._per_second:
                pause.wait(1 / self._per_second / PROCESSES)
        told = [json.loads(_line(child)) for child in children]
        for child in children:
            child.communicate()
        return told[:PROCESSES]


def _line(child: "subprocess.Popen[str]") -> str:
    assert child.stdout is not None
    return child.stdout.readline()


def _prepare(file: Path, how: str) -> None:
    if how == "ledger":
        long_history.build(file, 0)
        long_history.make_room(file, clock.now_ns())
        return
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
