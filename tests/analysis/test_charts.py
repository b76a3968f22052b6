"""The charts and the report: everything named, no word over another, nothing from elsewhere."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from common.analysis import words
from common.analysis.chart_parts import look
from common.analysis.charts import charts
from common.analysis.findings import Hour, PairFound
from common.analysis.from_tape import Rate
from common.analysis.measure import measured
from common.analysis.report import html
from common.analysis.terms import Asked, Side, pair
from common.analysis.timeline import lay, span_of

ALL = {"over_time", "distribution", "hours", "funding", "lasting", "memory", "depth", "feeds"}


def found(desk: Any, swing: int, fee_bps: float = 5.0) -> PairFound:
    """Ten minutes of books, ten levels a unit apart; the first place swings about the second by `swing` units."""
    sides = []
    for name, moves in (("apex", swing), ("dydx", 0)):
        rows = []
        for n in range(600):
            middle = 10_000.0 + moves * ((n // 7) % 5 - 2)
            bids, asks = ([(middle + sign * (level + 1), 2.0 * level + 1) for level in range(3)] for sign in (-1, 1))
            rows.append((n * 10, "gap" if 100 < n < 130 else "", bids, asks))
        made = desk.series(name, rows)
        span = span_of(desk.base, made)
        assert span is not None
        sides.append(Side(made, span, None))
    asked = Asked(1.0, fee_bps, fee_bps)
    lay(desk.base, pair(*sides), asked)
    start = desk.START_NS
    rates = [Rate("apex", "BTC", start, 1e-5), Rate("dydx", "BTC", start + 100 * 10**9, -2e-5)]
    return measured(desk.base, pair(*sides), asked, rates)


def with_hours(one: PairFound) -> PairFound:
    """The same, as if it had been seen all day."""
    hours = tuple(Hour(hour, 3600, hour - 12.0, hour - 5.0, 0.1) for hour in range(24))
    return replace(one, spreads=tuple(replace(spread, hours=hours) for spread in one.spreads))


def drawn(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every word that is to be seen, and where."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    texts = [text for legend in figure.legends for text in legend.get_texts()]
    for axes in figure.axes:
        texts += [*axes.texts, axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]  # type: ignore[attr-defined]
        # the ticks that are drawn: an axis keeps others, which it does not show
        for axis in (axes.xaxis, axes.yaxis):
            texts += [tick.label1 for tick in axis._update_ticks()]  # type: ignore[union-attr]
            texts += [axis.offsetText]
    return [
        (text.get_text(), text.get_window_extent(renderer))
        for text in texts
        if isinstance(text, Text) and text.get_text() and text.get_visible()
    ]


@pytest.mark.parametrize(("swing", "fee_bps"), [(1, 5.0), (1, 500.0), (40, 5.0), (8, 5.0), (3, 2.0)])
def test_no_word_stands_over_another_and_none_is_cut_off(desk: Any, swing: int, fee_bps: float) -> None:
    one = with_hours(found(desk, swing, fee_bps))
    assert set(charts(one)) == ALL
    with look():
        for name, draw in charts(one).items():
            figure = draw(one)
            seen = drawn(figure)
            for (a, left), (b, right) in combinations(seen, 2):
                common = Bbox.intersection(left, right)
                assert common is None or min(common.width, common.height) < 1, f"{name}: {a!r} over {b!r}"
            for text, box in seen:
                assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1, f"{name}: {text!r} is cut off"


def test_every_axis_that_measures_something_says_what(desk: Any) -> None:
    one = with_hours(found(desk, 8))
    with look():
        for name, draw in charts(one).items():
            axes = draw(one).axes
            assert axes[-1].get_xlabel(), name
            assert all(each.get_ylabel() for each in axes), name


def test_both_fee_lines_are_drawn_into_the_distribution(desk: Any) -> None:
    one = found(desk, 8)
    with look():
        for axes in charts(one)["distribution"](one).axes:
            downright = [line.get_xdata()[0] for line in axes.lines if len(set(line.get_xdata())) == 1]  # type: ignore[index, arg-type]
            assert {one.once_bps, one.twice_bps} <= set(downright)


def test_fee_lines_far_above_are_said_where_they_would_squeeze_the_chart(desk: Any) -> None:
    one = found(desk, 1, fee_bps=500.0)
    with look():
        texts = [text for text, _ in drawn(charts(one)["over_time"](one))]
    assert sum("▲ far above: 1× fees: 1000 bp, 2× fees: 2000 bp" in text for text in texts) == 2


def test_the_report_needs_nothing_from_elsewhere(desk: Any, tmp_path: Path) -> None:
    one = found(desk, 8)
    text = html([one, replace(one, market="ETH")])
    assert "<script" not in text and "<link" not in text and "<img" not in text
    elsewhere = text.replace("http://www.w3.org/2000/svg", "").replace("http://www.w3.org/1999/xlink", "")
    assert "://" not in elsewhere
    ids = [part.split('"')[0] for part in text.split(' id="')[1:]]
    assert len(ids) == len(set(ids)), "charts beside each other share no names"
    assert text.count("<svg") == 2 * len(charts(one)) and words.verdict(one) in text
    assert html([one]) == html([one]), "the same findings make the same report"


def test_a_line_without_a_believed_moment_says_so(desk: Any) -> None:
    rows: list[Any] = [(at, "gap", [], []) for at in (0, 50)]
    made = [desk.series(name, rows) for name in ("apex", "dydx")]
    sides = [Side(one, span, None) for one in made if (span := span_of(desk.base, one)) is not None]
    asked = Asked(1.0, 5.0, 5.0)
    lay(desk.base, pair(*sides), asked)
    none = measured(desk.base, pair(*sides), asked, [])
    assert none.spreads == () and charts(none) == {} and none.refused_s == {"apex gap": 5.0}
    assert "never believed at the same time" in html([none])
