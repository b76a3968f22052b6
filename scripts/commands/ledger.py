"""The commands about the ledger's file itself: verify, backup, restore-test, restore, mend."""

from pathlib import Path
from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, config

Alert = Annotated[bool, typer.Option("--alert", help="When it fails, also write an alert line to var/log/backup.log.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    ledger = typer.Typer(help="The ledger's file itself.", no_args_is_help=True)
    for command in (verify, restore, mend):
        ledger.command()(command)
    ledger.command(epilog="For example:  arbctl ledger backup --keep 48 --keep-days 30")(backup)
    ledger.command("restore-test", epilog="For example:  arbctl ledger restore-test --max-age-hours 3")(restore_test)
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
    keep: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="Remove all but the newest so many from var/backup.")
    ] = None,
    keep_days: Annotated[
        int, typer.Option(min=0, max=3_660, help="With --keep: of the last so many days the newest one stays, too.")
    ] = 0,
    alert: Alert = False,
    as_json: AsJson = False,
) -> None:
    """Copy the ledger while the fleet goes on, and verify the copy; nothing is overwritten."""
    from scripts import ledger_file
    from scripts.backup_shelf import Keep

    if (keep is None and keep_days) or (keep is not None and file is not None):
        raise typer.BadParameter("--keep-days goes with --keep, and --keep with no file: it is about var/backup")
    settings, kept = config(context), None if keep is None else Keep(keep, keep_days)
    with ledger_file.alarmed(settings, ledger_file.NO_BACKUP, wanted=alert):
        answer = ledger_file.backed_up(settings, file, kept)
    render.show(answer, as_json=as_json)


def restore_test(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="A backup; the newest in var/backup if left out.", show_default=False)
    ] = None,
    max_age_hours: Annotated[
        float | None, typer.Option(min=0.01, max=10_000, help="Fail when the newest one is older.")
    ] = None,
    alert: Alert = False,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into a folder that is gone afterwards: would it work, and lose nothing? Exit code 1 when not.

    The ledger in use is not touched, and the fleet goes on.
    """
    from scripts import ledger_file

    if file is not None and max_age_hours is not None:
        raise typer.BadParameter("--max-age-hours is about the newest backup: name no file with it")
    settings = config(context)
    with ledger_file.alarmed(settings, ledger_file.NO_RESTORE, wanted=alert):
        answer = ledger_file.rehearsed(settings, file, max_age_hours)
    render.show(answer, as_json=as_json)


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
