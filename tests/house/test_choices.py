"""What a person chose in the ledger is read by the worker that owns the market, and carried out there."""

import logging
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from common import clock
from common.core.account import AccountFacts
from common.core.deal import Deal, DealState
from common.core.events import BookMessage, LookedUp, Tick, Way
from common.core.market import Direction, Instrument, Side, Venue
from common.core.opening import WOULD_OPEN
from common.core.order import Absent, Fill, Found, Lifetime, Order, Purpose, Report
from common.core.terms import Terms
from common.core.trader import Trader
from common.housekeeping import Housekeeping
from common.ledger.ledger import Ledger
from common.ledger.limits import CapTerms
from common.live import LiveWorld
from common.recovery import recovery
from common.runner import Runner

D = Decimal
SECOND_NS = 1_000_000_000
TERMS = Terms(market="BTC", size=D("0.001"))
INSTRUMENTS = {
    v: Instrument(v, "BTC", "BTC", D(1), D("0.001"), D("0.001"), D("0.0005"), D("0.05"), D("0.03")) for v in Venue
}


class World:
    """Takes what is sent, and answers nothing."""

    def __init__(self) -> None:
        self.hear: Any = None
        self.sent: list[Order] = []
        self.desks: dict[Venue, Any] = {}

    def now_ns(self) -> int:
        return clock.now_ns()

    def send(self, orders: Sequence[Order]) -> None:
        self.sent += orders

    def sign(self, orders: Sequence[Order]) -> None:
        raise AssertionError("nothing is near")

    def afford(self, orders: Sequence[Order]) -> bool:
        return True

    def look_up(self, order: Order) -> None: ...

    def refresh(self, venue: Venue) -> None: ...

    def account_changed(self, venue: Venue) -> None: ...

    def make_durable(self) -> None: ...


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    now_ns = clock.now_ns()
    ledger = Ledger.create(tmp_path / "ledger.db", created_ns=now_ns, config_hash="c", code_version="v", pid=7)
    ledger.set_cap(CapTerms(D("2.5"), D(3), 4, 30 * SECOND_NS), "start", now_ns)
    for venue in Venue:
        ledger.write_account(AccountFacts(venue, 100_000_000, 0, (), now_ns))
    return ledger


@pytest.fixture
def stuck(ledger: Ledger) -> Deal:
    """Bought at dYdX; the ApeX leg is proven dead, and so is a minute of trying."""
    name, at_ns = "aaaaaa-BTC-1", clock.now_ns() - SECOND_NS
    rest = (Purpose.OPEN, D("0.001"), D(40_000), Lifetime.FOK, False, at_ns)
    bought = Order(f"{name}-d0", name, Venue.DYDX, "BTC", Side.BUY, *rest)
    missed = Order(f"{name}-a1", name, Venue.APEX, "BTC", Side.SELL, *rest)
    deal = Deal(
        deal_id=name,
        market="BTC",
        number=1,
        direction=Direction.SELL_APEX,
        size=D("0.001"),
        state=DealState.OPENING,
        held_uusd=41_000_000,
        edge_uusd=1_500,
        opened_ns=at_ns,
        changed_ns=at_ns,
        orders=(bought, missed),
    )
    assert isinstance(ledger.reserve(deal, "edge"), Deal)
    fill = Fill(Venue.DYDX, "f", bought.client_id, Side.BUY, D(40_000), D("0.001"), 20_000, at_ns)
    ledger.record(LookedUp(bought.client_id, Found(Report(bought.client_id, "v", D("0.001"), final=True), (fill,)), 1))
    ledger.record(LookedUp(missed.client_id, Absent(proven=True), 2))
    return ledger.move(name, DealState.STUCK, deal.held_uusd, "a test", at_ns)


