"""The order that makes a deal even again: reduces the longer leg, bounded in price. Pure.

How far it may go is the caller's business (unwinding.py); that it never leaves the band around the index is ours.
"""

from dataclasses import dataclass
from decimal import Decimal

from common.core.book import Book
from common.core.deal import Deal, Even
from common.core.market import Instrument, Side, Venue
from common.core.money import bps_of, price_down, price_up
from common.core.order import Lifetime, Order, Purpose


@dataclass(frozen=True, slots=True)
class Reach:
    """How far an order may go: `bps` of mid beyond the touch, and not beyond `band_bps` off `index` (None: no band)."""

    bps: Decimal
    index: Decimal | None = None
    band_bps: Decimal = Decimal(0)


def even_order(
    deal: Deal, step: Even, book: Book, reach: Reach, made: tuple[str, int], *, held_there: Decimal
) -> Order | None:
    """The next evening order of `deal`; `made` is its client id and time. None while the book was never heard.

    `held_there` is what all our deals of the market together have at the venue, signed: it nets them, so an order
    that does not reduce that sum must not be reduce-only, or the venue would take nothing of it.

    A stale book still gives a price: an unwind is never denied, it is bounded instead.
    """
    limit = reached(book, step.side, reach)
    if limit is None:
        return None
    client_id, at_ns = made
    return Order(
        client_id=client_id,
        deal_id=deal.deal_id,
        venue=step.venue,
        market=deal.market,
        side=step.side,
        purpose=Purpose.EVEN,
        size=step.size,
        limit=limit,
        lifetime=lifetime(book.instrument, step.size),
        reduce_only=-step.side.sign * held_there >= step.size,
        created_ns=at_ns,
    )


def reached(book: Book, side: Side, reach: Reach) -> Decimal | None:
    """The worst price of an order: as far beyond the touch as it may go, yet inside the band. None without a touch."""
    bid, ask = book.bids.best(), book.asks.best()
    best, other = (ask, bid) if side is Side.BUY else (bid, ask)
    if best is None:
        return None
    price = book.instrument.price
    mid = price(best if other is None else best + other) / (1 if other is None else 2)
    beyond = _from(side, price(best), bps_of(reach.bps, mid), book.instrument.tick)
    if reach.index is None:
        return beyond
    edge = _from(side, reach.index, bps_of(reach.band_bps, reach.index), book.instrument.tick)
    return min(beyond, edge) if side is Side.BUY else max(beyond, edge)


def _from(side: Side, price: Decimal, distance: Decimal, tick: Decimal) -> Decimal:
    """`distance` from `price` towards the losing side, rounded inwards."""
    return price_down(price + distance, tick) if side is Side.BUY else price_up(price - distance, tick)


def lifetime(instrument: Instrument, size: Decimal) -> Lifetime:
    """A part of a small order would leave dust behind; only twice the minimum can afford to be filled in part."""
    whole = instrument.fill_or_kill and size < 2 * instrument.min_size
    return Lifetime.FOK if whole else Lifetime.IOC


def missing_leg(deal: Deal, step: Even, book: Book, bps: Decimal, made: tuple[str, int]) -> Order | None:
    """The other way to make it even: what the shorter leg lacks, at a person's word. None where it cannot be ordered.

    `book` is that of the shorter leg's venue. What is bought may not cost more than the deal holds against the cap.
    """
    size = book.instrument.size(book.instrument.steps(step.size))
    limit = reached(book, step.side, Reach(bps))
    if limit is None or size < book.instrument.min_size:
        return None
    if step.side is Side.BUY:
        limit = min(limit, price_down(dearest(deal, step.venue), book.instrument.tick))
    client_id, at_ns = made
    return Order(
        client_id=client_id,
        deal_id=deal.deal_id,
        venue=book.instrument.venue,
        market=deal.market,
        side=step.side,
        purpose=Purpose.EVEN,
        size=size,
        limit=limit,
        lifetime=lifetime(book.instrument, size),
        reduce_only=False,
        created_ns=at_ns,
    )


def dearest(deal: Deal, longer: Venue) -> Decimal:
    """USD per base that the missing leg may cost at most: what is held covers a leg as large as the longer one."""
    return Decimal(deal.held_uusd) / 1_000_000 / abs(deal.position(longer))
