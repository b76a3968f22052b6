"""The command that plays recorded books to the fleet's own code."""

from pathlib import Path
from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, SomeMarkets, all_known, config

Tapes = Annotated[
    list[str] | None,
    typer.Argument(
        help="Tapes (files, folders, patterns), or one folder of Parquet books; the recorder's own tapes if left out.",
        show_default=False,
    ),
]


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    app.command(epilog="For example:  arbctl replay var/tape --market BTC,ETH --ledger replay.db")(replay)


def replay(
    context: typer.Context,
    tapes: Tapes = None,
    seed: Annotated[int, typer.Option(min=0, help="Of everything that is drawn: latencies.")] = 1,
    ledger: Annotated[Path | None, typer.Option(help="Keep the ledger in this new file.", show_default=False)] = None,
    market: SomeMarkets = "",
    from_: Annotated[
        str,
        typer.Option("--from", help="Decide from here on, UTC, like 2024-08-08T23:57:00.", show_default=False),
    ] = "",
    to: Annotated[str, typer.Option(help="And up to here.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Play recorded books to the real traders, ledger and paper venues: what would have been done, and what it kept.

    Orders arrive after the latencies of [replay] in arb.toml and fill only by what the tape shows then. What is open at
    the end is closed at the last books. Beside the result stands the same with every latency doubled. The ledger that
    is kept is an ordinary one: arbctl deals, journal, log and the rest read it with a config whose var it lies in.
    """
    from scripts import answer_replay

    settings = config(context)
    given = answer_replay.Given(tapes or [], seed, ledger, all_known(settings, market), from_, to)
    render.show(answer_replay.replay(settings, given), as_json=as_json)
