"""A book that is not the newest that arrived is never decided upon: a backlog is taken in whole, lag is distrusted."""

from decimal import Decimal

import pytest

from common.core.commands import Command, Reserve
from common.core.events import BookMessage, FeedAlive, FeedDrained, FeedLost, IndexPrice, Tick
from common.core.market import Instrument, Venue
from common.core.terms import Terms
from common.core.trader import Trader
from common.core.view import BEHIND

D = Decimal
SECOND = 10**9
TERMS = Terms(market="BTC", size=D("0.01"), median_warmup_ns=SECOND)
INSTRUMENTS = {
    v: Instrument(v, "BTC", "BTC", D(1), D("0.001"), D("0.001"), D("0.0005"), D("0.05"), D("0.03")) for v in Venue
}


class Stage:
    """A warm trader of a quiet market, and books that can be shown to it."""

    def __init__(self) -> None:
        self.now, self.sequence = 100 * SECOND, 0
        self.trader = Trader(TERMS, INSTRUMENTS, incarnation="x", next_number=1, start_ns=self.now)
        for venue in Venue:
            self.trader.on(IndexPrice(venue, D(10_000), self.now))
        for _ in range(8):
            self.now += SECOND // 4
            for venue in Venue:
                self.show(venue, 10_000)
            self.trader.on(Tick(self.now))

    def show(self, venue: Venue, bid: int, *, more: bool = False) -> list[Command]:
        self.sequence += 1
        rows = (((bid, 1000, 1),), ((bid + 1, 1000, 1),))
        return self.trader.on(BookMessage(venue, True, *rows, self.sequence, self.now, more))


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_without_a_backlog_the_same_books_open_a_deal(stage: Stage) -> None:
    stage.show(Venue.APEX, 10_100)
    assert [type(command) for command in stage.show(Venue.DYDX, 10_000)] == [Reserve]


def test_a_burst_is_taken_in_whole_and_decided_upon_once_at_its_end(stage: Stage) -> None:
    stage.show(Venue.DYDX, 10_000)
    decided_ns, stage.now = stage.trader.decided_ns, stage.now + 1
    for number in range(1000):
        assert stage.show(Venue.APEX, 10_100 + number % 7, more=True) == []
    assert stage.trader.decided_ns == decided_ns, "nothing was decided while more had arrived"
    stage.trader.on(FeedAlive(Venue.DYDX, stage.now))
    stage.show(Venue.APEX, 10_090)
    [command] = stage.show(Venue.DYDX, 10_000)
    assert isinstance(command, Reserve)
    [sell] = [order for order in command.deal.orders if order.venue is Venue.APEX]
    assert sell.limit <= 10_090, "decided on the newest book, not on a dearer one of the burst"


def test_an_edge_that_a_burst_showed_and_took_back_opens_nothing(stage: Stage) -> None:
    stage.show(Venue.APEX, 10_100, more=True)
    assert stage.show(Venue.DYDX, 10_000) == [], "what dYdX says now does not make ApeX's old book newer"
    assert stage.trader.decision == BEHIND
    assert stage.show(Venue.APEX, 10_000) == []
    assert stage.show(Venue.DYDX, 10_000) == []
    assert stage.trader.decision == "edge"


def test_the_end_of_a_backlog_decides_also_where_it_is_no_book(stage: Stage) -> None:
    stage.show(Venue.DYDX, 10_000)
    stage.show(Venue.APEX, 10_100)
    stage.trader.view.hear(FeedAlive(Venue.APEX, stage.now))
    assert stage.show(Venue.DYDX, 10_000, more=True) == []
    assert [type(command) for command in stage.trader.on(FeedDrained(Venue.DYDX, stage.now))] == [Reserve]


def test_a_lost_feed_ends_its_backlog(stage: Stage) -> None:
    stage.show(Venue.APEX, 10_100, more=True)
    stage.trader.on(FeedLost(Venue.APEX, "gone", stage.now))
    stage.trader.on(FeedAlive(Venue.APEX, stage.now))
    stage.show(Venue.DYDX, 10_000)
    assert stage.trader.decision == "stale"


def test_a_connection_that_lags_makes_its_book_stale_until_it_does_not(stage: Stage) -> None:
    late_ns = TERMS.feed_lag_max_ns + 1
    stage.trader.on(FeedAlive(Venue.APEX, stage.now, late_ns))
    stage.show(Venue.APEX, 10_100)
    assert stage.show(Venue.DYDX, 10_000) == []
    assert stage.trader.decision == BEHIND
    stage.trader.on(FeedAlive(Venue.APEX, stage.now, late_ns - 1))
    assert [type(command) for command in stage.show(Venue.DYDX, 10_000)] == [Reserve]
