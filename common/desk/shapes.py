"""The shapes of what an operator sees, in a terminal, on a page or as JSON. Frozen values; nothing is decided here.

Ages are counted up to `DeskFacts.at_ns`. None: not known, which is shown as nothing and never as zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from common.core.events import HaltLevel
from common.core.market import Venue
from common.ledger.shapes import CapRow, Counts, Doubt, Halt, JournalRow


@dataclass(frozen=True, slots=True)
class ProgramFacts:
    """A program beside the workers (sim, warden, recorder …) as supervisord has it."""

    name: str
    state: str
    pid: int


@dataclass(frozen=True, slots=True)
class VenueFacts:
    """One account as its venue last told of it; `liquidation`: how far every price may move against us until then."""

    venue: Venue
    equity_uusd: int
    gross_uusd: int
    leverage: Decimal | None
    age_ns: int
    liquidation: Decimal | None


@dataclass(frozen=True, slots=True)
class PnlFacts:
    """Of today (since midnight UTC): what ended deals realised, fees taken off, funding, and what is open, at marks."""

    closed: int
    realised_uusd: int
    funding_uusd: int
    #: None while a mark is missing
    open_uusd: int | None

    @property
    def total_uusd(self) -> int | None:
        """All of it together."""
        return None if self.open_uusd is None else self.realised_uusd + self.funding_uusd + self.open_uusd


@dataclass(frozen=True, slots=True)
class EdgeFacts:
    """One direction over the last seconds: mean and highest, basis points of notional after all costs."""

    mean_bps: float
    best_bps: float


@dataclass(frozen=True, slots=True)
class SeenFacts:
    """What a worker last wrote down of what it sees: edges by direction ("+1", "-1") against `least_bps`.

    `silent_ms`, `lag_ms`: by venue the longest that nothing was heard, and the most that messages were late by.
    """

    age_ns: int
    for_ns: int
    least_bps: float
    edges: Mapping[str, EdgeFacts]
    silent_ms: Mapping[str, int]
    lag_ms: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RefusedFacts:
    """The last reservation of a market that was refused, and what it would have been worth."""

    age_ns: int
    reason: str
    direction: int
    edge_uusd: int


@dataclass(frozen=True, slots=True)
class SideFacts:
    """A market at one venue: the sum of our fills, and what the venue says (None: it never spoke).

    `settled`: the venue spoke, and so long after our last fill that it must know of it.
    """

    venue: Venue
    ledger_size: Decimal
    venue_size: Decimal | None
    age_ns: int | None
    settled: bool

    @property
    def agrees(self) -> bool:
        """Nothing speaks against our fills."""
        return self.venue_size == self.ledger_size or not self.settled


@dataclass(frozen=True, slots=True)
class DealFacts:
    """A live deal. `close_uusd`: what it would have earned, closed at the prices that its worker last wrote down."""

    deal_id: str
    direction: int
    state: str
    size: Decimal
    net: Decimal
    held_uusd: int
    entry_uusd: int
    close_uusd: int | None
    age_ns: int
    #: orders whose end is not proven, and how long ago the oldest of them was decided
    unfinished: int = 0
    unfinished_age_ns: int | None = None


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """One market: its worker, what that sees, what is open there, what it earned today."""

    market: str
    state: str
    pid: int
    uptime_s: int
    heard_age_ns: int | None
    decided_age_ns: int | None
    says: str
    halt: HaltLevel | None
    seen: SeenFacts | None
    refused: RefusedFacts | None
    sides: tuple[SideFacts, ...]
    deals: tuple[DealFacts, ...]
    pnl: PnlFacts

    @property
    def entry_uusd(self) -> int | None:
        """What the live deals were expected to keep."""
        return sum(deal.entry_uusd for deal in self.deals) if self.deals else None

    @property
    def close_uusd(self) -> int | None:
        """What closing all of them now would have earned; None without deals, or where one has no price."""
        known = [deal.close_uusd for deal in self.deals if deal.close_uusd is not None]
        return sum(known) if self.deals and len(known) == len(self.deals) else None

    @property
    def trouble(self) -> str:
        """The one thing a person should look at, in a word or two; '' when there is none."""
        if any(deal.state == "STUCK" for deal in self.deals):
            return "stuck"
        return "" if all(side.agrees for side in self.sides) else "positions differ"


@dataclass(frozen=True, slots=True)
class DeskFacts:
    """Everything at one moment. `trouble`: why there is nothing of the ledger in it; '' when there is."""

    at_ns: int
    mode: str
    supervisord: ProgramFacts | None
    programs: tuple[ProgramFacts, ...]
    trouble: str
    halts: tuple[Halt, ...]
    doubts: tuple[Doubt, ...]
    venues: tuple[VenueFacts, ...]
    cap: CapRow | None
    counts: Counts | None
    pnl: PnlFacts | None
    markets: tuple[MarketFacts, ...]
    #: the newest rows, oldest first
    journal: tuple[JournalRow, ...]

    @property
    def equity_uusd(self) -> int | None:
        """Of all venues together; None while one never spoke."""
        return sum(one.equity_uusd for one in self.venues) if len(self.venues) == len(Venue) else None

    @property
    def running(self) -> int:
        """Workers that supervisord has running."""
        return sum(1 for one in self.markets if one.state == "RUNNING")

    @property
    def used(self) -> float | None:
        """The part of the cap that is held; None while there is no cap."""
        if self.cap is None or self.cap.cap_uusd is None:
            return None
        return self.cap.held_uusd / self.cap.cap_uusd if self.cap.cap_uusd > 0 else float(self.cap.held_uusd > 0)
