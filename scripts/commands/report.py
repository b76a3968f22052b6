"""The command that says what the fleet earned."""

from pathlib import Path
from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, OfMarket, config, known
from scripts.since import HELP


def add_to(app: typer.Typer) -> None:
    """Register the command of this file."""
    app.command(epilog="For example:  arbctl report --since 24h --html report.html")(report)


def report(
    context: typer.Context,
    *,
    since: Annotated[str | None, typer.Option(help=HELP, show_default=False)] = None,
    market: OfMarket = None,
    ledger: Annotated[
        Path | None, typer.Option(help="Another ledger, for example that of a replay.", show_default=False)
    ] = None,
    beside: Annotated[
        Path | None, typer.Option(help="A second ledger, to stand in a column beside.", show_default=False)
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write one self-contained page, too.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """What the fleet earned and how: pnl marked to close first, then where it came from and what it cost.

    Live, paper and replayed ledgers alike. A deal counts when it was reserved within the time asked for.
    """
    from scripts import answer_report

    settings = config(context)
    named = known(settings, market) if ledger is None else market and market.upper()
    given = answer_report.Given(ledger or settings.ledger_file, beside, since, named, html)
    render.show(answer_report.report(given), as_json=as_json)
