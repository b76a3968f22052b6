"""The command that compares the three venues; asks none of them."""

from pathlib import Path
from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, config


def add_to(app: typer.Typer) -> None:
    """Register the command of this file."""
    app.command()(venues)


def venues(
    context: typer.Context,
    plot: Annotated[
        Path | None, typer.Option(help="Draw chains and markets of the venues into this .svg instead.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """dYdX v3, GMX and ApeX Pro side by side: model, chains, fees, gas, funding, markets in common.

    Every fact names its source and date; what has changed since says so. No venue is asked.

    Example: arbctl venues --plot venn.svg
    """
    from scripts import answer_venues

    ours = config(context).markets
    if plot is None:
        render.show(answer_venues.venues(ours), as_json=as_json)
        return
    if plot.suffix.lower() != ".svg":
        raise typer.BadParameter("--plot draws SVG: name a file that ends in .svg")
    render.show(answer_venues.plotted(ours, plot), as_json=as_json)
