"""The command that shows what dealing both ways brings now; reads public prices, and needs no ledger."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from scripts import render
from scripts.commands import complete
from scripts.commands.given import AsJson, config, known, number_above_0

if TYPE_CHECKING:
    from common.core.terms import Terms
    from common.settings import Settings


Some = Annotated[
    list[str] | None,
    typer.Argument(
        help="Markets of arb.toml, for example BTC ETH.", show_default="all", autocompletion=complete.markets
    ),
]


class Against(StrEnum):
    """What our venues' books can be compared with, beside each other."""

    gmx = "gmx"


def add_to(app: typer.Typer) -> None:
    """Register the command of this file."""
    app.command()(spread)


def spread(
    context: typer.Context,
    market: Some = None,
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Follow the books until Ctrl-C.")] = False,
    size: Annotated[str | None, typer.Option(help="Another base size than the market's, of one market.")] = None,
    venue: Annotated[Against | None, typer.Option(help="Both books against its oracle price instead, once.")] = None,
    as_json: AsJson = False,
) -> None:
    """Both directions between dYdX and ApeX at the size we deal in: prices, spread, fees, edge, funding.

    +1 sells at ApeX and buys at dYdX, -1 the reverse. `bid` is what selling the size brings on average, `ask` what
    buying it costs, `spread` the difference in USD, all after it in basis points: `fees` are the four taker fees of
    opening and closing, `net` the spread less these (the original's rule), `edge` what a worker would reckon that a
    deal keeps, its close included: at the median of the last minute, or marked ~ at what a close costs now. `fund/h`
    is what funding brings per hour (below 0: costs). With --watch --json: a line a look.

    With --venue gmx: `sell bp`: sell here, buy at GMX's upper price; `buy bp`: buy here, sell at GMX's lower price;
    before any fee, price impact or funding. Nothing is traded at GMX.

    Examples: arbctl spread BTC ETH --watch; arbctl spread BTC ETH --venue gmx
    """
    from scripts import answer_oracle, answer_spread

    settings = config(context)
    names = list(dict.fromkeys(name for given in market or settings.markets if (name := known(settings, given))))
    if venue is not None:
        if watch or size is not None:
            raise typer.BadParameter("--venue compares once, at the market's size: leave --watch and --size out")
        render.show(answer_oracle.spread(settings, names), as_json=as_json)
        return
    terms = _terms(settings, names, size)
    if watch:
        answer_spread.follow(settings, terms, as_json=as_json)
    else:
        render.show(answer_spread.once(settings, terms), as_json=as_json)


def _terms(settings: Settings, names: list[str], size: str | None) -> list[Terms]:
    from dataclasses import replace

    terms = [settings.terms(name) for name in names]
    if size is None:
        return terms
    if len(terms) != 1:
        raise typer.BadParameter("--size goes with one market")
    return [replace(terms[0], size=number_above_0("--size", size))]
