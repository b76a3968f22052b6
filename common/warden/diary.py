"""What the warden saw at each look, kept for reports: equity of both venues, what is held against the cap.

One row of telemetry a look; days that are too old are forgotten here, for all markets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from common.core.account import AccountFacts
from common.core.market import Venue
from common.ledger.watch import Room
from common.telemetry import files
from common.telemetry.rows import FleetRow


@dataclass(slots=True)
class Diary:
    """The fleet's telemetry; a disk that refuses costs the row."""

    folder: Path
    _forgot_ns: int = 0

    def note(self, accounts: Mapping[Venue, AccountFacts], room: Room, at_ns: int) -> None:
        """One look, where both venues answered."""
        if len(accounts) < len(Venue):
            return
        files.Writer(self.folder, files.FLEET).append((_row(accounts, room, at_ns),))
        if files.day_of(at_ns) != files.day_of(self._forgot_ns):
            self._forgot_ns = at_ns
            files.forget(self.folder, at_ns)


def _row(accounts: Mapping[Venue, AccountFacts], room: Room, at_ns: int) -> FleetRow:
    return FleetRow(
        market=files.FLEET,
        at_ns=at_ns,
        equity_uusd={venue.value: facts.equity_uusd for venue, facts in accounts.items()},
        gross_uusd={venue.value: facts.gross_uusd for venue, facts in accounts.items()},
        held_uusd=room.held_uusd,
        cap_uusd=room.cap_uusd,
        plus=room.plus,
        minus=room.minus,
    )
