"""What report.py puts together from several tables: markets, earnings, the original's running count."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

from common.core.deal import LIVE, Deal, DealState
from common.core.market import Direction, Venue
from common.core.money import ZERO, uusd_down, uusd_up
from common.ledger import pnl, rows, sums
from common.ledger.shapes import DealRow, MarketRow, SpreadRow, Tally, TradeRow, VenueSide
from common.ledger.sums import Earned

Sizes: TypeAlias = dict[tuple[str, Venue], Decimal]


def deal_row(deal: Deal) -> DealRow:
    """A deal with what it earned; rounded down."""
    earned = uusd_down(pnl.realised(deal)) - deal.fees_uusd
    return DealRow(deal, pnl.matched(deal), earned, deal.fees_uusd)


def market_rows(connection: sqlite3.Connection) -> tuple[MarketRow, ...]:
    """One row per market where anything is: a live deal, a venue's position, or fills that do not cancel out."""
    sizes = {(market, venue): size for market, at in sums.held(connection).items() for venue, size in at.items()}
    said = _said(connection)
    live: dict[str, list[Deal]] = {}
    for deal in rows.get_live(connection, None):
        live.setdefault(deal.market, []).append(deal)
    names = live.keys() | {m for (m, _), size in sizes.items() if size} | {m for m, _ in said if m}
    return tuple(_market_row(name, live.get(name, []), _sides(name, sizes, said)) for name in sorted(names))


def tallies(found: Iterable[tuple[str, str, str]], earned: Mapping[str, Earned]) -> tuple[Tally, ...]:
    """Deals (market, state, id), in order of their markets, counted with what they earned."""
    return tuple(_tally(market, list(deals), earned) for market, deals in groupby(found, key=itemgetter(0)))


def _tally(market: str, deals: list[tuple[str, str, str]], earned: Mapping[str, Earned]) -> Tally:
    states = [state for _, state, _ in deals]
    sums_of = [earned[deal_id] for _, _, deal_id in deals if deal_id in earned]
    pnl_uusd = sum(uusd_down(deal.realised) - deal.fees_uusd for deal in sums_of)
    return Tally(market, states.count(DealState.CLOSED), states.count(DealState.VOID), pnl_uusd)


def spread_rows(found: Iterable[tuple[Any, ...]]) -> Iterator[SpreadRow]:
    """Reservations out of the journal, each with the signed count of live deals before it."""
    count = 0
    for at_ns, market, deal_id, sign, before, after, edge_uusd, size, why in found:
        was_live = before is not None and DealState(before) in LIVE
        if before is None:
            yield SpreadRow(at_ns, market, deal_id, Direction(sign), count, edge_uusd, Decimal(size), why)
        count += sign * ((DealState(after) in LIVE) - was_live)


def trade_row(row: tuple[Any, ...]) -> TradeRow:
    """A fill with its order; columns in the order of the shape's fields."""
    at_ns, market, deal_id, purpose, venue, side, size, price, *rest = row
    return TradeRow(at_ns, market, deal_id, purpose, Venue(venue), side, Decimal(size), Decimal(price), *rest)


def ever_open(connection: sqlite3.Connection, market: str | None) -> int:
    """How many deals were hedged at some time: moved to OPEN."""
    query = (
        "SELECT COUNT(DISTINCT deal_id) FROM journal "
        "WHERE to_state = 'OPEN' AND deal_id IS NOT NULL AND (?1 IS NULL OR market = ?1)"
    )
    return int(connection.execute(query, (market,)).fetchone()[0])


def missed(connection: sqlite3.Connection, market: str | None) -> int:
    """How many deals were closed without ever having been hedged: one leg filled alone and was evened."""
    query = (
        "SELECT COUNT(*) FROM deal AS d WHERE state = 'CLOSED' AND (?1 IS NULL OR market = ?1) "
        "AND NOT EXISTS (SELECT 1 FROM journal AS j WHERE j.deal_id = d.deal_id AND j.to_state = 'OPEN')"
    )
    return int(connection.execute(query, (market,)).fetchone()[0])


def funding(connection: sqlite3.Connection, market: str | None) -> int:
    """Σ funding received, micro-USD."""
    query = "SELECT COALESCE(SUM(payment_uusd), 0) FROM funding WHERE ?1 IS NULL OR market = ?1"
    return int(connection.execute(query, (market,)).fetchone()[0])


def _said(connection: sqlite3.Connection) -> dict[tuple[str, Venue], tuple[Decimal, Decimal, Decimal, int]]:
    """What venues said: by market and venue size, entry, mark, at_ns; under market '' when they spoke last."""
    spoke = {
        ("", Venue(venue)): (ZERO, ZERO, ZERO, at_ns)
        for venue, at_ns in connection.execute("SELECT venue, at_ns FROM equity")
    }
    query = "SELECT market, venue, size, entry, mark, at_ns FROM venue_position"
    return spoke | {
        (market, Venue(venue)): (Decimal(size), Decimal(entry), Decimal(mark), at_ns)
        for market, venue, size, entry, mark, at_ns in connection.execute(query)
    }


def _sides(
    market: str, sizes: Sizes, said: dict[tuple[str, Venue], tuple[Decimal, Decimal, Decimal, int]]
) -> tuple[VenueSide, ...]:
    sides = []
    for venue in Venue:
        ours = sizes.get((market, venue), ZERO)
        if (market, venue) in said:
            sides.append(VenueSide(venue, ours, *said[market, venue]))
        elif ("", venue) in said:
            sides.append(VenueSide(venue, ours, ZERO, None, None, said["", venue][3]))
        else:
            sides.append(VenueSide(venue, ours, None, None, None, None))
    return tuple(sides)


def _market_row(market: str, deals: list[Deal], sides: tuple[VenueSide, ...]) -> MarketRow:
    marks = {side.venue: side.mark for side in sides if side.mark is not None}
    notionals = [uusd_up(abs(side.ledger_size) * marks[side.venue]) for side in sides if side.venue in marks]
    earned = [pnl.marked(deal, marks) for deal in deals]
    fees = sum(deal.fees_uusd for deal in deals)
    known = [usd for usd in earned if usd is not None]
    return MarketRow(
        market=market,
        direction=deals[0].direction if deals else None,
        deals=tuple(deals),
        held_uusd=sum(deal.held_uusd for deal in deals),
        edge_uusd=sum(deal.edge_uusd for deal in deals),
        opened_ns=min((deal.opened_ns for deal in deals), default=None),
        sides=sides,
        notional_uusd=max(notionals, default=None),
        unrealised_uusd=uusd_down(sum(known, ZERO)) - fees if len(known) == len(earned) else None,
    )
