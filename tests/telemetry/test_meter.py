"""The meter beside a real trader, runner and ledger: what it counts is what happened, and it changes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common.core import order as orders_of
from common.core.account import AccountFacts
from common.core.events import (
    BookMessage,
    Event,
    FeedLost,
    Filled,
    Halted,
    HaltLevel,
    IndexPrice,
    Reported,
    TermsChanged,
    Tick,
)
from common.core.market import Instrument, Venue
from common.core.order import Fill, Order
from common.core.terms import Terms
from common.core.trader import Trader
from common.ledger.ledger import Ledger
from common.ledger.limits import CapTerms
from common.ledger.report import Report
from common.ledger.shapes import DealRow
from common.runner import Runner
from common.telemetry.meter import Meter
from common.telemetry.rows import FACTORS, Mark, Naked, Refused, Row, Sent, Span

D = Decimal
SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
TERMS = Terms(market="BTC", size=D("0.01"), median_warmup_ns=SECOND, market_deals_max=2)
INSTRUMENTS = {
    v: Instrument(v, "BTC", "BTC", D(1), D("0.001"), D("0.001"), D("0.0005"), D("0.05"), D("0.03")) for v in Venue
}


class House:
    """One market on a real ledger; both venues fill every order at its limit's touch, half a second later."""

    def __init__(self, file: Path, *, metered: bool = True, level: int = 4) -> None:
        self.now = START
        self.sent: list[Order] = []
        self.ledger = Ledger.create(file, created_ns=START, config_hash="c", code_version="v", pid=7)
        self.ledger.set_cap(CapTerms(D("2.5"), D(3), level, 3600 * SECOND), "start", START)
        for venue in Venue:
            self.ledger.write_account(AccountFacts(venue, 1_000_000_000, 0, (), START))
        trader = Trader(TERMS, INSTRUMENTS, incarnation="x", next_number=1, start_ns=START)
        self.meter = Meter(trader, START) if metered else None
        self.runner = Runner(trader, self.ledger, self, self.meter)
        self.sequence = 0

    # -- the world of the runner

    def now_ns(self) -> int:
        return self.now

    def send(self, orders: Sequence[Order]) -> None:
        self.sent += orders

    def afford(self, orders: Sequence[Order]) -> bool:
        return True

    def sign(self, orders: Sequence[Order]) -> None: ...

    def look_up(self, order: Order) -> None: ...

    def refresh(self, venue: Venue) -> None: ...

    def account_changed(self, venue: Venue) -> None: ...

    def make_durable(self) -> None: ...

    # -- what happens

    def hear(self, *events: Event) -> None:
        for event in events:
            self.runner.hear(event)

    def book(self, venue: Venue, bid: int, steps: int = 30) -> None:
        """Levels of `steps` (0.03 BTC at first, three times a deal), one tick apart."""
        self.sequence += 1
        rows = [tuple((price - sign * n, steps, 1) for n in range(3)) for sign, price in ((1, bid), (-1, bid + 1))]
        self.hear(BookMessage(venue, True, rows[0], rows[1], self.sequence, self.now))

    def both(self, apex: int, dydx: int) -> None:
        self.book(Venue.APEX, apex)
        self.book(Venue.DYDX, dydx)

    def pass_time(self, seconds: float, apex: int = 10_000, dydx: int = 10_000) -> None:
        for number in range(1, round(seconds * 10) + 1):
            self.now += SECOND // 10
            if number % 5 == 0:
                self.both(apex, dydx)
            self.hear(Tick(self.now))
            if self.meter is not None:
                self.meter.look(self.now)

    def warm(self) -> None:
        self.hear(*(IndexPrice(v, D(10_000), self.now) for v in Venue))
        self.pass_time(4)

    def fill_all(self, price: Callable[[Order], Decimal] = lambda order: order.limit) -> None:
        """Everything that was sent and has not been filled is."""
        self.now += SECOND // 2
        for order in self.sent:
            self.fill(order, price(order))
        self.sent.clear()

    def fill(self, order: Order, price: Decimal | None = None, parts: int = 1) -> None:
        """One order is filled now, in so many parts, half a second apart."""
        at, size = order.limit if price is None else price, order.size / parts
        for part in range(parts):
            self.now += SECOND // 2 if part else 0
            fill = Fill(order.venue, f"f{part}-{order.client_id}", order.client_id, order.side, at, size, 5, 1)
            self.hear(Filled(fill, self.now))
        self.hear(Reported(orders_of.Report(order.client_id, "v", order.size, final=True), self.now))

    def drain(self) -> tuple[Row, ...]:
        assert self.meter is not None
        return self.meter.drain(self.now)


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path / "ledger.db")
    house.warm()
    return house


