"""The commands that look at recorded books before anything is traded on them."""

from pathlib import Path
from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, SomeMarkets, config

Tapes = Annotated[
    list[str] | None,
    typer.Argument(
        help="Tapes, folders of `arbctl tape export`, the original's CSV files, Parquet books; "
        "the recorder's own tapes if left out.",
        show_default=False,
    ),
]


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    analyse = typer.Typer(help="What recorded books say before anything is traded on them.", no_args_is_help=True)
    analyse.command(epilog="For example:  arbctl analyse spread var/tape --market BTC,ETH --html spread.html")(spread)
    analyse.command(epilog="For example:  arbctl analyse clean order_book_BTC-USD_dydx.csv --out cut")(clean)
    app.add_typer(analyse, name="analyse")


def spread(
    context: typer.Context,
    tapes: Tapes = None,
    market: SomeMarkets = "",
    places: Annotated[str, typer.Option(help="Only these places, for example apex,dydx.")] = "",
    size: Annotated[
        float | None, typer.Option(min=0, help="Base size of a deal; 0: the touch. From arb.toml if left out.")
    ] = None,
    fee_bps: Annotated[
        float | None, typer.Option(min=0, max=1000, help="Taker fee of each place. From arb.toml if left out.")
    ] = None,
    silence: Annotated[float, typer.Option(min=0.01, help="Seconds after which a silent book is not believed.")] = 2,
    html: Annotated[Path | None, typer.Option(help="Write one self-contained report.")] = None,
    png: Annotated[Path | None, typer.Option(help="Write every chart into this folder.")] = None,
    scratch: Annotated[
        Path | None, typer.Option(help="Where to put data away meanwhile, as large as the tapes.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What selling at one place and buying at the other would have brought, moment by moment.

    The two books are joined as of time. Per market and direction: how often the spread is above the fees, for how long,
    for which size, and how soon it is gone; books that a trader would not believe are left out and counted.
    """
    from scripts import analyse_spread

    given = analyse_spread.Given(market, places, size, fee_bps, silence, html, png, scratch)
    render.show(analyse_spread.spread(config(context), tapes or [], given), as_json=as_json)


def clean(
    files: Annotated[list[Path], typer.Argument(help="The original's order_book_….csv.", exists=True, dir_okay=False)],
    levels: Annotated[int, typer.Option(min=1, help="Levels a side that are kept.")] = 3,
    out: Annotated[Path | None, typer.Option(help="Folder; beside each file if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Keep the best levels of each recorded book, in …_filter.csv; best by price, whatever their order in the file."""
    from scripts import analyse_spread

    render.show(analyse_spread.clean(files, out, levels), as_json=as_json)
