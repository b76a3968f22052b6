"""Rows of the file ↔ values of core. Knows the columns, judges nothing."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from common.core.deal import LIVE, Deal, DealState
from common.core.errors import LocalError
from common.core.market import Direction, Side, Venue
from common.core.order import Fill, Lifetime, Order, OrderState, Purpose
from common.ledger import chain

_DEAL = "deal_id, market, number, direction, size, state, held_uusd, edge_uusd, opened_ns, changed_ns, attempts_from"
_ORDER = (
    "client_id, deal_id, venue, market, side, purpose, size, limit_price, lifetime, reduce_only, created_ns, "
    "state, venue_order_id, reported_size, reason"
)
_INSERT_ORDER = f"INSERT INTO orders (seq, {_ORDER}, code_version, config_hash) VALUES ({', '.join('?' * 18)})"
_FILL_OF_ORDER = "f.venue, f.fill_id, client_id, f.side, f.price, f.size, f.fee_uusd, f.venue_ns"
_FILL = "venue, fill_id, client_id, side, price, size, fee_uusd, venue_ns"

#: as it stands in the WHERE of the partial index deal_live, which is used only when the words are the same
LIVE_SQL = f"state IN ({', '.join(repr(s.value) for s in DealState if s in LIVE)})"


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes, and by which settings: stands in every journal row, and in every order row."""

    pid: int
    code_version: str
    config_hash: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal row as a verb hands it in; states are the deal's."""

    at_ns: int
    verb: str
    why: str
    market: str | None = None
    deal_id: str | None = None
    from_state: DealState | None = None
    to_state: DealState | None = None


def text(number: Decimal) -> str:
    """A decimal as the file keeps it: exact, without exponent."""
    return format(number, "f")


def get_deal(connection: sqlite3.Connection, deal_id: str) -> Deal | None:
    """The deal with all its orders and fills, or None."""
    row = connection.execute(f"SELECT {_DEAL} FROM deal WHERE deal_id = ?", (deal_id,)).fetchone()
    return None if row is None else _whole(connection, row)


def must_get(connection: sqlite3.Connection, deal_id: str) -> Deal:
    """The deal, or LocalError: somebody made up an id."""
    deal = get_deal(connection, deal_id)
    if deal is None:
        raise LocalError(f"deal {deal_id} is not in the ledger")
    return deal


def get_live(connection: sqlite3.Connection, market: str | None) -> tuple[Deal, ...]:
    """Live deals of one market (None: of all), oldest first."""
    where = f"{LIVE_SQL} AND (?1 IS NULL OR market = ?1)"
    query = f"SELECT {_DEAL} FROM deal INDEXED BY deal_live WHERE {where} ORDER BY opened_ns, number"
    return tuple(_whole(connection, row) for row in connection.execute(query, (market,)).fetchall())


def get_newest(connection: sqlite3.Connection, market: str | None, states: Collection[str], limit: int) -> list[Deal]:
    """The `limit` deals opened last (of one market, in one of these states), oldest first."""
    where = f"state IN ({', '.join(repr(str(state)) for state in states)}) AND (?1 IS NULL OR market = ?1)"
    index = "deal_opened"
    if set(states) <= LIVE:
        index, where = "deal_live", f"{where} AND {LIVE_SQL}"
    query = f"SELECT {_DEAL} FROM deal INDEXED BY {index} WHERE {where} ORDER BY opened_ns DESC, market DESC LIMIT ?2"
    return [_whole(connection, row) for row in reversed(connection.execute(query, (market, limit)).fetchall())]


