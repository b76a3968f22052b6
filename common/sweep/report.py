"""One HTML file with everything that a sweep found: no script, nothing from elsewhere, charts drawn into it."""

from collections.abc import Iterator
from html import escape
from typing import Final

from common.analysis.chart_parts import look
from common.analysis.report import page
from common.analysis.svg import svg
from common.sweep import words
from common.sweep.charts import heat, later
from common.sweep.findings import Findings, Row
from common.sweep.grid import Grid

ROWS_MAX: Final = 500
#: what is wider takes the whole width of the page
_HALF_INCHES: Final = 6.5
_HOW: Final = (
    "Each cell is a replay of the same tape with other settings: the real trader, ledger and paper venues. PnL is "
    "after all costs, with deals still open at the end closed at the book. bp: of notional, per deal; fall: deepest "
    "drop of the equity of both venues, marked to close, USD; Sharpe: mean of the equity's changes by their "
    "deviation, over a hundred equal periods of a part."
)
_DEFLATED: Final = (
    "How likely the best is more than luck: the deflated Sharpe ratio of Bailey and López de Prado (2014), which asks "
    "how good the best of so many tries would have looked without any skill."
)


def html(found: Findings, grid: Grid) -> str:
    """The whole report."""
    with look():
        body = "".join([_head(found), _pictures(found), _table(found), _notes(grid)])
    return page("Sweep", body)


def _head(found: Findings) -> str:
    told = "".join(f"<li>{escape(one.strip())}</li>" for one in words.choices(found))
    tried = f"{len(found.rows):,} cells, {found.tries:,} of them different in what they did; {words.span(found.window)}"
    return (
        f'<h1>Sweep</h1><p class="soft">{escape(tried)}<br>{escape(_HOW)}</p>'
        f'<section><h2>What was chosen</h2><ul>{told}</ul><p class="soft">{escape(_DEFLATED)}</p></section>'
    )


def _pictures(found: Findings) -> str:
    drawn = {"heat map": heat(found), "first part against the rest": later(found)}
    figures = "".join(
        f'<figure{_class(figure.get_figwidth())} role="img" aria-label="{name}" '
        f'style="max-width:{_width(figure.get_figwidth())}px">'
        f"{svg(figure, name)}</figure>"
        for name, figure in drawn.items()
        if figure is not None
    )
    return f'<section><h2>Cell by cell</h2><div class="charts">{figures}</div></section>' if figures else ""


def _class(inches: float) -> str:
    return ' class="wide"' if inches > _HALF_INCHES else ""


def _width(inches: float) -> int:
    """A picture of a few fields is not blown up to the width of the page."""
    return round(inches * 110)


def _table(found: Findings) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in words.columns(found, is_wide=True))
    rows = "".join(_row(found, place, row) for place, row in _placed(found))
    more = len(found.rows) - ROWS_MAX
    rest = f'<p class="soft">{more:,} more in runs.parquet</p>' if more > 0 else ""
    return (
        f'<section><h2>Ranking</h2><div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>'
        f"</table></div>{rest}</section>"
    )


def _placed(found: Findings) -> Iterator[tuple[int, Row]]:
    yield from enumerate(found.rows[:ROWS_MAX], start=1)
    yield 0, found.as_it_is


def _row(found: Findings, place: int, row: Row) -> str:
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in words.row(found, place, row, is_wide=True))
    kind = ' class="once"' if row.times_chosen else ""
    return f"<tr{kind}>{cells}</tr>"


def _notes(grid: Grid) -> str:
    left_out = "".join(f"<li>{escape(name)}: {escape(why)}</li>" for name, why in grid.impossible)
    return f'<section><h2>Left out</h2><ul class="soft">{left_out}</ul></section>' if left_out else ""
