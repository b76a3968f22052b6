"""What a recorder says to its tape: a connection stands, a frame came, it is lost, an answer came, a gap.

Every call returns at once. Connections are numbered here, from 1, per run.
"""

from base64 import b64encode
from typing import Any

from common import clock
from common.core.market import Venue
from common.tape.record import NO_CONNECTION, Kind, Record, note
from common.tape.spool import Spool


class Recording:
    """One run's tape, as those see it who listen."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._connections = NO_CONNECTION
        self.frames = self.gaps = 0

    def opened(self, venue: Venue, market: str) -> int:
        """A connection to `venue` for `market` stands; its number."""
        self._connections += 1
        self._spool.put(note(Kind.OPENED, clock.now_ns(), self._connections, venue=venue.value, market=market))
        return self._connections

    def frame(self, connection: int, at_ns: int, data: str | bytes) -> None:
        """One frame, exactly as it was received."""
        self.frames += 1
        self._spool.put(Record(Kind.FRAME, connection, at_ns, data.encode() if isinstance(data, str) else data))

    def lost(self, connection: int, why: str) -> None:
        """The connection ended: its books are unknown until another one stands."""
        self.gaps += 1
        self._spool.put(note(Kind.LOST, clock.now_ns(), connection, why=why))

    def gap(self, venue: Venue, market: str, why: str, topic: str = "") -> None:
        """Something of one market is missing though nothing was lost on the way; `topic` trades: only of these."""
        self.gaps += 1
        self._spool.put(note(Kind.GAP, clock.now_ns(), venue=venue.value, market=market, why=why, topic=topic))

    def answer(self, venue: Venue, market: str, topic: str, *, status: int, body: bytes) -> None:
        """The answer to a request: `topic` is book, trades or listing. What is no UTF-8 is kept in base64."""
        self.frames += 1
        said: dict[str, Any] = {"venue": venue.value, "market": market, "topic": topic, "status": status}
        try:
            said["text"] = body.decode()
        except UnicodeDecodeError:
            said["base64"] = b64encode(body).decode()
        self._spool.put(note(Kind.ANSWER, clock.now_ns(), **said))
