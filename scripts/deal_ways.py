"""What the ways out of a deal cost now, asked of both venues' public books; and how that is said."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal

from common.core.book import Book
from common.core.deal import Deal
from common.core.errors import ConfigError, VenueError
from common.core.events import Way
from common.core.market import Side, Venue
from common.core.ways import Outcome, Trade, fee_rates, outcomes
from common.settings import Settings
from common.venues.adapters import make_look
from scripts import render

WORDS = {Side.BUY: "buy", Side.SELL: "sell"}


@dataclass(frozen=True, slots=True)
class Prices:
    """Both venues' books as far as they answered, and who did not, with why."""

    books: dict[Venue, Book]
    silent: dict[Venue, str]

    def ask(self, venue: Venue, side: Side, size: Decimal) -> Decimal | None:
        """The average price of taking `size` now; None without a book or without so much in it."""
        book = self.books.get(venue)
        steps = 0 if book is None else book.instrument.steps(size)
        quote = book.quote(side, steps) if book and steps else None
        return None if quote is None else quote.average

    def mid(self, venue: Venue) -> Decimal | None:
        """The middle of the touch."""
        book = self.books.get(venue)
        ticks = None if book is None else book.mid_ticks()
        return None if book is None or ticks is None else book.instrument.tick * Decimal(str(ticks))


def asked(config: Settings, market: str) -> Prices:
    """Ask both venues at the same time."""
    return asyncio.run(_asked(config, market))


async def _asked(config: Settings, market: str) -> Prices:
    venues = tuple(config.endpoints)
    answers = await asyncio.gather(*(_book(config, venue, market) for venue in venues))
    told = dict(zip(venues, answers, strict=True))
    return Prices(
        {venue: book for venue, book in told.items() if isinstance(book, Book)},
        {venue: why for venue, why in told.items() if isinstance(why, str)},
    )


async def _book(config: Settings, venue: Venue, market: str) -> Book | str:
    look = make_look(config.endpoints[venue])
    try:
        return await look.book(market)
    except (VenueError, ConfigError) as error:
        return str(error)
    finally:
        await look.close()


def priced(config: Settings, deal: Deal, prices: Prices) -> tuple[Outcome, ...]:
    """Close and complete at these prices, with the fees that the deal's own fills paid."""
    return outcomes(deal, prices.ask, fee_rates(deal, config.paper.taker_fee))


def said(deal: Deal, found: tuple[Outcome, ...], prices: Prices) -> list[str]:
    """One line per way, and one per venue that gave no book."""
    lines = [f"  {outcome.way:<9} {_said(outcome)}" for outcome in found]
    if not any(outcome.way is Way.COMPLETE for outcome in found):
        lines.append("  complete  both legs are the same: nothing is missing")
    lines.append(f"  keep      {_kept(deal, prices)}")
    return [*lines, *(f"  {venue} gave no book: {why}" for venue, why in prices.silent.items())]


def _said(outcome: Outcome) -> str:
    if not outcome.trades:
        return "nothing is left to trade"
    trades = ", ".join(_trade(trade) for trade in outcome.trades)
    if outcome.earned is None:
        return f"{trades}: cannot be priced now"
    then = "the deal has earned" if outcome.way is Way.CLOSE else "the deal is hedged and has locked in"
    return f"{trades}: {then} {outcome.earned:+.4f} USD, all fees so far included"


def _trade(trade: Trade) -> str:
    price = "no price" if trade.price is None else render.number(round(trade.price, 8))
    return f"{WORDS[trade.side]} {render.number(trade.size)} at {trade.venue} for {price}"


def _kept(deal: Deal, prices: Prices) -> str:
    if not deal.net:
        return "costs nothing now; retries and alarm end"
    mids = [mid for venue in Venue if (mid := prices.mid(venue)) is not None]
    what = f"{render.number(abs(deal.net))} {deal.market} {'long' if deal.net > 0 else 'short'} stay naked"
    if not mids:
        return f"costs nothing now; {what}; retries and alarm end"
    percent = abs(deal.net) * mids[0] / 100
    return f"costs nothing now; {what}: {percent:.4f} USD for each 1 % against it; retries and alarm end"
