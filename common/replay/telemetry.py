"""Telemetry of a replay, as a live fleet writes it: beside a ledger that is kept, so that reports read both alike.

Nothing that is decided depends on it: the same replay gives the same ledger with it and without.
"""

from collections.abc import Mapping
from pathlib import Path

from common.core.errors import ConfigError
from common.core.market import Venue
from common.fleet.speech import facts_of
from common.fleet.timeline import Timeline
from common.ledger.watch import LedgerWatch
from common.replay.line import Line
from common.replay.worker import Worker
from common.telemetry.files import FLEET, Writer, folder_of
from common.telemetry.meter import SPAN_NS, Meter
from common.telemetry.rows import FleetRow, fleet_row


class Telemetry:
    """One replay's; `begin` joins it to the workers, `end` puts down what is left."""

    def __init__(self, ledger_file: Path, timeline: Timeline, lines: Mapping[Venue, Line]) -> None:
        self._folder = folder_of(ledger_file)
        if self._folder.exists():
            raise ConfigError(f"{self._folder} is there already: move it away, or name another ledger")
        self._timeline, self._lines = timeline, lines
        self._meters: dict[str, Meter] = {}
        self._watch = LedgerWatch.open(ledger_file)

    def begin(self, workers: Mapping[str, Worker]) -> None:
        """Listen to every worker from now on."""
        for market, worker in workers.items():
            self._meters[market] = worker.runner.meter = Meter(worker.trader, self._timeline.now_ns)
        self._write_again()

    def end(self) -> None:
        """The last rows, and no more after them."""
        self._write()
        self._watch.close()

    def _write_again(self) -> None:
        self._timeline.after(SPAN_NS, self._write_again)
        self._write()

    def _write(self) -> None:
        now_ns = self._timeline.now_ns
        for market, meter in self._meters.items():
            Writer(self._folder, market).append(meter.drain(now_ns))
        Writer(self._folder, FLEET).append((self._look(now_ns),))

    def _look(self, now_ns: int) -> FleetRow:
        facts = {venue: facts_of(venue, line.engine, now_ns) for venue, line in self._lines.items()}
        room = self._watch.room()
        return fleet_row(facts, (room.held_uusd, room.cap_uusd), (room.plus, room.minus), now_ns)
