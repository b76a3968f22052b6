"""Tables of the screen: headings of a fixed width, the last of which takes what is left of the window. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from scripts.watch.words import Said, fitted

#: what stands between two columns
GAP: Final = 1


@dataclass(frozen=True, slots=True)
class Heading:
    """A column as it is drawn."""

    title: str
    width: int
    right: bool = False

    def fit(self, text: str) -> str:
        """A cell of this column."""
        return fitted(text, self.width, right=self.right)


def stretched(headings: Sequence[Heading], width: int) -> list[Heading]:
    """As wide as the window, or as wide as they are."""
    *before, last = headings
    left = width - sum(heading.width + GAP for heading in before)
    return [*before, replace(last, width=max(last.width, left))]


def drawn(headings: Sequence[Heading], rows: Sequence[Sequence[Said]]) -> list[str]:
    """The table as lines of plain text."""
    titles = [heading.fit(heading.title) for heading in headings]
    lines = [[heading.fit(said.text) for heading, said in zip(headings, row, strict=True)] for row in rows]
    return [(" " * GAP).join(cells) for cells in (titles, *lines)]
