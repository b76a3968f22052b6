"""The words of a paper venue: what is asked of it, what it keeps, what it tells. Pure values.

One engine per venue serves both mouths: the in-process desk and the wire server.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeAlias

from common.core.events import LevelRow
from common.core.market import Instrument, Side, Venue

#: instruments by venue and market
Instruments: TypeAlias = Mapping[Venue, Mapping[str, Instrument]]


@dataclass(frozen=True, slots=True)
class SourceBook:
    """What a source (synthetic or tape) says an instrument's book shows now, before our own orders took from it.

    Whole ticks and steps, best first, no sequence numbers: the engine diffs, numbers and publishes.
    `index` is the venue's index/oracle price in USD.
    """

    venue: Venue
    market: str
    bids: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, int], ...]
    index: Decimal


class Source(Protocol):
    """Where the paper venues' books come from."""

    #: markets this source can drive at both venues, in fleet order; a tape of one venue alone has none
    markets: tuple[str, ...]

    def next_at_ns(self) -> int | None:
        """Source time of the next change, nanoseconds since the source began; None when the tape has ended."""

    def pop(self) -> Sequence[SourceBook]:
        """The changes that are due at `next_at_ns`; advances the source."""

    def state(self) -> dict[str, object]:
        """What has to be kept so that prices go on where they were after a restart (JSON-able)."""


@dataclass(frozen=True, slots=True)
class PlaceRequest:
    """An order as it arrives at a paper venue, authentication and signature already verified."""

    client_id: str
    market: str
    side: Side
    kind: str  # LIMIT | MARKET | one that waits for a price (triggers.py)
    lifetime: str  # GTT | FOK | IOC   (ApeX GOOD_TIL_CANCEL is GTT)
    size: Decimal
    price: Decimal
    post_only: bool
    reduce_only: bool
    #: dYdX: fraction of notional; ApeX: amount in USDC. The engine checks it against the taker/maker fee.
    limit_fee: Decimal
    expires_ns: int
    signature: str
    #: the index price at which an order that waits comes alive
    trigger: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PaperRefusal:
    """The venue's no: `key` is our own short name (e.g. "expiration", "off_tick", "margin"), values fill the text."""

    key: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class PaperOrder:
    """An order as a paper venue keeps it; status PENDING, UNTRIGGERED, OPEN, FILLED, CANCELED."""

    order_id: str
    account_id: str
    request: PlaceRequest
    status: str
    remaining: Decimal
    filled_value: Decimal
    filled_fee: Decimal
    cancel_reason: str
    created_ns: int
    changed_ns: int


@dataclass(frozen=True, slots=True)
class PaperFill:
    """One execution at a paper venue; `order_id` None for forced ones. Fee in USDC, 6 decimals, rounded down.

    Taken back, the same execution is kept with the moment of it: money and position are then as if it never was.
    """

    fill_id: str
    order_id: str | None
    account_id: str
    market: str
    side: Side
    liquidity: str  # TAKER | MAKER
    kind: str  # LIMIT | MARKET | LIQUIDATED | DELEVERAGED
    price: Decimal
    size: Decimal
    fee: Decimal
    at_ns: int
    failed_ns: int | None = None


@dataclass(frozen=True, slots=True)
class PaperPosition:
    """A position at a paper venue: signed size, averages and running sums as the venues' REST answers need them."""

    market: str
    size: Decimal
    max_size: Decimal
    entry_price: Decimal
    exit_price: Decimal
    sum_open: Decimal
    sum_close: Decimal
    realized_pnl: Decimal
    net_funding: Decimal
    created_ns: int
    closed_ns: int | None


@dataclass(frozen=True, slots=True)
class FundingPayment:
    """An hourly payment: positive when the account received it."""

    payment_id: str
    account_id: str
    market: str
    payment: Decimal
    rate: Decimal
    position_size: Decimal
    price: Decimal
    at_ns: int


@dataclass(frozen=True, slots=True)
class PastRate:
    """The funding rate of an hour that is over, and the index price that it was paid at."""

    at_ns: int
    rate: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account's money now. All USDC Decimals with 6 decimals."""

    account_id: str
    balance: Decimal
    equity: Decimal
    free_collateral: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    positions: tuple[PaperPosition, ...]


