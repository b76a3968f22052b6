"""A deal: our two-legged position in one market, from reservation to flat; and what it needs next.

Everything here is a pure function of the deal's rows. `next_step` is the only place that decides; it serves the
ordinary way, recovery after a crash and a person's repair alike. It knows no prices and no clock.

    OPENING ──► OPEN ──► CLOSING ──► CLOSED        CLOSING ──► OPEN  (only part, or nothing, was closed)
       │          │         │
       ├──► VOID (nothing filled)  └──► any live ──► STUCK ──► OPEN | CLOSING | CLOSED
       └──► CLOSED (filled, unwound)    any live ──► WRITTEN_OFF (a person)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from common.core.errors import IllegalMove
from common.core.market import Direction, Instrument, Side, Venue
from common.core.money import ZERO, uusd_up
from common.core.order import Fill, Order, OrderState, Purpose, standing


class DealState(StrEnum):
    """Where a deal is in its life; only what recovery can tell apart."""

    OPENING = "OPENING"
    OPEN = "OPEN"
    CLOSING = "CLOSING"
    STUCK = "STUCK"
    CLOSED = "CLOSED"
    VOID = "VOID"
    WRITTEN_OFF = "WRITTEN_OFF"


LIVE = frozenset({DealState.OPENING, DealState.OPEN, DealState.CLOSING, DealState.STUCK})

DEAL_MOVES: dict[DealState, frozenset[DealState]] = {
    DealState.OPENING: frozenset(
        {DealState.OPEN, DealState.VOID, DealState.CLOSED, DealState.STUCK, DealState.WRITTEN_OFF}
    ),
    DealState.OPEN: frozenset({DealState.CLOSING, DealState.CLOSED, DealState.STUCK, DealState.WRITTEN_OFF}),
    DealState.CLOSING: frozenset({DealState.OPEN, DealState.CLOSED, DealState.STUCK, DealState.WRITTEN_OFF}),
    DealState.STUCK: frozenset({DealState.OPEN, DealState.CLOSING, DealState.CLOSED, DealState.WRITTEN_OFF}),
    DealState.CLOSED: frozenset(),
    DealState.VOID: frozenset(),
    DealState.WRITTEN_OFF: frozenset(),
}


def check_move(deal_id: str, current: DealState, to: DealState) -> None:
    """Raise IllegalMove, naming deal and states, when the table has no such move."""
    if to not in DEAL_MOVES[current]:
        raise IllegalMove(f"deal {deal_id}: {current} cannot become {to}")


@dataclass(frozen=True, slots=True)
class Deal:
    """One deal with all its rows. `held_uusd` counts against the cap while the deal is live.

    `edge_uusd` is what the opening expected to keep. Positions, captured spread and fees are derived from fills.
    """

    deal_id: str
    market: str
    number: int
    direction: Direction
    size: Decimal
    state: DealState
    held_uusd: int
    edge_uusd: int
    opened_ns: int
    changed_ns: int
    orders: tuple[Order, ...] = ()
    fills: tuple[Fill, ...] = ()
    #: running numbers of orders below this may have been used by orders that nobody remembers: a lost or older file
    attempts_from: int = 0

    @property
    def live(self) -> bool:
        """Counts against cap and level."""
        return self.state in LIVE

    def position(self, venue: Venue) -> Decimal:
        """Signed base size that this deal's fills have left at `venue`."""
        return sum((f.side.sign * f.size for f in self.fills if f.venue is venue), ZERO)

    @property
    def net(self) -> Decimal:
        """Signed base size that is not hedged: the sum over both venues."""
        return sum((f.side.sign * f.size for f in self.fills), ZERO)

    @property
    def fees_uusd(self) -> int:
        """All fees paid so far, micro-USD."""
        return sum(f.fee_uusd for f in self.fills)

    @property
    def cash(self) -> Decimal:
        """USD received for what was sold less USD paid for what was bought, fees not included."""
        return sum((-f.side.sign * f.price * f.size for f in self.fills), ZERO)

    @property
    def unfinished(self) -> tuple[Order, ...]:
        """Orders whose fate, or some of whose fills, we do not have yet."""
        return tuple(o for o in self.orders if not accounted(o, self.fills))

    @property
    def evened(self) -> bool:
        """The order written last was to make it even again."""
        return bool(self.orders) and self.orders[-1].purpose is Purpose.EVEN


