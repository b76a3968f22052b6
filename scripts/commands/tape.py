"""The commands about recorded market data: record it, look at it, check it, export it."""

from pathlib import Path
from typing import Annotated

import typer

from scripts import render
from scripts.commands import complete
from scripts.commands.given import AsJson, all_known, config

Places = Annotated[
    list[str] | None,
    typer.Argument(help="Files, folders or patterns; the recorder's own tapes if left out.", show_default=False),
]


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    app.command()(record)
    tape = typer.Typer(help="Recorded market data.", no_args_is_help=True)
    for command in (info, verify, export):
        tape.command()(command)
    app.add_typer(tape, name="tape")


def record(
    context: typer.Context,
    for_s: Annotated[float | None, typer.Option("--for", min=0.1, help="Seconds; until Ctrl-C if left out.")] = None,
    markets: Annotated[
        str | None,
        typer.Option(help="Some markets of arb.toml, for example BTC,ETH.", autocompletion=complete.some_markets),
    ] = None,
    to: Annotated[Path | None, typer.Option(help="Folder for the tape; var/tape if left out.")] = None,
    rest: Annotated[bool, typer.Option("--rest", help="By requests alone, where WebSockets are blocked.")] = False,
    as_json: AsJson = False,
) -> None:
    """Record every public message of both venues onto a tape; the program `recorder` does the same for good."""
    from scripts import record as recording

    settings = config(context)
    folder, chosen = to or settings.tape_folder, all_known(settings, markets) or list(settings.markets)
    render.show(recording.record(settings, folder, chosen, for_s, rest=rest), as_json=as_json)


def info(context: typer.Context, tapes: Places = None, as_json: AsJson = False) -> None:
    """What is on a tape: span, books, trades, gaps and sizes by venue and market."""
    from scripts import tape_file

    render.show(tape_file.info(tape_file.files_of(config(context), tapes or [])), as_json=as_json)


def verify(context: typer.Context, tapes: Places = None, as_json: AsJson = False) -> None:
    """Read every byte and check it; exit code 1 when something is damaged (a torn tail is not)."""
    from scripts import tape_file

    answer, is_sound = tape_file.verified(tape_file.files_of(config(context), tapes or []))
    render.show(answer, as_json=as_json)
    if not is_sound:
        raise typer.Exit(1)


def export(
    context: typer.Context,
    out: Annotated[str, typer.Option(help="A new folder, or a path of an object store.")],
    to: Annotated[str, typer.Option(help="csv (the original's files) or parquet.")] = "parquet",
    tapes: Places = None,
    every: Annotated[float, typer.Option(min=0.1, help="CSV: seconds between two books of a recorded stream.")] = 10,
    bare: Annotated[bool, typer.Option("--bare", help="CSV: trades without a first line of names.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a tape as CSV or Parquet; each trade once, however often it was shown."""
    from scripts import tape_file

    files = tape_file.files_of(config(context), tapes or [])
    render.show(tape_file.exported(files, to, out, every_s=every, trade_columns=not bare), as_json=as_json)
