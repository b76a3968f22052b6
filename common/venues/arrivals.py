"""How far behind a WebSocket is read: what has arrived and waits, and how late what arrives is. One clock, ours.

A venue's own times are not asked: its clock is another one, and one of our venues puts none on its books.
"""

import fcntl
import sys
import termios
from typing import Final

import aiohttp

from common.core.terms import SECOND_NS

#: unanswered pings that are remembered: where none is ever answered
OUT_MAX: Final = 64
#: an answer that took longer is checked by another ping at once
SLOW_NS: Final = SECOND_NS // 4
_INT: Final = bytes(4)


class Arrivals:
    """What arrived at one socket and was not received yet: frames that aiohttp has read, and bytes that it has not."""

    __slots__ = ("_descriptor", "_frames")

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        # aiohttp has no word of its own for "would receive() wait?"; tests/venues/test_ws.py notices if this one goes
        self._frames = socket._reader._buffer
        self._descriptor: int = socket.get_extra_info("socket").fileno()

    def wait(self) -> bool:
        """Whether anything waits."""
        return bool(self._frames) or self._unread() > 0

    def _unread(self) -> int:
        try:
            return int.from_bytes(fcntl.ioctl(self._descriptor, termios.FIONREAD, _INT), sys.byteorder)
        except OSError:
            # closed meanwhile: what was read before is still handed on
            return 0


class Pings:
    """Pings of one connection and how long their answers took.

    An answer comes behind everything that the venue had sent before it, so that it is as late as they are.
    """

    def __init__(self) -> None:
        self._number = 0
        #: when the pings that were not answered were sent, by number, oldest first
        self._out: dict[int, int] = {}
        self._trip_ns: int | None = None

    def sent(self, now_ns: int) -> bytes:
        """Count one more; its payload."""
        self._number += 1
        if len(self._out) >= OUT_MAX:
            del self._out[next(iter(self._out))]
        self._out[self._number] = now_ns
        return str(self._number).encode()

    def answered(self, payload: bytes, now_ns: int) -> None:
        """A pong, which may answer all pings up to its own; one that answers none of ours tells nothing."""
        number = int(payload) if payload.isdigit() and len(payload) <= 18 else 0
        if number not in self._out:
            return
        self._trip_ns = now_ns - self._out[number]
        self._out = {n: sent_ns for n, sent_ns in self._out.items() if n > number}

    @property
    def was_slow(self) -> bool:
        """The last answer took long, and nothing has been asked since."""
        return not self._out and self._trip_ns is not None and self._trip_ns > SLOW_NS

    def lag_ns(self, now_ns: int) -> int:
        """The last answer's trip, or the wait for the next one if that is longer already; 0 if none ever came."""
        if self._trip_ns is None:
            return 0
        oldest_ns = next(iter(self._out.values()), now_ns)
        return max(self._trip_ns, now_ns - oldest_ns)
