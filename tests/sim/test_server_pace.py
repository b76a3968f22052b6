"""The pacemaker: source time against the wall clock, a tape that ends, state that survives."""

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from common import clock
from common.core.market import Venue
from common.sim.server.pace import Pace, kept_state
from common.sim.types import SourceBook

MS = 1_000_000
#: how long a tape is played that is played to its end, at most
TO_ITS_END = 30.0


class Tape:
    """A source that shows BTC at both venues at each of the given times."""

    markets: tuple[str, ...] = ("BTC",)

    def __init__(self, ladder: Callable[..., SourceBook], times_ns: Sequence[int]) -> None:
        self._ladder, self._times, self._next = ladder, times_ns, 0

    def next_at_ns(self) -> int | None:
        return self._times[self._next] if self._next < len(self._times) else None

    def pop(self) -> Sequence[SourceBook]:
        self._next += 1
        return [self._ladder(venue, 42_000 + self._next) for venue in Venue]

    def state(self) -> dict[str, object]:
        return {"next": self._next}


class Heard:
    """Stands for a venue: remembers when it was told what."""

    def __init__(self) -> None:
        self.applied: list[int] = []
        self.advanced = 0

    def apply(self, book: SourceBook, now_ns: int) -> None:
        assert book.index > Decimal(0)
        self.applied.append(clock.monotonic_ns())

    def advance(self, now_ns: int) -> None:
        self.advanced += 1


def played(tape: Tape, speed: float, for_s: float, keep: Path | None = None) -> tuple[Pace, dict[Venue, Any]]:
    """Play a tape for so long; `TO_ITS_END` stops as soon as it has ended."""
    heard: dict[Venue, Any] = {venue: Heard() for venue in Venue}
    pace = Pace(tape, heard, shown={venue: ["BTC"] for venue in Venue}, speed=speed, now_ns=clock.now_ns)
    assert not pace.is_ready

    async def run() -> None:
        playing = asyncio.create_task(pace.run(keep))
        began = clock.monotonic_ns()
        while clock.monotonic_ns() - began < for_s * 1000 * MS and not (for_s == TO_ITS_END and pace.has_ended):
            await asyncio.wait({playing}, timeout=min(for_s, 0.1))
        assert not playing.done()
        playing.cancel()

    asyncio.run(run())
    return pace, heard


def test_changes_come_at_their_time_divided_by_the_speed(ladder: Callable[..., SourceBook]) -> None:
    tape = Tape(ladder, [5_000_000_000 + n * 400 * MS for n in range(4)])
    pace, heard = played(tape, speed=4.0, for_s=0.6)
    assert pace.is_ready and pace.has_ended
    times = heard[Venue.DYDX].applied
    assert len(times) == 4
    for n, at_ns in enumerate(times):
        assert at_ns - times[0] >= n * 100 * MS - 10 * MS
    assert heard[Venue.APEX].advanced >= 3


def test_a_tape_that_goes_on_has_not_ended(ladder: Callable[..., SourceBook]) -> None:
    pace, heard = played(Tape(ladder, [0, 3_600_000 * MS]), speed=1.0, for_s=0.1)
    assert pace.is_ready and not pace.has_ended
    assert len(heard[Venue.DYDX].applied) == 1


def test_a_dense_tape_leaves_others_their_turn(ladder: Callable[..., SourceBook]) -> None:
    pace, heard = played(Tape(ladder, [0] * 2000), speed=1.0, for_s=TO_ITS_END)
    assert pace.has_ended and len(heard[Venue.DYDX].applied) == 2000
    assert heard[Venue.DYDX].advanced >= 2


def test_the_sources_state_is_kept_and_read_again(ladder: Callable[..., SourceBook], tmp_path: Path) -> None:
    file = tmp_path / "source.json"
    assert kept_state(file) is None
    played(Tape(ladder, [0, 0]), speed=1.0, for_s=1.2, keep=file)
    assert kept_state(file) == {"next": 2}
    file.write_text("{torn")
    assert kept_state(file) is None
