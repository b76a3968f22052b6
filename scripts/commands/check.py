"""The commands about files: supervisord.conf against arb.toml, the settings in force, the outside audit."""

import os
from pathlib import Path
from typing import Annotated

import typer

from scripts import render
from scripts.commands import complete
from scripts.commands.given import AsJson, config


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    fleet = typer.Typer(help="Keep supervisord.conf in step with arb.toml.", no_args_is_help=True)
    fleet.command("render")(fleet_render)
    fleet.command("check")(fleet_check)
    fleet.command("unit", epilog="For example:  arbctl fleet unit --out units")(fleet_unit)
    settings = typer.Typer(help="The settings in force.", no_args_is_help=True)
    settings.command("show")(config_show)
    settings.command("check")(config_check)
    settings.command("explain", epilog="For example:  arbctl config explain edge_min_bps")(config_explain)
    settings.command("diff")(config_diff)
    settings.command("reload")(config_reload)
    app.command(epilog="For example:  arbctl init mine.toml   then   ./scripts/run --config mine.toml")(init)
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


def fleet_unit(
    context: typer.Context,
    user: Annotated[
        str | None, typer.Option(help="Whose fleet it is: never root.", show_default="the present user")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write them into this folder.", show_default="on the screen")] = None,
    as_json: AsJson = False,
) -> None:
    """Make the systemd units of this fleet: service with watchdog, backups by the hour, a daily test of restoring.

    Nothing is installed: what to do with them is said. docs/deploy.md tells what they do and why.
    """
    from common.settings import CONFIG_VARIABLE, DEFAULT_FILE
    from scripts import units

    file = context.obj or Path(os.environ.get(CONFIG_VARIABLE) or DEFAULT_FILE)
    render.show(units.units(config(context), file, user, out), as_json=as_json)


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


def config_explain(
    context: typer.Context,
    key: Annotated[
        str,
        typer.Argument(
            help="A key of arb.toml, with or without its table: cap.level or level.", autocompletion=complete.keys
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Say what a key means, its default, its value here, and what makes a change count."""
    from common import settings
    from common.core.errors import ConfigError
    from scripts import answer_explain

    try:
        known = settings.load(context.obj)
    except ConfigError:
        # what a key means is asked most where arb.toml is not sound yet
        known = None
    render.show(answer_explain.explain(known, key), as_json=as_json)


def config_diff(
    context: typer.Context,
    *,
    running: Annotated[
        bool, typer.Option("--running", help="The file against what each running worker goes by, and its program.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show every setting that is not its default, and whether the fleet last ran under another arb.toml.

    With --running: which workers go by other settings, or are another program, and which keys differ; exit code 1 then.
    """
    if not running:
        from scripts import answer_explain

        render.show(answer_explain.diff(config(context)), as_json=as_json)
        return
    from scripts import answer_running

    answer, same = answer_running.running(config(context), context.obj)
    render.show(answer, as_json=as_json)
    if not same:
        raise typer.Exit(1)


def config_reload(context: typer.Context, as_json: AsJson = False) -> None:
    """Have the running workers take up an edited arb.toml: thresholds, waits, and limits that were lowered.

    A file that is wrong changes nothing, and is said to be so here. What needs a restart is named; a limit is raised by
    arbctl limit set alone. Exit code 1 when a worker did not say in time that it goes by the file.
    """
    from scripts import answer_reload

    answer, done = answer_reload.reload(config(context))
    render.show(answer, as_json=as_json)
    if not done:
        raise typer.Exit(1)


def init(
    file: Annotated[Path, typer.Argument(help="The file to write; nothing is ever written over.")] = Path("arb.toml"),
    live: Annotated[bool, typer.Option("--live", help="For the real hosts.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write an arb.toml in which every key stands with its meaning, at its default."""
    from scripts import answer_init

    render.show(answer_init.init(file, live=live), as_json=as_json)


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
