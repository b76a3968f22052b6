"""Both venues' public streams of some markets, kept as the views that a worker decides by; no account is needed.

Fees are those of the account where there are keys, else the default that both venues have had.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Final, TypeAlias

from common import clock
from common.core.errors import ConfigError
from common.core.market import Instrument, Venue
from common.core.terms import Terms
from common.core.view import MarketView
from common.endpoints import Endpoint
from common.settings import Settings
from common.venues.adapters import make_feed
from common.venues.base import Feed, FeedEvent
from common.venues.teller import make_teller
from scripts.spread_row import SpreadRow, rows_of

#: where nobody can say what the account pays
TAKER_FEE: Final = Decimal("0.0005")
#: medians are fed, and books that must not be believed asked for anew, this often
LOOK_S: Final = 0.25
FIRST_BOOK: Final = "no snapshot yet"

#: by market and venue
Feeds: TypeAlias = Mapping[str, Mapping[Venue, Feed]]


class Watch:
    """The views of some markets; `running` keeps them fresh."""

    def __init__(self, views: Mapping[str, MarketView], feeds: Feeds, notes: Sequence[str]) -> None:
        self.views, self._feeds, self.notes = views, feeds, tuple(notes)
        self._tasks: list[asyncio.Task[None]] = []
        self._heard = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen while the block lasts."""
        listening = [
            feed.run(partial(self._hear, self.views[market]))
            for market, feeds in self._feeds.items()
            for feed in feeds.values()
        ]
        self._tasks = [asyncio.create_task(work) for work in (*listening, self._look())]
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def rows(self) -> list[SpreadRow]:
        """Every market, both directions, now; raises what a feed ended of."""
        for task in self._tasks:
            if task.done():
                task.result()
        return [row for view in self.views.values() for row in rows_of(view, clock.now_ns())]

    async def known(self, most_s: float) -> None:
        """Wait until every book and index was heard, `most_s` at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                while not all(map(_is_known, self.views.values())):
                    self._heard.clear()
                    await self._heard.wait()

    def _hear(self, view: MarketView, event: FeedEvent) -> None:
        view.hear(event)
        self._heard.set()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            for market, view in self.views.items():
                view.sample(clock.now_ns())
                self._mend(market, view)

    def _mend(self, market: str, view: MarketView) -> None:
        for venue, book in view.books.items():
            if book.stale not in ("", FIRST_BOOK):
                self._feeds[market][venue].refresh()


def _is_known(view: MarketView) -> bool:
    now_ns = clock.now_ns()
    return not any(view.distrust(venue, now_ns) for venue in view.books) and all(view.index.values())


async def watch(settings: Settings, terms: Sequence[Terms]) -> Watch:
    """Views and feeds of these markets; ConfigError when one is not listed, VenueError without an answer."""
    # what the feeds log would stand in the middle of the table
    logging.getLogger("common").addHandler(logging.NullHandler())
    found = await asyncio.gather(*(_listings(endpoint) for endpoint in settings.endpoints.values()))
    listings = dict(zip(settings.endpoints, found, strict=True))
    instruments = {one.market: {v: _listed(listings[v][0], v, one.market) for v in listings} for one in terms}
    views = {one.market: MarketView(one, instruments[one.market]) for one in terms}
    make = partial(_feeds, settings)
    notes = [note for _, note in found if note]
    return Watch(views, {market: make(listed) for market, listed in instruments.items()}, notes)


def _feeds(settings: Settings, instruments: Mapping[Venue, Instrument]) -> dict[Venue, Feed]:
    return {venue: make_feed(settings.endpoints[venue], instrument) for venue, instrument in instruments.items()}


def _listed(listings: Mapping[str, Instrument], venue: Venue, market: str) -> Instrument:
    if market not in listings:
        raise ConfigError(f"{venue} does not list {market}")
    return listings[market]


async def _listings(endpoint: Endpoint) -> tuple[dict[str, Instrument], str]:
    """Every listing with the fee we pay, and a note when that is only assumed."""
    fee, note = await _fee(endpoint)
    teller = make_teller(endpoint, private=False)
    try:
        listed = [one.instrument for one in await teller.markets()]
    finally:
        await teller.close()
    return {one.market: replace(one, taker_fee=fee) for one in listed}, note


async def _fee(endpoint: Endpoint) -> tuple[Decimal, str]:
    try:
        teller = make_teller(endpoint, private=True)
    except ConfigError:
        return TAKER_FEE, f"{endpoint.venue}: no keys, so a taker fee of 5 bp is assumed"
    try:
        await teller.start()
        return (await teller.user()).taker_fee, ""
    finally:
        await teller.close()
