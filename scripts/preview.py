"""What `reduce` or `flatten` would close now, and what that would cost: priced from both venues' books, asked now.

Changes nothing, and asks without keys: the taker fee is the one in arb.toml, not the account's.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from common import clock
from common.core.book import Book
from common.core.closing import Exit, Offer, find_closing, offers
from common.core.deal import Deal, DealState
from common.core.errors import ConfigError, VenueError
from common.core.events import HaltLevel
from common.core.market import Venue
from common.core.view import MarketView
from common.ledger.report import Report
from common.settings import Settings
from common.venues.adapters import make_look
from common.venues.base import Look
from scripts import render
from scripts.render import NOTHING, Answer

_COLUMNS = ("deal", "market", "size", "state", "costs now USD", "keeps USD", "would")


@dataclass(frozen=True, slots=True)
class Priced:
    """One live deal, what closing it would cost, and the exit that the level asks for now (None: it would wait)."""

    deal: Deal
    offer: Offer | None
    exit: Exit | None

    def would(self, level: HaltLevel) -> str:
        """What the worker would do with it."""
        if level is HaltLevel.HALT:
            return "stays as it is"
        if self.deal.state is not DealState.OPEN:
            return "goes on as it is"
        if self.exit is not None:
            return "closes now, both legs at once"
        return "waits for a price" if self.offer is None else "waits: it would keep too little"


def preview(config: Settings, level: HaltLevel, market: str | None) -> Answer:
    """The live deals of one market, or of all, cheapest first."""
    with Report.open(config.ledger_file) as report:
        deals = [row.deal for row in report.deals(market, live=True)]
    names = sorted({deal.market for deal in deals})
    books, silent = asyncio.run(_books(config, names))
    now_ns = clock.now_ns()
    priced = [p for name in names for p in _priced(_view(config, name, books), deals, level, now_ns)]
    priced.sort(key=_cheapest)
    where = "every market" if market is None else market
    notes = [f"nothing was changed; `arbctl {level}{'' if market is None else ' ' + market}` would put it into force"]
    notes += [f"taker fee taken as {config.paper.taker_fee:f} of notional at both venues", *silent]
    data = {"level": level, "market": where, "deals": [_data(p, level) for p in priced]}
    text = "" if priced else f"{where}: no live deal, nothing would be closed"
    return Answer(data, _COLUMNS, [_cells(p, level) for p in priced], text, notes)


def _view(config: Settings, market: str, books: Mapping[tuple[Venue, str], Book]) -> tuple[str, MarketView | None]:
    """The market as a trader would see it now; None where a venue gave no book."""
    asked = {venue: books[venue, market] for venue in Venue if (venue, market) in books}
    if len(asked) < len(Venue) or market not in config.markets:
        return market, None
    fee = config.paper.taker_fee
    view = MarketView(config.markets[market], {v: replace(book.instrument, taker_fee=fee) for v, book in asked.items()})
    for venue, book in asked.items():
        view.books[venue], view.alive_ns[venue] = book, book.heard_ns
    return market, view


def _priced(seen: tuple[str, MarketView | None], deals: list[Deal], level: HaltLevel, now_ns: int) -> list[Priced]:
    market, view = seen
    found = []
    for deal in (deal for deal in deals if deal.market == market):
        cost = offers(view, (deal,), now_ns) if view else ()
        way_out = find_closing(view, (deal,), level, now_ns) if view and level is not HaltLevel.HALT else None
        found.append(Priced(deal, cost[0] if cost else None, way_out))
    return found


def _cheapest(priced: Priced) -> tuple[bool, Decimal, str]:
    offer = priced.offer
    rate = offer.cost / offer.notional if offer and offer.notional else Decimal(0)
    return offer is None, rate, priced.deal.deal_id


async def _books(config: Settings, markets: list[str]) -> tuple[dict[tuple[Venue, str], Book], list[str]]:
    """What every venue says, and a sentence for each that gave no book."""
    looks = {venue: make_look(endpoint) for venue, endpoint in config.endpoints.items()}
    places = [(venue, market) for venue in looks for market in markets]
    try:
        said = await asyncio.gather(*(_book(looks[venue], market) for venue, market in places))
    finally:
        await asyncio.gather(*(look.close() for look in looks.values()))
    books = {place: one for place, one in zip(places, said, strict=True) if not isinstance(one, str)}
    silent = [f"{v} gives no book of {m}: {o}" for (v, m), o in zip(places, said, strict=True) if isinstance(o, str)]
    return books, silent


async def _book(look: Look, market: str) -> Book | str:
    try:
        return await look.book(market)
    except (VenueError, ConfigError) as error:
        return str(error)


def _data(priced: Priced, level: HaltLevel) -> dict[str, object]:
    deal, offer = priced.deal, priced.offer
    return {
        "deal_id": deal.deal_id,
        "market": deal.market,
        "state": deal.state,
        "cost_usd": None if offer is None else offer.cost,
        "keeps_usd": None if priced.exit is None else priced.exit.kept,
        "closes": priced.exit is not None and deal.state is DealState.OPEN,
        "would": priced.would(level),
    }


def _cells(priced: Priced, level: HaltLevel) -> tuple[str, ...]:
    deal, offer = priced.deal, priced.offer
    return (
        deal.deal_id,
        deal.market,
        render.number(deal.size),
        deal.state,
        NOTHING if offer is None else f"{offer.cost:.4f}",
        NOTHING if priced.exit is None else f"{priced.exit.kept:+.4f}",
        priced.would(level),
    )
