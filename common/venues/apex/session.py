"""One ApeX WebSocket kept talking: application pings, server pings, refusals, and an answer that is due in time.

Knows neither books nor accounts: `ApexFeed` and `AccountStream` say what to send first and what a push means.
"""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, Final

from common import clock
from common.core.errors import VenueError
from common.venues.apex.wire import MS_NS, SECOND_NS, decode_frame, ping_frame, pong_frame
from common.venues.session import ANSWER_WAIT_NS, Session
from common.venues.ws import WsLimits

#: the venue closes what has not sent an application-level ping for long; its own client sends one this often
PING_NS: Final = 15 * SECOND_NS


class ApexSession(Session):
    """A WsHandler with its loop; one at a time runs `loop.run()`."""

    def __init__(self, url: str, *, limits: WsLimits | None = None, answer_wait_ns: int = ANSWER_WAIT_NS) -> None:
        """`url` goes up to the question mark: the venue wants the time of connecting after it."""
        super().__init__(lambda: f"{url}?v=2&timestamp={clock.now_ns() // MS_NS}", limits, answer_wait_ns)
        self._pinged_ns = 0

    @abstractmethod
    def pushed(self, frame: dict[str, Any], at_ns: int) -> None:
        """A frame with a topic was heard; VenueError drops the connection."""

    def acknowledged(self, at_ns: int) -> None:
        """The venue said yes to a login or subscription."""

    def on_open(self) -> Iterable[str]:
        """A new connection: begin from nothing."""
        self._pinged_ns = clock.monotonic_ns()
        return super().on_open()

    def on_frame(self, data: str | bytes) -> Iterable[str]:
        """Sort one frame; VenueError when it is malformed or a refusal."""
        frame = decode_frame(data)
        if "topic" in frame:
            self.pushed(frame, clock.now_ns())
        elif frame.get("op") == "ping":
            return (pong_frame(frame),)
        elif frame.get("op") != "pong" and frame.get("ret_msg") != "pong":
            self._told(frame)
        return ()

    def _told(self, frame: dict[str, Any]) -> None:
        """An acknowledgement, in booleans or, as the official client expects, in words."""
        if frame.get("success") in (True, "true"):
            self.acknowledged(clock.now_ns())
            return
        request = frame.get("request")
        if isinstance(request, dict) and request.get("op") == "unsubscribe":
            return
        raise VenueError(f"apex refused: {frame.get('ret_msg')}")

    def on_beat(self) -> Iterable[str]:
        """Ping now and then; give a connection up that does not deliver what was asked for."""
        super().on_beat()
        now_ns = clock.monotonic_ns()
        if now_ns - self._pinged_ns < PING_NS:
            return ()
        self._pinged_ns = now_ns
        return (ping_frame(clock.now_ns() // MS_NS),)
