"""A result as one HTML file with everything: no script, nothing from elsewhere; light or dark as the screen is."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Final

from matplotlib import rc_context

from common.analysis.chart_parts import COLOURS, GREY, TWICE_COLOUR, look
from common.analysis.svg import svg
from common.result import charts, words
from common.result.result import Result
from common.result.tables import Table
from common.result.words import Figures

_INK: Final = "#1f2937"
#: colours as drawn, and the names by which the page gives them for light and dark
_VARIABLES: Final = {
    _INK: "--ink",
    "#9ca3af": "--axis",
    "#e5e7eb": "--grid",
    COLOURS[1]: "--plus",
    COLOURS[-1]: "--minus",
    charts.BESIDE: "--beside",
    charts.GOOD: "--good",
    TWICE_COLOUR: "--bad",
    GREY: "--soft",
}
_LOOK: Final[Any] = {
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}
_WIDE: Final = ("pnl", "equity", "room")
_CSS: Final = """
:root { color-scheme: light dark; --ink: #1f2937; --soft: #6b7280; --axis: #9ca3af; --grid: #e5e7eb; --page: #f3f4f6;
  --card: #ffffff; --plus: #1f6fb4; --minus: #c8641b; --beside: #5b4a9e; --good: #15803d; --bad: #b3202a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e7eb; --soft: #9ca3af; --axis: #6b7280; --grid: #374151;
  --page: #0f141b; --card: #1a212b; --plus: #5aa9e6; --minus: #f0954f; --beside: #a594f0; --good: #4ade80;
  --bad: #f87171; } }
* { box-sizing: border-box; }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--page); margin: 0; }
main { max-width: 1180px; margin: 0 auto; padding: 24px; }
h1 { margin: 0 0 4px; font-size: 26px; } h2 { margin: 0 0 8px; font-size: 17px; } p { margin: 4px 0 12px; }
.soft, .hint { color: var(--soft); } .hint { font-size: 13px; white-space: normal; text-align: left; }
section { background: var(--card); border-radius: 10px; padding: 16px 20px; margin: 16px 0; }
.big { font-size: 22px; font-weight: 600; border-left: 4px solid var(--axis); padding-left: 12px; }
.big.good { border-color: var(--good); } .big.bad { border-color: var(--bad); }
.two { columns: 2; column-gap: 16px; } .two > section { margin: 0 0 16px; break-inside: avoid; }
figure { margin: 0; overflow-x: auto; } svg { width: 100%; height: auto; display: block; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { padding: 4px 6px; text-align: right; border-bottom: 1px solid var(--grid); white-space: nowrap; }
th { color: var(--soft); font-weight: 600; } tr:last-child td { border-bottom: 0; }
th:first-child, td:first-child { text-align: left; white-space: pre; }
td.words, th.words { text-align: left; white-space: normal; color: var(--soft); }
td.first { font-weight: 600; } ul { margin: 8px 0 0; padding-left: 20px; }
@media (max-width: 800px) { .two { columns: 1; } main { padding: 8px; } section { padding: 12px; }
  .wide svg { min-width: 680px; } .figures tr { display: grid; grid-template-columns: 1fr auto; }
  .figures td { border: 0; } .figures tr { border-bottom: 1px solid var(--grid); }
  .figures .hint { grid-column: 1 / -1; padding-top: 0; } .figures .hint:empty { display: none; } }
@media print { section { break-inside: avoid; } }
"""


def html(results: Sequence[Result]) -> str:
    """The whole page, of one result or of two side by side."""
    body = "".join((_head(results), _charts(results), '<div class="two">', *map(_section, _all(results)), "</div>"))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Result report</title><style>{_CSS}</style></head><body><main>{body}</main></body></html>\n"
    )


def _all(results: Sequence[Result]) -> Iterator[tuple[words.Section, Sequence[Result]]]:
    return ((section, results) for section in words.sections(results))


def _head(results: Sequence[Result]) -> str:
    told = "".join(f"<li>{escape(note)}</li>" for note in words.all_notes(results))
    lines = "".join(
        f'<p class="big {_mood(one)}">{escape(words.headline(one))}</p>'
        f'<p class="soft">{escape(words.name(one))}: {escape(words.span(one))}</p>'
        for one in results
    )
    return f"<h1>Result report</h1><section>{lines}{f'<ul class=soft>{told}</ul>' if told else ''}</section>"


def _mood(one: Result) -> str:
    return "" if not one.pnl_uusd else "good" if one.pnl_uusd > 0 else "bad"


def _charts(results: Sequence[Result]) -> str:
    with look(), rc_context(_LOOK):
        drawn = {name: svg(draw(results), name) for name, draw in charts.charts(results).items()}
    figures = {name: _figure(name, picture) for name, picture in drawn.items()}
    wide = "".join(figure for name, figure in figures.items() if name in _WIDE)
    return f'{wide}<div class="two">{"".join(f for name, f in figures.items() if name not in _WIDE)}</div>'


def _figure(name: str, picture: str) -> str:
    for colour, variable in _VARIABLES.items():
        picture = picture.replace(colour, f"var({variable})")
    kind = ' class="wide"' if name in _WIDE else ""
    return f'<section{kind}><figure role="img" aria-label="{escape(name)}">{picture}</figure></section>'


def _section(given: tuple[words.Section, Sequence[Result]]) -> str:
    section, results = given
    if isinstance(section, Figures):
        return _figures(section, results)
    return _table(section)


def _figures(section: Figures, results: Sequence[Result]) -> str:
    several = len(results) > 1
    head = "".join(f"<th>{escape(name)}</th>" for name in ("", *map(words.name, results))) if several else ""
    rows = "".join(
        f"<tr><td>{escape(label)}</td>{''.join(f'<td>{escape(value)}</td>' for value in values)}"
        f"{'' if several else f'<td class=hint>{escape(hint)}</td>'}</tr>"
        for label, values, hint in section.rows
    )
    if several:
        return _card(section.title, f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>")
    return _card(section.title, f'<tbody class="figures">{rows}</tbody>')


def _table(section: Table) -> str:
    words_at = len(section.columns) - 1 if section.columns[-1] == "which means" else -1
    head = "".join(_cell("th", name, index == words_at) for index, name in enumerate(section.columns))
    rows = "".join(
        f"<tr>{''.join(_cell('td', cell, index == words_at) for index, cell in enumerate(row))}</tr>"
        for row in section.rows
    )
    return _card(section.title, f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>", section.note)


def _cell(tag: str, text: str, is_words: bool) -> str:
    kind = ' class="words"' if is_words else ""
    return f"<{tag}{kind}>{escape(text)}</{tag}>"


def _card(title: str, rows: str, note: str = "") -> str:
    below = f'<p class="soft">{escape(note)}</p>' if note else ""
    return f'<section><h2>{escape(title)}</h2>{below}<div class="scroll"><table>{rows}</table></div></section>'
