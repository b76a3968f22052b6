"""What the warden last saw, for whoever asks: one small file beside the ledger, replaced as a whole at every look.

Figures that must not be believed when they are old, and that nothing is decided by: they do not belong in the ledger.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from common.core.account import AccountFacts
from common.core.market import Venue
from common.venues.base import Outlook
from common.warden import margin, prices
from common.warden.margin import Maintenance
from common.warden.prices import Outlooks

#: an older board says what was
AGE_MAX_NS: Final = 30 * 1_000_000_000
FILE: Final = "warden.board"


@dataclass(frozen=True, slots=True)
class Seen:
    """The board as it was read; `distances` to liquidation as fractions, None where there is no position."""

    at_ns: int
    distances: dict[Venue, Decimal | None]
    outlooks: Outlooks

    @property
    def parted_bps(self) -> Decimal | None:
        """USD against USDC."""
        return prices.parted_bps(self.outlooks)


@dataclass(slots=True)
class Board:
    """The writing side; a disk that refuses costs only the board."""

    path: Path
    _outlooks: Outlooks | None = None

    def hear(self, outlooks: Outlooks) -> None:
        """Prices and funding, shown from the next look on."""
        self._outlooks = outlooks

    def show(self, accounts: Mapping[Venue, AccountFacts], maintenance: Maintenance, at_ns: int) -> None:
        """Put this look in place of the last one."""
        distances = {v: margin.liquidation_distance(facts, maintenance) for v, facts in accounts.items()}
        said = {
            "at_ns": at_ns,
            "distances": {venue: None if d is None else str(d) for venue, d in distances.items()},
            "outlooks": {
                venue: {market: [str(o.index), str(o.funding_hourly)] for market, o in known.items()}
                for venue, known in (self._outlooks or {}).items()
            },
        }
        draft = self.path.with_suffix(".new")
        try:
            draft.write_text(json.dumps(said))
            draft.replace(self.path)
        except OSError:
            return


def read(path: Path, now_ns: int) -> Seen | None:
    """What the warden saw a moment ago; None when it shows nothing, or nothing that may be believed."""
    try:
        raw: dict[str, Any] = json.loads(path.read_text())
        if not 0 <= now_ns - raw["at_ns"] <= AGE_MAX_NS:
            return None
        return Seen(
            raw["at_ns"],
            {Venue(v): None if d is None else Decimal(d) for v, d in raw["distances"].items()},
            {Venue(v): {m: Outlook(*map(Decimal, o)) for m, o in said.items()} for v, said in raw["outlooks"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidOperation):
        return None
