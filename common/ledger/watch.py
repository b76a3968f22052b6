"""What the warden reads again and again: sums of fills, what is moving, who beats, who resumed. Query-only.

A look costs what has happened since the last one, however long the history: fills and the journal only grow.
"""

import sqlite3
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

from common.core.market import Venue
from common.ledger import limits, rows, sums
from common.ledger.account import BEAT
from common.ledger.remembered import Remembered
from common.ledger.shapes import Beat, Halt
from common.ledger.store import Store

Sizes: TypeAlias = dict[tuple[Venue, str], Decimal]


@dataclass(frozen=True, slots=True)
class Look:
    """One consistent look at the file.

    `positions` are signed sums of our fills, what was written off left out. `moving` are markets in which something is
    not accounted for: an order, its fills, a deal written off that still holds, or one that a power cut may have taken
    from the file. `releasable` are those written off.
    `resumed_ns` is when each market ('*': all) was last resumed by a person since this reader was opened.
    `incarnations` begin the client ids of all orders that this file, or a copy put back into it, ever sent.
    """

    positions: Sizes
    moving: frozenset[str]
    releasable: frozenset[str]
    halts: dict[str, Halt]
    beats: dict[str, Beat]
    resumed_ns: dict[str, int]
    incarnations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """What is held against the cap (None: unknown), and the live deals of either direction."""

    held_uusd: int
    cap_uusd: int | None
    plus: int
    minus: int


class LedgerWatch:
    """A reader that remembers how far it has read."""

    def __init__(self, store: Store) -> None:
        self._store, self._past = store, Remembered(store.path)
        self._resumed: dict[str, int] = {}
        with store.reading() as connection:
            self._journal_seq: int = connection.execute("SELECT COALESCE(MAX(seq), 0) FROM journal").fetchone()[0]
            #: the name of the first incarnation: what tells this file from all others, whatever was put back into it
            self.origin = _incarnations(connection)[0]

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a checked file for reading only; LedgerError with a remedy when there is none or it cannot serve."""
        return cls(Store(path, writer=False))

    def close(self) -> None:
        """Let the file go."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def look(self) -> Look:
        """Everything, as of one moment."""
        with self._store.reading() as connection:
            held = sums.held(self._past.now(connection))
            self._read_resumes(connection)
            releasable = _releasable(connection)
            return Look(
                positions={(venue, market): s for market, at in held.items() for venue, s in at.items() if s},
                moving=_moving(connection) | releasable | _doubtful(connection),
                releasable=releasable,
                halts=limits.halts(connection),
                beats=_beats(connection),
                resumed_ns=dict(self._resumed),
                incarnations=_incarnations(connection),
            )

    def halts(self) -> dict[str, Halt]:
        """The halts in force now, by market."""
        with self._store.reading() as connection:
            return limits.halts(connection)

    def room(self) -> Room:
        """How full it is now."""
        query = f"SELECT direction, COUNT(*) FROM deal WHERE {rows.LIVE_SQL} GROUP BY direction"
        with self._store.reading() as connection:
            held_uusd, cap_uusd = connection.execute("SELECT held_uusd, cap_uusd FROM room").fetchone()
            live = dict(connection.execute(query).fetchall())
            return Room(held_uusd, cap_uusd, live.get(1, 0), live.get(-1, 0))

    def _read_resumes(self, connection: sqlite3.Connection) -> None:
        query = "SELECT seq, verb, market, at_ns, why FROM journal WHERE seq > ? ORDER BY seq"
        for seq, verb, market, at_ns, why in connection.execute(query, (self._journal_seq,)):
            self._journal_seq = seq
            if verb == "resume" and not why.startswith("by warden:"):
                self._resumed[market] = at_ns


def _moving(connection: sqlite3.Connection) -> frozenset[str]:
    """Markets with an order whose fate, or some of whose fills, the file does not have yet."""
    open_orders = connection.execute("SELECT DISTINCT market FROM orders WHERE state <> 'DONE'")
    live = {deal.market for deal in rows.get_live(connection, None) if deal.unfinished}
    return frozenset(row[0] for row in open_orders) | live


def _doubtful(connection: sqlite3.Connection) -> frozenset[str]:
    return frozenset(row[0] for row in connection.execute("SELECT market FROM doubt"))


def _releasable(connection: sqlite3.Connection) -> frozenset[str]:
    query = "SELECT DISTINCT market FROM deal INDEXED BY deal_held WHERE state = 'WRITTEN_OFF' AND held_uusd > 0"
    return frozenset(row[0] for row in connection.execute(query))


def _beats(connection: sqlite3.Connection) -> dict[str, Beat]:
    found = connection.execute(f"SELECT {BEAT} FROM heartbeat")
    return {row[0]: Beat(*row) for row in found}


def _incarnations(connection: sqlite3.Connection) -> tuple[str, ...]:
    return tuple(str(row[0]) for row in connection.execute("SELECT name FROM incarnation ORDER BY id"))