def get_all(connection: sqlite3.Connection, market: str | None, since_ns: int | None = None) -> Iterator[Deal]:
    """Every deal there ever was (of one market, reserved since), by market and number; three queries, however many."""
    orders, fills = dict[str, list[Order]](), dict[str, list[Fill]]()
    where = "WHERE (?1 IS NULL OR market = ?1)"
    given: tuple[str | int | None, ...] = (market,) if since_ns is None else (market, since_ns)
    of_deals = where if since_ns is None else f"{where} AND opened_ns >= ?2"
    if since_ns is not None:
        where += " AND deal_id IN (SELECT deal_id FROM deal WHERE opened_ns >= ?2)"
    for row in connection.execute(f"SELECT {_ORDER} FROM orders {where} ORDER BY deal_id, seq", given):
        orders.setdefault(row[1], []).append(_order(row))
    query = f"SELECT deal_id, {_FILL_OF_ORDER} FROM fill AS f JOIN orders AS o USING (client_id) {where} ORDER BY f.seq"
    for deal_id, *fill in connection.execute(query, given):
        fills.setdefault(deal_id, []).append(_fill(fill))
    for row in connection.execute(f"SELECT {_DEAL} FROM deal {of_deals} ORDER BY market, number", given):
        yield _deal(row, tuple(orders.get(row[0], ())), tuple(fills.get(row[0], ())))


def get_order(connection: sqlite3.Connection, client_id: str) -> Order | None:
    """One order row, or None."""
    row = connection.execute(f"SELECT {_ORDER} FROM orders WHERE client_id = ?", (client_id,)).fetchone()
    return None if row is None else _order(row)


def fills_of(connection: sqlite3.Connection, client_id: str) -> tuple[Fill, ...]:
    """The fills of one order, in the order they were written."""
    rows = connection.execute(f"SELECT {_FILL} FROM fill WHERE client_id = ? ORDER BY seq", (client_id,))
    return tuple(_fill(row) for row in rows)


def fills_of_deal(connection: sqlite3.Connection, deal_id: str, until: int = 2**63 - 1) -> tuple[Fill, ...]:
    """The fills of all its orders up to the fill with this number, in the order they were written."""
    query = (
        f"SELECT {_FILL_OF_ORDER} FROM orders AS o CROSS JOIN fill AS f USING (client_id) "
        "WHERE o.deal_id = ? AND f.seq <= ? ORDER BY f.seq"
    )
    return tuple(_fill(row) for row in connection.execute(query, (deal_id, until)))


def insert_deal(connection: sqlite3.Connection, deal: Deal, author: Author) -> None:
    """The deal's own row; the triggers judge it."""
    connection.execute(
        f"INSERT INTO deal ({_DEAL}, code_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            deal.deal_id,
            deal.market,
            deal.number,
            int(deal.direction),
            text(deal.size),
            deal.state.value,
            deal.held_uusd,
            deal.edge_uusd,
            deal.opened_ns,
            deal.changed_ns,
            deal.attempts_from,
            author.code_version,
        ),
    )


def insert_orders(connection: sqlite3.Connection, deal_id: str, orders: Iterable[Order], author: Author) -> None:
    """Order rows after those the deal has already."""
    query = "SELECT COALESCE(MAX(seq), 0) FROM orders WHERE deal_id = ?"
    last: int = connection.execute(query, (deal_id,)).fetchone()[0]
    put_orders(connection, deal_id, enumerate(orders, last + 1), author)


def put_orders(
    connection: sqlite3.Connection, deal_id: str, numbered: Iterable[tuple[int, Order]], author: Author
) -> None:
    """Order rows under these running numbers."""
    for seq, order in numbered:
        if order.deal_id != deal_id:
            raise LocalError(f"order {order.client_id} belongs to deal {order.deal_id}, not {deal_id}")
        connection.execute(_INSERT_ORDER, (seq, *_order_row(order), author.code_version, author.config_hash))


def insert_fill(connection: sqlite3.Connection, fill: Fill, at_ns: int) -> bool:
    """The fill, once; False when the file has it already."""
    known = connection.execute("SELECT 1 FROM fill WHERE venue = ? AND fill_id = ?", (fill.venue.value, fill.fill_id))
    if known.fetchone() is not None:
        return False
    values = (fill.venue.value, fill.fill_id, fill.client_id, fill.side.value, text(fill.price), text(fill.size))
    connection.execute(
        f"INSERT INTO fill ({_FILL}, at_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, fill.fee_uusd, fill.venue_ns, at_ns),
    )
    return True


