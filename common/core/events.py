"""What a trader can hear. Frozen values; each carries the time it was received (`at_ns`, our clock)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from common.core.deal import Deal
from common.core.market import Instrument, Venue
from common.core.order import Answer, Fill, Finding, Report
from common.core.terms import Terms

#: price in whole ticks, size in whole steps (0 removes), sequence of the level (dYdX offset, ApeX u)
LevelRow: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class BookMessage:
    """A snapshot (replaces everything) or a delta of one instrument's book, in whole ticks and steps.

    `sequence` is ApeX's `u` or the dYdX offset of a delta; dYdX snapshots carry offsets per level instead. `more`: the
    next one is here already; this one is taken in, and decided upon with that one.
    """

    venue: Venue
    snapshot: bool
    bids: tuple[LevelRow, ...]
    asks: tuple[LevelRow, ...]
    sequence: int
    at_ns: int
    more: bool = False


@dataclass(frozen=True, slots=True)
class FeedAlive:
    """Something, a pong included, arrived on the venue's public connection; `lag_ns`: how late, by what pings say."""

    venue: Venue
    at_ns: int
    lag_ns: int = 0


@dataclass(frozen=True, slots=True)
class FeedDrained:
    """All that had arrived was taken in, and what came last was no book: what was left undecided is due now."""

    venue: Venue
    at_ns: int


@dataclass(frozen=True, slots=True)
class FeedLost:
    """The public connection broke or lost a message: the book is stale until the next snapshot."""

    venue: Venue
    reason: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class InstrumentUpdate:
    """The venue's listing of our market changed (status, fee tier, grid)."""

    instrument: Instrument
    at_ns: int


@dataclass(frozen=True, slots=True)
class FundingRate:
    """The predicted funding rate at `venue`: fraction of notional per hour, paid by longs when positive."""

    venue: Venue
    hourly: Decimal
    at_ns: int


@dataclass(frozen=True, slots=True)
class IndexPrice:
    """What the venue says that the market is worth elsewhere, USD per base: told when it changed."""

    venue: Venue
    price: Decimal
    at_ns: int

    def __post_init__(self) -> None:
        if not (self.price.is_finite() and self.price > 0):
            raise ValueError(f"{self.venue}: index price {self.price} must be above 0")


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back for an order we sent."""

    client_id: str
    answer: Answer
    at_ns: int


@dataclass(frozen=True, slots=True)
class Reported:
    """The private stream said something about an order of ours."""

    report: Report
    at_ns: int


@dataclass(frozen=True, slots=True)
class Filled:
    """The private stream brought a fill of ours."""

    fill: Fill
    at_ns: int


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What a venue answered when asked for one order by client id."""

    client_id: str
    finding: Finding
    at_ns: int


@dataclass(frozen=True, slots=True)
class DealChanged:
    """The ledger wrote this: the deal with all its rows, as the file has it now (also at start)."""

    deal: Deal
    at_ns: int


@dataclass(frozen=True, slots=True)
class DustLeft:
    """What finished deals of the market left behind at each venue, signed base size; told once, at start."""

    sizes: Mapping[Venue, Decimal]
    at_ns: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The ledger refused a reservation; `reason` is one word: cap, level, halted, version, direction, equity …"""

    reason: str
    at_ns: int


class HaltLevel(StrEnum):
    """halt: no new deals. reduce: and close at any acceptable edge, cheapest first. flatten: close everything now."""

    NONE = "none"
    HALT = "halt"
    REDUCE = "reduce"
    FLATTEN = "flatten"


@dataclass(frozen=True, slots=True)
class Turn:
    """While the fleet shrinks, one deal at a time: `deal_id` is the next, whatever that keeps if `whatever` is set."""

    deal_id: str
    whatever: bool


@dataclass(frozen=True, slots=True)
class Halted:
    """The strictest halt that the ledger holds for this market, `none` included.

    `turn` orders closing under `reduce`; None: nobody gives turns, each market closes what it finds acceptable.
    """

    level: HaltLevel
    at_ns: int
    turn: Turn | None = None


class Way(StrEnum):
    """A person's way out of a stuck deal. close: both legs to nothing. complete: fill the missing leg. keep: wait."""

    CLOSE = "close"
    COMPLETE = "complete"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Wished:
    """A person chose how a deal goes on, at `since_ns`; his last word counts."""

    deal_id: str
    way: Way
    since_ns: int
    at_ns: int


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed; sent a few times a second."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class TermsChanged:
    """A person wrote other numbers into arb.toml and wants them in force now."""

    terms: Terms
    at_ns: int


@dataclass(frozen=True, slots=True)
class StopRequested:
    """Finish or even out what is in flight, open nothing new."""

    at_ns: int


Event: TypeAlias = (
    BookMessage
    | FeedAlive
    | FeedDrained
    | FeedLost
    | InstrumentUpdate
    | FundingRate
    | IndexPrice
    | Answered
    | Reported
    | Filled
    | LookedUp
    | DealChanged
    | DustLeft
    | Refused
    | Halted
    | Wished
    | Tick
    | TermsChanged
    | StopRequested
)
