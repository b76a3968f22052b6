"""What a person does to the fleet through the ledger, from a terminal or a page: halt and resume, with who and why.

Opens the file for writing, once per deed. Prints nothing.
"""

import os
from dataclasses import dataclass

from common import clock, live_start
from common.core.errors import ConfigError
from common.core.events import HaltLevel
from common.ledger.ledger import Ledger
from common.ledger.limits import EVERY_MARKET
from common.settings import Settings
from common.version import code_version


@dataclass(frozen=True, slots=True)
class HaltOrder:
    """Halt `market` (None: all) at `level`, because of `reason`."""

    market: str | None
    level: HaltLevel
    reason: str


def writable(config: Settings) -> Ledger:
    """The existing ledger, opened for writing by this process; LedgerError with a remedy when that cannot be."""
    return Ledger.open(config.ledger_file, config_hash=config.hash, code_version=code_version(), pid=os.getpid())


def halt(config: Settings, order: HaltOrder, who: str) -> bool:
    """Put a halt into force; False when one as strict is in force already, and stays."""
    with writable(config) as ledger:
        market = order.market or EVERY_MARKET
        return ledger.halt(order.level, market, order.reason, who=who, at_ns=clock.now_ns())


def resume(config: Settings, market: str | None, reason: str, who: str) -> bool:
    """Lift exactly this halt; False when there is none. Real money needs a person's word first: ConfigError."""
    if (why := live_start.doubt(config)) is not None:
        raise ConfigError(f"not resumed: {why}")
    with writable(config) as ledger:
        return ledger.resume(market or EVERY_MARKET, reason, who=who, at_ns=clock.now_ns())
