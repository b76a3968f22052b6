"""What a replay came to, read from its ledger: deals with what they earned, what stayed open marked to the book."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

from common.core.deal import Deal, DealState, opening_price
from common.core.market import Direction, Venue
from common.core.money import ZERO, uusd_down, uusd_up
from common.core.order import standing
from common.ledger.past import Past, Payment
from common.ledger.report import Report
from common.ledger.shapes import DealRow

#: USD that closing a position (market, venue, size) at the book would bring, fee taken off
Marked: TypeAlias = Callable[[str, Venue, Decimal], Decimal]
OVER = frozenset({DealState.CLOSED, DealState.VOID})


@dataclass(frozen=True, slots=True)
class DealResult:
    """One deal. `pnl_uusd` has fees taken off and what stayed open marked to the book; funding is apart."""

    deal_id: str
    market: str
    direction: Direction
    opened_ns: int
    #: None: it could not be closed
    closed_ns: int | None
    notional_uusd: int
    pnl_uusd: int
    fees_uusd: int
    funding_uusd: int
    #: filled at one venue only, and evened
    was_missed: bool
    #: it was open when the tape ended
    closed_at_end: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """`digest` is over the ledger's rows: same tape, configuration and seed, same bytes."""

    digest: str
    deals: tuple[DealResult, ...]
    #: tape time, and equity of both venues with every position closed at the book, µUSD
    equity_curve: tuple[tuple[int, int], ...]
    refusals: Mapping[str, int]
    #: book messages that were decided upon
    events: int
    from_ns: int
    to_ns: int
    markets: tuple[str, ...]


def deals_of(ledger_file: Path, ended_ns: int, marked: Marked) -> tuple[DealResult, ...]:
    """Every deal that was reserved, oldest first; what never filled is there with nothing."""
    with Report.open(ledger_file) as report:
        rows = sorted(report.deals(), key=lambda row: (row.deal.opened_ns, row.deal.deal_id))
    with Past(ledger_file) as past:
        hedged, funding = past.hedged(), shared(past.payments(), [row.deal for row in rows])
    return tuple(_result(row, ended_ns, hedged, funding.get(row.deal.deal_id, 0), marked) for row in rows)


def _result(row: DealRow, ended_ns: int, hedged: frozenset[str], funding_uusd: int, marked: Marked) -> DealResult:
    deal = row.deal
    closed_ns = deal.changed_ns if deal.state in OVER else None
    return DealResult(
        deal_id=deal.deal_id,
        market=deal.market,
        direction=deal.direction,
        opened_ns=deal.opened_ns,
        closed_ns=closed_ns,
        notional_uusd=notional_uusd(deal),
        pnl_uusd=_pnl_uusd(deal, marked),
        fees_uusd=row.fees_uusd,
        funding_uusd=funding_uusd,
        was_missed=bool(deal.fills) and deal.deal_id not in hedged,
        closed_at_end=bool(deal.fills) and (closed_ns is None or closed_ns > ended_ns),
    )


def _pnl_uusd(deal: Deal, marked: Marked) -> int:
    left = {venue: deal.position(venue) for venue in Venue}
    worth = sum((marked(deal.market, venue, size) for venue, size in left.items() if size), ZERO)
    return uusd_down(deal.cash + worth) - deal.fees_uusd


def notional_uusd(deal: Deal) -> int:
    """What the larger leg opened, at its average price."""
    return max(uusd_up(_opened(deal, venue) * opening_price(deal, venue)) for venue in Venue)


def _opened(deal: Deal, venue: Venue) -> Decimal:
    side = deal.direction.side_at(venue)
    return sum((f.size for f in standing(deal.fills) if f.venue is venue and f.side is side), ZERO)


def shared(payments: Iterable[Payment], deals: Sequence[Deal]) -> dict[str, int]:
    """Funding by deal: a payment belongs to the deals that had a position there then, by size; to the micro-dollar."""
    found: dict[str, int] = {}
    for paid in payments:
        holding = [(d.deal_id, abs(_held(d, paid))) for d in deals if d.market == paid.market]
        _share(paid.payment_uusd, [(name, size) for name, size in holding if size], found)
    return found


def _held(deal: Deal, paid: Payment) -> Decimal:
    if deal.opened_ns > paid.venue_ns:
        return ZERO
    fills = (f for f in deal.fills if f.venue is paid.venue and f.venue_ns <= paid.venue_ns)
    return sum((f.side.sign * f.size for f in fills), ZERO)


def _share(payment_uusd: int, holding: list[tuple[str, Decimal]], found: dict[str, int]) -> None:
    left_uusd, left_size = payment_uusd, sum((size for _, size in holding), ZERO)
    for name, size in holding:
        part = int(left_uusd * size / left_size)
        found[name] = found.get(name, 0) + part
        left_uusd, left_size = left_uusd - part, left_size - size
