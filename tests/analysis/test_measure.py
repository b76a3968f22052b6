"""Random books of two places, measured by the query engine and by a slow reference: tenth of a second by tenth.

The reference shares nothing with the analysis: it looks at each tenth of the line, takes the book that each place had
then, eats through its levels unit by unit, and averages over the tenths.
"""

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.analysis.findings import PairFound, Spread
from common.analysis.measure import measured
from common.analysis.series import Span
from common.analysis.terms import DEPTH, Asked, Pair, Side, pair
from common.analysis.timeline import lay, span_of

Book = tuple[int, str, list[tuple[float, float]], list[tuple[float, float]]]
PATIENCE = 4
#: fees so small that the random spreads are now above and now below
ASKED = Asked(size=1.0, first_fee_bps=20.0, second_fee_bps=30.0)


@st.composite
def books(draw: st.DrawFn) -> list[Book]:
    """Books around 1,000, levels a unit apart, now and then crossed, half empty or not to be believed."""
    rows: list[Book] = []
    for _ in range(draw(st.integers(2, 12))):
        middle, gap = draw(st.integers(990, 1010)), draw(st.integers(-1, 3))
        sizes = st.lists(st.integers(1, 3), min_size=0 if draw(st.integers(0, 9)) == 0 else 1, max_size=3)
        bids = [(float(middle - n), float(size)) for n, size in enumerate(draw(sizes))]
        asks = [(float(middle + gap + n), float(size)) for n, size in enumerate(draw(sizes))]
        rows.append((draw(st.integers(0, 60)), draw(st.sampled_from(["", "", "", "", "gap"])), bids, asks))
    return sorted(rows, key=lambda row: row[0])


@dataclass(frozen=True)
class Tenth:
    """What the reference makes of one tenth: why it does not count, or the spread by direction and size."""

    why: str
    spreads: dict[int, list[float | None]]
    ages: tuple[int, int]


def standing(rows: Sequence[Book], at: int) -> Book:
    """The last book heard by then."""
    return [row for row in rows if row[0] <= at][-1]


def refused(book: Book, at: int, *, sampled: bool) -> str:
    heard, why, bids, asks = book
    if why:
        return why
    if not bids or not asks:
        return "empty"
    if bids[0][0] >= asks[0][0]:
        return "crossed"
    return "silent" if sampled and at >= heard + PATIENCE else ""


def eaten(levels: Sequence[tuple[float, float]], size: int) -> float | None:
    """The mean price of so many whole units, one after the other."""
    units = [price for price, there in levels for _ in range(int(there))]
    return statistics.fmean(units[:size]) if len(units) >= size else None


def bps(sell: float | None, buy: float | None) -> float | None:
    return None if sell is None or buy is None else (sell - buy) / ((sell + buy) / 2) * 10_000


def tenths(first: Sequence[Book], second: Sequence[Book], *, sampled: bool) -> list[Tenth]:
    begin, end = max(first[0][0], second[0][0]), min(first[-1][0], second[-1][0])
    found = []
    for at in range(begin, end):
        a, b = standing(first, at), standing(second, at)
        why = [
            f"{name} {told}" for name, book in (("aa", a), ("bb", b)) if (told := refused(book, at, sampled=sampled))
        ]
        each = {
            1: [bps(eaten(a[2], n), eaten(b[3], n)) for n in DEPTH],
            -1: [bps(eaten(b[2], n), eaten(a[3], n)) for n in DEPTH],
        }
        found.append(Tenth(why[0] if why else "", each, (at - a[0], at - b[0])))
    return found


def laid(desk: Any, first: Sequence[Book], second: Sequence[Book], *, sampled: bool, slice_rows: int) -> PairFound:
    both: Pair = pair(*(side_of(desk, name, rows, sampled=sampled) for name, rows in (("aa", first), ("bb", second))))
    lay(desk.base, both, ASKED, slice_rows)
    return measured(desk.base, both, ASKED, [])


def side_of(desk: Any, name: str, rows: Sequence[Book], *, sampled: bool) -> Side:
    made = desk.series(name, rows, sampled=sampled)
    span = span_of(desk.base, made)
    assert isinstance(span, Span)
    return Side(made, span, PATIENCE * desk.UNIT_NS if sampled else None)


def overlap(first: Sequence[Book], second: Sequence[Book]) -> bool:
    return max(first[0][0], second[0][0]) < min(first[-1][0], second[-1][0])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(books(), books(), st.booleans(), st.integers(1, 30))
def test_everything_is_as_the_slow_reference_has_it(
    desk: Any, first: list[Book], second: list[Book], sampled: bool, slice_rows: int
) -> None:
    if not overlap(first, second):
        return
    found = laid(desk, first, second, sampled=sampled, slice_rows=slice_rows)
    line = tenths(first, second, sampled=sampled)
    believed = [tenth for tenth in line if not tenth.why]
    assert found.span_s == pytest.approx(len(line) / 10)
    assert found.believed_s == pytest.approx(len(believed) / 10)
    refused_s = Counter(tenth.why for tenth in line if tenth.why)
    assert dict(found.refused_s) == pytest.approx({why: count / 10 for why, count in refused_s.items()})
    for direction in (1, -1):
        spreads = {spread.direction: spread for spread in found.spreads}
        values = [tenth.spreads[direction][0] for tenth in believed]
        if any(value is not None for value in values):
            check(spreads[direction], line, direction)
        else:
            assert direction not in spreads
    check_ages(found, believed)


