"""What an operator sees, out of what was read: one pure function. No file, no clock, no second truth.

What closing would earn is reckoned as `arbctl deal show` does, at what each worker last wrote down that its deal's
size is bought and sold for: some seconds old, and only as good as that.
"""

from decimal import Decimal
from typing import Final

from common import members
from common.core import ways
from common.core.deal import Deal
from common.core.events import HaltLevel, Way
from common.core.market import Side, Venue
from common.core.money import uusd_down
from common.core.terms import SECOND_NS
from common.core.ways import Ask
from common.desk.shapes import (
    DealFacts,
    DeskFacts,
    EdgeFacts,
    MarketFacts,
    PnlFacts,
    ProgramFacts,
    RefusedFacts,
    SeenFacts,
    SideFacts,
    VenueFacts,
)
from common.desk.told import LedgerTold, Told, states
from common.ledger.limits import EVERY_MARKET
from common.ledger.shapes import MarketRow
from common.ledger.unheard import SETTLE_NS
from common.supervisor_client import Process
from common.telemetry.rows import Refused, Span

#: what was written down longer ago says nothing of now: three spans
SEEN_MAX_NS: Final = 30 * SECOND_NS
#: a deal without a fill yet would pay about this at both venues
TAKER_FEE: Final = Decimal("0.0005")
NOT_RUNNING: Final = "not running"
_STRICTNESS: Final = tuple(HaltLevel)


def facts(told: Told, now_ns: int) -> DeskFacts:
    """The fleet as of `now_ns`."""
    ledger, workers = told.ledger, states(told.processes)
    markets = tuple(_market(told, name, workers.get(members.program(name)), now_ns) for name in told.markets)
    return DeskFacts(
        at_ns=now_ns,
        mode=told.mode,
        supervisord=None if told.alive is None else ProgramFacts("supervisord", told.alive[1], told.alive[0]),
        programs=tuple(ProgramFacts(p.name, p.state, p.pid) for p in told.processes if p.group != members.GROUP),
        trouble=told.trouble,
        halts=ledger.halts if ledger else (),
        doubts=ledger.doubts if ledger else (),
        venues=_venues(told, now_ns),
        cap=ledger.cap if ledger else None,
        counts=ledger.counts if ledger else None,
        pnl=_whole(ledger) if ledger else None,
        markets=markets,
        journal=ledger.journal if ledger else (),
    )


def _venues(told: Told, now_ns: int) -> tuple[VenueFacts, ...]:
    far = {} if told.board is None else told.board.distances
    return tuple(
        VenueFacts(e.venue, e.equity_uusd, e.gross_uusd, e.leverage, now_ns - e.at_ns, far.get(e.venue))
        for e in (told.ledger.equities if told.ledger else ())
    )


def _whole(ledger: LedgerTold) -> PnlFacts:
    """Of all markets, those that arb.toml does not have any more included."""
    names = sorted(ledger.markets.keys() | ledger.earned.keys())
    parts = [_pnl(ledger, name) for name in names]
    known = [part.open_uusd for part in parts if part.open_uusd is not None]
    return PnlFacts(
        closed=sum(part.closed for part in parts),
        realised_uusd=sum(part.realised_uusd for part in parts),
        funding_uusd=sum(part.funding_uusd for part in parts),
        open_uusd=sum(known) if len(known) == len(parts) else None,
    )


def _pnl(ledger: LedgerTold | None, market: str) -> PnlFacts:
    if ledger is None:
        return PnlFacts(0, 0, 0, None)
    earned, row = ledger.earned.get(market), ledger.markets.get(market)
    opened = row.unrealised_uusd if row is not None and row.deals else 0
    if earned is None:
        return PnlFacts(0, 0, 0, opened)
    return PnlFacts(earned.closed, earned.realised_uusd, earned.funding_uusd, opened)


def _market(told: Told, market: str, process: Process | None, now_ns: int) -> MarketFacts:
    ledger, span = told.ledger, told.spans.get(market)
    beat = ledger.beats.get(market) if ledger else None
    row = ledger.markets.get(market) if ledger else None
    believed = span if span is not None and now_ns - span.at_ns <= SEEN_MAX_NS else None
    return MarketFacts(
        market=market,
        state=NOT_RUNNING if process is None else process.state,
        pid=0 if process is None else process.pid,
        uptime_s=0 if process is None else process.uptime_s,
        heard_age_ns=None if beat is None else now_ns - beat.at_ns,
        decided_age_ns=None if beat is None or not beat.decided_ns else now_ns - beat.decided_ns,
        says="" if beat is None else beat.state,
        halt=_halt(ledger, market),
        seen=None if believed is None else _seen(believed, now_ns),
        refused=_refused(told.refused.get(market), now_ns),
        sides=_sides(ledger, row, now_ns),
        deals=tuple(_deal(deal, believed, now_ns) for deal in (row.deals if row else ())),
        pnl=_pnl(ledger, market),
    )


def _halt(ledger: LedgerTold | None, market: str) -> HaltLevel | None:
    """The strictest that binds the market."""
    found = [halt.level for halt in (ledger.halts if ledger else ()) if halt.market in (market, EVERY_MARKET)]
    return max(found, key=_STRICTNESS.index, default=None)


def _seen(span: Span, now_ns: int) -> SeenFacts:
    edges = {sign: EdgeFacts(mean, best) for sign, (mean, best) in span.edge_bps.items()}
    return SeenFacts(now_ns - span.at_ns, span.for_ns, span.least_bps, edges, span.age_ms, span.lag_ms)


def _refused(row: Refused | None, now_ns: int) -> RefusedFacts | None:
    return None if row is None else RefusedFacts(now_ns - row.at_ns, row.reason, row.direction, row.edge_uusd)


def _sides(ledger: LedgerTold | None, row: MarketRow | None, now_ns: int) -> tuple[SideFacts, ...]:
    if ledger is None or row is None:
        return ()
    settled_ns = ledger.filled_ns.get(row.market, 0) + SETTLE_NS
    return tuple(
        SideFacts(
            venue=side.venue,
            ledger_size=side.ledger_size,
            venue_size=side.venue_size,
            age_ns=None if side.at_ns is None else now_ns - side.at_ns,
            settled=side.at_ns is not None and side.at_ns >= settled_ns,
        )
        for side in row.sides
    )


def _deal(deal: Deal, span: Span | None, now_ns: int) -> DealFacts:
    return DealFacts(
        deal_id=deal.deal_id,
        direction=int(deal.direction),
        state=deal.state.value,
        size=deal.size,
        net=deal.net,
        held_uusd=deal.held_uusd,
        entry_uusd=deal.edge_uusd,
        close_uusd=_closing(deal, span),
        age_ns=now_ns - deal.opened_ns,
        unfinished=len(deal.unfinished),
        unfinished_age_ns=max((now_ns - order.created_ns for order in deal.unfinished), default=None),
    )


def _closing(deal: Deal, span: Span | None) -> int | None:
    """What the deal would have earned in all, closed at these prices; None where there are none."""
    if span is None or not deal.fills:
        return None
    found = ways.outcomes(deal, _prices(span), ways.fee_rates(deal, TAKER_FEE))
    earned = next(outcome.earned for outcome in found if outcome.way is Way.CLOSE)
    return None if earned is None else uusd_down(earned)


def _prices(span: Span) -> Ask:
    """What a size of about the deal's is sold and bought for."""

    def ask(venue: Venue, side: Side, size: Decimal) -> Decimal | None:
        sold_and_bought = span.quotes.get(venue.value)
        return None if sold_and_bought is None else Decimal(sold_and_bought[0 if side is Side.SELL else 1])

    return ask
