"""The outside checker's comparison: the venues' own journals against the ledger, fill by fill and cent by cent. Pure.

What is on its way (an order not accounted for, a fill of a moment ago) is not held against anybody.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from scripts.audit_facts import BY_HAND, FORCED, ZERO, Finding, LedgerFacts, OneFill, VenueFacts, positions

SECOND_NS = 1_000_000_000
#: how long a fill or an evening may be on its way before it is missing
GRACE_NS = 20 * SECOND_NS
#: funding is pushed, and asked for after every full hour until the venue answers
FUNDING_GRACE_NS = 660 * SECOND_NS

#: a share of a forced fill, in its id
_PART = re.compile(r"#\d+")

Venues = Mapping[str, VenueFacts]


def fills(ledger: LedgerFacts, venues: Venues) -> Iterator[Finding]:
    """The same executions on both sides: id, order, side, price, size and fee."""
    ours = {(fill.venue, fill.fill_id): fill for fill in _whole(ledger.fills)}
    for name, venue in venues.items():
        theirs = {(name, fill_id): fill for fill_id, fill in venue.fills.items()}
        for key in [key for key in ours if key[0] == name and key not in theirs]:
            if ours[key].at_ns >= venue.known_from_ns:
                yield Finding("fills", f"{name} knows no fill {key[1]}, the ledger does")
        for key, fill in theirs.items():
            yield from _compared(ours.get(key), fill, ledger)


def _compared(ours: OneFill | None, theirs: OneFill, ledger: LedgerFacts) -> Iterator[Finding]:
    if ours is None:
        what = f"{theirs.side} {theirs.size} {theirs.market} at {theirs.price}"
        if theirs.client_id.startswith(BY_HAND):
            yield Finding(
                "fills", f"{theirs.venue} filled {what} of the order by hand {theirs.client_id}", broken=False
            )
        elif not _on_its_way(theirs, ledger):
            yield Finding("fills", f"{theirs.venue} filled {what} ({theirs.fill_id}), the ledger does not know it")
        return
    for field in ("market", "side", "price", "size", "fee_uusd"):
        if getattr(ours, field) != getattr(theirs, field):
            was = f"{getattr(theirs, field)}, the ledger says {getattr(ours, field)}"
            yield Finding("fills", f"{theirs.venue} fill {theirs.fill_id}: {field} is {was}")
    if theirs.client_id and ours.client_id != theirs.client_id:
        yield Finding("fills", f"{theirs.venue} fill {theirs.fill_id} belongs to order {theirs.client_id}")


def _whole(found: tuple[OneFill, ...]) -> list[OneFill]:
    """A forced fill may be shared out among deals: put it together again under the venue's id."""
    parts: dict[tuple[str, str], list[OneFill]] = {}
    for fill in found:
        fill_id = _PART.sub("", fill.fill_id) if fill.client_id.startswith(FORCED) else fill.fill_id
        parts.setdefault((fill.venue, fill_id), []).append(fill)
    return [_together(fill_id, group) for (_, fill_id), group in parts.items()]


def _together(fill_id: str, group: list[OneFill]) -> OneFill:
    if len(group) == 1:
        return group[0]
    one = group[0]
    size, fee = sum((part.size for part in group), ZERO), sum(part.fee_uusd for part in group)
    return OneFill(one.venue, fill_id, one.client_id, one.market, one.side, one.price, size, fee, one.at_ns)


def _explained(fill: OneFill, ledger: LedgerFacts) -> bool:
    """A fill that the ledger need not have, and that moved position and cash all the same."""
    return fill.client_id.startswith(BY_HAND) or _on_its_way(fill, ledger)


def _on_its_way(fill: OneFill, ledger: LedgerFacts) -> bool:
    return ledger.limits.at_ns - fill.at_ns < GRACE_NS or fill.client_id in unfinished(ledger)


def unfinished(ledger: LedgerFacts) -> set[str]:
    """Client ids of orders whose fate, or some of whose fills, the ledger does not have yet."""
    filled: dict[str, Decimal] = {}
    for fill in ledger.fills:
        if not fill.takes_back:
            filled[fill.client_id] = filled.get(fill.client_id, ZERO) + fill.size
    return {
        order.client_id
        for order in ledger.orders.values()
        if order.state != "DONE" or (order.reported or ZERO) > filled.get(order.client_id, ZERO)
    }


