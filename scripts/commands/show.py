"""The commands that only look: each parses, asks for one answer, and hands it to render."""

from enum import StrEnum
from typing import Annotated

import typer

from scripts import render
from scripts.commands import complete
from scripts.commands.given import AsCsv, AsJson, OfMarket, config, known
from scripts.since import HELP


class Kept(StrEnum):
    """What the original kept in text files."""

    spreads = "spreads"
    trades = "trades"


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    for command in (status, positions, deals, count, refused, journal, log):
        app.command()(command)


def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Workers, halts, exposure against the cap, equity of both venues."""
    from scripts import answer_status

    render.show(answer_status.status(config(context)), as_json=as_json)


def positions(context: typer.Context, as_json: AsJson = False) -> None:
    """Per market: direction, size in ledger and at both venues, notional, edge, unrealised pnl, age."""
    from scripts import answer_positions

    render.show(answer_positions.positions(config(context)), as_json=as_json)


def deals(
    context: typer.Context,
    *,
    state: Annotated[str | None, typer.Option(help="Only deals in this state, or `live`.")] = None,
    market: OfMarket = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000_000, help="The newest so many.")] = 100,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """The newest deals, oldest first, with what they earned."""
    from scripts import answers

    settings = config(context)
    chosen = answers.DealChoice(answers.state_named(state), known(settings, market), limit)
    render.show(answers.deals(settings.ledger_file, chosen), as_json=as_json, as_csv=as_csv)


def count(context: typer.Context, as_json: AsJson = False) -> None:
    """Live deals per direction against the level, and the original's arbitrage_count."""
    from scripts import answers

    render.show(answers.count(config(context).ledger_file), as_json=as_json)


def refused(
    context: typer.Context,
    *,
    since: Annotated[str | None, typer.Option(help=HELP, show_default="24h")] = None,
    market: OfMarket = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="The newest so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Why entries were refused: each with what it would have been worth, what its reason means, and what to do."""
    from scripts import answer_refused

    settings = config(context)
    render.show(answer_refused.refused(settings, since, known(settings, market), limit), as_json=as_json)


def journal(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000_000, help="The newest so many rows.")] = 50,
    market: OfMarket = None,
    deal: Annotated[str | None, typer.Option(help="Only this deal.", autocompletion=complete.deals)] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """The ledger's journal: every change with its reason, oldest first."""
    from scripts import answers

    settings = config(context)
    found = answers.journal(settings.ledger_file, limit, market=known(settings, market), deal_id=deal)
    render.show(found, as_json=as_json, as_csv=as_csv)


def log(
    context: typer.Context,
    *,
    what: Annotated[Kept, typer.Argument(help="What the original kept in spread.txt and trades.txt.")],
    market: OfMarket = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Export every opening decision with its count (spreads), or every fill (trades)."""
    from scripts import answers

    settings = config(context)
    ask = answers.spreads if what is Kept.spreads else answers.trades
    render.show(ask(settings.ledger_file, known(settings, market)), as_json=as_json, as_csv=as_csv)
