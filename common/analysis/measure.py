"""Measures two places: what their feeds were like, how long both could be believed, and the spread each way."""

from collections.abc import Sequence
from typing import Final

from common.analysis import funding, numbers
from common.analysis.base import Base
from common.analysis.findings import Feed, PairFound, Points, Skew
from common.analysis.from_tape import Rate
from common.analysis.measure_spread import bucket_ns, spread
from common.analysis.terms import Asked, Pair, Side

#: ages from a millisecond to a day, eight to a decade
_AGES_S: Final = tuple(round(10 ** (n / 8), 6) for n in range(-24, 41))
_BELIEVED: Final = "from moment where why = ''"


def measured(base: Base, pair: Pair, asked: Asked, rates: Sequence[Rate]) -> PairFound:
    """Everything about the pair whose line was laid in `moment`."""
    refused_s = _time_by_why(base)
    believed_s = refused_s.pop("", 0.0)
    told = _funding(pair, rates)
    mean = funding.mean(told, pair.to_ns)
    ways = ((1, "one", mean), (-1, "two", None if mean is None else -mean))
    return PairFound(
        market=pair.market,
        first=pair.first.series.place,
        second=pair.second.series.place,
        size=asked.size,
        once_bps=asked.once_bps,
        twice_bps=asked.twice_bps,
        from_ns=pair.from_ns,
        to_ns=pair.to_ns,
        believed_s=believed_s,
        refused_s=refused_s,
        bucket_s=bucket_ns(pair) / 1e9,
        spreads=tuple(found for way in ways if (found := spread(base, pair, asked, way)) is not None),
        feeds=(_feed(base, pair.first, "first"), _feed(base, pair.second, "second")),
        skew=_skew(base),
        funding=told,
    )


def _time_by_why(base: Base) -> dict[str, float]:
    """Seconds for which the books were believed (empty) or refused, by reason, the longest first."""
    rows = base.execute("select why, sum(until_ns - at_ns) / 1e9 as s from moment group by why order by s desc, why")
    return {why: float(seconds) for why, seconds in rows.fetchall()}


def _funding(pair: Pair, rates: Sequence[Rate]) -> Points:
    first, second = (
        [(rate.at_ns, rate.hourly) for rate in rates if (rate.place, rate.market) == (side.series.place, pair.market)]
        for side in (pair.first, pair.second)
    )
    return funding.difference(first, second, pair.from_ns, pair.to_ns)


def _feed(base: Base, side: Side, name: str) -> Feed:
    """How old the place's book was, over the time in which both were believed: it ages while it stands."""
    since_ns = f"(at_ns - {name}_heard_ns)"
    younger = [f"sum(greatest(0, least({round(age * 1e9)} - {since_ns}, until_ns - at_ns)))" for age in _AGES_S]
    ages = _shares(base, younger)
    return Feed(
        place=side.series.place,
        books=side.span.books,
        usual_gap_s=side.span.usual_gap_ns / 1e9,
        believed_s=None if side.believed_ns is None else side.believed_ns / 1e9,
        age_median_s=numbers.share_by(ages, 0.5),
        age_p99_s=numbers.share_by(ages, 0.99),
        age=ages,
        note=side.series.note,
    )


def _skew(base: Base) -> Skew:
    """How far apart the times of the two books were that stood against each other."""
    apart = "abs(first_heard_ns - second_heard_ns)"
    within = _shares(base, [f"sum((until_ns - at_ns) * ({apart} <= {round(age * 1e9)})::int)" for age in _AGES_S])
    return Skew(numbers.share_by(within, 0.5), numbers.share_by(within, 0.99), within)


def _shares(base: Base, sums: Sequence[str]) -> Points:
    """(age, share of the believed time), up to the first age that all of it reaches."""
    whole, *parts = base.execute(f"select sum(until_ns - at_ns), {', '.join(sums)} {_BELIEVED}").fetchall()[0]
    if not whole:
        return ()
    points = [(age, float(part / whole)) for age, part in zip(_AGES_S, parts, strict=True)]
    reached = next((n for n, (_, share) in enumerate(points) if share >= 1), len(points))
    return tuple(points[: reached + 1])
