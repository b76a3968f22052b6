"""A quick look, in floats, at whether a book message can matter at all: almost none does. Pure.

It answers "certainly not" or "look exactly", never "yes": what is decided, stored or sent is exact (`edge.py`). Each
bound here is on the hopeful side of the exact figure, and by more than floats can err.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from common.core.edge import HOUR_NS
from common.core.market import Direction, Instrument, Venue
from common.core.terms import Terms

if TYPE_CHECKING:
    from common.core.view import MarketView

#: what a book's walk gives: Σ ticks × steps, and the worst price in ticks
Walk: TypeAlias = tuple[int, int]
#: both walks and the median, and what was found
Reached: TypeAlias = tuple[Walk | None, Walk | None, float | None, float | None]

#: of notional: far more than the error of a dozen float operations, far less than a basis point
ROOM: Final = 1e-9
#: each direction, where it sells and buys, and the direction that leaving trades in
_WAYS: Final = tuple((d, d.sell_venue, d.buy_venue, d.opposite) for d in Direction)


@dataclass(frozen=True, slots=True)
class Scale:
    """An instrument's grid and fee in floats, and how many steps one deal has."""

    steps: int
    tick: float
    fee: float


@dataclass(frozen=True, slots=True)
class Wishes:
    """The terms of opening as fractions and hours, in floats."""

    net: bool
    threshold: float
    slack: float
    band: float
    hold_h: float


def scale(instrument: Instrument, terms: Terms) -> Scale:
    """The floats of one instrument."""
    return Scale(instrument.steps(terms.size), float(instrument.tick), float(instrument.taker_fee))


def wishes(terms: Terms) -> Wishes:
    """The floats of the terms."""
    return Wishes(
        net=terms.rule == "net",
        # what is nearly enough is looked at exactly as well: its orders are signed ahead
        threshold=float(terms.edge_min_bps - terms.sign_ahead_bps) / 10_000,
        slack=float(terms.limit_slack_bps) / 10_000,
        band=float(terms.slippage_max_bps) / 10_000,
        hold_h=terms.expected_hold_ns / HOUR_NS,
    )


def worth_a_look(view: "MarketView") -> list[Direction] | None:
    """The directions that are not certainly below the threshold; None where neither has an edge at all."""
    judged, found = False, []
    for direction, sell, buy, back in _WAYS:
        reach = _reach(view, sell, buy, back)
        if reach is not None:
            judged = True
            if reach >= 0:
                found.append(direction)
    return found if judged else None


def _reach(view: "MarketView", sell: Venue, buy: Venue, back: Direction) -> float | None:
    """How far the edge is above the threshold at most, USD per base; None where there is no edge at all.

    Most messages change levels that no walk comes to: what was found for the same walks and median still holds.
    """
    sold = view.books[sell].bids.walk(view.scales[sell].steps)
    bought = view.books[buy].asks.walk(view.scales[buy].steps)
    leaving = view.medians[back].value() if view.wishes.net else 0.0
    before = view.reached.get(sell)
    if before is not None and before[0] is sold and before[1] is bought and before[2] == leaving:
        return before[3]
    found = None if leaving is None else _above(view, sell, buy, leaving)
    view.reached[sell] = (sold, bought, leaving, found)
    return found


def _above(view: "MarketView", sell: Venue, buy: Venue, leaving: float) -> float | None:
    there, here, terms = view.scales[sell], view.scales[buy], view.wishes
    bids, asks = view.books[sell].bids, view.books[buy].asks
    sold, bought = bids.walk(there.steps), asks.walk(here.steps)
    if sold is None or bought is None:
        return None
    got, paid = sold[0] / there.steps * there.tick, bought[0] / here.steps * here.tick
    notional = max(got, paid)
    kept = -2 * (got * there.fee + paid * here.fee) + (ROOM - terms.threshold) * notional
    if not terms.net:
        return kept + got - paid
    kept += leaving + view.carry[sell] * notional * terms.hold_h
    bid, ask = bids.touch * there.tick, asks.touch * here.tick
    if kept + bid - ask < 0:
        # not even limits at the touch would do
        return kept + bid - ask
    lowest = _lowest_limit(sold[1] * there.tick, bid, there.tick, terms)
    highest = _highest_limit(bought[1] * here.tick, ask, here.tick, terms)
    # what limits give up reaches from the averages to them, so that the averages cancel out
    return kept + lowest - highest


def _lowest_limit(worst: float, touch: float, tick: float, terms: Wishes) -> float:
    """No limit of a sell is above this; rounding may add half a tick to the slack, and to the price a stride."""
    return min(max(worst * (1 - terms.slack) + tick / 2, touch * (1 - terms.band)) + _stride(worst, tick, terms), touch)


def _highest_limit(worst: float, touch: float, tick: float, terms: Wishes) -> float:
    """And none of a buy below this."""
    return max(min(worst * (1 + terms.slack) - tick / 2, touch * (1 + terms.band)) - _stride(worst, tick, terms), touch)


def _stride(worst: float, tick: float, terms: Wishes) -> float:
    """No stride is longer."""
    return max((worst * terms.slack + tick / 2) / 2, tick)


@dataclass(frozen=True, slots=True)
class Holding:
    """An open deal in floats: where leaving sells and buys, how many steps; what was captured and paid, per base."""

    sell: Venue
    buy: Venue
    sell_steps: int
    buy_steps: int
    captured: float
    fees_paid: float


def is_below_target(view: "MarketView", held: Holding, target_bps: float) -> bool:
    """Whether closing now certainly keeps less than the target, or cannot be had at all."""
    there, here = view.scales[held.sell], view.scales[held.buy]
    sold, bought = view.books[held.sell].bids.walk(held.sell_steps), view.books[held.buy].asks.walk(held.buy_steps)
    if sold is None or bought is None:
        return True
    got, paid = sold[0] / held.sell_steps * there.tick, bought[0] / held.buy_steps * here.tick
    kept = held.captured + got * (1 - there.fee) - paid * (1 + here.fee) - held.fees_paid
    return kept + ROOM * paid < target_bps / 10_000 * max(got, paid)
