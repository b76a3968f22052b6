"""The answer of `arbctl spread --venue gmx`: our venues' books against GMX's oracle price, at the size we deal in.

A comparison and no edge: nobody deals at GMX here, so its fees, borrow fee and price impact are left out, and so are
the fees of the other side. All is asked once, at the same time; one venue that does not answer ends the comparison.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from common.core.book import Book
from common.core.market import Side, Venue
from common.settings import Settings
from common.venues.adapters import make_look
from common.venues.gmx.prices import GmxPrices
from common.venues.gmx.wire import OraclePrice
from scripts.render import NOTHING, Answer, moment, number

BPS = Decimal(10_000)
_HUNDREDTH = Decimal("0.01")
_TIME_FROM = 11


@dataclass(frozen=True, slots=True)
class Against:
    """One book against the oracle. `sell`: sell at the venue, buy at the oracle's upper price; `buy`: the reverse.

    Prices are averages of walking the book over `size`; None where there is no book to believe, no depth, no oracle.
    """

    market: str
    venue: Venue
    size: Decimal
    bid: Decimal | None
    ask: Decimal | None
    oracle: OraclePrice | None

    @property
    def sell(self) -> Decimal | None:
        """What selling at the venue brings above buying at GMX, USD per base."""
        return None if self.bid is None or self.oracle is None else self.bid - self.oracle.max

    @property
    def buy(self) -> Decimal | None:
        """What selling at GMX brings above buying at the venue, USD per base."""
        return None if self.ask is None or self.oracle is None else self.oracle.min - self.ask

    def bps(self, spread: Decimal | None) -> Decimal | None:
        """A spread in basis points of the middle of the oracle's prices."""
        if spread is None or self.oracle is None:
            return None
        return (spread * 2 / (self.oracle.min + self.oracle.max) * BPS).quantize(_HUNDREDTH)


def against(market: str, size: Decimal, book: Book, oracle: OraclePrice | None) -> Against:
    """One venue's book at `size` against the oracle; a book that must not be believed gives no prices."""
    bid, ask = _average(book, Side.SELL, size), _average(book, Side.BUY, size)
    return Against(market, book.instrument.venue, size, bid, ask, oracle)


def _average(book: Book, side: Side, size: Decimal) -> Decimal | None:
    quote = None if book.stale else book.quote(side, book.instrument.steps(size))
    return None if quote is None else quote.average


def spread(settings: Settings, markets: Sequence[str]) -> Answer:
    """Both venues' books of these markets against GMX; VenueError when one of the three does not answer."""
    rows = asyncio.run(_compared(settings, markets))
    quoted = {row.market for row in rows if row.oracle}
    missing = [market for market in markets if market not in quoted]
    notes = [f"gmx has no price of {', '.join(missing)} that is fresh"] if missing else []
    columns = ("market", "venue", "size", "bid", "ask", "GMX min", "GMX max", "sell bp", "buy bp", "GMX time, UTC")
    return Answer([_data(row) for row in rows], columns, [_cells(row) for row in rows], notes=notes)


async def _compared(settings: Settings, markets: Sequence[str]) -> list[Against]:
    looks = {venue: make_look(endpoint) for venue, endpoint in settings.endpoints.items()}
    gmx, pairs = GmxPrices(settings.gmx), [(market, venue) for market in markets for venue in looks]
    try:
        async with asyncio.TaskGroup() as group:
            prices = group.create_task(gmx.prices(markets))
            books = [group.create_task(looks[venue].book(market)) for market, venue in pairs]
    except ExceptionGroup as errors:
        # who did not answer first; the others were called off
        raise errors.exceptions[0] from None
    finally:
        await asyncio.gather(gmx.close(), *(look.close() for look in looks.values()))
    sizes = {market: settings.terms(market).size for market in markets}
    oracle = prices.result()
    return [against(m, sizes[m], book.result(), oracle.get(m)) for (m, _), book in zip(pairs, books, strict=True)]


def _cells(row: Against) -> list[str]:
    oracle = row.oracle
    return [
        row.market,
        row.venue.value,
        number(row.size),
        _price(row.bid),
        _price(row.ask),
        _price(oracle.min if oracle else None),
        _price(oracle.max if oracle else None),
        _signed(row.bps(row.sell)),
        _signed(row.bps(row.buy)),
        moment(oracle.venue_ns)[_TIME_FROM:] if oracle else NOTHING,
    ]


def _price(price: Decimal | None) -> str:
    """To six figures, as many as anybody compares."""
    return NOTHING if price is None else number(Decimal(f"{price:.6g}"))


def _signed(bps: Decimal | None) -> str:
    return NOTHING if bps is None else f"{bps:+}"


def _data(row: Against) -> dict[str, object]:
    oracle = row.oracle
    return {
        "market": row.market,
        "venue": row.venue.value,
        "size": row.size,
        "bid": _short(row.bid),
        "ask": _short(row.ask),
        "gmx_min": _short(oracle.min if oracle else None),
        "gmx_max": _short(oracle.max if oracle else None),
        "gmx_venue_ns": oracle and oracle.venue_ns,
        "sell_spread": _short(row.sell),
        "sell_bps": row.bps(row.sell),
        "buy_spread": _short(row.buy),
        "buy_bps": row.bps(row.buy),
    }


def _short(price: Decimal | None) -> Decimal | None:
    """Without the zeros that come of 10^30."""
    return None if price is None else price.normalize()
