"""Rows about our accounts: equity, positions, funding, forced fills. What venues said, written down as they said it."""

import hashlib
import sqlite3
from dataclasses import replace
from decimal import Decimal

from common.core.account import AccountFacts, ForcedFill, FundingPaid
from common.core.deal import Deal
from common.core.market import Side, Venue
from common.core.money import ZERO
from common.core.order import Fill, Lifetime, Order, OrderState, Purpose
from common.ledger.rows import fills_of, insert_fill, insert_orders, text

FORCED = "forced:"
CLIENT_ID_LENGTH = 40


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


def put_beat(connection: sqlite3.Connection, beat: tuple[str, int, int, str, int]) -> None:
    """Replace a process's sign of life: market, pid, at_ns, state, decided_ns."""
    connection.execute(
        "INSERT OR REPLACE INTO heartbeat (market, pid, at_ns, state, decided_ns) VALUES (?, ?, ?, ?, ?)", beat
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


def forced_client_id(forced: ForcedFill, part: int) -> str:
    """The client id of the order row that a part of a forced fill is booked under, at most 40 characters."""
    whole = f"{FORCED}{forced.venue}:{forced.fill_id}:{part}"
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


def put_forced(connection: sqlite3.Connection, forced: ForcedFill, parts: tuple[tuple[Deal, Decimal], ...]) -> bool:
    """Book the parts, each as a DONE order with one fill; False when the file has the fill already."""
    if fills_of(connection, forced_client_id(forced, 0)):
        return False
    fee_left = forced.fee_uusd
    for part, (deal, share) in enumerate(parts):
        fee = fee_left if part == len(parts) - 1 else int(forced.fee_uusd * share / forced.size)
        fee_left -= fee
        order = _forced_order(forced, deal.deal_id, part, share)
        fill = _forced_fill(forced, order, part)
        insert_orders(connection, deal.deal_id, (order,))
        insert_fill(connection, replace(fill, fee_uusd=fee), forced.at_ns)
    return bool(parts)


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
