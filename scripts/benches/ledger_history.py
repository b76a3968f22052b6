"""A long history: what a look, a start and a deal cost with it, beside the same with next to none.

In full a million closed deals, four million fills and ten million rows of the journal: 4.5 GB, built in two minutes.
"""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Final

from common import clock
from common.ledger import remembered
from common.ledger.ledger import Ledger
from common.ledger.report import Report
from common.ledger.watch import LedgerWatch
from scripts.benches import long_history
from scripts.benches.base import Bench, Row, at_most
from scripts.benches.ledger_rival import Rival, Stopwatch

SHORT: Final = 100
PNL: Final = "pnl since the beginning"
LOOK_MS: Final = 100.0
PNL_MS: Final = 1_000.0


def measure(bench: Bench) -> Iterable[Row]:
    """Queries behind the commands, a start, and a reservation."""
    deals = 20_000 if bench.quick else 1_000_000
    files = {"short": bench.folder / "short.db", "long": bench.folder / "long.db"}
    for name, count in (("short", SHORT), ("long", deals)):
        long_history.build(files[name], count)
    yield Row(f"count {deals:,} deals once", "s", [_counted(files["long"])])
    _counted(files["short"])
    looks = {"positions": _positions, "status": _status, "newest deals": _newest, "start": _start, "warden": _warden}
    for name, look in (looks | {PNL: _pnl}).items():
        samples = bench.rounds({"look": Timed(files["long"], look)}, quick=5, full=50).of("look")
        yield Row(f"{name}, {deals:,} deals", "ms", samples, (at_most("p99", PNL_MS if name == PNL else LOOK_MS),))
    rounds = bench.rounds({name: Reserved(file) for name, file in files.items()}, quick=50, full=500)
    yield Row(f"reserve, {deals:,} deals", "ms", rounds.of("long"))
    yield Row("to a reserve of a short history", "×", rounds.ratio("long", "short"), (at_most("median", 1.2),))


class Timed:
    """Milliseconds of one look, the file opened anew, as a command opens it."""

    def __init__(self, file: Path, look: Callable[[Path], None]) -> None:
        self._file, self._look = file, look

    def __call__(self) -> float:
        """One turn."""
        began_ns = clock.monotonic_ns()
        self._look(self._file)
        return (clock.monotonic_ns() - began_ns) / 1e6


class Reserved:
    """Milliseconds of one reservation; its deal is filled and closed again, the accounts are heard anew before it."""

    def __init__(self, file: Path) -> None:
        self._ledger = Ledger.open(file, config_hash="bench", code_version="bench", pid=1)
        self._watch = Stopwatch()
        self._rival = Rival(self._ledger, "BTC", self._watch)

    def __call__(self) -> float:
        """One turn."""
        long_history.hear_accounts(self._ledger, clock.now_ns())
        self._rival.deal(clock.now_ns())
        return self._watch.times_ns["reserve"][-1] / 1e6


def _counted(file: Path) -> float:
    began_ns = clock.monotonic_ns()
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        past = remembered.Remembered(file).now(connection)
    seconds = (clock.monotonic_ns() - began_ns) / 1e9
    remembered.save(remembered.past_path(file), past)
    return seconds


def _positions(file: Path) -> None:
    with Report.open(file) as report:
        _ = report.markets(), report.cap(), report.equities(), report.filled_ns()


def _status(file: Path) -> None:
    with Report.open(file) as report:
        _ = report.heartbeats(), report.deals(live=True), report.tallies(), report.journal(1), report.totals()
        _ = report.counts(), report.cap(), report.equities(), report.halts()


def _pnl(file: Path) -> None:
    with Report.open(file) as report:
        _ = report.earned(0), report.markets()


def _newest(file: Path) -> None:
    with Report.open(file) as report:
        report.newest(100)


def _start(file: Path) -> None:
    with Ledger.open(file, config_hash="bench", code_version="bench", pid=1) as ledger:
        ledger.unfinished_deals("BTC", Decimal("0.001"))
        ledger.dust("BTC")
        ledger.next_number("BTC")


def _warden(file: Path) -> None:
    with LedgerWatch.open(file) as watch:
        watch.look()
