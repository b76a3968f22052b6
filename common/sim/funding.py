"""Hourly funding: the premium of the book over the index, sampled each minute, becomes the hour's rate.

rate = mean(premium) / 8 + interest, per hour; longs pay when it is positive. Pure arithmetic over given books.
"""

from collections.abc import Iterable
from decimal import Decimal

from common.core.market import Instrument, Venue
from common.core.money import ZERO
from common.sim.depth import MarketBook, Row

MINUTE_NS = 60 * 1_000_000_000
HOUR_NS = 60 * MINUTE_NS
#: 0.01 % per eight hours
INTEREST = Decimal("0.0000125")
#: USD of margin whose notional is walked for the impact prices
IMPACT_MARGIN = Decimal(500)
#: ApeX bounds its rate; for dYdX no bound is documented
CLAMP: dict[Venue, Decimal | None] = {Venue.DYDX: None, Venue.APEX: Decimal("0.000234")}
SAMPLES_KEPT = 60
_TEN = Decimal("0.0000000001")


def impact_price(rows: Iterable[Row], instrument: Instrument) -> Decimal | None:
    """Average price of trading the impact notional into these rows (best first); None when they do not suffice."""
    wanted = IMPACT_MARGIN / instrument.initial_margin
    spent = base = ZERO
    for tick, steps in rows:
        price = instrument.price(tick)
        value = min(price * instrument.size(steps), wanted - spent)
        spent += value
        base += value / price
        if spent >= wanted:
            return spent / base
    return None


def premium(book: MarketBook, now_ns: int) -> Decimal:
    """The premium of the book over the index now, a fraction; 0 where the book is too thin to say."""
    if not book.index:
        return ZERO
    bid = impact_price(book.bids.best_first(book.bids.visible(now_ns)), book.instrument)
    ask = impact_price(book.asks.best_first(book.asks.visible(now_ns)), book.instrument)
    above = max(ZERO, bid - book.index) if bid is not None else ZERO
    below = max(ZERO, book.index - ask) if ask is not None else ZERO
    return (above - below) / book.index


def hourly_rate(venue: Venue, samples: list[Decimal]) -> Decimal:
    """The hour's rate as a fraction of notional, ten decimals."""
    mean = sum(samples, ZERO) / len(samples) if samples else ZERO
    rate = mean / 8 + INTEREST
    bound = CLAMP[venue]
    if bound is not None:
        rate = max(-bound, min(bound, rate))
    return rate.quantize(_TEN)
