"""Deals told anew from what the venues still know: from nothing after a lost file, or beside what a ledger knows.

Client ids tell incarnation, market, deal, leg and attempt; the order behind each fill tells the rest. What an order was
for is told by what the deal was when it was made. Pure. Whatever does not fit is named and never guessed at.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from common.core.account import ForcedFill
from common.core.deal import Deal, DealState, Rest, filled_notional_uusd, next_step
from common.core.events import LookedUp
from common.core.history import History, PastOrder
from common.core.ids import OrderName, order_name
from common.core.market import Direction, Venue
from common.core.money import ZERO
from common.core.order import REVERSED, Fill, Found, Order, OrderState, Purpose, reversal
from common.core.purposes import OPENING, Instruments, purposed

#: books a forced fill to deals (oldest first) as the rows that the ledger keeps of it
BookForced: TypeAlias = Callable[[ForcedFill, tuple[Deal, ...]], Sequence[tuple[Order, Fill]]]
_Named: TypeAlias = tuple[OrderName, PastOrder]


@dataclass(frozen=True, slots=True)
class Addition:
    """Orders and fills that a deal of the ledger lacks."""

    deal_id: str
    orders: tuple[Order, ...]
    fills: tuple[Fill, ...]


@dataclass(frozen=True, slots=True)
class Retold:
    """One market: what its ledger lacks, what it holds with all of that, and what could not be mapped, by name."""

    market: str
    new: tuple[Deal, ...]
    more: tuple[Addition, ...]
    facts: tuple[LookedUp, ...]
    positions: Mapping[Venue, Decimal]
    strange: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """What is known before the venues are heard: the ledger's deals of a market, its instruments, how it books."""

    market: str
    deals: tuple[Deal, ...]
    instruments: Instruments
    book_forced: BookForced
    #: for deals that are new to the ledger: running numbers of their orders go on from here
    attempts_from: int
    at_ns: int


def retell(before: Before, histories: Iterable[History]) -> Retold:
    """Everything that the venues tell of one market, sorted into deals."""
    strange: list[str] = []
    told = tuple(_part(history, before.market) for history in histories)
    known = {deal.deal_id: deal for deal in before.deals}
    groups, facts = _sorted(told, before, strange)
    heard = {deal.deal_id: _with_facts(deal, facts) for deal in known.values()}
    merged = dict(heard)
    for deal_id, named in groups.items():
        deal = merged.get(deal_id) or _begun(deal_id, named, before, strange)
        if deal is not None:
            merged[deal_id] = _joined(deal, named, told)
    for forced in sorted((f for part in told for f in part.forced), key=lambda f: (f.venue_ns, f.fill_id)):
        _bear(forced, merged, before, strange)
    deals = {deal_id: purposed(deal, heard.get(deal_id), before.instruments) for deal_id, deal in merged.items()}
    return Retold(
        market=before.market,
        new=_numbered([_settled(d, before.instruments) for d in deals.values() if d.deal_id not in known], before),
        more=tuple(_addition(deals[d.deal_id], d) for d in heard.values() if _has_more(deals[d.deal_id], d)),
        facts=tuple(fact for fact in facts if _is_news(fact, known)),
        positions={v: sum((d.position(v) for d in _ours(deals.values())), ZERO) for v in Venue},
        strange=tuple(strange),
    )


def _ours(deals: Iterable[Deal]) -> Iterator[Deal]:
    """What a person wrote off is not ours any more."""
    return (deal for deal in deals if deal.state is not DealState.WRITTEN_OFF)


def _part(history: History, market: str) -> History:
    """What a venue tells of one market."""
    orders = tuple(o for o in history.orders if o.market == market)
    names = {order.report.client_id for order in orders}
    fills = tuple(sorted((f for f in history.fills if f.client_id in names), key=lambda f: (f.venue_ns, f.fill_id)))
    return History(history.venue, orders, fills, tuple(f for f in history.forced if f.market == market))


