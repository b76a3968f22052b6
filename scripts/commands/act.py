"""The commands that write into the ledger: halt, resume, reset-count. Each says what it did, as does the journal."""

from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, Market, config, known


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    app.command()(halt)
    app.command()(resume)
    app.command("reset-count")(reset_count)


Level = Annotated[str, typer.Option(help="halt: no new deals; reduce: and close at any acceptable edge; flatten: now.")]


def halt(
    context: typer.Context,
    *,
    market: Market = None,
    level: Level = "halt",
    reason: Annotated[str, typer.Option(help="Why; stands in the journal.")] = "a person asked for it",
    as_json: AsJson = False,
) -> None:
    """Allow no new deals in one market, or in all; closing and evening out go on."""
    from scripts import deeds

    settings = config(context)
    order = deeds.HaltOrder(known(settings, market), deeds.level_named(level), reason)
    render.show(deeds.halt(settings, order), as_json=as_json)


def resume(
    context: typer.Context,
    market: Market = None,
    reason: Annotated[str, typer.Option(help="Why; stands in the journal.")] = "a person asked for it",
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
