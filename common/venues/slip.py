"""A slip: an order as a person writes it, with all that the venues' protocols know. Never a row of the ledger.

Its client id (`ids.hand_id`) names no market, so that no worker takes it for its own and the warden can say
that a person placed it.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from common.core.market import Side


class Kind(StrEnum):
    """What an order waits for and how it trades. STOP_…: a price that moves against its holder; TAKE_PROFIT…: for."""

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    STOP_LIMIT = "STOP_LIMIT"
    STOP_MARKET = "STOP_MARKET"
    TAKE_PROFIT = "TAKE_PROFIT"
    TAKE_PROFIT_MARKET = "TAKE_PROFIT_MARKET"

    @property
    def waits(self) -> bool:
        """It needs a trigger."""
        return self not in (Kind.LIMIT, Kind.MARKET)


class InForce(StrEnum):
    """GTT: rests until its time (or for good). FOK: all at once or nothing. IOC: what is there, the rest is dropped."""

    GTT = "GTT"
    FOK = "FOK"
    IOC = "IOC"


@dataclass(frozen=True, slots=True)
class Slip:
    """One instruction. `limit` is the worst price, of market orders too; `life_ns` counts from `created_ns`."""

    client_id: str
    market: str
    side: Side
    kind: Kind
    size: Decimal
    limit: Decimal
    in_force: InForce
    created_ns: int
    life_ns: int
    post_only: bool = False
    reduce_only: bool = False
    trigger: Decimal | None = None

    def __post_init__(self) -> None:
        if self.size <= 0 or self.limit <= 0:
            raise ValueError("size and price must be above 0")
        if self.kind.waits is (self.trigger is None):
            raise ValueError(f"{self.kind} {'needs a trigger' if self.kind.waits else 'takes no trigger'}")
        if self.post_only and self.in_force is not InForce.GTT:
            raise ValueError(f"post-only rests, and {self.in_force} never does")
