"""The limits of new deals, one number each: the columns of the cap and the rows of entry_limit. Triggers judge by them.

The rows outrank arb.toml. What arb.toml said last is remembered beside them, so that a value lowered there takes effect
at the next start of a worker, one raised there does not, and what a person set by hand survives every restart.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import TypeAlias

from common.core.errors import LocalError
from common.ledger import rows
from common.ledger.limits import EVERY_MARKET
from common.ledger.shapes import Usage


@dataclass(frozen=True, slots=True)
class Key:
    """One kind of limit. `name` is a person's and arb.toml's, `column` the file's, which has `unit` of them in one."""

    name: str
    column: str
    unit: int
    is_cap: bool

    def spoken(self, value: int) -> str:
        """The file's whole number as a person writes it."""
        return format((Decimal(value) / self.unit).normalize(), "f")

    def value(self, number: Decimal) -> int:
        """A person's number as the file has it, rounded to the strict side."""
        return int((number * self.unit).to_integral_value(ROUND_FLOOR))


#: of all of them the lower value is the stricter one
KEYS = (
    Key("leverage_entry", "leverage_entry", 1000, True),
    Key("leverage_max", "leverage_max", 1000, True),
    Key("level", "level", 1, True),
    Key("equity_max_age_s", "equity_max_age_ns", 10**9, True),
    Key("deals", "deals", 1, False),
    Key("notional_usd", "notional_uusd", 10**6, False),
    Key("deals_per_minute", "deals_per_minute", 1, False),
    Key("deals_per_hour", "deals_per_hour", 1, False),
)
BY_NAME = {key.name: key for key in KEYS}
_BY_COLUMN = {key.column: key for key in KEYS}
_CAP = tuple(key.column for key in KEYS if key.is_cap)

#: market (or '*') and column
Place: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Bound:
    """One limit: of a market, or of the whole fleet ('*'); the value as the file has it."""

    market: str
    key: Key
    value: int

    def __post_init__(self) -> None:
        if self.value < 0:
            raise LocalError(f"{self.key.name} must not be below 0")
        if self.key.is_cap and self.market != EVERY_MARKET:
            raise LocalError(f"{self.key.name} is the whole fleet's, not {self.market}'s")

    @property
    def place(self) -> Place:
        """Where it stands."""
        return (self.market, self.key.column)

    @property
    def name(self) -> str:
        """As the journal says it: `BTC deals`, `* level`."""
        return f"{self.market} {self.key.name}"


def standing(connection: sqlite3.Connection) -> dict[Place, int]:
    """Every limit in force."""
    query = "SELECT market, key, value FROM entry_limit"
    found: dict[Place, int] = {(market, key): value for market, key, value in connection.execute(query)}
    cap = connection.execute(f"SELECT {', '.join(_CAP)} FROM cap").fetchone()
    return found if cap is None else found | {(EVERY_MARKET, c): v for c, v in zip(_CAP, cap, strict=True)}


def configured(connection: sqlite3.Connection) -> dict[Place, int]:
    """What arb.toml said last."""
    return {(market, key): value for market, key, value in connection.execute("SELECT * FROM configured")}


def put(connection: sqlite3.Connection, bound: Bound) -> None:
    """Let this limit be in force; LocalError for a cap that has no row yet."""
    if bound.key.is_cap:
        cursor = connection.execute(f"UPDATE cap SET {bound.key.column} = ?", (bound.value,))
        if cursor.rowcount != 1:
            raise LocalError(f"{bound.name} cannot be set before the ledger has a cap")
        return
    query = "UPDATE entry_limit SET value = ? WHERE market = ? AND key = ?"
    if connection.execute(query, (bound.value, *bound.place)).rowcount == 0:
        connection.execute("INSERT INTO entry_limit (market, key, value) VALUES (?, ?, ?)", (*bound.place, bound.value))


