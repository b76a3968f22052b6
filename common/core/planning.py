"""From a decision to rows: the deal and orders that an opportunity or an exit asks for. Pure."""

from dataclasses import replace

from common.core.closing import Exit
from common.core.deal import Deal, DealState
from common.core.dust import Dust, closing_size
from common.core.edge import Leg, Pair
from common.core.ids import client_id, deal_id, next_attempt
from common.core.money import uusd_down, uusd_up
from common.core.opening import Opportunity
from common.core.order import Lifetime, Order, Purpose
from common.core.terms import Terms


def opening_deal(found: Opportunity, terms: Terms, incarnation: str, number: int) -> Deal:
    """The deal in OPENING with its two orders (fill-or-kill where both have it), holding one leg's worst case."""
    name = deal_id(incarnation, terms.market, number)
    return Deal(
        deal_id=name,
        market=terms.market,
        number=number,
        direction=found.direction,
        size=found.pair.size,
        state=DealState.OPENING,
        held_uusd=uusd_up(found.pair.worst_notional),
        edge_uusd=uusd_down(found.edge),
        opened_ns=found.at_ns,
        changed_ns=found.at_ns,
        orders=_paired(found.pair, terms.market, Purpose.OPEN, (name, 0), found.at_ns),
    )


def closing_orders(found: Exit, dust: Dust, at_ns: int) -> tuple[Order, ...]:
    """The reduce-only orders that close what both legs share, with the dust that they can take along.

    A leg that is smaller than its venue's smallest order is dust itself and left behind.
    """
    deal, pair = found.deal, found.pair
    orders = _paired(pair, deal.market, Purpose.CLOSE, (deal.deal_id, next_attempt(deal)), at_ns)
    legs = zip(orders, (pair.sell, pair.buy), strict=True)
    sized = [(o, closing_size(deal, o.size, leg.instrument, dust.at(o.venue))) for o, leg in legs]
    return tuple(replace(order, size=size) for order, size in sized if size)


def _paired(pair: Pair, market: str, purpose: Purpose, first: tuple[str, int], at_ns: int) -> tuple[Order, Order]:
    name, attempt = first
    whole = pair.sell.instrument.fill_or_kill and pair.buy.instrument.fill_or_kill

    def order(leg: Leg, number: int) -> Order:
        return Order(
            client_id=client_id(name, leg.instrument.venue, number),
            deal_id=name,
            venue=leg.instrument.venue,
            market=market,
            side=leg.side,
            purpose=purpose,
            size=pair.size,
            limit=leg.limit,
            lifetime=Lifetime.FOK if whole else Lifetime.IOC,
            reduce_only=purpose is Purpose.CLOSE,
            created_ns=at_ns,
        )

    return order(pair.sell, attempt), order(pair.buy, attempt + 1)
