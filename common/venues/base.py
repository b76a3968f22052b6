"""What a caller needs of a venue, and no more: Feed and Look (public), Desk (orders), Account stream (private).

Free of any signing scheme, of string-only ids, and of "acknowledged means resting": an adapter for another
protocol fits behind the same protocols. Implementations live in `dydx/`, `apex/` and, in process, `sim/`.
"""

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol, TypeAlias

from common.core.account import AccountFacts as AccountFacts
from common.core.account import ForcedFill as ForcedFill
from common.core.account import FundingPaid as FundingPaid
from common.core.account import PastFill as PastFill
from common.core.account import Position as Position
from common.core.book import Book
from common.core.events import (
    BookMessage,
    FeedAlive,
    FeedDrained,
    FeedLost,
    Filled,
    FundingRate,
    IndexPrice,
    InstrumentUpdate,
    Reported,
)
from common.core.history import History
from common.core.market import Instrument, Side, Venue
from common.core.order import Ack, Finding, NotSent, Order, Reject, Unknown

FeedEvent: TypeAlias = BookMessage | FeedAlive | FeedDrained | FeedLost | InstrumentUpdate | FundingRate | IndexPrice


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """The private stream says balance or positions moved: ask `Desk.account` when convenient."""

    venue: Venue
    at_ns: int


@dataclass(frozen=True, slots=True)
class StreamUp:
    """The private stream is (again) subscribed: what happened while it was down must be asked for."""

    venue: Venue
    at_ns: int


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The venue's clock less ours, and how long asking took: the truth lies within half of that on either side."""

    venue: Venue
    offset_ns: int
    trip_ns: int
    at_ns: int

    @property
    def surely_off_ns(self) -> int:
        """By at least so much the two clocks differ, whichever way the time of asking was spent."""
        return max(0, abs(self.offset_ns) - self.trip_ns // 2)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a venue says of a market: its index price in its own dollars, and the funding rate that is coming.

    `funding_hourly` is a fraction of notional per hour, paid by longs when positive.
    """

    index: Decimal
    funding_hourly: Decimal


AccountEvent: TypeAlias = Reported | Filled | ForcedFill | FundingPaid | AccountChanged | StreamUp


class Signable(Protocol):
    """What a signature is over, whoever the order comes from: a worker's order or a person's slip."""

    @property
    def client_id(self) -> str: ...
    @property
    def side(self) -> Side: ...
    @property
    def size(self) -> Decimal: ...
    @property
    def limit(self) -> Decimal: ...


class Feed(Protocol):
    """Public market data of one instrument: pushes FeedEvents until cancelled; reconnects by itself, bounded."""

    venue: Venue

    async def run(self, on_event: Callable[[FeedEvent], None]) -> None:
        """Connect, subscribe, decode; never returns unless cancelled."""

    def refresh(self) -> None:
        """Ask for a fresh snapshot (resubscribe); returns at once."""


class Desk(Protocol):
    """Orders and account of one venue. Nothing here raises for what a venue answers: answers are values."""

    venue: Venue

    async def start(self) -> None:
        """Open connections, read server time, check credentials; ConfigError when they are refused."""

    async def instrument(self, market: str) -> Instrument:
        """The listing of `market` here, with the account's taker fee; ConfigError when it is not listed."""

    def prepare(self, order: Order) -> bytes:
        """Sign `order` and return the request body ready to send; no I/O, no await."""

    def prepare_ahead(self, order: Order) -> bool:
        """Do what `prepare` does that takes long and needs no moment, for an order that may come; False: done before.

        `prepare` uses it for that very order alone; nothing is sent, reserved or promised by it.
        """

    def afford(self, order: Order) -> bool:
        """Pay for an entry out of what the venue allows the fleet; False: not now. Exits pay when they are sent."""

    def send(self, order: Order, prepared: bytes) -> Coroutine[Any, Any, Ack | Reject | Unknown | NotSent]:
        """Put the request on the wire before this returns, where a connection is open; the answer is waited for."""

    async def look_up(self, order: Order) -> Finding:
        """Report and fills of `order` by its client id; Absent(proven) only past its time of death."""

    async def cancel(self, order: Order) -> None:
        """Ask for cancellation; the effect is seen by look_up or the account stream only."""

    async def account(self) -> AccountFacts:
        """Equity and positions now; VenueError when the venue gives no usable answer."""

    async def open_orders(self) -> tuple[tuple[str, str], ...]:
        """(client id, market) of all orders alive on our account, whoever sent them; VenueError without an answer."""

    async def outlook(self, markets: Iterable[str]) -> dict[str, Outlook]:
        """Index price and coming funding of those `markets` that are listed; VenueError without a usable answer."""

    async def read_clock(self) -> ClockReading:
        """The venue's clock against ours, measured now; VenueError without a usable answer."""

    async def funding(self, market: str) -> tuple[FundingPaid, ...]:
        """The latest funding payments of our account in `market` (up to 100); VenueError without a usable answer."""

    async def history(self, since_ns: int) -> History:
        """All fills of our account since then, in every market, and the orders behind them; VenueError without.

        Asks as often as it takes: for a reconciliation, not while trading.
        """

    async def fills_since(self, market: str, since_ns: int) -> tuple[PastFill, ...]:
        """All fills of our account in `market` matched since then, forced and taken back ones too, oldest first.

        VenueError without a usable answer, or when there are more than the desk is ready to page through.
        """

    async def stream(self, on_event: Callable[[AccountEvent], None]) -> None:
        """The private account stream; reconnects by itself, never returns unless cancelled."""

    async def close(self) -> None:
        """Close all connections."""


class Look(Protocol):
    """One look at a venue's public books: for whoever compares prices, not for trading."""

    async def book(self, market: str) -> Book:
        """The book of a market now; ConfigError when it is not listed, VenueError without a usable answer."""

    async def close(self) -> None:
        """Close all connections."""
