"""The trader against a model ledger and model venues: what it does on every way a deal can go."""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

import pytest

from common.core.commands import Alert, Command, HaltMarket, LookUp, Move, Record, Refresh, Reserve, Send, Write
from common.core.deal import Deal, DealState
from common.core.events import (
    Answered,
    BookMessage,
    DealChanged,
    Event,
    FeedLost,
    Filled,
    Halted,
    HaltLevel,
    IndexPrice,
    InstrumentUpdate,
    LookedUp,
    Refused,
    Reported,
    StopRequested,
    TermsChanged,
    Tick,
    Way,
    Wished,
)
from common.core.market import Direction, Instrument, Side, Venue
from common.core.order import (
    Absent,
    Ack,
    Fill,
    Found,
    Lifetime,
    NotSent,
    Order,
    OrderState,
    Purpose,
    Reject,
    Report,
    Unknown,
)
from common.core.terms import Rung, Terms
from common.core.trader import Trader

D = Decimal
SECOND = 10**9
TERMS = Terms(market="BTC", size=D("0.01"), median_warmup_ns=SECOND, market_deals_max=2)
INSTRUMENTS = {
    v: Instrument(v, "BTC", "BTC", D(1), D("0.001"), D("0.001"), D("0.0005"), D("0.05"), D("0.03")) for v in Venue
}


