"""What a trader can ask for; carried out by the runner on ledger, desks and feeds.

Every command that writes is one verb of the ledger; its result comes back as `DealChanged` (or `Refused`).
"""

from dataclasses import dataclass
from typing import TypeAlias

from common.core.deal import Deal, DealState
from common.core.events import Answered, Filled, LookedUp, Reported
from common.core.market import Venue
from common.core.order import Order


@dataclass(frozen=True, slots=True)
class Reserve:
    """Insert `deal` (OPENING) with its two orders, if halt, cap, level and direction leave room."""

    deal: Deal
    why: str


@dataclass(frozen=True, slots=True)
class Write:
    """Add `orders` to a deal and move it to `to` (None: state stays): exits and evenings, never refused."""

    deal_id: str
    orders: tuple[Order, ...]
    to: DealState | None
    why: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class Sign:
    """Sign these orders ahead when there is time, the likeliest first: one of them may be sent next. No promise."""

    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Send:
    """Put these orders on the wire at the same moment; their rows are committed."""

    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class LookUp:
    """Ask the order's venue for it by client id; the answer comes back as `LookedUp`."""

    order: Order


@dataclass(frozen=True, slots=True)
class Record:
    """Append what was heard about an order of ours to the ledger."""

    fact: Answered | Reported | Filled | LookedUp


@dataclass(frozen=True, slots=True)
class Move:
    """Move a deal to `to` with `held_uusd` (settle, release, stuck)."""

    deal_id: str
    to: DealState
    held_uusd: int
    why: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class Refresh:
    """Ask the venue's feed for a fresh snapshot of the book."""

    venue: Venue
    why: str


@dataclass(frozen=True, slots=True)
class HaltMarket:
    """Set a `halt` for this market in the ledger: a person has to look."""

    why: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class Alert:
    """Tell a person: something began, or (`over`) ended. `what` is one word: naked, stuck."""

    what: str
    deal_id: str
    why: str
    over: bool = False


Command: TypeAlias = Reserve | Write | Sign | Send | LookUp | Record | Move | Refresh | HaltMarket | Alert
