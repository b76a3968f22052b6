"""The command that replays one tape with many settings."""

from pathlib import Path
from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, SomeMarkets, all_known, config

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TAPE]... [KEY=VALUES]...",
        help="Tapes as `arbctl replay` takes them, the recorder's own if left out; and more of the grid.",
        show_default=False,
    ),
]
Keys = Annotated[
    list[str] | None,
    typer.Option(help="A key of [strategy], [cap] or [limits], or size, and its values.", show_default=False),
]
Split = Annotated[str, typer.Option(help="Choose on so much of a fold, judge on the rest; 1: judge on nothing.")]
Folds = Annotated[int, typer.Option(min=1, max=100, help="So many times, walking forward over the tape.")]
Jobs = Annotated[
    int | None, typer.Option(min=1, max=512, help="Processes; one per core if left out.", show_default=False)
]
Scheduler = Annotated[
    str | None, typer.Option(help="A Dask cluster instead, for example tcp://127.0.0.1:8786.", show_default=False)
]
Out = Annotated[
    Path | None,
    typer.Option(help="A new folder for tables, chart and report; var/sweep/… if left out.", show_default=False),
]
_EXAMPLE = "For example:  arbctl sweep var/tape --grid edge_min_bps=1,3,5 level=2,4 size=1x,2x --folds 3"


def add_to(app: typer.Typer) -> None:
    """Register the command of this file."""
    app.command(epilog=_EXAMPLE)(sweep)


def sweep(
    context: typer.Context,
    words: Words = None,
    *,
    grid: Keys = None,
    market: SomeMarkets = "",
    split: Split = "0.6",
    folds: Folds = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of everything that is drawn.")] = 1,
    jobs: Jobs = None,
    scheduler: Scheduler = None,
    out: Out = None,
    top: Annotated[int, typer.Option(min=1, help="So many cells are shown here; all are in the tables.")] = 20,
    fresh: Annotated[bool, typer.Option("--fresh", help="Replay again what was kept from before.")] = False,
    as_json: AsJson = False,
) -> None:
    """Replay one tape with every combination of some settings: which would have done best, and is that more than luck?

    The best is chosen on the first part of each fold and judged on the rest, which it has not seen. What is done is
    kept, so that the same command goes on where Ctrl-C stopped it.
    """
    from scripts import answer_sweep

    settings = config(context)
    names = tuple(all_known(settings, market))
    given = answer_sweep.Given(
        tuple(words or ()), tuple(grid or ()), names, split, folds, seed, jobs, scheduler, out, top, fresh
    )
    answer, is_done = answer_sweep.sweep(settings, context.obj, given)
    render.show(answer, as_json=as_json)
    if not is_done:
        raise typer.Exit(1)
