"""The whole examination: every check once, in the order in which a person would mend what is wrong."""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from common import clock
from common.core.errors import LedgerError
from common.doctor import crashes, files, machine, running, venue_checks
from common.doctor.finding import Finding, Grade
from common.doctor.sunset import sunset
from common.doctor.venue_facts import VenueFacts, ask, silence_logs
from common.ledger.watch import LedgerWatch, Look
from common.settings import Settings
from common.supervisor_client import Places, Supervisor

LOCK: Final = Path(__file__).resolve().parents[2] / "requirements.lock"


def examine(file: Path | None) -> tuple[Settings | None, list[Finding]]:
    """Everything, for `arbctl doctor`; without settings that can be used, the machine alone."""
    machine_found = list(_machine())
    config, config_found = files.config(file)
    found = [*machine_found, *config_found]
    if config is None:
        return None, found
    live = [files.patience(config), files.confirmation(config)] if config.mode == "live" else []
    return config, [*found, *fit_to_trade(config), *live, *_going(config)]


def fit_to_trade(config: Settings) -> list[Finding]:
    """What must hold before a start: disk, ledger, keys, both venues. The gate of live mode."""
    found = [*_disk(config), files.ledger(config.ledger_file)]
    found += [files.key_file(endpoint, config.mode) for endpoint in config.endpoints.values()]
    silence_logs()
    before = ledger_look(config)
    asked = asyncio.run(_ask_all(config))
    look = at_rest(before, ledger_look(config))
    for facts in asked:
        found += [sunset(facts.endpoint, config.mode), *_venue(facts, config, look)]
    return found


def failures(found: list[Finding]) -> list[Finding]:
    """Those that forbid a start."""
    return [finding for finding in found if finding.grade is Grade.FAILURE]


def ledger_look(config: Settings) -> Look | None:
    """What the ledger says of positions and orders; None without a ledger that can be read."""
    if not config.ledger_file.exists():
        return None
    try:
        with LedgerWatch.open(config.ledger_file) as watch:
            return watch.look()
    except LedgerError:
        return None


def at_rest(before: Look | None, after: Look | None) -> Look | None:
    """The later look, with what changed while the venues were asked counted as on the move."""
    if before is None or after is None:
        return after
    changed = {market for (_, market), _ in after.positions.items() ^ before.positions.items()}
    return replace(after, moving=after.moving | before.moving | changed)


def _machine() -> Iterator[Finding]:
    yield machine.interpreter(sys.version_info[:3], in_venv=sys.prefix != sys.base_prefix)
    yield machine.packages(LOCK.read_text() if LOCK.exists() else "")
    yield machine.sdks()


def _disk(config: Settings) -> Iterator[Finding]:
    yield machine.place(config.ledger_file) or machine.disk(config.var)
    yield machine.fsync(config.var)


async def _ask_all(config: Settings) -> list[VenueFacts]:
    questions = (ask(e, files.readable(e), config.markets) for e in config.endpoints.values())
    return await asyncio.gather(*questions)


def _venue(facts: VenueFacts, config: Settings, look: Look | None) -> list[Finding]:
    if config.mode == "paper" and facts.clock is None and Supervisor(Places(config.var).socket).alive() is None:
        return [venue_checks.asleep(facts)]
    return list(venue_checks.all_of(facts, config, look))


def _going(config: Settings) -> Iterator[Finding]:
    """The fleet as it is now."""
    client, now_ns = Supervisor(Places(config.var).socket), clock.now_ns()
    alive = client.alive()
    processes = client.processes() if alive else []
    beats, halts = running.ledger_view(config)
    yield running.supervisor(alive, processes)
    up = {p.name for p in processes if p.state == "RUNNING"}
    if config.mode == "paper":
        yield running.ports(config, up)
    yield running.page_port(config, up)
    yield running.metrics_port(config, up)
    owing = running.running_members(processes, config.markets)
    yield running.heartbeats(beats, owing, now_ns, config.warden.heartbeat_max_ns)
    yield running.halts(halts)
    yield crashes.judged(crashes.last_crash(config.var / "log"), now_ns)
