"""The books of one market as one place showed them, as rows of a table: what every source is turned into.

Columns: `at_ns`, `why` (empty: the book may be believed), then `bid_px_1`, `bid_sz_1`, `ask_px_1`, `ask_sz_1` and so
on, best first. Rows of one time are told apart by `n`: the last one stands.
"""

from dataclasses import dataclass
from typing import Final

SECOND_NS: Final = 10**9
#: what makes a book unusable beside what a recorder says: nothing heard for too long, a crossed or half empty book
SILENT, CROSSED, EMPTY, GAP = "silent", "crossed", "empty", "gap"


@dataclass(frozen=True, slots=True)
class Series:
    """`rows` is what SQL selects from. A `sampled` book is believed for a while only; else the rows say when not.

    Without `sizes` nothing is known but the touch. `note` tells people what to bear in mind.
    """

    place: str
    market: str
    rows: str
    levels: int
    sampled: bool = True
    sizes: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """First and last time of a series, its books, and the usual time between two of them."""

    first_ns: int
    last_ns: int
    books: int
    usual_gap_ns: int


def columns(levels: int) -> tuple[str, ...]:
    """The columns of levels, in the order that a spool writes them."""
    return tuple(
        f"{side}_{what}_{level}" for level in range(1, levels + 1) for side in ("bid", "ask") for what in ("px", "sz")
    )
