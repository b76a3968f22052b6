"""One dYdX WebSocket kept whole: counts frames, sorts them by type, gives up what does not answer in time.

Knows neither books nor accounts: `DydxFeed` and `AccountStream` say what to ask for and what the contents mean.
"""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, Final

import orjson

from common import clock
from common.core.errors import VenueError
from common.venues.dydx.wire import reading
from common.venues.numbers import word
from common.venues.session import ANSWER_WAIT_NS, Session
from common.venues.ws import WsLimits

EMPTY_KEYS: Final = frozenset({"type", "connection_id", "message_id", "channel", "id", "message"})
DATA_TYPES: Final = frozenset({"channel_data", "channel_batch_data"})
CONTENT_TYPES: Final = DATA_TYPES | {"subscribed"}
_READING_FRAME, _READING_CONTENTS = reading("frame"), reading("contents")


class DydxSession(Session):
    """A WsHandler with its loop; one at a time runs `loop.run()`."""

    def __init__(self, url: str, *, limits: WsLimits | None = None, answer_wait_ns: int = ANSWER_WAIT_NS) -> None:
        super().__init__(lambda: url, limits, answer_wait_ns)
        self._message_id = -1

    @abstractmethod
    def subscribed(self, channel: str, contents: Any, at_ns: int) -> None:
        """A channel was given, with its state; VenueError drops the connection."""

    @abstractmethod
    def pushed(self, channel: str, contents: Any, at_ns: int) -> None:
        """A change on a channel: an object, or a list of them from a batch; VenueError drops the connection."""

    def check(self, frame: dict[str, Any]) -> None:
        """ValueError when a frame with contents is about something that was not asked for."""

    def _whole(self, kind: str, frame: dict[str, Any]) -> None:
        """A frame that we would pass over must have nothing in it that we should have read."""
        if kind in CONTENT_TYPES:
            self.check(frame)
        elif not frame.keys() <= EMPTY_KEYS:
            raise ValueError(f"a frame of type {kind!r} with {sorted(frame.keys() - EMPTY_KEYS)[0]}")

    def on_open(self) -> Iterable[str]:
        """A new connection: begin from nothing."""
        self._message_id = -1
        return super().on_open()

    def on_frame(self, data: str | bytes) -> Iterable[str]:
        """Count and sort one frame; VenueError when one is missing, malformed or a refusal."""
        with _READING_FRAME:
            frame = orjson.loads(data)
            kind, number = frame["type"], frame["message_id"]
            self._whole(kind if kind in CONTENT_TYPES else word(kind), frame)
        self._count(number)
        if kind in CONTENT_TYPES:
            with _READING_CONTENTS:
                channel, contents = frame["channel"], frame["contents"]
            (self.pushed if kind in DATA_TYPES else self.subscribed)(channel, contents, clock.now_ns())
        elif kind == "error":
            raise VenueError(f"dydx refused: {frame.get('message')}")
        return ()

    def _count(self, number: int) -> None:
        """Every frame of a connection is numbered, from 0 and without a hole, across channels."""
        if type(number) is not int or number != self._message_id + 1:
            raise VenueError(f"gap: message {number} after {self._message_id}")
        self._message_id = number
