"""The commands that ask a venue: `arbctl venue dydx …` and `arbctl venue apex …`, every call of their protocols."""

from enum import StrEnum
from typing import Annotated

import typer

from scripts import render
from scripts.commands import hand
from scripts.commands.given import AsJson, Limit, Listed, OfMarket, here, listed, listed_or_all

VENUES = {"dydx": "dYdX v3", "apex": "ApeX Pro"}


class Span(StrEnum):
    """The length of a candle."""

    MINUTE = "1m"
    FIVE = "5m"
    QUARTER = "15m"
    HALF = "30m"
    HOUR = "1h"
    FOUR = "4h"
    DAY = "1d"


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file, once per venue."""
    group = typer.Typer(help="Every call of a venue, by hand: public ones need no keys.", no_args_is_help=True)
    asking = (markets, book, trades, candles, funding_history, ticker, time)
    holding = (user, account, positions, orders, history, fills, funding, pnl)
    for name, spoken in VENUES.items():
        venue = typer.Typer(
            help=f"{spoken}, by hand.",
            epilog=f"Example: arbctl venue {name} book BTC",
            no_args_is_help=True,
        )
        for command in (*asking, *holding):
            venue.command()(command)
        hand.add_to(venue)
        group.add_typer(venue, name=name)
    app.add_typer(group, name="venue")


def markets(context: typer.Context, as_json: AsJson = False) -> None:
    """Every market that is listed: grid, margins, status."""
    from scripts import answer_venue

    render.show(answer_venue.markets(here(context)), as_json=as_json)


def book(
    context: typer.Context,
    market: Listed,
    depth: Annotated[int, typer.Option(min=1, max=200, help="Levels a side.")] = 10,
    as_json: AsJson = False,
) -> None:
    """The order book now, best levels first."""
    from scripts import answer_venue

    render.show(answer_venue.book(here(context), listed(market), depth), as_json=as_json)


def trades(context: typer.Context, market: Listed, limit: Limit = 20, as_json: AsJson = False) -> None:
    """The latest trades of everybody."""
    from scripts import answer_venue

    render.show(answer_venue.trades(here(context), listed(market), limit), as_json=as_json)


def candles(
    context: typer.Context,
    market: Listed,
    span: Annotated[Span, typer.Option(help="The length of one.")] = Span.HOUR,
    limit: Limit = 24,
    as_json: AsJson = False,
) -> None:
    """The latest candles."""
    from common.venues.told import Span as CandleSpan
    from scripts import answer_venue

    render.show(answer_venue.candles(here(context), listed(market), CandleSpan(span), limit), as_json=as_json)


def funding_history(context: typer.Context, market: Listed, limit: Limit = 24, as_json: AsJson = False) -> None:
    """The funding rates of past hours."""
    from scripts import answer_venue

    render.show(answer_venue.funding_history(here(context), listed(market), limit), as_json=as_json)


def ticker(context: typer.Context, market: Listed, as_json: AsJson = False) -> None:
    """Last price, index, volume of a day, the funding that comes next."""
    from scripts import answer_venue

    render.show(answer_venue.ticker(here(context), listed(market)), as_json=as_json)


def time(context: typer.Context, as_json: AsJson = False) -> None:
    """The venue's clock, and how far it is from this machine's."""
    from scripts import answer_venue

    render.show(answer_venue.time(here(context)), as_json=as_json)


def user(context: typer.Context, as_json: AsJson = False) -> None:
    """Who the venue says we are: address, fees, volumes."""
    from scripts import answer_account

    render.show(answer_account.user(here(context)), as_json=as_json)


def account(context: typer.Context, as_json: AsJson = False) -> None:
    """Equity, what is free of it, margins."""
    from scripts import answer_account

    render.show(answer_account.account(here(context)), as_json=as_json)


def positions(context: typer.Context, as_json: AsJson = False) -> None:
    """Open positions as the venue has them; `arbctl positions` holds them against the ledger."""
    from scripts import answer_account

    render.show(answer_account.positions(here(context)), as_json=as_json)


def orders(context: typer.Context, market: OfMarket = None, as_json: AsJson = False) -> None:
    """Orders that are alive, whoever placed them."""
    from scripts import answer_account

    render.show(answer_account.orders(here(context), listed_or_all(market)), as_json=as_json)


def history(context: typer.Context, market: OfMarket = None, limit: Limit = 20, as_json: AsJson = False) -> None:
    """Finished orders. dYdX lists none: there, the last 20 orders behind fills are asked for one by one."""
    from scripts import answer_account

    render.show(answer_account.history(here(context), listed_or_all(market), limit), as_json=as_json)


def fills(context: typer.Context, market: OfMarket = None, limit: Limit = 20, as_json: AsJson = False) -> None:
    """Our executions."""
    from scripts import answer_account

    render.show(answer_account.fills(here(context), listed_or_all(market), limit), as_json=as_json)


def funding(context: typer.Context, market: OfMarket = None, limit: Limit = 20, as_json: AsJson = False) -> None:
    """Our funding payments; above 0 when we received them."""
    from scripts import answer_account

    render.show(answer_account.funding(here(context), listed_or_all(market), limit), as_json=as_json)


def pnl(context: typer.Context, limit: Limit = 24, as_json: AsJson = False) -> None:
    """What the venue says we earned: dYdX the account by the hour, ApeX each closed position."""
    from scripts import answer_account

    render.show(answer_account.pnl(here(context), limit), as_json=as_json)
