"""One paper venue and what its wire mouth needs to speak: listings, account holders, trade memory, clock, latency.

Knows no protocol: `dydx_…` and `apex_…` put what stands here into words.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol, TypeAlias

from aiohttp import web
from aiohttp.typedefs import Middleware

from common.sim.accounts import AccountRecord
from common.sim.enrolment import Enrolment, each_once
from common.sim.listings import Listing
from common.sim.server.asset import Asset, asset_of
from common.sim.server.bars import Bars
from common.sim.server.plain import NS_PER_SECOND
from common.sim.server.socket import Socket
from common.sim.types import AccountChange, BookChange, PaperVenue, Print, Publication

HOUR_NS = 3600 * NS_PER_SECOND
Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Line(Protocol):
    """What stands between the port and the protocol: every request passes it."""

    @property
    def pass_on(self) -> Middleware:
        """As aiohttp asks for it."""

    def close(self) -> None:
        """The venue stops serving."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """Waits of a paper venue in seconds of our clock; a replay at speed N divides them by N."""

    #: between a request's receipt and its arrival at the matching engine
    latency_s: float
    #: between two book frames of one market where the venue batches them
    batch_s: float = 0.1
    #: between two looks at market figures (index, funding, volume) that changed
    ticker_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Condition:
    """What /health says: whether every book has been shown, whether a replay is over, what can be arbitraged."""

    ready: bool
    ended: bool
    markets: tuple[str, ...]


@dataclass(slots=True)
class Mouth:
    """What both protocols of one venue stand on."""

    venue: PaperVenue
    listings: dict[str, Listing]
    #: account holders under the API key that their requests carry
    holders: dict[str, AccountRecord]
    now_ns: Callable[[], int]
    pacing: Pacing
    #: what keeps the accounts that are onboarded here
    enrolment: Enrolment
    bars: Bars = field(default_factory=Bars)
    #: the venue's name of each market → ours
    markets: dict[str, str] = field(default_factory=dict)
    #: None: always ready, with every market that is listed
    condition: Callable[[], Condition] | None = None
    #: makes the connections that clients hold, and what every request passes first: both are bad in a drill only
    socket: Callable[[], Socket] = Socket
    line: Line | None = None
    on_book: Callable[[BookChange], None] = lambda _: None
    on_print: Callable[[Print], None] = lambda _: None
    on_account: Callable[[AccountChange], None] = lambda _: None

    def __post_init__(self) -> None:
        self.listings = {m: listing for m, listing in self.listings.items() if m in self.venue.instruments}
        self.markets = {listing.instrument.name: market for market, listing in self.listings.items()}
        self.venue.on_publish = self.publish

    def publish(self, news: Publication) -> None:
        """Hand one publication of the engine to the listeners of its kind."""
        if isinstance(news, BookChange):
            self.on_book(news)
        elif isinstance(news, Print):
            self.bars.add(news)
            self.on_print(news)
        else:
            self.on_account(news)

    def health(self) -> Condition:
        """The condition of what drives the venue."""
        return self.condition() if self.condition else Condition(True, False, tuple(self.listings))

    def name(self, market: str) -> str:
        """The venue's name of our market."""
        return self.listings[market].instrument.name

    def asset(self, market: str) -> Asset:
        """The numbers that orders of this market are signed over."""
        return asset_of(self.listings[market])

    @property
    def accounts(self) -> tuple[AccountRecord, ...]:
        """One holder per account: an account may have several API keys, or none that is left."""
        return each_once((*self.holders.values(), *self.enrolment.accounts()))

    def enrol(self, record: AccountRecord) -> None:
        """Let a new account in, or another API key of one; a new account gets the paper balance."""
        self.enrolment.add(record)
        self.venue.open_account(record.account_id, self.enrolment.balance, self.now_ns())
        self.holders[record.api_key] = record

    def dismiss(self, api_key: str) -> None:
        """Let nobody in with this API key any more."""
        self.enrolment.drop(api_key)
        self.holders.pop(api_key, None)

    def holder_at(self, address: str) -> AccountRecord | None:
        """Who onboarded with this Ethereum address."""
        return next((holder for holder in self.accounts if holder.eth_address == address.lower()), None)

    def holder_of(self, account_id: str) -> AccountRecord:
        """The holder of an account."""
        return next(holder for holder in self.accounts if holder.account_id == account_id)

    def open_interest(self, market: str) -> Decimal:
        """Size held long by the accounts here: nobody else trades on a paper venue."""
        views = (self.venue.account(holder.account_id) for holder in self.accounts)
        held = (position.size for view in views for position in view.positions if position.market == market)
        return sum((size for size in held if size > 0), Decimal(0))

    def next_funding_ns(self) -> int:
        """The next full hour, when funding is paid."""
        now_ns = self.now_ns()
        return now_ns - now_ns % HOUR_NS + HOUR_NS

    async def arrive(self) -> None:
        """Wait out the way of an order to the venue."""
        await asyncio.sleep(self.pacing.latency_s)


def mouth(
    venue: PaperVenue,
    listings: dict[str, Listing],
    holders: Iterable[AccountRecord],
    *,
    now_ns: Callable[[], int],
    pacing: Pacing,
    enrolment: Enrolment | None = None,
) -> Mouth:
    """The wire mouth of one engine; it takes over the engine's publications. What was onboarded is let in again."""
    enrolment = enrolment or Enrolment(venue.venue)
    everybody = (*holders, *enrolment.records())
    made = Mouth(venue, listings, {holder.api_key: holder for holder in everybody}, now_ns, pacing, enrolment)
    for holder in enrolment.accounts():
        venue.open_account(holder.account_id, enrolment.balance, now_ns())
    return made
