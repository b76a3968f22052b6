"""A row a market: what stands in it, and which columns a window has room for. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from common.core.market import Venue
from common.desk.facts import NOT_RUNNING
from common.desk.shapes import MarketFacts
from scripts.render import NOTHING
from scripts.watch.head import BROKEN
from scripts.watch.rows import GAP, Heading, stretched
from scripts.watch.words import NONE, Bounds, Said, Tone, age, bps, earned, minus, size, usd

RUNNING: Final = "RUNNING"


@dataclass(frozen=True, slots=True)
class Column:
    """`rank`: who goes first where there is no room (0: never goes). The last column takes what is left."""

    title: str
    width: int
    rank: int
    cell: Callable[[MarketFacts, Bounds], Said]
    right: bool = True


def fitting(width: int) -> tuple[Column, ...]:
    """Those that a window of this width has room for, in order."""
    kept = list(COLUMNS)
    while sum(c.width + GAP for c in kept) > width and any(c.rank for c in kept):
        kept.remove(max(kept, key=lambda c: c.rank))
    return tuple(kept)


def headings(columns: Sequence[Column], width: int) -> list[Heading]:
    """Of each column; the last one is as wide as there is room."""
    return stretched([Heading(c.title, c.width, right=c.right) for c in columns], width)


def cells(columns: Sequence[Column], market: MarketFacts, bounds: Bounds) -> list[Said]:
    """The market's row."""
    return [column.cell(market, bounds) for column in columns]


def _name(market: MarketFacts, _: Bounds) -> Said:
    return Said(market.market, Tone.BOLD)


def _worker(market: MarketFacts, _: Bounds) -> Said:
    state = "none" if market.state == NOT_RUNNING else market.state.lower()
    if market.state == RUNNING:
        return Said(state)
    return Said(state, Tone.BAD if market.state in (*BROKEN, NOT_RUNNING) else Tone.WARN)


def _decided(market: MarketFacts, bounds: Bounds) -> Said:
    ns = market.decided_age_ns
    if ns is None or market.state != RUNNING:
        return Said(age(ns), Tone.DIM)
    return Said(
        age(ns),
        Tone.BAD if ns > bounds.decided_max_ns else Tone.WARN if ns > bounds.decided_max_ns // 2 else Tone.PLAIN,
    )


def _best(sign: str) -> Callable[[MarketFacts, Bounds], Said]:
    return lambda market, _: _edge(market, sign, best=True)


def _mean(sign: str) -> Callable[[MarketFacts, Bounds], Said]:
    return lambda market, _: _edge(market, sign, best=False)


def _edge(market: MarketFacts, sign: str, *, best: bool) -> Said:
    if market.seen is None or sign not in market.seen.edges:
        return NONE
    edge = market.seen.edges[sign]
    value = edge.best_bps if best else edge.mean_bps
    return Said(bps(value), Tone.GOOD if value >= market.seen.least_bps else Tone.PLAIN)


def _least(market: MarketFacts, _: Bounds) -> Said:
    return NONE if market.seen is None else Said(f"{market.seen.least_bps:g}", Tone.DIM)


def _position(venue: Venue) -> Callable[[MarketFacts, Bounds], Said]:
    """What the venue says where it differs, else our fills."""

    def cell(market: MarketFacts, _: Bounds) -> Said:
        side = next((one for one in market.sides if one.venue is venue), None)
        if side is None or (side.agrees and not side.ledger_size):
            return NONE
        return Said(size(side.ledger_size)) if side.agrees else Said(f"{size(side.venue_size)}!", Tone.BAD)

    return cell


def _entry(market: MarketFacts, _: Bounds) -> Said:
    return NONE if market.entry_uusd is None else Said(usd(market.entry_uusd))


def _close(market: MarketFacts, _: Bounds) -> Said:
    return earned(market.close_uusd)


def _pnl(market: MarketFacts, _: Bounds) -> Said:
    return earned(market.pnl.total_uusd)


def _realised(market: MarketFacts, _: Bounds) -> Said:
    return earned(market.pnl.realised_uusd + market.pnl.funding_uusd)


def _lag(market: MarketFacts, _: Bounds) -> Said:
    return NONE if market.seen is None else Said(_by_venue(market.seen.lag_ms))


def _silent(market: MarketFacts, _: Bounds) -> Said:
    return NONE if market.seen is None else Said(_by_venue(market.seen.silent_ms))


def _by_venue(ms: Mapping[str, int]) -> str:
    return "/".join(str(ms[venue]) if venue in ms else NOTHING for venue in Venue)


def _deals(market: MarketFacts, _: Bounds) -> Said:
    if not market.deals:
        return NONE
    return Said(" ".join(minus(f"{deal.direction:+d}") for deal in market.deals))


def _oldest(market: MarketFacts, _: Bounds) -> Said:
    return Said(age(max(deal.age_ns for deal in market.deals))) if market.deals else NONE


def _refused(market: MarketFacts, _: Bounds) -> Said:
    row = market.refused
    return NONE if row is None else Said(f"{row.reason} {minus(f'{row.direction:+d}')}, {age(row.age_ns)}")


def _up(market: MarketFacts, _: Bounds) -> Said:
    return Said(age(market.uptime_s * 1_000_000_000)) if market.uptime_s else NONE


def _says(market: MarketFacts, bounds: Bounds) -> Said:
    """What a person should look at first, a halt after it, and what the worker said last, if it still speaks."""
    if market.trouble:
        return Said(market.trouble, Tone.BAD)
    runs = market.state == RUNNING
    if runs and market.heard_age_ns is not None and market.heard_age_ns > bounds.decided_max_ns:
        return Said(f"silent {age(market.heard_age_ns)}", Tone.BAD)
    said = market.says if runs else ""
    if market.halt is not None:
        return Said(f"{market.halt.value.upper()} {'' if said == 'halted' else said}".rstrip(), Tone.WARN)
    return Said(said) if said else NONE


COLUMNS: Final = (
    Column("market", 6, 0, _name, right=False),
    Column("worker", 8, 0, _worker, right=False),
    Column("up", 5, 9, _up),
    Column("ago", 5, 0, _decided),
    Column("best+1", 7, 0, _best("+1")),
    Column("mean+1", 7, 12, _mean("+1")),
    Column("best−1", 7, 0, _best("-1")),
    Column("mean−1", 7, 12, _mean("-1")),
    Column("min", 4, 4, _least),
    Column("dydx", 9, 1, _position(Venue.DYDX)),
    Column("apex", 9, 1, _position(Venue.APEX)),
    Column("deals", 11, 8, _deals, right=False),
    Column("oldest", 6, 10, _oldest),
    Column("entry", 7, 3, _entry),
    Column("close", 7, 2, _close),
    Column("realised", 8, 11, _realised),
    Column("pnl", 7, 0, _pnl),
    Column("lag ms", 7, 5, _lag),
    Column("silent ms", 11, 13, _silent),
    Column("refused last", 20, 7, _refused, right=False),
    Column("says", 8, 0, _says, right=False),
)
