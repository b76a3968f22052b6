"""What both venues' WebSocket sessions share: something is asked for at the start, and is due in time.

Knows no frames: a venue's own session says what to send, and what a frame means.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Final

from common import clock
from common.core.terms import SECOND_NS
from common.venues.ws import WsLimits, WsLoop

#: what was asked for (login, subscription, snapshot) and did not come in this time is asked for on a new connection
ANSWER_WAIT_NS: Final = 10 * SECOND_NS


class Session(ABC):
    """A WsHandler with its loop; one at a time runs `loop.run()`."""

    def __init__(self, url: Callable[[], str], limits: WsLimits | None, answer_wait_ns: int) -> None:
        self.loop = WsLoop(url, self, limits)
        self._answer_wait_ns = answer_wait_ns
        self._due_ns: int | None = None

    @abstractmethod
    def opening(self) -> Iterable[str]:
        """The frames that ask for what this socket is for."""

    @abstractmethod
    def on_frame(self, data: str | bytes) -> Iterable[str]:
        """Take in one frame, return the frames to answer with; VenueError drops the connection."""

    def on_open(self) -> Iterable[str]:
        """A new connection: begin from nothing."""
        self.expect()
        return self.opening()

    def on_alive(self) -> None:  # noqa: B027 - not every session tells
        """Anything was heard."""

    def on_drained(self) -> None:  # noqa: B027
        """All that had arrived was taken in."""

    def on_lost(self, reason: str) -> None:  # noqa: B027
        """The connection ended."""

    def on_beat(self) -> Iterable[str]:
        """Give a connection up that does not deliver what was asked for."""
        if self._due_ns is not None and clock.monotonic_ns() > self._due_ns:
            self.loop.drop("no answer")
        return ()

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