class House:
    """Plays ledger and venues: rows in a dict, orders answered by what the test set in `fate`."""

    def __init__(self, terms: Terms = TERMS) -> None:
        self.now = 100 * SECOND
        self.trader = self.start(terms)
        self.rows: dict[str, Deal] = {}
        self.sent: list[Order] = []
        self.commands: list[Command] = []
        self.refuse = ""
        self.lose = 0
        self.sequence = 0
        #: what a venue does with an order by (venue, purpose): fill | kill | reject | silent
        self.fate: dict[tuple[Venue, Purpose], str] = {}
        self.queue: deque[Event] = deque()

    def start(self, terms: Terms) -> Trader:
        return Trader(terms, INSTRUMENTS, incarnation="x", next_number=1, start_ns=self.now)

    # -- what the world does

    def hear(self, *events: Event) -> None:
        self.queue.extend(events)
        for _ in range(1000):
            if not self.queue:
                return
            for command in self.trader.on(self.queue.popleft()):
                self.commands.append(command)
                self.do(command)
        pytest.fail("the trader never comes to rest")

    def book(self, venue: Venue, bid: int, ask: int, steps: int = 1000) -> None:
        self.sequence += 1
        self.hear(BookMessage(venue, True, ((bid, steps, 1),), ((ask, steps, 1),), self.sequence, self.now))

    def both(self, apex: tuple[int, int], dydx: tuple[int, int]) -> None:
        self.book(Venue.APEX, *apex)
        self.book(Venue.DYDX, *dydx)

    def warm(self) -> None:
        self.hear(*(IndexPrice(v, D(10_000), self.now) for v in Venue))
        for _ in range(8):
            self.now += SECOND // 4
            self.both((10_000, 10_001), (10_000, 10_001))
            self.hear(Tick(self.now))

    def gap(self) -> None:
        """ApeX 100 bp dearer, confirmed by a message of the other venue."""
        self.now += SECOND // 10
        self.both((10_100, 10_101), (10_000, 10_001))

    def tick(self, seconds: float) -> None:
        self.now += int(seconds * SECOND)
        self.hear(Tick(self.now))

    def pass_time(self, seconds: float) -> None:
        """Ticks as often as a worker makes them, on books that are repeated once a second."""
        last: dict[Venue, tuple[int, int]] = {}
        for venue, book in self.trader.view.books.items():
            bid, ask = book.bids.best(), book.asks.best()
            if bid is not None and ask is not None and not book.stale:
                last[venue] = (bid, ask)
        for number in range(1, round(seconds * 20) + 1):
            self.now += SECOND // 20
            if number % 20 == 0:
                for venue, touch in last.items():
                    self.book(venue, *touch)
            self.hear(Tick(self.now))

    def restarted(self, after_s: float = 0) -> "House":
        """Another process on the same rows, books and index heard again."""
        again = House()
        again.now = self.now + int(after_s * SECOND)
        again.trader = again.start(TERMS)
        again.rows, again.fate, again.sent = dict(self.rows), self.fate, list(self.sent)
        again.hear(*(IndexPrice(v, D(10_000), again.now) for v in Venue))
        again.both((10_100, 10_101), (10_000, 10_001))
        again.hear(DealChanged(again.deal, again.now))
        return again

    # -- the model ledger

    def do(self, command: Command) -> None:
        match command:
            case Reserve():
                self.hear_later(Refused(self.refuse, self.now) if self.refuse else self.put(command.deal))
            case Write(deal_id=name, orders=orders, to=to):
                deal = self.rows[name]
                self.hear_later(self.put(replace(deal, orders=deal.orders + orders, state=to or deal.state)))
            case Move(deal_id=name, to=to, held_uusd=held):
                self.hear_later(self.put(replace(self.rows[name], state=to, held_uusd=held)))
            case Record(fact=fact):
                self.hear_later(self.put(self.recorded(fact)))
            case Send(orders=orders):
                self.sent += orders
                for order in orders:
                    self.answer(order)
            case HaltMarket():
                self.hear_later(Halted(HaltLevel.HALT, self.now))
            case LookUp() | Refresh() | Alert():
                pass

    def hear_later(self, event: Event) -> None:
        self.queue.append(event)

    def put(self, deal: Deal) -> DealChanged:
        self.rows[deal.deal_id] = deal
        return DealChanged(deal, self.now)

    def recorded(self, fact: Answered | Reported | Filled | LookedUp) -> Deal:
        match fact:
            case Answered(client_id=name, answer=Ack(venue_order_id=venue_id)):
                return self.change(name, state=OrderState.WORKING, venue_order_id=venue_id)
            case (
                Answered(client_id=name, answer=Reject() | NotSent())
                | LookedUp(client_id=name, finding=Absent(proven=True))
            ):
                return self.change(name, state=OrderState.DONE, reported_size=D(0))
            case Reported(report=report):
                state = OrderState.DONE if report.final else OrderState.WORKING
                return self.change(report.client_id, state=state, reported_size=report.filled_size)
            case Filled(fill=fill):
                return self.filled((fill,))
            case LookedUp(client_id=name, finding=Found(report=report, fills=fills)):
                self.filled(fills)
                return self.change(name, state=OrderState.DONE, reported_size=report.filled_size)
            case Answered(client_id=name) | LookedUp(client_id=name):
                return self.rows[name.rsplit("-", 1)[0]]
        raise AssertionError(fact)

    def change(self, client_id: str, **values: object) -> Deal:
        deal = self.rows[client_id.rsplit("-", 1)[0]]
        orders = tuple(replace(o, **values) if o.client_id == client_id else o for o in deal.orders)  # type: ignore[arg-type]
        self.rows[deal.deal_id] = replace(deal, orders=orders)
        return self.rows[deal.deal_id]

    def filled(self, fills: Iterable[Fill]) -> Deal:
        deal = next(iter(self.rows.values()))
        for fill in fills:
            deal = self.rows[fill.client_id.rsplit("-", 1)[0]]
            if fill not in deal.fills:
                deal = replace(deal, fills=(*deal.fills, fill))
            self.rows[deal.deal_id] = deal
        return deal

    # -- the model venues

    def answer(self, order: Order) -> None:
        fate = self.fate.get((order.venue, order.purpose), "fill")
        if fate == "reject":
            self.hear_later(Answered(order.client_id, Reject("no"), self.now))
        elif fate == "silent":
            self.hear_later(Answered(order.client_id, Unknown("timeout"), self.now))
        else:
            self.hear_later(Answered(order.client_id, Ack("v"), self.now))
            size = order.size if fate == "fill" else D(0)
            for fill in self.fill_of(order) if size else ():
                self.hear_later(Filled(fill, self.now))
            self.hear_later(Reported(Report(order.client_id, "v", size, final=True), self.now))

    def fill_of(self, order: Order) -> tuple[Fill, ...]:
        return (
            Fill(order.venue, f"f{order.client_id}", order.client_id, order.side, order.limit, order.size, 5, self.now),
        )

    # -- what a test looks at

    @property
    def unwinds(self) -> list[Order]:
        return [o for o in self.sent if o.purpose is Purpose.EVEN and o.reduce_only]

    @property
    def deal(self) -> Deal:
        (deal,) = self.rows.values()
        return deal

    def has(self, state: DealState) -> bool:
        return self.deal.state is state

    def of(self, kind: type[Command]) -> list[Command]:
        return [c for c in self.commands if isinstance(c, kind)]


@pytest.fixture
def house() -> House:
    house = House()
    house.warm()
    return house


def test_a_gap_wider_than_all_costs_opens_one_deal_with_both_legs_sent_in_one_command(house: House) -> None:
    house.gap()
    (send,) = house.of(Send)
    assert isinstance(send, Send)
    assert [(o.venue, o.side) for o in send.orders] == [(Venue.APEX, Side.SELL), (Venue.DYDX, Side.BUY)]
    assert house.has(DealState.OPEN)
    assert house.deal.direction is Direction.SELL_APEX


