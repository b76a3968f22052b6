"""A worker after a power cut: both venues are asked for the deal that its file has forgotten; then it goes on."""

import asyncio
import logging
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from common import boot, clock, housekeeping
from common.core.account import AccountFacts, ForcedFill
from common.core.deal import Deal, DealState
from common.core.errors import VenueError
from common.core.events import Answered
from common.core.forgotten import OVER_AFTER_NS, SLACK_NS
from common.core.history import History, PastOrder
from common.core.market import Direction, Instrument, Side, Venue
from common.core.order import Fill, Lifetime, Order, Purpose, Reject, Report
from common.core.terms import SECOND_NS, Terms
from common.core.trader import Trader
from common.housekeeping import Housekeeping
from common.ledger.ledger import Ledger
from common.ledger.limits import CapTerms
from common.ledger.report import Report as LedgerReport
from common.live import LiveWorld
from common.runner import Runner

D = Decimal
SIZE, PRICE = D("0.001"), D(40_000)
INSTRUMENTS = {
    v: Instrument(v, "BTC", "BTC", D(1), D("0.0001"), D("0.001"), D("0.0005"), D("0.05"), D("0.03")) for v in Venue
}


class Desk:
    """A venue that tells what it knows, after `silent` times without an answer."""

    def __init__(self, venue: Venue, told: History, silent: int = 0) -> None:
        self.venue, self.told, self.silent = venue, told, silent
        self.asked: list[int] = []
        #: set when it is asked for the third time
        self.third: asyncio.Event | None = None

    async def history(self, since_ns: int) -> History:
        self.asked.append(since_ns)
        if len(self.asked) == 3 and self.third is not None:
            self.third.set()
        if len(self.asked) <= self.silent:
            raise VenueError("no answer")
        return self.told


class World:
    """Sends nothing and hears nothing."""

    def __init__(self, desks: dict[Venue, Desk]) -> None:
        self.desks = desks
        self.hear: Any = None
        self.sync: Any = None
        self.sent: list[Order] = []

    def now_ns(self) -> int:
        return clock.now_ns()

    def send(self, orders: Sequence[Order]) -> None:
        self.sent += orders

    def afford(self, orders: Sequence[Order]) -> bool:
        return True

    def look_up(self, order: Order) -> None: ...

    def refresh(self, venue: Venue) -> None: ...

    def account_changed(self, venue: Venue) -> None: ...

    def make_durable(self) -> None: ...


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A file whose market was traded when the power failed."""
    now_ns = clock.now_ns()
    ledger = Ledger.create(tmp_path / "ledger.db", created_ns=now_ns, config_hash="c", code_version="v", pid=7)
    ledger.set_cap(CapTerms(D("2.5"), D(3), 4, 30 * SECOND_NS), "start", now_ns)
    for venue in Venue:
        ledger.write_account(AccountFacts(venue, 100_000_000, 0, (), now_ns))
    ledger.begin("BTC", "boot-1", now_ns)
    return ledger


def past(name: str, venue: Venue, side: Side, *, filled: Decimal = SIZE, final: bool = True) -> History:
    """What a venue tells of one order of ours."""
    report = Report(name, f"v-{name}", filled, final)
    order = PastOrder(venue, "BTC", side, SIZE, PRICE, Lifetime.FOK, False, clock.now_ns(), report)
    fill = Fill(venue, f"f-{name}", name, side, PRICE, SIZE, 20_000, clock.now_ns())
    return History(venue, (order,), (fill,))


def forgotten(ledger: Ledger, number: int = 1, **of_apex: Any) -> dict[Venue, History]:
    """Both legs of the deal that was reserved last, under the ids that the file would give it."""
    deal = f"{ledger.incarnation}-BTC-{number}"
    return {
        Venue.DYDX: past(f"{deal}-d1", Venue.DYDX, Side.BUY),
        Venue.APEX: past(f"{deal}-a0", Venue.APEX, Side.SELL, **of_apex),
    }


def worker(
    ledger: Ledger, told: dict[Venue, History], silent: int = 0
) -> tuple[Housekeeping, Runner, dict[Venue, Desk]]:
    desks = {venue: Desk(venue, history, silent) for venue, history in told.items()}
    doubt = ledger.begin("BTC", "boot-2", clock.now_ns())
    trader = Trader(
        Terms(market="BTC", size=SIZE), INSTRUMENTS, incarnation=ledger.incarnation, next_number=1, start_ns=0
    )
    runner = Runner(trader, ledger, World(desks), doubt=doubt)
    return Housekeeping(runner, cast(LiveWorld, World(desks))), runner, desks


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine has been up for long, and an answer is asked for again at once."""
    monkeypatch.setattr(clock, "monotonic_ns", lambda: OVER_AFTER_NS)
    monkeypatch.setattr(housekeeping, "REMEMBER_S", 0.0)


