"""A market's deals, and the story of one: screens above the desk, read anew while they are open."""

import asyncio
from collections.abc import Callable
from typing import ClassVar, Final

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Static

from common import clock
from common.core.errors import LedgerError
from common.desk import deal_told
from common.desk.timeline import DealStory
from common.settings import Settings
from scripts.watch import tale
from scripts.watch.grid import Grid
from scripts.watch.lines import Lines
from scripts.watch.words import Line, Said, Tone

#: a finished deal is looked at as long as marks of its last fill may still come
LOOK_S: Final = 2.0
_BACK: Final = Binding("escape", "app.pop_screen", "back")


class Deals(Screen[None]):
    """The newest deals of a market; Enter opens one."""

    BINDINGS: ClassVar[list[BindingType]] = [_BACK]

    def __init__(self, config: Settings, market: str) -> None:
        super().__init__()
        self._config, self._market = config, market

    def compose(self) -> ComposeResult:
        """Title, table, keys."""
        yield Lines(id="title")
        yield Grid(id="deals", follow=True)
        yield Footer(show_command_palette=False)

    async def on_mount(self) -> None:
        """Read at once, and now and then."""
        await self._look()
        self.set_interval(LOOK_S, self._look)

    async def on_resize(self) -> None:
        """Another width has other headings."""
        await self._look()

    async def _look(self) -> None:
        try:
            rows = await asyncio.to_thread(deal_told.newest, self._config.ledger_file, self._market)
        except LedgerError as error:
            return self._title(str(error), Tone.BAD)
        self._title(f"{self._market}: deals, newest last" if rows else f"{self._market}: no deal yet", Tone.BOLD)
        now_ns = clock.now_ns()
        found = [(row.deal.deal_id, tale.cells(row, now_ns)) for row in rows]
        self.query_one(Grid).fill(tale.headings(self.size.width - 1), found)

    def _title(self, text: str, tone: Tone) -> None:
        self.query_one(Lines).say([[Said(text, tone)]])

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Enter, or a click."""
        if event.row_key.value is not None:
            self.app.push_screen(Timeline(self._config, self._market, event.row_key.value))


class Timeline(Screen[None]):
    """One deal from its opportunity to its settlement; left and right go to its neighbours."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _BACK,
        Binding("left", "step(-1)", "earlier deal", priority=True),
        Binding("right", "step(1)", "later deal", priority=True),
    ]
    DEFAULT_CSS = """
    Timeline #about { height: auto; padding-bottom: 1; }
    Timeline #steps { height: auto; }
    Timeline #scroll { scrollbar-size-vertical: 1; }
    """

    def __init__(self, config: Settings, market: str, deal_id: str) -> None:
        super().__init__()
        self._config, self._market, self._deal_id = config, market, deal_id
        self._shown: DealStory | None = None

    def compose(self) -> ComposeResult:
        """Head, what happened, keys."""
        yield Lines(id="about")
        with VerticalScroll(id="scroll"):
            yield Static(id="steps", markup=False)
        yield Footer(show_command_palette=False)

    async def on_mount(self) -> None:
        """Read at once, and while something may still happen."""
        self.query_one("#scroll").focus()
        await self._look()
        self.set_interval(LOOK_S, self._look_again)

    async def _look_again(self) -> None:
        shown = self._shown
        if shown is None or shown.deal.live or clock.now_ns() - shown.deal.changed_ns < deal_told.AFTER_NS:
            await self._look()

    async def _look(self) -> None:
        story = await self._read(lambda: deal_told.read(self._config.ledger_file, self._deal_id))
        if story is None:
            return
        self.query_one(Lines).say(tale.about(story, clock.now_ns()))
        if story != self._shown:
            self._shown = story
            self.query_one("#steps", Static).update(_table(story))

    async def _read(self, read: Callable[[], DealStory | None]) -> DealStory | None:
        try:
            story = await asyncio.to_thread(read)
        except LedgerError as error:
            self._trouble(str(error))
            return None
        if story is None:
            self._trouble(f"no deal {self._deal_id} in the ledger")
        return story

    def _trouble(self, text: str) -> None:
        line: Line = [Said(text, Tone.BAD)]
        self.query_one(Lines).say([line])

    async def action_step(self, by: int) -> None:
        """To the deal before or after this one, in its market."""
        try:
            names = await asyncio.to_thread(deal_told.names, self._config.ledger_file, self._market)
        except LedgerError as error:
            return self._trouble(str(error))
        if self._deal_id not in names:
            return
        at = min(len(names) - 1, max(0, names.index(self._deal_id) + by))
        self._deal_id, self._shown = names[at], None
        self.query_one("#scroll", VerticalScroll).scroll_home(animate=False)
        await self._look()


def _table(story: DealStory) -> Table:
    """When, what, and all that is known of it, broken over lines where it must be."""
    drawn = Table.grid(padding=(0, 1), expand=True)
    drawn.add_column(justify="right", no_wrap=True)
    drawn.add_column(no_wrap=True)
    drawn.add_column(ratio=1)
    for cells in tale.steps(story.happened):
        drawn.add_row(*(Text(said.text, style=said.tone.value) for said in cells))
    return drawn
