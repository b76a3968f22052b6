"""What happened in a ledger as one number: equal where deals, orders, fills, funding and journal are, row by row.

Who wrote it is left out: process, version of the code and hash of the configuration.
"""

import hashlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from common.core.market import Venue
from common.ledger.store import Store

_QUERIES = (
    "SELECT * FROM deal ORDER BY deal_id",
    "SELECT * FROM orders ORDER BY client_id",
    "SELECT * FROM fill ORDER BY seq",
    "SELECT * FROM funding ORDER BY venue, payment_id",
    "SELECT seq, at_ns, verb, market, deal_id, from_state, to_state, why FROM journal ORDER BY seq",
)


@dataclass(frozen=True, slots=True)
class Payment:
    """One funding payment: µUSD received at the venue's time."""

    venue: Venue
    market: str
    payment_uusd: int
    venue_ns: int


class Past:
    """A reader of what a finished ledger tells of its whole life."""

    def __init__(self, path: Path) -> None:
        self._store = Store(path, writer=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._store.close()

    def fingerprint(self) -> str:
        """SHA-256 over the rows."""
        with self._store.reading() as connection:
            return _digest(connection)

    def hedged(self) -> frozenset[str]:
        """The deals that were hedged at some time: moved to OPEN."""
        query = "SELECT DISTINCT deal_id FROM journal WHERE to_state = 'OPEN' AND deal_id IS NOT NULL"
        with self._store.reading() as connection:
            return frozenset(row[0] for row in connection.execute(query))

    def payments(self) -> tuple[Payment, ...]:
        """All funding, in the order of time."""
        query = "SELECT venue, market, payment_uusd, venue_ns FROM funding ORDER BY venue_ns, venue, market"
        with self._store.reading() as connection:
            return tuple(Payment(Venue(row[0]), *row[1:]) for row in connection.execute(query))


def _digest(connection: sqlite3.Connection) -> str:
    digest = hashlib.sha256()
    for query in _QUERIES:
        for row in connection.execute(query):
            digest.update(repr(row).encode())
        digest.update(b"\0")
    return digest.hexdigest()
