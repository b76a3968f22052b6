"""The commands about the ledger's file itself: verify, backup, restore, mend."""

from pathlib import Path
from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, config


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    ledger = typer.Typer(help="The ledger's file itself.", no_args_is_help=True)
    for command in (verify, backup, restore, mend):
        ledger.command()(command)
    app.add_typer(ledger, name="ledger")


def verify(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="A backup, instead of the ledger.", show_default=False)] = None,
    head: Annotated[str | None, typer.Option(help="A head noted earlier: it must still be in the journal.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check all of the file: pages, laws, the journal's chain, every deal; exit code 1 when something is wrong."""
    from scripts import ledger_file

    answer, sound = ledger_file.verified(config(context), file, head)
    render.show(answer, as_json=as_json)
    if not sound:
        raise typer.Exit(1)


def backup(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Where to; var/backup if left out.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Copy the ledger while the fleet goes on, and verify the copy; nothing is overwritten."""
    from scripts import ledger_file

    render.show(ledger_file.backed_up(config(context), file), as_json=as_json)


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A backup.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the ledger's place and halt every market; only while nothing runs."""
    from scripts import ledger_file

    settings = config(context)
    for line in ledger_file.plan(settings, file):
        render.say(line)
    if not yes:
        ledger_file.confirm()
    render.show(ledger_file.restored(settings, file), as_json=as_json)


def mend(context: typer.Context, as_json: AsJson = False) -> None:
    """Put the ledger's laws back as they must be; the fleet must stand."""
    from scripts import deeds

    render.show(deeds.mend(config(context)), as_json=as_json)
