"""Random programs against a paper venue: what must hold whatever happens, counted from its own fills and payments."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.core.market import Side, Venue
from common.sim.engine import PaperEngine
from common.sim.paper_record import snapshot
from common.sim.types import BookChange, PaperOrder, PaperRefusal, Publication

SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND
START_UUSD = 10**9
MID = 42_000
Make = Callable[..., Any]
Move = tuple[Any, ...]

#: small moves, and now and then one that ruins whoever holds the wrong side
_offsets = st.one_of(st.integers(-40, 40), st.integers(-40, 40), st.sampled_from([-30_000, 40_000]))
_books = st.tuples(st.just("book"), _offsets, st.integers(1, 90))
_places = st.tuples(
    st.just("place"),
    st.sampled_from("ab"),
    st.integers(0, 30),
    st.sampled_from(Side),
    st.integers(1, 200),
    st.integers(-6, 6),
    st.sampled_from(["GTT", "IOC", "FOK"]),
    st.booleans(),
    st.booleans(),
)
_waits = st.tuples(st.just("wait"), st.sampled_from([0, SECOND // 4, 20 * SECOND, 3600 * SECOND]))
_cancels = st.tuples(st.just("cancel"), st.sampled_from("ab"), st.integers(0, 10))
programs = st.lists(st.one_of(_books, _places, _places, _waits, _cancels), max_size=40)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Runner:
    """Runs a program against a venue and checks every answer as it comes."""

    def __init__(self, engine: PaperEngine, ladder: Make, ask: Make) -> None:
        self.engine, self.ladder, self.ask = engine, ladder, ask
        self.now, self.mid = NOW, MID
        self.told: list[Publication] = []
        self.books: dict[str, dict[int, int]] = {"bids": {}, "asks": {}}
        self.answers: list[PaperOrder | PaperRefusal] = []
        engine.on_publish = self.hear

    def hear(self, publication: Publication) -> None:
        self.told.append(publication)
        if isinstance(publication, BookChange):
            for name in ("bids", "asks"):
                self.books[name].update({tick: steps for tick, steps, _ in getattr(publication, name)})

    def run(self, moves: list[Move]) -> "Runner":
        self.engine.open_account("b", Decimal(1000), NOW)
        self.book(0, 30)
        for name, *values in moves:
            getattr(self, name)(*values)
            self.check_book()
        return self

    def book(self, offset: int, steps: int) -> None:
        self.mid = MID + offset
        self.engine.apply(self.ladder(self.engine.venue, self.mid, levels=4, steps=steps), self.now)

    def wait(self, duration: int) -> None:
        self.now += duration
        self.engine.advance(self.now)

    def cancel(self, account: str, number: int) -> None:
        orders = self.engine.orders(account)
        if orders:
            self.engine.cancel(account, orders[number % len(orders)].order_id, self.now)

    def place(self, account: str, *what: Any) -> None:
        number, side, steps, offset, lifetime, *flags = what
        instrument = self.engine.instruments["BTC"]
        price, size = instrument.price(self.mid + offset), str(instrument.size(steps + 20))
        post_only, reduce_only = flags[0] and flags[1], flags[1]
        request = self.ask(
            str(number), side, size, price, lifetime,
            post_only=post_only, reduce_only=reduce_only and not post_only, expires_ns=self.now + 90 * SECOND,
        )  # fmt: skip
        # depth that came back is published first, so that the book seen here is the one that is matched
        self.engine.advance(self.now)
        visible = self.engine.book("BTC")
        known = {fill.fill_id for fill in self.engine.fills(account)}
        answer = self.engine.place(account, request, self.now)
        self.answers.append(answer)
        if isinstance(answer, PaperOrder) and answer.status == "PENDING":
            self.check_order(answer, visible[0] if side is Side.SELL else visible[1], known)

    def check_order(self, answer: PaperOrder, rows: tuple[tuple[int, int, int], ...], known: set[str]) -> None:
        order = self.engine.order(answer.account_id, answer.order_id)
        assert order is not None and order.status in ("OPEN", "FILLED", "CANCELED")
        request, instrument = order.request, self.engine.instruments["BTC"]
        fills = [f for f in self.engine.fills(order.account_id, order_id=order.order_id) if f.fill_id not in known]
        filled = sum((fill.size for fill in fills), Decimal(0))
        assert order.remaining == request.size - filled
        assert order.filled_value == sum((f.size * f.price for f in fills), Decimal(0))
        if request.lifetime == "FOK":
            assert (order.status, filled) in (("FILLED", request.size), ("CANCELED", 0))
        if order.status == "OPEN":
            assert request.lifetime == "GTT"
        depth = {instrument.price(tick): instrument.size(steps) for tick, steps, _ in rows}
        for price in {fill.price for fill in fills}:
            assert (price - request.price) * request.side.sign <= 0, "the limit is never violated"
            taken = sum((fill.size for fill in fills if fill.price == price), Decimal(0))
            assert taken <= depth.get(price, 0), "never more than was visible"
            assert not request.post_only

    def check_book(self) -> None:
        bids, asks, _ = self.engine.book("BTC")
        for name, rows in (("bids", bids), ("asks", asks)):
            shown = {tick: steps for tick, steps in self.books[name].items() if steps}
            assert shown == {tick: steps for tick, steps, _ in rows}, "the changes add up to the book"
        assert not bids or not asks or bids[0][0] < asks[0][0], "never crossed"

    def check_money(self) -> None:
        for account in "ab":
            self.check_account(account)

    def check_account(self, account: str) -> None:
        fills, funding = self.engine.fills(account), self.engine.funding(account)
        cash = sum((-fill.side.sign * fill.size * fill.price - fill.fee for fill in fills), Decimal(0))
        cash += sum((paid.payment for paid in funding), Decimal(0))
        view = self.engine.account(account)
        assert view.balance == Decimal(START_UUSD) / 10**6 + cash, "to the micro-USDC"
        size = sum((fill.side.sign * fill.size for fill in fills), Decimal(0))
        assert sum((position.size for position in view.positions), Decimal(0)) == size
        pnl = sum((p.realized_pnl for p in self.engine.positions(account)), Decimal(0))
        open_value = sum((p.size * p.entry_price for p in view.positions), Decimal(0))
        fees = sum((fill.fee for fill in fills), Decimal(0))
        difference = view.balance - 1000 - (pnl - open_value - fees)
        assert abs(difference) <= Decimal("0.00001") * (1 + len(self.engine.positions(account))), "pnl is cash"


def both(opened: Make, venue: Venue, moves: list[Move], tools: tuple[Make, Make], **settings: Any) -> Runner:
    return Runner(opened(venue, **settings), *tools).run(moves)


@quick
@given(moves=programs, venue=st.sampled_from(Venue), lost=st.sampled_from([Decimal(0), Decimal("0.4")]))
def test_money_positions_and_books_hold_under_any_program(
    opened: Make, ladder: Make, ask: Make, moves: list[Move], venue: Venue, lost: Decimal
) -> None:
    both(opened, venue, moves, (ladder, ask), race_lost=lost).check_money()


@quick
@given(moves=programs, venue=st.sampled_from(Venue))
def test_the_same_inputs_give_the_same_publications(
    opened: Make, ladder: Make, ask: Make, moves: list[Move], venue: Venue
) -> None:
    one, other = (both(opened, venue, moves, (ladder, ask), race_lost=Decimal("0.3")) for _ in range(2))
    assert repr(one.told) == repr(other.told)
    assert one.answers == other.answers


@quick
@given(moves=programs, more=programs, venue=st.sampled_from(Venue))
def test_a_restart_changes_nothing_that_lasts(
    opened: Make, ladder: Make, ask: Make, moves: list[Move], more: list[Move], venue: Venue
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        before = both(opened, venue, moves, (ladder, ask), journal_path=path)
        before.engine.close()
        after = Runner(opened(venue, journal_path=path), ladder, ask)
        assert snapshot(after.engine._store, 10**6) == snapshot(before.engine._store, 10**6)
        for account in "ab":
            assert after.engine.orders(account) == before.engine.orders(account)
            assert after.engine.fee_rates(account) == before.engine.fee_rates(account)
        after.now = before.now
        after.run(more).check_money()
        after.engine.close()
    numbers = [[p.sequence for p in runner.told if isinstance(p, BookChange)] for runner in (before, after)]
    assert max(numbers[0]) < min(numbers[1]), "sequences go on rising"
    fills = [fill.fill_id for account in "ab" for fill in after.engine.fills(account)]
    assert len(fills) == len(set(fills)), "no id is used twice"
