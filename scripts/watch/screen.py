"""The living screen: the desk's facts once a second, and keys to act. Only what changed is drawn.

Decides nothing: figures come from the desk, words from the pure files beside this one, deeds from `acts`.
"""

import asyncio
import os
from typing import ClassVar, Final

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import DataTable, Footer

from common import clock
from common.core.errors import ArbError
from common.core.events import HaltLevel
from common.desk.shapes import DeskFacts
from common.settings import Settings
from scripts.watch import acts, columns, entries, head
from scripts.watch.acts import Act
from scripts.watch.ask import Ask
from scripts.watch.deal_screens import Deals, Timeline
from scripts.watch.grid import Grid
from scripts.watch.help_screen import Help
from scripts.watch.lines import Lines
from scripts.watch.looker import Looker
from scripts.watch.words import Bounds, Said, Tone

#: facts are read, and the age of what is shown is judged, this often
LOOK_S: Final = 1.0
CLOCK_S: Final = 0.5


def _keys(key: str, level: HaltLevel, word: str, *, shown: bool = True) -> list[BindingType]:
    """The small letter for the market under the cursor, the capital for all."""
    return [
        Binding(key, f"act('{level.value}', False)", word, show=shown, key_display=f"{key}/{key.upper()}"),
        Binding(key.upper(), f"act('{level.value}', True)", f"{word} all", show=False),
    ]


class Watch(App[None]):
    """`arbctl watch`."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *_keys("h", HaltLevel.HALT, "halt"),
        *_keys("r", HaltLevel.NONE, "resume"),
        *_keys("f", HaltLevel.FLATTEN, "flatten"),
        *_keys("d", HaltLevel.REDUCE, "reduce", shown=False),
        Binding("question_mark", "help", "help", key_display="?"),
        Binding("q,ctrl+c", "quit", "quit", key_display="q"),
    ]
    CSS = """
    #first { height: 1; }
    #programs { width: 1fr; }
    #as_of { width: auto; }
    #top { height: auto; padding-bottom: 1; }
    #markets { height: auto; max-height: 60%; }
    #journal { height: 1fr; margin-top: 1; }
    Grid { scrollbar-size-vertical: 1; overflow-x: hidden; background: $background; }
    Grid:blur > .datatable--cursor { background: $background; }
    #markets:blur > .datatable--cursor { background: $surface; }
    Grid:nocolor:focus > .datatable--cursor { text-style: reverse; }
    Button:nocolor:focus { text-style: reverse; }
    Grid > .datatable--header { background: $background; color: $text-muted; }
    """

    def __init__(self, config: Settings) -> None:
        # without colours the terminal's own are kept: what would only be grey otherwise is bold, dim or reversed
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self._config, self._bounds = config, Bounds.of(config)
        self._desk: DeskFacts | None = None
        self._looker = Looker(config, self._seen)

    class Seen(Message):
        """There are new facts."""

        def __init__(self, desk: DeskFacts) -> None:
            super().__init__()
            self.desk = desk

    def _seen(self, desk: DeskFacts) -> None:
        """Called from the thread that looked."""
        self.post_message(Watch.Seen(desk))

    def compose(self) -> ComposeResult:
        """Header, markets, journal, keys."""
        with Horizontal(id="first"):
            yield Lines(id="programs")
            yield Lines(id="as_of")
        yield Lines(id="top")
        yield Grid(id="markets")
        yield Grid(id="journal", follow=True)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """The first look, and the clocks."""
        self.query_one("#programs", Lines).say([[Said("looking …", Tone.DIM)]])
        self.query_one("#markets", Grid).focus()
        self._looker.start()
        self.set_interval(LOOK_S, self._looker.ask)
        self.set_interval(CLOCK_S, self._tell_age)

    def on_unmount(self) -> None:
        """No more looks."""
        self._looker.stop()

    def on_watch_seen(self, event: Seen) -> None:
        """Show them."""
        self._desk = event.desk
        self._show()

    def on_resize(self) -> None:
        """Another width has room for other columns."""
        self._show()

    def _show(self) -> None:
        desk, width = self._desk, self.size.width
        if desk is None or not width:
            return
        first, *rest = head.lines(desk, width)
        base = self.screen_stack[0]
        base.query_one("#programs", Lines).say([first])
        base.query_one("#top", Lines).say(rest)
        chosen = columns.fitting(width - 1)
        markets = [(one.market, columns.cells(chosen, one, self._bounds)) for one in desk.markets]
        base.query_one("#markets", Grid).fill(columns.headings(chosen, width - 1), markets)
        journal = [(str(row.seq), entries.cells(row)) for row in desk.journal]
        base.query_one("#journal", Grid).fill(entries.headings(width - 1), journal)
        self._tell_age()

    def _tell_age(self) -> None:
        if self._desk is not None:
            self.screen_stack[0].query_one("#as_of", Lines).say([head.as_of(self._desk, clock.now_ns())])

    # ---- keys -------------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is done to the fleet from the screens above the desk."""
        return action not in ("act", "help") or len(self.screen_stack) == 1

    def action_help(self) -> None:
        """What all of it means."""
        self.push_screen(Help())

    def action_act(self, level: str, everywhere: bool) -> None:
        """Ask whether it is meant."""
        market = None if everywhere else self.screen_stack[0].query_one("#markets", Grid).at
        if self._desk is None or (market is None and not everywhere):
            return
        act = Act(HaltLevel(level), market)
        if why_not := acts.useless(act, self._desk):
            self.notify(why_not, severity="warning", markup=False)
            return
        lines = acts.says(act, self._desk, self.size.height)
        self.push_screen(Ask(act, lines=lines, live=self._desk.mode == "live"), lambda why: self._answered(act, why))

    def _answered(self, act: Act, why: str | None) -> None:
        if why is not None:
            self.run_worker(self._carry_out(act, why))

    async def _carry_out(self, act: Act, why: str) -> None:
        try:
            answer = await asyncio.to_thread(acts.carry_out, self._config, act, why)
        except ArbError as error:
            self.notify(
                str(error), title=f"{act.verb} {act.where}: not done", severity="error", timeout=15, markup=False
            )
            return
        self.notify(answer.text, markup=False)
        self._looker.ask()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Enter on a market: its deals; on a row of the journal: the deal that it is about."""
        key = event.row_key.value or ""
        if event.data_table.id == "markets":
            self.push_screen(Deals(self._config, key))
        elif event.data_table.id == "journal" and self._desk is not None:
            row = next((one for one in self._desk.journal if str(one.seq) == key), None)
            if row is not None and row.deal_id and row.market:
                self.push_screen(Timeline(self._config, row.market, row.deal_id))
