"""One market as a trader sees it: both books, listings, connections, medians. Answers whether they may be believed."""

from decimal import Decimal
from typing import TypeAlias

from common.core.book import Book, Quote, make_book
from common.core.edge import Pair, make_leg
from common.core.events import (
    BookMessage,
    FeedAlive,
    FeedDrained,
    FeedLost,
    FundingRate,
    IndexPrice,
    InstrumentUpdate,
    TermsChanged,
)
from common.core.market import Direction, Instrument, Side, Venue
from common.core.median import TrailingMedian
from common.core.money import ZERO
from common.core.screen import Reached, Scale, scale, wishes
from common.core.terms import Terms, changed

#: the spread of leaving is sampled at most this often
SAMPLE_NS = 250_000_000
#: why a book may be distrusted that will be believed again once all that has arrived is taken in
BEHIND = "behind"

PublicEvent: TypeAlias = (
    BookMessage | FeedAlive | FeedDrained | FeedLost | InstrumentUpdate | FundingRate | IndexPrice | TermsChanged
)


class MarketView:
    """Books and facts of one market at both venues; knows no deals and makes no decision."""

    def __init__(self, terms: Terms, instruments: dict[Venue, Instrument]) -> None:
        self.terms = terms
        self.instruments = dict(instruments)
        self.books: dict[Venue, Book] = {v: make_book(i) for v, i in instruments.items()}
        #: the same in floats, for the quick look (screen.py)
        self.scales: dict[Venue, Scale] = {v: scale(i, terms) for v, i in instruments.items()}
        self.wishes = wishes(terms)
        #: both venues let entries in
        self.is_online = all(instrument.online for instrument in instruments.values())
        self.alive_ns = dict.fromkeys(instruments, 0)
        #: how late the last sign of life of each venue was
        self.lag_ns = dict.fromkeys(instruments, 0)
        #: venues of which more has arrived than was taken in
        self._undrained: set[Venue] = set()
        self.funding = dict.fromkeys(instruments, ZERO)
        #: by the venue that is sold: what an hour earns, as a fraction, in floats
        self.carry = dict.fromkeys(instruments, 0.0)
        #: the quick look's last answers, by the venue that is sold, with what they were made of
        self.reached: dict[Venue, Reached] = {}
        #: the last index price of each venue, with its time; None while none was heard
        self.index: dict[Venue, IndexPrice | None] = dict.fromkeys(instruments)
        self.medians = {d: TrailingMedian(terms.median_window_ns, terms.median_warmup_ns) for d in Direction}
        #: where each venue's mid stood when the other venue was last heard
        self._mid_at_other: dict[Venue, float | None] = dict.fromkeys(instruments)
        self._sampled_ns = 0

    def hear(self, event: PublicEvent) -> None:
        """Take in one public event."""
        match event:
            case BookMessage():
                self.hear_book(event)
            case FeedAlive():
                self.alive_ns[event.venue], self.lag_ns[event.venue] = event.at_ns, event.lag_ns
            case FeedDrained():
                self._undrained.discard(event.venue)
            case FeedLost():
                self.books[event.venue].lose(event.reason)
                self._undrained.discard(event.venue)
            case InstrumentUpdate():
                self._relist(event.instrument)
            case FundingRate():
                self.funding[event.venue] = event.hourly
                self.reached.clear()
                self.carry = {d.sell_venue: float(self.funding_hourly(d)) for d in Direction}
            case IndexPrice():
                self.index[event.venue] = event
            case TermsChanged():
                self._adopt(event.terms)

    def _relist(self, listed: Instrument) -> None:
        self.instruments[listed.venue] = self.books[listed.venue].instrument = listed
        self.reached.clear()
        self.scales = {**self.scales, listed.venue: scale(listed, self.terms)}
        self.is_online = all(instrument.online for instrument in self.instruments.values())

    def _adopt(self, terms: Terms) -> None:
        """What was found under the old ones does not hold; the medians are of one size and window for life."""
        self.terms = changed(self.terms, terms)
        self.wishes = wishes(self.terms)
        self.reached.clear()
        self.scales = {venue: scale(instrument, self.terms) for venue, instrument in self.instruments.items()}

    def hear_book(self, message: BookMessage) -> None:
        """Take in one message of a book."""
        book = self.books[message.venue]
        book.apply(message)
        self.alive_ns[message.venue] = message.at_ns
        if message.more:
            self._undrained.add(message.venue)
        elif self._undrained:
            self._undrained.discard(message.venue)
        for venue, other in self.books.items():
            if venue is not message.venue:
                self._mid_at_other[venue] = other.mid_ticks()

    def sample(self, at_ns: int) -> None:
        """Remember the walked spread of both directions, for the medians; at most every SAMPLE_NS."""
        if at_ns < self._sampled_ns + SAMPLE_NS or any(self.distrust(v, at_ns) for v in self.books):
            return
        self._sampled_ns = at_ns
        for direction in Direction:
            sold = self._average(direction.sell_venue, Side.SELL)
            bought = self._average(direction.buy_venue, Side.BUY)
            if sold is not None and bought is not None:
                self.medians[direction].add(at_ns, float(sold - bought))

    def _average(self, venue: Venue, side: Side) -> Decimal | None:
        return self.books[venue].average(side, self.instruments[venue].steps(self.terms.size))

    def distrust(self, venue: Venue, at_ns: int) -> str:
        """Why the venue's book must not be used for an entry now; empty when it may."""
        if at_ns - self.alive_ns[venue] > self.terms.feed_silence_max_ns:
            return "silent"
        if venue in self._undrained or self.lag_ns[venue] > self.terms.feed_lag_max_ns:
            return BEHIND
        return self.books[venue].stale

    def index_at(self, venue: Venue, at_ns: int) -> Decimal | None:
        """The venue's index price, unless it was never heard or is too old to go by."""
        heard = self.index[venue]
        if heard is None or at_ns - heard.at_ns > self.terms.index_age_max_ns:
            return None
        return heard.price

    def moved_alone_bps(self, venue: Venue) -> Decimal:
        """How far `venue`'s mid went since the other venue was last heard, basis points."""
        now, then = self.books[venue].mid_ticks(), self._mid_at_other[venue]
        if now is None or then is None or now == 0:
            return ZERO
        return Decimal(str(abs(now - then) / now * 10_000))

    def quote(self, venue: Venue, side: Side, size: Decimal) -> Quote | None:
        """The quote of `size` at `venue`; None when depth runs out."""
        return self.books[venue].quote(side, self.instruments[venue].steps(size))

    def pair(self, direction: Direction, size: Decimal) -> Pair | None:
        """Both legs of trading `size` in `direction` now, with their limits; None when depth runs out."""
        legs = []
        for venue, side in ((direction.sell_venue, Side.SELL), (direction.buy_venue, Side.BUY)):
            quote = self.quote(venue, side, size)
            if quote is None:
                return None
            terms = self.terms
            legs.append(make_leg(self.instruments[venue], side, quote, terms.limit_slack_bps, terms.slippage_max_bps))
        return Pair(legs[0], legs[1], size)

    def funding_hourly(self, direction: Direction) -> Decimal:
        """Net funding fraction per hour that a deal of `direction` receives: short's rate less long's."""
        return self.funding[direction.sell_venue] - self.funding[direction.buy_venue]
