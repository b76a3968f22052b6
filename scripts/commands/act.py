"""The commands that write into the ledger: halt, reduce, flatten, resume, reset-count. Each says what it did."""

from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, Market, config, known


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    for command in (halt, reduce, flatten, resume):
        app.command()(command)
    app.command("reset-count")(reset_count)


Reason = Annotated[str, typer.Option(help="Why; stands in the journal.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be closed, and what it would cost now.")]
ASKED = "a person asked for it"


def halt(
    context: typer.Context,
    *,
    market: Market = None,
    reason: Reason = ASKED,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Allow no new deals in one market, or in all; closing at the target and evening out go on."""
    _order("halt", (context, market, reason), dry_run=dry_run, as_json=as_json)


def reduce(
    context: typer.Context,
    *,
    market: Market = None,
    reason: Reason = ASKED,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """As halt, and close what is open at any acceptable edge: one deal after the other, the cheapest first."""
    _order("reduce", (context, market, reason), dry_run=dry_run, as_json=as_json)


def flatten(
    context: typer.Context,
    *,
    market: Market = None,
    reason: Reason = ASKED,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """As halt, and close everything that is open now, both legs of a deal together, at the market."""
    _order("flatten", (context, market, reason), dry_run=dry_run, as_json=as_json)


def _order(level: str, given: tuple[typer.Context, str | None, str], *, dry_run: bool, as_json: bool) -> None:
    from common.core.events import HaltLevel
    from scripts import deeds, preview

    context, market, reason = given
    settings = config(context)
    name = known(settings, market)
    if dry_run:
        answer = preview.preview(settings, HaltLevel(level), name)
    else:
        answer = deeds.halt(settings, deeds.HaltOrder(name, HaltLevel(level), reason))
    render.show(answer, as_json=as_json)


def resume(
    context: typer.Context,
    market: Market = None,
    reason: Reason = ASKED,
    as_json: AsJson = False,
) -> None:
    """Lift the halt of one market, or the one for all markets."""
    from scripts import deeds

    settings = config(context)
    render.show(deeds.resume(settings, known(settings, market), reason), as_json=as_json)


def reset_count(
    context: typer.Context,
    *,
    market: Market = None,
    every: Annotated[bool, typer.Option("--all", help="Every market.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Even if a venue is not flat; needs --reason.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why; stands in the journal.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write off live deals where both venues are flat: what the original's reset of arbitrage_count did, safely."""
    from scripts import reset

    settings = config(context)
    name = known(settings, market)
    if (name is None) is not every:
        raise typer.BadParameter("name a market, or give --all (not both)")
    if force and not (reason or "").strip():
        raise typer.BadParameter("--force needs --reason TEXT: the journal must name it")
    plan = reset.plan(settings, name, force=force)
    for line in plan.says:
        render.say(line)
    if plan.deals and not yes:
        reset.confirm(plan)
    render.show(reset.carry_out(settings, plan, reason or "reset-count: venues flat"), as_json=as_json)
