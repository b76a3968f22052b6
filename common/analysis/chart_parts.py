"""What all charts share: the look, the colours of both directions, the fee lines and how times and sizes are written.

One colour is one direction everywhere, grey is what belongs to neither, and the fee lines are always dashed and named.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from common.analysis.findings import PairFound
from common.analysis.words import duration

COLOURS: Final = {1: "#1f6fb4", -1: "#c8641b"}
PLACES: Final = ("#5b4a9e", "#2f8f6b")
ONCE_COLOUR, TWICE_COLOUR, GREY = "#b8860b", "#b3202a", "#6b7280"
WIDE, HALF = (11.0, 4.6), (5.6, 3.6)
#: a fee line is drawn where it does not squeeze the data into less than this part of the chart
SQUEEZE: Final = 0.3
_TICKS_S: Final = (0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 6 * 3600, 86_400, 10 * 86_400, 100 * 86_400)
_LOOK: Final[Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9ca3af",
    "axes.grid": True,
    "grid.color": "#e5e7eb",
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "svg.hashsalt": "arb",
    "figure.facecolor": "white",
}


@contextmanager
def look() -> Iterator[None]:
    """Everything drawn and written within looks like this."""
    with mpl.rc_context(_LOOK):
        yield


def sheet(size: tuple[float, float], rows: int = 1, columns: int = 1, **given: object) -> tuple[Figure, Sequence[Axes]]:
    """A figure and its axes, row by row."""
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **given)  # type: ignore[call-overload]
    return figure, list(axes.flat)


def fee_lines(found: PairFound) -> tuple[tuple[float, str, str], ...]:
    """Both lines: where, in which colour, and what they mean."""
    return (
        (found.once_bps, ONCE_COLOUR, f"1× fees: both legs once, {found.once_bps:g} bp"),
        (found.twice_bps, TWICE_COLOUR, f"2× fees: open and close, {found.twice_bps:g} bp"),
    )


def fees_across(axes: Axes, found: PairFound, low: float, high: float) -> None:
    """Fee lines across a chart of basis points from `low` to `high`; what is far above is said and not drawn."""
    near = [line for line in fee_lines(found) if high - low >= SQUEEZE * (line[0] - low)]
    top = max([high, *(value for value, _, _ in near)])
    close = found.twice_bps - found.once_bps < 0.12 * (top - low)
    for value, colour, text in near:
        axes.axhline(value, color=colour, linestyle="--", linewidth=1.1)
        # beside the chart, so that no word covers what is drawn; apart where the lines lie close together
        align = ("bottom" if value > found.once_bps else "top") if close else "center"
        axes.annotate(_short(text, value), (1, value), (5, 0), xycoords=("axes fraction", "data"),
                      textcoords="offset points", va=align, color=colour, fontsize=8)  # fmt: skip
    beyond = [_short(text, value) for value, _, text in fee_lines(found)[len(near) :]]
    room = 0.08 * (top - low) or 1.0
    axes.set_ylim(low - room, top + 2 * room)
    if beyond:
        axes.annotate("▲ far above: " + ", ".join(beyond), (1, 1), (-4, 4), xycoords="axes fraction",
                      textcoords="offset points", ha="right", va="bottom", color=TWICE_COLOUR, fontsize=8)  # fmt: skip


def _short(text: str, value: float) -> str:
    return f"{text.split(':')[0]}: {value:g} bp"


def fees_down(axes: Axes, found: PairFound) -> None:
    """Fee lines down a chart whose x is basis points."""
    for value, colour, _ in fee_lines(found):
        axes.axvline(value, color=colour, linestyle="--", linewidth=1.1)


def log_seconds(axes: Axes) -> None:
    """An x axis of times from milliseconds to days, at times that people say."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(_TICKS_S))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: duration(seconds)))


def log_usd(axes: Axes) -> None:
    """An x axis of sizes in USD."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(10, numticks=8))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda usd, _: f"{usd:,.0f}"))


def per_cent(axes: Axes) -> None:
    """A y axis of shares."""
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g} %"))


def over_times(axes: Axes) -> None:
    """An x axis of moments, UTC."""
    locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def moment(at_ns: float) -> datetime:
    """A time as matplotlib takes it."""
    return datetime.fromtimestamp(at_ns / 1e9, UTC)
