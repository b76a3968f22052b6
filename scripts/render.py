"""The one place that prints: an answer as a table, as JSON or as CSV on stdout; prose on stderr.

Knows no ledger: it is handed plain values. rich is imported only when a table is drawn.
"""

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

    from common.ledger.shapes import Counts

SECOND_NS = 1_000_000_000
UUSD = Decimal(1_000_000)
#: tables that go into a file or a pipe are not squeezed into a window
PIPE_WIDTH = 220
#: a column with a longer cell holds sentences, which may be broken in a narrow window; what stands between columns
PROSE, GAP = 24, 3
_PLACES = Decimal("0.0001")
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command has to say: `data` for machines, `columns` and `rows` (or `text`) for people, `notes` beside.

    `wrapped`: cells are sentences, and are broken over lines; `footer` stands below the table.
    """

    data: Any
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    text: str = ""
    notes: Sequence[str] = ()
    wrapped: bool = False
    footer: str = ""


def show(answer: Answer, *, as_json: bool = False, as_csv: bool = False) -> None:
    """Print an answer: data on stdout, notes on stderr."""
    if as_json:
        print(json.dumps(plain(answer.data), indent=2, ensure_ascii=False))
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(answer.columns)
        writer.writerows(answer.rows)
    else:
        _show_text(answer)
    for note in answer.notes:
        say(note)


def _show_text(answer: Answer) -> None:
    if answer.text:
        print(answer.text)
    if answer.rows:
        from rich.console import Console

        # what stands in square brackets is meant as it stands
        console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False, markup=False)
        for part in (
            [range(len(answer.columns))] if answer.wrapped else parts(answer.columns, answer.rows, console.width)
        ):
            names, rows = [answer.columns[i] for i in part], [[row[i] for i in part] for row in answer.rows]
            console.print(table(names, rows, wrapped=answer.wrapped))
        if answer.footer:
            console.print(answer.footer)
    elif not answer.text:
        say("nothing to show")


def table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, wrapped: bool = False, cut: bool = False
) -> "Table":
    """A rich table; figures stand to the right. Only sentences give way to a narrow window: broken, or `cut`."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, leading=int(wrapped))
    prose = [index for index in range(len(columns)) if _widest(columns, rows, index) > PROSE]
    for index, column in enumerate(columns):
        figures, whole = _numeric([row[index] for row in rows]), not wrapped and index not in prose
        drawn.add_column(column, justify="right" if figures else "left", no_wrap=whole or index == 0)
    for row in rows:
        drawn.add_row(
            *(Text(c, no_wrap=True, overflow="ellipsis") if cut and i in prose else c for i, c in enumerate(row))
        )
    return drawn


def parts(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[list[int]]:
    """Which columns go side by side into a window of this width: all of them, or the first one before each part."""
    taken, room = [0], width - _least(columns, rows, 0) - GAP
    for index in range(1, len(columns)):
        needed = _least(columns, rows, index) + GAP
        if needed > room and len(taken) > 1:
            yield taken
            taken, room = [0], width - _least(columns, rows, 0) - GAP
        taken.append(index)
        room -= needed
    yield taken


def _least(columns: Sequence[str], rows: Sequence[Sequence[str]], index: int) -> int:
    return min(_widest(columns, rows, index), PROSE)


def _widest(columns: Sequence[str], rows: Sequence[Sequence[str]], index: int) -> int:
    return max(len(columns[index]), *(len(row[index]) for row in rows), 0)


def _numeric(cells: Sequence[str]) -> bool:
    """A column of figures: each cell begins with a digit or a sign, or says that there is nothing."""
    return all(cell == NOTHING or cell[:1].isdigit() or cell[:1] in "+-−" for cell in cells)


def say(text: str) -> None:
    """One line of prose on stderr."""
    print(text, file=sys.stderr)


def plain(value: Any) -> Any:
    """Values of the house as JSON has them: decimals as text, dataclasses as objects, enums as their values."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value


# ---- figures as people read them ------------------------------------------------------------------------------


def usd(uusd: int | None, *, sign: bool = False) -> str:
    """Micro-USD as USD with four decimals."""
    if uusd is None:
        return NOTHING
    return format((Decimal(uusd) / UUSD).quantize(_PLACES), "+f" if sign else "f")


def number(value: Decimal | None) -> str:
    """A decimal without needless zeros."""
    if value is None:
        return NOTHING
    return format(value.normalize() if value else Decimal(0), "f")


def times(value: Decimal | None) -> str:
    """A leverage."""
    return NOTHING if value is None else f"{value:.3f}"


def age(ns: int | None) -> str:
    """A span of time: 4.2 s, 3 min 10 s, 2 h 5 min."""
    if ns is None:
        return NOTHING
    seconds = max(0, ns) / SECOND_NS
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def moment(ns: int) -> str:
    """A point in time, UTC, to the millisecond."""
    whole = datetime.fromtimestamp(ns // SECOND_NS, UTC)
    return f"{whole:%Y-%m-%d %H:%M:%S}.{ns % SECOND_NS // 1_000_000:03d}"


def count(counts: "Counts") -> str:
    """Live deals by direction against the level, and the original's signed count."""
    level = NOTHING if counts.level is None else counts.level
    return f"+1: {counts.plus}/{level}, −1: {counts.minus}/{level}, arbitrage_count {counts.arbitrage_count:+d}"


def line(text: str) -> None:
    """One line on stdout at once, for who watches `scripts/run`."""
    print(text, flush=True)
