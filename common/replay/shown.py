"""One book as the tape shows it, less what our own orders took: the trader's own book is the one that is kept.

What we took stays missing until the tape says something of that level: a change names it, or a whole book shows
another size there. A book that is not believed shows nothing: no order is filled by what nobody saw.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from common.core.book import JUMPED, Book, Ladder, make_book
from common.core.events import BookMessage, LevelRow
from common.core.market import Instrument, Side
from common.core.money import ZERO
from common.sim.types import PaperFill, SourceBook

CROSSED = "crossed"


@dataclass(slots=True)
class Taken:
    """A level we took from: what the tape had shown there, and what is left of it; steps."""

    shown: int
    left: int


class Shown:
    """A market's book at one venue. `book` belongs to the trader, who alone applies messages to it."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.index = ZERO
        self.taken: dict[Side, dict[int, Taken]] = {}
        #: the last message of the tape: where a fresh snapshot would go on
        self._last: BookMessage | None = None
        #: how the book goes on while the trader waits for a snapshot
        self._shadow: Book | None = None

    @property
    def instrument(self) -> Instrument:
        """Whose grid it is on."""
        return self.book.instrument

    @property
    def is_heard(self) -> bool:
        """The tape has it."""
        return self._last is not None

    def coming(self, message: BookMessage) -> BookMessage:
        """The tape's next message as the venue would have sent it after our orders."""
        self._last = message
        if self._shadow is not None:
            self._shadow.apply(message)
        return self._restored(message) if self.taken else message

    def heard(self) -> None:
        """The trader has it now; should he ask for a snapshot of what he does not believe, there must be one."""
        if not self.book.stale:
            self._shadow = None
        elif self._shadow is None and self.book.stale in (JUMPED, CROSSED) and self._last is not None:
            self._shadow = make_book(self.instrument)
            self._shadow.apply(_snapshot(self.book, self._last))

    def source(self) -> SourceBook:
        """What an order that arrives now meets."""
        empty: tuple[tuple[int, int], ...] = ()
        bids, asks = (empty, empty) if self.book.stale else (_rows(self.book.bids), _rows(self.book.asks))
        return SourceBook(self.instrument.venue, self.instrument.market, bids, asks, self.index)

    def snapshot(self, at_ns: int) -> BookMessage | None:
        """What the venue would answer to somebody who subscribes now; None where the tape does not tell."""
        book = self._shadow or self.book
        if self._last is None or (book.stale and book.stale != CROSSED):
            return None
        return replace(_snapshot(book, self._last), at_ns=at_ns)

    def took(self, fill: PaperFill) -> None:
        """One of our orders was filled here: the level shows what is left."""
        side, ticks = fill.side.opposite, int(fill.price / self.instrument.tick)
        ladder = self.book.bids if side is Side.BUY else self.book.asks
        before = ladder.sizes.get(ticks, 0)
        left = max(before - self.instrument.steps(fill.size), 0)
        levels = self.taken.setdefault(side, {})
        levels[ticks] = Taken(levels[ticks].shown if ticks in levels else before, left)
        ladder.set(ticks, left)

    def _restored(self, message: BookMessage) -> BookMessage:
        bids = self._side(Side.BUY, message.bids, whole=message.snapshot)
        asks = self._side(Side.SELL, message.asks, whole=message.snapshot)
        self.taken = {side: levels for side, levels in self.taken.items() if levels}
        return replace(message, bids=bids, asks=asks) if message.snapshot else message

    def _side(self, side: Side, rows: tuple[LevelRow, ...], *, whole: bool) -> tuple[LevelRow, ...]:
        """Forget the levels that the tape restores; in a whole book those it does not stay reduced."""
        levels = self.taken.get(side, {})
        sizes = {ticks: steps for ticks, steps, _ in rows}
        for ticks in list(levels):
            if sizes.get(ticks, 0) != levels[ticks].shown if whole else ticks in sizes:
                del levels[ticks]
        if not whole or not levels:
            return rows
        return tuple((t, levels[t].left if t in levels else steps, number) for t, steps, number in rows)


def _rows(ladder: Ladder) -> tuple[tuple[int, int], ...]:
    return tuple(ladder.top(len(ladder.sizes)))


def _snapshot(book: Book, last: BookMessage) -> BookMessage:
    """The whole book, going on where the tape stands: what the tape says next is newer than every level."""
    bids, asks = (tuple((t, steps, last.sequence) for t, steps in _rows(side)) for side in (book.bids, book.asks))
    return BookMessage(book.instrument.venue, True, bids, asks, last.sequence, last.at_ns)


def message_of(shown: SourceBook, at_ns: int) -> BookMessage:
    """A recorded whole book as a snapshot."""
    bids, asks = (tuple((ticks, steps, 0) for ticks, steps in rows) for rows in (shown.bids, shown.asks))
    return BookMessage(shown.venue, True, bids, asks, 0, at_ns)


def value(position: Decimal, shown: Shown, taker: Decimal, last_known: Decimal) -> Decimal:
    """USD that closing `position` at the book would bring now, its fee taken off; `last_known` where it shows none."""
    side = Side.SELL if position > 0 else Side.BUY
    quote = None if shown.book.stale else shown.book.quote(side, shown.instrument.steps(abs(position)))
    price = last_known if quote is None else quote.average
    return position * price - abs(position) * price * taker
