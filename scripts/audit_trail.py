"""The outside checker's reading of what happened lately: rows as they are written, signs of life, who is level.

One read-only connection with its own sqlite3 and its own words, cheap enough to be asked a hundred times a second.
It shares nothing with the ledger's code and writes nothing.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from scripts.audit import BUSY_TIMEOUT_S, AuditError
from scripts.audit_facts import ZERO

_LIVE = "state IN ('OPENING', 'OPEN', 'CLOSING', 'STUCK')"


@dataclass(frozen=True, slots=True)
class Row:
    """A journal row that put orders into the ledger: `verb` is reserve (a new deal) or write (more orders)."""

    seq: int
    verb: str
    market: str
    deal_id: str


@dataclass(frozen=True, slots=True)
class Beat:
    """A worker's last sign of life."""

    pid: int
    at_ns: int


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """One market now: orders whose fate is open, what each live deal is uneven by, and what all fills leave."""

    open_orders: int
    uneven: Mapping[str, Decimal]
    #: venue → signed size that our fills leave there
    sizes: Mapping[str, Decimal]
    #: deals on their way from one state to another
    moving: int


class Trail:
    """A reader that stays; made before there is a file. AuditError when the file cannot be read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._version = -1

    def close(self) -> None:
        """Let the file go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def has_changed(self) -> bool:
        """Whether anybody committed anything since the last time; False while there is no file."""
        if self._connection is None and not self._path.is_file():
            return False
        with self._reading() as connection:
            before, self._version = self._version, connection.execute("PRAGMA data_version").fetchone()[0]
        return before != self._version

    def newest(self) -> int:
        """The number of the last journal row; 0 without one."""
        with self._reading() as connection:
            return int(connection.execute("SELECT COALESCE(MAX(seq), 0) FROM journal").fetchone()[0])

    def rows_after(self, seq: int) -> list[Row]:
        """Journal rows after `seq` that put orders into the ledger."""
        query = "SELECT seq, verb, market, deal_id FROM journal WHERE seq > ? AND verb IN ('reserve', 'write')"
        with self._reading() as connection:
            return [Row(*row) for row in connection.execute(query, (seq,))]

    def beats(self) -> dict[str, Beat]:
        """The last heartbeat of each market."""
        with self._reading() as connection:
            found = connection.execute("SELECT market, pid, at_ns FROM heartbeat")
            return {market: Beat(pid, at_ns) for market, pid, at_ns in found}

    def first_word(self, market: str, pid: int, since: tuple[int, int]) -> int | None:
        """When somebody else than `pid` first wrote of `market` after `since` (a journal number and a time)."""
        query = "SELECT MIN(at_ns) FROM journal WHERE seq > ? AND at_ns > ? AND market = ? AND pid <> ?"
        with self._reading() as connection:
            found: int | None = connection.execute(query, (*since, market, pid)).fetchone()[0]
            return found

    def market(self, market: str) -> MarketFacts:
        """One consistent look at one market."""
        with self._reading() as connection:
            connection.execute("BEGIN")
            try:
                return _market(connection, market)
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            if self._connection is None:
                uri = f"{self._path.absolute().as_uri()}?mode=ro"
                self._connection = sqlite3.connect(
                    uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
                )
            yield self._connection
        except sqlite3.Error as error:
            self.close()
            raise AuditError(f"{self._path} cannot be read: {error}") from error


def _market(connection: sqlite3.Connection, market: str) -> MarketFacts:
    open_orders = connection.execute(
        "SELECT COUNT(*) FROM orders WHERE market = ? AND state <> 'DONE'", (market,)
    ).fetchone()[0]
    live = {row[0] for row in connection.execute(f"SELECT deal_id FROM deal WHERE market = ? AND {_LIVE}", (market,))}
    moving = connection.execute(
        "SELECT COUNT(*) FROM deal WHERE market = ? AND state IN ('OPENING', 'CLOSING')", (market,)
    ).fetchone()[0]
    uneven, sizes = dict.fromkeys(sorted(live), ZERO), dict[str, Decimal]()
    query = (
        "SELECT deal_id, fill.venue, fill.side, fill.size FROM fill JOIN orders USING (client_id) "
        "WHERE orders.market = ?"
    )
    for deal_id, venue, side, size in connection.execute(query, (market,)):
        signed = Decimal(size) if side == "BUY" else -Decimal(size)
        sizes[venue] = sizes.get(venue, ZERO) + signed
        if deal_id in live:
            uneven[deal_id] += signed
    return MarketFacts(open_orders, uneven, sizes, moving)
