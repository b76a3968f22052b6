"""Which open deal to close now, if any, and at what limits. Pure."""

from dataclasses import dataclass, replace
from decimal import Decimal

from common.core.deal import Deal, DealState
from common.core.edge import Leg, Pair, close_edge, close_target_bps
from common.core.events import HaltLevel
from common.core.market import Side, Venue
from common.core.money import bps_of, price_down, price_up
from common.core.view import MarketView


@dataclass(frozen=True, slots=True)
class Exit:
    """A deal to close, the two legs that close it, and what that keeps in USD."""

    deal: Deal
    pair: Pair
    kept: Decimal
    why: str


def find_closing(view: MarketView, deals: tuple[Deal, ...], halt: HaltLevel, at_ns: int) -> Exit | None:
    """Of the OPEN deals that reached their target, the one that earns most."""
    exits = (_weigh(view, deal, halt, at_ns) for deal in deals if deal.state is DealState.OPEN)
    return max(filter(None, exits), key=lambda e: e.kept, default=None)


def _weigh(view: MarketView, deal: Deal, halt: HaltLevel, at_ns: int) -> Exit | None:
    age_ns = at_ns - deal.opened_ns
    forced = halt is HaltLevel.FLATTEN or age_ns >= view.terms.max_hold_ns
    if not forced and any(view.distrust(v, at_ns) for v in view.books):
        return None
    size = closable(view, deal)
    pair = view.pair(deal.direction.opposite, size) if size else None
    if pair is None:
        return None
    kept = close_edge(deal, pair)
    if forced:
        return Exit(deal, _widened(view, pair), kept, "flatten" if halt is HaltLevel.FLATTEN else "max_hold")
    floor = view.terms.close_floor_bps if halt is HaltLevel.REDUCE else close_target_bps(view.terms, age_ns)
    return Exit(deal, pair, kept, "target") if kept >= bps_of(floor, pair.notional) else None


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