async def remember(house: Housekeeping) -> None:
    async with asyncio.timeout(10):
        await house._remember()


def test_a_forgotten_deal_is_found_at_both_venues_and_followed_through(ledger: Ledger) -> None:
    told = forgotten(ledger)
    name = told[Venue.DYDX].orders[0].report.client_id.rpartition("-")[0]
    house, runner, desks = worker(ledger, told, silent=1)
    asyncio.run(remember(house))
    assert runner.doubt is None and not ledger.doubts()
    deal = ledger.deal(name)
    assert deal is not None and (deal.state, deal.held_uusd, len(deal.fills)) == (DealState.OPEN, 40_000_000, 2)
    assert runner.trader.deals[name] == deal, "its worker goes on with it"
    assert all(len(desk.asked) >= 1 for desk in desks.values())
    assert ledger.next_number("BTC") == 2 and not name.startswith(ledger.incarnation)


def test_what_did_not_fill_is_nobodys(ledger: Ledger, tmp_path: Path) -> None:
    house, _, desks = worker(ledger, {venue: History(venue) for venue in Venue})
    asyncio.run(remember(house))
    assert not ledger.doubts() and not ledger.live_deals()
    with LedgerReport.open(tmp_path / "ledger.db") as report:
        row = report.journal(100)[-1]
    assert (row.verb, row.why) == ("dispel", "both venues were asked: nothing was forgotten")
    since_ns = desks[Venue.DYDX].asked[0]
    assert clock.now_ns() - SLACK_NS - 60 * SECOND_NS < since_ns < clock.now_ns() - SLACK_NS


def test_nobody_is_asked_before_the_last_order_can_be_over(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "monotonic_ns", lambda: OVER_AFTER_NS - 3600 * SECOND_NS)
    house, runner, desks = worker(ledger, forgotten(ledger))

    async def for_a_moment() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await house._remember()

    asyncio.run(for_a_moment())
    assert runner.doubt is not None and not any(desk.asked for desk in desks.values())


def test_an_order_that_may_still_fill_is_waited_for(ledger: Ledger) -> None:
    told = forgotten(ledger, final=False, filled=D(0))
    house, runner, desks = worker(ledger, told)

    async def until_final() -> None:
        third = desks[Venue.APEX].third = asyncio.Event()
        task = asyncio.create_task(house._remember())
        await third.wait()
        assert runner.doubt is not None and not ledger.live_deals()
        desks[Venue.APEX].told = past(told[Venue.APEX].orders[0].report.client_id, Venue.APEX, Side.SELL)
        await task

    asyncio.run(until_final())
    (deal,) = ledger.live_deals()
    assert len(deal.fills) == 2


def test_a_forced_fill_waits_until_the_deal_that_bears_it_is_known(ledger: Ledger) -> None:
    before = reservation(ledger, 1)
    ledger.reserve(before, "edge")
    for order in before.orders:
        ledger.record(Answered(order.client_id, Reject("no"), clock.now_ns()))
    ledger.move(before.deal_id, DealState.VOID, 0, "nothing filled", clock.now_ns())
    told = forgotten(ledger, 2)
    house, runner, _ = worker(ledger, told)
    forced = ForcedFill(Venue.APEX, "adl", "BTC", Side.BUY, PRICE, SIZE, 0, clock.now_ns(), clock.now_ns())
    runner.hear_account(forced)
    asyncio.run(remember(house))
    runner.hear_account(forced)
    (deal,) = ledger.live_deals()
    assert deal.position(Venue.APEX) == 0 and deal.position(Venue.DYDX) == SIZE