def test_a_row_is_written_before_its_order_is_sent(house: House) -> None:
    house.gap()
    kinds = [type(c) for c in house.commands if isinstance(c, Reserve | Send)]
    assert kinds == [Reserve, Send]


def test_no_entry_before_the_median_is_warm() -> None:
    cold = House()
    cold.hear(*(IndexPrice(v, D(10_000), cold.now) for v in Venue))
    cold.gap()
    assert cold.trader.decision == "cold" and not cold.rows


def test_an_edge_below_the_threshold_opens_nothing(house: House) -> None:
    for _ in range(3):
        house.both((10_018, 10_019), (10_000, 10_001))
    assert house.trader.decision == "edge" and not house.rows


def test_a_move_of_one_book_alone_is_confirmed_by_the_other_before_it_counts(house: House) -> None:
    house.book(Venue.APEX, 10_100, 10_101)
    assert not house.rows and house.trader.decision == "unconfirmed"
    assert house.of(Refresh) == [Refresh(Venue.DYDX, "unconfirmed")]
    house.book(Venue.DYDX, 10_000, 10_001)
    assert house.has(DealState.OPEN)


def test_a_crossed_book_is_asked_for_anew_while_a_leg_is_unknown_so_that_it_never_prices_an_unwind() -> None:
    house = House()
    house.fate = {(Venue.DYDX, Purpose.OPEN): "silent"}
    house.warm()
    house.gap()
    assert {o.venue for o in house.sent} == set(Venue) and not house.trader.idle
    asked = len(house.of(Refresh))
    house.now += 2 * SECOND
    house.book(Venue.APEX, 10_100, 10_101)
    # a bid at twice the price of every ask, in one message among others
    house.hear(BookMessage(Venue.APEX, False, ((20_200, 5, 1),), (), house.sequence + 1, house.now))
    assert house.of(Refresh)[asked:] == [Refresh(Venue.APEX, "crossed")]
    house.book(Venue.APEX, 10_100, 10_101)
    house.now += 2 * SECOND
    house.book(Venue.APEX, 10_100, 10_101)
    assert len(house.of(Refresh)) == asked + 1


def test_a_silent_connection_or_a_lost_feed_refuses_entries(house: House) -> None:
    house.hear(FeedLost(Venue.DYDX, "gap", house.now))
    house.book(Venue.APEX, 10_100, 10_101)
    assert house.trader.decision == "stale" and not house.rows


def test_an_offline_instrument_refuses_entries(house: House) -> None:
    house.hear(InstrumentUpdate(replace(INSTRUMENTS[Venue.DYDX], online=False), house.now))
    house.gap()
    assert house.trader.decision == "offline" and not house.rows


@pytest.mark.parametrize("word", ["cap", "deals", "notional", "rate", "budget"])
def test_a_refused_reservation_sends_nothing_waits_and_says_why(house: House, word: str) -> None:
    house.refuse = word
    house.gap()
    assert house.trader.decision == word and not house.sent
    assert len(house.of(Reserve)) == 1


def test_quotes_that_went_stale_behind_the_reservation_are_not_sent(house: House) -> None:
    put = house.put

    def slow(deal: Deal) -> DealChanged:
        house.now += SECOND
        return put(deal)

    house.put = slow  # type: ignore[method-assign]
    house.gap()
    assert not house.sent
    assert house.has(DealState.VOID) and house.deal.held_uusd == 0


def test_a_killed_leg_is_completed_once_when_that_is_cheaper_than_unwinding(house: House) -> None:
    house.fate[Venue.DYDX, Purpose.OPEN] = "kill"
    house.gap()
    (more,) = [o for o in house.sent if o.purpose is Purpose.EVEN]
    assert (more.venue, more.side, more.reduce_only, more.lifetime) == (Venue.DYDX, Side.BUY, False, Lifetime.FOK)
    assert house.has(DealState.OPEN) and house.deal.net == 0


def test_completing_never_goes_beyond_what_is_held_nor_where_unwinding_is_cheaper(house: House) -> None:
    house.fate[Venue.DYDX, Purpose.OPEN] = "kill"
    house.gap()
    more = house.sent[-1]
    assert more.limit * more.size * 1_000_000 <= house.rows["x-BTC-1"].held_uusd
    assert more.limit > house.sent[1].limit


def test_a_leg_whose_market_ran_away_is_unwound(house: House) -> None:
    house.fate[Venue.DYDX, Purpose.OPEN] = "silent"
    house.gap()
    order = house.deal.unfinished[0]
    house.book(Venue.DYDX, 10_200, 10_201)
    house.hear(LookedUp(order.client_id, Absent(proven=True), house.now))
    assert house.sent[-1].venue is Venue.APEX and house.sent[-1].reduce_only
    assert house.has(DealState.CLOSED)