def _sorted(
    told: Iterable[History], before: Before, strange: list[str]
) -> tuple[dict[str, list[_Named]], tuple[LookedUp, ...]]:
    """Orders new to the ledger by deal, in the order of their attempts; and what is told of orders that it knows."""
    rows = {order.client_id for deal in before.deals for order in deal.orders}
    groups, facts = dict[str, list[_Named]](), list[LookedUp]()
    for part in told:
        for past in part.orders:
            fills = tuple(f for f in part.fills if f.client_id == past.report.client_id)
            name, why = order_name(past.report.client_id), _doubt(past, fills)
            if name is None or why:
                strange.append(f"{past.venue} order {past.report.client_id or past.report.venue_order_id}{why}")
            elif past.report.client_id in rows:
                facts.append(LookedUp(past.report.client_id, Found(past.report, fills), before.at_ns))
            else:
                groups.setdefault(name.deal_id, []).append((name, past))
    ordered = sorted(groups.items(), key=lambda item: (min(p.created_ns for _, p in item[1]), item[0]))
    return {deal_id: sorted(named, key=lambda n: n[0].attempt) for deal_id, named in ordered}, tuple(facts)


def _doubt(past: PastOrder, fills: tuple[Fill, ...]) -> str:
    """Why an order cannot be taken as one of ours; empty when it can."""
    # A fill that was taken back is followed by one of the other side; what was reported is what was matched.
    filled = sum((f.size for f in fills if f.side is past.side), ZERO)
    name = order_name(past.report.client_id)
    if name is None or past.lifetime is None or (name.market, name.venue) != (past.market, past.venue):
        return " is not of this fleet"
    if not past.report.final:
        return " may still fill"
    if filled != past.report.filled_size:
        return f" filled {past.report.filled_size}, its fills since then are {filled}"
    return ""


def _with_facts(deal: Deal, facts: Iterable[LookedUp]) -> Deal:
    """A deal of the ledger with the fills that it had not heard of."""
    own, held = {o.client_id for o in deal.orders}, {(f.venue, f.fill_id) for f in deal.fills}
    found = [
        f for fact in facts if isinstance(fact.finding, Found) and fact.client_id in own for f in fact.finding.fills
    ]
    return replace(deal, fills=deal.fills + tuple(f for f in found if (f.venue, f.fill_id) not in held))


def _is_news(fact: LookedUp, known: Mapping[str, Deal]) -> bool:
    """Whether the ledger lacks a fill that is told, or the end of the order."""
    name = order_name(fact.client_id)
    if name is None or not isinstance(fact.finding, Found):
        return False
    deal = known[name.deal_id]
    order = next(o for o in deal.orders if o.client_id == fact.client_id)
    held = {(f.venue, f.fill_id) for f in deal.fills}
    return order.state is not OrderState.DONE or any((f.venue, f.fill_id) not in held for f in fact.finding.fills)


def _begun(deal_id: str, named: list[_Named], before: Before, strange: list[str]) -> Deal | None:
    """The deal as its opening orders tell it; None, and a name, when they are not among what was told."""
    opening = [(name, past) for name, past in named if name.attempt in OPENING]
    directions = {d for _, past in opening for d in Direction if d.side_at(past.venue) is past.side}
    if len(directions) != 1:
        why = "was opened before that" if not opening else "has opening orders that contradict each other"
        strange.append(f"deal {deal_id} {why}: {', '.join(past.report.client_id for _, past in named)}")
        return None
    opened_ns = min(past.created_ns for _, past in opening)
    return Deal(
        deal_id=deal_id,
        market=before.market,
        number=named[0][0].number,
        direction=directions.pop(),
        size=opening[0][1].size,
        state=DealState.OPENING,
        held_uusd=0,
        edge_uusd=0,
        opened_ns=opened_ns,
        changed_ns=opened_ns,
        attempts_from=before.attempts_from,
    )


def _joined(deal: Deal, named: list[_Named], told: Iterable[History]) -> Deal:
    """The deal with these orders, what they were for left open, and their fills."""
    orders = tuple(_order(deal, past) for _, past in named)
    names = {order.client_id for order in orders}
    fills = sorted((f for part in told for f in part.fills if f.client_id in names), key=lambda f: f.venue_ns)
    return replace(deal, orders=deal.orders + orders, fills=deal.fills + tuple(fills))


