"""How much may still be asked of a venue: one count per kind of request, shared by every process of the fleet.

Each count is a few bytes of a file that all of them map. It knows the time of the machine's monotonic clock and no
venue: `dydx/budget.py` and `apex/budget.py` say which counts there are. Its lock is never waited for: the kernel drops
it with a process that dies, but one that was stopped in the middle keeps it. Whoever finds it taken is told so: an
entry is then not sent, an exit goes uncounted.
"""

import asyncio
import fcntl
import mmap
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from common import clock
from common.core.errors import ConfigError

#: a window is counted in so many parts, plus the one that is under way
PARTS: Final = 10
_SLOTS: Final = PARTS + 2
_LAYOUT: Final = struct.Struct(f"{2 * _SLOTS}q")
_PAUSE: Final = struct.Struct("q")
#: a lock is held for microseconds: after so many tries its holder is not running
LOCK_TRIES: Final = 400
#: of every count this share is kept for exits and for questions about orders, in percent
KEPT_PERCENT: Final = 30
#: the longest wait for a question's turn; past it the question is not asked
WAIT_MAX_S: Final = 5.0
#: how long to ask nothing after a venue said "too many", when it does not say how long, and within which bounds
PAUSE_S: Final = 2.0
PAUSE_MIN_S: Final = 1.0
PAUSE_MAX_S: Final = 10.0
SECOND_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """So many points in any so many seconds."""

    points: int
    window_s: int

    @property
    def for_entries(self) -> int:
        """What entries and idle questions may use of it."""
        return self.points * (100 - KEPT_PERCENT) // 100


