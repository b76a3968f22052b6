"""Two series on one line of time: at each moment the book that each place had then, joined as of time.

The line is the table `moment`: one row for each stretch in which nothing changed, from `at_ns` to `until_ns`. It begins
when both were heard and ends when one was heard last. It is laid slice by slice, so that memory does not grow with it.
Every full step is a moment of its own, so that hours and buckets are whole, and samples are there to be picked.

Columns: `why` (empty: both books were believed), `first_heard_ns`, `second_heard_ns`, `price` (the middle), and of
each direction (`one` sells at the first place, `two` at the second) the spread in USD and in basis points of the middle
of its two prices, for the deal's size (`one_usd`, `one_bps`) and each greater one (`one_bps_1` …). Null: too thin.
"""

from collections.abc import Iterator
from typing import Final

from common.analysis.base import Base
from common.analysis.series import CROSSED, EMPTY, SILENT, Series, Span
from common.analysis.terms import BPS, Asked, Pair, Side
from common.analysis.walk import sums, walked
from common.core.errors import ConfigError

SLICE_ROWS: Final = 200_000
FIRST, SECOND = "first_quote", "second_quote"


def span_of(base: Base, series: Series) -> Span | None:
    """When and how often the series was heard; None when it never was."""
    row = base.execute(
        f"select min(at_ns), max(at_ns), count(*), approx_quantile(gap, 0.5) from "
        f"(select at_ns, at_ns - lag(at_ns) over () as gap from {series.rows})"
    ).fetchone()
    if row is None or row[0] is None:
        return None
    return Span(row[0], row[1], row[2], int(row[3] or 0))


def lay(base: Base, pair: Pair, asked: Asked, slice_rows: int = SLICE_ROWS) -> None:
    """Make the table `moment` of this pair."""
    if pair.from_ns >= pair.to_ns:
        raise ConfigError(f"{pair.market}: the two places were never recorded at the same time")
    base.execute(f"create or replace table moment ({_moment_columns(asked)})")
    sides = ((FIRST, pair.first), (SECOND, pair.second))
    for name, side in sides:
        base.execute(f"create or replace table {name} as {_heard(side.series, asked, *_opening(base, side, pair))}")
    for from_ns, to_ns in slices(pair, slice_rows):
        for name, side in sides:
            _advance(base, name, side, asked, (from_ns, to_ns))
        base.execute(f"insert into moment {_moments(pair, asked, from_ns, to_ns)}")


def slices(pair: Pair, rows: int) -> Iterator[tuple[int, int]]:
    """The whole line in parts of about so many books."""
    per_ns = sum(side.span.books / max(1, side.span.last_ns - side.span.first_ns) for side in (pair.first, pair.second))
    width_ns = max(pair.step_ns, int(rows / per_ns))
    for from_ns in range(pair.from_ns, pair.to_ns, width_ns):
        yield from_ns, min(from_ns + width_ns, pair.to_ns)


# ---- the quotes of one place -----------------------------------------------------------------------------------


def _opening(base: Base, side: Side, pair: Pair) -> tuple[int, int]:
    """The time of the last book before the line begins, and the nanosecond after it."""
    rows = f"select max(at_ns) from {side.series.rows} where at_ns < {pair.from_ns}"
    before_ns: int | None = base.execute(rows).fetchall()[0][0]
    return (0, 0) if before_ns is None else (before_ns, before_ns + 1)


def _advance(base: Base, name: str, side: Side, asked: Asked, part: tuple[int, int]) -> None:
    """From the last part's quotes to this one's: the last one is kept, for it still stands when this part begins."""
    base.execute(
        f"create or replace table {name} as (from {name} order by at_ns desc limit 1) "
        f"union all {_heard(side.series, asked, *part)}"
    )
    if side.believed_ns is not None:
        base.execute(_expired(name, side.believed_ns, part[1]))


