"""What a venue tells a person who asks it: one typed value per kind of answer, the same for every venue.

Amounts are exact USD, sizes base, times nanoseconds UTC by the venue's clock. None: this venue does not tell.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from common.core.market import Instrument, Side, Venue


class Span(StrEnum):
    """The length of a candle; those that every venue has."""

    MINUTE = "1m"
    FIVE = "5m"
    QUARTER = "15m"
    HALF = "30m"
    HOUR = "1h"
    FOUR = "4h"
    DAY = "1d"


@dataclass(frozen=True, slots=True)
class Listed:
    """A market as the venue lists it, with the fee that the venue takes of everybody (0: not told)."""

    instrument: Instrument
    status: str
    max_position: Decimal


@dataclass(frozen=True, slots=True)
class Candle:
    """Trades of one stretch of time; volumes in base and USD."""

    start_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    base: Decimal
    usd: Decimal
    trades: int | None


@dataclass(frozen=True, slots=True)
class Ticker:
    """A market's day. `change` is a fraction, `funding_hourly` the predicted rate, paid by longs when positive."""

    venue: Venue
    market: str
    last: Decimal | None
    index: Decimal | None
    oracle: Decimal | None
    change: Decimal | None
    high: Decimal | None
    low: Decimal | None
    volume_usd: Decimal
    trades: int
    open_interest: Decimal
    funding_hourly: Decimal
    next_funding_ns: int


@dataclass(frozen=True, slots=True)
class PastFunding:
    """The rate of one hour, a fraction of notional, and the price it was paid at."""

    market: str
    at_ns: int
    rate: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class User:
    """Who the venue says we are, and what it takes of us."""

    venue: Venue
    address: str
    name: str
    maker_fee: Decimal
    taker_fee: Decimal
    maker_volume_30d: Decimal
    taker_volume_30d: Decimal
    fees_30d: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's money; `cash` may be below 0 while longs are paid for with it."""

    venue: Venue
    account_id: str
    position_id: int
    equity: Decimal
    free: Decimal
    cash: Decimal
    initial_margin: Decimal | None
    maintenance_margin: Decimal | None
    pending_in: Decimal
    pending_out: Decimal


@dataclass(frozen=True, slots=True)
class Held:
    """A position; the size is signed, short below 0."""

    market: str
    size: Decimal
    entry: Decimal
    exit: Decimal
    unrealised: Decimal
    realised: Decimal
    net_funding: Decimal
    opened_ns: int


@dataclass(frozen=True, slots=True)
class OrderTold:
    """An order as the venue has it; `kind`, `status` and `reason` are the venue's words."""

    venue: Venue
    market: str
    order_id: str
    client_id: str
    side: Side
    kind: str
    status: str
    size: Decimal
    filled: Decimal
    price: Decimal
    trigger: Decimal | None
    in_force: str
    post_only: bool
    reduce_only: bool
    created_ns: int
    expires_ns: int | None
    reason: str

    @property
    def final(self) -> bool:
        """No further fill is expected."""
        return self.status in ("FILLED", "CANCELED", "EXPIRED")


@dataclass(frozen=True, slots=True)
class FillTold:
    """One execution of ours; `kind` says LIQUIDATED and the like, `status` whether the venue took it back."""

    market: str
    fill_id: str
    order_id: str
    side: Side
    price: Decimal
    size: Decimal
    fee: Decimal
    liquidity: str
    kind: str
    status: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class FundingTold:
    """A funding payment, above 0 when we received it; `size` is the position it was paid on."""

    market: str
    payment: Decimal
    rate: Decimal
    size: Decimal
    price: Decimal
    at_ns: int


@dataclass(frozen=True, slots=True)
class PnlTold:
    """What was earned: of the whole account until then (market empty, with its equity), or of one closed position."""

    market: str
    pnl: Decimal
    equity: Decimal | None
    size: Decimal | None
    entry: Decimal | None
    exit: Decimal | None
    at_ns: int
