"""The living screen, driven by its keys without a terminal: what it shows, what it does, and what it must not do."""

import asyncio
import shutil
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.text import Text
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from common import settings
from common.core.events import HaltLevel
from common.desk.told import Reader
from common.ledger.report import Report
from scripts.deeds import person
from scripts.watch import head
from scripts.watch.ask import Ask
from scripts.watch.deal_screens import Deals, Timeline
from scripts.watch.grid import Grid
from scripts.watch.help_screen import Help
from scripts.watch.lines import Lines
from scripts.watch.rows import Heading
from scripts.watch.screen import Watch
from scripts.watch.words import Said

SIZES = ((80, 24), (100, 30), (200, 60))
BOUND_S, STEP_S = 20.0, 0.02
Play = Callable[["Seat"], Awaitable[None]]


class Seat:
    """Who sits before the screen: presses keys, reads, waits until something is to be seen."""

    def __init__(self, app: Watch, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def until(self, holds: Callable[[], bool]) -> None:
        for _ in range(int(BOUND_S / STEP_S)):
            if holds():
                return
            await self.pilot.pause(STEP_S)
        raise AssertionError(f"it did not come: {self.text()}")

    async def sees(self, words: str) -> None:
        await self.until(lambda: words in self.text())

    def text(self) -> str:
        """All that the screen on top says."""
        said = [_words(one.content) for one in self.app.screen.query(Static)]
        said += [note.message for note in self.app._notifications]
        for grid in self.app.screen.query(Grid):
            said += [" ".join(map(str, grid.get_row_at(n))) for n in range(grid.row_count)]
        return "\n".join(said)

    def grid(self, name: str) -> Grid:
        return self.app.screen.query_one(f"#{name}", Grid)


def _words(content: Any) -> str:
    """What is drawn by rich is drawn on a wide sheet."""
    console = Console(width=300, file=StringIO())
    with console.capture() as drawn:
        console.print(content, markup=False)
    return drawn.get()


def play(root: Path, scene: Play, size: tuple[int, int] = (100, 30)) -> None:
    async def run() -> None:
        app = Watch(settings.load(root / "arb.toml"))
        async with app.run_test(size=size) as pilot:
            await scene(Seat(app, pilot))

    asyncio.run(run())


def halts(fleet: Any) -> list[tuple[str, str, str, str]]:
    with Report.open(fleet.ledger_file) as report:
        return [(one.market, one.level.value, one.who, one.why) for one in report.halts()]


# ---- what is seen ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_header_markets_journal_and_keys_have_room_in_every_window(fleet: Any, size: tuple[int, int]) -> None:
    async def scene(seat: Seat) -> None:
        await seat.sees("equity 200.00 USD")
        assert "+1 █░░░ 1/4" in seat.text() and "of 2.5, max 3" in seat.text()
        markets, journal = seat.grid("markets"), seat.grid("journal")
        await seat.until(lambda: markets.region.height > 0)
        assert [str(markets.get_row_at(n)[0]).strip() for n in range(3)] == ["BTC", "ETH", "LINK"]
        assert str(journal.get_row_at(journal.row_count - 1)[1]).startswith("aaaaaa-")
        # nothing is wider than the window, and nothing covers anything
        assert markets.virtual_size.width <= size[0] and journal.virtual_size.width <= size[0]
        places = [
            seat.app.screen.query_one(name).region for name in ("#first", "#top", "#markets", "#journal", "Footer")
        ]
        assert [place.y for place in places] == sorted(place.y for place in places)
        assert all(over.bottom <= under.y for over, under in pairwise(places))
        assert places[-1].bottom == size[1] and markets.region.height >= 11 and journal.region.height >= 4

    play(fleet.root, scene, size)


def test_what_happens_comes_without_being_asked_for(fleet: Any) -> None:
    async def scene(seat: Seat) -> None:
        await seat.sees("+1 █░░░ 1/4")
        deal = next(row.deal for row in reader_deals(fleet) if row.deal.market == "BTC")
        fleet.ledger.halt(HaltLevel.HALT, "SOL", "odd", who="anna", at_ns=fleet.now_ns)
        await seat.sees(" HALT  SOL, by anna")
        assert "HALT" in str(seat.grid("markets").get_row("SOL")[-1]) and deal.deal_id in seat.text()

    play(fleet.root, scene)


def reader_deals(fleet: Any) -> Any:
    with Report.open(fleet.ledger_file) as report:
        return report.deals(live=True)


def test_only_cells_that_changed_are_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[str, str]] = []

    def noted(self: Grid, row: Any, column: Any, value: Text, **_: Any) -> None:
        drawn.append((row, column))

    monkeypatch.setattr(Grid, "update_cell", noted)
    headings = [Heading("a", 3), Heading("b", 3, right=True)]

    async def scene(seat: Seat) -> None:
        grid = Grid(id="tried")
        await seat.app.mount(grid)
        grid.fill(headings, [("1", [Said("x"), Said("1")]), ("2", [Said("y"), Said("2")])])
        grid.fill(
            headings, [("1", [Said("x"), Said("1")]), ("2", [Said("y"), Said("3")]), ("3", [Said("z"), Said("9")])]
        )
        assert drawn == [("2", "b")] and grid.row_count == 3
        grid.move_cursor(row=2)
        grid.fill(headings, [("2", [Said("y"), Said("3")]), ("3", [Said("z"), Said("9")])])
        assert (grid.row_count, grid.at, drawn) == (2, "3", [("2", "b")])
        grid.fill(headings, [("3", [Said("z"), Said("9")]), ("2", [Said("y"), Said("3")])])
        assert [str(grid.get_row_at(n)[0]) for n in (0, 1)] == ["z  ", "y  "]

    play(Path(__file__).resolve().parents[2], scene)


