"""A table on the screen of which only the cells are drawn anew that changed."""

from collections.abc import Sequence
from typing import ClassVar, Final

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import DataTable

from scripts.watch.rows import GAP, Heading
from scripts.watch.words import Said

#: a row by its key
Rows = Sequence[tuple[str, Sequence[Said]]]
_TITLE: Final = "bold"


class Grid(DataTable[Text]):
    """Rows with keys; `follow`: the cursor stays on the last row while it is there, as in a log."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select_cursor", "open")]

    def __init__(self, *, follow: bool = False, id: str) -> None:
        super().__init__(cursor_type="row", cell_padding=0, id=id)
        self._follow = follow
        self._headings: Sequence[Heading] = ()
        self._shown: dict[str, list[Said]] = {}

    @property
    def at(self) -> str | None:
        """The key of the row under the cursor."""
        keys = list(self._shown)
        return keys[self.cursor_row] if 0 <= self.cursor_row < len(keys) else None

    def fill(self, headings: Sequence[Heading], rows: Rows) -> None:
        """Show exactly these; a row that was there keeps its place."""
        at, last = self.at, self.cursor_row >= len(self._shown) - 1
        wanted = {key: list(cells) for key, cells in rows}
        kept = [key for key in self._shown if key in wanted]
        if list(headings) != list(self._headings) or kept != list(wanted)[: len(kept)]:
            self._begin(headings)
        for key in [key for key in self._shown if key not in wanted]:
            self.remove_row(key)
            del self._shown[key]
        for key, cells in wanted.items():
            self._put(key, cells)
        if self._follow and last:
            self.move_cursor(row=len(self._shown) - 1, animate=False)
        elif at in wanted:
            self.move_cursor(row=list(self._shown).index(at), animate=False)

    def _begin(self, headings: Sequence[Heading]) -> None:
        self.clear(columns=True)
        self._headings, self._shown = tuple(headings), {}
        for heading in headings:
            label = Text(heading.fit(heading.title), style=_TITLE)
            self.add_column(label, width=heading.width + GAP, key=heading.title)

    def _put(self, key: str, cells: list[Said]) -> None:
        before = self._shown.get(key)
        if before is None:
            drawn = (self._drawn(h, said) for h, said in zip(self._headings, cells, strict=True))
            self.add_row(*drawn, key=key)
        else:
            for heading, said, was in zip(self._headings, cells, before, strict=True):
                if said != was:
                    self.update_cell(key, heading.title, self._drawn(heading, said))
        self._shown[key] = cells

    @staticmethod
    def _drawn(heading: Heading, said: Said) -> Text:
        return Text(heading.fit(said.text), style=said.tone.value, no_wrap=True, end="")
