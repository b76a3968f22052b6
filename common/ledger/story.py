"""Everything that happened to the deals of a period, for a report on it: whole deals, when they moved, funding.

One consistent look at the file. A deal belongs to the period in which it was reserved.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from common.core.deal import Deal, DealState
from common.core.market import Direction, Venue
from common.ledger import rows
from common.ledger.rows import LIVE_SQL

#: a fill, by venue and its id there
FillKey: TypeAlias = tuple[Venue, str]


@dataclass(frozen=True, slots=True)
class Moved:
    """A deal came into another state."""

    at_ns: int
    deal_id: str
    to: DealState


@dataclass(frozen=True, slots=True)
class Paid:
    """A funding payment, positive when we received it."""

    venue: Venue
    market: str
    payment_uusd: int
    venue_ns: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """A deal from before the period that was live when it began; `ended_ns` None: it still is."""

    direction: Direction
    ended_ns: int | None


@dataclass(frozen=True, slots=True)
class Story:
    """What happened since `from_ns` (in one market, or in all); `heard_ns`: when we heard of each fill."""

    from_ns: int
    deals: tuple[Deal, ...]
    moves: tuple[Moved, ...]
    heard_ns: Mapping[FillKey, int]
    funding: tuple[Paid, ...]
    earlier: tuple[Earlier, ...]


def tell(connection: sqlite3.Connection, since_ns: int | None, market: str | None) -> Story:
    """The story of the deals that were reserved since (None: of all there are)."""
    given = (market, since_ns if since_ns is not None else -1)
    return Story(
        from_ns=since_ns if since_ns is not None else _begun(connection),
        deals=tuple(rows.get_all(connection, market, since_ns)),
        moves=_moves(connection, given),
        heard_ns=_heard(connection, given),
        funding=_funding(connection, given),
        earlier=_earlier(connection, given),
    )


def _begun(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT MIN(created_ns) FROM incarnation").fetchone()[0])


def _moves(connection: sqlite3.Connection, given: tuple[str | None, int]) -> tuple[Moved, ...]:
    query = (
        "SELECT j.at_ns, j.deal_id, j.to_state FROM journal AS j JOIN deal AS d USING (deal_id) "
        "WHERE (?1 IS NULL OR d.market = ?1) AND d.opened_ns >= ?2 AND j.to_state IS NOT j.from_state "
        "AND j.to_state IS NOT NULL ORDER BY j.seq"
    )
    return tuple(Moved(at_ns, name, DealState(to)) for at_ns, name, to in connection.execute(query, given))


def _heard(connection: sqlite3.Connection, given: tuple[str | None, int]) -> dict[FillKey, int]:
    query = (
        "SELECT f.venue, f.fill_id, f.at_ns FROM fill AS f JOIN orders AS o USING (client_id) "
        "JOIN deal AS d USING (deal_id) WHERE (?1 IS NULL OR d.market = ?1) AND d.opened_ns >= ?2"
    )
    return {(Venue(venue), fill_id): at_ns for venue, fill_id, at_ns in connection.execute(query, given)}


def _funding(connection: sqlite3.Connection, given: tuple[str | None, int]) -> tuple[Paid, ...]:
    query = (
        "SELECT venue, market, payment_uusd, venue_ns FROM funding "
        "WHERE (?1 IS NULL OR market = ?1) AND venue_ns >= ?2 ORDER BY seq"
    )
    return tuple(Paid(Venue(venue), *rest) for venue, *rest in connection.execute(query, given))


def _earlier(connection: sqlite3.Connection, given: tuple[str | None, int]) -> tuple[Earlier, ...]:
    query = (
        f"SELECT direction, changed_ns, {LIVE_SQL} FROM deal "
        f"WHERE (?1 IS NULL OR market = ?1) AND opened_ns < ?2 AND ({LIVE_SQL} OR changed_ns >= ?2)"
    )
    found = connection.execute(query, given)
    return tuple(Earlier(Direction(sign), None if live else at_ns) for sign, at_ns, live in found)
