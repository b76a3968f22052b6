"""The charts of a result. Colours are those of the analysis: blue is +1, orange −1; a page may replace them all."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter

from common.analysis.chart_parts import COLOURS, GREY, HALF, TWICE_COLOUR, WIDE, moment, over_times, per_cent, sheet
from common.result import words
from common.result.result import Result

GOOD: Final = "#15803d"
#: of a second result beside the first
BESIDE: Final = "#5b4a9e"
_SHORT: Final = (WIDE[0], 3.1)
_ROW_INCHES: Final = 0.28

Draw = Callable[[Sequence[Result]], Figure]


def charts(results: Sequence[Result]) -> Mapping[str, Draw]:
    """By name, those that have something to show."""
    first = results[0]
    found: dict[str, Draw] = {"pnl": _profit}
    if any(one.equity for one in results):
        found["equity"] = _equity
    if first.live:
        found["room"] = _room
    if first.markets:
        found["markets"] = _markets
    if first.watching is not None and first.watching.capacity:
        found["capacity"] = _capacity
    if first.watching is not None and first.watching.denied:
        found["refused"] = _refused
    return found


def _profit(results: Sequence[Result]) -> Figure:
    return _curves("Profit, marked to close at every moment, USD", results, lambda one: one.profit, zero=True)


def _equity(results: Sequence[Result]) -> Figure:
    return _curves("Equity of both venues, at their own marks, USD", results, lambda one: one.equity, zero=False)


def _curves(
    title: str, results: Sequence[Result], of: Callable[[Result], Sequence[tuple[int, int]]], *, zero: bool
) -> Figure:
    figure, (axes,) = sheet(_SHORT)
    for one, colour in zip(results, (COLOURS[1], BESIDE), strict=False):
        points = list(of(one))
        times: Any = [moment(at_ns) for at_ns, _ in points]
        axes.step(times, [uusd / 1e6 for _, uusd in points], where="post", color=colour, linewidth=1.4,
                  label=words.name(one))  # fmt: skip
    if zero:
        axes.axhline(0, color=GREY, linewidth=0.9)
    _finish(axes, title, legend=len(results) > 1)
    return figure


def _room(results: Sequence[Result]) -> Figure:
    """Live deals of both directions, and below them how much of the cap they held."""
    one = results[0]
    figure, (counts, use) = sheet((WIDE[0], 4.2), rows=2, sharex=True)
    known = ((one.from_ns, 0, 0), *one.live)
    times: Any = [moment(at_ns) for at_ns, *_ in (*known, (one.to_ns, 0, 0))]
    for column, sign in ((1, 1), (2, -1)):
        live = [row[column] for row in known]
        counts.step(times, [*live, live[-1]], where="post", color=COLOURS[sign], linewidth=1.4,
                    label=f"{sign:+d}".replace("-", "−"))  # fmt: skip
    if one.filling.level:
        counts.axhline(one.filling.level, color=TWICE_COLOUR, linestyle="--", linewidth=1.1, label="level")
    counts.set_ylim(0, 1.12 * max(one.filling.level or 1, *(max(row[1:]) for row in known)))
    counts.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    counts.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, borderaxespad=0)
    counts.set_title("Live deals, by direction")
    held: Any = [moment(at_ns) for at_ns, _ in one.cap_use]
    use.step(held, [share for _, share in one.cap_use], where="post", color=GREY, linewidth=1.2)
    use.set_ylim(0, 1.05)
    per_cent(use)
    _finish(use, "Held, as a share of the cap" if held else "Held against the cap: no telemetry")
    return figure


def _markets(results: Sequence[Result]) -> Figure:
    parts = [part for part in results[0].markets if part.pnl_uusd is not None][::-1]
    values = [((part.pnl_uusd or 0) + part.funding_uusd) / 1e6 for part in parts]
    return _bars("Profit by market, marked to close, USD", [part.name for part in parts], values)


def _refused(results: Sequence[Result]) -> Figure:
    watching = results[0].watching
    denied = watching.denied[::-1] if watching is not None else ()
    figure, (axes,) = sheet((HALF[0], max(1.6, 0.9 + _ROW_INCHES * len(denied))))
    axes.barh([one.reason for one in denied], [one.times for one in denied], color=GREY, height=0.6)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.grid(visible=False, axis="y")
    axes.set_title("Refused reservations, by reason")
    return figure


def _bars(title: str, names: Sequence[str], values: Sequence[float]) -> Figure:
    figure, (axes,) = sheet((HALF[0], max(1.6, 0.9 + _ROW_INCHES * len(names))))
    axes.barh(names, values, color=[GOOD if value >= 0 else TWICE_COLOUR for value in values], height=0.6)
    axes.axvline(0, color=GREY, linewidth=0.9)
    axes.grid(visible=False, axis="y")
    axes.set_title(title)
    return figure


def _capacity(results: Sequence[Result]) -> Figure:
    """What a larger deal would have kept at the same moments."""
    watching = results[0].watching
    deeper = [one for one in (watching.capacity if watching is not None else ()) if one.mean_bps is not None]
    figure, (axes,) = sheet(HALF)
    factors = [one.factor for one in deeper]
    edges = [one.mean_bps or 0.0 for one in deeper]
    axes.plot(factors, edges, color=COLOURS[1], marker="o", markersize=4, linewidth=1.4)
    axes.axhline(0, color=GREY, linewidth=0.9)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(factors))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda factor, _: f"{factor:g} ×"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(min(0.0, *edges) * 1.1, None)
    axes.set_ylabel("edge, bp")
    axes.set_title("Edge against size of a deal")
    return figure


def _finish(axes: Axes, title: str, *, legend: bool = False) -> None:
    over_times(axes)
    axes.set_title(title)
    if legend:
        axes.legend(loc="best")
