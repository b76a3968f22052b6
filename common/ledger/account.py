"""Rows about our accounts: equity, positions, funding. What venues said, written down as they said it."""

import sqlite3
from decimal import Decimal

from common.core.account import AccountFacts, FundingPaid
from common.core.market import Venue
from common.ledger.rows import Author, text

#: the columns of a `Beat`
BEAT = "market, pid, at_ns, state, decided_ns, code_version, config_hash"


def equity_at(connection: sqlite3.Connection, venue: Venue) -> int | None:
    """When the venue's equity row was heard, nanoseconds; None while there is no row."""
    row = connection.execute("SELECT at_ns FROM equity WHERE venue = ?", (venue.value,)).fetchone()
    return None if row is None else int(row[0])


def put_account(connection: sqlite3.Connection, facts: AccountFacts) -> None:
    """Replace the venue's equity row and all its position rows."""
    connection.execute(
        "INSERT OR REPLACE INTO equity (venue, equity_uusd, gross_uusd, at_ns) VALUES (?, ?, ?, ?)",
        (facts.venue.value, facts.equity_uusd, facts.gross_uusd, facts.at_ns),
    )
    connection.execute("DELETE FROM venue_position WHERE venue = ?", (facts.venue.value,))
    connection.executemany(
        "INSERT INTO venue_position (venue, market, size, entry, mark, at_ns) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (facts.venue.value, p.market, text(p.size), text(p.entry), text(p.mark), facts.at_ns)
            for p in facts.positions
        ],
    )


def put_beat(connection: sqlite3.Connection, beat: tuple[str, int, str, int], author: Author) -> None:
    """Replace a process's sign of life: market, at_ns, state, decided_ns."""
    connection.execute(
        "INSERT OR REPLACE INTO heartbeat (market, at_ns, state, decided_ns, pid, code_version, config_hash) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*beat, author.pid, author.code_version, author.config_hash),
    )


def flat_since(connection: sqlite3.Connection, market: str, after_ns: int) -> bool:
    """Both venues were heard after `after_ns`, and neither has a position in `market`."""
    for venue in Venue:
        heard_ns = equity_at(connection, venue)
        if heard_ns is None or heard_ns <= after_ns:
            return False
    rows = connection.execute("SELECT size FROM venue_position WHERE market = ?", (market,))
    return all(Decimal(row[0]) == 0 for row in rows)


def put_funding(connection: sqlite3.Connection, paid: FundingPaid) -> bool:
    """Append a funding payment; False when the file has it already."""
    key = (paid.venue.value, paid.payment_id)
    if connection.execute("SELECT 1 FROM funding WHERE venue = ? AND payment_id = ?", key).fetchone():
        return False
    connection.execute(
        "INSERT INTO funding (venue, payment_id, market, payment_uusd, venue_ns) VALUES (?, ?, ?, ?, ?)",
        (*key, paid.market, paid.payment_uusd, paid.venue_ns),
    )
    return True