def worker(ledger: Ledger) -> tuple[Housekeeping, World, Runner]:
    """A worker that has just recovered and heard both books."""
    world, now_ns = World(), clock.now_ns()
    trader = Trader(TERMS, INSTRUMENTS, incarnation="x", next_number=2, start_ns=now_ns)
    runner = Runner(trader, ledger, world)
    house = Housekeeping(runner, cast(LiveWorld, world))
    for event in recovery(ledger, "BTC", INSTRUMENTS, now_ns):
        house.hear(event)
    for venue in Venue:
        house.hear(BookMessage(venue, True, ((39_999, 9, 1),), ((40_000, 9, 1),), 1, clock.now_ns()))
    return house, world, runner


@pytest.mark.parametrize(
    ("way", "venue", "reduce_only"), [(Way.CLOSE, Venue.DYDX, True), (Way.COMPLETE, Venue.APEX, False)]
)
def test_a_worker_obeys_within_one_look_at_the_ledger(
    ledger: Ledger, stuck: Deal, way: Way, venue: Venue, reduce_only: bool
) -> None:
    house, world, _ = worker(ledger)
    house.hear(Tick(clock.now_ns()))
    assert not world.sent, "stuck, and not yet time to try again"
    ledger.resolve(stuck.deal_id, way, "a test", who="ann", at_ns=clock.now_ns())
    house.look_at_choices()
    house.hear(Tick(clock.now_ns()))
    (order,) = world.sent
    assert (order.venue, order.side, order.reduce_only) == (venue, Side.SELL, reduce_only)
    assert (kept := ledger.deal(stuck.deal_id)) is not None and order.client_id == kept.orders[-1].client_id


def test_what_a_halted_market_would_open_is_logged_once_and_shown_for_a_while(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    house, _, runner = worker(ledger)
    now_ns = clock.now_ns()
    with caplog.at_level(logging.INFO):
        for decision in ("halted", f"{WOULD_OPEN} +1, edge 2.00 bp", f"{WOULD_OPEN} +1, edge 3.00 bp", "halted"):
            runner.trader.decision = decision
            house.tell_would()
    assert [r.getMessage() for r in caplog.records if "would_open" in r.getMessage()] == [
        "would_open market=BTC says='would open +1, edge 2.00 bp'"
    ]
    assert house.saying(now_ns + 5 * SECOND_NS).startswith("would open +1, edge 3.00 bp, ")
    assert house.saying(now_ns + 90 * SECOND_NS) == "halted"
    runner.trader.decision = "edge"
    assert house.saying(now_ns + 5 * SECOND_NS) == "edge"


def test_a_worker_that_starts_later_knows_what_was_kept(
    ledger: Ledger, stuck: Deal, caplog: pytest.LogCaptureFixture
) -> None:
    ledger.resolve(stuck.deal_id, Way.KEEP, "a test", who="ann", at_ns=clock.now_ns())
    house, world, _ = worker(ledger)
    with caplog.at_level(logging.INFO):
        house.hear(Tick(clock.now_ns() + 3600 * SECOND_NS))
    assert not world.sent and "alert" not in caplog.text


def test_a_stuck_deal_is_one_alert_line_and_one_when_it_is_over(
    ledger: Ledger, stuck: Deal, caplog: pytest.LogCaptureFixture
) -> None:
    house, _, _ = worker(ledger)
    with caplog.at_level(logging.INFO):
        house.hear(Tick(clock.now_ns()))
        house.hear(Tick(clock.now_ns()))
        ledger.resolve(stuck.deal_id, Way.KEEP, "a test", who="ann", at_ns=clock.now_ns())
        house.look_at_choices()
        house.hear(Tick(clock.now_ns()))
    lines = [record.getMessage() for record in caplog.records if "what=stuck" in record.getMessage()]
    assert lines == [
        f"alert severity=high what=stuck market=BTC deal={stuck.deal_id} why='arbctl deal show {stuck.deal_id}'",
        f"alert_over what=stuck market=BTC deal={stuck.deal_id}",
    ]
