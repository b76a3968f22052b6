"""What report.py puts together from several tables: markets, earnings, the original's running count."""

import sqlite3
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, TypeAlias

from common.core.deal import LIVE, Deal, DealState
from common.core.market import Direction, Venue
from common.core.money import ZERO, uusd_down, uusd_up
from common.ledger import pnl, rows, sums
from common.ledger.past import MarketPast, Past
from common.ledger.shapes import DealRow, MarketRow, SpreadRow, Tally, Totals, TradeRow, VenueSide

Sizes: TypeAlias = dict[tuple[str, Venue], Decimal]


def deal_row(deal: Deal) -> DealRow:
    """A deal with what it earned; rounded down."""
    earned = uusd_down(pnl.realised(deal)) - deal.fees_uusd
    return DealRow(deal, pnl.matched(deal), earned, deal.fees_uusd)


def market_rows(connection: sqlite3.Connection, past: Past) -> tuple[MarketRow, ...]:
    """One row per market where anything is: a live deal, a venue's position, or fills that do not cancel out."""
    sizes = {(market, venue): size for market, at in sums.held(past).items() for venue, size in at.items()}
    said = _said(connection)
    live = live_by_market(connection)
    names = live.keys() | {m for (m, _), size in sizes.items() if size} | {m for m, _ in said if m}
    return tuple(_market_row(name, live.get(name, []), _sides(name, sizes, said)) for name in sorted(names))


def tallies(connection: sqlite3.Connection, past: Past) -> tuple[Tally, ...]:
    """Per market that ever had a deal."""
    live = live_by_market(connection)
    found = []
    for market in sorted(past.markets.keys() | live.keys()):
        of = sums.earned(connection, past.of(market), live.get(market, ()))
        if of.ended or market in live:
            found.append(Tally(market, of.closed, of.void, of.pnl_uusd))
    return tuple(found)


def totals(connection: sqlite3.Connection, past: Past, market: str | None) -> Totals:
    """Counts and sums over all deals (of one market); money rounded once, against ourselves."""
    live = rows.get_live(connection, market)
    places = [place for name, place in past.markets.items() if market in (None, name)]
    of = sums.earned(connection, MarketPast(), live)
    for place in places:
        of.add(place.sums)
    return Totals(
        reserved=of.ended + len(live),
        opened=of.opened,
        closed=of.closed,
        void=of.void,
        stuck=sum(deal.state is DealState.STUCK for deal in live),
        written_off=of.written_off,
        live=len(live),
        traded_uusd=uusd_up(of.traded),
        realised_uusd=uusd_down(of.realised) - of.fees_uusd,
        fees_uusd=of.fees_uusd,
        funding_uusd=funding(connection, market),
        missed=of.missed,
    )


def live_by_market(connection: sqlite3.Connection) -> dict[str, list[Deal]]:
    """Live deals, oldest first."""
    live: dict[str, list[Deal]] = {}
    for deal in rows.get_live(connection, None):
        live.setdefault(deal.market, []).append(deal)
    return live


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
