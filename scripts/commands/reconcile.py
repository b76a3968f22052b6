"""The command that asks both venues what the ledger should tell."""

from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, config

DAYS = 30


def add_to(app: typer.Typer) -> None:
    """Register the command of this file."""
    app.command()(reconcile)


def reconcile(
    context: typer.Context,
    *,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="The file is lost: make it anew.")] = False,
    since: Annotated[str | None, typer.Option(help=f"First day to ask for (UTC); {DAYS} days ago if left out.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the ledger level with both venues' fills and orders; only while nothing trades.

    Fills and orders that the ledger lacks are added, deals that it does not know are rebuilt: client ids tell them.
    What cannot be mapped is named and its market halted; exit code 1 then. Every market waits for `arbctl resume`.
    """
    from common.reconcile.evidence import QUIET_S
    from scripts import reconcile as work

    settings = config(context)
    asked = work.Asked(work.since_ns(since, DAYS), rebuild, dry_run, yes, context.obj, QUIET_S)
    answer, explained = work.reconcile(settings, asked)
    render.show(answer, as_json=as_json)
    if not explained:
        raise typer.Exit(1)
