"""What a deal is expected to keep when opened, and what it would keep when closed now. Pure arithmetic, USD.

Only `edge` decides an opening and only `close_edge` a closing; both are net of everything that is known to cost.
"""

from dataclasses import dataclass
from decimal import Decimal

from common.core.book import Quote
from common.core.deal import Deal, opening_price
from common.core.market import Direction, Instrument, Side, Venue
from common.core.money import ZERO, bps_of, nearest, price_down, price_up
from common.core.order import standing
from common.core.terms import Terms

HOUR_NS = 3600 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a planned pair of orders: the quote it rests on, the worst and the highest price it may fill at.

    A sell has no upper bound at the venue; `ceiling` allows it the slippage band above the touch.
    """

    instrument: Instrument
    side: Side
    quote: Quote
    limit: Decimal
    ceiling: Decimal

    @property
    def given_up(self) -> Decimal:
        """USD per base between the expected average and the limit: lost if the price runs to the limit."""
        return self.side.sign * (self.limit - self.quote.average)

    @property
    def fee(self) -> Decimal:
        """Taker fee, USD per base, at the expected average."""
        return self.quote.average * self.instrument.taker_fee


@dataclass(frozen=True, slots=True)
class Pair:
    """Two legs in opposite directions over one size."""

    sell: Leg
    buy: Leg
    size: Decimal

    @property
    def spread(self) -> Decimal:
        """Sell venue's bid quote minus buy venue's ask quote, USD per base, signed."""
        return self.sell.quote.average - self.buy.quote.average

    @property
    def fees(self) -> Decimal:
        """Both taker fees, USD."""
        return (self.sell.fee + self.buy.fee) * self.size

    @property
    def notional(self) -> Decimal:
        """One leg's size at the higher of the two averages, USD."""
        return max(self.sell.quote.average, self.buy.quote.average) * self.size

    @property
    def worst_notional(self) -> Decimal:
        """One leg's size at the highest price either leg may fill at, USD: what a reservation holds."""
        return max(self.buy.ceiling, self.sell.ceiling) * self.size


def make_leg(instrument: Instrument, side: Side, quote: Quote, slack_bps: Decimal, slippage_max_bps: Decimal) -> Leg:
    """A leg whose limit is the walked worst price plus slack, never further than slippage_max from the touch.

    Slack is a wish and goes to the nearest tick: rounded inwards, a coarse tick would leave none at all. Limits are
    whole strides (`stride`), rounded inwards but never inside the worst price: a book that moves a little keeps its
    limit, and the order that was signed for it.
    """
    tick, slack = instrument.tick, _slack(instrument, quote, slack_bps)
    coarse, band = _stride(tick, slack), bps_of(slippage_max_bps, quote.touch)
    if side is Side.BUY:
        reach = min(quote.worst + slack, quote.touch + band)
        limit = max(price_down(reach, coarse), price_down(min(reach, quote.worst), tick), quote.touch)
        return Leg(instrument, side, quote, limit, ceiling=limit)
    reach = max(quote.worst - slack, quote.touch - band)
    limit = min(price_up(reach, coarse), price_up(max(reach, quote.worst), tick), quote.touch)
    return Leg(instrument, side, quote, limit, ceiling=quote.touch + band)


def stride(leg: Leg, slack_bps: Decimal) -> Decimal:
    """How far it is from one limit to the next: so many ticks that at least half of the slack is always left."""
    return _stride(leg.instrument.tick, _slack(leg.instrument, leg.quote, slack_bps))


def _slack(instrument: Instrument, quote: Quote, slack_bps: Decimal) -> Decimal:
    return nearest(bps_of(slack_bps, quote.worst), instrument.tick)


def _stride(tick: Decimal, slack: Decimal) -> Decimal:
    """A power of two of ticks, so that it stays the same while the price moves."""
    half = int(slack / tick) // 2
    return tick * (1 << half.bit_length() >> 1) if half else tick


def edge(pair: Pair, leaving_spread: Decimal, funding_hourly: Decimal, hold_ns: int) -> Decimal:
    """USD the deal is expected to keep: spread now and at its close, less four fees and what limits give up.

    `leaving_spread` is the expected spread of the close, USD per base (a cost, so usually negative);
    `funding_hourly` the net funding fraction per hour received (short's rate less long's).
    """
    given_up = (pair.sell.given_up + pair.buy.given_up) * pair.size
    funding = funding_hourly * pair.notional * hold_ns / HOUR_NS
    return (pair.spread + leaving_spread) * pair.size - 2 * pair.fees - given_up + funding


def original_edge(pair: Pair) -> Decimal:
    """The original's test as a number: spread less twice the fees, nothing for leaving."""
    return pair.spread * pair.size - 2 * pair.fees


def close_edge(deal: Deal, pair: Pair) -> Decimal:
    """USD that closing `pair.size` of `deal` now would keep: captured at the open, plus the close, less all fees.

    Matched pro rata: only the part that both legs share counts, with its share of the fees paid.
    """
    captured, fees_paid = close_figures(deal, pair.size)
    return (captured + pair.spread) * pair.size - pair.fees - fees_paid


def close_figures(deal: Deal, size: Decimal) -> tuple[Decimal, Decimal]:
    """What the rows say of closing `size`: the spread captured, USD per base, and its share of the fees paid, USD."""
    captured = opening_price(deal, deal.direction.sell_venue) - opening_price(deal, deal.direction.buy_venue)
    opened = max(_opened_size(deal, v) for v in Venue)
    share = size / opened if opened else ZERO
    return captured, Decimal(deal.fees_uusd) / 1_000_000 * share


def _opened_size(deal: Deal, venue: Venue) -> Decimal:
    side = deal.direction.side_at(venue)
    return sum((f.size for f in standing(deal.fills) if f.venue is venue and f.side is side), ZERO)


def close_target_bps(terms: Terms, age_ns: int) -> Decimal:
    """What a close must keep at least: falls linearly from close_min to close_floor over close_decay."""
    if terms.close_decay_ns <= 0 or age_ns >= terms.close_decay_ns:
        return terms.close_floor_bps
    part = Decimal(max(age_ns, 0)) / Decimal(terms.close_decay_ns)
    return terms.close_min_bps + (terms.close_floor_bps - terms.close_min_bps) * part


def closing_direction(deal: Deal) -> Direction:
    """The direction a close trades in."""
    return deal.direction.opposite
