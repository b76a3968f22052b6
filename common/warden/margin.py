"""How near the accounts are to trouble: leverage, distance to liquidation, losses, clocks. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from common.core.account import AccountFacts
from common.core.events import HaltLevel
from common.core.market import Venue
from common.core.money import ZERO
from common.venues.base import ClockReading
from common.warden.terms import WardenTerms
from common.warden.verdicts import EVERY_MARKET, Kind, Verdict

#: maintenance margin of a market whose listing is not known, fraction of notional: more than most
MAINTENANCE_UNKNOWN: Final = Decimal("0.05")
UUSD: Final = 1_000_000
DAY_NS: Final = 86_400 * 1_000_000_000

Maintenance = Mapping[tuple[Venue, str], Decimal]


def leverage(facts: AccountFacts) -> Decimal | None:
    """Gross position at mark over equity; None when there is no equity to carry what there is."""
    if not facts.gross_uusd:
        return ZERO
    return Decimal(facts.gross_uusd) / facts.equity_uusd if facts.equity_uusd > 0 else None


def liquidation_distance(facts: AccountFacts, maintenance: Maintenance) -> Decimal | None:
    """Fraction by which every price may move against us before the maintenance margin is reached; None: no position.

    All positions are taken to lose at once: longs and shorts of different markets need not move together.
    """
    notional = {p.market: abs(p.size * p.mark) for p in facts.positions}
    gross = sum(notional.values(), ZERO)
    if not gross:
        return None
    needed = sum((n * maintenance.get((facts.venue, m), MAINTENANCE_UNKNOWN) for m, n in notional.items()), ZERO)
    return (Decimal(facts.equity_uusd) / UUSD - needed) / gross


def margin_verdicts(facts: AccountFacts, maintenance: Maintenance, terms: WardenTerms) -> list[Verdict]:
    """`reduce` for all when this venue carries too much or is too near its liquidation."""
    found = []
    carried = leverage(facts)
    if carried is None or carried > terms.leverage_reduce:
        times = "none of its equity is left" if carried is None else f"{carried:.2f} times equity"
        text = f"{facts.venue} carries {times}, more than {terms.leverage_reduce}"
        found.append(Verdict(Kind.LEVERAGE, EVERY_MARKET, HaltLevel.REDUCE, text))
    distance = liquidation_distance(facts, maintenance)
    if distance is not None and distance < terms.liquidation_distance_min:
        text = f"{facts.venue} is {distance:.1%} from liquidation, less than {terms.liquidation_distance_min:.0%}"
        found.append(Verdict(Kind.LIQUIDATION, EVERY_MARKET, HaltLevel.REDUCE, text))
    return found


def is_heavy(accounts: Iterable[AccountFacts], maintenance: Maintenance, terms: WardenTerms) -> bool:
    """Some venue that answered still carries more than may be called calm."""
    return not all(is_calm(facts, maintenance, terms) for facts in accounts)


def is_calm(facts: AccountFacts, maintenance: Maintenance, terms: WardenTerms) -> bool:
    """Leverage is back below `leverage_calm`, and liquidation is not near."""
    carried = leverage(facts)
    return carried is not None and carried < terms.leverage_calm and not margin_verdicts(facts, maintenance, terms)


def clock_verdict(reading: ClockReading, terms: WardenTerms) -> Verdict | None:
    """No entries while the clocks surely differ by more than `skew_max`."""
    if reading.surely_off_ns <= terms.skew_max_ns:
        return None
    text = f"{reading.venue}'s clock is {reading.offset_ns / 1e9:+.2f} s off ours"
    return Verdict(Kind.CLOCK, EVERY_MARKET, HaltLevel.HALT, text)


def clock_warning(reading: ClockReading, terms: WardenTerms) -> bool:
    """The clocks surely differ by enough to be told."""
    return reading.surely_off_ns > terms.skew_warn_ns


@dataclass(frozen=True, slots=True)
class Baseline:
    """What losses are measured against: both venues' equity when the day began, and at its peak."""

    day: int
    start_uusd: int
    peak_uusd: int


def baseline(known: Baseline | None, equity_uusd: int, at_ns: int) -> Baseline:
    """The baseline with this look in it: a new day begins where the account stands, the peak only rises."""
    day = at_ns // DAY_NS
    if known is None:
        return Baseline(day, equity_uusd, equity_uusd)
    start_uusd = known.start_uusd if known.day == day else equity_uusd
    return replace(known, day=day, start_uusd=start_uusd, peak_uusd=max(known.peak_uusd, equity_uusd))


def loss_verdicts(base: Baseline, equity_uusd: int, terms: WardenTerms) -> list[Verdict]:
    """`reduce` for all when more was lost today, or since the peak, than a person allowed."""
    return [
        Verdict(Kind.LOSS, EVERY_MARKET, HaltLevel.REDUCE, _lost(what, from_uusd, equity_uusd, most))
        for what, from_uusd, most in (
            ("today", base.start_uusd, terms.daily_loss_max),
            ("since the peak", base.peak_uusd, terms.drawdown_max),
        )
        if from_uusd > 0 and Decimal(from_uusd - equity_uusd) / from_uusd > most
    ]


def _lost(what: str, from_uusd: int, now_uusd: int, most: Decimal) -> str:
    share = Decimal(from_uusd - now_uusd) / from_uusd
    was, is_now = Decimal(from_uusd) / UUSD, Decimal(now_uusd) / UUSD
    return f"{share:.1%} of equity lost {what} ({was:.2f} to {is_now:.2f} USD), more than {most:.0%}"


def total_uusd(accounts: Iterable[AccountFacts]) -> int:
    """What is ours at all venues together: a withdrawal that a venue still has under way is not lost yet."""
    return sum(facts.equity_uusd + facts.pending_uusd for facts in accounts)


@dataclass(frozen=True, slots=True)
class Transfer:
    """What would make both equities the same."""

    giver: Venue
    taker: Venue
    amount_uusd: int


def transfer(equities: Mapping[Venue, int], ratio_min: Decimal) -> Transfer | None:
    """The transfer that mends equities (micro-USD) further apart than `ratio_min` to 1; None when they are not."""
    if len(equities) < len(Venue):
        return None
    taker, giver = sorted(equities, key=equities.__getitem__)
    low, high = equities[taker], equities[giver]
    return Transfer(giver, taker, (high - low) // 2) if high > 0 and low < ratio_min * high else None


def spoken(found: Transfer, equities: Mapping[Venue, int]) -> str:
    """One sentence a person can act on."""
    has = ", ".join(f"{venue} has {Decimal(equities[venue]) / UUSD:.2f} USD" for venue in sorted(equities))
    amount = Decimal(found.amount_uusd) / UUSD
    return f"{has}: a transfer of {amount:.2f} USD from {found.giver} to {found.taker} would make them even"
