"""Forced fills: executions that no order of ours asked for, shared out among the market's deals; and taken back again.

Each part stands under an order row of its own, DONE from the start. Whether the market is halted is not decided here.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import count

from common.core.account import ForcedFill
from common.core.deal import Deal
from common.core.market import Side, Venue
from common.core.money import ZERO
from common.core.order import REVERSED, Fill, Lifetime, Order, OrderState, Purpose, reversal
from common.ledger.rows import Author, fills_of, get_live, insert_fill, insert_orders, was_noted
from common.ledger.writeoff import get_last, get_loose

FORCED = "forced:"
CLIENT_ID_LENGTH = 40


def book(
    connection: sqlite3.Connection, forced: ForcedFill, loose: Iterable[str], author: Author
) -> tuple[str, tuple[str, ...]]:
    """Write it down: one line for the journal, and the deals that bear it; no line when all of it is known.

    `loose` are the market's finished deals that are not exactly even.

    The market's live deals bear it, and finished ones of which something is left (a fill that came late), oldest first;
    without one the last finished deal does.
    """
    if forced.fill_id.endswith(REVERSED):
        deal_ids = put_reversed(connection, forced)
        why = f"taken back: forced fill {forced.venue} {forced.fill_id.removesuffix(REVERSED)}"
        return (why if deal_ids else ""), deal_ids
    bearers = _bearers(connection, forced.market, loose)
    parts = shares(forced, bearers)
    why = f"forced fill {forced.venue} {forced.fill_id}: {forced.side} {forced.size} at {forced.price}"
    if not put_forced(connection, forced, parts, author) and (bearers or was_noted(connection, why)):
        return "", ()
    return why, tuple(deal.deal_id for deal, _ in parts)


def _bearers(connection: sqlite3.Connection, market: str, loose: Iterable[str]) -> tuple[Deal, ...]:
    left = get_live(connection, market) + get_loose(connection, loose, ZERO)
    return tuple(sorted(left, key=lambda deal: (deal.opened_ns, deal.number))) or get_last(connection, market)


def forced_client_id(forced: ForcedFill, part: int) -> str:
    """The client id of the order row that a part of a forced fill is booked under, at most 40 characters."""
    return _client_id(forced.venue, forced.fill_id, part)


def _client_id(venue: Venue, fill_id: str, part: int) -> str:
    whole = f"{FORCED}{venue}:{fill_id}:{part}"
    if len(whole) <= CLIENT_ID_LENGTH:
        return whole
    return FORCED + hashlib.sha256(whole.encode()).hexdigest()[: CLIENT_ID_LENGTH - len(FORCED)]


def shares(forced: ForcedFill, deals: tuple[Deal, ...]) -> tuple[tuple[Deal, Decimal], ...]:
    """Which deal bears how much: oldest first, each up to the position it has to give; the last bears what is left."""
    left, found = forced.size, list[tuple[Deal, Decimal]]()
    for deal in deals:
        position = deal.position(forced.venue) * Side(forced.side).sign
        share = left if deal is deals[-1] else min(left, max(-position, ZERO))
        if share > 0:
            found.append((deal, share))
            left -= share
    return tuple(found)


def put_forced(
    connection: sqlite3.Connection, forced: ForcedFill, parts: tuple[tuple[Deal, Decimal], ...], author: Author
) -> bool:
    """Book the parts, each as a DONE order with one fill; False when the file has the fill already."""
    if fills_of(connection, forced_client_id(forced, 0)):
        return False
    for order, fill in _forced_rows(forced, parts):
        insert_orders(connection, order.deal_id, (order,), author)
        insert_fill(connection, fill, forced.at_ns)
    return bool(parts)


def forced_rows(forced: ForcedFill, deals: tuple[Deal, ...]) -> list[tuple[Order, Fill]]:
    """The rows that a forced fill makes, borne by `deals`, oldest first: one order with its fill per deal."""
    return _forced_rows(forced, shares(forced, deals))


def _forced_rows(forced: ForcedFill, parts: tuple[tuple[Deal, Decimal], ...]) -> list[tuple[Order, Fill]]:
    fee_left, made = forced.fee_uusd, list[tuple[Order, Fill]]()
    for part, (deal, share) in enumerate(parts):
        fee = fee_left if part == len(parts) - 1 else int(forced.fee_uusd * share / forced.size)
        fee_left -= fee
        order = _forced_order(forced, deal.deal_id, part, share)
        made.append((order, replace(_forced_fill(forced, order, part), fee_uusd=fee)))
    return made


def put_reversed(connection: sqlite3.Connection, forced: ForcedFill) -> tuple[str, ...]:
    """Take the parts of an earlier forced fill back, each under its own order: the ids of the deals that bore them.

    Empty when they were taken back already, or nobody bore it.
    """
    booked = _parts_of(connection, forced.venue, forced.fill_id.removesuffix(REVERSED))
    parts = [part for part in booked if insert_fill(connection, reversal(part), forced.at_ns)]
    query = "SELECT deal_id FROM orders WHERE client_id = ?"
    return tuple(dict.fromkeys(connection.execute(query, (part.client_id,)).fetchone()[0] for part in parts))


def _parts_of(connection: sqlite3.Connection, venue: Venue, fill_id: str) -> Iterator[Fill]:
    """What a forced fill was booked as."""
    for part in count():
        booked = fills_of(connection, _client_id(venue, fill_id, part))
        if not booked:
            return
        yield booked[0]


def _forced_order(forced: ForcedFill, deal_id: str, part: int, share: Decimal) -> Order:
    return Order(
        client_id=forced_client_id(forced, part),
        deal_id=deal_id,
        venue=forced.venue,
        market=forced.market,
        side=Side(forced.side),
        purpose=Purpose.EVEN,
        size=share,
        limit=forced.price,
        lifetime=Lifetime.IOC,
        reduce_only=True,
        created_ns=forced.at_ns,
        state=OrderState.DONE,
        reported_size=share,
        reason="forced by the venue",
    )


def _forced_fill(forced: ForcedFill, order: Order, part: int) -> Fill:
    return Fill(
        venue=forced.venue,
        fill_id=forced.fill_id if part == 0 else f"{forced.fill_id}#{part}",
        client_id=order.client_id,
        side=order.side,
        price=forced.price,
        size=order.size,
        fee_uusd=forced.fee_uusd,
        venue_ns=forced.venue_ns,
    )
