"""One filled leg, the other proven dead: the order that still completes the pair, when that is cheaper than unwinding.

Unwinding the filled leg costs its venue's spread and two of its fees and gives the edge up; so completing is worth as
much as the missing side may have moved against us by then. Tried once, at once, on believable books. Pure.
"""

from decimal import Decimal

from common.core.deal import Deal, DealState, Even
from common.core.market import Side
from common.core.money import price_down, price_up, usd
from common.core.order import Lifetime, Order, Purpose
from common.core.view import MarketView


def completing_order(deal: Deal, step: Even, view: MarketView, made: tuple[str, int]) -> Order | None:
    """The missing leg at the best price now, or None when unwinding is the better way out.

    `step` names the longer leg; `made` is the client id and the time. Its worst price stays within what is held. That
    it is early enough is the caller's business: only who heard the missing order die knows when that was.
    """
    client_id, at_ns = made
    missing = _missing(deal, step)
    if deal.state is not DealState.OPENING or deal.evened or missing is None:
        return None
    if any(view.distrust(v, at_ns) for v in view.books):
        return None
    limit = _worst_price(deal, step, missing, view)
    quote = view.quote(missing.venue, missing.side, step.size)
    if limit is None or quote is None or missing.side.sign * (quote.worst - limit) > 0:
        return None
    return Order(
        client_id=client_id,
        deal_id=deal.deal_id,
        venue=missing.venue,
        market=deal.market,
        side=missing.side,
        purpose=Purpose.EVEN,
        size=step.size,
        limit=limit,
        lifetime=Lifetime.FOK,
        reduce_only=False,
        created_ns=at_ns,
    )


def _missing(deal: Deal, step: Even) -> Order | None:
    """The opening order that filled nothing at all, opposite the whole filled leg."""
    others = [o for o in deal.orders if o.purpose is Purpose.OPEN and o.venue is not step.venue]
    if len(others) != 1 or others[0].size != step.size or any(f.venue is others[0].venue for f in deal.fills):
        return None
    return others[0]


def _worst_price(deal: Deal, step: Even, missing: Order, view: MarketView) -> Decimal | None:
    """How far the missing side may go: its old limit, plus edge, the filled venue's spread and two of its fees."""
    filled = view.books[step.venue]
    bid, ask = filled.bids.best(), filled.asks.best()
    if bid is None or ask is None:
        return None
    spread, fee = filled.instrument.price(ask - bid), view.instruments[step.venue].taker_fee
    room = usd(deal.edge_uusd) / deal.size + spread + 2 * fee * filled.instrument.price(ask)
    tick = view.instruments[missing.venue].tick
    if missing.side is Side.SELL:
        return price_up(missing.limit - room, tick)
    return price_down(min(missing.limit + room, usd(deal.held_uusd) / step.size), tick)
