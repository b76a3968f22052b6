"""What every command is given: the options they share, and the settings behind them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.commands import complete

if TYPE_CHECKING:
    from decimal import Decimal

    from common.settings import Endpoint, Settings

#: the longest name of a market that anybody lists
MARKET_CHARS = 16

AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="CSV on stdout.")]
Market = Annotated[
    str | None,
    typer.Argument(help="A market of arb.toml, for example BTC.", show_default=False, autocompletion=complete.markets),
]
Listed = Annotated[
    str, typer.Argument(help="A market, for example BTC.", show_default=False, autocompletion=complete.markets)
]
Limit = Annotated[int, typer.Option(min=1, max=100, help="The newest so many.")]
OfMarket = Annotated[str | None, typer.Option("--market", help="Only this market.", autocompletion=complete.markets)]
SomeMarkets = Annotated[
    str,
    typer.Option(
        "--market", help="Some markets, for example BTC,ETH; all if left out.", autocompletion=complete.some_markets
    ),
]


def config(context: typer.Context) -> Settings:
    """The settings that the command was pointed at; ConfigError when they cannot be used."""
    from common import settings

    path: Path | None = context.obj
    return settings.load(path)


def known(settings: Settings, market: str | None) -> str | None:
    """The market by its proper name; misuse when arb.toml does not have it."""
    if market is None:
        return None
    name = market.upper()
    if name not in settings.markets:
        raise typer.BadParameter(f"arb.toml has no market {name}; it has {', '.join(settings.markets)}")
    return name


def all_known(settings: Settings, markets: str | None) -> list[str]:
    """Several with commas between them, each once; none where none was named."""
    names = (name for given in (markets or "").split(",") if given.strip() and (name := known(settings, given.strip())))
    return list(dict.fromkeys(names))


def listed(market: str) -> str:
    """A market as a venue may list it, in arb.toml or not; misuse when it can be no name."""
    name = market.upper()
    if not (name.isascii() and name.isalnum() and len(name) <= MARKET_CHARS):
        raise typer.BadParameter(f"{market!r} is no market: say BTC for BTC-USD")
    return name


def listed_or_all(market: str | None) -> str | None:
    """The same where a market may be left out."""
    return None if market is None else listed(market)


def here(context: typer.Context) -> Endpoint:
    """Where the venue is spoken to that the command was given under: `arbctl venue dydx …`."""
    assert context.parent is not None
    venue = context.parent.info_name
    return next(endpoint for name, endpoint in config(context).endpoints.items() if name == venue)


def number_above_0(what: str, text: str) -> Decimal:
    """A number such as a venue would take; misuse for anything else."""
    from common.venues.numbers import positive

    try:
        return positive(text)
    except ValueError:
        raise typer.BadParameter(f"{what}: {text} is no number above 0") from None
