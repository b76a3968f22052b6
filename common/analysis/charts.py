"""The charts of one pair; each is a figure, written as PNG or into the report."""

from collections.abc import Callable, Iterable
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.analysis.chart_parts import (
    COLOURS,
    GREY,
    HALF,
    PLACES,
    WIDE,
    fee_lines,
    fees_across,
    fees_down,
    log_seconds,
    log_usd,
    moment,
    over_times,
    per_cent,
    sheet,
)
from common.analysis.findings import Bucket, Lasting, PairFound, Spread
from common.analysis.words import duration, half_life, sign, way

#: fewer hours of the day are no picture of a day
HOURS_MIN: Final = 3
_STYLES: Final = ("-", "--", ":")


def over_time(found: PairFound) -> Figure:
    """The spread of each direction over time, one under the other."""
    figure, every = sheet(WIDE, len(found.spreads), sharex=True)
    low, high = _range(bps for spread in found.spreads for b in spread.buckets for bps in (b.low_bps, b.high_bps))
    for axes, spread in zip(every, found.spreads, strict=True):
        for part in _unbroken(spread.buckets, found.bucket_s):
            times = [moment(b.at_ns + found.bucket_s * 0.5e9) for b in part]
            lows, highs = [b.low_bps for b in part], [b.high_bps for b in part]
            axes.fill_between(times, lows, highs, color=COLOURS[spread.direction], alpha=0.25, linewidth=0.4)  # type: ignore[arg-type]
            axes.plot(times, [b.mean_bps for b in part], color=COLOURS[spread.direction], linewidth=1)  # type: ignore[arg-type]
        axes.axhline(0, color=GREY, linewidth=0.8)
        fees_across(axes, found, low, high)
        axes.set_title(way(spread))
        axes.set_ylabel("spread, bp")
    over_times(every[-1])
    every[-1].set_xlabel(f"time, UTC (line: mean of {duration(found.bucket_s)}; band: lowest to highest)")
    return figure


def _range(values: Iterable[float | None]) -> tuple[float, float]:
    """The lowest and the highest of them, and 0: both directions are drawn to one scale."""
    known = [0.0, *(value for value in values if value is not None)]
    return min(known), max(known)


def _unbroken(buckets: tuple[Bucket, ...], bucket_s: float) -> list[list[Bucket]]:
    """Where nothing was seen, no line is drawn across."""
    parts: list[list[Bucket]] = []
    for bucket in buckets:
        if not parts or bucket.at_ns - parts[-1][-1].at_ns > 1.5e9 * bucket_s:
            parts.append([])
        parts[-1].append(bucket)
    return parts