def _order(deal: Deal, past: PastOrder) -> Order:
    assert past.lifetime is not None
    return Order(
        client_id=past.report.client_id,
        deal_id=deal.deal_id,
        venue=past.venue,
        market=past.market,
        side=past.side,
        purpose=Purpose.EVEN,
        size=past.size,
        limit=past.limit,
        lifetime=past.lifetime,
        reduce_only=past.reduce_only,
        created_ns=past.created_ns,
        state=OrderState.DONE,
        venue_order_id=past.report.venue_order_id,
        reported_size=past.report.filled_size,
        reason=past.report.reason,
    )


# ---- forced fills -------------------------------------------------------------------------------------------------


def _bear(forced: ForcedFill, deals: dict[str, Deal], before: Before, strange: list[str]) -> None:
    """Book a forced fill to the deals that were live when it happened, as the fleet did or would have."""
    if any(f.venue is forced.venue and f.fill_id == forced.fill_id for d in before.deals for f in d.fills):
        return
    if forced.fill_id.endswith(REVERSED):
        _take_back(forced, deals)
        return
    then = [_until(deal, forced.venue_ns) for deal in sorted(deals.values(), key=lambda d: (d.opened_ns, d.number))]
    begun = [deal for deal in then if deal.fills]
    bearers = [deal for deal in begun if any(deal.position(v) for v in Venue)] or begun[-1:]
    if not bearers:
        strange.append(f"{forced.venue} forced fill {forced.fill_id}: no deal was there to bear it")
        return
    for order, fill in before.book_forced(forced, tuple(bearers)):
        deal = deals[order.deal_id]
        at = sum(1 for o in deal.orders if o.created_ns <= forced.venue_ns)
        orders = (*deal.orders[:at], order, *deal.orders[at:])
        deals[order.deal_id] = replace(deal, orders=orders, fills=(*deal.fills, fill))


def _take_back(forced: ForcedFill, deals: dict[str, Deal]) -> None:
    """Every part of an earlier forced fill is taken back where it was booked."""
    first = forced.fill_id.removesuffix(REVERSED)
    for deal_id, deal in deals.items():
        parts = [f for f in deal.fills if f.venue is forced.venue and f.fill_id.split("#")[0] == first]
        if parts:
            deals[deal_id] = replace(deal, fills=(*deal.fills, *(reversal(part) for part in parts)))


def _until(deal: Deal, at_ns: int) -> Deal:
    """The deal with the fills that it had at that moment."""
    return replace(deal, fills=tuple(f for f in deal.fills if f.venue_ns <= at_ns))


# ---- what became of it --------------------------------------------------------------------------------------------


def _settled(deal: Deal, instruments: Instruments) -> Deal:
    """The state and held that its fills ask for; a deal that is uneven is left to its worker."""
    closing = any(order.purpose is Purpose.CLOSE for order in deal.orders)
    held = filled_notional_uusd(deal)
    changed_ns = max(fill.venue_ns for fill in deal.fills)
    deal = replace(deal, held_uusd=held, changed_ns=changed_ns)
    step = next_step(replace(deal, state=DealState.CLOSING) if closing else deal, instruments)
    if isinstance(step, Rest):
        return replace(deal, state=step.state, held_uusd=step.held_uusd)
    return replace(deal, state=DealState.CLOSING) if closing else deal


def _numbered(deals: list[Deal], before: Before) -> tuple[Deal, ...]:
    """Each under a running number that its market has not given away yet: its own, unless two files gave it twice."""
    taken = {deal.number for deal in before.deals}
    top = max([*taken, *(deal.number for deal in deals)], default=0)
    found = []
    for deal in deals:
        number = deal.number
        if number in taken:
            top = number = top + 1
        taken.add(number)
        found.append(replace(deal, number=number))
    return tuple(found)


def _has_more(deal: Deal, heard: Deal) -> bool:
    return (deal.orders, deal.fills) != (heard.orders, heard.fills)


def _addition(deal: Deal, known: Deal) -> Addition:
    rows, held = {o.client_id for o in known.orders}, {(f.venue, f.fill_id) for f in known.fills}
    orders = tuple(o for o in deal.orders if o.client_id not in rows)
    return Addition(deal.deal_id, orders, tuple(f for f in deal.fills if (f.venue, f.fill_id) not in held))