def test_under_a_halt_a_missed_leg_is_unwound_and_not_completed(house: House) -> None:
    house.fate[Venue.DYDX, Purpose.OPEN] = "silent"
    house.gap()
    house.hear(Halted(HaltLevel.HALT, house.now))
    house.hear(LookedUp(house.deal.unfinished[0].client_id, Absent(proven=True), house.now))
    assert house.sent[-1].reduce_only and house.has(DealState.CLOSED)


def test_a_killed_leg_is_evened_by_reducing_the_filled_one(house: House) -> None:
    house.fate = {(Venue.DYDX, p): "kill" for p in Purpose}
    house.gap()
    even = house.sent[-1]
    assert (even.venue, even.side, even.purpose, even.reduce_only) == (Venue.APEX, Side.BUY, Purpose.EVEN, True)
    assert house.has(DealState.CLOSED) and house.deal.net == 0


def test_two_killed_legs_release_the_reservation(house: House) -> None:
    house.fate = {(v, Purpose.OPEN): "kill" for v in Venue}
    house.gap()
    assert next(iter(house.rows.values())).state is DealState.VOID


def test_unknown_is_a_question_asked_again_and_again_and_blocks_the_market(house: House) -> None:
    house.fate[Venue.DYDX, Purpose.OPEN] = "silent"
    house.gap()
    assert len(house.of(LookUp)) == 1 and house.has(DealState.OPENING)
    for _ in range(20):
        house.tick(1)
    assert 4 <= len(house.of(LookUp)) <= 12
    assert len(house.rows) == 1 and not house.trader.idle
    assert [o.purpose for o in house.sent] == [Purpose.OPEN, Purpose.OPEN]


def test_an_unknown_leg_that_is_found_filled_settles_the_deal(house: House) -> None:
    house.fate[Venue.DYDX, Purpose.OPEN] = "silent"
    house.gap()
    order = house.deal.unfinished[0]
    found = Found(Report(order.client_id, "v", order.size, final=True), house.fill_of(order))
    house.hear(LookedUp(order.client_id, found, house.now))
    assert house.has(DealState.OPEN)


def test_an_absence_counts_only_when_it_is_proven(house: House) -> None:
    house.fate[Venue.DYDX, Purpose.OPEN] = "silent"
    house.gap()
    order = house.deal.unfinished[0]
    house.hear(LookedUp(order.client_id, Absent(proven=False), house.now))
    assert house.has(DealState.OPENING)
    house.now += 30 * SECOND
    house.both((10_300, 10_301), (10_200, 10_201))
    house.hear(LookedUp(order.client_id, Absent(proven=True), house.now))
    assert house.has(DealState.CLOSED)


def test_a_deal_is_closed_when_the_gap_came_back_and_closes_go_before_opens(house: House) -> None:
    house.gap()
    house.tick(5)
    house.both((10_000, 10_001), (10_000, 10_001))
    assert house.has(DealState.CLOSED)
    closes = [o for o in house.sent if o.purpose is Purpose.CLOSE]
    assert [(o.venue, o.side, o.reduce_only) for o in closes] == [
        (Venue.DYDX, Side.SELL, True),
        (Venue.APEX, Side.BUY, True),
    ]


def test_a_close_that_misses_a_leg_closes_that_leg_and_ends_flat(house: House) -> None:
    house.gap()
    house.fate[Venue.APEX, Purpose.CLOSE] = "kill"
    house.tick(5)
    house.both((10_000, 10_001), (10_000, 10_001))
    assert house.has(DealState.CLOSED) and not any(house.deal.position(v) for v in Venue)


def test_a_leg_that_cannot_be_evened_is_stuck_halted_and_retried_slowly(house: House) -> None:
    house.fate = {(Venue.DYDX, p): "kill" for p in Purpose}
    house.fate[Venue.APEX, Purpose.EVEN] = "kill"
    house.gap()
    house.pass_time(6)
    assert house.has(DealState.STUCK) and house.deal.held_uusd > 0
    assert len(house.unwinds) == len(TERMS.unwind)
    assert house.of(HaltMarket)
    house.pass_time(13.5)
    assert house.has(DealState.STUCK) and len(house.unwinds) == len(TERMS.unwind)
    house.fate[Venue.APEX, Purpose.EVEN] = "fill"
    house.pass_time(2)
    assert house.has(DealState.CLOSED) and len(house.unwinds) == len(TERMS.unwind) + 1


