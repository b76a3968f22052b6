"""What executions cost: fee schedules by traded volume, and the one rounding both venues share."""

from dataclasses import dataclass
from decimal import Decimal

from common.core.money import uusd_down

DAY_NS = 24 * 3600 * 1_000_000_000
VOLUME_DAYS = 30


@dataclass(frozen=True, slots=True)
class FeeTier:
    """Rates, as fractions of notional, from a traded volume in USD on."""

    from_volume: Decimal
    maker: Decimal
    taker: Decimal


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """Tiers by 30-day volume, the first from 0 on, ascending."""

    tiers: tuple[FeeTier, ...]

    def __post_init__(self) -> None:
        volumes = [tier.from_volume for tier in self.tiers]
        if not volumes or volumes[0] != 0 or volumes != sorted(volumes):
            raise ValueError("a fee schedule needs ascending tiers, the first from volume 0 on")

    def tier(self, volume: Decimal) -> FeeTier:
        """The tier of an account that traded `volume` USD in thirty days."""
        return next(tier for tier in reversed(self.tiers) if volume >= tier.from_volume)


def flat(maker: Decimal, taker: Decimal) -> FeeSchedule:
    """The same rates for everybody: the demo's default."""
    return FeeSchedule((FeeTier(Decimal(0), maker, taker),))


def _tier(from_volume: int, maker: str, taker: str) -> FeeTier:
    return FeeTier(Decimal(from_volume), Decimal(maker), Decimal(taker))


#: dYdX v3 as published in 2022 and 2023
DYDX_TIERS = FeeSchedule(
    (
        _tier(0, "0", "0"),
        _tier(100_000, "0.0002", "0.0005"),
        _tier(1_000_000, "0.00015", "0.0004"),
        _tier(5_000_000, "0.0001", "0.00035"),
        _tier(10_000_000, "0.00005", "0.0003"),
        _tier(50_000_000, "0", "0.00025"),
        _tier(200_000_000, "0", "0.0002"),
    )
)


def fee_uusd(quote: Decimal, rate: Decimal) -> int:
    """The fee on `quote` USD in whole micro-USD, cut downwards as both venues do."""
    return uusd_down(quote * rate)


@dataclass(slots=True)
class Volume:
    """An account's traded volume by day, USD."""

    by_day: dict[int, Decimal]

    def add(self, quote: Decimal, at_ns: int) -> None:
        """Count an execution; days that no longer matter are forgotten."""
        day = at_ns // DAY_NS
        self.by_day[day] = self.by_day.get(day, Decimal(0)) + quote
        for old in [key for key in self.by_day if key <= day - VOLUME_DAYS]:
            del self.by_day[old]

    def total(self, now_ns: int) -> Decimal:
        """The volume of the thirty days that end today."""
        today = now_ns // DAY_NS
        return sum((v for day, v in self.by_day.items() if today - VOLUME_DAYS < day <= today), Decimal(0))
