"""What all fills leave at the venues, and what all deals earned: the past, and live deals by their own rows. Exact."""

import sqlite3
from collections.abc import Iterable
from decimal import Decimal

from common.core.deal import Deal
from common.core.market import Venue
from common.core.money import ZERO
from common.ledger import rows
from common.ledger.past import MarketPast, Past, Sums, so_far

#: signed base size by market and venue
Sizes = dict[str, dict[Venue, Decimal]]


def held(past: Past) -> Sizes:
    """By all our fills; what a person wrote off is not ours any more."""
    return {market: _less(place.filled, place.off) for market, place in past.markets.items()}


def left_behind(connection: sqlite3.Connection, past: Past, market: str) -> dict[Venue, Decimal]:
    """By the fills of a market's finished deals, written-off ones left out."""
    sizes = _less(past.of(market).filled, past.of(market).off)
    for deal in rows.get_live(connection, market):
        sizes = _less(sizes, {venue: deal.position(venue) for venue in Venue})
    return sizes


def earned(connection: sqlite3.Connection, place: MarketPast, live: Iterable[Deal]) -> Sums:
    """A market's finished deals and these live ones together."""
    sums = Sums()
    for part in (place.sums, *(so_far(connection, deal) for deal in live)):
        sums.add(part)
    return sums


def _less(sizes: dict[Venue, Decimal], taken: dict[Venue, Decimal]) -> dict[Venue, Decimal]:
    return {venue: sizes[venue] - taken.get(venue, ZERO) for venue in Venue}
