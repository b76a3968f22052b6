"""One public feed under mutated frames, judged after every frame by two readings that share nothing with it.

`truth` hears the frames as the venue meant them, `told` hears what the feed heard. A book may be refused (the
connection is dropped), stale, or equal to the truth. It may differ from the truth only where the mutated frame is a
well-formed message with plausible numbers, and then must be exactly what that message says: nobody could tell. A frame
that was lost, doubled or came out of order is always told by the venue's own numbers, so nothing excuses it.
"""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from common.core.book import make_book
from common.core.errors import ArbError, VenueError
from common.core.events import BookMessage, FeedLost
from common.core.market import Instrument, Venue
from common.venues.apex.feed import ApexFeed
from common.venues.dydx.feed import DydxFeed
from scripts.fuzz_mutate import MUTATIONS
from scripts.fuzz_oracle import ApexReading, DydxReading, Refused
from scripts.fuzz_streams import ApexStream, DydxStream

#: share of frames that are spoiled, and among those the share whose order is
SPOILED, MISORDERED = 0.9, 0.15
#: whatever code can raise by mistake: in a worker each of these would end the process
BUGS = (ArithmeticError, AssertionError, AttributeError, BufferError, LookupError, MemoryError, NameError, OSError,
        RuntimeError, TypeError, ValueError, ArbError)  # fmt: skip
