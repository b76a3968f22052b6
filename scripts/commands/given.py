"""What every command is given: the options they share, and the settings behind them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from common.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="CSV on stdout.")]
Market = Annotated[str | None, typer.Argument(help="A market of arb.toml, for example BTC.", show_default=False)]
OfMarket = Annotated[str | None, typer.Option("--market", help="Only this market.")]


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
