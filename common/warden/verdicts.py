"""What the warden may conclude, how long it must have seen it, and when it takes its own halt back. Pure."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from common.core.events import HaltLevel

#: who stands behind the warden's halts in the ledger
WARDEN = "warden"
EVERY_MARKET = "*"
#: in a halt's reason: it lies over a halt that a person or a worker had put there before
OVER = " | over "


class Kind(StrEnum):
    """Why the warden halts; the first word of every reason it gives."""

    LEVERAGE = "leverage"
    LIQUIDATION = "liquidation"
    CLOCK = "clock"
    PEG = "peg"
    LOSS = "loss"
    DIFFERENCE = "difference"
    FOREIGN = "foreign"
    BY_HAND = "by-hand"
    CRASH_LOOP = "crash-loop"


#: what goes away by itself; all else is for a person to lift
PASSING = frozenset({Kind.LEVERAGE, Kind.LIQUIDATION, Kind.CLOCK, Kind.PEG})
#: what shrinking mends, and ends with
MARGIN = frozenset({Kind.LEVERAGE, Kind.LIQUIDATION})


@dataclass(frozen=True, slots=True)
class Verdict:
    """`market` ('*': all) is to be halted at `level`; `text` has the numbers."""

    kind: Kind
    market: str
    level: HaltLevel
    text: str

    @property
    def why(self) -> str:
        """The reason as the ledger keeps it."""
        return f"{self.kind}: {self.text}"


def reason(verdict: Verdict, level: HaltLevel, who: str, why: str) -> str:
    """The reason of a halt that is put over another one: a halt that was not ours must not be lost with ours."""
    if level is HaltLevel.NONE:
        return verdict.why
    if who != WARDEN:
        return f"{verdict.why}{OVER}{level} by {who}: {why}"
    _, mark, below = why.partition(OVER)
    return verdict.why + mark + below


def is_passing(who: str, why: str) -> bool:
    """Whether this halt is one that the warden may lift: its own, of a kind that passes, over nobody else's."""
    kind = why.partition(":")[0]
    return who == WARDEN and kind in PASSING and OVER not in why


Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Streaks(Generic[Key, Value]):
    """Counts looks in a row that found the same under the same key; what was not found starts again from nothing."""

    def __init__(self, needed: int) -> None:
        self.needed = needed
        self._seen: dict[Key, tuple[Value, int]] = {}

    def look(self, found: Mapping[Key, Value]) -> tuple[Key, ...]:
        """Take in one look; the keys whose value was the same in the last `needed` looks, this one included."""
        before, self._seen = self._seen, {}
        for key, value in found.items():
            known, count = before.get(key, (value, 0))
            self._seen[key] = (value, count + 1 if known == value else 1)
        return tuple(key for key, (_, count) in self._seen.items() if count >= self.needed)


class Calm:
    """Since when there has been no reason at all to hold every market back."""

    def __init__(self, needed_ns: int) -> None:
        self.needed_ns = needed_ns
        self._since_ns: int | None = None

    def look(self, reasons: Iterable[object], at_ns: int, *, is_known: bool = True) -> bool:
        """Whether it has been calm for long enough; what is not known (a venue does not answer) is not calm."""
        if any(True for _ in reasons) or not is_known:
            self._since_ns = None
        elif self._since_ns is None:
            self._since_ns = at_ns
        return self._since_ns is not None and at_ns - self._since_ns >= self.needed_ns