def follow(connection: sqlite3.Connection, wanted: Iterable[Bound]) -> list[str]:
    """arb.toml is read at a start: what has no row gets it, what was lowered there is lowered; what happened, in words.

    Nothing is ever raised here.
    """
    bounds = tuple(wanted)
    said = [*_seeded_cap(connection, bounds)]
    now, told = standing(connection), configured(connection)
    for bound in bounds:
        said += _follow_one(connection, bound, now.get(bound.place), told.get(bound.place))
    if (cut := standing(connection)) and cut[EVERY_MARKET, "leverage_entry"] > cut[EVERY_MARKET, "leverage_max"]:
        entry = Bound(EVERY_MARKET, BY_NAME["leverage_entry"], cut[EVERY_MARKET, "leverage_max"])
        put(connection, entry)
        said.append(f"{entry.name} {entry.key.spoken(entry.value)}, no more than leverage_max")
    return said


def _seeded_cap(connection: sqlite3.Connection, bounds: tuple[Bound, ...]) -> Iterator[str]:
    """The cap's one row has all its columns or is not there."""
    if connection.execute("SELECT 1 FROM cap").fetchone() is not None:
        return
    values = {bound.key.column: bound.value for bound in bounds if bound.key.is_cap}
    if values.keys() != set(_CAP):
        raise LocalError("a ledger without a cap needs all of it")
    row = tuple(values[column] for column in _CAP)
    connection.execute(f"INSERT INTO cap (id, {', '.join(_CAP)}) VALUES (1, ?, ?, ?, ?)", row)
    yield from (f"{b.name} {b.key.spoken(b.value)}" for b in bounds if b.key.is_cap)


def _follow_one(connection: sqlite3.Connection, bound: Bound, now: int | None, told: int | None) -> Iterator[str]:
    new = bound.key.spoken(bound.value)
    if now is None:
        put(connection, bound)
        yield f"{bound.name} {new}"
    elif bound.value < now and (told is None or bound.value < told):
        put(connection, bound)
        yield f"{bound.name} {bound.key.spoken(now)} → {new}, lowered in arb.toml"
    elif told is not None and told != bound.value != now:
        yield f"{bound.name} stays {bound.key.spoken(now)}, arb.toml now says {new}"
    if told != bound.value:
        connection.execute("INSERT OR REPLACE INTO configured VALUES (?, ?, ?)", (*bound.place, bound.value))


def in_order(limits: dict[Place, int]) -> tuple[Bound, ...]:
    """Every limit as a value: the fleet's first, then by market; keys in the order of KEYS."""
    order = list(_BY_COLUMN)
    found = (Bound(market, _BY_COLUMN[column], value) for (market, column), value in limits.items())
    return tuple(sorted(found, key=lambda b: (b.market != EVERY_MARKET, b.market, order.index(b.key.column))))


def used(connection: sqlite3.Connection, now_ns: int) -> Iterator[Usage]:
    """What the limits count, of each market that has anything, and of all together."""
    counts = (
        f"SUM({rows.LIVE_SQL}), SUM(held_uusd), SUM(opened_ns > ?1 - 60000000000), SUM(opened_ns > ?1 - 3600000000000)"
    )
    # each by its own index: together they would be looked for in all of history
    counted = (
        f"SELECT deal_id FROM deal INDEXED BY deal_live WHERE {rows.LIVE_SQL} "
        "UNION SELECT deal_id FROM deal INDEXED BY deal_held WHERE held_uusd > 0 "
        "UNION SELECT deal_id FROM deal INDEXED BY deal_opened WHERE opened_ns > ?1 - 3600000000000"
    )
    query = f"SELECT market, {counts} FROM deal WHERE deal_id IN ({counted}) GROUP BY +market"
    found = connection.execute(query, (now_ns,)).fetchall()
    yield from (Usage(*row) for row in found)
    yield Usage(EVERY_MARKET, *(sum(column) for column in list(zip(*found, strict=True))[1:] or [()] * 4))
