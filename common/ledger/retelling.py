"""The verbs that write down what the venues remember and this file does not: rebuilt deals, further orders, old names.

Each is one transaction and one journal row, like the verbs of ledger.py. Facts may exceed cap and level, and count; the
laws of the file let them in, and nothing else. Nothing here asks a venue or decides what a deal needs.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from common.core.deal import Deal, DealState
from common.core.events import HaltLevel
from common.core.order import Fill, Order
from common.ledger import limits, migrate, rows
from common.ledger.rows import Author, Entry
from common.ledger.store import Store

#: how a rebuilt deal gets from OPENING, in which every deal begins, to where its fills have brought it
_WAYS = {
    DealState.OPENING: (),
    DealState.OPEN: (DealState.OPEN,),
    DealState.CLOSING: (DealState.OPEN, DealState.CLOSING),
    DealState.CLOSED: (DealState.CLOSED,),
}


class Retelling:
    """One process's way to bring a ledger level with what was; the fleet must stand."""

    def __init__(self, store: Store, author: Author, who: str) -> None:
        self._store, self._author, self._who = store, author, who

    @classmethod
    def open(cls, path: Path, author: Author, who: str) -> Self:
        """Open an existing, checked file; LedgerError with a remedy when it cannot serve."""
        return cls(Store(path, writer=True), author, who)

    def close(self) -> None:
        """Let the file go."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def deals(self, market: str) -> tuple[Deal, ...]:
        """Every deal of a market, whole."""
        with self._store.reading() as connection:
            return tuple(rows.get_all(connection, market))

    def markets(self) -> tuple[str, ...]:
        """The markets that the file has deals of."""
        with self._store.reading() as connection:
            return tuple(row[0] for row in connection.execute("SELECT DISTINCT market FROM deal ORDER BY market"))

    def incarnations(self) -> frozenset[str]:
        """All names under which this file's ids were given."""
        with self._store.reading() as connection:
            return frozenset(row[0] for row in connection.execute("SELECT name FROM incarnation"))

    def adopt(self, names: Iterable[str], why: str, at_ns: int) -> bool:
        """Take ids of other files for ours, and begin new ones under a new name; False when all are known."""
        with self._store.transaction() as connection:
            known = {row[0] for row in connection.execute("SELECT name FROM incarnation")}
            strangers = sorted(set(names) - known)
            if not strangers:
                return False
            fresh = migrate.fresh_name(known | set(strangers), at_ns)
            query = "INSERT INTO incarnation (name, created_ns) VALUES (?, ?)"
            connection.executemany(query, [(name, at_ns) for name in (*strangers, fresh)])
            told = f"{why}: ids of {', '.join(strangers)} are ours; new ids begin with {fresh}"
            self._journal(connection, Entry(at_ns, "adopt", told))
            return True

    def rebuild(self, deal: Deal, why: str, at_ns: int, *, trading: bool = False) -> Deal:
        """Write down a deal with all its orders and fills, all of them done; IllegalMove from the laws of the file.

        While the fleet is `trading`, a fill that was taken back halts the market, as ever; who rebuilds a file has
        halted everything.
        """
        with self._store.transaction() as connection:
            held = deal.held_uusd or 1
            begun = replace(deal, state=DealState.OPENING, held_uusd=held, orders=(), fills=())
            rows.insert_deal(connection, begun, self._author)
            self._insert(connection, deal.deal_id, deal.orders, deal.fills, at_ns)
            for state in _WAYS[deal.state]:
                old = rows.must_get(connection, deal.deal_id)
                rows.update_deal(connection, old, state, 0 if state is DealState.CLOSED else held, deal.changed_ns)
            if trading and any(fill.is_reversal for fill in deal.fills):
                why += ", taken back: market halted"
                limits.put_halt(connection, HaltLevel.HALT, deal.market, why, who=self._who, at_ns=at_ns)
            self._journal(
                connection,
                Entry(at_ns, "rebuild", why, market=deal.market, deal_id=deal.deal_id, to_state=deal.state),
            )
            return rows.must_get(connection, deal.deal_id)

    def append(self, deal_id: str, orders: tuple[Order, ...], fills: tuple[Fill, ...], why: str, at_ns: int) -> Deal:
        """Add orders that are done, and their fills, to a deal; a finished deal's market is halted, as ever."""
        with self._store.transaction() as connection:
            deal = rows.must_get(connection, deal_id)
            self._insert(connection, deal_id, orders, fills, at_ns)
            if not deal.live:
                why += ", late: market halted"
                limits.put_halt(connection, HaltLevel.HALT, deal.market, why, who=self._who, at_ns=at_ns)
            entry = Entry(
                at_ns, "append", why, market=deal.market, deal_id=deal_id, from_state=deal.state, to_state=deal.state
            )
            self._journal(connection, entry)
            return rows.must_get(connection, deal_id)

    def note(self, why: str, at_ns: int) -> None:
        """One row that says what a reconciliation found: what never filled before it is nobody's to remember."""
        with self._store.transaction() as connection:
            self._journal(connection, Entry(at_ns, "reconcile", why, market=limits.EVERY_MARKET))

    def _insert(
        self,
        connection: sqlite3.Connection,
        deal_id: str,
        orders: tuple[Order, ...],
        fills: tuple[Fill, ...],
        at_ns: int,
    ) -> None:
        rows.insert_orders(connection, deal_id, orders, self._author)
        for fill in fills:
            rows.insert_fill(connection, fill, at_ns)

    def _journal(self, connection: sqlite3.Connection, entry: Entry) -> None:
        rows.insert_entry(connection, self._author, entry)
