"""The commands about limits of new deals: show, set. A lower value is taken at once, a higher one when insisted on."""

from typing import Annotated

import typer

from scripts import render
from scripts.commands import complete
from scripts.commands.given import AsJson, OfMarket, config, known


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    limit = typer.Typer(help="What binds new deals; exits and evenings are never bound.", no_args_is_help=True)
    limit.command()(show)
    limit.command("set")(set_)
    app.add_typer(limit, name="limit")


def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Every limit in force, what is used of it, and where arb.toml says something else."""
    from scripts import limit_view

    render.show(limit_view.show(config(context)), as_json=as_json)


def set_(
    context: typer.Context,
    key: Annotated[
        str,
        typer.Argument(
            help="As in arb.toml: deals, notional_usd, level …", show_default=False, autocompletion=complete.limits
        ),
    ],
    value: Annotated[str, typer.Argument(help="The new value.", show_default=False)],
    *,
    market: OfMarket = None,
    reason: Annotated[str, typer.Option(help="Why; stands in the journal. A raise needs it.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; a raise needs --confirm besides.")] = False,
    confirm: Annotated[str | None, typer.Option(help="The value once more, for a raise.")] = None,
    as_json: AsJson = False,
) -> None:
    """Set one limit: lower at once; higher with --reason, and the value typed again (or --yes --confirm VALUE)."""
    from scripts import limit_view

    settings = config(context)
    bound = limit_view.bound_of(known(settings, market), key, value)
    raised = limit_view.is_raise(settings, bound)
    if raised is not None and reason.strip() and not yes:
        render.say(raised)
        confirm = typer.prompt("type the new value again", err=True)
    wish = limit_view.Wish(bound, reason, confirm)
    render.show(limit_view.set_limit(settings, wish), as_json=as_json)
