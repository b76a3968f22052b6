"""What a person does to the fleet from the keyboard: halts and resumes through the ledger, and mends it."""

import os

from common import deeds
from common.core.errors import ConfigError
from common.deeds import HaltOrder as HaltOrder
from common.deeds import writable as writable
from common.ledger import migrate
from common.ledger.limits import EVERY_MARKET
from common.ledger.report import Report
from common.settings import Settings
from scripts.render import Answer
from scripts.supervise import Places, Supervisor


def person() -> str:
    """Who is at the keyboard, for the journal."""
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or f"uid {os.getuid()}"


def halt(config: Settings, order: HaltOrder) -> Answer:
    """Put a halt into force; a stricter one that is in force already stays."""
    market = order.market or EVERY_MARKET
    changed = deeds.halt(config, order, person())
    where = _named(market)
    done = f"{where}: {order.level} is in force" if changed else f"{where} was halted as strictly already"
    return Answer({"market": market, "level": order.level, "changed": changed}, text=done, notes=_left(config))


def resume(config: Settings, market: str | None, reason: str) -> Answer:
    """Lift exactly this halt; other halts stay and are named. Real money needs a person's word first."""
    where, changed = market or EVERY_MARKET, deeds.resume(config, market, reason, person())
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
