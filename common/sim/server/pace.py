"""Plays a source of books against the wall clock, and tells the venues that time passes.

Source time runs `speed` times as fast as ours; what is kept of the source lets it go on there after a restart.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from common.core.market import Venue
from common.sim.server.plain import NS_PER_SECOND
from common.sim.types import PaperVenue, Source

#: changes due within this time are played together: one waking for many
GRAIN_S = 0.004
#: changes played before anything else gets its turn
BURST_MAX = 32
#: further behind than this (the machine slept, or was overrun) the source's clock is set back instead of rushed
BEHIND_MAX_S = 1.0
#: how often the venues are told that time passes: refill, expiry, funding, liquidation
ADVANCE_S = 0.1
KEEP_S = 1.0


class Pace:
    """One source driving all venues; `run` ends only by cancellation, also when the tape has ended."""

    def __init__(
        self,
        source: Source,
        venues: Mapping[Venue, PaperVenue],
        *,
        shown: Mapping[Venue, Sequence[str]],
        speed: float,
        now_ns: Callable[[], int],
    ) -> None:
        """`shown` names the markets that the source shows at each venue."""
        self._source, self._venues, self._speed, self._now_ns = source, venues, speed, now_ns
        self._silent = {(venue, market) for venue, markets in shown.items() for market in markets}
        self.has_ended = False

    @property
    def is_ready(self) -> bool:
        """Whether every book has been shown, or never will be."""
        return not self._silent or self.has_ended

    async def run(self, keep: Path | None = None) -> None:
        """Play, advance and keep the source's state (in `keep`, once a second) until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._play())
            group.create_task(self._advance())
            if keep is not None:
                group.create_task(self._keep(keep))

    async def _play(self) -> None:
        clock = asyncio.get_running_loop().time
        began_s, first_ns, burst = clock(), self._source.next_at_ns() or 0, 0
        while (at_ns := self._source.next_at_ns()) is not None:
            wait_s = began_s + (at_ns - first_ns) / NS_PER_SECOND / self._speed - clock()
            if wait_s < -BEHIND_MAX_S:
                began_s -= wait_s
            if wait_s > 0 or burst >= BURST_MAX:
                burst = 0
                await asyncio.sleep(max(wait_s, GRAIN_S) if wait_s > 0 else 0)
            burst += 1
            self._pop()
        self.has_ended = True

    def _pop(self) -> None:
        for book in self._source.pop():
            self._venues[book.venue].apply(book, self._now_ns())
            self._silent.discard((book.venue, book.market))

    async def _advance(self) -> None:
        while True:
            for venue in self._venues.values():
                venue.advance(self._now_ns())
            await asyncio.sleep(ADVANCE_S)

    async def _keep(self, path: Path) -> None:
        while True:
            await asyncio.sleep(KEEP_S)
            keep_state(path, self._source)


def keep_state(path: Path, source: Source) -> None:
    """Replace the state file whole; after a power cut it may be the one before, which is as good."""
    draft = path.with_suffix(".new")
    draft.write_bytes(orjson.dumps(source.state()))
    os.replace(draft, path)


def kept_state(path: Path) -> Mapping[str, Any] | None:
    """What was kept last; None when there is nothing usable, and prices start anew."""
    try:
        state = orjson.loads(path.read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return None
    return state if isinstance(state, dict) else None