def test_unwinds_go_out_by_the_table_at_half_the_spread_and_more_from_mid(house: House) -> None:
    house.fate = {(Venue.DYDX, p): "kill" for p in Purpose}
    house.fate[Venue.APEX, Purpose.EVEN] = "kill"
    house.gap()
    began = house.now
    house.pass_time(20)
    mid, touch = D("10100.5"), D(10_101)
    assert [o.limit for o in house.unwinds[:4]] == [(touch + mid * bps / 10_000) // 1 for bps in (10, 25, 60, 100)]
    seconds = [(o.created_ns - began) / SECOND for o in house.unwinds]
    assert seconds == pytest.approx([0, 0.25, 1, 5, 20], abs=0.051)


def test_refusals_that_come_at_once_do_not_use_the_table_up(house: House) -> None:
    house.fate = {(Venue.DYDX, p): "kill" for p in Purpose}
    house.fate[Venue.APEX, Purpose.EVEN] = "reject"
    house.gap()
    house.pass_time(0.9)
    assert len(house.unwinds) == 2 and house.has(DealState.OPENING)


def test_the_table_goes_on_where_it_stood_after_a_restart(house: House) -> None:
    house.fate = {(Venue.DYDX, p): "kill" for p in Purpose}
    house.fate[Venue.APEX, Purpose.EVEN] = "kill"
    house.gap()
    began = house.now
    house.pass_time(0.5)
    again = house.restarted()
    assert len(again.unwinds) == 2
    again.pass_time(4)
    assert [o.created_ns - began for o in again.unwinds[2:]] == [SECOND]
    again.pass_time(1)
    assert again.has(DealState.STUCK) and len(again.unwinds) == 4


def test_after_a_restart_nothing_is_completed_any_more(house: House) -> None:
    """Nobody remembers when the missing order died."""
    house.fate[Venue.DYDX, Purpose.OPEN] = "silent"
    house.gap()
    house.change(house.deal.unfinished[0].client_id, state=OrderState.DONE, reported_size=D(0))
    again = house.restarted()
    assert again.sent[-1].venue is Venue.APEX and again.sent[-1].reduce_only


def test_a_missed_leg_is_completed_within_the_time_from_its_proven_death_only(house: House) -> None:
    house.fate[Venue.DYDX, Purpose.OPEN] = "silent"
    house.gap()
    name = house.deal.unfinished[0].client_id
    house.now += 40 * SECOND
    house.both((10_100, 10_101), (10_000, 10_001))
    house.hear(LookedUp(name, Absent(proven=True), house.now))
    assert (house.sent[-1].venue, house.sent[-1].reduce_only) == (Venue.DYDX, False)
    assert house.has(DealState.OPEN), "long after the opening, at once after the proof"


@pytest.mark.parametrize(("wait_s", "venue"), [(0.2, Venue.DYDX), (0.3, Venue.APEX)])
def test_a_book_that_comes_too_late_leaves_no_time_to_complete(house: House, wait_s: float, venue: Venue) -> None:
    house.fate[Venue.DYDX, Purpose.OPEN] = "silent"
    house.gap()
    name = house.deal.unfinished[0].client_id
    house.hear(FeedLost(Venue.APEX, "gap", house.now), LookedUp(name, Absent(proven=True), house.now))
    assert len(house.sent) == 2, "the book is asked for anew first"
    house.now += int(wait_s * SECOND)
    house.both((10_100, 10_101), (10_000, 10_001))
    house.hear(Tick(house.now))
    assert house.sent[2].venue is venue


def test_an_unwind_waits_for_a_believable_book_but_not_for_long(house: House) -> None:
    house.fate = {(Venue.DYDX, p): "kill" for p in Purpose}
    house.hear(Halted(HaltLevel.NONE, house.now))
    house.fate[Venue.DYDX, Purpose.OPEN] = "silent"
    house.gap()
    name = house.deal.unfinished[0].client_id
    house.hear(FeedLost(Venue.APEX, "gap", house.now), LookedUp(name, Absent(proven=True), house.now))
    house.pass_time(0.9)
    assert Refresh(Venue.APEX, "even") in house.commands and not house.unwinds
    house.pass_time(0.2)
    assert house.unwinds and house.has(DealState.CLOSED)


def test_an_unwind_never_leaves_the_band_around_the_index(house: House) -> None:
    house.fate = {(Venue.DYDX, p): "kill" for p in Purpose}
    house.fate[Venue.APEX, Purpose.EVEN] = "kill"
    house.gap()
    house.book(Venue.APEX, 10_400, 10_401)
    house.pass_time(6)
    assert max(o.limit for o in house.unwinds) == 10_250, "2.5 % above 10,000, although the market asks for more"
    assert house.has(DealState.STUCK) and house.of(HaltMarket)


def test_without_an_index_the_touch_bounds_an_unwind_and_it_is_not_denied(house: House) -> None:
    house.fate = {(Venue.DYDX, p): "kill" for p in Purpose}
    house.fate[Venue.APEX, Purpose.EVEN] = "kill"
    house.gap()
    house.now += 61 * SECOND
    house.book(Venue.APEX, 10_400, 10_401)
    house.hear(Tick(house.now))
    assert house.unwinds[-1].limit > 10_400


def test_a_late_fill_begins_the_table_at_its_top(house: House) -> None:
    house.fate = {(Venue.DYDX, p): "kill" for p in Purpose}
    house.fate[Venue.APEX, Purpose.EVEN] = "kill"
    house.gap()
    house.pass_time(0.9)
    house.fate[Venue.APEX, Purpose.EVEN] = "fill"
    house.pass_time(0.2)
    assert house.has(DealState.CLOSED) and len(house.unwinds) == 3
    house.hear(Filled(house.fill_of(house.unwinds[0])[0], house.now))
    back = house.sent[-1]
    assert (back.side, back.limit) == (Side.SELL, D(10_100) - 10)
    assert house.deal.net == 0


# ---- what a person is told, and what he may choose


def naked(house: House, what: str = "naked") -> list[bool]:
    """Of each alert of this kind, whether it was the end of one."""
    return [a.over for a in house.of(Alert) if isinstance(a, Alert) and a.what == what]


def test_three_seconds_naked_are_told_once_and_once_when_over(house: House) -> None:
    house.fate[Venue.DYDX, Purpose.OPEN] = "silent"
    house.gap()
    house.pass_time(2.9)
    assert naked(house) == []
    house.pass_time(5)
    assert naked(house) == [False]
    order = house.deal.unfinished[0]
    found = Found(Report(order.client_id, "v", order.size, final=True), house.fill_of(order))
    house.hear(LookedUp(order.client_id, found, house.now))
    house.pass_time(1)
    assert naked(house) == [False, True]


def test_a_deal_met_naked_at_start_has_been_naked_since_its_last_order(house: House) -> None:
    house.fate[Venue.DYDX, Purpose.OPEN] = "silent"
    house.gap()
    again = house.restarted(after_s=5)
    again.pass_time(0.1)
    assert naked(again) == [False]


def test_a_hedged_deal_is_never_told_about(house: House) -> None:
    house.gap()
    for _ in range(20):
        house.tick(0.5)
    assert house.has(DealState.OPEN) and not house.of(Alert)


def stuck(house: House) -> Deal:
    house.fate = {(Venue.DYDX, p): "kill" for p in Purpose}
    house.fate[Venue.APEX, Purpose.EVEN] = "kill"
    house.gap()
    house.pass_time(6)
    assert house.has(DealState.STUCK)
    return house.deal


def wish(house: House, way: Way) -> None:
    house.now += 1
    house.hear(Wished(house.deal.deal_id, way, house.now, house.now))
    house.pass_time(0.1)


def test_a_stuck_deal_is_an_alarm_until_it_is_evened(house: House) -> None:
    stuck(house)
    house.pass_time(1)
    assert naked(house, "stuck") == [False]
    house.fate[Venue.APEX, Purpose.EVEN] = "fill"
    house.pass_time(16)
    assert naked(house, "stuck") == [False, True] and naked(house) == [False, True]


def test_retries_can_be_turned_off() -> None:
    house = House(replace(TERMS, stuck_retry_ns=0))
    house.warm()
    stuck(house)
    house.pass_time(120)
    assert len(house.unwinds) == len(TERMS.unwind)


def test_keep_ends_retries_and_alarm_and_the_deal_stays_stuck(house: House) -> None:
    stuck(house)
    wish(house, Way.KEEP)
    house.pass_time(60)
    assert len(house.unwinds) == len(TERMS.unwind) and house.has(DealState.STUCK)
    assert naked(house, "stuck") == naked(house) == [False, True]


def test_close_is_carried_out_at_once_and_beyond_the_band(house: House) -> None:
    house.fate = {(Venue.DYDX, p): "kill" for p in Purpose}
    house.fate[Venue.APEX, Purpose.EVEN] = "kill"
    house.gap()
    house.book(Venue.APEX, 10_400, 10_401)
    house.pass_time(6)
    house.fate[Venue.APEX, Purpose.EVEN] = "fill"
    wish(house, Way.CLOSE)
    assert house.has(DealState.CLOSED) and house.unwinds[-1].limit > 10_400


def test_close_takes_both_legs_to_nothing(house: House) -> None:
    house.gap()
    house.fate[Venue.APEX, Purpose.EVEN] = "kill"
    forced = Order("forced:1", "x-BTC-1", Venue.DYDX, "BTC", Side.SELL, Purpose.EVEN, D("0.004"), D(10_000),
                   Lifetime.IOC, True, house.now, OrderState.DONE, "v", D("0.004"))  # fmt: skip
    deal = replace(house.deal, orders=(*house.deal.orders, forced), fills=(*house.deal.fills, *house.fill_of(forced)))
    house.hear(house.put(deal))
    house.pass_time(6)
    assert house.has(DealState.STUCK)
    house.fate[Venue.APEX, Purpose.EVEN] = "fill"
    wish(house, Way.CLOSE)
    house.pass_time(1)
    assert house.has(DealState.CLOSED) and not any(house.deal.position(v) for v in Venue)


def test_complete_orders_the_missing_leg_under_a_halt_too_and_goes_on_until_it_is_there(house: House) -> None:
    deal = stuck(house)
    wish(house, Way.COMPLETE)
    more = house.sent[-1]
    assert (more.venue, more.side, more.size, more.reduce_only) == (Venue.DYDX, Side.BUY, D("0.01"), False)
    assert more.limit * more.size * 1_000_000 <= deal.held_uusd
    house.fate[Venue.DYDX, Purpose.EVEN] = "fill"
    house.pass_time(14)
    assert house.has(DealState.STUCK)
    house.pass_time(2)
    assert house.has(DealState.OPEN) and house.deal.net == 0


def test_a_wish_of_an_earlier_time_does_not_bind_a_deal_that_is_stuck_anew(house: House) -> None:
    deal = stuck(house)
    house.hear(Wished(deal.deal_id, Way.KEEP, deal.changed_ns - 1, house.now))
    house.fate[Venue.APEX, Purpose.EVEN] = "fill"
    house.pass_time(16)
    assert house.has(DealState.CLOSED)


# ---- the index


def test_an_entry_too_far_from_the_index_is_refused_with_the_word_band(house: House) -> None:
    house.hear(IndexPrice(Venue.APEX, D(9_900), house.now))
    house.gap()
    assert house.trader.decision == "band" and not house.rows
    house.hear(IndexPrice(Venue.APEX, D(10_000), house.now))
    house.gap()
    assert house.has(DealState.OPEN)


def test_without_a_fresh_index_of_both_venues_no_entry_is_made(house: House) -> None:
    house.now += 60 * SECOND
    house.hear(IndexPrice(Venue.DYDX, D(10_000), house.now))
    house.gap()
    assert house.trader.decision == "index" and not house.rows


def test_the_band_binds_entries_only(house: House) -> None:
    house.gap()
    house.hear(*(IndexPrice(v, D(5_000), house.now) for v in Venue))
    house.tick(5)
    house.both((10_000, 10_001), (10_000, 10_001))
    assert house.has(DealState.CLOSED)


def test_every_order_has_an_id_of_its_own(house: House) -> None:
    house.fate[Venue.DYDX, Purpose.OPEN] = "kill"
    house.gap()
    house.gap()
    ids = [o.client_id for o in house.sent]
    assert len(ids) == len(set(ids))


def test_after_a_start_a_live_deal_is_asked_for_and_never_sent_again(house: House) -> None:
    house.fate[Venue.DYDX, Purpose.OPEN] = "silent"
    house.gap()
    crashed, rows = house.deal, dict(house.rows)
    again = House()
    again.rows = rows
    again.hear(DealChanged(crashed, again.now))
    assert not again.sent
    assert [c.order.client_id for c in again.commands if isinstance(c, LookUp)] == [
        o.client_id for o in crashed.unfinished
    ]


def test_numbers_go_on_where_the_ledger_stands(house: House) -> None:
    house.hear(house.put(replace(closed_deal(7), state=DealState.CLOSED)))
    house.rows.clear()
    house.gap()
    assert house.deal.number == 8


def closed_deal(number: int) -> Deal:
    return Deal(f"x-BTC-{number}", "BTC", number, Direction.SELL_APEX, D(1), DealState.CLOSED, 0, 0, 1, 1)


def test_told_to_stop_it_opens_nothing_but_finishes_what_is_in_flight(house: House) -> None:
    house.fate[Venue.DYDX, Purpose.OPEN] = "silent"
    house.gap()
    house.hear(StopRequested(house.now))
    assert not house.trader.idle
    order = house.deal.unfinished[0]
    house.hear(LookedUp(order.client_id, Absent(proven=True), house.now))
    assert house.trader.idle and house.has(DealState.CLOSED)
    house.gap()
    assert len(house.rows) == 1


def test_a_halt_refuses_entries_and_flatten_closes_whatever_it_costs(house: House) -> None:
    house.gap()
    house.hear(Halted(HaltLevel.HALT, house.now))
    house.tick(5)
    house.both((10_100, 10_101), (10_000, 10_001))
    assert len(house.rows) == 1 and house.has(DealState.OPEN)
    house.hear(Halted(HaltLevel.FLATTEN, house.now))
    house.both((10_100, 10_101), (10_000, 10_001))
    assert house.has(DealState.CLOSED)


def test_a_halted_market_says_what_it_would_open_and_reserves_nothing(house: House) -> None:
    house.hear(Halted(HaltLevel.HALT, house.now))
    house.gap()
    assert house.trader.decision.startswith("would open +1, edge ")
    assert not house.rows and not house.sent and not any(isinstance(c, Reserve) for c in house.commands)
    house.both((10_000, 10_001), (10_000, 10_001))
    assert house.trader.decision == "halted"
    house.hear(Halted(HaltLevel.NONE, house.now))
    house.gap()
    assert len(house.rows) == 1


def test_a_deal_is_flattened_at_max_hold_even_on_silent_feeds(house: House) -> None:
    house.gap()
    house.tick(TERMS.max_hold_ns / SECOND + 1)
    assert house.has(DealState.CLOSED)


def test_without_fill_or_kill_at_one_venue_both_legs_go_immediate_or_cancel(house: House) -> None:
    house.trader.view.hear(InstrumentUpdate(replace(INSTRUMENTS[Venue.APEX], fill_or_kill=False), house.now))
    house.gap()
    assert {o.lifetime for o in house.sent} == {Lifetime.IOC}


def test_no_new_entry_until_both_books_moved_on_after_our_own_fills(house: House) -> None:
    house.gap()
    house.tick(1)
    house.book(Venue.APEX, 10_100, 10_101)
    assert house.trader.decision == "own fills" and len(house.rows) == 1
    house.book(Venue.DYDX, 10_000, 10_001)
    assert len(house.rows) == 2


def test_a_late_fill_beside_a_live_deal_is_evened_although_the_venue_nets_both(house: House) -> None:
    """The venue holds the sum: an order that does not reduce it would be refused as reduce-only."""
    house.gap()
    live = house.deal
    late = Order("x-BTC-9-a0", "x-BTC-9", Venue.APEX, "BTC", Side.BUY, Purpose.CLOSE, D("0.01"), D(10_100),
                 Lifetime.FOK, True, 1, OrderState.DONE, "v", D("0.01"))  # fmt: skip
    stray = replace(closed_deal(9), orders=(late,), fills=house.fill_of(late))
    house.hear(house.put(stray))
    even = house.sent[-1]
    assert (even.deal_id, even.venue, even.side, even.reduce_only) == ("x-BTC-9", Venue.APEX, Side.SELL, False)
    assert live.position(Venue.APEX) == D("-0.01")


def reserved(house: House) -> list[Deal]:
    return [command.deal for command in house.commands if isinstance(command, Reserve)]


def test_terms_that_a_person_changes_are_followed_at_once_by_every_part(house: House) -> None:
    house.hear(TermsChanged(replace(TERMS, edge_min_bps=D(400), size=D(3)), house.now))
    house.gap()
    assert not reserved(house) and house.trader.decision == "edge"
    house.hear(TermsChanged(TERMS, house.now))
    house.gap()
    assert [deal.size for deal in reserved(house)] == [TERMS.size]


def test_a_deal_that_is_open_already_is_unwound_and_told_about_by_the_new_terms(house: House) -> None:
    house.fate = {(Venue.DYDX, p): "kill" for p in Purpose} | {(Venue.APEX, Purpose.EVEN): "kill"}
    house.gap()
    tried = len(house.unwinds)
    rungs = (Rung(0, D(10)), Rung(SECOND, D(30)), Rung(2 * SECOND, D(50)))
    house.hear(TermsChanged(replace(TERMS, unwind=rungs, naked_alert_ns=SECOND), house.now))
    house.pass_time(1.5)
    assert naked(house) == [False]
    house.pass_time(2)
    mid, touch = D("10100.5"), D(10_101)
    assert [o.limit for o in house.unwinds[tried:]] == [(touch + mid * bps / 10_000) // 1 for bps in (30, 50)]


def test_orders_signed_under_other_terms_are_not_what_is_sent(house: House) -> None:
    """What is signed ahead is asked for by the very order that is sent: other limits, another signature."""
    house.gap()
    first = reserved(house)[0].orders
    other = House(replace(TERMS, limit_slack_bps=D(9)))
    other.hear(TermsChanged(TERMS, other.now))
    other.warm()
    other.gap()
    assert [order.limit for order in reserved(other)[0].orders] == [order.limit for order in first]
