"""What any tape gives: one instrument's book as it was recorded at one moment. Values only."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

#: price in USD per base, size in base
RecordedLevel: TypeAlias = tuple[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class RecordedBook:
    """Bids and asks best first, as the recorder had them at `at_ns` (its clock, UTC)."""

    market: str
    at_ns: int
    bids: tuple[RecordedLevel, ...]
    asks: tuple[RecordedLevel, ...]
