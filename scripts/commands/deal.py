"""The commands about one deal: show all of it, and choose how a stuck one goes on."""

from typing import Annotated

import typer

from scripts import render
from scripts.commands import complete
from scripts.commands.given import AsJson, config

DealId = Annotated[str, typer.Argument(help="As `arbctl deals` lists it.", autocompletion=complete.deals)]
LiveDealId = Annotated[str, typer.Argument(help="As `arbctl deals` lists it.", autocompletion=complete.live_deals)]


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    deal = typer.Typer(help="One deal: its story, and what becomes of it when it is stuck.", no_args_is_help=True)
    deal.command()(show)
    deal.command()(resolve)
    app.add_typer(deal, name="deal")


def show(context: typer.Context, deal: DealId, as_json: AsJson = False) -> None:
    """Legs, orders, fills and journal of a deal; the three ways out of a stuck one, at the prices of now."""
    from scripts import answer_deal

    render.show(answer_deal.show(config(context), deal), as_json=as_json)


def resolve(
    context: typer.Context,
    deal: LiveDealId,
    *,
    by: Annotated[str, typer.Option(help="close: both legs to nothing; complete: fill the missing leg; keep: wait.")],
    reason: Annotated[str, typer.Option(help="Why; stands in the journal.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Choose how a stuck deal goes on. Its worker carries it out; this command never trades.

    close goes by the last row of strategy.unwind and is not held back by the index band. complete adds the missing
    leg, within what the deal holds against the cap. keep leaves it stuck, and ends retries and alarm.
    """
    from scripts import resolve as resolving

    settings, way = config(context), resolving.way_named(by)
    if not reason.strip():
        raise typer.BadParameter("--reason TEXT must say something: it stands in the journal")
    plan = resolving.plan(settings, deal, way)
    for line in plan.says:
        render.say(line)
    if not yes:
        resolving.confirm(plan)
    render.show(resolving.carry_out(settings, plan, reason), as_json=as_json)
