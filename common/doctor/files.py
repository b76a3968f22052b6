"""The files of the fleet: its settings, its ledger, its key files. None of them is written, no secret is said."""

from pathlib import Path
from typing import Final

from common import live_start, settings
from common.core.errors import ConfigError, LedgerError
from common.core.market import Venue
from common.core.terms import SECOND_NS
from common.doctor.finding import SEE_ABOVE, Finding, failure, ok, warning
from common.endpoints import Endpoint
from common.ledger import verify
from common.settings import Settings
from common.venues import keys

#: a shorter memory of the spread of leaving is for the demo
MEDIAN_LEAST_NS: Final = 600 * SECOND_NS
ONBOARD: Final = "run `arbctl onboard {venue}`, or put the key file of the account there, mode 0600"


def config(file: Path | None) -> tuple[Settings | None, list[Finding]]:
    """The settings, or a failure for each thing that is wrong with them."""
    try:
        found = settings.load(file)
    except ConfigError as error:
        remedy = "mend arb.toml; docs/configuration.md has every key"
        return None, [failure("config", str(says), remedy) for says in error.args]
    markets = ", ".join(found.markets)
    return found, [ok("config", f'mode = "{found.mode}", hash {found.hash}, {len(found.markets)} markets: {markets}')]


def ledger(path: Path) -> Finding:
    """SQLite's own checks, the laws, every link of the journal: whether the file is what the fleet made of it."""
    if not path.exists():
        return ok("ledger", f"none yet at {path}; the first start makes it")
    try:
        verdict = verify.verify(path)
    except LedgerError as error:
        return failure("ledger", str(error), verify.PUT_BACK)
    if verdict.findings:
        more = f" (and {len(verdict.findings) - 1} more: `arbctl ledger verify`)" if verdict.findings[1:] else ""
        return failure("ledger", verdict.findings[0].what + more, verdict.findings[0].remedy)
    return ok("ledger", f"sound, laws in place: {verdict.deals} deals, {verdict.journal_rows} journal rows")


def key_file(endpoint: Endpoint, mode: str) -> Finding:
    """Whether a venue's key file is there, ours alone, and whole."""
    venue, check = endpoint.venue, f"{endpoint.venue} keys"
    if mode == "paper" and not endpoint.keys.exists():
        return warning(check, f"none yet: the paper {venue} makes {endpoint.keys}", "./scripts/run")
    try:
        keys.read(venue, endpoint.keys)
    except ConfigError as error:
        return failure(check, str(error), ONBOARD.format(venue=venue))
    return ok(check, f"{endpoint.keys}, read by its owner alone")


def patience(config: Settings) -> Finding:
    """The shipped window of the median is for the demo, where basis jumps every minute."""
    short = [market for market, terms in config.markets.items() if terms.median_window_ns < MEDIAN_LEAST_NS]
    if short:
        says = f"strategy.median_window_s is below {MEDIAN_LEAST_NS // SECOND_NS} in {', '.join(short)}"
        return warning("strategy", says, "600 or more for real money, or every jump looks like an edge")
    return ok("strategy", "the median of the spread of leaving looks far enough back")


def confirmation(config: Settings) -> Finding:
    """Whether a person's word for real money stands."""
    try:
        why = live_start.doubt(config)
    except ConfigError as error:
        return failure("confirmation", str(error), "put back the key files that the open deals belong to")
    except LedgerError as error:
        return failure("confirmation", str(error), SEE_ABOVE)
    if why is not None:
        return warning("confirmation", why, "arbctl doctor --i-understand, once nothing here fails")
    return ok("confirmation", "real money may be traded with this arb.toml, these accounts, this ledger")


def readable(endpoint: Endpoint) -> keys.Keys | None:
    """The keys; None when `key_file` has something to say about them."""
    try:
        return keys.read(Venue(endpoint.venue), endpoint.keys)
    except ConfigError:
        return None
