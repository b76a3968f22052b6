"""Teller: what a person asks of a venue, one call at a time – every call that its protocol has. Workers have a Desk.

`arbctl venue` and `arbctl spread` stand here; nothing of it is imported by a process that trades.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from common import clock
from common.core.market import Venue
from common.core.order import Ack, NotSent, Reject, Unknown
from common.core.trade import Trade
from common.settings import Endpoint
from common.venues import keys
from common.venues.base import ClockReading
from common.venues.keys import Keys
from common.venues.public import PublicBook
from common.venues.slip import Slip
from common.venues.told import (
    Balance,
    Candle,
    FillTold,
    FundingTold,
    Held,
    Listed,
    OrderTold,
    PastFunding,
    PnlTold,
    Span,
    Ticker,
    User,
)


class Teller(Protocol):
    """One venue. Questions raise VenueError without a usable answer; what is said to an order is a value.

    Lists come newest first, `limit` at most. `start` is for what needs an account.
    """

    venue: Venue

    # ---- public

    async def markets(self) -> tuple[Listed, ...]:
        """Every market that is listed."""

    async def book(self, market: str) -> PublicBook:
        """Both sides now."""

    async def trades(self, market: str, limit: int) -> tuple[Trade, ...]:
        """The latest trades."""

    async def candles(self, market: str, span: Span, limit: int) -> tuple[Candle, ...]:
        """The latest candles."""

    async def funding_history(self, market: str, limit: int) -> tuple[PastFunding, ...]:
        """The funding rates of past hours."""

    async def ticker(self, market: str) -> Ticker:
        """The last day, index and predicted funding."""

    async def time(self) -> ClockReading:
        """The venue's clock against ours."""

    # ---- private

    async def start(self) -> None:
        """Read clock, listings and account; ConfigError when the keys will not do."""

    async def user(self) -> User:
        """Who we are there, fees and volumes."""

    async def account(self) -> Balance:
        """Equity, what is free of it, margins."""

    async def positions(self) -> tuple[Held, ...]:
        """Open positions."""

    async def orders(self, market: str | None) -> tuple[OrderTold, ...]:
        """Orders that are alive."""

    async def order(self, name: str) -> OrderTold | None:
        """One order by our id or the venue's; None when the venue knows neither."""

    async def history(self, market: str | None, limit: int) -> tuple[OrderTold, ...]:
        """Finished orders, as far as the venue lists them."""

    async def fills(self, market: str | None, limit: int) -> tuple[FillTold, ...]:
        """Our executions."""

    async def funding(self, market: str | None, limit: int) -> tuple[FundingTold, ...]:
        """Our funding payments."""

    async def pnl(self, limit: int) -> tuple[PnlTold, ...]:
        """What the venue says we earned."""

    def refuse(self, slip: Slip) -> str | None:
        """Why the venue has no such order, or None; size and price are judged against its grid."""

    async def place(self, slip: Slip) -> Ack | Reject | Unknown | NotSent:
        """Sign and send."""

    async def replace(self, old: OrderTold, slip: Slip) -> Ack | Reject | Unknown | NotSent:
        """The new order in place of the old one, at one stroke where the venue has that."""

    async def cancel(self, order: OrderTold) -> Ack | Reject | Unknown:
        """Ask for the end of one order; whether it came is seen by asking for the order."""

    async def cancel_all(self, market: str | None) -> Ack | Reject | Unknown:
        """The same for all that are alive."""

    async def close(self) -> None:
        """Close all connections."""


def _dydx(endpoint: Endpoint, own: Keys | None) -> Teller:
    from common.venues.dydx.teller import DydxTeller

    return DydxTeller(endpoint, own)


def _apex(endpoint: Endpoint, own: Keys | None) -> Teller:
    from common.venues.apex.teller import ApexTeller

    return ApexTeller(endpoint, own)


MAKE_TELLER: dict[Venue, Callable[[Endpoint, Keys | None], Teller]] = {Venue.DYDX: _dydx, Venue.APEX: _apex}


def make_teller(endpoint: Endpoint, *, private: bool) -> Teller:
    """The teller of one venue; with the keys of its endpoint (ConfigError when they cannot be read) if `private`."""
    own = keys.read(endpoint.venue, endpoint.keys) if private else None
    return MAKE_TELLER[endpoint.venue](endpoint, own)


async def measured(venue: Venue, asking: Callable[[], Awaitable[int]]) -> ClockReading:
    """A venue's clock against ours; `asking` answers its time in nanoseconds."""
    before_ns = clock.now_ns()
    venue_ns = await asking()
    after_ns = clock.now_ns()
    return ClockReading(venue, venue_ns - (before_ns + after_ns) // 2, after_ns - before_ns, after_ns)
