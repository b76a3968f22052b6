"""What ApeX allows in 60 seconds, and what a request of ours costs of it. The numbers are its successor's."""

from pathlib import Path
from typing import Final

from common.core.market import Venue
from common.venues.budget import Budget, Rate

WINDOW_S: Final = 60
#: everything of one address; what one account reads, and what it writes
RATES: Final = {"address": Rate(600, WINDOW_S), "get": Rate(600, WINDOW_S), "post": Rate(300, WINDOW_S)}
PUBLIC: Final = {"address": 1}
GET: Final = {"address": 1, "get": 1}
POST: Final = {"post": 1, "address": 1}


def budget(folder: Path | None) -> Budget:
    """The fleet's counts in `folder`, or this process's own."""
    return Budget(Venue.APEX, RATES, folder)
