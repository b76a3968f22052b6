"""The commands about files: supervisord.conf against arb.toml, the settings in force, the outside audit."""

from pathlib import Path
from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, config


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    fleet = typer.Typer(help="Keep supervisord.conf in step with arb.toml.", no_args_is_help=True)
    fleet.command("render")(fleet_render)
    fleet.command("check")(fleet_check)
    settings = typer.Typer(help="The settings in force.", no_args_is_help=True)
    settings.command("show")(config_show)
    settings.command("check")(config_check)
    app.add_typer(fleet, name="fleet")
    app.add_typer(settings, name="config")
    app.command()(audit)


def fleet_render(context: typer.Context, as_json: AsJson = False) -> None:
    """Rewrite the program sections of supervisord.conf from the markets of arb.toml."""
    from scripts import fleet_file

    render.show(fleet_file.write(config(context)), as_json=as_json)


def fleet_check(context: typer.Context, as_json: AsJson = False) -> None:
    """Say whether supervisord.conf and arb.toml name the same fleet; exit code 1 when not."""
    from scripts import fleet_file

    answer, same = fleet_file.check(config(context))
    render.show(answer, as_json=as_json)
    if not same:
        raise typer.Exit(1)


def config_show(context: typer.Context, as_json: AsJson = False) -> None:
    """Every setting as the fleet uses it, defaults and overrides included; key files by name only."""
    from scripts import answer_config

    render.show(answer_config.config_show(config(context)), as_json=as_json)


def config_check(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="The arb.toml to look at.", show_default="of this fleet")] = None,
    as_json: AsJson = False,
) -> None:
    """Say everything that is wrong with an arb.toml, a sentence each; exit code 3 when something is.

    Reads the file alone: no venue is asked, and no key file is opened.
    """
    from scripts import answer_config

    given: Path | None = file or context.obj
    if not as_json:
        render.show(answer_config.config_sound(given))
        return
    answer, sound = answer_config.config_check(given)
    render.show(answer, as_json=True)
    if not sound:
        raise typer.Exit(3)


def audit(
    context: typer.Context,
    watch: Annotated[
        float | None, typer.Option(min=1, max=86_400, help="First look at the limits for so many seconds.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the ledger with the venues' own journals, by code that shares nothing with the ledger."""
    from scripts import answer_audit

    if watch is not None and not watch >= 1:
        raise typer.BadParameter("--watch is a number of seconds from 1 to 86400")
    answer, clean = answer_audit.audit(config(context), watch)
    render.show(answer, as_json=as_json)
    if not clean:
        raise typer.Exit(1)
