"""One look's facts in, verdicts out; remembers only how often in a row it has seen the same. Pure, no clock."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypeAlias

from common.core.account import AccountFacts
from common.core.market import Instrument, Venue
from common.venues.base import ClockReading
from common.warden import agreement, margin, prices
from common.warden.agreement import Foreign, Holding, Place, Sums
from common.warden.margin import Baseline
from common.warden.prices import Outlooks
from common.warden.terms import WardenTerms
from common.warden.verdicts import MARGIN, Calm, Kind, Streaks, Verdict

#: looks in a row that must agree before anything is done
MARGIN_LOOKS: Final = 2
FOREIGN_LOOKS: Final = 2
CLOCK_LOOKS: Final = 3
LOSS_LOOKS: Final = 5
PEG_LOOKS: Final = 2

#: venue → (client id, market) of its open orders
OpenOrders: TypeAlias = Mapping[Venue, Collection[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Facts:
    """One look. A venue that gave no usable answer is missing in `accounts`; `orders` None: not asked for this time.

    `held_by` is the kind of our own halt of every market that is in force, if there is one. `incarnations` begin the
    client ids of orders that are ours.
    """

    at_ns: int
    before: Sums
    after: Sums
    accounts: Mapping[Venue, AccountFacts]
    orders: OpenOrders | None = None
    held_by: str = ""
    incarnations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What to halt, and whether our own halt of every market may be taken back."""

    verdicts: tuple[Verdict, ...]
    lift: bool


@dataclass(slots=True)
class Judge:
    """Judges one account per venue. `instruments` say what is dust and how much margin a position needs."""

    terms: WardenTerms
    instruments: Mapping[Place, Instrument]
    base: Baseline | None = None
    _clocks: dict[Venue, Verdict] = field(default_factory=dict)
    _calm: Calm = field(init=False)
    _heavy: Streaks[tuple[Kind, Venue], bool] = field(default_factory=lambda: Streaks(MARGIN_LOOKS))
    _lost: Streaks[str, bool] = field(default_factory=lambda: Streaks(LOSS_LOOKS))
    _peg: Verdict | None = None
    #: USD and USDC are further apart than is to be told about: the sentence; empty when they are not
    peg_warning: str = ""
    _parted: Streaks[Kind, bool] = field(default_factory=lambda: Streaks(PEG_LOOKS))
    _off: dict[Venue, Streaks[Kind, bool]] = field(default_factory=dict)
    _differing: Streaks[Place, Holding] = field(init=False)
    _foreign: Streaks[Foreign, bool] = field(default_factory=lambda: Streaks(FOREIGN_LOOKS))
    _dust: dict[Place, Decimal] = field(init=False)
    maintenance: dict[Place, Decimal] = field(init=False)

    def __post_init__(self) -> None:
        self._calm = Calm(self.terms.calm_ns)
        self._differing = Streaks(self.terms.difference_looks)
        self.maintenance = {place: i.maintenance_margin for place, i in self.instruments.items()}
        smallest: dict[str, Decimal] = {}
        for (_, market), instrument in self.instruments.items():
            smallest[market] = min(instrument.min_size, smallest.get(market, instrument.min_size))
        self._dust = {place: smallest[place[1]] for place in self.instruments}

    def adopt(self, terms: WardenTerms) -> None:
        """Go by other numbers from the next look on; what was counted until now is counted on."""
        self.terms = terms
        self._calm.needed_ns, self._differing.needed = terms.calm_ns, terms.difference_looks

    def look(self, facts: Facts) -> Judgement:
        """Take in one look."""
        heavy, lost = self._margins(facts), self._losses(facts)
        verdicts = (*heavy, *lost, *self._differences(facts), *self._foreigners(facts))
        return Judgement(verdicts, self._may_lift(facts))

    def clock(self, reading: ClockReading) -> Verdict | None:
        """Take in one reading of a venue's clock; the halt once enough of them in a row were too far off."""
        verdict = margin.clock_verdict(reading, self.terms)
        self._clocks.pop(reading.venue, None)
        if verdict is not None:
            self._clocks[reading.venue] = verdict
        streaks = self._off.setdefault(reading.venue, Streaks(CLOCK_LOOKS))
        return verdict if streaks.look({Kind.CLOCK: True} if verdict else {}) else None

    def peg(self, outlooks: Outlooks) -> Verdict | None:
        """Take in one look at both venues' index prices; the halt once enough of them in a row were too far apart."""
        parted = prices.parted_bps(outlooks)
        if parted is None:
            return None
        self.peg_warning = prices.peg_warning(parted, self.terms)
        self._peg = prices.peg_verdict(parted, self.terms)
        return self._peg if self._parted.look({Kind.PEG: True} if self._peg else {}) else None

    def heavy(self, accounts: Mapping[Venue, AccountFacts]) -> bool:
        """Whether the fleet still carries too much: shrinking goes on until it is light, not just lighter."""
        return margin.is_heavy(accounts.values(), self.maintenance, self.terms)

    def forgive(self) -> None:
        """A person let the fleet go on: what was lost until now is not held against it again."""
        self.base = None

    def _margins(self, facts: Facts) -> list[Verdict]:
        found = {
            (verdict.kind, venue): verdict
            for venue, account in facts.accounts.items()
            for verdict in margin.margin_verdicts(account, self.maintenance, self.terms)
        }
        return [found[key] for key in self._heavy.look(dict.fromkeys(found, True))]

    def _losses(self, facts: Facts) -> list[Verdict]:
        """Judged only when both venues answered: half of the equity is no loss."""
        if len(facts.accounts) < len(Venue):
            return []
        equity_uusd = margin.total_uusd(facts.accounts.values())
        self.base = margin.baseline(self.base, equity_uusd, facts.at_ns)
        found = margin.loss_verdicts(self.base, equity_uusd, self.terms)
        return found if self._lost.look({"lost": True} if found else {}) else []

    def _differences(self, facts: Facts) -> list[Verdict]:
        found: dict[Place, Holding] = {}
        for account in facts.accounts.values():
            found |= agreement.differences(facts.before, account, facts.after, self._dust)
        looks = self.terms.difference_looks
        return [agreement.difference_verdict(p, found[p], looks) for p in self._differing.look(found)]

    def _foreigners(self, facts: Facts) -> list[Verdict]:
        if facts.orders is None:
            return []
        found: set[Foreign] = set()
        for venue, orders in facts.orders.items():
            found |= agreement.foreign_orders(venue, orders, facts.incarnations)
        return agreement.foreign_verdicts(self._foreign.look(dict.fromkeys(found, True)))

    def _may_lift(self, facts: Facts) -> bool:
        """Nothing speaks against it for long enough; what was too heavy must have become light, not just lighter."""
        accounts = facts.accounts.values()
        reasons: list[Verdict] = [*self._clocks.values(), *filter(None, (self._peg,))]
        for account in accounts:
            reasons += margin.margin_verdicts(account, self.maintenance, self.terms)
        if self.base is not None and len(facts.accounts) == len(Venue):
            reasons += margin.loss_verdicts(self.base, margin.total_uusd(accounts), self.terms)
        light = all(margin.is_calm(account, self.maintenance, self.terms) for account in accounts)
        known = len(facts.accounts) == len(Venue) and (light or facts.held_by not in MARGIN)
        return self._calm.look(reasons, facts.at_ns, is_known=known)
