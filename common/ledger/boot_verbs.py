"""The verbs around a power cut: what the file may have forgotten, and what is written down once the venues were asked.

A reservation of a market that has begun is committed without waiting for the disk, and made durable after its orders
were sent. It therefore survives the death of every process; a power cut may take it, and with it nothing but what was
committed later, in any process, before the next sync: every other verb is durable when it returns.
"""

import sqlite3

from common.core.deal import Deal
from common.ledger import migrate, rows
from common.ledger.limits import EVERY_MARKET
from common.ledger.retelling import Retelling
from common.ledger.rows import Author, Entry
from common.ledger.shapes import Doubt
from common.ledger.store import Store

#: who writes down what was forgotten
LEDGER = "ledger"


class BootVerbs:
    """A part of `Ledger`."""

    _store: Store
    _author: Author
    #: markets whose reservations need not be durable before they are sent
    _begun: set[str]

    def begin(self, market: str, boot: str, at_ns: int) -> Doubt | None:
        """A worker of the market begins to trade in this boot of the machine; what may be missing of its market.

        Of every market that was traded in an earlier boot, and not ended, a deal may be missing from now on. No id that
        it may have is given again: new ones begin with a new name.
        """
        with self._store.transaction() as connection:
            lost = connection.execute("SELECT market, at_ns FROM trading WHERE boot <> ?", (boot,)).fetchall()
            if lost:
                why = _doubt(connection, lost, boot, at_ns)
                rows.insert_entry(connection, self._author, Entry(at_ns, "doubt", why, market=EVERY_MARKET))
            query = "SELECT 1 FROM trading WHERE market = ?"
            if connection.execute(query, (market,)).fetchone() is None:
                connection.execute("INSERT INTO trading (market, boot, at_ns) VALUES (?, ?, ?)", (market, boot, at_ns))
        # Whatever a predecessor had left to the disk.
        self._store.make_durable()
        self._begun.add(market)
        return self.doubt(market)

    def end(self, market: str) -> None:
        """The worker ends in good order: nothing of its market can be forgotten any more."""
        self._begun.discard(market)
        self._store.make_durable()
        with self._store.transaction(durable=False) as connection:
            connection.execute("DELETE FROM trading WHERE market = ?", (market,))

    def doubt(self, market: str) -> Doubt | None:
        """What may be missing of a market."""
        return next((doubt for doubt in self.doubts() if doubt.market == market), None)

    def doubts(self) -> tuple[Doubt, ...]:
        """Everything that may be missing, and keeps every market from entering."""
        with self._store.reading() as connection:
            return tuple(Doubt(*row) for row in connection.execute("SELECT market, since_ns, at_ns FROM doubt"))

    def knows(self, client_id: str) -> bool:
        """Whether the file has a row of this order."""
        with self._store.reading() as connection:
            return rows.get_order(connection, client_id) is not None

    def rebuild(self, deal: Deal, why: str, at_ns: int) -> Deal:
        """Write down a deal that was forgotten, as its venues tell it; only while its market is in doubt or halted."""
        return Retelling(self._store, self._author, LEDGER).rebuild(deal, why, at_ns, trading=True)

    def dispel(self, market: str, why: str, at_ns: int) -> bool:
        """Both venues were asked, and what was missing is written down; False when nothing was in doubt."""
        with self._store.transaction() as connection:
            if connection.execute("DELETE FROM doubt WHERE market = ?", (market,)).rowcount == 0:
                return False
            rows.insert_entry(connection, self._author, Entry(at_ns, "dispel", why, market=market))
            return True

    @property
    def is_ahead(self) -> bool:
        """Something was committed here that a power cut could still take."""
        return self._store.is_ahead

    def make_durable(self) -> None:
        """Return when all that was committed is durable; any thread may wait for it."""
        self._store.make_durable()


def _doubt(connection: sqlite3.Connection, lost: list[tuple[str, int]], boot: str, at_ns: int) -> str:
    """Put the markets in doubt and begin new ids; what the journal says of it."""
    (last_ns,) = connection.execute(
        "SELECT COALESCE(MAX(at_ns), 0) FROM (SELECT at_ns FROM journal ORDER BY seq DESC LIMIT 1)"
    ).fetchone()
    for market, began_ns in lost:
        connection.execute(
            "INSERT INTO doubt (market, since_ns, at_ns) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (market, max(last_ns, began_ns), at_ns),
        )
    connection.execute("DELETE FROM trading WHERE boot <> ?", (boot,))
    known = {row[0] for row in connection.execute("SELECT name FROM incarnation")}
    name = migrate.fresh_name(known, at_ns)
    connection.execute("INSERT INTO incarnation (name, created_ns) VALUES (?, ?)", (name, at_ns))
    markets = ", ".join(sorted(market for market, _ in lost))
    return f"the machine went down while {markets} traded: their newest deals may be missing; new ids begin with {name}"
