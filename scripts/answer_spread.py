"""`arbctl spread`: what dealing both ways brings now, once from a short listen, or followed as it changes."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from common.core.terms import Terms
from common.settings import Settings
from scripts import render
from scripts.render import NOTHING, Answer, number
from scripts.spread_row import NOW, SpreadRow
from scripts.spread_watch import watch

if TYPE_CHECKING:
    from rich.table import Table

#: a venue that shows no book in this time has its reason in the table
LISTEN_S: Final = 8.0
DRAWN_EVERY_S: Final = 0.5
COLUMNS: Final = (
    "market", "dir", "size", "bid", "ask", "spread", "bp", "fees", "net", "edge", "fund/h"
)  # fmt: skip
LEGEND: Final = (
    "+1 sells ApeX and buys dYdX, -1 the reverse; from `bp` on basis points",
    "net: bp less the four fees; edge: as a worker reckons it, ~ with a close as dear as now",
)
_PRICE = 7


def once(settings: Settings, terms: Sequence[Terms]) -> Answer:
    """Both directions of these markets, after as long a listen as it takes to hear both books."""
    rows, notes = asyncio.run(_once(settings, terms))
    return Answer([_data(row) for row in rows], COLUMNS, _cells(rows), notes=(*notes, *LEGEND))


async def _once(settings: Settings, terms: Sequence[Terms]) -> tuple[list[SpreadRow], tuple[str, ...]]:
    watched = await watch(settings, terms)
    async with watched.running():
        await watched.known(LISTEN_S)
        return watched.rows(), watched.notes


def follow(settings: Settings, terms: Sequence[Terms], *, as_json: bool) -> None:
    """The same until Ctrl-C: a table that is drawn anew in its place, or one line of JSON per look."""
    with suppress(KeyboardInterrupt):
        asyncio.run(_lines(settings, terms) if as_json else _drawn(settings, terms))


async def _lines(settings: Settings, terms: Sequence[Terms]) -> None:
    watched = await watch(settings, terms)
    async with watched.running():
        await watched.known(LISTEN_S)
        while True:
            render.line(json.dumps(render.plain([_data(row) for row in watched.rows()])))
            await asyncio.sleep(DRAWN_EVERY_S)


async def _drawn(settings: Settings, terms: Sequence[Terms]) -> None:
    from rich.live import Live

    watched = await watch(settings, terms)
    for note in watched.notes:
        render.say(note)
    async with watched.running():
        with Live(_table(watched.rows()), auto_refresh=False) as live:
            while True:
                await asyncio.sleep(DRAWN_EVERY_S)
                live.update(_table(watched.rows()), refresh=True)


def _table(rows: Sequence[SpreadRow]) -> "Table":
    drawn = render.table(COLUMNS, _cells(rows))
    drawn.caption = "\n".join(LEGEND)
    return drawn


def _cells(rows: Sequence[SpreadRow]) -> list[tuple[str, ...]]:
    return [_cell(row, first=at % 2 == 0) for at, row in enumerate(rows)]


def _cell(row: SpreadRow, *, first: bool) -> tuple[str, ...]:
    """The market's name and size stand in the first of its two rows."""
    name, size = (row.market, number(row.size)) if first else ("", "")
    head = (name, f"{row.direction:+d}", size)
    if row.why:
        return (*head, *(NOTHING,) * (len(COLUMNS) - len(head) - 1), row.why)
    mark = "~" if row.leaving_is == NOW else ""
    return (
        *head,
        _price(row.bid),
        _price(row.ask),
        _price(row.spread, sign=True),
        _signed(row.spread_bps),
        number(row.fees_bps),
        _signed(row.net_bps),
        _signed(row.edge_bps) + mark,
        NOTHING if row.funding_bps_hourly is None else f"{row.funding_bps_hourly:+.3f}",
    )


def _price(price: Decimal | None, *, sign: bool = False) -> str:
    """To as many figures as anybody compares."""
    if price is None:
        return NOTHING
    short = number(Decimal(f"{price:.{_PRICE}g}"))
    return f"+{short}" if sign and price > 0 else short


def _signed(bps: Decimal | None) -> str:
    return NOTHING if bps is None else f"{bps:+}"


def _data(row: SpreadRow) -> dict[str, Any]:
    return asdict(row) | {"sell": row.sell, "buy": row.direction.buy_venue, "direction": int(row.direction)}
