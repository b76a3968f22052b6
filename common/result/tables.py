"""The tables of a result: rows of cells under columns. Draws nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from common.core.market import Venue
from common.core.order import Purpose
from common.ledger.shapes import MarketRow
from common.result.formats import NOTHING, bps, cents, duration, number, share, size, usd
from common.result.meanings import MEANS
from common.result.parts import Part
from common.result.result import Result
from common.result.slippage import Slipped
from common.telemetry.rows import MARKED_S

#: words of the trader that are told in a table, the longest first
WORDS_MAX: Final = 12
_PURPOSES: Final = {Purpose.OPEN: "opening", Purpose.CLOSE: "closing", Purpose.EVEN: "evening"}


@dataclass(frozen=True, slots=True)
class Table:
    """Cells under columns; `note` explains them."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def tables(result: Result, of: str) -> Iterator[Table]:
    """All of them; one without rows has nothing to say. `of` stands behind each title."""
    yield from _by_part(result, of)
    yield _refusals(result, of)
    yield _words(result, of)
    yield _naked(result, of)
    yield _slippage(result, of)
    yield _marks(result, of)
    yield _capacity(result, of)
    yield _positions(result, of)


def _by_part(result: Result, of: str) -> Iterator[Table]:
    columns = ("deals", "missed", "traded", "fees", "funding", "pnl")
    note = "USD; pnl is marked to close, funding included"
    yield Table(f"By market{of}", ("market", *columns), tuple(map(_part, result.markets)), note)
    days = tuple(map(_part, result.days))
    yield Table(f"By day{of}", ("day (UTC)", *columns), days, f"{note}; by the day of the last fill")


def _part(part: Part) -> tuple[str, ...]:
    pnl = None if part.pnl_uusd is None else part.pnl_uusd + part.funding_uusd
    traded, fees = cents(part.traded_uusd), usd(part.fees_uusd, sign=False)
    return part.name, number(part.deals), number(part.missed), traded, fees, usd(part.funding_uusd), usd(pnl)


def _refusals(result: Result, of: str) -> Table:
    denied = result.watching.denied if result.watching else ()
    rows = tuple((one.reason, number(one.times), usd(one.edge_uusd), MEANS.get(one.reason, "")) for one in denied)
    return Table(
        f"Refused reservations{of}", ("reason", "times", "edge", "which means"), rows, "edge: USD, all together"
    )


def _words(result: Result, of: str) -> Table:
    if result.watching is None:
        return Table("", (), ())
    total_ns = sum(one.for_ns for one in result.watching.said) or 1
    rows = tuple(
        (one.word, share(Decimal(one.for_ns) / total_ns), number(one.begun), MEANS.get(one.word, ""))
        for one in result.watching.said[:WORDS_MAX]
    )
    note = f"of {duration(result.watching.watched_ns)} of all markets together"
    return Table(f"Why nothing was opened{of}", ("says", "of the time", "begun", "which means"), rows, note)


def _naked(result: Result, of: str) -> Table:
    rows = tuple(
        (one.venue.value, number(one.legs), usd(one.cost_uusd), duration(one.naked_ns), duration(one.longest_ns))
        for one in result.naked
    )
    note = "cost: USD lost against the leg that was missing; − gained"
    return Table(f"Missing legs, by venue{of}", ("venue", "evened", "cost", "naked in all", "longest"), rows, note)


def _slippage(result: Result, of: str) -> Table:
    rows = tuple(map(_slipped, result.slipped))
    columns = ("venue", "leg", "orders", "mean bp", "worst bp", "cost", "no quote")
    note = "fill against the quote behind the order; + is worse; cost: USD"
    return Table(f"Slippage{of}", columns, rows, note)


def _slipped(one: Slipped) -> tuple[str, ...]:
    cost = usd(one.cost_uusd) if one.mean_bps is not None else NOTHING
    leg, counts = _PURPOSES[one.purpose], (number(one.orders), bps(one.mean_bps), bps(one.worst_bps))
    return one.venue.value, leg, *counts, cost, number(one.unknown)


def _marks(result: Result, of: str) -> Table:
    rows = []
    for venue in Venue:
        own = {one.after_s: one for one in result.marked if one.venue is venue}
        if own:
            means = (bps(own[s].mean_bps) if s in own else NOTHING for s in MARKED_S)
            rows.append((venue.value, number(max(one.fills for one in own.values())), *means))
    columns = ("venue", "fills", *(f"after {s} s" for s in MARKED_S))
    note = "against us, bp; − went our way"
    return Table(f"Where prices went after our fills{of}", columns, tuple(rows), note)


def _capacity(result: Result, of: str) -> Table:
    capacity = result.watching.capacity if result.watching else ()
    rows = tuple((f"{one.factor} ×", bps(one.mean_bps), share(one.pays), share(one.deep)) for one in capacity)
    moments = f"at the {capacity[0].moments} best moments that were worth opening" if capacity else ""
    return Table(f"Edge against size{of}", ("size", "edge bp", "still pays", "deep enough"), rows, moments)


def _positions(result: Result, of: str) -> Table:
    columns = ("market", *(name for venue in Venue for name in (venue.value, "it says")), "agree", "at marks")
    rows = tuple(map(_position, result.positions))
    return Table(
        f"Positions now{of}",
        columns,
        rows,
        "base size; at marks: USD, fees paid off",
    )


def _position(row: MarketRow) -> tuple[str, ...]:
    sides = {side.venue: side for side in row.sides}
    sizes = (size(s) for venue in Venue for s in (sides[venue].ledger_size, sides[venue].venue_size))
    agree = "yes" if all(side.agrees for side in row.sides) else "NO"
    return row.market, *sizes, agree, usd(row.unrealised_uusd)
