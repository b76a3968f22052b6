"""What a venue's word about our account tells that the file does not have: fills that nobody pushed, positions that our
fills do not explain. Reads only, cheap enough for every second; whoever asks has the ledger record what is found.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import TypeAlias

from common.core.account import ForcedFill, PastFill, forced_fill
from common.core.events import Filled
from common.core.market import Venue
from common.core.money import ZERO
from common.ledger.remembered import Remembered
from common.ledger.store import Store

Found: TypeAlias = Filled | ForcedFill
#: a venue's word about positions may be so much older than it was heard
SETTLE_NS = 1_000_000_000


class Unheard:
    """Compares with what our fills leave at each venue, of which only new rows are added up."""

    def __init__(self, store: Store, past: Remembered) -> None:
        self._store, self._past = store, past

    def fits(self, market: str, venue: Venue) -> bool:
        """Whether the position that the venue told last is what our fills leave there; True while it cannot be said.

        Deals that a person wrote off still count here: they cost a question too many, no more.
        """
        with self._store.reading() as connection:
            ours = self._past.now(connection).of(market)
            heard = connection.execute("SELECT at_ns FROM equity WHERE venue = ?", (venue.value,)).fetchone()
            if heard is None or heard[0] < ours.filled_ns[venue] + SETTLE_NS:
                return True
            query = "SELECT size FROM venue_position WHERE market = ? AND venue = ?"
            row = connection.execute(query, (market, venue.value)).fetchone()
        return (ZERO if row is None else Decimal(row[0])) == ours.filled[venue]

    def among(self, history: Iterable[PastFill], at_ns: int) -> tuple[Found, ...]:
        """The fills of a venue's history that are not in the file, as if they had been pushed at `at_ns`.

        A fill of an order whose venue's id was never heard is left out: that order is being asked for by its own name.
        """
        with self._store.reading() as connection:
            found = (_event(connection, past, at_ns) for past in history if not _has(connection, past))
            return tuple(event for event in found if event is not None)


def _has(connection: sqlite3.Connection, past: PastFill) -> bool:
    key = (past.fill.venue.value, past.fill.fill_id)
    return connection.execute("SELECT 1 FROM fill WHERE venue = ? AND fill_id = ?", key).fetchone() is not None


def _event(connection: sqlite3.Connection, past: PastFill, at_ns: int) -> Found | None:
    if past.venue_order_id is None:
        return forced_fill(past.market, past.fill, at_ns)
    query = "SELECT client_id FROM orders WHERE market = ? AND venue = ? AND venue_order_id = ?"
    row = connection.execute(query, (past.market, past.fill.venue.value, past.venue_order_id)).fetchone()
    return None if row is None else Filled(replace(past.fill, client_id=row[0]), at_ns)
