"""What a venue did to our account that neither its last account row nor the ledger's file could have in it.

It took a fill back, took a position over, closed it against somebody else, or filled an order that it had called dead.
Whoever let a deal in could not know of it; all else he could. Read off the venue's own executions and positions, by its
own clock: the row has whatever came before the last moment at which the venue's position was what the row says.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from common.core.order import REVERSED
from common.fleet.wire import ACCOUNT
from common.sim.engine import PaperEngine
from common.sim.types import PaperFill

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What was known of one venue: position by market of a row asked for after `since_ns`; ids of executions in the
    file, those taken back under a name of their own; orders that may fill yet."""

    since_ns: int
    sizes: Mapping[str, Decimal]
    fill_ids: Collection[str]
    unfinished: Collection[str]


@dataclass(frozen=True, slots=True)
class Change:
    """What one execution, or its end, did to position and cash."""

    at_ns: int
    market: str
    size: Decimal
    cash: Decimal
    known: bool


def unheard(engine: PaperEngine, knowledge: Knowledge) -> Iterator[Change]:
    """What was done since, of which nobody could know; newest first."""
    changes = [change for fill in engine.fills(ACCOUNT) for change in _changes(engine, fill, knowledge)]
    sizes = {position.market: position.size for position in engine.account(ACCOUNT).positions}
    in_row: set[str] = set()
    for change in sorted(changes, key=lambda change: -change.at_ns):
        market = change.market
        if sizes.get(market, ZERO) == knowledge.sizes.get(market, ZERO):
            in_row.add(market)
        if market in in_row or change.at_ns <= knowledge.since_ns:
            continue
        sizes[market] = sizes.get(market, ZERO) - change.size
        if not change.known:
            yield change


def _changes(engine: PaperEngine, fill: PaperFill, knowledge: Knowledge) -> Iterator[Change]:
    size = fill.side.sign * fill.size
    cash = -size * fill.price - fill.fee
    order = engine.order(ACCOUNT, fill.order_id) if fill.order_id else None
    counted = order is not None and order.request.client_id in knowledge.unfinished
    yield Change(fill.at_ns, fill.market, size, cash, counted or fill.fill_id in knowledge.fill_ids)
    if fill.failed_ns is not None:
        known = fill.fill_id + REVERSED in knowledge.fill_ids
        yield Change(fill.failed_ns, fill.market, -size, -cash, known)
