"""The numbers a person chose for the warden. Pure values, checked once built."""

from dataclasses import dataclass
from decimal import Decimal

from common.core.errors import ConfigError
from common.core.terms import SECOND_NS


@dataclass(frozen=True, slots=True)
class WardenTerms:
    """Bounds and patience. Leverages as factors of equity, distances and losses as fractions, `_ns` nanoseconds."""

    #: above the first at either venue the fleet shrinks, until both were below the second for `calm_ns`
    leverage_reduce: Decimal = Decimal("2.8")
    leverage_calm: Decimal = Decimal("2.5")
    #: the fleet shrinks, too, when so small a move of all prices against us would reach the maintenance margin
    liquidation_distance_min: Decimal = Decimal("0.12")
    calm_ns: int = 60 * SECOND_NS
    look_every_ns: int = 2 * SECOND_NS
    #: ledger and venue must differ by the same size in so many looks in a row
    difference_looks: int = 5
    #: a worker whose heartbeat is older, or that decided nothing for so long while its books move, is restarted
    heartbeat_max_ns: int = 20 * SECOND_NS
    decided_max_ns: int = 30 * SECOND_NS
    #: so many starts of a market within the window, while the warden looked on, are a crash loop
    quarantine_starts: int = 12
    quarantine_window_ns: int = 600 * SECOND_NS
    skew_warn_ns: int = SECOND_NS // 2
    skew_max_ns: int = 2 * SECOND_NS
    #: of both venues' equity: since the day began (UTC), and since its peak
    daily_loss_max: Decimal = Decimal("0.10")
    drawdown_max: Decimal = Decimal("0.20")

    def __post_init__(self) -> None:
        if not 0 < self.leverage_calm <= self.leverage_reduce:
            raise ConfigError("warden.leverage_calm must be above 0 and not above warden.leverage_reduce")
        if not 0 < self.skew_warn_ns <= self.skew_max_ns:
            raise ConfigError("warden.skew_warn_s must be above 0 and not above warden.skew_max_s")
        for name in ("liquidation_distance_min", "daily_loss_max", "drawdown_max"):
            if not 0 < getattr(self, name) < 1:
                raise ConfigError(f"warden.{name} is a fraction between 0 and 1, not {getattr(self, name)}")
        for name in ("difference_looks", "quarantine_starts"):
            if getattr(self, name) < 2:
                raise ConfigError(f"warden.{name} must be at least 2, not {getattr(self, name)}")
        for name in ("calm", "look_every", "heartbeat_max", "decided_max", "quarantine_window"):
            if getattr(self, f"{name}_ns") < SECOND_NS:
                raise ConfigError(f"warden.{name}_s must be at least 1")
