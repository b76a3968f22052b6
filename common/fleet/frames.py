"""What an account stream pushes at once, cut into the parts that each market's worker hears."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from common.core.account import ForcedFill, FundingPaid
from common.core.events import Filled, Reported
from common.fleet.speech import fills_of, forced_of, funding_of, report_of
from common.sim.engine import PaperEngine
from common.sim.types import AccountChange, FundingPayment, PaperFill, PaperOrder

Told: TypeAlias = Reported | Filled | ForcedFill | FundingPaid


@dataclass(frozen=True, slots=True)
class Frame:
    """One market's part of what an account stream pushes at once."""

    orders: tuple[PaperOrder, ...] = ()
    fills: tuple[PaperFill, ...] = ()
    funding: tuple[FundingPayment, ...] = ()


def parts_of(change: AccountChange) -> Mapping[str, Frame]:
    """One frame for all: by market, each worker's own part."""
    parts: dict[str, Frame] = {}
    for order in change.orders:
        part = parts.setdefault(order.request.market, Frame())
        parts[order.request.market] = replace(part, orders=(*part.orders, order))
    for fill in change.fills:
        part = parts.setdefault(fill.market, Frame())
        parts[fill.market] = replace(part, fills=(*part.fills, fill))
    for paid in change.funding:
        part = parts.setdefault(paid.market, Frame())
        parts[paid.market] = replace(part, funding=(*part.funding, paid))
    return parts


def told_of(engine: PaperEngine, frame: Frame, hidden: Mapping[str, int], now_ns: int) -> Iterator[Told]:
    """What a worker hears in its part of a frame at `now_ns`; nothing of the fills of orders that are `hidden`."""
    venue = engine.venue
    for fill in frame.fills:
        order = engine.order(fill.account_id, fill.order_id) if fill.order_id else None
        if order is None:
            yield from forced_of(venue, fill, now_ns)
        elif order.request.client_id not in hidden:
            yield from (Filled(said, now_ns) for said in fills_of(venue, fill, order.request.client_id))
    yield from (Reported(report_of(order, hidden), now_ns) for order in frame.orders)
    yield from (funding_of(venue, paid) for paid in frame.funding)
