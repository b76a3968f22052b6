"""What an order row becomes when something is heard about it. Pure; the file is not touched here."""

from dataclasses import replace
from decimal import Decimal
from typing import TypeAlias

from common.core.errors import LocalError
from common.core.events import Answered, Filled, LookedUp, Reported
from common.core.money import ZERO
from common.core.order import Absent, Ack, Fill, Found, NotSent, Order, OrderState, Reject, Report, Unknown

Fact: TypeAlias = Answered | Reported | Filled | LookedUp


def client_id_of(fact: Fact) -> str:
    """Which order the fact is about."""
    match fact:
        case Reported(report=report):
            return report.client_id
        case Filled(fill=fill):
            return fill.client_id
    return fact.client_id


def fills_in(fact: Fact) -> tuple[Fill, ...]:
    """The fills a fact brings; LocalError when one belongs to another order than the fact."""
    match fact:
        case Filled(fill=fill):
            return (fill,)
        case LookedUp(client_id=client_id, finding=Found(report=report, fills=fills)):
            if any(other != client_id for other in (report.client_id, *(f.client_id for f in fills))):
                raise LocalError(f"the finding for order {client_id} speaks of another order")
            return fills
    return ()


def heard(order: Order, filled: Decimal, fact: Fact) -> Order:
    """The order after `fact`, the same value when nothing changes; `filled` is the sum of the fills we hold."""
    match fact:
        case Answered(answer=Ack(venue_order_id=venue_order_id)):
            return _at_venue(order, venue_order_id)
        case Answered(answer=Reject(reason=reason) | NotSent(reason=reason)):
            return _refused(order, filled, reason)
        case Answered(answer=Unknown(reason=reason)) if order.state is not OrderState.DONE:
            return replace(order, reason=reason)
        case Reported(report=report) | LookedUp(finding=Found(report=report)):
            return _reported(order, report)
        case LookedUp(finding=Absent(proven=True)) if order.state is not OrderState.DONE:
            # Dead for good: what did fill before is all that ever will.
            return replace(order, state=OrderState.DONE, reported_size=_most(order, filled), reason="absent")
    return order


def described(order: Order, new: Order, fills: int, fact: Fact) -> str:
    """One line for the journal: what was heard and what it did."""
    match fact:
        case Answered(answer=answer):
            kind = type(answer).__name__.lower()
        case _:
            kind = type(fact).__name__.lower()
    parts = [f"{order.client_id}: {kind}"]
    if new.state is not order.state:
        parts.append(f"{order.state} → {new.state}")
    if new.reported_size != order.reported_size:
        parts.append(f"reported {new.reported_size}")
    if fills:
        parts.append(f"{fills} new fill{'s' if fills > 1 else ''}")
    if new.reason != order.reason:
        parts.append(new.reason)
    return ", ".join(parts)


def _at_venue(order: Order, venue_order_id: str) -> Order:
    state = OrderState.WORKING if order.state is OrderState.NEW else order.state
    return replace(order, state=state, venue_order_id=order.venue_order_id or venue_order_id or None)


def _refused(order: Order, filled: Decimal, reason: str) -> Order:
    """DONE with nothing filled – unless we know better: then the refusal proves nothing and the order is asked for."""
    if order.state is OrderState.DONE:
        return order
    if order.state is OrderState.WORKING or _most(order, filled) > 0:
        return replace(order, reason=reason)
    return replace(order, state=OrderState.DONE, reported_size=ZERO, reason=reason)


def _reported(order: Order, report: Report) -> Order:
    new = _at_venue(order, report.venue_order_id)
    return replace(
        new,
        state=OrderState.DONE if report.final else new.state,
        reported_size=_most(order, report.filled_size),
        reason=report.reason or order.reason,
    )


def _most(order: Order, filled: Decimal) -> Decimal:
    """A cumulative size never shrinks, whatever comes in which order."""
    return max(order.reported_size or ZERO, filled)
