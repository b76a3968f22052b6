"""Sums over every fill there is, for summaries of long files: exact, and without making a value of each row.

Nothing is kept between two calls: fills are the only truth. What a single deal earned is pnl.py's.
"""

import sqlite3
from dataclasses import dataclass
from decimal import Decimal

from common.core.market import Side, Venue
from common.core.money import ZERO
from common.core.order import REVERSED
from common.ledger.pnl import Turnover
from common.ledger.rows import LIVE_SQL

_BUY = Side.BUY.value
#: as `Dust.sizes`, by market
Sizes = dict[str, dict[Venue, Decimal]]


@dataclass(slots=True)
class Earned:
    """What one deal's fills add up to: USD traded, USD realised before fees, and fees in micro-USD."""

    traded: Decimal = ZERO
    realised: Decimal = ZERO
    fees_uusd: int = 0


@dataclass(slots=True)
class _Sum:
    """One deal at one venue, while its fills are gone through."""

    bought: Decimal = ZERO
    sold: Decimal = ZERO
    paid: Decimal = ZERO
    received: Decimal = ZERO
    fees_uusd: int = 0


def earned(connection: sqlite3.Connection, market: str | None) -> dict[str, Earned]:
    """By deal id (of one market), for every deal that has fills."""
    found: dict[str, Earned] = {}
    for (deal_id, _), part in _sums(connection, market).items():
        whole = found.setdefault(deal_id, Earned())
        whole.traded += part.paid + part.received
        whole.realised += Turnover(part.bought, part.sold, part.paid, part.received).realised
        whole.fees_uusd += part.fees_uusd
    return found


def states(connection: sqlite3.Connection, market: str | None) -> dict[str, int]:
    """How many deals (of one market) are in each state; states without a deal are left out."""
    query = "SELECT state, COUNT(*) FROM deal WHERE ?1 IS NULL OR market = ?1 GROUP BY state"
    return dict(connection.execute(query, (market,)).fetchall())


def left_behind(connection: sqlite3.Connection, market: str | None = None) -> Sizes:
    """Signed base size per market (or of one) and venue by the fills of finished deals.

    What was written off is not ours.
    """
    return _sizes(connection, f"NOT d.{LIVE_SQL} AND d.state <> 'WRITTEN_OFF'", market)


def held(connection: sqlite3.Connection) -> Sizes:
    """Signed base size per market and venue by all our fills; what a person wrote off is not ours any more."""
    return _sizes(connection, "d.state <> 'WRITTEN_OFF'")


def _sums(connection: sqlite3.Connection, market: str | None) -> dict[tuple[str, str], _Sum]:
    query = (
        "SELECT o.deal_id, f.venue, f.side, f.price, f.size, f.fee_uusd, f.fill_id FROM fill AS f JOIN orders AS o "
        "USING (client_id) WHERE ?1 IS NULL OR o.market = ?1"
    )
    undone = _undone(connection)
    sums: dict[tuple[str, str], _Sum] = {}
    for deal_id, venue, side, price, text, fee_uusd, fill_id in connection.execute(query, (market,)):
        if (venue, fill_id) in undone:
            continue
        part = sums.get((deal_id, venue))
        if part is None:
            part = sums[deal_id, venue] = _Sum()
        size = Decimal(text)
        if side == _BUY:
            part.bought += size
            part.paid += size * Decimal(price)
        else:
            part.sold += size
            part.received += size * Decimal(price)
        part.fees_uusd += fee_uusd
    return sums


def _undone(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Fills that were taken back, and what took them back: together they come to nothing."""
    query = "SELECT venue, fill_id FROM fill WHERE substr(fill_id, ?) = ?"
    reversals = connection.execute(query, (-len(REVERSED), REVERSED)).fetchall()
    return {*reversals, *((venue, fill_id.removesuffix(REVERSED)) for venue, fill_id in reversals)}


def _sizes(connection: sqlite3.Connection, which: str, of_market: str | None = None) -> Sizes:
    """SQLite counts how often the same size occurs, so that few are left to be multiplied exactly."""
    query = (
        "SELECT o.market, f.venue, f.side, f.size, COUNT(*) FROM fill AS f JOIN orders AS o USING (client_id) "
        f"JOIN deal AS d USING (deal_id) WHERE {which} AND (?1 IS NULL OR d.market = ?1) GROUP BY 1, 2, 3, 4"
    )
    sizes: Sizes = {}
    for market, venue, side, size, count in connection.execute(query, (of_market,)):
        at = sizes.setdefault(market, dict.fromkeys(Venue, ZERO))
        at[Venue(venue)] += Side(side).sign * Decimal(size) * count
    return sizes
