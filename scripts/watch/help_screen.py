"""What the keys do and what the columns mean, above the desk."""

from typing import ClassVar, Final

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

#: heading, then what and its meaning
HELP: Final = (
    (
        "keys",
        (
            ("↑ ↓", "a market; Enter opens its deals, and there a deal's story. Tab: the journal"),
            ("h  H", "halt the market, halt every market: no new deals"),
            ("d  D", "reduce: and close what is open at any acceptable edge, the cheapest first"),
            ("f  F", "flatten: and close what is open now, at the market"),
            ("r  R", "resume the market; lift the halt of every market"),
            ("", "Each asks first, and does what arbctl's command does. The journal names you and why."),
            ("q", "leave; the fleet goes on"),
        ),
    ),
    (
        "a row",
        (
            ("worker", "what supervisord says of it; ago: how long its last decision is past"),
            ("best ±1", "the highest edge of the last 10 s, basis points after all costs; mean ±1: on average"),
            ("", "+1 sells at ApeX and buys at dYdX, −1 the reverse. An edge above min opens a deal"),
            ("dydx apex", "our position by our fills. With a !, the venue says otherwise, and its figure is shown"),
            ("entry", "what the open deals were expected to keep, USD"),
            ("close", "what they would have earned, closed at the prices seen last, all fees included"),
            ("pnl", "of today (UTC): closed deals, funding, and what is open at the venues' marks"),
            ("lag ms", "how late messages were, dydx/apex; silent ms: the longest that nothing was heard"),
            ("says", "the worker's last word, as in arbctl status; docs/runbook.md has all of them"),
            ("–", "not known, or nothing there. A figure in red is too old, or wrong"),
        ),
    ),
    (
        "bars",
        (
            ("cap", "what open deals hold, of what they may. count: open deals by direction, of the level"),
            ("leverage", "of each venue, up to its maximum; entries stop at │"),
        ),
    ),
)


def drawn() -> Group:
    """The whole of it; sentences break where the window is narrow."""
    parts: list[Text | Table] = []
    for heading, rows in HELP:
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=11, no_wrap=True)
        table.add_column(ratio=1)
        for what, meaning in rows:
            table.add_row(Text(f" {what}", style="bold"), Text(meaning))
        parts += [Text(heading.upper(), style="bold underline"), table, Text()]
    return Group(*parts, Text("Esc closes this.", style="dim"))


class Help(ModalScreen[None]):
    """Any of the usual keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss", "close"),
    ]
    DEFAULT_CSS = """
    Help { align: center middle; background: $background 60%; }
    Help #box { width: 108; max-width: 100%; height: auto; max-height: 100%; padding: 0 1; background: $surface; }
    """

    def compose(self) -> ComposeResult:
        """One text."""
        with VerticalScroll(id="box"):
            yield Static(drawn())

    def on_mount(self) -> None:
        """Arrow keys scroll it in a low window."""
        self.query_one("#box").focus()
