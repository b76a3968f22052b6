"""The numbers a person chose for the warden. Pure values, checked once built."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from common.core.bounds import SECOND_NS, Fraction, Leverage, PatienceNs, Within, not_above, refuse_wrong

#: one look, or one start, proves nothing
Several = Annotated[int, Within("2", "1000000")]
PegBps = Annotated[Decimal, Within("0", "10000", open_=True)]
SkewNs = Annotated[int, Within("0", "3600", open_=True)]


@dataclass(frozen=True, slots=True)
class WardenTerms:
    """Bounds and patience. Leverages as factors of equity, distances and losses as fractions, `_ns` nanoseconds."""

    #: above the first at either venue the fleet shrinks, until both were below the second for `calm_ns`
    leverage_reduce: Leverage = Decimal("2.8")
    leverage_calm: Leverage = Decimal("2.5")
    #: the fleet shrinks, too, when so small a move of all prices against us would reach the maintenance margin
    liquidation_distance_min: Fraction = Decimal("0.12")
    calm_ns: PatienceNs = 60 * SECOND_NS
    look_every_ns: PatienceNs = 2 * SECOND_NS
    #: ledger and venue must differ by the same size in so many looks in a row
    difference_looks: Several = 5
    #: a worker whose heartbeat is older, or that decided nothing for so long while its books move, is restarted
    heartbeat_max_ns: PatienceNs = 20 * SECOND_NS
    decided_max_ns: PatienceNs = 30 * SECOND_NS
    #: so many starts of a market within the window, while the warden looked on, are a crash loop
    quarantine_starts: Several = 12
    quarantine_window_ns: PatienceNs = 600 * SECOND_NS
    #: the smaller equity must be at least so much of the larger one, or a transfer is asked for
    equity_ratio_min: Fraction = Decimal("0.6")
    #: USD against USDC, by both venues' index prices: told about, and no entries
    peg_warn_bps: PegBps = Decimal(25)
    peg_max_bps: PegBps = Decimal(50)
    skew_warn_ns: SkewNs = SECOND_NS // 2
    skew_max_ns: SkewNs = 2 * SECOND_NS
    #: of both venues' equity: since the day began (UTC), and since its peak
    daily_loss_max: Fraction = Decimal("0.10")
    drawdown_max: Fraction = Decimal("0.20")

    def __post_init__(self) -> None:
        more = (
            *not_above(self, "leverage_calm", "leverage_reduce"),
            *not_above(self, "peg_warn_bps", "peg_max_bps"),
            *not_above(self, "skew_warn_ns", "skew_max_ns"),
        )
        refuse_wrong("warden", self, more)
