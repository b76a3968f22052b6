"""The commands about alerts: what was told, a test, the statement of a day, and a difference that is answered for."""

from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, config


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    alert = typer.Typer(help="What the fleet tells persons.", no_args_is_help=True)
    alert.command("list", epilog="For example:  arbctl alert list --limit 5")(told)
    alert.command("show")(show)
    alert.command("test")(try_out)
    alert.command("statement", epilog="For example:  arbctl alert statement 2026-11-28")(statement)
    alert.command("sign-off")(sign_off)
    app.add_typer(alert, name="alert")


def told(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many of the newest.")] = 20,
    as_json: AsJson = False,
) -> None:
    """What was told lately, and where it arrived; also what would have been while no address is set."""
    from scripts import answer_alert

    render.show(answer_alert.told(config(context), limit), as_json=as_json)


def show(context: typer.Context, number: Annotated[int, typer.Argument(min=1)], as_json: AsJson = False) -> None:
    """One message whole: text, remedy, and when it arrived where."""
    from scripts import answer_alert

    render.show(answer_alert.one(config(context), number), as_json=as_json)


def try_out(
    context: typer.Context,
    to: Annotated[str | None, typer.Option(help="Only this target, by the name that list shows.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send a word to every address now; exit code 1 when one did not take it in."""
    from scripts import answer_alert

    answer, arrived = answer_alert.tested(config(context), to)
    render.show(answer, as_json=as_json)
    if not arrived:
        raise typer.Exit(1)


def statement(
    context: typer.Context,
    day: Annotated[str | None, typer.Argument(help="2026-11-28, or 1d for yesterday.", show_default="today")] = None,
    as_json: AsJson = False,
) -> None:
    """The statement of a day: deals, pnl, fees, funding, and both venues' positions against the ledger."""
    from scripts import answer_alert

    render.show(answer_alert.of_day(config(context), day), as_json=as_json)


def sign_off(
    context: typer.Context,
    difference: Annotated[str, typer.Argument(help="Its name, as the statement says it.")],
    why: Annotated[str, typer.Option(help="What explains it.", prompt=True)],
    by: Annotated[str | None, typer.Option(help="Who answers for it.", show_default="you")] = None,
    as_json: AsJson = False,
) -> None:
    """Answer by name for a position that a venue has and our fills do not explain; the next statements say so."""
    from scripts import answer_alert

    render.show(answer_alert.sign(config(context), difference, by, why), as_json=as_json)
