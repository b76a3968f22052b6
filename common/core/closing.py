"""Which open deal to close now, if any, and at what limits. Pure."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum

from common.core.deal import Deal, DealState
from common.core.edge import Leg, Pair, close_edge, close_target_bps
from common.core.events import HaltLevel, Turn
from common.core.market import Side, Venue
from common.core.money import bps_of, price_down, price_up
from common.core.screen import Holding, is_below_target
from common.core.view import MarketView


@dataclass(frozen=True, slots=True)
class Exit:
    """A deal to close, the two legs that close it, and what that keeps in USD."""

    deal: Deal
    pair: Pair
    kept: Decimal
    why: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What closing a deal now would cost, USD: both fees less the spread there is; what it captured once is not asked.

    `acceptable`: it would keep at least the floor that `reduce` goes by.
    """

    deal_id: str
    cost: Decimal
    notional: Decimal
    acceptable: bool


def find_closing(
    view: MarketView, deals: tuple[Deal, ...], halt: HaltLevel, at_ns: int, turn: Turn | None = None
) -> Exit | None:
    """Of the OPEN deals that reached their target, the one that earns most."""
    exits = (_weigh(view, deal, _order(halt, turn, deal), at_ns) for deal in deals if deal.state is DealState.OPEN)
    return max(filter(None, exits), key=lambda e: e.kept, default=None)


def may_close(view: MarketView, deal: Deal, held: Holding | None, at_ns: int) -> bool:
    """Whether an exact look at an OPEN deal may find its target reached: not asked under `reduce` and `flatten`."""
    age_ns = at_ns - deal.opened_ns
    if age_ns >= view.terms.max_hold_ns:
        return True
    return held is not None and not is_below_target(view, held, float(close_target_bps(view.terms, age_ns)))


def offers(view: MarketView, deals: tuple[Deal, ...], at_ns: int) -> tuple[Offer, ...]:
    """What closing each OPEN deal would cost now; a deal without believable quotes has no price."""
    if any(view.distrust(v, at_ns) for v in view.books):
        return ()
    return tuple(filter(None, (_offer(view, deal) for deal in deals if deal.state is DealState.OPEN)))


def _offer(view: MarketView, deal: Deal) -> Offer | None:
    size = closable(view, deal)
    pair = view.pair(deal.direction.opposite, size) if size else None
    if pair is None:
        return None
    floor = bps_of(view.terms.close_floor_bps, pair.notional)
    cost = pair.fees - pair.spread * pair.size
    return Offer(deal.deal_id, cost, pair.notional, close_edge(deal, pair) >= floor)


class _Order(Enum):
    """What is asked of one deal."""

    TARGET = "target"
    FLOOR = "reduce"
    WHATEVER = "its turn to shrink"
    NOW = "flatten"


def _order(halt: HaltLevel, turn: Turn | None, deal: Deal) -> _Order:
    """Under `reduce` with turns, a deal whose turn it is not waits for its ordinary target."""
    if halt is HaltLevel.FLATTEN:
        return _Order.NOW
    if halt is not HaltLevel.REDUCE or (turn is not None and turn.deal_id != deal.deal_id):
        return _Order.TARGET
    return _Order.WHATEVER if turn is not None and turn.whatever else _Order.FLOOR


def _weigh(view: MarketView, deal: Deal, asked: _Order, at_ns: int) -> Exit | None:
    age_ns = at_ns - deal.opened_ns
    forced = asked is _Order.NOW or age_ns >= view.terms.max_hold_ns
    if not forced and any(view.distrust(v, at_ns) for v in view.books):
        return None
    size = closable(view, deal)
    pair = view.pair(deal.direction.opposite, size) if size else None
    if pair is None:
        return None
    kept = close_edge(deal, pair)
    if forced:
        return Exit(deal, _widened(view, pair), kept, asked.value if asked is _Order.NOW else "max_hold")
    target_bps = close_target_bps(view.terms, age_ns)
    if kept >= bps_of(target_bps, pair.notional):
        return Exit(deal, pair, kept, _Order.TARGET.value)
    if asked is _Order.FLOOR and kept < bps_of(view.terms.close_floor_bps, pair.notional):
        return None
    return Exit(deal, pair, kept, asked.value) if asked is not _Order.TARGET else None


def closable(view: MarketView, deal: Deal) -> Decimal:
    """The size both legs still share, on both venues' steps."""
    shared = min(abs(deal.position(v)) for v in Venue)
    for instrument in view.instruments.values():
        shared = price_down(shared, instrument.step)
    return shared


def _widened(view: MarketView, pair: Pair) -> Pair:
    """The same pair with limits that reach as far as the last unwind's: an exit is never denied."""
    return Pair(_widen(view, pair.sell), _widen(view, pair.buy), pair.size)


def _widen(view: MarketView, leg: Leg) -> Leg:
    band = bps_of(view.terms.unwind[-1].bps, leg.quote.touch)
    if leg.side is Side.BUY:
        return replace(leg, limit=price_down(leg.quote.touch + band, leg.instrument.tick))
    return replace(leg, limit=price_up(leg.quote.touch - band, leg.instrument.tick))
