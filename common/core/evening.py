"""The order that makes a deal even again: reduces the longer leg, bounded in price and number. Pure."""

from decimal import Decimal

from common.core.book import Book
from common.core.deal import Deal, Even
from common.core.market import Instrument, Side
from common.core.money import bps_of, price_down, price_up
from common.core.order import Lifetime, Order, Purpose
from common.core.terms import Terms


def even_order(
    deal: Deal, step: Even, book: Book, terms: Terms, made: tuple[str, int], *, held_there: Decimal
) -> Order | None:
    """The next evening order of `deal`; `made` is its client id and time. None while the book was never heard.

    `held_there` is what all our deals of the market together have at the venue, signed: it nets them, so an order
    that does not reduce that sum must not be reduce-only, or the venue would take nothing of it.

    A stale book still gives a price: an unwind is never denied, it is bounded by the band instead.
    """
    ladder = book.asks if step.side is Side.BUY else book.bids
    best = ladder.best()
    if best is None:
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
        limit=_limit(book.instrument, step.side, book.instrument.price(best), _band_bps(terms, deal.evenings)),
        lifetime=_lifetime(book.instrument, step.size),
        reduce_only=-step.side.sign * held_there >= step.size,
        created_ns=at_ns,
    )


def _band_bps(terms: Terms, attempt: int) -> Decimal:
    """Widens with every attempt, from even_band to even_band_max, and no further: it does not chase."""
    return min(terms.even_band_bps * Decimal(2**attempt), terms.even_band_max_bps)


def _limit(instrument: Instrument, side: Side, touch: Decimal, band_bps: Decimal) -> Decimal:
    band = bps_of(band_bps, touch)
    if side is Side.BUY:
        return max(price_down(touch + band, instrument.tick), touch)
    return min(price_up(touch - band, instrument.tick), touch)


def _lifetime(instrument: Instrument, size: Decimal) -> Lifetime:
    """A part of a small order would leave dust behind; only twice the minimum can afford to be filled in part."""
    whole = instrument.fill_or_kill and size < 2 * instrument.min_size
    return Lifetime.FOK if whole else Lifetime.IOC
