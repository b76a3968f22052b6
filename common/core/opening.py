"""Whether a market offers a deal worth opening now, and if not, why, in one word. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from common.core.edge import Leg, Pair, edge, original_edge
from common.core.market import Direction, Venue
from common.core.money import bps_of
from common.core.screen import worth_a_look
from common.core.view import BEHIND, MarketView

#: what a halted market says, and how what it would do begins
HALTED = "halted"
WOULD_OPEN = "would open"


@dataclass(frozen=True, slots=True)
class Opportunity:
    """An edge above the threshold with the two quotes that made it."""

    direction: Direction
    pair: Pair
    edge: Decimal
    at_ns: int

    @property
    def edge_bps(self) -> Decimal:
        """The edge in basis points of notional."""
        return self.edge / self.pair.notional * 10_000


@dataclass(frozen=True, slots=True)
class NoOpening:
    """Why not; `ask` names a venue whose book should be confirmed by a fresh snapshot.

    `near` is what it nearly was: the next message may make it so.
    """

    reason: str
    ask: Venue | None = None
    near: Opportunity | None = None


_COLD, _NO_EDGE = NoOpening("cold"), NoOpening("edge")


def find_opening(view: MarketView, at_ns: int) -> Opportunity | NoOpening:
    """The better direction's opportunity, or the first reason against it."""
    for venue in view.books:
        reason = view.distrust(venue, at_ns)
        if reason:
            return NoOpening(BEHIND if reason == BEHIND else "stale", venue if reason == "crossed" else None)
    if not view.is_online:
        return NoOpening("offline")
    for venue in view.books:
        if view.index_at(venue, at_ns) is None:
            return NoOpening("index")
    ways = worth_a_look(view)
    if not ways:
        return _COLD if ways is None else _NO_EDGE
    best = max(filter(None, [weigh(view, way, at_ns) for way in ways]), key=lambda o: o.edge, default=None)
    if best is None:
        return _COLD
    if best.edge <= bps_of(view.terms.edge_min_bps, best.pair.notional):
        return NoOpening("edge", near=best) if _is_near(view, best) else _NO_EDGE
    if not all(_in_band(view, leg, at_ns) for leg in (best.pair.sell, best.pair.buy)):
        return NoOpening("band")
    return _confirmed(view, best)


def under_halt(view: MarketView, at_ns: int) -> NoOpening:
    """What would be opened now if the market were not halted, told as the reason; nothing is asked for."""
    found = find_opening(view, at_ns)
    if isinstance(found, NoOpening):
        return NoOpening(HALTED)
    return NoOpening(f"{WOULD_OPEN} {found.direction:+d}, edge {found.edge_bps:.2f} bp")


def _in_band(view: MarketView, leg: Leg, at_ns: int) -> bool:
    """The worst price of the leg is near enough to what its venue says that the market is worth elsewhere."""
    index = view.index_at(leg.instrument.venue, at_ns)
    return index is not None and abs(leg.limit - index) <= bps_of(view.terms.price_band_bps, index)


def weigh(view: MarketView, direction: Direction, at_ns: int, size: Decimal | None = None) -> Opportunity | None:
    """The edge of one direction, good or bad, at the deal's size or another; None without depth or a warm median."""
    pair = view.pair(direction, view.terms.size if size is None else size)
    if pair is None:
        return None
    if view.terms.rule == "original":
        return Opportunity(direction, pair, original_edge(pair), at_ns)
    leaving = view.medians[direction.opposite].value()
    if leaving is None:
        return None
    kept = edge(pair, Decimal(str(leaving)), view.funding_hourly(direction), view.terms.expected_hold_ns)
    return Opportunity(direction, pair, kept, at_ns)


def _confirmed(view: MarketView, found: Opportunity) -> Opportunity | NoOpening:
    """No phantom edges: when one book moved alone by more than half the edge, hear the other one first."""
    for venue in view.books:
        if view.moved_alone_bps(venue) > found.edge_bps / 2:
            other = next(v for v in view.books if v is not venue)
            return NoOpening("unconfirmed", other, near=found)
    return found


def _is_near(view: MarketView, best: Opportunity) -> bool:
    """Not enough, but within the margin in which orders are signed ahead."""
    terms = view.terms
    margin_bps = terms.sign_ahead_bps
    return margin_bps > 0 and best.edge > bps_of(terms.edge_min_bps - margin_bps, best.pair.notional)
