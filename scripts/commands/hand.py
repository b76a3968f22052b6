"""The commands about orders by hand at one venue: order, place, replace, cancel, cancel-all."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import typer

from scripts import render
from scripts.commands.given import AsJson, Listed, OfMarket, config, here, known, listed_or_all, number_above_0

Yes = Annotated[bool, typer.Option("--yes", help="Do it; without it only said what would be done.")]
Name = Annotated[str, typer.Argument(help="Our id (hand-… or the fleet's) or the venue's.", show_default=False)]
Price = Annotated[str | None, typer.Option("--price", help="The worst price, USD.", show_default=False)]
NAME_CHARS = 80
PLACE = """Place one order by hand; without --yes it is only said what would be sent.

A price further from the venue's index than the market's price_band_bps in arb.toml is refused (an order with a
trigger is judged by its trigger). Market orders go with the edge of that band as their worst price.

The fleet does not know such an order: its id begins with hand-, no worker takes it in, and while it is open the
warden halts new deals of its market ("by-hand"). What it fills is a position that the ledger does not explain,
and halts the market too ("difference"). Afterwards: cancel or close it, then arbctl resume MARKET.

Example: arbctl venue dydx place BTC buy 0.001 --price 40000 --post-only --yes
"""


class Way(StrEnum):
    """Buy or sell."""

    BUY = "buy"
    SELL = "sell"


class Type(StrEnum):
    """What an order waits for and how it trades."""

    LIMIT = "limit"
    MARKET = "market"
    STOP_LIMIT = "stop-limit"
    STOP_MARKET = "stop-market"
    TAKE_PROFIT = "take-profit"
    TAKE_PROFIT_MARKET = "take-profit-market"


class InForce(StrEnum):
    """How long it may wait for its price."""

    GTT = "gtt"
    FOK = "fok"
    IOC = "ioc"


def add_to(venue: typer.Typer) -> None:
    """Register the commands of this file under one venue."""
    for command in (order, replace, cancel, cancel_all):
        venue.command()(command)
    venue.command(help=PLACE)(place)


def order(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """One order, alive or finished; dYdX forgets our id of a finished one after an hour."""
    from scripts import answer_order

    render.show(answer_order.order(here(context), _name(name)), as_json=as_json)


def place(
    context: typer.Context,
    market: Listed,
    way: Annotated[Way, typer.Argument(help="buy or sell.", show_default=False)],
    size: Annotated[str, typer.Argument(help="Base size, for example 0.001.", show_default=False)],
    *,
    price: Price = None,
    type_: Annotated[Type, typer.Option("--type", help="stop-market and take-profit-market: ApeX only.")] = Type.LIMIT,
    in_force: Annotated[
        InForce | None, typer.Option("--in-force", help="gtt rests (market orders: ioc if left out).")
    ] = None,
    trigger: Annotated[str | None, typer.Option(help="Index price at which a stop or take-profit comes alive.")] = None,
    post_only: Annotated[bool, typer.Option("--post-only", help="Only if it rests; gtt.")] = False,
    reduce_only: Annotated[bool, typer.Option("--reduce-only", help="Never open or turn a position.")] = False,
    hours: Annotated[int, typer.Option("--for", min=1, max=672, help="Hours it may rest; dYdX only.")] = 672,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Place one order; what a person has to know about it stands in PLACE."""
    from common.core.market import Side
    from common.venues import slip
    from scripts import answer_order

    settings = config(context)
    takes_market = type_.value.endswith("market")
    wish = answer_order.Wish(
        side=Side(way.upper()),
        size=number_above_0("size", size),
        kind=slip.Kind(type_.upper().replace("-", "_")),
        in_force=slip.InForce((in_force or (InForce.IOC if takes_market else InForce.GTT)).upper()),
        limit=number_above_0("--price", price) if price is not None else None,
        trigger=number_above_0("--trigger", trigger) if trigger is not None else None,
        hours=Decimal(hours),
        post_only=post_only,
        reduce_only=reduce_only,
    )
    name = known(settings, market)
    assert name is not None
    render.show(answer_order.place(here(context), settings.terms(name), wish, yes=yes), as_json=as_json)
    _refuse_unless(yes)


def replace(
    context: typer.Context,
    name: Name,
    *,
    price: Price = None,
    size: Annotated[str | None, typer.Option(help="Base size; what is not filled, if left out.")] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Put another limit order in the place of one that rests: at one stroke at dYdX; ApeX cancels, then places."""
    from scripts import answer_replace

    if price is None and size is None:
        raise typer.BadParameter("say what is to be different: --price, --size")
    change = answer_replace.Change(
        name=_name(name),
        limit=number_above_0("--price", price) if price is not None else None,
        size=number_above_0("--size", size) if size is not None else None,
    )
    settings = config(context)
    render.show(answer_replace.replace(here(context), settings.terms, change, yes=yes), as_json=as_json)
    _refuse_unless(yes)


def cancel(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """End one order; shows it as it is afterwards."""
    from scripts import answer_order

    render.show(answer_order.cancel(here(context), _name(name)), as_json=as_json)


def cancel_all(context: typer.Context, market: OfMarket = None, yes: Yes = False, as_json: AsJson = False) -> None:
    """End every order that is alive, the fleet's too; without --yes it is only said which."""
    from scripts import answer_order

    render.show(answer_order.cancel_all(here(context), listed_or_all(market), yes=yes), as_json=as_json)
    _refuse_unless(yes)


def _refuse_unless(yes: bool) -> None:
    """Whoever forgot --yes must not read 0 as done."""
    if not yes:
        raise typer.Exit(3)


def _name(text: str) -> str:
    """An id as it may stand in a request; misuse for anything else."""
    if not (text.isascii() and text.replace("-", "").isalnum() and len(text) <= NAME_CHARS):
        raise typer.BadParameter(f"{text!r} is no order's id")
    return text
