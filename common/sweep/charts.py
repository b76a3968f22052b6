"""The pictures of a sweep: what each cell earned, as a heat map, and whether who was good first was good later."""

from collections.abc import Sequence
from itertools import product
from statistics import fmean
from typing import Final

from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from common.analysis.chart_parts import COLOURS, GREY, sheet
from common.core.money import UUSD_PER_USD
from common.sweep.findings import Findings, Row
from common.sweep.scores import Score

#: more panels are no picture any more: the axes beyond are averaged over
PANELS_MAX: Final = 6
#: more cells in a panel are coloured without their figures
FIGURES_MAX: Final = 144
_LOSS_TO_GAIN: Final = "RdBu"
_INK, _PAPER = "#1f2937", "white"
Scored = tuple[str, list[tuple[Row, Score]]]


def heat(found: Findings) -> Figure | None:
    """PnL of every cell over the first two keys, a panel for each value of the third; None where one cell is all."""
    wide = [n for n, axis in enumerate(found.axes) if len(axis.values) > 1]
    if not wide:
        return None
    if len(wide) == 1:
        return _line(found, wide[0])
    down, across, *others = wide
    third = others[0] if others and len(found.axes[others[0]].values) <= PANELS_MAX else None
    panels = found.axes[third].values if third is not None else ("",)
    parts = _parts(found)
    size = (max(4.2, 1.4 + len(panels) * (0.8 * len(found.axes[across].values) + 1.0)),
            max(2.6, 0.9 + len(parts) * (0.5 * len(found.axes[down].values) + 1.1)))  # fmt: skip
    figure, every = sheet(size, len(parts), len(panels))
    for n, (title, scored) in enumerate(parts):
        row = every[n * len(panels) : (n + 1) * len(panels)]
        means = [_means(found, scored, (down, across), None if third is None else (third, panel)) for panel in panels]
        _panels(figure, row, means)
        for axes, panel in zip(row, panels, strict=True):
            _label(axes, found, down, across, first=axes is row[0])
            name = f"{found.axes[third].key} = {panel}" if third is not None else ""
            axes.set_title("\n".join(filter(None, (title if axes is row[0] else "", name))) or " ")
    averaged = [found.axes[n].key for n in others if n != third]
    if averaged:
        figure.suptitle(f"mean over {', '.join(averaged)}", x=0.01, ha="left", fontsize=9, color=GREY)
    return figure


def _parts(found: Findings) -> list[Scored]:
    chosen = [(row, row.chosen_on) for row in found.rows]
    if found.as_it_is.judged is None:
        return [("pnl, USD", chosen)]
    judged = [(row, row.judged) for row in found.rows if row.judged is not None]
    return [("where it is chosen: pnl, USD", chosen), ("where it is judged: pnl, USD", judged)]


def _means(
    found: Findings, scored: Sequence[tuple[Row, Score]], shown: tuple[int, int], panel: tuple[int, str] | None
) -> list[list[float | None]]:
    """Row by row, the mean of the cells that fall on a field; None where none could be."""
    down, across = shown
    fields: dict[tuple[str, str], list[float]] = {}
    for row, score in scored:
        if panel is None or row.values[panel[0]] == panel[1]:
            fields.setdefault((row.values[down], row.values[across]), []).append(score.pnl_uusd / UUSD_PER_USD)
    return [
        [fmean(fields[y, x]) if (y, x) in fields else None for x in found.axes[across].values]
        for y in found.axes[down].values
    ]


def _panels(figure: Figure, row: Sequence[Axes], means: Sequence[list[list[float | None]]]) -> None:
    known = [value for field in means for line in field for value in line if value is not None]
    most = max([abs(value) for value in known] or [0]) or 1.0
    norm = TwoSlopeNorm(0, -most, most)
    for axes, field in zip(row, means, strict=True):
        drawn = [[float("nan") if value is None else value for value in line] for line in field]
        image = axes.imshow(drawn, cmap=_LOSS_TO_GAIN, norm=norm, aspect="auto")
        axes.set_facecolor("#e5e7eb")
        axes.grid(False)
        _part(axes, field)
        _write(axes, field, most)
    figure.colorbar(image, ax=list(row), shrink=0.9, pad=0.02)


def _part(axes: Axes, field: Sequence[Sequence[object]]) -> None:
    """A gap between the fields, which are not steps of one thing."""
    for y in range(1, len(field)):
        axes.axhline(y - 0.5, color=_PAPER, linewidth=1.5)
    for x in range(1, len(field[0])):
        axes.axvline(x - 0.5, color=_PAPER, linewidth=1.5)


def _write(axes: Axes, field: Sequence[Sequence[float | None]], most: float) -> None:
    if sum(len(line) for line in field) > FIGURES_MAX:
        return
    for y, x in product(range(len(field)), range(len(field[0]))):
        value = field[y][x]
        text = "–" if value is None else f"{value:+.2f}".replace("-", "−")
        dark = value is not None and abs(value) > 0.6 * most
        axes.text(x, y, text, ha="center", va="center", fontsize=8, color=_PAPER if dark else _INK)


def _label(axes: Axes, found: Findings, down: int, across: int, *, first: bool) -> None:
    axes.set_xticks(range(len(found.axes[across].values)), found.axes[across].values)
    axes.set_yticks(range(len(found.axes[down].values)), found.axes[down].values)
    axes.set_xlabel(found.axes[across].key)
    if first:
        axes.set_ylabel(found.axes[down].key)


def _line(found: Findings, axis: int) -> Figure:
    """One key alone: its values side by side."""
    figure, (axes,) = sheet((6.4, 3.6))
    values, parts = found.axes[axis].values, _parts(found)
    width = 0.8 / len(parts)
    for n, (title, scored) in enumerate(parts):
        of = {row.values[axis]: score.pnl_uusd / UUSD_PER_USD for row, score in scored}
        places = [at - 0.4 + width * (n + 0.5) for at, value in enumerate(values) if value in of]
        axes.bar(places, [of[value] for value in values if value in of], width * 0.94, label=title.split(":")[0],
                 color=list(COLOURS.values())[n])  # fmt: skip
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_xticks(range(len(values)), values)
    axes.set_xlabel(found.axes[axis].key)
    axes.set_ylabel("pnl, USD")
    if len(parts) > 1:
        axes.legend(loc="best")
    return figure


def later(found: Findings) -> Figure | None:
    """Each cell's pnl where it was chosen against its pnl where it was judged; None without the latter."""
    points = [(row, row.judged) for row in found.rows if row.judged is not None]
    if not points:
        return None
    figure, (axes,) = sheet((6.4, 3.8))
    for is_chosen, colour, name in ((False, GREY, "a cell"), (True, COLOURS[-1], "chosen on a part")):
        some = [(row, judged) for row, judged in points if bool(row.times_chosen) is is_chosen]
        axes.scatter([row.chosen_on.pnl_uusd / UUSD_PER_USD for row, _ in some],
                     [judged.pnl_uusd / UUSD_PER_USD for _, judged in some],
                     s=60 if is_chosen else 26, color=colour, alpha=0.85, label=name, linewidths=0)  # fmt: skip
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_xlabel("pnl where it is chosen, USD")
    axes.set_ylabel("pnl where it is judged, USD")
    figure.legend(loc="outside upper right", ncols=2)
    return figure
