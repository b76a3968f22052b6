"""Connections that listen for the tape: every frame goes there first, as received, and only then is looked at.

Looked at is only what keeps a connection whole: that frames are not missing, that what was asked for comes. One
connection for each venue and market, so that a gap costs one market.
"""

import logging
from collections.abc import Iterable
from typing import Any, Final, Protocol

from common import clock, log
from common.core.market import Venue
from common.core.terms import SECOND_NS
from common.tape.heard import fine_instrument
from common.tape.recording import Recording
from common.venues.apex import wire_market as apex_wire
from common.venues.apex.session import ApexSession
from common.venues.apex.wire import reading
from common.venues.apex.wire_trade import trades_topic
from common.venues.dydx.session import DydxSession
from common.venues.dydx.wire_market import BOOK, MARKETS, subscribe_frame, unsubscribe_frame
from common.venues.dydx.wire_trade import subscribe_trades
from common.venues.session import ANSWER_WAIT_NS
from common.venues.ws import WsLoop

#: dYdX takes two subscriptions to a book per second and connection
RESUBSCRIBE_NS: Final = SECOND_NS

_logger = logging.getLogger("recorder")


class Ear(Protocol):
    """One connection; `loop.run()` once."""

    loop: WsLoop

    @property
    def connection(self) -> int:
        """Its number on the tape; 0 while there is none."""

    def refresh(self) -> None:
        """Ask for a fresh book, so that the tape can be read from here on."""


class Line:
    """What every ear tells its tape: a connection stands, a frame came, it is lost."""

    def __init__(self, recording: Recording, venue: Venue, market: str) -> None:
        self._recording, self._venue, self._market = recording, venue, market
        self.connection = 0

    def opened(self) -> None:
        self.connection = self._recording.opened(self._venue, self._market)

    def frame(self, data: str | bytes) -> None:
        self._recording.frame(self.connection, clock.now_ns(), data)

    def lost(self, why: str) -> None:
        if self.connection:
            self._told(why)
            self._recording.lost(self.connection, why)
        self.connection = 0

    def gap(self, why: str) -> None:
        self._told(why)
        self._recording.gap(self._venue, self._market, why)

    def _told(self, why: str) -> None:
        log.trouble(_logger, "tape_gap", venue=self._venue, market=self._market or "all", why=why)


class DydxEar(DydxSession):
    """Book and trades of one market; without a market, the figures of all of them."""

    def __init__(self, ws: str, recording: Recording, market: str = "") -> None:
        super().__init__(ws)
        self._line = Line(recording, Venue.DYDX, market)
        self._name = fine_instrument(Venue.DYDX, market).name if market else ""
        self._asked_ns = 0
        self._is_wanted = False

    @property
    def connection(self) -> int:
        """Its number on the tape; 0 while there is none."""
        return self._line.connection

    def opening(self) -> Iterable[str]:
        """The book first."""
        self._line.opened()
        self._asked()
        if not self._name:
            return (subscribe_frame(MARKETS),)
        return subscribe_frame(BOOK, self._name), subscribe_trades(self._name)

    def on_frame(self, data: str | bytes) -> Iterable[str]:
        """To the tape, and on."""
        self._line.frame(data)
        return super().on_frame(data)

    def on_lost(self, reason: str) -> None:
        """A gap of everything it listened to."""
        self._line.lost(reason)

    def on_beat(self) -> Iterable[str]:
        """Carry out a refresh that came too soon."""
        return (*super().on_beat(), *self._due_refresh())

    def refresh(self) -> None:
        """A fresh snapshot, unless one is on its way; too soon after the last it waits for a later beat."""
        self._is_wanted = bool(self._name) and not self.waiting
        for frame in self._due_refresh():
            self.loop.send(frame)

    def subscribed(self, channel: str, contents: Any, at_ns: int) -> None:
        """What was asked for is there."""
        if channel in (BOOK, MARKETS):
            self.settle()

    def pushed(self, channel: str, contents: Any, at_ns: int) -> None:
        """It is on the tape."""

    def _due_refresh(self) -> tuple[str, ...]:
        if not self._is_wanted or clock.monotonic_ns() - self._asked_ns < RESUBSCRIBE_NS:
            return ()
        self._asked()
        self.expect()
        return unsubscribe_frame(BOOK, self._name), subscribe_frame(BOOK, self._name)

    def _asked(self) -> None:
        self._asked_ns, self._is_wanted = clock.monotonic_ns(), False


class ApexEar(ApexSession):
    """Book, trades and ticker of one market; a gap in the book's numbers asks for a fresh one."""

    def __init__(self, ws: str, recording: Recording, market: str) -> None:
        super().__init__(f"{ws}/realtime_public", limits=None, answer_wait_ns=ANSWER_WAIT_NS)
        self._line = Line(recording, Venue.APEX, market)
        instrument = fine_instrument(Venue.APEX, market)
        self._book = apex_wire.book_topic(instrument)
        self._topics = (self._book, trades_topic(market), apex_wire.ticker_topic(instrument))
        self._sequence = 0

    @property
    def connection(self) -> int:
        """Its number on the tape; 0 while there is none."""
        return self._line.connection

    def opening(self) -> Iterable[str]:
        """One topic per frame, as the official client does."""
        self._line.opened()
        return [apex_wire.subscribe_frame(topic) for topic in self._topics]

    def on_frame(self, data: str | bytes) -> Iterable[str]:
        """To the tape, and on."""
        self._line.frame(data)
        return super().on_frame(data)

    def on_lost(self, reason: str) -> None:
        """A gap of everything it listened to."""
        self._line.lost(reason)

    def refresh(self) -> None:
        """A fresh snapshot, unless one is on its way."""
        if self.waiting or not self.connection:
            return
        self.expect()
        self.loop.send(apex_wire.unsubscribe_frame(self._book))
        self.loop.send(apex_wire.subscribe_frame(self._book))

    def pushed(self, frame: dict[str, Any], at_ns: int) -> None:
        """Follow the numbers of the book."""
        if frame["topic"] != self._book:
            return
        with reading("book"):
            number, is_first = int(frame["data"]["u"]), frame["type"] == "snapshot"
        before, self._sequence = self._sequence, number
        if is_first:
            self.settle()
        elif number != before + 1 and not self.waiting:
            self._line.gap(f"book {number} after {before}")
            self.refresh()
