"""The public side of ApeX for one instrument: book, funding rate, index, and whether it is still listed as it was.

Decodes and passes on; the book judges sequences, and only the asking for a new snapshot is decided here as well.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from common import clock, log
from common.core.errors import ConfigError, VenueError
from common.core.events import FeedAlive, FeedDrained, FeedLost, InstrumentUpdate
from common.core.market import Instrument, Venue
from common.venues.apex import wire_market as wire
from common.venues.apex.rest import SYMBOLS_PATH, ApexRest
from common.venues.apex.session import ApexSession
from common.venues.apex.wire import Data
from common.venues.base import FeedEvent
from common.venues.session import ANSWER_WAIT_NS
from common.venues.ws import WsLimits

#: how often the listing is read again: ApeX pushes no change of it
LISTING_S: Final = 60.0

_logger = logging.getLogger(__name__)


class ApexFeed(ApexSession):
    """Feed of one instrument; `refresh` and a gap both resubscribe, once until the snapshot is there."""

    venue = Venue.APEX

    def __init__(
        self,
        ws: str,
        rest: str,
        instrument: Instrument,
        *,
        limits: WsLimits | None = None,
        answer_wait_ns: int = ANSWER_WAIT_NS,
        listing_s: float = LISTING_S,
    ) -> None:
        super().__init__(f"{ws}/realtime_public", limits=limits, answer_wait_ns=answer_wait_ns)
        self._rest = ApexRest(rest)
        self._instrument = instrument
        self._listing_s = listing_s
        self._book, self._ticker = wire.book_topic(instrument), wire.ticker_topic(instrument)
        self._sequence, self._is_undecided = 0, False
        self._on_event: Callable[[FeedEvent], None] = lambda event: None

    async def run(self, on_event: Callable[[FeedEvent], None]) -> None:
        """Connect, subscribe, decode; never returns unless cancelled."""
        self._on_event = on_event
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.loop.run())
                group.create_task(self._watch_listing())
        finally:
            await self._rest.close()

    def refresh(self) -> None:
        """Ask for a fresh snapshot, unless one is on its way already."""
        if self.waiting:
            return
        self.expect()
        self.loop.send(wire.unsubscribe_frame(self._book))
        self.loop.send(wire.subscribe_frame(self._book))

    def opening(self) -> Iterable[str]:
        """One topic per frame, as the official client does."""
        return (wire.subscribe_frame(self._book), wire.subscribe_frame(self._ticker))

    def on_alive(self) -> None:
        """Every frame and pong tells that the connection lives, and how late."""
        self._on_event(FeedAlive(Venue.APEX, clock.now_ns(), self.loop.lag_ns()))

    def on_drained(self) -> None:
        """The last frame was no book, but one before it was: it is time to decide."""
        if self._is_undecided:
            self._is_undecided = False
            self._on_event(FeedDrained(Venue.APEX, clock.now_ns()))

    def on_lost(self, reason: str) -> None:
        """The book is stale until the next snapshot."""
        self._is_undecided = False
        self._on_event(FeedLost(Venue.APEX, reason, clock.now_ns()))

    def pushed(self, frame: dict[str, Any], at_ns: int) -> None:
        """A book message goes on as it is; a gap in it asks for a snapshot besides."""
        if frame["topic"] == self._book:
            self._pushed_book(frame, at_ns)
        elif frame["topic"] == self._ticker:
            for told in (wire.funding_rate(frame, at_ns), wire.index_price(frame, at_ns)):
                if told is not None:
                    self._on_event(told)

    def _pushed_book(self, frame: dict[str, Any], at_ns: int) -> None:
        more = self._is_undecided = self.loop.has_more
        message = wire.book_message(frame, self._instrument, at_ns, more=more)
        if message.snapshot and not self.waiting:
            # it may be half a book under a wrong name: one that was asked for is worth the wait
            self.on_lost("a snapshot that nobody asked for")
            self.refresh()
            return
        gap = not message.snapshot and message.sequence != self._sequence + 1
        self._sequence = message.sequence
        if message.snapshot:
            self.settle()
        self._on_event(message)
        if gap:
            self.refresh()

    async def _watch_listing(self) -> None:
        while True:
            await asyncio.sleep(self._listing_s)
            instrument = await self._read_listing()
            if instrument != self._instrument:
                self._instrument = instrument
                self._on_event(InstrumentUpdate(instrument, clock.now_ns()))

    async def _read_listing(self) -> Instrument:
        """The instrument as it is listed now; as it was when nobody answers, offline when it is listed no more."""
        known = self._instrument
        try:
            payload = await self._rest.public(SYMBOLS_PATH)
            if not isinstance(payload, Data):
                raise VenueError(str(payload))
            return wire.find_listing(payload.value, known.market).instrument(known.taker_fee)
        except ConfigError:
            return replace(known, online=False)
        except VenueError as error:
            log.trouble(_logger, "listing_unread", venue=Venue.APEX, market=known.market, error=error)
            return known
