"""The offset of a venue's clock is measured again and again, less often while others have much to ask."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from common.core.errors import VenueError
from common.core.market import Venue
from common.venues.clock_keeper import BUSY_EACH, EVERY_S, OFF_MAX_NS, keep


@dataclass
class Clock:
    """Reads itself; after so many turns the keeper is stopped."""

    turns: int
    offset_ns: int = 0
    read_at: list[int] = field(default_factory=list)
    fails: bool = False
    turn: int = 0

    async def sleep(self, seconds: float) -> None:
        assert seconds == EVERY_S
        self.turn += 1
        if self.turn > self.turns:
            raise asyncio.CancelledError

    async def read(self) -> None:
        self.read_at.append(self.turn)
        if self.fails:
            raise VenueError("no answer")


def kept(monkeypatch: pytest.MonkeyPatch, clock: Clock, busy: Iterator[bool]) -> list[int]:
    monkeypatch.setattr(asyncio, "sleep", clock.sleep)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(keep(Venue.APEX, clock, clock.read, is_busy=lambda: next(busy)))
    return clock.read_at


def test_every_turn_while_there_is_room_and_now_and_then_while_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept(monkeypatch, Clock(3), iter([False] * 3)) == [1, 2, 3]
    assert kept(monkeypatch, Clock(3 * BUSY_EACH), iter([True] * 3 * BUSY_EACH)) == [4, 8, 12]
    assert kept(monkeypatch, Clock(3), iter([True, False, True])) == [2]


def test_trouble_is_told_and_the_next_turn_tries_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert kept(monkeypatch, Clock(2, fails=True), iter([False] * 2)) == [1, 2]
        assert kept(monkeypatch, Clock(1, offset_ns=-OFF_MAX_NS), iter([False])) == [1]
        assert [record.message.split()[0] for record in caplog.records] == ["clock_unread"] * 2
        kept(monkeypatch, Clock(1, offset_ns=-OFF_MAX_NS - 1), iter([False]))
    assert caplog.records[-1].message == "clock_off venue=apex off_s=-5.0"