def distribution(found: PairFound) -> Figure:
    """How long the spread stood where, and how much of the time it was as high as that or higher."""
    figure, every = sheet((11.0, 4.2), len(found.spreads), 2, sharex=True)
    for (left, right), spread in zip(zip(every[::2], every[1::2], strict=True), found.spreads, strict=True):
        colour = COLOURS[spread.direction]
        left.bar([x for x, _ in spread.bins], [share for _, share in spread.bins], spread.bin_bps, align="edge",
                 color=colour, alpha=0.75, linewidth=0)  # fmt: skip
        left.set_title(way(spread))
        left.set_ylabel(f"time per {spread.bin_bps:g} bp")
        right.step([x for x, _ in spread.above], [share for _, share in spread.above], where="pre", color=colour)
        right.set_yscale("log")
        right.set_ylim(max(1e-6, min(share for _, share in spread.above) / 3), 1.6)
        right.set_ylabel("time at or above")
        for axes in (left, right):
            per_cent(axes)
            fees_down(axes, found)
    for _, colour, text in fee_lines(found):
        every[1].plot([], [], color=colour, linestyle="--", label=text)
    every[0].set_xlim(min(s.bins[0][0] for s in found.spreads) - 1, None)
    figure.legend(*every[1].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    for axes in every[-2:]:
        axes.set_xlabel("spread, bp")
    return figure


def lasting(found: PairFound) -> Figure:
    """How long an edge lasts: for each line, the share of its runs that lasted longer."""
    figure, (axes,) = sheet(HALF)
    for spread in found.spreads:
        for style, one in zip(_STYLES, spread.lasting, strict=True):
            if one.runs:
                points = ((one.survival[0][0] / 2, 1.0), *one.survival)
                axes.step([x for x, _ in points], [y for _, y in points], where="post", linestyle=style,
                          color=COLOURS[spread.direction], label=_lasted(spread, one))  # fmt: skip
    axes.set_title("How long it stays above")
    axes.set_xlabel("lasted longer than")
    axes.set_ylabel("share of the runs")
    _finish_log(axes, found)
    return figure


def _lasted(spread: Spread, one: Lasting) -> str:
    return f"{sign(spread)} above {one.over_bps:g} bp: {one.runs}×, longest {duration(one.longest_s)}"


def _finish_log(axes: Axes, found: PairFound) -> None:
    per_cent(axes)
    if axes.lines:
        log_seconds(axes)
        axes.figure.legend(loc="outside lower center", ncols=1)
    else:
        axes.text(0.5, 0.5, "never above 0", transform=axes.transAxes, ha="center", color=GREY)
        axes.set_xticks([])


def depth(found: PairFound) -> Figure:
    """What is left of the spread for greater sizes, and how often the books were so deep."""
    figure, (upper, lower) = sheet((5.6, 4.2), 2, sharex=True, gridspec_kw={"height_ratios": [2.4, 1]})
    for spread in found.spreads:
        colour, usd = COLOURS[spread.direction], [one.usd for one in spread.depth]
        for style, name, line in (("-", "mean", "mean_bps"), (":", "highest 5 %", "p95_bps")):
            bps = [getattr(one, line) for one in spread.depth]
            known = [(x, y) for x, y in zip(usd, bps, strict=True) if y is not None]
            label = f"{sign(spread)} {name}"
            upper.plot([x for x, _ in known], [y for _, y in known], style, color=colour, marker=".", label=label)
        lower.plot(usd, [one.there_share for one in spread.depth], color=colour, marker=".")
    upper.axhline(0, color=GREY, linewidth=0.8)
    low, high = _range(bps for spread in found.spreads for one in spread.depth for bps in (one.mean_bps, one.p95_bps))
    fees_across(upper, found, low, high)
    upper.set_title("Edge against size")
    upper.set_ylabel("spread, bp")
    figure.legend(*upper.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    lower.set_ylabel("so deep")
    lower.set_ylim(-0.05, 1.1)
    per_cent(lower)
    log_usd(lower)
    lower.set_xlabel("size of the deal, USD")
    return figure


def memory(found: PairFound) -> Figure:
    """Correlation of the spread with itself some time later."""
    figure, (axes,) = sheet(HALF)
    for style, spread in zip(("-", "--"), found.spreads, strict=False):
        points = spread.memory.correlation
        label = f"{sign(spread)}: half gone after {half_life(spread)}"
        axes.plot([x for x, _ in points], [y for _, y in points], style, marker=".", color=COLOURS[spread.direction],
                  label=label)  # fmt: skip
    axes.axhline(0.5, color=GREY, linestyle=":", linewidth=1)
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_ylim(min(-0.3, axes.get_ylim()[0]), 1.05)
    axes.set_title("How long it remembers")
    axes.set_xlabel("time between two looks")
    axes.set_ylabel("correlation")
    if any(spread.memory.correlation for spread in found.spreads):
        log_seconds(axes)
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def hours(found: PairFound) -> Figure:
    """The spread by hour of the day."""
    figure, every = sheet((11.0, 3.8), len(found.spreads), sharex=True)
    low, high = _range(bps for spread in found.spreads for one in spread.hours for bps in (one.mean_bps, one.p95_bps))
    for axes, spread in zip(every, found.spreads, strict=True):
        colour = COLOURS[spread.direction]
        for one in spread.hours:
            axes.plot([one.hour, one.hour], [one.mean_bps, one.p95_bps], color=colour, linewidth=5, alpha=0.35,
                      solid_capstyle="butt")  # fmt: skip
        axes.plot([one.hour for one in spread.hours], [one.mean_bps for one in spread.hours], "o", color=colour)
        axes.axhline(0, color=GREY, linewidth=0.8)
        fees_across(axes, found, low, high)
        axes.set_title(way(spread))
        axes.set_ylabel("spread, bp")
        axes.set_xlim(-0.7, 23.7)
    every[-1].set_xticks(range(24), [f"{hour:02d}" for hour in range(24)])
    every[-1].set_xlabel("hour of the day, UTC (dot: mean; bar: up to what it exceeds 5 % of the time)")
    return figure


def feeds(found: PairFound) -> Figure:
    """How old the books were that were compared, and how far apart."""
    figure, (axes,) = sheet(HALF)
    names = [*(f"age at {feed.place}" for feed in found.feeds), "between the two"]
    lines = [*(feed.age for feed in found.feeds), found.skew.within]
    end_s = max(x for points in lines for x, _ in points)
    for name, points, colour, style in zip(names, lines, (*PLACES, GREY), ("-", "--", ":"), strict=True):
        whole = (*points, (end_s, points[-1][1]))
        axes.plot([x for x, _ in whole], [y for _, y in whole], style, color=colour, label=name, linewidth=2)
    axes.set_title("Age of the books, and skew")
    axes.set_xlabel("not older, not further apart than")
    axes.set_ylabel("share of the time")
    axes.set_ylim(-0.02, 1.05)
    per_cent(axes)
    log_seconds(axes)
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def funding(found: PairFound) -> Figure:
    """What a position of +1 receives per hour; −1 pays it."""
    figure, (axes,) = sheet((11.0, 2.6))
    points = (*found.funding, (float(found.to_ns), found.funding[-1][1]))
    axes.step([moment(at) for at, _ in points], [bps for _, bps in points], where="post", color=COLOURS[1])  # type: ignore[arg-type]
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_title(f"Funding: {found.first} less {found.second}; +1 receives it, −1 pays it")
    axes.set_ylabel("bp per hour")
    over_times(axes)
    axes.set_xlabel("time, UTC")
    return figure


def charts(found: PairFound) -> dict[str, Callable[[PairFound], Figure]]:
    """The charts that this pair has something to show in, by name."""
    if not found.spreads:
        return {}
    made: dict[str, Callable[[PairFound], Figure]] = {"over_time": over_time, "distribution": distribution}
    if len({one.hour for spread in found.spreads for one in spread.hours}) >= HOURS_MIN:
        made["hours"] = hours
    if found.funding:
        made["funding"] = funding
    made |= {"lasting": lasting, "memory": memory}
    if any(deep.there_share for spread in found.spreads for deep in spread.depth[1:]):
        made["depth"] = depth
    return made | {"feeds": feeds}