def span_of(rows: Sequence[Row]) -> Span:
    (span,) = (row for row in rows if isinstance(row, Span))
    return span


def test_what_was_said_adds_up_to_the_time_that_passed(house: House) -> None:
    first = span_of(house.drain())
    house.pass_time(7.3)
    second = span_of(house.drain())
    assert first.for_ns == 4 * SECOND and sum(first.said_ns.values()) == first.for_ns
    assert second.for_ns == house.now - first.at_ns and second.said_ns == {"edge": second.for_ns}
    assert (second.seen, second.begun) == (0, {}), "no edge was there, and nothing else began to be said"


def test_an_edge_is_seen_once_however_often_it_is_asked_for(house: House) -> None:
    house.drain()
    house.runner.trader.on(TermsChanged(TERMS, house.now))
    house.pass_time(1, apex=10_100)
    assert len(house.sent) == 2, "a deal was opened"
    house.pass_time(2, apex=10_100)
    house.fill_all()
    house.pass_time(3, apex=10_100)
    span = span_of(house.drain())
    assert span.seen == 1 and span.begun["open"] >= 2, "the same edge gave two deals"
    house.pass_time(3)
    assert span_of(house.drain()).seen == 0


def test_a_second_edge_after_a_calm_is_another_one(tmp_path: Path) -> None:
    house = House(tmp_path / "ledger.db")
    house.warm()
    house.hear(Halted(HaltLevel.HALT, house.now))
    house.drain()
    for apex in (10_100, 10_000, 10_100):
        house.pass_time(1, apex=apex)
    span = span_of(house.drain())
    assert span.seen == 2 and span.said_ns["would open"] > SECOND, "halted, it still says what it would do"
    assert "would open +1" not in " ".join(span.begun), "figures are no words"


def test_a_refusal_is_told_with_what_it_would_have_been_worth(tmp_path: Path) -> None:
    house = House(tmp_path / "ledger.db", level=1)
    house.warm()
    house.pass_time(1, apex=10_100)
    house.fill_all()
    house.pass_time(3, apex=10_100)
    refused = [row for row in house.drain() if isinstance(row, Refused)]
    assert len(refused) >= 2, "asked again each second"
    assert {(row.reason, row.direction, row.market) for row in refused} == {("level", 1, "BTC")}
    assert all(row.edge_uusd > 0 for row in refused)


def test_an_order_is_told_with_the_quote_it_rests_on(house: House) -> None:
    house.pass_time(1, apex=10_100)
    sent = {row.venue: row for row in house.drain() if isinstance(row, Sent)}
    assert {v: (s.side, s.expected, s.touch) for v, s in sent.items()} == {
        "apex": ("SELL", "10100", "10100"),
        "dydx": ("BUY", "10001", "10001"),
    }
    orders = {order.venue.value: order for order in house.sent}
    assert {v: s.client_id for v, s in sent.items()} == {v: o.client_id for v, o in orders.items()}
    assert all(row.took_ns == row.at_ns - orders[v].created_ns for v, row in sent.items())


def test_a_close_rests_on_its_own_quotes(house: House) -> None:
    house.pass_time(1, apex=10_100)
    house.fill_all()
    house.drain()
    house.pass_time(2, apex=9_950)
    closing = [row for row in house.drain() if isinstance(row, Sent) and row.purpose == "CLOSE"]
    assert {(row.venue, row.side, row.expected) for row in closing[:2]} == {
        ("apex", "BUY", "9951"),
        ("dydx", "SELL", "10000"),
    }


def test_an_order_whose_limit_is_not_that_of_the_quote_has_none(house: House) -> None:
    house.pass_time(1, apex=10_100)
    house.drain()
    assert house.meter is not None
    house.meter.sent([replace(house.sent[0], limit=D(1))], house.now)
    (row,) = (row for row in house.drain() if isinstance(row, Sent))
    assert (row.expected, row.touch) == ("", "")


