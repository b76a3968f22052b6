"""Measures one direction of a line: everything is weighted by the time for which it stood, not by rows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from common.analysis import numbers
from common.analysis.base import Base
from common.analysis.findings import Bucket, Deep, Hour, Lasting, Memory, Spread
from common.analysis.numbers import Weighted
from common.analysis.terms import DEPTH, Asked, Pair

BATCH_ROWS: Final = 10_000
BUCKETS: Final = 600
#: spreads are counted in hundredths of a basis point
_FINE: Final = 100
_LASTED: Final = "(until_ns - at_ns) / 1e9"
_HOUR_NS: Final = 3600 * 10**9
#: direction, name of its columns, mean funding that it receives
Way = tuple[int, str, float | None]


def spread(base: Base, pair: Pair, asked: Asked, way: Way) -> Spread | None:
    """What the spread was in one direction; None when there was none at any time."""
    direction, name, funding_bps = way
    column = f"{name}_bps"
    by_hour = _by_hour(base, column)
    if not (values := _merged(by_hour.values())):
        return None
    once, twice = asked.once_bps, asked.twice_bps
    width, bins = numbers.bins(values)
    p5, median, p95, p99 = (numbers.quantile(values, part) or 0.0 for part in (0.05, 0.5, 0.95, 0.99))
    exact = _exact(base, name, once, twice)
    sell, buy = (pair.first.series.place, pair.second.series.place)[::direction]
    return Spread(
        direction=direction,
        sell=sell,
        buy=buy,
        mean_bps=exact["mean_bps"],
        sd_bps=exact["sd_bps"],
        lowest_bps=exact["lowest_bps"],
        p5_bps=p5,
        median_bps=median,
        p95_bps=p95,
        p99_bps=p99,
        highest_bps=exact["highest_bps"],
        mean_usd=exact["mean_usd"],
        highest_usd=exact["highest_usd"],
        over_zero_share=exact["over_zero_share"],
        over_once_share=exact["over_once_share"],
        over_twice_share=exact["over_twice_share"],
        thin_share=exact["thin_share"],
        bins=bins,
        bin_bps=width,
        above=numbers.at_or_above(values),
        lasting=tuple(_lasting(base, pair, column, over) for over in (0.0, once, twice)),
        depth=tuple(_deep(base, column, n, asked) for n in range(len(asked.sizes))) if asked.size else (),
        memory=_memory(base, pair, column),
        hours=tuple(_hour(base, column, hour, by_hour[hour], once) for hour in sorted(by_hour)),
        buckets=_buckets(base, pair, column),
        funding_bps=funding_bps,
    )


def _exact(base: Base, name: str, once: float, twice: float) -> dict[str, float]:
    """Moments and shares, straight from the line."""
    bps, usd = f"{name}_bps", f"{name}_usd"
    figures = {
        "mean_bps": f"sum({_LASTED} * {bps}) / sum({_LASTED}) filter ({bps} is not null)",
        "lowest_bps": f"min({bps})",
        "highest_bps": f"max({bps})",
        "mean_usd": f"sum({_LASTED} * {usd}) / sum({_LASTED}) filter ({bps} is not null)",
        "highest_usd": f"max({usd})",
        "over_zero_share": _share(f"{bps} > 0"),
        "over_once_share": _share(f"{bps} > {once!r}"),
        "over_twice_share": _share(f"{bps} > {twice!r}"),
        "thin_share": _share(f"{bps} is null"),
    }
    rows = base.execute(f"select {', '.join(figures.values())} from moment where why = ''").fetchall()
    found = dict(zip(figures, rows[0], strict=True))
    squares = f"sum({_LASTED} * ({bps} - {found['mean_bps']!r}) ** 2) / sum({_LASTED}) filter ({bps} is not null)"
    found["sd_bps"] = base.execute(f"select sqrt({squares}) from moment where why = ''").fetchall()[0][0]
    return found


def _share(condition: str) -> str:
    """Of the time in which both books were believed."""
    return f"coalesce(sum({_LASTED}) filter ({condition}), 0) / sum({_LASTED})"


def _by_hour(base: Base, column: str) -> dict[int, Weighted]:
    """By hour of the day: each spread that was seen, in hundredths of a basis point, and for how long."""
    rows = base.execute(
        f"select (at_ns // {_HOUR_NS}) % 24 as hour, round({column} * {_FINE})::bigint as fine, sum({_LASTED}) "
        f"from moment where {column} is not null group by hour, fine order by hour, fine"
    ).fetchall()
    found: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    for hour, fine, seconds in rows:
        found[hour].append((fine / _FINE, seconds))
    return dict(found)


def _merged(parts: Iterable[Weighted]) -> Weighted:
    seconds: defaultdict[float, float] = defaultdict(float)
    for part in parts:
        for value, lasted in part:
            seconds[value] += lasted
    return sorted(seconds.items())


def _hour(base: Base, column: str, hour: int, values: Weighted, once: float) -> Hour:
    seen_s = sum(seconds for _, seconds in values)
    over = base.execute(
        f"select coalesce(sum({_LASTED}), 0) from moment "
        f"where {column} > {once!r} and (at_ns // {_HOUR_NS}) % 24 = {hour}"
    ).fetchall()[0][0]
    mean_bps = sum(value * seconds for value, seconds in values) / seen_s
    return Hour(hour, seen_s, mean_bps, numbers.quantile(values, 0.95) or 0.0, over / seen_s)


def _lasting(base: Base, pair: Pair, column: str, over: float) -> Lasting:
    runs = numbers.runs(_changes(base, column, over), pair.to_ns, 1)
    seconds = sorted(lasted / 1e9 for lasted, _ in runs)
    each = [(lasted, 1.0) for lasted in seconds]
    return Lasting(
        over_bps=over,
        runs=len(runs),
        cut=sum(cut for _, cut in runs),
        median_s=numbers.quantile(each, 0.5),
        p90_s=numbers.quantile(each, 0.9),
        longest_s=seconds[-1] if seconds else None,
        survival=numbers.survival(seconds),
    )


def _changes(base: Base, column: str, over: float) -> Iterator[tuple[int, int]]:
    """When the spread went above (1), came back (0), or was not to be seen (-1)."""
    rank = f"case when {column} is null then -1 when {column} > {over!r} then 1 else 0 end"
    cursor = base.cursor().execute(
        f"select at_ns, rank from (select at_ns, rank, lag(rank) over () as before from "
        f"(select at_ns, {rank} as rank from moment)) where rank is distinct from before"
    )
    while rows := cursor.fetchmany(BATCH_ROWS):
        yield from rows


def _deep(base: Base, column: str, number: int, asked: Asked) -> Deep:
    """The spread for one size of the ladder."""
    deep = f"{column}_{number}" if number else column
    rows = base.execute(
        f"select round({deep} * {_FINE})::bigint / {_FINE} as bps, sum({_LASTED}) from moment "
        f"where {deep} is not null group by bps order by bps"
    ).fetchall()
    sums = base.execute(
        f"select {_share(f'{deep} is not null')}, "
        f"sum({_LASTED} * {deep}) / sum({_LASTED}) filter ({deep} is not null), "
        f"max({deep}), {_share(f'{deep} > {asked.once_bps!r}')}, sum({_LASTED} * price) / sum({_LASTED}) "
        f"from moment where why = ''"
    ).fetchall()
    there, mean_bps, highest_bps, over_once, price = sums[0]
    size = asked.size * DEPTH[number]
    return Deep(size, size * price, there, mean_bps, numbers.quantile(rows, 0.95), highest_bps, over_once)


def _memory(base: Base, pair: Pair, column: str) -> Memory:
    """Samples at full steps against those some steps later; where either is missing, neither counts."""
    step_ns = pair.step_ns
    steps = numbers.lags((pair.to_ns - pair.from_ns) // step_ns)
    step_s = step_ns / 1e9
    if not steps:
        return Memory(step_s, (), None, None)
    later = ", ".join(f"lead(now, {n}) over (order by at_ns) as after_{n}" for n in steps)
    pairs = ", ".join(f"corr(now, after_{n})" for n in steps)
    values = base.execute(
        f"select {pairs} from (select now, {later} from "
        f"(select at_ns, {column} as now from moment where at_ns % {step_ns} = 0))"
    ).fetchall()[0]
    points = tuple((n * step_s, v) for n, v in zip(steps, values, strict=True) if v is not None and v == v)
    first = points[0][1] if points and points[0][0] == step_s else None
    return Memory(step_s, points, numbers.half_life(points), numbers.decay_half_life(step_s, first))


def bucket_ns(pair: Pair) -> int:
    """Whole steps, so that at most BUCKETS of them make the line."""
    steps = -(-(pair.to_ns - pair.from_ns) // pair.step_ns)
    return -(-steps // BUCKETS) * pair.step_ns


def _buckets(base: Base, pair: Pair, column: str) -> tuple[Bucket, ...]:
    width_ns = bucket_ns(pair)
    rows = base.execute(
        f"select (at_ns // {width_ns}) * {width_ns} as begun, min({column}), "
        f"sum({_LASTED} * {column}) / sum({_LASTED}), max({column}) "
        f"from moment where {column} is not null group by begun order by begun"
    ).fetchall()
    return tuple(Bucket(*row) for row in rows)
