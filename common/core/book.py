"""An instrument's book as last heard, in whole ticks and steps; knows when it must not be believed.

Two venues, two laws of sequence. dYdX v3: one offset per price level, a level is replaced only by a greater
offset, removed levels stay as tombstones, and a crossed book is uncrossed by dropping the older level (the venue's
own front end does the same). ApeX: one number `u` per book, each delta the previous plus one, else a gap.
"""

from bisect import bisect_left, insort
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from common.core.events import BookMessage, LevelRow
from common.core.market import Instrument, Side, Venue

#: a mid that goes further than this with one message is a slip of digits until a snapshot says the same
JUMP_MAX = 0.05
#: recorded books never had a crossed level; so many at once are no book that lags but one that is wrong
UNCROSSED_MAX = 20
#: why a book may be stale that nothing but a fresh snapshot can mend
JUMPED = "jump"


@dataclass(frozen=True, slots=True)
class Quote:
    """What taking a size from one side costs now: average and worst price and the touch, USD per base."""

    average: Decimal
    worst: Decimal
    touch: Decimal


#: ticks and steps of one level
LevelSize: TypeAlias = tuple[int, int]


class Ladder:
    """One side of a book. `_keys` is sorted best first: ticks for asks, minus ticks for bids."""

    __slots__ = ("_keys", "_sign", "_walked", "sizes", "touch")

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._keys: list[int] = []
        self.sizes: dict[int, int] = {}
        #: the best price in ticks; says nothing while the side is empty
        self.touch = 0
        #: the last walk, asked for again and again while the other venue's book moves; None once a level of it changed
        self._walked: tuple[int, tuple[int, int] | None] | None = None

    def set(self, ticks: int, steps: int) -> None:
        """Put `steps` at the price `ticks`; 0 removes the level."""
        key, walked = self._sign * ticks, self._walked
        # what lies beyond its end leaves a walk what it was
        if walked is not None and (walked[1] is None or key <= self._sign * walked[1][1]):
            self._walked = None
        if steps <= 0:
            if self.sizes.pop(ticks, None) is not None:
                del self._keys[bisect_left(self._keys, key)]
        else:
            if ticks not in self.sizes:
                insort(self._keys, key)
            self.sizes[ticks] = steps
        if self._keys:
            self.touch = self._sign * self._keys[0]

    def best(self) -> int | None:
        """The best price in ticks, None when the side is empty."""
        return self.touch if self._keys else None

    def clear(self) -> None:
        """Remove every level."""
        self._walked = None
        self._keys.clear()
        self.sizes.clear()

    def top(self, levels: int) -> list[LevelSize]:
        """The best levels in ticks and steps, best first."""
        return [(ticks, self.sizes[ticks]) for ticks in (self._sign * key for key in self._keys[:levels])]

    def walk(self, steps: int) -> tuple[int, int] | None:
        """(Σ ticks × steps, worst ticks) of taking `steps` from the best price on; None when depth runs out."""
        if self._walked is None or self._walked[0] != steps:
            self._walked = steps, self._walk(steps)
        return self._walked[1]

    def _walk(self, steps: int) -> tuple[int, int] | None:
        total, left = 0, steps
        for key in self._keys:
            ticks = self._sign * key
            taken = min(left, self.sizes[ticks])
            total += ticks * taken
            left -= taken
            if not left:
                return total, ticks
        return None


