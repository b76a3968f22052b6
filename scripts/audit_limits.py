"""The outside checker's view of the limits: cap, level, direction, leverage. Pure; counts for itself."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from scripts.audit_facts import UUSD, VENUES, ZERO, DealFact, Finding, LedgerFacts, Limits, VenueFacts


def cap(limits: Limits) -> Iterator[Finding]:
    """Σ held ≤ leverage_entry × the smaller equity − what a venue carries beyond what deals answer for."""
    room = room_uusd(limits)
    if room is None:
        if any(deal.live for deal in limits.deals):
            yield Finding("cap", "there are live deals, but no cap or no equity in the ledger")
        return
    if limits.held_uusd <= room:
        return
    text = f"held {_usd(limits.held_uusd)} is above the cap {_usd(room)}"
    newest = _newest_ns(limits)
    # A cap shrinks with equity under deals that were let in properly; let in under these very figures is the offence.
    if newest > max(equity.at_ns for equity in limits.equities.values()):
        yield Finding("cap", f"{text}, and a deal was let in under these figures")
    else:
        yield Finding("cap", f"{text}: the cap shrank, nothing was let in", broken=False)


def room_uusd(limits: Limits) -> int | None:
    """The cap by the formula, micro-USD; None while a row is missing."""
    if limits.cap is None or set(limits.equities) != set(VENUES):
        return None
    smaller = min(equity.equity_uusd for equity in limits.equities.values())
    beyond = max(max(0, e.gross_uusd - _answered_uusd(limits, venue)) for venue, e in limits.equities.items())
    return int(limits.cap.leverage_entry * smaller) - beyond


def _answered_uusd(limits: Limits, venue: str) -> int:
    """How much of what a venue carries is held by deals already: those with a position there and nothing yet to come.

    An order counts that was there when the newest deal was let in: what was sent later could forbid it nothing.
    """
    newest = _newest_ns(limits)
    to_come = {o.deal_id for o in limits.adding if o.venue == venue and (o.opening or o.created_ns <= newest)}
    there = (d for d in limits.deals if (venue, d.market) in limits.places and d.deal_id not in to_come)
    return sum(deal.held_uusd for deal in there)


def _newest_ns(limits: Limits) -> int:
    return max((deal.opened_ns for deal in limits.deals if deal.live), default=0)


def level(limits: Limits) -> Iterator[Finding]:
    """Live deals per direction ≤ level."""
    if limits.cap is None:
        return
    for direction in (1, -1):
        there = [deal for deal in limits.deals if deal.live and deal.direction == direction]
        if len(there) > limits.cap.level:
            text = f"{len(there)} live deals of direction {direction:+d}, level is {limits.cap.level}"
            # Facts may exceed, entries may not: whether an entry came on top of them is told by the journal.
            yield Finding("level", text, broken=not any(deal.rebuilt for deal in there))


def level_history(ledger: LedgerFacts) -> Iterator[Finding]:
    """The same for every moment of the past, and one direction per market, replayed from the journal."""
    live: dict[str, DealFact] = {}
    for step in ledger.steps:
        deal = ledger.deals.get(step.deal_id)
        if deal is None:
            yield Finding("level in the past", f"journal {step.seq} speaks of {step.deal_id}, which is in no row")
            continue
        if step.before is None:
            live[deal.deal_id] = deal
            yield from _admission(deal, live, ledger)
        if step.after not in (None, "OPENING", "OPEN", "CLOSING", "STUCK"):
            live.pop(deal.deal_id, None)


def _admission(deal: DealFact, live: Mapping[str, DealFact], ledger: LedgerFacts) -> Iterator[Finding]:
    if deal.rebuilt:
        return
    count = sum(1 for other in live.values() if other.direction == deal.direction)
    bound = ledger.limits.cap
    if bound is not None and ledger.caps_set <= 1 and count > bound.level:
        yield Finding("level in the past", f"{deal.deal_id} was let in as number {count} of its direction")
    if any(o.market == deal.market and o.direction != deal.direction for o in live.values()):
        yield Finding("one direction per market", f"{deal.deal_id} was let in against a deal of its own market")


def one_direction(limits: Limits) -> Iterator[Finding]:
    """Live deals of one market all have one direction."""
    markets: dict[str, list[DealFact]] = {}
    for deal in limits.deals:
        if deal.live:
            markets.setdefault(deal.market, []).append(deal)
    for market, there in markets.items():
        if len({deal.direction for deal in there}) > 1:
            told = any(deal.rebuilt for deal in there)
            yield Finding("one direction per market", f"{market} has live deals of both directions", broken=not told)


def leverage(sizes: Mapping[str, Decimal], cash_uusd: int, marks: Mapping[str, Decimal]) -> Decimal | None:
    """Σ |size × mark| over cash + Σ size × mark; None where a mark is missing or nothing is left."""
    if any(market not in marks for market in sizes):
        return None
    values = [size * marks[market] * UUSD for market, size in sizes.items()]
    equity = cash_uusd + sum(values, ZERO)
    return sum((abs(value) for value in values), ZERO) / equity if equity > 0 else None


def said_leverage(limits: Limits, venues: Mapping[str, VenueFacts]) -> Iterator[Finding]:
    """Leverage by the venues' own words ≤ leverage_max; by price alone is an excursion, not an offence."""
    if limits.cap is None:
        return
    for name, equity in limits.equities.items():
        if equity.gross_uusd <= limits.cap.leverage_max * equity.equity_uusd:
            continue
        times = "without equity" if equity.equity_uusd <= 0 else f"{equity.gross_uusd / equity.equity_uusd:.3f}"
        then = _at_last_fills(venues[name]) if name in venues else None
        by_price = then is not None and then <= limits.cap.leverage_max
        tail = f"by price alone ({then:.3f} at the prices of the last fills)" if by_price else "not by price alone"
        yield Finding("leverage", f"{name} is at leverage {times}, {tail}", broken=not by_price)


def _at_last_fills(venue: VenueFacts) -> Decimal | None:
    prices = {fill.market: fill.price for fill in venue.fills.values()}
    return leverage(venue.positions(), venue.balance_uusd, prices)


def _usd(uusd: int) -> str:
    return f"{uusd / UUSD:.6f}"