def update_order(connection: sqlite3.Connection, old: Order, new: Order) -> None:
    """What may change of an order, guarded by the state it had."""
    cursor = connection.execute(
        "UPDATE orders SET state = ?, venue_order_id = ?, reported_size = ?, reason = ? "
        "WHERE client_id = ? AND state = ?",
        (
            new.state.value,
            new.venue_order_id,
            None if new.reported_size is None else text(new.reported_size),
            new.reason,
            old.client_id,
            old.state.value,
        ),
    )
    _one_row(cursor, f"order {old.client_id}")


def update_deal(connection: sqlite3.Connection, old: Deal, to: DealState, held_uusd: int, at_ns: int) -> None:
    """State and held of a deal, guarded by what they were."""
    cursor = connection.execute(
        "UPDATE deal SET state = ?, held_uusd = ?, changed_ns = ? WHERE deal_id = ? AND state = ? AND held_uusd = ?",
        (to.value, held_uusd, at_ns, old.deal_id, old.state.value, old.held_uusd),
    )
    _one_row(cursor, f"deal {old.deal_id}")


def insert_entry(connection: sqlite3.Connection, author: Author, entry: Entry) -> None:
    """The one journal row of a verb, linked to the row before it."""
    last, prev = chain.head(connection)
    content = (
        last + 1,
        entry.at_ns,
        entry.verb,
        entry.market,
        entry.deal_id,
        entry.from_state,
        entry.to_state,
        entry.why,
        author.pid,
        author.code_version,
        author.config_hash,
    )
    connection.execute(
        f"INSERT INTO journal ({chain.CONTENT}, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*content, prev, chain.link(prev, content)),
    )


def was_noted(connection: sqlite3.Connection, why: str) -> bool:
    """The journal has a row with exactly this text."""
    return connection.execute("SELECT 1 FROM journal WHERE why = ? LIMIT 1", (why,)).fetchone() is not None


def _one_row(cursor: sqlite3.Cursor, what: str) -> None:
    if cursor.rowcount != 1:
        raise LocalError(f"{what} was not as it had just been read")


def _whole(connection: sqlite3.Connection, row: tuple[Any, ...]) -> Deal:
    deal_id = row[0]
    orders = connection.execute(f"SELECT {_ORDER} FROM orders WHERE deal_id = ? ORDER BY seq", (deal_id,))
    return _deal(row, tuple(_order(order) for order in orders), fills_of_deal(connection, deal_id))


def _deal(row: tuple[Any, ...], orders: tuple[Order, ...], fills: tuple[Fill, ...]) -> Deal:
    return Deal(
        deal_id=row[0],
        market=row[1],
        number=row[2],
        direction=Direction(row[3]),
        size=Decimal(row[4]),
        state=DealState(row[5]),
        held_uusd=row[6],
        edge_uusd=row[7],
        opened_ns=row[8],
        changed_ns=row[9],
        attempts_from=row[10],
        orders=orders,
        fills=fills,
    )


def _order(row: tuple[Any, ...]) -> Order:
    return Order(
        client_id=row[0],
        deal_id=row[1],
        venue=Venue(row[2]),
        market=row[3],
        side=Side(row[4]),
        purpose=Purpose(row[5]),
        size=Decimal(row[6]),
        limit=Decimal(row[7]),
        lifetime=Lifetime(row[8]),
        reduce_only=bool(row[9]),
        created_ns=row[10],
        state=OrderState(row[11]),
        venue_order_id=row[12],
        reported_size=None if row[13] is None else Decimal(row[13]),
        reason=row[14],
    )


def _order_row(order: Order) -> tuple[str | int | None, ...]:
    return (
        order.client_id,
        order.deal_id,
        order.venue.value,
        order.market,
        order.side.value,
        order.purpose.value,
        text(order.size),
        text(order.limit),
        order.lifetime.value,
        int(order.reduce_only),
        order.created_ns,
        order.state.value,
        order.venue_order_id,
        None if order.reported_size is None else text(order.reported_size),
        order.reason,
    )


def _fill(row: Sequence[Any]) -> Fill:
    venue, fill_id, client_id, side, price, size, fee_uusd, venue_ns = row
    return Fill(Venue(venue), fill_id, client_id, Side(side), Decimal(price), Decimal(size), fee_uusd, venue_ns)
