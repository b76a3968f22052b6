"""What was made of an order before its moment came: found again only for the very order that it was made of.

A request is made in two steps. The dear one (the STARK signature above all) needs all that the order says and the hour
in which it expires, but not the moment; the cheap one adds the moment. What is kept here is the first step's work,
under everything that went into it: an order that differs in anything finds nothing and is signed anew.
"""

from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeAlias, TypeVar

from common.core.order import Order

#: orders that were foreseen and did not come are pushed out by later ones
KEPT: Final = 64
Listing = TypeVar("Listing")
Signing = TypeVar("Signing")
Made = TypeVar("Made")
Key: TypeAlias = tuple[Hashable, ...]


class Ahead(Generic[Listing, Signing, Made]):
    """First steps that were made, of one desk's orders."""

    def __init__(self, make: Callable[[Order, Listing, Signing], Made], hours: Callable[[Order], int]) -> None:
        """`make` is the first step, `hours` the hour of an order that it signs."""
        self._make, self._hours = make, hours
        self._kept: dict[Key, Made] = {}
        self._behind: tuple[Listing, Signing] | None = None

    def of(self, order: Order, listing: Listing, signing: Signing) -> Made:
        """The first step of `order`: as it was made, or made now."""
        key = self._key(order, listing, signing)
        made = self._kept.get(key)
        return self._keep(key, self._make(order, listing, signing)) if made is None else made

    def make(self, order: Order, listing: Listing, signing: Signing) -> bool:
        """Make the first step of an order that may come; False when it was made before."""
        key = self._key(order, listing, signing)
        if key in self._kept:
            return False
        self._keep(key, self._make(order, listing, signing))
        return True

    def _keep(self, key: Key, made: Made) -> Made:
        if len(self._kept) >= KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = made
        return made

    def _key(self, order: Order, listing: Listing, signing: Signing) -> Key:
        """All that a request says but the moment; numbers as text, since 1.0 and 1.00 are written so.

        With another listing or another account everything is forgotten.
        """
        if self._behind != (listing, signing):
            self._kept.clear()
            self._behind = (listing, signing)
        said = (order.client_id, order.market, order.side, order.lifetime, order.reduce_only)
        return (*said, str(order.size), str(order.limit), self._hours(order))
