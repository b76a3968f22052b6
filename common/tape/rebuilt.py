"""Books as they stood, rebuilt from what a tape says; a book that cannot be believed is not shown."""

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from typing import TypeAlias

from common.core.book import Book, Ladder, make_book
from common.core.events import BookMessage
from common.core.market import Instrument, Venue
from common.tape.books import RecordedBook, RecordedLevel
from common.tape.heard import Gap, Heard, fine_instrument

#: levels a side that are handed on
LEVELS = 20
Pair: TypeAlias = tuple[Venue, str]


class Books:
    """The book of each venue and market, on the finest grid, as last heard."""

    def __init__(self) -> None:
        self._books: dict[Pair, Book] = {}

    def take(self, heard: Heard) -> Book | None:
        """The book that this changed; None when it changed none."""
        pair = (heard.venue, heard.market)
        match heard.told:
            case BookMessage():
                if pair not in self._books:
                    self._books[pair] = make_book(fine_instrument(*pair))
                self._books[pair].apply(heard.told)
                return self._books[pair]
            case Gap(topic="") if pair in self._books:
                self._books[pair].lose(heard.told.why)
        return None

    def believed(self) -> Iterator[tuple[Pair, Book]]:
        """Every book that may be used now."""
        return ((pair, book) for pair, book in self._books.items() if not book.stale)

    def of(self, pair: Pair) -> Book:
        """One book that was heard."""
        return self._books[pair]

    def is_believed(self, pair: Pair) -> bool:
        """Whether this book is there and may be used now."""
        return pair in self._books and not self._books[pair].stale


def levels_of(ladder: Ladder, instrument: Instrument, most: int) -> tuple[RecordedLevel, ...]:
    """Price and size of the best levels, exact."""
    return tuple((instrument.price(ticks), instrument.size(steps)) for ticks, steps in ladder.top(most))


def recorded(book: Book, at_ns: int, levels: int = LEVELS) -> RecordedBook:
    """A book as any tape gives it."""
    instrument = book.instrument
    bids, asks = (levels_of(ladder, instrument, levels) for ladder in (book.bids, book.asks))
    return RecordedBook(instrument.market, at_ns, bids, asks)


def both_venues(heard: Iterable[Heard], markets: Collection[str]) -> Iterator[tuple[Venue, RecordedBook]]:
    """The books of `markets` after each message, while both venues' books can be believed: so that neither stands
    still against a live one. The venue that comes back, or comes second, brings the other's book along.
    """
    books, alive, at_ns = Books(), dict.fromkeys(markets, False), 0
    for one in heard:
        if one.market not in alive:
            continue
        book, was_alive = books.take(one), alive[one.market]
        alive[one.market] = all(books.is_believed((venue, one.market)) for venue in Venue)
        if book is None or not alive[one.market]:
            continue
        # a clock that was set back does not turn the line around
        at_ns = max(at_ns, one.told.at_ns)
        for each in [book] if was_alive else [books.of((venue, one.market)) for venue in Venue]:
            yield each.instrument.venue, recorded(each, at_ns)


def text(number: Decimal) -> str:
    """A number as the venues write it: plain, without needless zeros."""
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