def test_how_long_a_deal_was_uneven_is_told_once_it_is_even(house: House) -> None:
    house.drain()
    house.pass_time(1, apex=10_100)
    first, second = house.sent[:2]
    house.fill(first, parts=2)
    house.pass_time(2, apex=10_100)
    assert not [row for row in house.drain() if isinstance(row, Naked)], "not over yet"
    house.fill(second)
    (naked,) = [row for row in house.drain() if isinstance(row, Naked)]
    assert (naked.deal_id, naked.for_ns) == (first.deal_id, 2 * SECOND + SECOND // 2), "since the first part"


def test_what_the_ledger_took_stands_with_the_opening_and_with_no_other_order(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve = house.ledger.reserve

    def slow(*given: Any) -> Any:
        house.now += 7_000_000
        return reserve(*given)

    monkeypatch.setattr(house.ledger, "reserve", slow)
    house.pass_time(1, apex=10_100)
    house.fill_all()
    house.pass_time(2)
    house.fill_all()
    told = {row.purpose: row.reserve_ns for row in house.drain() if isinstance(row, Sent)}
    assert told["OPEN"] == 7_000_000 and set(told.values()) == {7_000_000, 0}


def test_a_book_that_was_lost_is_counted_in_its_span(house: House) -> None:
    house.drain()
    house.hear(FeedLost(Venue.APEX, "gap", house.now), FeedLost(Venue.APEX, "gap", house.now))
    assert span_of(house.drain()).lost == {"dydx": 0, "apex": 2}
    assert span_of(house.drain()).lost == {"dydx": 0, "apex": 0}


def test_fills_are_marked_after_one_five_and_thirty_seconds(house: House) -> None:
    house.pass_time(1, apex=10_100)
    house.fill_all()
    filled_ns = house.now
    house.hear(Halted(HaltLevel.HALT, house.now))
    house.pass_time(4, apex=10_100)
    house.pass_time(28, apex=10_040)
    marks = [row for row in house.drain() if isinstance(row, Mark) and row.venue == "apex"]
    assert [mark.after_s for mark in marks] == [1, 5, 30]
    assert [(mark.at_ns - filled_ns) // (SECOND // 10) for mark in marks] == [10, 50, 300]
    assert [D(mark.mid) for mark in marks] == [D("10100.5"), D("10040.5"), D("10040.5")]


def test_edges_and_the_curve_against_size_are_those_of_the_best_look(house: House) -> None:
    house.hear(Halted(HaltLevel.HALT, house.now))
    house.drain()
    house.pass_time(3)
    house.pass_time(3, apex=10_100)
    house.pass_time(3)
    span = span_of(house.drain())
    mean, best = span.edge_bps["+1"]
    assert best > 50 > mean > span.edge_bps["-1"][0]
    assert span.curve_bps[0] == best, "at once the size"
    known = [edge for edge in span.curve_bps if edge is not None]
    assert known == sorted(known, reverse=True) and len(span.curve_bps) == len(FACTORS)
    assert span.curve_bps[3:] == (None,) * 4, "0.09 BTC a side, less than ten deals"


def test_quotes_are_what_the_size_is_sold_and_bought_for(house: House) -> None:
    house.pass_time(1, apex=10_003, dydx=9_999)
    assert span_of(house.drain()).quotes == {"apex": ("10003", "10004"), "dydx": ("9999", "10000")}
    house.now += 10 * SECOND
    assert span_of(house.drain()).quotes == {}, "nothing was heard for ten seconds"


def test_silence_is_told(house: House) -> None:
    house.drain()
    house.now += SECOND
    assert house.meter is not None
    house.meter.look(house.now)
    assert span_of(house.drain()).age_ms == {"dydx": 1000, "apex": 1000}


def test_a_metered_house_does_the_same_as_another(tmp_path: Path) -> None:
    done = []
    for metered in (True, False):
        house = House(tmp_path / f"{metered}.db", metered=metered)
        house.warm()
        for apex in (10_100, 10_000, 9_950, 10_030, 10_200, 9_900):
            house.pass_time(1, apex=apex)
            house.fill_all()
            house.pass_time(2, apex=apex)
        done.append([(d.deal.deal_id, d.deal.state, len(d.deal.orders)) for d in deals_of(tmp_path / f"{metered}.db")])
    assert done[0] == done[1] and len(done[0]) > 1


def deals_of(file: Path) -> Sequence[DealRow]:
    with Report.open(file) as report:
        return report.deals()