#: further than this from the true mid a book is no longer plausible
FAR = Fraction(6, 100)
REFUSED, STALE, SAME, PLAUSIBLE, CLEAN, WRONG, CRASHED = (
    "refused", "stale", "same", "plausible", "clean", "WRONG", "CRASHED",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Survivor:
    """A wrong book that nobody noticed, or an error that would have ended the process."""

    what: str
    mutation: str
    frame: str
    seed: str


class _Silent:
    """Stands for the connection: nothing is sent, nothing is dropped, nothing waits."""

    has_more = False

    def send(self, frame: str) -> None:
        """Nobody listens."""

    def drop(self, reason: str) -> None:
        """Nothing to drop."""


def _instrument(venue: Venue) -> Instrument:
    tick, step = (ApexStream.TICK, ApexStream.STEP) if venue is Venue.APEX else (DydxStream.TICK, DydxStream.STEP)
    name = "BTC-USDC" if venue is Venue.APEX else "BTC-USD"
    fee, margin = Decimal("0.0005"), Decimal("0.05")
    return Instrument(venue, "BTC", name, Decimal(tick), Decimal(step), Decimal(step), fee, margin, margin)


class Subject:
    """The feed and the book of a worker, without a socket."""

    def __init__(self, venue: Venue) -> None:
        instrument = _instrument(venue)
        self.book = make_book(instrument)
        feed: Any = (
            ApexFeed("ws://x", "http://x", instrument) if venue is Venue.APEX else DydxFeed("ws://x", instrument)
        )
        feed.loop, feed._on_event = _Silent(), self._hear
        self._feed = feed

    def opened(self) -> None:
        """A new connection, its snapshot asked for."""
        self._feed.on_open()

    def hear(self, frame: str | bytes) -> bool:
        """Whether the frame was taken; one outside the protocol costs the connection, as in the socket's loop."""
        try:
            for _ in self._feed.on_frame(frame):
                pass
        except VenueError:
            self.book.lose("protocol")
            return False
        return True

    def _hear(self, event: Any) -> None:
        if isinstance(event, BookMessage):
            self.book.apply(event)
        elif isinstance(event, FeedLost):
            self.book.lose(event.reason)


class Trial:
    """One venue's stream from one seed; every connection is spoiled until it breaks, then another begins."""

    def __init__(self, venue: Venue, seed: str, stream: Any = None) -> None:
        self._rng, self._seed = Random(seed), seed
        self._stream: Any = stream or (ApexStream if venue is Venue.APEX else DydxStream)(self._rng)
        self._venue = venue
        self.counts: Counter[str] = Counter()
        self.survivors: list[Survivor] = []
        self._begin()

    def run(self, frames: int) -> None:
        """Feed so many mutated frames."""
        while self.counts.total() - self.counts[CLEAN] < frames and not self.survivors:
            if self._rng.random() > SPOILED:
                self._clean()
            elif self._rng.random() < MISORDERED:
                self._misordered()
            else:
                self._spoiled(self._stream.delta())
            if self._subject.book.stale:
                self._begin()

    def _begin(self) -> None:
        """A new connection; its snapshot, too, is spoiled now and then."""
        reading: Any = ApexReading if self._venue is Venue.APEX else DydxReading
        self._truth, self._told = (reading(self._stream.TICK, self._stream.STEP) for _ in range(2))
        self._subject = Subject(self._venue)
        self._subject.opened()
        self._stream.opened()
        self._content_differs = False
        snapshot = self._stream.snapshot()
        if self._rng.random() < 0.1:
            self._spoiled(snapshot)
            if self._subject.book.stale:
                self._begin()
            return
        self._truth.read(snapshot)
        self._feed(snapshot, "none", SAME)

    def _clean(self) -> None:
        frame = self._stream.delta()
        self._truth.read(frame)
        self._feed(frame, "none", CLEAN)

    def _spoiled(self, frame: str) -> None:
        """One frame arrives, but not as it was sent; the next one arrives whole."""
        mutation = self._rng.choice(MUTATIONS)
        spoiled = mutation(self._rng, frame)
        self._truth.read(frame)
        self._content_differs = True
        self._feed(spoiled, mutation.__name__, SAME)
        if not self._subject.book.stale:
            self._clean()

    def _misordered(self) -> None:
        """Frames are lost, doubled or swapped; after the one that follows, nothing may be wrong any more."""
        if self._content_differs:
            # a plausible lie told earlier would be taken for this one
            self._begin()
        kind = self._rng.choice(("lost", "doubled", "swapped"))
        first, second, third = (self._stream.delta() for _ in range(3))
        for frame in (first, second, third):
            self._truth.read(frame)
        order = {"lost": (second, third), "doubled": (first, first, second, third), "swapped": (second, first, third)}
        for frame in order[kind][:-1]:
            self._quiet(frame)
        self._feed(third, kind, SAME)

    def _quiet(self, frame: str) -> None:
        """One frame of several that are judged together."""
        self._tell(frame)
        if not self._subject.book.stale:
            self._subject.hear(frame)

    def _tell(self, frame: str | bytes) -> bool:
        try:
            self._told.read(frame)
        except Refused:
            return False
        return True

    def _feed(self, frame: str | bytes, mutation: str, same: str) -> None:
        sensible = self._tell(frame)
        try:
            taken = self._subject.hear(frame)
        except BUGS as error:
            self._note(CRASHED, f"{type(error).__name__}: {error}", mutation, frame)
            return
        self._judge(taken, sensible, (mutation, frame), same)

    def _judge(self, taken: bool, sensible: bool, what: tuple[str, str | bytes], same: str) -> None:
        book, mutation = self._subject.book, what[0]
        has = (book.bids.sizes, book.asks.sizes)
        if not taken:
            self.counts[REFUSED] += 1
        elif book.stale:
            self.counts[STALE] += 1
        elif has == (self._truth.bids, self._truth.asks):
            self.counts[same] += 1
        elif has != (self._told.bids, self._told.asks) or self._told.lost or not sensible:
            self._note(WRONG, "neither the truth nor what was told", *what)
        elif mutation in ("lost", "doubled", "swapped") or not self._content_differs:
            self._note(WRONG, "a frame is missing and nobody noticed", *what)
        elif self._far():
            self._note(WRONG, "the mid is far from the truth", *what)
        else:
            self.counts[PLAUSIBLE] += 1

    def _far(self) -> bool:
        true, told = self._truth.mid, self._told.mid
        return true is not None and told is not None and abs(told - true) > FAR * true

    def _note(self, outcome: str, why: str, mutation: str, frame: str | bytes) -> None:
        self.counts[outcome] += 1
        text = frame.decode(errors="replace") if isinstance(frame, bytes) else frame
        self.survivors.append(Survivor(f"{outcome}: {self._venue}: {why}", mutation, text[:600], self._seed))
