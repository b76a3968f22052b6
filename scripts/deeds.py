"""What a person does to the fleet through the ledger: halts and resumes. Opens the file for writing, once per deed."""

import os
from dataclasses import dataclass

from common import clock, live_start
from common.core.errors import ConfigError
from common.core.events import HaltLevel
from common.ledger import migrate
from common.ledger.ledger import Ledger
from common.ledger.limits import EVERY_MARKET
from common.ledger.report import Report
from common.settings import Settings
from common.version import code_version
from scripts.render import Answer
from scripts.supervise import Places, Supervisor


@dataclass(frozen=True, slots=True)
class HaltOrder:
    """Halt `market` (None: all) at `level`, because of `reason`."""

    market: str | None
    level: HaltLevel
    reason: str


def writable(config: Settings) -> Ledger:
    """The existing ledger, opened for writing by this process; LedgerError with a remedy when that cannot be."""
    return Ledger.open(config.ledger_file, config_hash=config.hash, code_version=code_version(), pid=os.getpid())


def person() -> str:
    """Who is at the keyboard, for the journal."""
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or f"uid {os.getuid()}"


def halt(config: Settings, order: HaltOrder) -> Answer:
    """Put a halt into force; a stricter one that is in force already stays."""
    market = order.market or EVERY_MARKET
    with writable(config) as ledger:
        changed = ledger.halt(order.level, market, order.reason, who=person(), at_ns=clock.now_ns())
    where = _named(market)
    done = f"{where}: {order.level} is in force" if changed else f"{where} was halted as strictly already"
    return Answer({"market": market, "level": order.level, "changed": changed}, text=done, notes=_left(config))


def resume(config: Settings, market: str | None, reason: str) -> Answer:
    """Lift exactly this halt; other halts stay and are named. Real money needs a person's word first."""
    if (why := live_start.doubt(config)) is not None:
        raise ConfigError(f"not resumed: {why}")
    where = market or EVERY_MARKET
    with writable(config) as ledger:
        changed = ledger.resume(where, reason, who=person(), at_ns=clock.now_ns())
    done = f"{_named(where)}: halt lifted" if changed else f"{_named(where)} had no halt of its own"
    return Answer({"market": where, "changed": changed}, text=done, notes=_left(config))


def _named(market: str) -> str:
    return "every market" if market == EVERY_MARKET else market


def _left(config: Settings) -> list[str]:
    with Report.open(config.ledger_file) as report:
        return [f"in force: {_named(halt.market)} {halt.level} ({halt.why})" for halt in report.halts()]


def mend(config: Settings) -> Answer:
    """Lay the ledger's triggers and views anew; the fleet must stand."""
    alive = Supervisor(Places(config.var).socket).alive()
    if alive is not None:
        raise ConfigError(f"the fleet is running (supervisord pid {alive[0]}): stop it first, then mend")
    names = migrate.mend(config.ledger_file)
    text = f"laid anew: {', '.join(names)}" if names else "nothing had to be mended"
    return Answer({"mended": names}, text=text)
