"""One look and what follows: never a row from a stale answer, each warning once, a board for whoever asks."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from common.core.account import AccountFacts, Position
from common.core.events import HaltLevel
from common.core.market import Venue
from common.core.terms import SECOND_NS
from common.ledger.ledger import Ledger
from common.ledger.limits import CapTerms
from common.ledger.watch import LedgerWatch
from common.venues.base import ClockReading, Outlook
from common.warden import board
from common.warden.board import Board
from common.warden.hand import Alerts, Hand
from common.warden.judge import Judge
from common.warden.lookout import ANSWER_MAX_NS, SILENCE_NS, Lookout
from common.warden.memory import Memory
from common.warden.terms import WardenTerms
from common.warden.turns import Turns

NOW = 1_700_000_000 * SECOND_NS
USD = 1_000_000


class Scene:
    """A lookout with a ledger and a clock that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.now_ns, self.folder = NOW, folder
        self.ledger = Ledger.create(folder / "l.db", created_ns=NOW, config_hash="c", code_version="v", pid=7)
        self.ledger.set_cap(CapTerms(Decimal("2.5"), Decimal(3), 4, 5 * SECOND_NS), "start", NOW)
        self.watch = LedgerWatch.open(folder / "l.db")
        hand = Hand((self.ledger, self.watch), ("BTC",), Alerts(logging.getLogger("warden")), lambda: self.now_ns)
        memory = Memory(folder / "warden.json", self.watch.origin)
        judge, made = Judge(WardenTerms(), {}), Board(folder / board.FILE)
        self.lookout = Lookout(self.ledger, self.watch, judge, hand, memory, made, Turns(), lambda: self.now_ns)

    def look(self, *accounts: AccountFacts, seconds: float = 2) -> None:
        before = self.lookout.begin()
        self.lookout.end(before, {facts.venue: facts for facts in accounts}, None)
        self.now_ns += int(seconds * SECOND_NS)

    def account(self, venue: Venue, usd: int = 100) -> AccountFacts:
        return AccountFacts(venue, usd * USD, 0, (), self.now_ns)

    def close(self) -> None:
        self.watch.close()
        self.ledger.close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(("seconds", "taken"), [(0, True), (3, True), (3.001, False), (60, False)])
def test_an_answer_that_was_long_under_way_makes_no_row_and_is_judged_by_nobody(
    scene: Scene, seconds: float, taken: bool
) -> None:
    assert ANSWER_MAX_NS == 3 * SECOND_NS
    asked_ns, facts = scene.now_ns, scene.account(Venue.DYDX)
    scene.now_ns += int(seconds * SECOND_NS)
    assert (scene.lookout.take_account(facts, asked_ns) is facts) is taken
    assert (scene.ledger.account_age(Venue.DYDX, scene.now_ns) is not None) is taken


def test_a_venue_that_is_silent_is_told_about_after_a_while_once_and_when_it_is_back(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(6):
        scene.lookout.unheard(Venue.APEX, "http 502")
        scene.now_ns += SILENCE_NS // 2
    assert len([line for line in caplog.messages if "what=no_answer venue=apex" in line]) == 1
    scene.lookout.heard(Venue.APEX)
    scene.now_ns += 2 * SILENCE_NS
    scene.lookout.unheard(Venue.APEX, "http 502")
    assert len([line for line in caplog.messages if "what=no_answer venue=apex" in line]) == 2


def test_equities_too_far_apart_are_told_about_with_the_transfer_once(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        scene.look(scene.account(Venue.DYDX, 50), scene.account(Venue.APEX))
    told = [line for line in caplog.messages if "equities_apart" in line]
    assert len(told) == 1 and "25.00 USD from apex to dydx" in told[0]
    scene.look(scene.account(Venue.DYDX, 61), scene.account(Venue.APEX))
    scene.look(scene.account(Venue.DYDX, 50), scene.account(Venue.APEX))
    assert len([line for line in caplog.messages if "equities_apart" in line]) == 2
    assert scene.ledger.halt_level("BTC") is HaltLevel.NONE, "a transfer is for a person"


def test_dollars_apart_halt_every_market_and_let_go_by_themselves(scene: Scene) -> None:
    index = {Venue.DYDX: Decimal(1000), Venue.APEX: Decimal(1006)}
    apart = {venue: {"BTC": Outlook(price, Decimal(0))} for venue, price in index.items()}
    for _ in range(2):
        scene.lookout.take_outlooks(apart)
    assert scene.ledger.halt_level("BTC") is HaltLevel.HALT
    scene.lookout.take_outlooks({venue: {"BTC": Outlook(Decimal(1000), Decimal(0))} for venue in Venue})
    for _ in range(40):
        scene.look(*(scene.account(venue) for venue in Venue))
    assert scene.ledger.halt_level("BTC") is HaltLevel.NONE


def test_a_clock_that_is_off_halts_and_lets_go_when_it_is_right_again(scene: Scene) -> None:
    for _ in range(3):
        scene.lookout.take_clock(ClockReading(Venue.APEX, 3 * SECOND_NS, 0, scene.now_ns))
    assert scene.ledger.halt_level("BTC") is HaltLevel.HALT
    scene.lookout.take_clock(ClockReading(Venue.APEX, 0, 0, scene.now_ns))
    for _ in range(40):
        scene.look(*(scene.account(venue) for venue in Venue))
    assert scene.ledger.halt_level("BTC") is HaltLevel.NONE


# ---- the board ----------------------------------------------------------------------------------------------------


def test_the_board_shows_the_last_look_and_is_believed_for_a_moment_only(scene: Scene) -> None:
    path = scene.folder / board.FILE
    assert board.read(path, NOW) is None
    held = (Position("BTC", Decimal("0.01"), Decimal(1), Decimal(40_000)),)
    carries = replace(scene.account(Venue.DYDX), gross_uusd=400 * USD, positions=held)
    scene.lookout.take_outlooks({v: {"BTC": Outlook(Decimal(1000 + (v is Venue.APEX)), Decimal("0.1"))} for v in Venue})
    scene.look(carries, scene.account(Venue.APEX), seconds=0)
    seen = board.read(path, NOW)
    assert seen is not None
    assert seen.distances == {Venue.DYDX: Decimal("0.2"), Venue.APEX: None}
    assert seen.parted_bps == 10
    assert seen.outlooks[Venue.APEX]["BTC"] == Outlook(Decimal(1001), Decimal("0.1"))
    assert board.read(path, NOW + board.AGE_MAX_NS) is not None
    assert board.read(path, NOW + board.AGE_MAX_NS + 1) is None
    assert board.read(path, NOW - 1) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", '{"at_ns": 1}', '{"at_ns": "x", "distances": {}, "outlooks": {}}']
)
def test_a_board_that_cannot_be_read_shows_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / board.FILE
    path.write_text(text)
    assert board.read(path, 1) is None


def test_a_disk_that_refuses_costs_the_board_alone(scene: Scene) -> None:
    scene.lookout.board.path = scene.folder / "nowhere" / board.FILE
    scene.look(*(scene.account(venue) for venue in Venue))
