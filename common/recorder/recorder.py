"""Everything public of both venues onto one tape, until told to stop. The writing is done by a thread of its own."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from common import clock, log
from common.core.errors import ConfigError, LocalError
from common.core.market import Venue
from common.market_lock import MarketLock
from common.recorder.ears import ApexEar, DydxEar, Ear
from common.recorder.polls import Poll, keep_listing, questions
from common.recorder.terms import REST, RecorderTerms
from common.settings import Endpoint
from common.tape.block import ENDING
from common.tape.recording import Recording
from common.tape.spool import Spool
from common.tape.writer import Rotation, TapeWriter
from common.venues.http import JsonHttp
from common.version import code_version

REPORT_S: Final = 60.0
WATCH_S: Final = 1.0
#: polls of one venue begin this far apart
STAGGER_S: Final = 0.2
_MB: Final = 1 << 20
_NS: Final = 10**9

#: whose books are to be asked for; None: all of them
Connections: TypeAlias = frozenset[int] | None

_logger = logging.getLogger("recorder")


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be recorded, from where, to where."""

    endpoints: Mapping[Venue, Endpoint]
    markets: Sequence[str]
    folder: Path
    terms: RecorderTerms


@dataclass(frozen=True, slots=True)
class Tally:
    """What one run put on its tape."""

    frames: int
    gaps: int
    dropped: int
    bytes: int


class Recorder:
    """One run; `run` until it is cancelled, then `close`. Call both on one event loop."""

    def __init__(self, order: Order) -> None:
        terms, self._order = order.terms, order
        rotation = Rotation(terms.rotate_mb * _MB, terms.rotate_ns, terms.free_min_mb * _MB)
        self._writer = TapeWriter(order.folder, clock.now_ns(), code_version(), rotation)
        self._spool = Spool(self._writer)
        self._recording = Recording(self._spool)
        self._https = {venue: JsonHttp(endpoint.rest) for venue, endpoint in order.endpoints.items()}
        self._ears = [] if terms.listen == REST else self._all_ears()
        loop = asyncio.get_running_loop()
        self._writer.on_rotated = lambda: _in(loop, self._refresh, None)
        self._spool.on_gap = lambda connections: _in(loop, self._refresh, connections)

    async def run(self) -> None:
        """Listen; ends only by cancellation or by a bug."""
        log.event(_logger, "recording", markets=len(self._order.markets), folder=self._order.folder)
        async with asyncio.TaskGroup() as group:
            for venue, http in self._https.items():
                group.create_task(keep_listing(venue, http, self._recording))
            for ear in self._ears:
                group.create_task(ear.loop.run())
            if not self._ears:
                self._poll(group)
            group.create_task(self._report())
            group.create_task(self._watch())

    async def close(self) -> Tally:
        """Write what waits and end the file."""
        for http in self._https.values():
            await http.close()
        await asyncio.to_thread(self._spool.close)
        return self.tally()

    def tally(self) -> Tally:
        """So far."""
        recording = self._recording
        return Tally(recording.frames, recording.gaps, self._spool.dropped, self._writer.written_bytes)

    def _all_ears(self) -> list[Ear]:
        dydx, apex = self._order.endpoints[Venue.DYDX], self._order.endpoints[Venue.APEX]
        markets, recording = self._order.markets, self._recording
        return [
            DydxEar(dydx.ws, recording),
            *(DydxEar(dydx.ws, recording, market) for market in markets),
            *(ApexEar(apex.ws, recording, market) for market in markets),
        ]

    def _poll(self, group: asyncio.TaskGroup) -> None:
        for venue, http in self._https.items():
            asked = [q for market in self._order.markets for q in questions(venue, market, self._order.terms)]
            for number, question in enumerate(asked):
                group.create_task(Poll(question, http, self._recording).run(number * STAGGER_S))

    def _refresh(self, connections: Connections) -> None:
        """Ask for fresh books on these connections, or on all."""
        for ear in self._ears:
            if connections is None or ear.connection in connections:
                ear.refresh()

    async def _watch(self) -> None:
        """A writer that ended by a bug ends the recorder as well: nobody must believe that it records."""
        while True:
            await asyncio.sleep(WATCH_S)
            if not self._spool.is_alive:
                raise LocalError("the thread that writes the tape has ended")

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_S)
            tally = self.tally()
            log.event(
                _logger, "recorded", frames=tally.frames, gaps=tally.gaps, dropped=tally.dropped, bytes=tally.bytes
            )


def take_folder(folder: Path, timeout_s: float) -> None:
    """One recorder per folder, until the process ends; ConfigError when another one keeps it, or it cannot be made."""
    try:
        MarketLock(folder / ".lock").take(timeout_s)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written: {error.strerror}") from error
    _tell_break(folder)


def _tell_break(folder: Path) -> None:
    """Say in the log since when nothing was recorded; on the tape the end of the last file says it."""
    last_s = max((path.stat().st_mtime for path in folder.glob(f"*{ENDING}")), default=None)
    if last_s is not None:
        log.trouble(_logger, "tape_gap", why="nothing was recorded", seconds=round(clock.now_ns() / _NS - last_s, 1))


def _in(loop: asyncio.AbstractEventLoop, call: Callable[[Connections], None], connections: Connections) -> None:
    """From the writer's thread to the loop; a loop that has ended needs no books any more."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(call, connections)