def venue_positions(ledger: LedgerFacts, venues: Venues) -> Iterator[Finding]:
    """Per market, what our fills leave is what the venue holds for us."""
    for name, venue in venues.items():
        if venue.known_from_ns:
            continue
        pending = [f for f in _unknown(ledger, venue) if _explained(f, ledger)]
        ours = positions([*(f for f in ledger.fills if f.venue == name), *pending])
        theirs = venue.positions()
        for market in sorted(ours.keys() | theirs.keys()):
            if ours.get(market, ZERO) != theirs.get(market, ZERO):
                text = f"{theirs.get(market, ZERO)}, our fills leave {ours.get(market, ZERO)}"
                yield Finding("positions", f"{name} holds {market} {text}")


def money(ledger: LedgerFacts, venues: Venues) -> Iterator[Finding]:
    """The venue's cash changed by exactly what our fills, fees and funding say, to the micro-dollar."""
    for name, venue in venues.items():
        if venue.known_from_ns:
            continue
        known = [f for f in ledger.fills if f.venue == name]
        known += [f for f in _unknown(ledger, venue) if _explained(f, ledger)]
        received = sum(payment for payment, _ in venue.funding.values())
        ours = sum((fill.cash_uusd for fill in known), ZERO) + received
        theirs = venue.balance_uusd - venue.opening_uusd
        if ours != theirs:
            yield Finding("money", f"{name}: cash changed by {theirs} µUSD, our fills and funding say {ours}")


def _pending(ledger: LedgerFacts) -> Iterator[Finding]:
    """Orders that recovery still has to ask for: nobody's fault, but not the whole story either."""
    for client_id in sorted(unfinished(ledger)):
        order = ledger.orders[client_id]
        if ledger.limits.at_ns - order.created_ns >= GRACE_NS:
            yield Finding("orders", f"{client_id} ({order.state}) is not accounted for yet", broken=False)


def _unknown(ledger: LedgerFacts, venue: VenueFacts) -> list[OneFill]:
    """Fills of the venue that the ledger does not have."""
    ours = {fill.fill_id for fill in _whole(ledger.fills) if fill.venue == venue.venue}
    return [fill for fill_id, fill in venue.fills.items() if fill_id not in ours]


def funding(ledger: LedgerFacts, venues: Venues) -> Iterator[Finding]:
    """Every payment stands on both sides with the same amount."""
    for name, venue in venues.items():
        for payment_id, (received, at_ns) in venue.funding.items():
            ours = ledger.funding.get((name, payment_id))
            if ours is None and ledger.limits.at_ns - at_ns >= FUNDING_GRACE_NS:
                yield Finding("funding", f"{name} paid {received} µUSD ({payment_id}), the ledger does not know it")
            elif ours is None:
                yield Finding("funding", f"{name} payment {payment_id} is not booked yet", broken=False)
            elif ours != received:
                yield Finding("funding", f"{name} payment {payment_id} is {received} µUSD, the ledger says {ours}")
        for owner, payment_id in ledger.funding:
            if owner == name and payment_id not in venue.funding and not venue.known_from_ns:
                yield Finding("funding", f"{name} knows no payment {payment_id}, the ledger does")


def _forgotten(ledger: LedgerFacts, venue: VenueFacts) -> set[str]:
    """Orders that nobody can be told of any more: their rows went with a lost file, and no fill points at them."""
    filled = {fill.client_id for fill in venue.fills.values()}
    early = {name for name, taken_ns in venue.taken_ns.items() if taken_ns <= ledger.reconciled_ns}
    return early - filled - ledger.orders.keys()


def orders(ledger: LedgerFacts, venues: Venues) -> Iterator[Finding]:
    """No order at a venue without its row, and none that the ledger says was filled but the venue never saw."""
    yield from _pending(ledger)
    for name, venue in venues.items():
        forgotten = _forgotten(ledger, venue)
        if forgotten:
            text = f"{name} has {len(forgotten)} unfilled orders from before the ledger was reconciled: not judged"
            yield Finding("orders", text, broken=False)
        by_hand = {client_id for client_id in venue.orders if client_id.startswith(BY_HAND)}
        if by_hand:
            text = f"{name} had {len(by_hand)} orders by hand, in which the ledger has no part: not judged"
            yield Finding("orders", text, broken=False)
        for client_id in venue.orders.keys() - forgotten - by_hand:
            row = ledger.orders.get(client_id)
            if row is None or row.venue != name:
                yield Finding("orders", f"{name} has order {client_id}, which has no row in the ledger")
        for row in ledger.orders.values():
            lost = row.venue == name and (row.reported or ZERO) > 0 and row.created_ns >= venue.known_from_ns
            if lost and row.client_id not in venue.orders and not row.client_id.startswith(FORCED):
                yield Finding("orders", f"the ledger says {name} filled order {row.client_id}, which it never saw")
