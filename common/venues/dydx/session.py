"""One dYdX WebSocket kept whole: counts frames, sorts them by type, gives up what does not answer in time.

Knows neither books nor accounts: `DydxFeed` and `AccountStream` say what to ask for and what the contents mean.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Final

import orjson

from common import clock
from common.core.errors import VenueError
from common.venues.dydx.wire import SECOND_NS, reading
from common.venues.ws import WsLimits, WsLoop

#: what was asked for (subscription, snapshot) and did not come in this time is asked for on a new connection
ANSWER_WAIT_NS: Final = 10 * SECOND_NS
DATA_TYPES: Final = frozenset({"channel_data", "channel_batch_data"})


class DydxSession(ABC):
    """A WsHandler with its loop; one at a time runs `loop.run()`."""

    def __init__(self, url: str, *, limits: WsLimits | None = None, answer_wait_ns: int = ANSWER_WAIT_NS) -> None:
        self.loop = WsLoop(lambda: url, self, limits)
        self._answer_wait_ns = answer_wait_ns
        self._due_ns: int | None = None
        self._message_id = -1

    @abstractmethod
    def opening(self) -> Iterable[str]:
        """The frames that ask for what this socket is for."""

    @abstractmethod
    def subscribed(self, channel: str, contents: Any, at_ns: int) -> None:
        """A channel was given, with its state; VenueError drops the connection."""

    @abstractmethod
    def pushed(self, channel: str, contents: Any, at_ns: int) -> None:
        """A change on a channel: an object, or a list of them from a batch; VenueError drops the connection."""

    def on_alive(self) -> None:  # noqa: B027 - not every session tells
        """Anything was heard."""

    def on_lost(self, reason: str) -> None:  # noqa: B027
        """The connection ended."""

    def expect(self) -> None:
        """What was just asked for is due from now on."""
        self._due_ns = clock.monotonic_ns() + self._answer_wait_ns

    def settle(self) -> None:
        """What was asked for is there."""
        self._due_ns = None

    @property
    def waiting(self) -> bool:
        """Something asked for is still due."""
        return self._due_ns is not None

    def on_open(self) -> Iterable[str]:
        """A new connection: begin from nothing."""
        self._message_id = -1
        self.expect()
        return self.opening()

    def on_frame(self, data: str | bytes) -> Iterable[str]:
        """Count and sort one frame; VenueError when one is missing, malformed or a refusal."""
        with reading("frame"):
            frame = orjson.loads(data)
            kind, number = frame["type"], frame["message_id"]
        self._count(number)
        if kind in DATA_TYPES:
            with reading(kind):
                channel, contents = frame["channel"], frame["contents"]
            self.pushed(channel, contents, clock.now_ns())
        elif kind == "subscribed":
            with reading(kind):
                channel, contents = frame["channel"], frame["contents"]
            self.subscribed(channel, contents, clock.now_ns())
        elif kind == "error":
            raise VenueError(f"dydx refused: {frame.get('message')}")
        return ()

    def on_beat(self) -> Iterable[str]:
        """Give a connection up that does not deliver what was asked for; dYdX needs no ping but the control frame."""
        if self._due_ns is not None and clock.monotonic_ns() > self._due_ns:
            self.loop.drop("no answer")
        return ()

    def _count(self, number: int) -> None:
        """Every frame of a connection is numbered, from 0 and without a hole, across channels."""
        if number != self._message_id + 1:
            raise VenueError(f"gap: message {number} after {self._message_id}")
        self._message_id = number
