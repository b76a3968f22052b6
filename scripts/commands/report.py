"""The commands that say what the fleet earned: how in `report`, how much and when in `pnl`."""

from pathlib import Path
from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, OfMarket, config, known
from scripts.since import HELP


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    app.command(epilog="For example:  arbctl pnl --since 7d --daily")(pnl)
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


def pnl(
    context: typer.Context,
    *,
    since: Annotated[
        str | None, typer.Option(help="The first day: today, 7d (ago), 2026-11-28. UTC.", show_default="everything")
    ] = None,
    daily: Annotated[bool, typer.Option("--daily", help="A line for each day instead of each market.")] = False,
    as_json: AsJson = False,
) -> None:
    """How much was earned: realised with fees taken off, funding, and what is open at the venues' marks.

    From the ledger alone, at once however long its history. Days begin at midnight UTC, and a deal counts on the day in
    which it ended; where the money came from is what arbctl report tells.
    """
    from scripts import answer_pnl

    render.show(answer_pnl.pnl(config(context), since, daily=daily), as_json=as_json)
