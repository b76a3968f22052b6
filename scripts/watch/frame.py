"""One look as plain text: the same words as on the screen, for scripts, pipes and mail. Pure."""

import textwrap
from typing import Final

from common.desk.shapes import DeskFacts
from scripts.watch import columns, entries, head
from scripts.watch.rows import drawn
from scripts.watch.words import Bounds, cut, text_of

#: rows of the journal in a frame
JOURNAL_ROWS: Final = 10


def frame(desk: DeskFacts, bounds: Bounds, width: int) -> str:
    """The whole of it, no line longer than `width`."""
    first, *rest = (text_of(line) for line in head.lines(desk, width))
    as_of = text_of(head.as_of(desk, desk.at_ns))
    chosen = columns.fitting(width)
    markets = [columns.cells(chosen, market, bounds) for market in desk.markets]
    journal = [entries.cells(row) for row in desk.journal[-JOURNAL_ROWS:]]
    found = [f"{cut(first, width - len(as_of) - 2)}  {as_of}"]
    found += [part for line in rest for part in textwrap.wrap(line, width, drop_whitespace=False)]
    found += ["", *drawn(columns.headings(chosen, width), markets)]
    found += ["", *drawn(entries.headings(width), journal)] if journal else []
    return "\n".join(line.rstrip() for line in found)
