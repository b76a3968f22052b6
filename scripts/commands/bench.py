"""`arbctl bench`: what the fleet costs and how quick it is, measured here and now."""

from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson


def add_to(app: typer.Typer) -> None:
    """Register the command of this file."""
    app.command(epilog="For example:  arbctl bench --quick   or   arbctl bench --only book_to_wire --json")(bench)


def bench(
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this measure; may be given several times.", show_default=False),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer rounds, no whole fleets: under a minute.")] = False,
    rounds: Annotated[int | None, typer.Option(min=1, help="So many rounds of each measure.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how quick the fleet is and what it costs, beside floors and peers in the same run.

    Each figure as median, 99th percentile and largest of many rounds, its goal beside it. Absolute figures are this
    machine's, ratios hold anywhere. Needs no fleet and disturbs none: what it starts has ports and files of its own.
    docs/performance.md says what each measure includes and what bounds it.
    """
    from scripts import answer_bench

    render.show(answer_bench.bench(only or [], quick=quick, rounds=rounds), as_json=as_json)