@dataclass(frozen=True, slots=True)
class BookChange:
    """Levels that changed and must be published; size 0 removes. `sequence` rises with every change."""

    market: str
    bids: tuple[LevelRow, ...]
    asks: tuple[LevelRow, ...]
    sequence: int
    at_ns: int


@dataclass(frozen=True, slots=True)
class Print:
    """A public trade."""

    trade_id: str
    market: str
    side: Side
    price: Decimal
    size: Decimal
    at_ns: int
    liquidation: bool = False


@dataclass(frozen=True, slots=True)
class AccountChange:
    """Everything that changed for one account in one step, to be pushed as one frame."""

    account_id: str
    orders: tuple[PaperOrder, ...]
    fills: tuple[PaperFill, ...]
    positions: tuple[PaperPosition, ...]
    funding: tuple[FundingPayment, ...]
    balance: Decimal
    at_ns: int


Publication: TypeAlias = BookChange | Print | AccountChange


class PaperVenue(Protocol):
    """One paper venue: deterministic, synchronous, told the time with every call; no I/O but its journal.

    Publications go to `on_publish` in order, after the journal record they belong to was written.
    """

    venue: Venue
    instruments: dict[str, Instrument]
    on_publish: Callable[[Publication], None]

    def open_account(self, account_id: str, balance: Decimal, now_ns: int) -> None:
        """Create an account with `balance` USDC; one that exists already stays as it is."""

    def apply(self, book: SourceBook, now_ns: int) -> None:
        """The source moved: publish the difference, match resting orders that are now crossed, mark accounts."""

    def advance(self, now_ns: int) -> None:
        """Time passed: refill consumed depth, expire orders, pay hourly funding, liquidate."""

    def place(self, account_id: str, request: PlaceRequest, now_ns: int) -> PaperOrder | PaperRefusal:
        """An order arrives: check, journal, accept as PENDING (the returned value), then match at once.

        The same `client_id` again returns the earlier order (ApeX) or refuses (dYdX), never a second order.
        """

    def cancel(self, account_id: str, order_id: str, now_ns: int) -> PaperOrder | PaperRefusal:
        """Cancel a resting order."""

    def take_back(self, account_id: str, fill_id: str, now_ns: int) -> bool:
        """ApeX: the chain did not let a match through; False when there is no such fill that stands."""

    def deleverage(self, account_id: str, market: str, size: Decimal, now_ns: int) -> None:
        """Up to `size` of a position is closed at the index price against somebody's liquidation."""

    def order(self, account_id: str, order_id: str) -> PaperOrder | None:
        """One order by the venue's id."""

    def order_by_client_id(self, account_id: str, client_id: str) -> PaperOrder | None:
        """One order by ours."""

    def orders(self, account_id: str, market: str | None = None) -> tuple[PaperOrder, ...]:
        """All orders of the account, newest first."""

    def fills(self, account_id: str, market: str | None = None, order_id: str | None = None) -> tuple[PaperFill, ...]:
        """Fills of the account, newest first."""

    def funding(self, account_id: str, market: str | None = None) -> tuple[FundingPayment, ...]:
        """Funding payments of the account, newest first."""

    def account(self, account_id: str) -> AccountView:
        """Money and open positions now."""

    def positions(self, account_id: str) -> tuple[PaperPosition, ...]:
        """Open and closed positions, newest first."""

    def book(self, market: str) -> tuple[tuple[LevelRow, ...], tuple[LevelRow, ...], int]:
        """Bids and asks (best first, with the sequence of each level) and the last sequence."""

    def prints(self, market: str) -> tuple[Print, ...]:
        """Recent public trades, newest first (at most 100)."""

    def index_price(self, market: str) -> Decimal:
        """The index (oracle) price in USD."""

    def funding_rate(self, market: str) -> Decimal:
        """The predicted hourly funding rate, fraction of notional, positive: longs pay."""

    def past_rates(self, market: str) -> tuple[PastRate, ...]:
        """The hourly rates that were in force, newest first."""

    def fee_rates(self, account_id: str) -> tuple[Decimal, Decimal]:
        """(maker, taker) of the account's volume tier, fractions."""
