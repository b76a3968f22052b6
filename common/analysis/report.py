"""One HTML file with everything: no script, nothing from elsewhere, charts drawn into it."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from common.analysis import words
from common.analysis.chart_parts import look
from common.analysis.charts import charts
from common.analysis.findings import PairFound, Spread
from common.analysis.svg import svg

#: these take the whole width
_WIDE: Final = ("over_time", "distribution", "hours", "funding")
CSS: Final = """
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, sans-serif; color: #1f2937; background: #f3f4f6; margin: 0; }
main { max-width: 1180px; margin: 0 auto; padding: 24px; }
h1 { margin: 0 0 4px; } h2 { margin: 0; } p { margin: 4px 0 12px; } .soft { color: #6b7280; }
section { background: white; border-radius: 10px; padding: 20px 24px; margin: 20px 0; box-shadow: 0 1px 3px #0002; }
.verdict { font-size: 17px; border-left: 4px solid #9ca3af; padding-left: 12px; }
.verdict.pays { border-color: #15803d; } .verdict.once { border-color: #b8860b; }
.charts { display: grid; grid-template-columns: 1fr 1fr; gap: 12px; align-items: start; }
.charts figure { margin: 0; } .charts .wide { grid-column: 1 / -1; } svg { width: 100%; height: auto; display: block; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { padding: 5px 10px; text-align: right; border-bottom: 1px solid #e5e7eb; white-space: nowrap; }
th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left; } th { color: #6b7280; font-weight: 600; }
a { color: inherit; }
tr.pays td { background: #dcfce7; } tr.once td { background: #fef9c3; } ul { margin: 8px 0 0; padding-left: 20px; }
@media (max-width: 800px) { .charts { grid-template-columns: 1fr; } main { padding: 8px; } }
@media print { section { break-inside: avoid; box-shadow: none; } }
"""


def html(findings: Sequence[PairFound]) -> str:
    """The whole report."""
    with look():
        body = "".join([_overview(findings), *(_section(found) for found in findings)])
    return page("Spread analysis", body)


def page(title: str, body: str) -> str:
    """One file that needs nothing else."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{CSS}</style></head><body><main>{body}</main></body></html>\n"
    )


def _overview(findings: Sequence[PairFound]) -> str:
    rows = "".join(_row(found, spread) for found in findings for spread in found.spreads)
    head = "".join(f"<th>{escape(name)}</th>" for name in words.COLUMNS)
    return (
        "<h1>Spread analysis</h1>"
        '<p class="soft">Spread: the price at which the size is sold at one place less the price at which it is '
        "bought at the other at the same moment, in basis points (bp) of the price. Every figure is weighted by time. "
        "A share counts the time in which both books could be believed.</p>"
        f'<section><div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        '<p class="soft">mean, p95 (above it 5 % of the time) and max: bp. &gt;1× and &gt;2×: share of the time above '
        "the fees of opening, and of opening and closing; longest: without a break above those of opening. half in: "
        "when half of a deviation is gone.</p>"
        "</section>"
    )


def _anchor(found: PairFound) -> str:
    return re.sub("[^A-Za-z0-9]", "-", found.name)


def _class(spread: Spread) -> str:
    return "pays" if spread.over_twice_share else "once" if spread.over_once_share else ""


def _row(found: PairFound, spread: Spread) -> str:
    market, *rest = words.row(found, spread)
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in rest)
    return f'<tr class="{_class(spread)}"><td><a href="#{_anchor(found)}">{escape(market)}</a></td>{cells}</tr>'


def _section(found: PairFound) -> str:
    best = max((_class(spread) for spread in found.spreads), key=["", "once", "pays"].index, default="")
    told = "".join(f"<li>{escape(note)}</li>" for note in words.notes(found))
    return (
        f'<section id="{_anchor(found)}">'
        f"<h2>{escape(found.market)}: {escape(found.first)} and {escape(found.second)}</h2>"
        f'<p class="soft">{escape(words.span(found))}<br>{escape(words.asked(found))}</p>'
        f'<p class="verdict {best}">{escape(words.verdict(found))}</p>'
        f'<div class="charts">{"".join(_figures(found))}</div><ul class="soft">{told}</ul></section>'
    )


def _figures(found: PairFound) -> Iterator[str]:
    for name, draw in charts(found).items():
        kind = ' class="wide"' if name in _WIDE else ""
        label = escape(f"{found.name}: {name.replace('_', ' ')}")
        yield f'<figure{kind} role="img" aria-label="{label}">{svg(draw(found), f"{found.name} {name}")}</figure>'
