"""Lines of words on the screen, drawn anew only when they say something else."""

from collections.abc import Sequence

from rich.text import Text
from textual.widgets import Static

from scripts.watch.words import Line


class Lines(Static):
    """What was shown last is remembered."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, markup=False)
        self._shown: list[list[object]] | None = None

    def say(self, lines: Sequence[Line]) -> None:
        """Show these, cut at the window's edge."""
        wanted: list[list[object]] = [list(line) for line in lines]
        if wanted != self._shown:
            self._shown = wanted
            self.update(Text("\n", no_wrap=True, overflow="ellipsis").join(styled(line) for line in lines))


def styled(line: Line) -> Text:
    """One line with its tones."""
    text = Text(no_wrap=True, overflow="ellipsis", end="")
    for said in line:
        text.append(said.text, said.tone.value)
    return text
