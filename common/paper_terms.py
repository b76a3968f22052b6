"""[paper] of arb.toml: how the shipped paper venues behave."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from common.core.bounds import Positive, Share, Within, Wrong, refuse_wrong

Port = Annotated[int, Within("1", "65535")]
Fee = Annotated[Decimal, Within("0", "0.1")]


@dataclass(frozen=True, slots=True)
class Paper:
    """How the paper venues behave; amounts in USD, rates as fractions, times in ms."""

    seed: Annotated[int, Within("0", "1000000000000")] = 1
    dydx_port: Port = 18701
    apex_port: Port = 18702
    latency_ms: Annotated[int, Within("0", "60000")] = 120
    race_lost: Share = Decimal("0.08")
    balance_usd: Positive = Decimal(100)
    taker_fee: Fee = Decimal("0.0005")
    maker_fee: Fee = Decimal("0.0002")
    refill_half_life_ms: Annotated[int, Within("1", "3600000")] = 500
    #: labelled "far beyond what was recorded": multiplies the rate of the demo's basis jumps (0 turns them off)
    jumps: Annotated[Decimal, Within("0", "1000")] = Decimal(1)
    source: str = "synthetic"
    speed: Annotated[Decimal, Within("0", "1000", open_=True)] = Decimal(1)
    #: "none", or "drill": lost and late requests, garbled books and the like (common/sim/faults.py)
    faults: str = "none"
    #: "own": throw-away accounts that the paper venues make; "onboarded": those of the key files in [venues]
    accounts: str = "own"

    def __post_init__(self) -> None:
        refuse_wrong("paper", self, (*self._same_port(), *self._odd_source(), *self._odd_words()))

    def _odd_words(self) -> Iterator[Wrong]:
        if self.faults not in ("none", "drill"):
            yield Wrong(("faults",), 'must be "none" or "drill"')
        if self.accounts not in ("own", "onboarded"):
            yield Wrong(("accounts",), 'must be "own" or "onboarded"')

    def _same_port(self) -> Iterator[Wrong]:
        if self.dydx_port == self.apex_port:
            yield Wrong(("apex_port", "dydx_port"), "must not be the port of dydx_port: give each venue its own")

    def _odd_source(self) -> Iterator[Wrong]:
        if self.source != "synthetic" and not re.fullmatch("replay:.+", self.source):
            yield Wrong(("source",), 'must be "synthetic", or "replay:PATH" with recorded books at PATH')
