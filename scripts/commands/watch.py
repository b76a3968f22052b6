"""The command that shows the fleet as it lives, and lets a person act on it."""

import sys
from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, config


def add_to(app: typer.Typer) -> None:
    """Register the command of this file."""
    app.command()(watch)


def watch(
    context: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print one frame as plain text, and end.")] = False,
    as_json: AsJson = False,
) -> None:
    """The desk: the whole fleet on one screen, as it lives, with keys to halt, resume and flatten (`?` lists them).

    Mode, halts, equity, use of the cap and leverage as bars; a row a market: worker, both directions' edge against the
    threshold, positions at both venues, entry and close edge, pnl, feed lag; the journal as it grows. Enter opens a
    market's deals, and a deal's story from opportunity to settlement. Good over ssh from 80x24 on; NO_COLOR is heeded.

    With --once: one frame, as wide as the window (COLUMNS, or 100, in a pipe); with --json: the same facts. Exit code
    1 when the ledger cannot be read.

    Examples: arbctl watch; arbctl watch --once --json
    """
    from scripts import answer_watch

    settings = config(context)
    if once:
        answer, readable = answer_watch.once(settings)
        render.show(answer, as_json=as_json)
        raise typer.Exit(0 if readable else 1)
    if as_json:
        raise typer.BadParameter("--json goes with --once")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise typer.BadParameter("a screen needs a terminal; --once prints one frame")
    answer_watch.follow(settings)