class Book:
    """Both ladders of one instrument, and whether they may be believed."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.bids, self.asks = Ladder(-1), Ladder(+1)
        #: why the book must not be used; empty when it may
        self.stale = "no snapshot yet"
        #: how often the feed lost it: a break, or messages that are missing
        self.losses = 0
        self.heard_ns = 0
        #: the last mid that was believed, in ticks; kept while a side is empty
        self._believed: float | None = None
        #: rises with every message that was taken in
        self.version = 0

    def apply(self, message: BookMessage) -> None:
        """Take in one message; a gap leaves the book stale until the next snapshot."""
        if message.snapshot:
            self._restart(message)
        elif self.stale in ("", "crossed"):
            self._advance(message)
            self._doubt()
        else:
            return
        self.version += 1
        self.heard_ns = message.at_ns

    def lose(self, reason: str) -> None:
        """The connection broke or skipped a message: stale until the next snapshot."""
        self.stale = reason
        self.losses += 1

    def quote(self, side: Side, steps: int) -> Quote | None:
        """What an order of `side` over `steps` would pay or get by walking the opposite ladder."""
        ladder = self.asks if side is Side.BUY else self.bids
        walked, best = ladder.walk(steps), ladder.best()
        if walked is None or best is None:
            return None
        total, worst = walked
        price = self.instrument.price
        return Quote(price(total) / steps, price(worst), price(best))

    def average(self, side: Side, steps: int) -> Decimal | None:
        """The average price of `quote`, and nothing else."""
        walked = (self.asks if side is Side.BUY else self.bids).walk(steps)
        return None if walked is None else self.instrument.price(walked[0]) / steps

    def mid_ticks(self) -> float | None:
        """Middle of the touch, in ticks."""
        bids, asks = self.bids, self.asks
        return (bids.touch + asks.touch) / 2 if bids.sizes and asks.sizes else None

    @property
    def crossed(self) -> bool:
        """The best bid is not below the best ask."""
        bids, asks = self.bids, self.asks
        return bool(bids.sizes and asks.sizes) and bids.touch >= asks.touch

    def _restart(self, message: BookMessage) -> None:
        self.bids.clear()
        self.asks.clear()
        self._forget()
        self._put(self.bids, message.bids)
        self._put(self.asks, message.asks)
        self._settle(message)
        self._believed = None if self.stale else self.mid_ticks()

    def _advance(self, message: BookMessage) -> None:
        self._put(self.bids, message.bids)
        self._put(self.asks, message.asks)
        self._settle(message)

    def _settle(self, message: BookMessage) -> None:
        self.stale = "crossed" if self.crossed else ""

    def _doubt(self) -> None:
        """After a delta: a mid that is suddenly elsewhere is not believed."""
        mid = None if self.stale else self.mid_ticks()
        if mid is None:
            return
        before = self._believed
        if before is not None and abs(mid - before) > JUMP_MAX * before:
            self.lose(JUMPED)
        else:
            self._believed = mid

    def _forget(self) -> None:
        """Drop what a venue's sequence law remembers beside the levels."""

    def _put(self, ladder: Ladder, rows: tuple[LevelRow, ...]) -> None:
        for ticks, steps, _ in rows:
            ladder.set(ticks, steps)


class ApexBook(Book):
    """`u` of each delta must be the last plus one."""

    def __init__(self, instrument: Instrument) -> None:
        super().__init__(instrument)
        self._u = 0

    def _restart(self, message: BookMessage) -> None:
        super()._restart(message)
        self._u = message.sequence

    def _advance(self, message: BookMessage) -> None:
        if message.sequence != self._u + 1:
            self.lose("gap")
            return
        self._u = message.sequence
        super()._advance(message)


class DydxBook(Book):
    """One offset per level, zero-size levels kept as tombstones, crossed levels dropped by age."""

    def __init__(self, instrument: Instrument) -> None:
        super().__init__(instrument)
        self._offsets: dict[Ladder, dict[int, int]] = {self.bids: {}, self.asks: {}}

    def _forget(self) -> None:
        for offsets in self._offsets.values():
            offsets.clear()

    def _put(self, ladder: Ladder, rows: tuple[LevelRow, ...]) -> None:
        offsets = self._offsets[ladder]
        for ticks, steps, offset in rows:
            if ticks and offset > offsets.get(ticks, -1):
                offsets[ticks] = offset
                ladder.set(ticks, steps)

    def _settle(self, message: BookMessage) -> None:
        for _ in range(UNCROSSED_MAX):
            if not self.crossed:
                self.stale = ""
                return
            self._drop_older()
        super()._settle(message)
        if self.stale:
            self.lose(JUMPED)

    def _drop_older(self) -> None:
        """Of the two touching levels drop the one with the smaller offset; equal: the smaller; equal: the bid."""
        bid, ask = self.bids.best(), self.asks.best()
        assert bid is not None and ask is not None
        bid_age = (self._offsets[self.bids][bid], self.bids.sizes[bid])
        ask_age = (self._offsets[self.asks][ask], self.asks.sizes[ask])
        if bid_age <= ask_age:
            self.bids.set(bid, 0)
        else:
            self.asks.set(ask, 0)


def make_book(instrument: Instrument) -> Book:
    """The book with the sequence law of the instrument's venue."""
    return {Venue.DYDX: DydxBook, Venue.APEX: ApexBook}[instrument.venue](instrument)
