"""`arbctl reconcile`: the ledger brought level with both venues, or told anew when its file is lost. The fleet stands.

Locks first, then the time in which something may still be on its way, then the venues, then a plan that is told, then a
question, and only then anything is written.
"""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from common import clock, wanted
from common.core.errors import ConfigError, LedgerError
from common.core.market import Venue
from common.core.rebuilding import Retold
from common.ledger import backup
from common.ledger.ledger import Ledger
from common.ledger.retelling import Retelling
from common.ledger.rows import Author
from common.reconcile import carry, evidence
from common.reconcile.evidence import Evidence
from common.reconcile.plan import Plan
from common.settings import Settings
from common.venues.adapters import make_desk
from common.venues.base import Desk
from common.version import code_version
from scripts import render
from scripts.deeds import person
from scripts.ledger_file import RestoreRefused, nobody_runs
from scripts.paper_hours import paper_venues
from scripts.render import Answer

#: the paper venues may run meanwhile: they are what is asked
VENUES_LOCK = "sim.lock"
COLUMNS = ("market", "rebuilt", "of these live", "orders added", "orders heard of", "dydx", "apex", "not explained")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked for; `config_file` is where the settings came from, when that was said."""

    since_ns: int
    rebuild: bool
    dry_run: bool
    yes: bool
    config_file: Path | None
    wait_s: float


def reconcile(config: Settings, asked: Asked) -> tuple[Answer, bool]:
    """Do it, or say what would be done; and whether everything is explained. RestoreRefused while anything runs."""
    _check_file(config, asked)
    with nobody_runs(config, "reconcile", but=frozenset({VENUES_LOCK})):
        found = asyncio.run(_gathered(config, asked))
        by = carry.By(Author(os.getpid(), code_version(), config.hash), person(), clock.now_ns())
        plan = _planned(config, found, by, asked)
        for line in _said(plan, asked):
            render.say(line)
        if not asked.dry_run:
            if not asked.yes:
                _confirm()
            _write(config, plan, found, by)
    return _answer(plan, asked), not plan.strange


def _check_file(config: Settings, asked: Asked) -> None:
    there = config.ledger_file.exists()
    if asked.rebuild and there:
        raise RestoreRefused(
            f"{config.ledger_file} is there: `arbctl reconcile` compares it with the venues; "
            "--rebuild makes a lost one anew (move a damaged one away first)"
        )
    if not asked.rebuild and not there:
        raise LedgerError(
            f"there is no ledger at {config.ledger_file}: put a backup back (`arbctl ledger restore FILE`), or have it "
            "told anew by the venues (`arbctl reconcile --rebuild`)"
        )


async def _gathered(config: Settings, asked: Asked) -> Evidence:
    if not asked.dry_run:
        await evidence.quiet(render.say, asked.wait_s)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(paper_venues(config, asked.config_file))
        desks: dict[Venue, Desk] = {}
        for venue, endpoint in config.endpoints.items():
            desks[venue] = make_desk(endpoint)
            stack.push_async_callback(desks[venue].close)
            await desks[venue].start()
        return await evidence.gather(desks, _markets(config), asked.since_ns, render.say)


def _markets(config: Settings) -> tuple[str, ...]:
    """Those of arb.toml, and those that the ledger has deals of."""
    if not config.ledger_file.exists():
        return tuple(config.markets)
    with _retelling(config) as retelling:
        return tuple(dict.fromkeys((*config.markets, *retelling.markets())))


@contextmanager
def _retelling(config: Settings) -> Iterator[Retelling]:
    author = Author(os.getpid(), code_version(), config.hash)
    with Retelling.open(config.ledger_file, author, person()) as opened:
        yield opened


def _planned(config: Settings, found: Evidence, by: carry.By, asked: Asked) -> Plan:
    if asked.rebuild:
        return carry.planned(found, None, tuple(config.markets), by.at_ns)
    with _retelling(config) as retelling:
        return carry.planned(found, retelling, tuple(config.markets), by.at_ns)


def _write(config: Settings, plan: Plan, found: Evidence, by: carry.By) -> None:
    """Into the ledger that is there, or into a new one that gets its name only when all of it is written."""
    path = config.ledger_file
    if path.exists():
        with carry.opened(path, by) as doors:
            carry.carry_out(plan, found, doors, by)
        return
    new = path.with_name(path.name + ".rebuilt")
    backup.sweep(new)
    author = by.author
    with Ledger.create(
        new, created_ns=by.at_ns, config_hash=author.config_hash, code_version=author.code_version, pid=author.pid
    ) as ledger:
        ledger.configure(wanted.of_all(config), "rebuilt", by.at_ns)
    with carry.opened(new, by) as doors:
        carry.carry_out(plan, found, doors, by)
    backup.put_new(new, path)


def _confirm() -> None:
    """Ask; RestoreRefused unless the answer is yes (nobody there to answer is a no)."""
    try:
        agreed = typer.confirm("Write this into the ledger?", err=True)
    except typer.Abort:
        agreed = False
    if not agreed:
        raise RestoreRefused("nothing was written (say yes, or give --yes)")


# ---- what is said -------------------------------------------------------------------------------------------------


def _said(plan: Plan, asked: Asked) -> Iterator[str]:
    """What will be done, before it is done."""
    yield f"since {render.moment(asked.since_ns)} UTC: {carry.spoken(plan)}"
    for market, names in plan.strange.items():
        yield from (f"NOT EXPLAINED  {market}: {name}" for name in names)
        yield f"{market} will be halted: mend it at the venue, or look further back (--since)"
    if not asked.dry_run and not plan.is_level:
        yield "every market will be halted until `arbctl resume`"


def _answer(plan: Plan, asked: Asked) -> Answer:
    shown = [told for told in plan.markets if told.new or told.more or told.facts or told.strange or _is_open(told)]
    done = "nothing was written (--dry-run)" if asked.dry_run else "written; next: ./scripts/run, arbctl positions"
    data = {"written": not asked.dry_run, "level": plan.is_level, "markets": [_data(told) for told in plan.markets]}
    text = "" if shown else "both venues tell nothing, and hold nothing"
    return Answer(data, COLUMNS, [_cells(told) for told in shown], text=text, notes=[done])


def _is_open(told: Retold) -> bool:
    return any(told.positions.values())


def _data(told: Retold) -> Mapping[str, Any]:
    return {
        "market": told.market,
        "rebuilt": [deal.deal_id for deal in told.new],
        "live": [deal.deal_id for deal in told.new if deal.live],
        "orders_added": [order.client_id for more in told.more for order in more.orders],
        "orders_heard_of": [fact.client_id for fact in told.facts],
        "positions": told.positions,
        "not_explained": told.strange,
    }


def _cells(told: Retold) -> tuple[str, ...]:
    counts = (len(told.new), sum(deal.live for deal in told.new), sum(len(m.orders) for m in told.more))
    sizes = (render.number(told.positions.get(venue)) for venue in Venue)
    return (told.market, *map(str, (*counts, len(told.facts))), *sizes, str(len(told.strange)))


def since_ns(text: str | None, days: int) -> int:
    """The beginning of a day (2026-11-01, UTC), or so many days before now. ConfigError when it is no day."""
    from datetime import UTC, datetime

    if text is None:
        return clock.now_ns() - days * 86_400 * 1_000_000_000
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise ConfigError(f"--since is a day, for example 2026-11-01, not {text}") from None
    return int(day.timestamp()) * 1_000_000_000
