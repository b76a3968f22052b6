"""Asks before something is done: what will happen, and why it is wanted. All but the button is a no."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from scripts.watch.acts import Act
from scripts.watch.lines import Lines
from scripts.watch.words import Line


class Ask(ModalScreen[str | None]):
    """Dismissed with the reason (which may be empty), or with None when nothing is to be done."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "no", "no")]
    DEFAULT_CSS = """
    Ask { align: center middle; background: $background 60%; }
    Ask #box {
        width: 76; max-width: 100%; height: auto; max-height: 100%;
        padding: 1 2; background: $surface; border: round $primary;
    }
    Ask #box.grave { border: round $error; }
    Ask #title { text-style: bold; margin-bottom: 1; }
    Ask #says { height: auto; margin-bottom: 1; }
    Ask Horizontal { height: auto; margin-top: 1; }
    Ask Button { margin-right: 2; }
    """

    def __init__(self, act: Act, *, lines: Sequence[Line], live: bool) -> None:
        super().__init__()
        self._act, self._lines, self._live = act, lines, live

    def compose(self) -> ComposeResult:
        """Title, what will happen, why, yes and no."""
        act = self._act
        with Vertical(id="box", classes="grave" if act.verb in ("flatten", "reduce") else ""):
            yield Static(f"{act.verb.capitalize()} {act.where}?{'  REAL MONEY' if self._live else ''}", id="title")
            yield Lines(id="says")
            yield Input(placeholder="why? (stands in the journal; Enter goes on)", id="why")
            with Horizontal():
                yield Button(
                    f"{act.verb.capitalize()} {act.where}",
                    id="yes",
                    variant="error" if act.verb != "resume" else "primary",
                )
                yield Button("No, leave it (Esc)", id="no")

    def on_mount(self) -> None:
        """Typing begins at once."""
        self.query_one(Lines).say(self._lines)
        self.query_one(Input).cursor_blink = False
        self.query_one(Input).focus()

    def on_input_submitted(self) -> None:
        """One Enter does nothing yet: it goes on to the button."""
        self.query_one("#yes", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The only way to a yes."""
        self.dismiss(self.query_one(Input).value if event.button.id == "yes" else None)

    def action_no(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)
