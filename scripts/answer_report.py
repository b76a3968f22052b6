"""`arbctl report`: what a fleet earned, out of one ledger or of two side by side; as text, JSON or one HTML file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from common import clock
from common.core.errors import ConfigError
from common.result import words
from common.result.result import Asked, Result, result
from common.result.tables import Table
from common.result.words import Figures
from scripts import render
from scripts.render import Answer
from scripts.since import since_ns

#: between two columns, and where a hint begins to be too much
_GAP: Final = "  "
WIDTH: Final = 100


@dataclass(frozen=True, slots=True)
class Given:
    """The options of `arbctl report`."""

    ledger: Path
    beside: Path | None = None
    since: str | None = None
    market: str | None = None
    html: Path | None = None


def report(given: Given) -> Answer:
    """Compute, write the page if one is wanted, and say it."""
    if given.html is not None and given.html.exists():
        raise ConfigError(f"{given.html} is there already: move it, or name another one")
    since = since_ns(given.since, clock.now_ns())
    files = [given.ledger] + ([given.beside] if given.beside is not None else [])
    results = [result(Asked(file, since, given.market)) for file in files]
    notes = words.all_notes(results)
    if given.html is not None:
        from common.result.page import html

        given.html.write_text(html(results))
        notes.append(f"written: {given.html}")
    data = render.plain(results[0]) | _derived(results[0])
    if len(results) > 1:
        data |= {"beside": render.plain(results[1]) | _derived(results[1])}
    return Answer(data, text=text(results), notes=notes)


def _derived(one: Result) -> dict[str, object]:
    """What a result says of itself."""
    return {
        "pnl_uusd": one.pnl_uusd,
        "closed_uusd": one.earned.closed_uusd,
        "slot_hour_uusd": one.slot_hour_uusd,
        "turnover": render.plain(one.turnover),
    }


def text(results: Sequence[Result]) -> str:
    """The whole report, at most WIDTH wide."""
    lines = [words.headline(results[0]), words.span(results[0])]
    if len(results) > 1:
        lines += ["", f"beside it, {words.name(results[1])}: {words.headline(results[1])}", words.span(results[1])]
    for section in words.sections(results):
        body = _figures(section, results) if isinstance(section, Figures) else _table(section)
        lines += ["", *(line.rstrip() for line in body)]
    return "\n".join(lines)


def _figures(section: Figures, results: Sequence[Result]) -> list[str]:
    head = ["", *(words.name(one) for one in results)] if len(results) > 1 else []
    rows = [(label, *values) for label, values, _ in section.rows]
    widths = [max(len(row[i]) for row in (rows + ([tuple(head)] if head else []))) for i in range(len(results) + 1)]
    lines = [section.title, "─" * WIDTH]
    if head:
        lines.append(_cells(head, widths))
    for row, (_, _, hint) in zip(rows, section.rows, strict=True):
        line = _cells(row, widths)
        lines.append(line if len(results) > 1 or not hint else f"{line}{_GAP}{hint}"[:WIDTH])
    return lines


def _table(section: Table) -> list[str]:
    rows = [section.columns, *section.rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(section.columns))]
    title = section.title + (f"  ({section.note})" if section.note else "")
    return [title, "─" * WIDTH, *(_cells(row, widths, words_from=_prose(section)) for row in rows)]


def _prose(section: Table) -> int | None:
    """The column from which on cells are words and stand to the left."""
    return len(section.columns) - 1 if section.columns[-1] == "which means" else None


def _cells(row: Sequence[str], widths: Sequence[int], words_from: int | None = None) -> str:
    """The first cell to the left, figures to the right."""
    cells = [
        cell.ljust(width) if index == 0 or (words_from is not None and index >= words_from) else cell.rjust(width)
        for index, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return _GAP.join(cells)