def check(spread: Spread, line: list[Tenth], direction: int) -> None:
    every = [None if tenth.why else tenth.spreads[direction][0] for tenth in line]
    known = sorted(value for value in every if value is not None)
    believed = sum(not tenth.why for tenth in line)
    assert spread.mean_bps == pytest.approx(statistics.fmean(known))
    assert spread.sd_bps == pytest.approx(statistics.pstdev(known), abs=1e-6)
    assert (spread.lowest_bps, spread.highest_bps) == pytest.approx((known[0], known[-1]))
    for part, value in ((0.05, spread.p5_bps), (0.5, spread.median_bps), (0.95, spread.p95_bps)):
        assert value == pytest.approx(known[max(0, math.ceil(part * len(known)) - 1)], abs=0.006)
    lines = ((0.0, spread.over_zero_share), (50.0, spread.over_once_share), (100.0, spread.over_twice_share))
    for over, share in lines:
        assert share == pytest.approx(sum(value > over for value in known) / believed)
    assert spread.thin_share == pytest.approx(1 - len(known) / believed)
    for (over, _), lasting in zip(lines, spread.lasting, strict=True):
        runs = [len(list(same)) / 10 for above, same in groupby(v is not None and v > over for v in every) if above]
        assert (lasting.runs, lasting.longest_s) == (len(runs), pytest.approx(max(runs)) if runs else None)
    for number, deep in enumerate(spread.depth):
        values = [tenth.spreads[direction][number] for tenth in line if not tenth.why]
        there = [value for value in values if value is not None]
        assert deep.there_share == pytest.approx(len(there) / believed)
        assert deep.mean_bps == (pytest.approx(statistics.fmean(there)) if there else None)
    assert sum(share for _, share in spread.bins) == pytest.approx(1)
    whole = sum(hour.mean_bps * hour.seen_s for hour in spread.hours) / sum(hour.seen_s for hour in spread.hours)
    assert whole == pytest.approx(spread.mean_bps, abs=0.006)
    assert min(b.low_bps for b in spread.buckets) == pytest.approx(known[0])


def check_ages(found: PairFound, believed: list[Tenth]) -> None:
    """Within a tenth a book grows older evenly."""
    for which, feed in enumerate(found.feeds):
        for age_s, share in feed.age:
            younger = (min(max(age_s * 10 - tenth.ages[which], 0), 1) for tenth in believed)
            assert share == pytest.approx(statistics.fmean(younger), abs=1e-6)
    for age_s, share in found.skew.within:
        apart = [abs(tenth.ages[0] - tenth.ages[1]) / 10 <= age_s for tenth in believed]
        assert share == pytest.approx(statistics.fmean(apart))


def test_a_run_that_nobody_saw_end_is_told_apart(desk: Any) -> None:
    low, high = ([(1000.0, 1.0)], [(1001.0, 1.0)]), ([(1010.0, 1.0)], [(1011.0, 1.0)])
    first = [(0, "", *high), (5, "", *low), (10, "", *high), (13, "gap", [], []), (20, "", *high), (30, "", *high)]
    second = [(0, "", *low), (30, "", *low)]
    found = laid(desk, first, second, sampled=False, slice_rows=3)
    once = found.spreads[0].lasting[1]
    assert (once.over_bps, once.runs, once.cut, once.longest_s) == (50.0, 3, 2, 1.0)


def test_rows_are_paired_by_time_and_not_by_number(desk: Any) -> None:
    """Ten rows of one place against two of the other: by number the two would be compared with its first two."""
    first = [(at, "", [(1000.0 + at, 1.0)], [(1001.0 + at, 1.0)]) for at in range(10)]
    second = [(0, "", [(999.0, 1.0)], [(1000.0, 1.0)]), (9, "", [(2.0, 1.0)], [(3.0, 1.0)])]
    found = laid(desk, first, second, sampled=False, slice_rows=100)
    assert found.spreads[0].mean_usd == pytest.approx(statistics.fmean(range(9)))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 9), min_size=12, max_size=40), st.integers(1, 30))
def test_memory_is_the_correlation_of_samples_some_steps_apart(desk: Any, moves: list[int], slice_rows: int) -> None:
    """One book a second, so that the samples are the books; Pearson's formula as it stands in a textbook."""
    second_units = 10
    rows = [(n * second_units, "", [(1000.0 + m, 1.0)], [(1011.0 + m, 1.0)]) for n, m in enumerate(moves)]
    flat = [(at, "", [(999.0, 1.0)], [(1000.0, 1.0)]) for at, *_ in rows]
    found = laid(desk, rows, flat, sampled=False, slice_rows=slice_rows)
    samples = [bps(1000.0 + move, 1000.0) or 0.0 for move in moves[:-1]]
    memory = found.spreads[0].memory
    assert memory.step_s == 1
    assert memory.correlation or len(set(samples[1:-1])) == 1
    for lag_s, value in memory.correlation:
        lag = round(lag_s / memory.step_s)
        pairs = list(zip(samples, samples[lag:], strict=False))
        assert value == pytest.approx(pearson(pairs), abs=1e-6)


def pearson(pairs: list[tuple[float, float]]) -> float:
    left, right = (statistics.fmean(side) for side in zip(*pairs, strict=True))
    together = sum((a - left) * (b - right) for a, b in pairs)
    return together / math.sqrt(sum((a - left) ** 2 for a, _ in pairs) * sum((b - right) ** 2 for _, b in pairs))
