"""One instruction to one venue, and all that can be heard about it. Pure values.

An order's row is written before its first byte is sent. NEW therefore means "may or may not have reached
the venue"; nothing but proof (terminal report, proven absence, never written) makes it DONE.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeAlias

from common.core.market import Side, Venue

#: what the id of a fill's reversal ends with, after the id of the fill that it takes back
REVERSED: Final = "!reversed"


class OrderState(StrEnum):
    """NEW: written, fate unproven. WORKING: the venue has it. DONE: no further fill is expected."""

    NEW = "NEW"
    WORKING = "WORKING"
    DONE = "DONE"


ORDER_MOVES: dict[OrderState, frozenset[OrderState]] = {
    OrderState.NEW: frozenset({OrderState.WORKING, OrderState.DONE}),
    OrderState.WORKING: frozenset({OrderState.WORKING, OrderState.DONE}),
    OrderState.DONE: frozenset(),
}


class Purpose(StrEnum):
    """Why an order exists: a leg of an opening, a leg of a closing, or to make a deal even again."""

    OPEN = "OPEN"
    CLOSE = "CLOSE"
    EVEN = "EVEN"


class Lifetime(StrEnum):
    """FOK: all at once or nothing. IOC: what is there now, the rest is cancelled."""

    FOK = "FOK"
    IOC = "IOC"


@dataclass(frozen=True, slots=True)
class Order:
    """One order row. `client_id` is derived from deal, leg and attempt and never used twice."""

    client_id: str
    deal_id: str
    venue: Venue
    market: str
    side: Side
    purpose: Purpose
    size: Decimal
    limit: Decimal
    lifetime: Lifetime
    reduce_only: bool
    created_ns: int
    state: OrderState = OrderState.NEW
    venue_order_id: str | None = None
    #: cumulative size the venue says was filled; None while it never said
    reported_size: Decimal | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.size <= 0 or self.limit <= 0:
            raise ValueError(f"order {self.client_id}: size and limit must be above 0")
        if not 1 <= len(self.client_id) <= 40:
            raise ValueError(f"order id {self.client_id!r} must have 1 to 40 characters")


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution of ours, unique by venue and `fill_id`. `fee_uusd` is positive when we pay.

    A fill that the venue takes back later stays what it was; its reversal is another fill of the same order.
    """

    venue: Venue
    fill_id: str
    client_id: str
    side: Side
    price: Decimal
    size: Decimal
    fee_uusd: int
    venue_ns: int

    @property
    def is_reversal(self) -> bool:
        """It takes another fill of its order back."""
        return self.fill_id.endswith(REVERSED)


def reversal(fill: Fill) -> Fill:
    """What takes `fill` back: as much the other way at the same price, its fee returned; its id tells whose."""
    return replace(fill, fill_id=fill.fill_id + REVERSED, side=fill.side.opposite, fee_uusd=-fill.fee_uusd)


def standing(fills: tuple[Fill, ...]) -> tuple[Fill, ...]:
    """The fills that were not taken back. Sums over all fills are the same; prices and sizes of one side are not."""
    gone = {(f.venue, f.fill_id.removesuffix(REVERSED)) for f in fills if f.is_reversal}
    return tuple(f for f in fills if not f.is_reversal and (f.venue, f.fill_id) not in gone) if gone else fills


@dataclass(frozen=True, slots=True)
class Ack:
    """The venue took the order in; that says nothing about fills."""

    venue_order_id: str


@dataclass(frozen=True, slots=True)
class Reject:
    """The venue said no in so many words: the order can never fill."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No usable answer: ask later, never read as no."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """This live process never wrote a byte of the order."""

    reason: str


Answer: TypeAlias = Ack | Reject | Unknown | NotSent


@dataclass(frozen=True, slots=True)
class Report:
    """What a venue says about an order: cumulative, and whether it is final."""

    client_id: str
    venue_order_id: str
    filled_size: Decimal
    final: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """The venue answered that it knows no such order.

    `proven` only when the venue's own clock was past the order's time of death  then it can never
    fill. Otherwise the order may still be on its way, and the desk is asked again.
    """

    proven: bool


@dataclass(frozen=True, slots=True)
class Found:
    """The venue knows the order: its cumulative report and every fill it lists for it."""

    report: Report
    fills: tuple[Fill, ...]


Finding: TypeAlias = Found | Absent | Unknown
