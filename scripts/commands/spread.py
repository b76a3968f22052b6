"""The command that shows spreads as they are now; reads public prices alone, and needs neither account nor ledger."""

from enum import StrEnum
from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, config, known


class Against(StrEnum):
    """What our venues' books can be compared with."""

    gmx = "gmx"


def add_to(app: typer.Typer) -> None:
    """Register the command of this file."""
    app.command()(spread)


def spread(
    context: typer.Context,
    market: Annotated[
        list[str] | None, typer.Argument(help="Markets of arb.toml, for example BTC ETH.", show_default="all")
    ] = None,
    venue: Annotated[Against, typer.Option(help="Compare with: gmx, its oracle price.")] = Against.gmx,
    as_json: AsJson = False,
) -> None:
    """Both venues' books at the configured size against GMX's oracle price, once.

    `sell bp`: sell here, buy at GMX's upper price; `buy bp`: buy here, sell at GMX's lower price; basis points, before
    any fee, price impact or funding. Nothing is traded at GMX.

    Example: arbctl spread BTC ETH --venue gmx
    """
    from scripts import answer_oracle

    settings = config(context)
    chosen = [name for given in market or settings.markets if (name := known(settings, given))]
    render.show(answer_oracle.spread(settings, list(dict.fromkeys(chosen))), as_json=as_json)
