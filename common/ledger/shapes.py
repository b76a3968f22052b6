"""The shapes of what report.py answers: plain frozen values for a table, JSON or a test."""

from dataclasses import dataclass
from decimal import Decimal

from common.core.deal import Deal
from common.core.events import HaltLevel, Way
from common.core.market import Direction, Venue


@dataclass(frozen=True, slots=True)
class Refusal:
    """No. `reason` for a reservation: halted, doubt, version, equity, direction, level, deals, notional, rate or cap.

    For a write-off: not flat; for a limit: unconfirmed (it would be raised), or a sentence; for a person's choice about
    a deal that is not stuck: its state.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """A power cut may have taken the newest deal of a market from the file.

    Its orders were sent after `since_ns` and before `at_ns`, when that was noticed.
    """

    market: str
    since_ns: int
    at_ns: int


@dataclass(frozen=True, slots=True)
class Choice:
    """How a person wants a stuck deal to go on: his last word."""

    deal_id: str
    way: Way
    who: str
    why: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class VenueSide:
    """One market at one venue: our fills against what the venue says. `venue_size` None: it never spoke.

    A venue that spoke without naming the market has size 0 there; `at_ns` is when it spoke.
    """

    venue: Venue
    ledger_size: Decimal
    venue_size: Decimal | None
    entry: Decimal | None
    mark: Decimal | None
    at_ns: int | None

    @property
    def agrees(self) -> bool:
        """The venue says what our fills say."""
        return self.venue_size == self.ledger_size


@dataclass(frozen=True, slots=True)
class MarketRow:
    """One market now. `notional_uusd` is the larger side at its mark; `unrealised_uusd` is at marks, fees paid off."""

    market: str
    direction: Direction | None
    deals: tuple[Deal, ...]
    held_uusd: int
    edge_uusd: int
    opened_ns: int | None
    sides: tuple[VenueSide, ...]
    notional_uusd: int | None
    unrealised_uusd: int | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Live deals per direction; `level` is the most per direction, None while no cap is set."""

    plus: int
    minus: int
    level: int | None

    @property
    def arbitrage_count(self) -> int:
        """The signed count of the original."""
        return self.plus - self.minus


@dataclass(frozen=True, slots=True)
class CapRow:
    """Exposure against the cap, and the terms in force; `cap_uusd` None while cap or equity is missing."""

    held_uusd: int
    cap_uusd: int | None
    leverage_entry: Decimal | None = None
    leverage_max: Decimal | None = None
    level: int | None = None
    equity_max_age_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a market ('*': all together) has of what limits bind: live deals, µUSD held, deals begun of late."""

    market: str
    deals: int
    notional_uusd: int
    deals_per_minute: int
    deals_per_hour: int


@dataclass(frozen=True, slots=True)
class Equity:
    """A venue's account when it was last heard."""

    venue: Venue
    equity_uusd: int
    gross_uusd: int
    at_ns: int

    @property
    def leverage(self) -> Decimal | None:
        """Gross position at mark over equity; None without equity."""
        return Decimal(self.gross_uusd) / self.equity_uusd if self.equity_uusd > 0 else None


@dataclass(frozen=True, slots=True)
class Halt:
    """A halt in force; market '*' is all."""

    market: str
    level: HaltLevel
    why: str
    who: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class Beat:
    """A worker's last sign of life."""

    market: str
    pid: int
    at_ns: int
    state: str
    decided_ns: int
    #: the program that gave it, and the settings that it goes by
    code_version: str = ""
    config_hash: str = ""


@dataclass(frozen=True, slots=True)
class DealRow:
    """A deal and what it earned. `pnl_uusd` is realised, all fees paid so far taken off; `matched` is hedged now."""

    deal: Deal
    matched: Decimal
    pnl_uusd: int
    fees_uusd: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over deals. `opened` were hedged once; `realised_uusd` has fees taken off, funding is apart."""

    reserved: int
    opened: int
    closed: int
    void: int
    stuck: int
    written_off: int
    live: int
    traded_uusd: int
    realised_uusd: int
    fees_uusd: int
    funding_uusd: int
    #: closed without ever having been hedged: one leg filled, the other did not, and it was evened at once
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """One market's deals counted; `pnl_uusd` is what all of them realised, fees taken off."""

    market: str
    closed: int
    void: int
    pnl_uusd: int


@dataclass(frozen=True, slots=True)
class Dust:
    """What finished deals of a market left at each venue, signed base size."""

    market: str
    sizes: dict[Venue, Decimal]

    @property
    def net(self) -> Decimal:
        """What of it is not hedged."""
        return sum(self.sizes.values(), Decimal(0))


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One verb that changed something; states are the deal's."""

    seq: int
    at_ns: int
    verb: str
    market: str | None
    deal_id: str | None
    from_state: str | None
    to_state: str | None
    why: str
    pid: int
    code_version: str
    config_hash: str


@dataclass(frozen=True, slots=True)
class SpreadRow:
    """A reservation: the signed count before it, what it expected to keep, and the numbers it went by."""

    at_ns: int
    market: str
    deal_id: str
    direction: Direction
    count: int
    edge_uusd: int
    size: Decimal
    why: str


@dataclass(frozen=True, slots=True)
class TradeRow:
    """One fill of ours with its order."""

    at_ns: int
    market: str
    deal_id: str
    purpose: str
    venue: Venue
    side: str
    size: Decimal
    price: Decimal
    fee_uusd: int
    client_id: str
    venue_order_id: str | None
    fill_id: str
    venue_ns: int
