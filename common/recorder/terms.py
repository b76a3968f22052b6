"""[recorder] of arb.toml: when it runs, how it listens, and how much disk it may take. Pure, checked once built."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from common.core.bounds import SECOND_NS, PatienceNs, Within, refuse_wrong

WITH_FLEET: Final = "with_fleet"
REST: Final = "rest"
Megabytes = Annotated[int, Within("1", "100000")]


@dataclass(frozen=True, slots=True)
class RecorderTerms:
    """Intervals are those of `listen = "rest"`; as the original polled."""

    start: Literal["by_hand", "with_fleet"] = "by_hand"
    listen: Literal["stream", "rest"] = "stream"
    rotate_mb: Megabytes = 64
    rotate_ns: PatienceNs = 3600 * SECOND_NS
    #: with less free on the disk nothing is recorded: the rest is the ledger's
    free_min_mb: Annotated[int, Within("0", "100000000")] = 2048
    books_every_ns: PatienceNs = 10 * SECOND_NS
    dydx_trades_every_ns: PatienceNs = 180 * SECOND_NS
    apex_trades_every_ns: PatienceNs = 600 * SECOND_NS

    def __post_init__(self) -> None:
        refuse_wrong("recorder", self)