def _heard(series: Series, asked: Asked, from_ns: int, to_ns: int) -> str:
    """What is heard from `from_ns` until before `to_ns`; of one time the last row stands."""
    quotes = ", ".join(
        f"case when why = '' then {_quote(series, side, number, size)} end as {side}_{number}"
        for number, size in enumerate(asked.sizes)
        for side in ("bid", "ask")
    )
    judged = (
        f"case when why <> '' then why when bid_px_1 is null or ask_px_1 is null then '{EMPTY}' "
        f"when bid_px_1 >= ask_px_1 then '{CROSSED}' else '' end"
    )
    return (
        f"(select at_ns, at_ns as heard_ns, why, {quotes} from "
        f"(select * replace ({judged} as why), {sums(series.levels)} from {series.rows} "
        f"where at_ns >= {from_ns} and at_ns < {to_ns} "
        f"qualify row_number() over (partition by at_ns order by n desc) = 1))"
    )


def _quote(series: Series, side: str, number: int, size: float) -> str:
    if series.sizes:
        return walked(side, series.levels, size)
    return walked(side, series.levels, 0) if number == 0 else "null::double"


def _expired(name: str, believed_ns: int, to_ns: int) -> str:
    """A sampled book that is not followed by another one in time is not believed any more."""
    return (
        f"insert into {name} by name select at_ns + {believed_ns} as at_ns, heard_ns, '{SILENT}' as why from "
        f"(select *, lead(at_ns, 1, {to_ns}) over (order by at_ns) as next_ns from {name}) "
        f"where why = '' and next_ns > at_ns + {believed_ns}"
    )


# ---- both of them ----------------------------------------------------------------------------------------------


def _moment_columns(asked: Asked) -> str:
    spreads = [f"{direction}_usd double, {direction}_bps double" for direction in ("one", "two")]
    deeper = [f"{direction}_bps_{n} double" for n in range(1, len(asked.sizes)) for direction in ("one", "two")]
    whole = ["at_ns bigint, until_ns bigint, first_heard_ns bigint, second_heard_ns bigint, why varchar, price double"]
    return ", ".join([*whole, *spreads, *deeper])


def _moments(pair: Pair, asked: Asked, from_ns: int, to_ns: int) -> str:
    step_ns = pair.step_ns
    full_ns = -(-from_ns // step_ns) * step_ns
    changes = " union ".join(f"select at_ns from {name} where at_ns > {from_ns}" for name in (FIRST, SECOND))
    columns = [_spread(f"{direction}_usd", sell, buy, "0", usd=True) for direction, sell, buy in _DIRECTIONS]
    for number in range(len(asked.sizes)):
        suffix = f"_{number}" if number else ""
        columns += [_spread(f"{name}_bps{suffix}", sell, buy, str(number)) for name, sell, buy in _DIRECTIONS]
    why = " ".join(
        f"when {side}.why <> '' then '{place} ' || {side}.why"
        for side, place in (("a", pair.first.series.place), ("b", pair.second.series.place))
    )
    return (
        f"by name with change as ({changes} union select {from_ns} union "
        f"select unnest(range({full_ns}, {to_ns}, {step_ns}))), "
        f"stretch as (select at_ns, lead(at_ns, 1, {to_ns}) over (order by at_ns) as until_ns from change) "
        f"select t.at_ns, t.until_ns, a.heard_ns as first_heard_ns, b.heard_ns as second_heard_ns, "
        f"case {why} else '' end as why, (a.bid_0 + a.ask_0 + b.bid_0 + b.ask_0) / 4 as price, {', '.join(columns)} "
        f"from stretch t asof join {FIRST} a on t.at_ns >= a.at_ns asof join {SECOND} b on t.at_ns >= b.at_ns "
        f"order by t.at_ns"
    )


_DIRECTIONS: Final = (("one", "a", "b"), ("two", "b", "a"))


def _spread(name: str, sell: str, buy: str, number: str, *, usd: bool = False) -> str:
    bid, ask = f"{sell}.bid_{number}", f"{buy}.ask_{number}"
    # a book that is not believed has no quotes, and what is taken from nothing is nothing
    return f"{bid} - {ask} as {name}" if usd else f"{2 * BPS} * ({bid} - {ask}) / ({bid} + {ask}) as {name}"
