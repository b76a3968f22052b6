"""What the outside checker looks at, as plain values of its own. It shares nothing with the ledger's code on purpose.

Money is integer micro-USD, sizes and prices are Decimals, sides are "BUY" and "SELL", venues and states are text.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)
UUSD = Decimal(1_000_000)
VENUES = ("dydx", "apex")
LIVE = frozenset({"OPENING", "OPEN", "CLOSING", "STUCK"})
FORCED = "forced:"
#: ids of orders that a person placed beside the fleet: the ledger has no part in them
BY_HAND = "hand-"
#: behind the id of a fill: the row that takes it back
REVERSED = "!reversed"


@dataclass(frozen=True, slots=True)
class OneFill:
    """One execution, as the ledger or as a venue has it."""

    venue: str
    fill_id: str
    client_id: str
    market: str
    side: str
    price: Decimal
    size: Decimal
    fee_uusd: int
    at_ns: int

    @property
    def takes_back(self) -> bool:
        """It undoes another fill of the same order."""
        return self.fill_id.endswith(REVERSED)

    @property
    def signed(self) -> Decimal:
        """What it does to the position."""
        return self.size if self.side == "BUY" else -self.size

    @property
    def cash_uusd(self) -> Decimal:
        """What it does to the cash, fee included; exact."""
        return -self.signed * self.price * UUSD - self.fee_uusd


@dataclass(frozen=True, slots=True)
class DealFact:
    """A row of `deal`."""

    deal_id: str
    market: str
    direction: int
    state: str
    held_uusd: int
    opened_ns: int
    changed_ns: int
    #: told by the venues after its file was lost, or after an older one was put back: a fact, let in by no limit
    rebuilt: bool = False

    @property
    def live(self) -> bool:
        """Counts against level and cap."""
        return self.state in LIVE


@dataclass(frozen=True, slots=True)
class OrderFact:
    """A row of `orders`."""

    client_id: str
    deal_id: str
    venue: str
    market: str
    state: str
    reported: Decimal | None
    created_ns: int


@dataclass(frozen=True, slots=True)
class StepFact:
    """A row of `journal` that speaks of a deal."""

    seq: int
    deal_id: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class EquityFact:
    """A row of `equity`: what the venue said."""

    equity_uusd: int
    gross_uusd: int
    at_ns: int


@dataclass(frozen=True, slots=True)
class AddingFact:
    """An order that is not done and may add to a position at its venue."""

    deal_id: str
    venue: str
    created_ns: int
    #: one of the two that came with its deal
    opening: bool


@dataclass(frozen=True, slots=True)
class CapFact:
    """The row of `cap`; leverages as factors."""

    leverage_entry: Decimal
    leverage_max: Decimal
    level: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What has to hold at every moment: the live deals, what they hold, and the limits; one consistent look."""

    at_ns: int
    deals: tuple[DealFact, ...]
    cap: CapFact | None
    equities: dict[str, EquityFact]
    #: (venue, market) in which the venue has a position of ours, by its own last word
    places: frozenset[tuple[str, str]] = frozenset()
    adding: tuple[AddingFact, ...] = ()

    @property
    def held_uusd(self) -> int:
        """Exposure: what all deals hold, written-off ones that still count included."""
        return sum(deal.held_uusd for deal in self.deals)


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """The whole file in one consistent look."""

    limits: Limits
    deals: dict[str, DealFact]
    orders: dict[str, OrderFact]
    fills: tuple[OneFill, ...]
    steps: tuple[StepFact, ...]
    #: (venue, payment id) → received
    funding: dict[tuple[str, str], int]
    #: how often the limits were set: history can be judged by today's only when that was once
    caps_set: int
    #: when the venues were last asked for all that the file did not know; 0 for never
    reconciled_ns: int = 0


@dataclass(slots=True)
class VenueFacts:
    """One paper venue by its own journal: our account there."""

    venue: str
    account_id: str = ""
    balance_uusd: int = 0
    #: balance before everything that is known here
    opening_uusd: int = 0
    #: client id → order status
    orders: dict[str, str] = field(default_factory=dict)
    #: client id → when the venue took the order in
    taken_ns: dict[str, int] = field(default_factory=dict)
    fills: dict[str, OneFill] = field(default_factory=dict)
    #: payment id → (received, venue's time)
    funding: dict[str, tuple[int, int]] = field(default_factory=dict)
    #: facts before this moment were forgotten by the venue
    known_from_ns: int = 0

    def positions(self) -> dict[str, Decimal]:
        """Signed size by market."""
        return positions(self.fills.values())


def positions(fills: Iterable[OneFill]) -> dict[str, Decimal]:
    """Signed size by market that these fills leave, markets that are flat left out."""
    sizes: dict[str, Decimal] = {}
    for fill in fills:
        sizes[fill.market] = sizes.get(fill.market, ZERO) + fill.signed
    return {market: size for market, size in sizes.items() if size}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the checker has to say. `broken`: a law was broken; otherwise it is only worth knowing."""

    check: str
    text: str
    broken: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one audit; `checks` names everything that was judged, and how many things were looked at."""

    findings: tuple[Finding, ...]
    checks: dict[str, int]

    @property
    def clean(self) -> bool:
        """No law was broken."""
        return not any(finding.broken for finding in self.findings)