def accounted(order: Order, fills: tuple[Fill, ...]) -> bool:
    """DONE, and the fills we hold add up to what the venue reported: act on fills, not on statuses.

    A reported size is what was matched: that some of it was taken back is told by fills of the other side.
    """
    if order.state is not OrderState.DONE:
        return False
    held = sum((f.size for f in fills if f.client_id == order.client_id and f.side is order.side), ZERO)
    return order.reported_size is None or held >= order.reported_size


@dataclass(frozen=True, slots=True)
class Ask:
    """The fate of these orders is not known: ask the venues for them."""

    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Even:
    """Filled long size ≠ filled short size: reduce the longer leg by `size` at `venue`."""

    venue: Venue
    side: Side
    size: Decimal


@dataclass(frozen=True, slots=True)
class Rest:
    """All accounted for and even: the deal belongs into `state` with `held_uusd`; do nothing more if it is there."""

    state: DealState
    held_uusd: int


Step: TypeAlias = Ask | Even | Rest


def next_step(deal: Deal, instruments: Mapping[Venue, Instrument]) -> Step:
    """What `deal` needs now, from its rows alone; `instruments` give the smallest size that can be ordered.

    Not accounted for → ask. Uneven by more than dust → even, by reducing the longer leg. Even → rest.
    """
    if deal.state is DealState.WRITTEN_OFF:
        return Rest(deal.state, deal.held_uusd)
    if deal.unfinished:
        return Ask(deal.unfinished)
    even = uneven(deal, instruments)
    if even is not None:
        return even
    return Rest(*_resting(deal, instruments))


def uneven(deal: Deal, instruments: Mapping[Venue, Instrument]) -> Even | None:
    """What would even the fills we have, whatever may still be out; None when they are even but for dust: not naked."""
    venue = max((deal.direction.sell_venue, deal.direction.buy_venue), key=lambda v: abs(deal.position(v)))
    longer, instrument = deal.position(venue), instruments[venue]
    excess = min(abs(deal.net), abs(longer))
    size = instrument.size(instrument.steps(excess))
    if size < instrument.min_size:
        return None
    return Even(venue, Side.SELL if longer > 0 else Side.BUY, size)


def _resting(deal: Deal, instruments: Mapping[Venue, Instrument]) -> tuple[DealState, int]:
    """State and held of a deal that is accounted for and even (but for dust)."""
    if not deal.live:
        return deal.state, 0
    if is_flat(deal, instruments):
        return (DealState.CLOSED if deal.fills else DealState.VOID), 0
    return DealState.OPEN, min(deal.held_uusd, filled_notional_uusd(deal))


def is_flat(deal: Deal, instruments: Mapping[Venue, Instrument]) -> bool:
    """Neither leg is as large as the smallest order its venue takes; what is left is dust."""
    return all(abs(deal.position(v)) < i.min_size for v, i in instruments.items())


def filled_notional_uusd(deal: Deal) -> int:
    """The larger leg's open size at its average opening price, micro-USD, rounded up: held after settling."""
    return max(uusd_up(abs(deal.position(v)) * opening_price(deal, v)) for v in Venue)


def opening_price(deal: Deal, venue: Venue) -> Decimal:
    """Average price of the standing fills that opened the leg at `venue`; 0 when there are none."""
    side = deal.direction.side_at(venue)
    fills = [f for f in standing(deal.fills) if f.venue is venue and f.side is side]
    size = sum((f.size for f in fills), ZERO)
    return sum((f.price * f.size for f in fills), ZERO) / size if size else ZERO


def settling(deal: Deal, step: Rest) -> str:
    """Why a deal moves to where it rests, as the journal has it."""
    if step.state is DealState.VOID:
        return "nothing filled"
    if step.state is DealState.CLOSED:
        return "flat"
    return "even" if deal.state is not DealState.CLOSING else "close did not fill"
