"""Deals that are out of the count but not out of mind: written off while still counted, or finished with loose ends."""

import sqlite3
from collections.abc import Iterable, Iterator
from decimal import Decimal

from common.core.deal import Deal, DealState
from common.core.market import Side
from common.core.money import ZERO
from common.core.order import OrderState
from common.ledger.account import flat_since
from common.ledger.rows import LIVE_SQL, must_get, update_deal

#: longest life of an order at a venue (75 s) and a margin: an order of unproven fate may fill until then
ORDER_LIFE_MAX_NS = 120_000_000_000
#: a venue's word about flatness serves a write-off for so long
FLAT_MAX_AGE_NS = 30_000_000_000


def proven_flat(connection: sqlite3.Connection, deal: Deal, at_ns: int) -> bool:
    """Both venues were heard lately, after every order of the deal was dead, and have no position in its market."""
    return flat_since(connection, deal.market, max(at_ns - FLAT_MAX_AGE_NS, _last_life_ns(deal)))


def release(connection: sqlite3.Connection, market: str, at_ns: int) -> tuple[Deal, ...]:
    """Let go of what written-off deals hold, where venues were seen flat after the write-off."""
    query = (
        "SELECT deal_id FROM deal INDEXED BY deal_held "
        "WHERE market = ? AND state = 'WRITTEN_OFF' AND held_uusd > 0 ORDER BY number"
    )
    found = [must_get(connection, row[0]) for row in connection.execute(query, (market,)).fetchall()]
    gone = [deal for deal in found if flat_since(connection, market, max(deal.changed_ns, _last_life_ns(deal)))]
    for deal in gone:
        update_deal(connection, deal, DealState.WRITTEN_OFF, 0, at_ns)
    return tuple(must_get(connection, deal.deal_id) for deal in gone)


def is_loose(connection: sqlite3.Connection, deal_id: str, dust: Decimal = ZERO) -> bool:
    """Finished, not written off, and with an order not accounted for, or uneven by `dust` or more."""
    query = (
        "SELECT o.deal_id, o.client_id, o.state, o.reported_size, f.side, f.size, f.side = o.side "
        "FROM deal AS d CROSS JOIN orders AS o USING (deal_id) LEFT JOIN fill AS f USING (client_id) "
        f"WHERE d.deal_id = ? AND NOT d.{LIVE_SQL} AND d.state <> 'WRITTEN_OFF'"
    )
    return any(_loose_ids(connection.execute(query, (deal_id,)), dust))


def get_loose(connection: sqlite3.Connection, known: Iterable[str], dust: Decimal) -> tuple[Deal, ...]:
    """Of deals that are known not to be exactly even, those uneven by `dust`, or with an order not accounted for."""
    deals = (must_get(connection, deal_id) for deal_id in known if is_loose(connection, deal_id, dust))
    return tuple(sorted(deals, key=lambda deal: deal.number))


def get_last(connection: sqlite3.Connection, market: str) -> tuple[Deal, ...]:
    """The market's newest deal, live or not, as a tuple of one; empty when there never was one."""
    row = connection.execute("SELECT deal_id FROM deal WHERE market = ? ORDER BY number DESC LIMIT 1", (market,))
    found = row.fetchone()
    return () if found is None else (must_get(connection, found[0]),)


def _loose_ids(cursor: sqlite3.Cursor, dust: Decimal) -> Iterator[str]:
    """Deal ids with something open; a deal's rows come together, so that sums are kept for one deal at a time."""
    net: dict[str, Decimal] = {}
    missing: dict[tuple[str, str], Decimal] = {}
    for deal_id, client_id, state, reported, side, size, ordered in cursor:
        if state != OrderState.DONE:
            yield deal_id
        filled = ZERO if size is None else Decimal(size)
        net[deal_id] = net.get(deal_id, ZERO) + (filled * Side(side).sign if side else ZERO)
        key = (deal_id, client_id)
        missing[key] = missing.get(key, Decimal(reported or 0)) - (filled if ordered else ZERO)
    yield from (deal_id for (deal_id, _), size in missing.items() if size > 0)
    yield from (deal_id for deal_id, size in net.items() if size and abs(size) >= dust)


def _last_life_ns(deal: Deal) -> int:
    """Until when an order of this deal whose fate is unproven may still fill."""
    return max((o.created_ns + ORDER_LIFE_MAX_NS for o in deal.orders if o.state is not OrderState.DONE), default=0)