def test_orders_of_others_and_of_other_markets_are_left_alone(ledger: Ledger) -> None:
    told = forgotten(ledger)
    theirs = past("hand-abc", Venue.APEX, Side.SELL)
    name = told[Venue.APEX].orders[0].report.client_id.replace("BTC", "ETH")
    other = replace(past(name, Venue.APEX, Side.SELL).orders[0], market="ETH")
    told[Venue.APEX] = History(Venue.APEX, (*theirs.orders, other), theirs.fills)
    told[Venue.DYDX] = History(Venue.DYDX)
    house, _, _ = worker(ledger, told)
    asyncio.run(remember(house))
    assert not ledger.live_deals() and not ledger.doubts()


# ---- the disk beside the loop -----------------------------------------------------------------------------------


def test_the_disk_is_waited_for_in_another_thread_after_the_orders_were_started() -> None:
    done: list[tuple[str, bool]] = []

    async def play() -> None:
        class Sending:
            def prepare(self, order: Any) -> bytes:
                return b""

            async def send(self, order: Any, body: bytes) -> None:
                done.append(("send", threading.current_thread() is threading.main_thread()))

        world = LiveWorld(cast(Any, {Venue.DYDX: Sending()}), {}, logging.getLogger("test"))
        world.hear = lambda event: None
        world.sync = lambda: done.append(("sync", threading.current_thread() is threading.main_thread()))
        order = Order("x-BTC-1-d0", "x-BTC-1", Venue.DYDX, "BTC", Side.BUY, Purpose.OPEN, SIZE, PRICE,
                      Lifetime.FOK, False, 1)  # fmt: skip
        world.send([order])
        world.make_durable()
        await asyncio.gather(*world._tasks)

    asyncio.run(play())
    assert done == [("send", True), ("sync", False)]


def test_a_disk_that_fails_beside_the_loop_fails_the_worker() -> None:
    async def play() -> None:
        world = LiveWorld({}, {}, logging.getLogger("test"))

        def broken() -> None:
            raise VenueError("stands for any failure")

        world.sync = broken
        world.make_durable()
        with pytest.raises(VenueError, match="any failure"):
            async with asyncio.timeout(10):
                await world.failure

    asyncio.run(play())


def test_the_machine_tells_its_lives_apart_or_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = boot.boot_name()
    assert name == boot.boot_name()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(boot, "LINUX", tmp_path / "boot_id")
    assert boot.boot_name() is None
    (tmp_path / "boot_id").write_text("one\n")
    assert boot.boot_name() == "one"


def test_a_deal_is_whole_without_reading_it_back(ledger: Ledger) -> None:
    """What a reservation returns is what the file has."""
    assert ledger.begin("BTC", "boot-1", clock.now_ns()) is None
    deal = reservation(ledger, 1)
    assert ledger.reserve(deal, "edge") == deal == ledger.deal(deal.deal_id)


def reservation(ledger: Ledger, number: int) -> Deal:
    name, now_ns = f"{ledger.incarnation}-BTC-{number}", clock.now_ns()
    rest = (Purpose.OPEN, SIZE, D("40000.50"), Lifetime.FOK, False, now_ns)
    orders = (
        Order(f"{name}-a0", name, Venue.APEX, "BTC", Side.SELL, *rest),
        Order(f"{name}-d1", name, Venue.DYDX, "BTC", Side.BUY, *rest),
    )
    return Deal(
        name, "BTC", number, Direction.SELL_APEX, SIZE, DealState.OPENING, 41_000_000, 5, now_ns, now_ns, orders
    )
