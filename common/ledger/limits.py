"""Rows that allow or forbid new deals: the cap and the halts. Judging a new deal is left to the triggers."""

import sqlite3
from dataclasses import dataclass
from decimal import Decimal

from common.core.errors import LocalError
from common.core.events import HaltLevel
from common.ledger.shapes import Halt

#: the `market` of a halt that binds all markets
EVERY_MARKET = "*"
_STRICTNESS = {level: rank for rank, level in enumerate(HaltLevel)}
_MILLI = 1000

#: who halts without a person: their halts may be taken over by one
PROCESSES = frozenset({"warden", "worker", "ledger"})


@dataclass(frozen=True, slots=True)
class CapTerms:
    """The fleet's limits: leverages as factors of the smaller equity, most live deals per direction."""

    leverage_entry: Decimal
    leverage_max: Decimal
    level: int
    equity_max_age_ns: int


def put_cap(connection: sqlite3.Connection, terms: CapTerms) -> bool:
    """Write the one cap row; False when it says the same already."""
    row = (_milli(terms.leverage_entry), _milli(terms.leverage_max), terms.level, terms.equity_max_age_ns)
    columns = "leverage_entry, leverage_max, level, equity_max_age_ns"
    if connection.execute(f"SELECT {columns} FROM cap").fetchone() == row:
        return False
    connection.execute(f"INSERT OR REPLACE INTO cap (id, {columns}) VALUES (1, ?, ?, ?, ?)", row)
    return True


def put_halt(connection: sqlite3.Connection, level: HaltLevel, market: str, why: str, *, who: str, at_ns: int) -> bool:
    """Halt a market, or make its halt stricter; False when it is halted as strictly already.

    A person takes over a halt that a process of the fleet had set as strictly: it then waits for a person.
    """
    if level is HaltLevel.NONE:
        raise LocalError("a halt has a level; resume clears it")
    row = connection.execute("SELECT level, who FROM halt WHERE market = ?", (market,)).fetchone()
    if row is not None and _stands(_STRICTNESS[HaltLevel(row[0])], row[1], _STRICTNESS[level], who):
        return False
    connection.execute(
        "INSERT OR REPLACE INTO halt (market, level, why, who, at_ns) VALUES (?, ?, ?, ?, ?)",
        (market, level.value, why, who, at_ns),
    )
    return True


def _stands(strictness: int, owner: str, asked: int, who: str) -> bool:
    """Whether a standing halt stays as it is when `who` asks for another."""
    taken_over = strictness == asked and owner in PROCESSES and who not in PROCESSES
    return strictness >= asked and not taken_over


def clear_halt(connection: sqlite3.Connection, market: str) -> bool:
    """Remove the halt of exactly this market (or '*'); False when there was none."""
    return connection.execute("DELETE FROM halt WHERE market = ?", (market,)).rowcount == 1


def strictest_halt(connection: sqlite3.Connection, market: str) -> HaltLevel:
    """The stricter of the market's own halt and the one for every market."""
    rows = connection.execute("SELECT level FROM halt WHERE market IN (?, ?)", (market, EVERY_MARKET))
    return max((HaltLevel(row[0]) for row in rows), key=_STRICTNESS.__getitem__, default=HaltLevel.NONE)


def any_halt(connection: sqlite3.Connection, level: HaltLevel) -> bool:
    """Whether some market is halted at exactly this level."""
    return connection.execute("SELECT 1 FROM halt WHERE level = ?", (level.value,)).fetchone() is not None


def halts(connection: sqlite3.Connection) -> dict[str, Halt]:
    """The halts in force, by market."""
    found = connection.execute("SELECT market, level, why, who, at_ns FROM halt")
    return {row[0]: Halt(row[0], HaltLevel(row[1]), *row[2:]) for row in found}


def _milli(factor: Decimal) -> int:
    """A leverage in whole thousandths, downwards."""
    return int(factor * _MILLI)
