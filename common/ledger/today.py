"""What deals that ended since a moment (in practice: midnight UTC) have earned, and the funding since. Query-only.

A look costs what has happened since the last one, however long the day has been: the journal and funding only grow.
"""

import sqlite3
from dataclasses import dataclass
from typing import Final

from common.core.deal import LIVE, DealState
from common.ledger import overview, rows

#: states that are over; those written off have earned what they had earned
_OVER: Final = ", ".join(sorted(repr(str(state)) for state in DealState if state not in LIVE))


@dataclass(frozen=True, slots=True)
class Earned:
    """One market: deals that closed, what they realised with all fees taken off, and funding received."""

    market: str
    closed: int
    realised_uusd: int
    funding_uusd: int


class Since:
    """Remembers how far it has read since `from_ns`; of one ledger file."""

    def __init__(self, from_ns: int) -> None:
        self.from_ns = from_ns
        self._journal_seq: int | None = None
        self._funding_seq = 0
        #: by deal: its market and what it realised; a late fill on a finished deal puts another figure here
        self._deals: dict[str, tuple[str, int]] = {}
        self._funding: dict[str, int] = {}

    def now(self, connection: sqlite3.Connection) -> tuple[Earned, ...]:
        """By market, as of this view of the file."""
        self._read_journal(connection)
        self._read_funding(connection)
        markets = sorted({market for market, _ in self._deals.values()} | self._funding.keys())
        return tuple(self._of(market) for market in markets)

    def _of(self, market: str) -> Earned:
        realised = [uusd for own, uusd in self._deals.values() if own == market]
        return Earned(market, len(realised), sum(realised), self._funding.get(market, 0))

    def _read_journal(self, connection: sqlite3.Connection) -> None:
        if self._journal_seq is None:
            self._journal_seq = _last_before(connection, self.from_ns)
        query = f"SELECT seq, deal_id FROM journal WHERE seq > ? AND to_state IN ({_OVER}) ORDER BY seq"
        found = connection.execute(query, (self._journal_seq,)).fetchall()
        self._journal_seq = connection.execute("SELECT COALESCE(MAX(seq), 0) FROM journal").fetchone()[0]
        for deal_id in dict.fromkeys(deal_id for _, deal_id in found):
            deal = rows.must_get(connection, deal_id)
            if deal.changed_ns >= self.from_ns and deal.fills:
                self._deals[deal_id] = (deal.market, overview.deal_row(deal).pnl_uusd)

    def _read_funding(self, connection: sqlite3.Connection) -> None:
        query = "SELECT seq, market, payment_uusd FROM funding WHERE seq > ? AND venue_ns >= ? ORDER BY seq"
        for seq, market, uusd in connection.execute(query, (self._funding_seq, self.from_ns)):
            self._funding_seq = seq
            self._funding[market] = self._funding.get(market, 0) + uusd


def _last_before(connection: sqlite3.Connection, at_ns: int) -> int:
    """The newest row of the journal before a moment, looked for from the end: its times are not indexed."""
    row = connection.execute("SELECT seq FROM journal WHERE at_ns < ? ORDER BY seq DESC LIMIT 1", (at_ns,)).fetchone()
    return 0 if row is None else int(row[0])
