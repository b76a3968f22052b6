"""A venue's public book as one answer of its REST has it, for who asks what a deal costs now. No grid, no age."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from common.core.errors import VenueError
from common.core.market import Side, Venue
from common.core.money import ZERO
from common.venues.malformed import reading

#: price and size
Level = tuple[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class PublicBook:
    """Both sides, best first."""

    venue: Venue
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]

    def average(self, side: Side, size: Decimal) -> Decimal | None:
        """What an order of `side` over `size` would pay or get per base; None when depth runs out."""
        left, total = size, ZERO
        for price, there in self.asks if side is Side.BUY else self.bids:
            taken = min(left, there)
            total += taken * price
            left -= taken
            if not left:
                return total / size
        return None


def public_book(venue: Venue, bids: Iterable[tuple[str, str]], asks: Iterable[tuple[str, str]]) -> PublicBook:
    """From price and size as the venue writes them, in whatever order; VenueError when they are no book."""
    with reading(venue, "book"):
        return PublicBook(
            venue,
            tuple(sorted((_level(*row) for row in bids), reverse=True)),
            tuple(sorted(_level(*row) for row in asks)),
        )


def _level(price_text: str, size_text: str) -> Level:
    price, size = Decimal(price_text), Decimal(size_text)
    if not (price.is_finite() and size.is_finite() and price > 0 and size > 0):
        raise VenueError(f"level {price_text} {size_text}")
    return price, size
