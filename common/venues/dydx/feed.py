"""Public data of one instrument at dYdX: its book with offsets, its listing, its predicted funding rate and its index.

Which level is the newer one is the book's business; a frame that is missing altogether costs the connection, and
with it the book, until the next snapshot.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from common import clock
from common.core.events import FeedAlive, FeedDrained, FeedLost, InstrumentUpdate
from common.core.market import Instrument, Venue
from common.venues.base import FeedEvent
from common.venues.dydx import wire_market
from common.venues.dydx.session import DydxSession
from common.venues.dydx.wire import SECOND_NS
from common.venues.dydx.wire_market import BOOK, MARKETS, BookCodec
from common.venues.session import ANSWER_WAIT_NS
from common.venues.ws import WsLimits

#: dYdX takes two subscriptions to a book per second and connection
RESUBSCRIBE_NS: Final = SECOND_NS // 2


class DydxFeed(DydxSession):
    """Feed of one instrument; `run` it once."""

    venue = Venue.DYDX

    def __init__(
        self, ws: str, instrument: Instrument, *, limits: WsLimits | None = None, answer_wait_ns: int = ANSWER_WAIT_NS
    ) -> None:
        super().__init__(ws, limits=limits, answer_wait_ns=answer_wait_ns)
        self._instrument = instrument
        self._codec = BookCodec(instrument)
        self._listing: dict[str, Any] = {}
        self._asked_ns = 0
        self._is_wanted = self._is_undecided = False
        self._on_event: Callable[[FeedEvent], None] = lambda event: None

    async def run(self, on_event: Callable[[FeedEvent], None]) -> None:
        """Connect, subscribe, decode; never returns unless cancelled."""
        self._on_event = on_event
        await self.loop.run()

    def refresh(self) -> None:
        """Ask for a fresh snapshot, unless one is on its way; too soon after the last it waits for a later beat."""
        self._is_wanted = not self.waiting
        for frame in self._due_refresh():
            self.loop.send(frame)

    def opening(self) -> Iterable[str]:
        """The book first."""
        self._asked()
        return (wire_market.subscribe_frame(BOOK, self._instrument.name), wire_market.subscribe_frame(MARKETS))

    def on_beat(self) -> Iterable[str]:
        """Carry out a refresh that came too soon."""
        return (*super().on_beat(), *self._due_refresh())

    def on_alive(self) -> None:
        """Every frame and pong tells that the connection lives, and how late."""
        self._on_event(FeedAlive(Venue.DYDX, clock.now_ns(), self.loop.lag_ns()))

    def on_drained(self) -> None:
        """The last frame was no book, but one before it was: it is time to decide."""
        if self._is_undecided:
            self._is_undecided = False
            self._on_event(FeedDrained(Venue.DYDX, clock.now_ns()))

    def on_lost(self, reason: str) -> None:
        """The book is stale until the next snapshot."""
        self._is_undecided = False
        self._on_event(FeedLost(Venue.DYDX, reason, clock.now_ns()))

    def check(self, frame: dict[str, Any]) -> None:
        """A book of another instrument would pass for ours, and a snapshot nobody asked for may be half a book."""
        if frame["channel"] not in (BOOK, MARKETS):
            raise ValueError(f"channel {frame['channel']!r}")
        if frame["channel"] == MARKETS:
            return
        if (name := frame.get("id", self._instrument.name)) != self._instrument.name:
            raise ValueError(f"book of {name!r}")
        if frame["type"] == "subscribed" and not self.waiting:
            raise ValueError("a snapshot that nobody asked for")

    def subscribed(self, channel: str, contents: Any, at_ns: int) -> None:
        """A snapshot of the book, or of all markets."""
        if channel == BOOK:
            self.settle()
            self._on_event(self._codec.snapshot(contents, at_ns, more=self._defer()))
        elif channel == MARKETS:
            self._told_market(contents, at_ns)

    def pushed(self, channel: str, contents: Any, at_ns: int) -> None:
        """A change of the book or of some markets."""
        if channel == BOOK:
            self._on_event(self._codec.delta(contents, at_ns, more=self._defer()))
        elif channel == MARKETS:
            for one in contents if isinstance(contents, list) else (contents,):
                self._told_market(one, at_ns)

    def _defer(self) -> bool:
        """Whether deciding waits, as more has arrived; remembered, in case no book is last."""
        self._is_undecided = self.loop.has_more
        return self._is_undecided

    def _told_market(self, contents: dict[str, Any], at_ns: int) -> None:
        fields = wire_market.market_fields(contents, self._instrument.name)
        if fields is None:
            return
        rate = wire_market.funding_rate(fields, at_ns)
        if rate is not None:
            self._on_event(rate)
        index = wire_market.index_price(fields, at_ns)
        if index is not None:
            self._on_event(index)
        if not wire_market.LISTING_KEYS.isdisjoint(fields):
            self._told_listing(fields, at_ns)

    def _told_listing(self, fields: dict[str, Any], at_ns: int) -> None:
        """An update has only what changed, so that it is laid over what was heard before."""
        self._listing |= {key: fields[key] for key in wire_market.LISTING_KEYS & fields.keys()}
        known = self._instrument
        if len(self._listing) < len(wire_market.LISTING_KEYS):
            return
        listed = wire_market.read_instrument(self._listing | {"market": known.name}, known.taker_fee)
        if listed == known:
            return
        self._instrument = listed
        self._on_event(InstrumentUpdate(listed, at_ns))
        if (listed.tick, listed.step) != (known.tick, known.step):
            self._codec = BookCodec(listed)
            self.loop.drop("grid changed")

    def _due_refresh(self) -> tuple[str, ...]:
        """The frames of a refresh that is wanted and may be made now."""
        if not self._is_wanted or clock.monotonic_ns() - self._asked_ns < RESUBSCRIBE_NS:
            return ()
        self._asked()
        self.expect()
        name = self._instrument.name
        return wire_market.unsubscribe_frame(BOOK, name), wire_market.subscribe_frame(BOOK, name)

    def _asked(self) -> None:
        self._asked_ns = clock.monotonic_ns()
        self._is_wanted = False