def test_words_are_drawn_anew_only_when_they_say_something_else(fleet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    updates: list[str] = []

    async def scene(seat: Seat) -> None:
        await seat.sees("equity")
        lines = seat.app.query_one("#top", Lines)
        monkeypatch.setattr(lines, "update", lambda text: updates.append(str(text)))
        for words in ("one", "one", "two"):
            lines.say([[Said(words)]])
        assert updates == ["one", "two"]

    play(fleet.root, scene)


def test_the_journal_stays_where_a_person_reads_and_follows_at_its_end(fleet: Any) -> None:
    rows = [(str(n), [Said(str(n))]) for n in range(40)]

    async def scene(seat: Seat) -> None:
        grid = Grid(follow=True, id="tried")
        await seat.app.mount(grid)
        grid.fill([Heading("n", 4)], rows[:30])
        assert grid.at == "29"
        grid.fill([Heading("n", 4)], rows[:35])
        assert grid.at == "34"
        grid.move_cursor(row=10)
        grid.fill([Heading("n", 4)], rows[5:])
        assert grid.at == "10", "the same row, wherever it stands now"

    play(fleet.root, scene)


def test_without_a_ledger_the_reason_stands_there_and_nothing_can_be_done(folder: Path) -> None:
    async def scene(seat: Seat) -> None:
        await seat.sees("there is no ledger yet")
        assert "no fleet runs here" in seat.text()
        await seat.press("H")
        await seat.until(lambda: any("no ledger" in note.message for note in seat.app._notifications))
        assert not isinstance(seat.app.screen, Ask)

    play(folder, scene)


def test_a_look_that_hangs_is_said_and_does_not_hold_anybody_up(fleet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging, hangs, go_on = threading.Event(), threading.Event(), threading.Event()
    read = Reader.read

    def slow(self: Reader, now_ns: int) -> Any:
        if hanging.is_set():
            hangs.set()
            go_on.wait(3 * BOUND_S)
        return read(self, now_ns)

    monkeypatch.setattr(Reader, "read", slow)

    async def scene(seat: Seat) -> None:
        await seat.sees("equity")
        hanging.set()
        await seat.until(hangs.is_set)
        monkeypatch.setattr(head, "OLD_NS", 0)
        await seat.sees("these figures are")
        await seat.press("question_mark")
        await seat.until(lambda: isinstance(seat.app.screen, Help))
        await seat.press("escape", "q")
        await seat.until(lambda: not seat.app.is_running)

    try:
        play(fleet.root, scene)
    finally:
        go_on.set()


def test_no_color_leaves_only_the_terminals_own(fleet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert Watch(settings.load(fleet.root / "arb.toml")).native_ansi_color
    monkeypatch.delenv("NO_COLOR")
    assert not Watch(settings.load(fleet.root / "arb.toml")).native_ansi_color


# ---- what is done ----------------------------------------------------------------------------------------------------


def test_a_halt_is_asked_for_first_and_escape_is_a_no(fleet: Any) -> None:
    async def scene(seat: Seat) -> None:
        await seat.sees("equity")
        await seat.press("down", "h")
        await seat.sees("Halt ETH?")
        assert "No new deals." in seat.text() and halts(fleet) == []
        await seat.press("escape")
        await seat.until(lambda: not isinstance(seat.app.screen, Ask))
        await seat.press("h", "enter")
        await seat.until(lambda: seat.app.screen.focused is seat.app.screen.query_one("#yes", Button))
        await seat.press("tab", "enter")
        await seat.until(lambda: not isinstance(seat.app.screen, Ask))

    play(fleet.root, scene)
    assert halts(fleet) == []


@pytest.mark.parametrize("size", SIZES)
def test_the_question_and_its_buttons_have_room_in_every_window(fleet: Any, size: tuple[int, int]) -> None:
    async def scene(seat: Seat) -> None:
        await seat.sees("equity")
        assert seat.app._desk is not None
        markets = tuple(replace(one, deals=tuple(one.deals) * 6) for one in seat.app._desk.markets)
        seat.app._looker.stop()
        seat.app._desk = replace(seat.app._desk, markets=markets)
        await seat.press("F")
        await seat.sees("Flatten every market?")
        box, no = (seat.app.screen.query_one(name).region for name in ("#box", "#no"))
        assert box.y >= 0 and box.bottom <= size[1] and no.height == 3 and no.bottom < box.bottom

    play(fleet.root, scene, size)


def test_a_halt_is_journalled_with_who_and_why(fleet: Any) -> None:
    async def scene(seat: Seat) -> None:
        await seat.sees("equity")
        await seat.press("h")
        await seat.sees("Halt BTC?")
        assert isinstance(seat.app.screen.focused, Input)
        await seat.press(*"odd", "enter", "enter")
        await seat.sees("BTC: halt is in force")
        await seat.sees(f" HALT  BTC, by {person()}")

    play(fleet.root, scene)
    assert halts(fleet) == [("BTC", "halt", person(), "odd")]
    with Report.open(fleet.ledger_file) as report:
        assert report.journal(1)[0].why == f"halt by {person()}: odd"


@pytest.mark.parametrize(("key", "level"), [("F", "flatten"), ("D", "reduce"), ("H", "halt")])
def test_a_capital_letter_is_for_every_market(fleet: Any, key: str, level: str) -> None:
    async def scene(seat: Seat) -> None:
        await seat.sees("equity")
        await seat.press(key)
        await seat.sees(f"{level.capitalize()} every market?")
        assert "BTC +1 0.001 OPEN" in seat.text() and "SOL −1 1 OPEN" in seat.text()
        await seat.press("enter", "enter")
        await seat.sees(f"every market: {level} is in force")

    play(fleet.root, scene)
    assert halts(fleet) == [("*", level, person(), "a person asked for it")]


def test_a_resume_lifts_exactly_that_halt(fleet: Any) -> None:
    for market in ("BTC", "*"):
        fleet.ledger.halt(HaltLevel.HALT, market, "odd", who="anna", at_ns=fleet.now_ns)

    async def scene(seat: Seat) -> None:
        await seat.sees("HALT  BTC")
        await seat.press("r")
        await seat.sees("stays: all halt (odd)")
        await seat.press("enter", "enter")
        await seat.sees("BTC: halt lifted")
        await seat.until(lambda: "HALT  BTC" not in seat.text())
        await seat.press("r")
        await seat.sees("BTC has no halt of its own; halted: every market")
        assert not isinstance(seat.app.screen, Ask)

    play(fleet.root, scene)
    assert [one[0] for one in halts(fleet)] == ["*"]


def test_real_money_is_named_and_its_resume_refused_until_a_person_confirmed_it(fleet: Any) -> None:
    fleet.ledger.halt(HaltLevel.HALT, "*", "look first", who="anna", at_ns=fleet.now_ns)
    fleet.ledger.close()
    shutil.copy(fleet.ledger_file, fleet.root / "var" / "live.db")
    toml = fleet.root / "arb.toml"
    toml.write_text(toml.read_text().replace('mode = "paper" ', 'mode = "live" '))

    async def scene(seat: Seat) -> None:
        await seat.sees(" LIVE ")
        await seat.sees("HALT  every market")
        await seat.press("R")
        await seat.sees("REAL MONEY")
        await seat.press("enter", "enter")
        await seat.sees("not resumed")

    play(fleet.root, scene)
    with Report.open(fleet.root / "var" / "live.db") as report:
        assert [one.market for one in report.halts()] == ["*"]


def test_nothing_is_done_to_the_fleet_from_a_screen_above_the_desk(fleet: Any) -> None:
    async def scene(seat: Seat) -> None:
        await seat.sees("equity")
        await seat.press("enter")
        await seat.until(lambda: isinstance(seat.app.screen, Deals))
        await seat.press("H", "h", "F")
        assert isinstance(seat.app.screen, Deals)

    play(fleet.root, scene)
    assert halts(fleet) == []


# ---- a deal ----------------------------------------------------------------------------------------------------------


def test_enter_opens_a_markets_deals_and_a_deals_story_with_its_neighbours(fleet: Any) -> None:
    fleet.now_ns += 61 * 1_000_000_000
    fleet.open_deal("BTC", 2, 1, "0.001", "40000")

    async def scene(seat: Seat) -> None:
        await seat.sees("equity")
        await seat.press("enter")
        await seat.sees("BTC: deals, newest last")
        await seat.press("enter")
        await seat.sees("aaaaaa-BTC-2-d0 · v-aaaaaa-BTC-2-d0")
        assert isinstance(seat.app.screen, Timeline)
        assert "edge 12 bp" in seat.text() and "sell apex, buy dydx" in seat.text()
        await seat.press("left")
        await seat.sees("aaaaaa-BTC-1-d0")
        await seat.press("left")
        await seat.sees("aaaaaa-BTC-1 ")
        await seat.press("right")
        await seat.sees("aaaaaa-BTC-2-d0")
        await seat.press("escape", "escape")
        await seat.until(lambda: len(seat.app.screen_stack) == 1)

    play(fleet.root, scene)


def test_a_row_of_the_journal_opens_its_deal(fleet: Any) -> None:
    async def scene(seat: Seat) -> None:
        await seat.sees("equity")
        await seat.press("tab")
        await seat.until(lambda: seat.app.focused is seat.grid("journal"))
        about = str(seat.grid("journal").get_row_at(seat.grid("journal").row_count - 1)[1]).strip()
        await seat.press("enter")
        await seat.until(lambda: isinstance(seat.app.screen, Timeline))
        await seat.sees(f"{about} ")

    play(fleet.root, scene)


def test_a_story_that_goes_on_is_read_anew(fleet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.watch.deal_screens.LOOK_S", 0.1)

    async def scene(seat: Seat) -> None:
        await seat.sees("equity")
        await seat.press("enter")
        await seat.sees("BTC: deals, newest last")
        await seat.press("enter")
        await seat.sees("OPENING → OPEN")
        deal = next(row.deal for row in reader_deals(fleet) if row.deal.market == "BTC")
        fleet.close_deal(deal, "40010")
        await seat.sees("CLOSING → CLOSED")

    fleet.now_ns += 31 * 1_000_000_000
    play(fleet.root, scene)


def test_help_names_every_key(fleet: Any) -> None:
    async def scene(seat: Seat) -> None:
        await seat.press("question_mark")
        await seat.until(lambda: isinstance(seat.app.screen, Help))
        await seat.press("q")
        await seat.until(lambda: not isinstance(seat.app.screen, Help))
        assert seat.app.is_running, "q closed the help, not the desk"

    play(fleet.root, scene)