class Count:
    """Points spent in the last window: never more than `rate.points` by `take`, whoever takes and whenever.

    A point counts for the whole part of the window in which it was spent, so up to a tenth longer than it must.
    """

    def __init__(self, rate: Rate, path: Path | None = None) -> None:
        """Share `path` with other processes; without one the count is this process's own."""
        self.rate = rate
        self._part_ns = rate.window_s * SECOND_NS // PARTS
        self._fd = -1 if path is None else _opened(path, _LAYOUT.size)
        self._map = mmap.mmap(self._fd, _LAYOUT.size)

    def take(self, points: int, most: int | None = None) -> bool:
        """Spend `points` if no more than `most` (all there are) are spent then; False also when nobody can be sure."""
        if not self._lock():
            return False
        try:
            return self._spend(points, self.rate.points if most is None else most)
        finally:
            self._unlock()

    def spend(self, points: int) -> None:
        """Spend them whatever is left: what must be sent is sent."""
        if self._lock():
            try:
                self._spend(points, None)
            finally:
                self._unlock()

    def spent(self) -> int:
        """Points spent in the window that ends now."""
        return self._spent(self._part())

    def _spent(self, now: int) -> int:
        numbers = _LAYOUT.unpack_from(self._map)
        return sum([numbers[i + 1] for i in range(0, 2 * _SLOTS, 2) if now - PARTS <= numbers[i] <= now])

    def _spend(self, points: int, most: int | None) -> bool:
        part = self._part()
        if most is not None and self._spent(part) + points > most:
            return False
        at = 16 * (part % _SLOTS)
        held, spent = struct.unpack_from("2q", self._map, at)
        struct.pack_into("2q", self._map, at, part, (spent if held == part else 0) + points)
        return True

    def _part(self) -> int:
        return clock.monotonic_ns() // self._part_ns

    def _lock(self) -> bool:
        """Whether the count is ours alone, until `_unlock`."""
        if self._fd < 0 or _try_lock(self._fd):
            return True
        return any(_try_lock(self._fd) for _ in range(LOCK_TRIES))

    def _unlock(self) -> None:
        if self._fd >= 0:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let the file go."""
        self._map.close()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Pause:
    """Until when nobody of the fleet asks this venue anything that can wait."""

    def __init__(self, path: Path | None = None) -> None:
        self._fd = -1 if path is None else _opened(path, _PAUSE.size)
        self._map = mmap.mmap(self._fd, _PAUSE.size)

    def begin(self, seconds: float) -> None:
        """A venue said "too many"; a longer pause that is on already stays."""
        until_ns = clock.monotonic_ns() + int(min(max(seconds, PAUSE_MIN_S), PAUSE_MAX_S) * SECOND_NS)
        if self.left_s() * SECOND_NS < until_ns - clock.monotonic_ns():
            _PAUSE.pack_into(self._map, 0, until_ns)

    def left_s(self) -> float:
        """Seconds still to wait; a time further off than any pause is from before the machine started."""
        left_s = (_PAUSE.unpack_from(self._map)[0] - clock.monotonic_ns()) / SECOND_NS
        return left_s if 0 < left_s <= PAUSE_MAX_S else 0.0

    def close(self) -> None:
        """Let the file go."""
        self._map.close()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Budget:
    """All counts of one venue. Names that are not in `rates` are made from the rate of the part before their `:`."""

    def __init__(self, venue: str, rates: Mapping[str, Rate], folder: Path | None = None) -> None:
        self._venue, self._rates, self.folder = venue, rates, folder
        self._counts: dict[str, Count] = {}
        self.paused = Pause(self._file("pause"))

    def enter(self, costs: Mapping[str, int]) -> bool:
        """Pay for an entry, at once or not at all; what was paid before one count refused is lost for a window."""
        if self.paused.left_s():
            return False
        return all(self._take(name, points, is_entry=True) for name, points in costs.items())

    def spend(self, costs: Mapping[str, int]) -> None:
        """Count an exit: it is sent whatever is left."""
        for name, points in costs.items():
            self._count(name).spend(points)

    async def ask(self, costs: Mapping[str, int], *, about_order: bool) -> bool:
        """Wait, at most WAIT_MAX_S, for a question's turn; False: do not ask. What is kept is for `about_order`."""
        deadline_ns = clock.monotonic_ns() + int(WAIT_MAX_S * SECOND_NS)
        due = dict(costs)
        while True:
            wait_s = self.paused.left_s()
            if not wait_s:
                due = {name: points for name, points in due.items() if not self._take(name, points, not about_order)}
                wait_s = max((self._count(name).rate.window_s / PARTS / 2 for name in due), default=0.0)
            if not wait_s:
                return True
            if clock.monotonic_ns() + int(wait_s * SECOND_NS) > deadline_ns:
                return False
            await asyncio.sleep(wait_s)

    def is_busy(self, costs: Mapping[str, int]) -> bool:
        """More than half of what idle questions may use is spent: what can wait a while should."""
        counts = [self._count(name) for name in costs]
        return bool(self.paused.left_s()) or any(2 * count.spent() > count.rate.for_entries for count in counts)

    def pause(self, retry_after: str | None, *, per_second: int = 1) -> None:
        """The venue said "too many": nobody asks what can wait, for as long as it says, within bounds."""
        told = retry_after is not None and retry_after.isascii() and retry_after.isdigit()
        self.paused.begin(int(retry_after) / per_second if retry_after and told else PAUSE_S)

    def close(self) -> None:
        """Let all files go."""
        self.paused.close()
        for count in self._counts.values():
            count.close()
        self._counts.clear()

    def _take(self, name: str, points: int, is_entry: bool) -> bool:
        count = self._count(name)
        return count.take(points, count.rate.for_entries if is_entry else None)

    def _count(self, name: str) -> Count:
        if name not in self._counts:
            self._counts[name] = Count(self._rates[name.partition(":")[0]], self._file(name))
        return self._counts[name]

    def _file(self, name: str) -> Path | None:
        return None if self.folder is None else self.folder / f"budget-{self._venue}-{name.replace(':', '-')}"


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _opened(path: Path, size: int) -> int:
    """The file, at least so long; growing it twice at once is harmless."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.fstat(fd).st_size < size:
            os.ftruncate(fd, size)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be used: {error.strerror}: give this user the right to write there"
        ) from error
    return fd
