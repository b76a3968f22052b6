"""May real money be traded? Asked by every worker before it looks at a venue, and by who starts the fleet.

New deals need a person's word (consent.py). Exits never do: where deals are open, a worker without it comes up halted
and sees them through. Another account's keys are refused whatever is open: its venue would deny every order of ours.
"""

from typing import Final

from common import clock, consent
from common.consent import Consent
from common.core.errors import ConfigError
from common.core.events import HaltLevel
from common.ledger.ledger import Ledger
from common.ledger.limits import EVERY_MARKET
from common.settings import Settings

CONFIRM: Final = "arbctl doctor --i-understand"
WORKER: Final = "worker"
FIRST_LOOK: Final = "live: look at what it would open (arbctl status), then arbctl resume"


def doubt(config: Settings) -> str | None:
    """Why new deals with real money must not be opened with these settings; None when they may.

    ConfigError when deals are open and the keys are another account's.
    """
    if config.mode != "live":
        return None
    given = consent.read(config.var)
    if given is None:
        return f'mode = "live" was never confirmed here: `{CONFIRM}`'
    if given.ledger != origin(config):
        return f"the ledger is not the one that was confirmed: `{CONFIRM}`"
    if other := _other_accounts(config, given):
        if has_live_deals(config):
            raise ConfigError(f"{other}, and {config.ledger_file} has open deals: put the key files back")
        return f"{other}: `{CONFIRM}`"
    if given.config_hash != config.hash:
        return f"arb.toml was changed since it was confirmed ({given.config_hash}, now {config.hash}): `{CONFIRM}`"
    return None


def _other_accounts(config: Settings, given: Consent) -> str:
    """Which accounts are not those that were confirmed; empty when all are."""
    now = consent.accounts_of(config.endpoints)
    odd = [f"{v} (was {given.accounts.get(v)}, now {n})" for v, n in now.items() if given.accounts.get(v) != n]
    return f"the keys of {' and '.join(odd)} are another account's" if odd else ""


def admit(config: Settings, ledger: Ledger, market: str) -> str | None:
    """None: trade. A reason: the market is halted, and its open deals may be seen through. ConfigError: neither."""
    why = doubt(config)
    if why is None:
        return None
    if not ledger.unfinished_deals(market):
        raise ConfigError(why)
    ledger.halt(HaltLevel.HALT, market, why, who=WORKER, at_ns=clock.now_ns())
    return why


def confirm(config: Settings, ledger: Ledger, who: str) -> bool:
    """Keep the word, after halting every market: what is new is looked at first. False when it stood already."""
    if doubt(config) is None:
        return False
    now_ns = clock.now_ns()
    ledger.halt(HaltLevel.HALT, EVERY_MARKET, FIRST_LOOK, who=who, at_ns=now_ns)
    accounts = consent.accounts_of(config.endpoints)
    consent.write(config.var, Consent(config.hash, accounts, origin(config), who, now_ns))
    return True


def origin(config: Settings) -> str:
    """What tells this ledger file from all others; empty without one."""
    if not config.ledger_file.exists():
        return ""
    from common.ledger.watch import LedgerWatch  # a worker on paper starts without

    with LedgerWatch.open(config.ledger_file) as watch:
        return watch.origin


def has_live_deals(config: Settings) -> bool:
    """Whether money is out: deals that have to be seen through."""
    if not config.ledger_file.exists():
        return False
    from common.ledger.report import Report  # a worker on paper starts without

    with Report.open(config.ledger_file) as report:
        return bool(report.deals(live=True))
