"""A result in words and figures, section by section: the same in a terminal and on a page. Draws nothing.

Several results stand in columns side by side where there is one figure of each; tables follow one another.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from common.result import tables
from common.result.formats import cents, decimal, duration, moment, number, share, usd
from common.result.result import Result
from common.result.tables import Table


@dataclass(frozen=True, slots=True)
class Figures:
    """One figure a row, one column for each result; `hint` says what it is."""

    title: str
    rows: tuple[tuple[str, tuple[str, ...], str], ...]


Section: TypeAlias = Figures | Table
#: label, figure, hint
Row: TypeAlias = tuple[str, str, str]


def headline(result: Result) -> str:
    """The result in one sentence."""
    span = duration(result.to_ns - result.from_ns)
    deals = f"{result.earned.deals} deal{'' if result.earned.deals == 1 else 's'} reserved in {span}"
    if result.pnl_uusd is None:
        return f"{deals}; {usd(result.earned.closed_uusd)} USD realised, and something is open that has no price."
    marked = "at the venues' own marks" if result.marked_by == "mark" else "marked to close"
    return f"{usd(result.pnl_uusd)} USD, {marked}, from {deals}."


def span(result: Result) -> str:
    """From when until when, of what."""
    of = f", {result.market} only" if result.market else ""
    return f"{moment(result.from_ns)} to {moment(result.to_ns)} UTC{of}"


def notes(result: Result) -> Iterator[str]:
    """What a reader must bear in mind."""
    if result.watching is None:
        yield "no telemetry of this period: edges seen, refusals, slippage and use of the cap are not known"
    if result.marked_by == "mark":
        yield "open positions are marked at the venues' mark prices: what the books would give was not recorded"
    if result.marked_by == "no price":
        yield "something is open that neither telemetry nor a venue has a price for: pnl marked to close is not known"
    if result.daily is None and result.earned.deals:
        yield "too few deals for any word on a day"


def all_notes(results: Sequence[Result]) -> list[str]:
    """The notes of all, each with the name of its result where there are several."""
    if len(results) == 1:
        return list(notes(results[0]))
    return [f"{name(one)}: {note}" for one in results for note in notes(one)]


def sections(results: Sequence[Result]) -> Iterator[Section]:
    """Everything, the most important first."""
    yield _figures("Profit and loss, USD", results, _money)
    yield _figures("From edge to close", results, _funnel)
    yield _figures("Room and time", results, _room)
    for result in results:
        of = f" ({name(result)})" if len(results) > 1 else ""
        yield from (table for table in tables.tables(result, of) if table.rows)


def name(result: Result) -> str:
    """A result's column: its file, shortened to what tells it from others."""
    parts = result.ledger.rstrip("/").split("/")
    return "/".join(parts[-2:])


def _figures(title: str, results: Sequence[Result], of: Callable[[Result], Iterator[Row]]) -> Figures:
    columns = [list(of(result)) for result in results]
    rows = [(label, hint) for label, _, hint in columns[0]]
    values = [tuple(column[index][1] for column in columns) for index in range(len(rows))]
    return Figures(title, tuple((label, value, hint) for (label, hint), value in zip(rows, values, strict=True)))


def _money(r: Result) -> Iterator[Row]:
    yield "pnl, marked to close", usd(r.pnl_uusd), "everything below, if all were closed now"
    yield "  realised", usd(r.earned.realised_uusd), "bought and sold again at one venue, before fees"
    yield "  fees paid", usd(-r.earned.fees_uusd), ""
    yield "  funding", usd(r.funding_uusd), ""
    yield "  still open", usd(r.earned.open_uusd), f"by {r.marked_by}, the fees of closing taken off"
    yield "expected when reserved", usd(r.expected_uusd), "edge of the deals that filled"
    yield "a day like this: least", cents(r.daily.low_uusd if r.daily else None, sign=True), _interval(r)
    yield "                 most", cents(r.daily.high_uusd if r.daily else None, sign=True), ""
    yield "per slot-hour", usd(r.slot_hour_uusd), f"slots taken for {duration(r.slot_ns)} in all"
    traded = "" if r.turnover is None else f"{decimal(r.turnover)} × the equity of both venues"
    yield "traded", cents(r.earned.traded_uusd), traded
    yield "volume at zero fee", share(r.free_share), ""
    fall = r.profit_drawdown
    yield "deepest fall of pnl", usd(-fall.uusd if fall else None), _when(fall.from_ns, fall.to_ns) if fall else ""
    fall = r.equity_drawdown
    of = f"{share(fall.share)} of both accounts" if fall else "no telemetry of the warden"
    yield "deepest fall of equity", usd(-fall.uusd if fall else None), of


def _interval(r: Result) -> str:
    if r.daily is None:
        return "too few deals to say"
    middle = cents(r.daily.uusd, sign=True)
    return f"90 % interval out of {duration(r.to_ns - r.from_ns)}, {middle} in the middle"


def _when(from_ns: int, to_ns: int) -> str:
    return f"within {duration(to_ns - from_ns)}" if to_ns > from_ns else ""


def _funnel(r: Result) -> Iterator[Row]:
    f = r.funnel
    yield "edges seen", number(f.seen), "rose above the threshold"
    yield "refused", number(f.refused), "asked the ledger for room, in vain; each second anew"
    yield "reserved", number(f.reserved), ""
    yield "sent", number(f.sent), "the rest was too old when its rows were written"
    yield "hedged", number(f.hedged), "both legs stood at some time"
    yield "  closed", number(f.closed), ""
    yield "  live", number(f.live), "on the way there included"
    yield "missed", number(f.missed), "one leg filled alone and was taken back"
    yield "void", number(f.void), "nothing filled"
    yield "written off", number(f.written_off), "by a person"


def _room(r: Result) -> Iterator[Row]:
    held, room = r.holding, r.filling
    longest = "" if held is None else f"90 % below {duration(held.p90_ns)}, longest {duration(held.longest_ns)}"
    yield "held, median", duration(held.median_ns if held else None), longest
    level = "" if room.level is None else f"of {room.level} a direction"
    yield "most live deals", f"{room.most_plus} / {room.most_minus}", f"+1 / −1, {level}".rstrip(", ")
    yield "live deals, mean", decimal(room.mean_live), "both directions, by time"
    yield "time to the level", duration(room.to_level_ns), "from the first reservation until a direction was full"
    yield "time to the cap", duration(room.to_cap_ns), "until 90 % of it was held"
    yield "use of the cap", share(room.cap_mean), f"mean; most {share(room.cap_most)}"
