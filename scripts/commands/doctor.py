"""`arbctl doctor`: whether everything is fit for a start, and the word that live mode needs."""

from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson


def add_to(app: typer.Typer) -> None:
    """Register the command of this file."""
    app.command()(doctor)


def doctor(
    context: typer.Context,
    understood: Annotated[
        bool,
        typer.Option("--i-understand", help='Confirm mode = "live": real money, these settings, these accounts.'),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look at everything a start needs: machine, files, both venues, the fleet as it runs. Changes nothing.

    Each line is ok, a warning or a failure, with the remedy. Exit code 1 when something failed. Sends no order.

    With mode = "live": once nothing fails, `arbctl doctor --i-understand` confirms, for this arb.toml, these accounts
    and this ledger, that real money may be traded. The fleet then starts halted and shows what it would open;
    `arbctl resume` lets it.
    """
    from scripts import answer_doctor

    answer, sound = answer_doctor.doctor(context.obj, understood=understood)
    render.show(answer, as_json=as_json)
    if not sound:
        raise typer.Exit(1)
