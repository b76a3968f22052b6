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
from common.telemetry.rows import fleet_row


@dataclass(slots=True)
class Diary:
    """The fleet's telemetry; a disk that refuses costs the row."""

    folder: Path
    _forgot_ns: int = 0

    def note(self, accounts: Mapping[Venue, AccountFacts], room: Room, at_ns: int) -> None:
        """One look, where both venues answered."""
        if len(accounts) < len(Venue):
            return
        row = fleet_row(accounts, (room.held_uusd, room.cap_uusd), (room.plus, room.minus), at_ns)
        files.Writer(self.folder, files.FLEET).append((row,))
        if files.day_of(at_ns) != files.day_of(self._forgot_ns):
            self._forgot_ns = at_ns
            files.forget(self.folder, at_ns)
