"""A fleet that shrinks closes one deal at a time, the cheapest first: what workers offer, and whom the warden names."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from common.core.account import AccountFacts
from common.core.closing import Offer
from common.core.deal import Deal, DealState
from common.core.events import HaltLevel, LookedUp, Turn
from common.core.market import Direction, Venue
from common.core.order import Fill, Found, Lifetime, Order, Purpose, Report
from common.core.terms import SECOND_NS
from common.ledger.ledger import Ledger
from common.ledger.limits import CapTerms
from common.ledger.shrinking import FIRST_TURN_NS, NOBODY, TURN_MAX_NS
from common.warden.turns import OFFER_MAX_NS, PATIENCE_NS, Turns

NOW = 1_700_000_000 * SECOND_NS
HEAVY = "leverage: dydx carries 2.90 times equity, more than 2.8"
BOTH: Mapping[Venue, AccountFacts] = {v: AccountFacts(v, 10**9, 0, (), NOW) for v in Venue}


class Desk:
    """A ledger with open deals, and a warden's turns on it."""

    def __init__(self, path: Path) -> None:
        self.ledger = Ledger.create(path, created_ns=NOW, config_hash="c", code_version="v", pid=7)
        self.ledger.set_cap(CapTerms(Decimal("2.5"), Decimal(3), 4, 30 * SECOND_NS), "start", NOW)
        for facts in BOTH.values():
            self.ledger.write_account(facts)
        self.turns, self.now_ns = Turns(), NOW + SECOND_NS

    def open(self, market: str, price: int = 40) -> Deal:
        name = f"{self.ledger.incarnation}-{market}-1"
        orders = tuple(self._order(name, market, venue, Purpose.OPEN, price) for venue in Venue)
        deal = Deal(
            name, market, 1, Direction.SELL_APEX, Decimal(1), DealState.OPENING, price * 10**6, 1, NOW, NOW, orders
        )
        assert isinstance(self.ledger.reserve(deal, "edge"), Deal)
        for order in orders:
            self._fill(order)
        return self.ledger.move(name, DealState.OPEN, price * 10**6, "even", NOW)

    def _order(self, deal_id: str, market: str, venue: Venue, purpose: Purpose, price: int) -> Order:
        side = Direction.SELL_APEX.side_at(venue)
        return Order(
            client_id=f"{deal_id}-{venue[0]}{purpose[0]}",
            deal_id=deal_id,
            venue=venue,
            market=market,
            side=side if purpose is Purpose.OPEN else side.opposite,
            purpose=purpose,
            size=Decimal(1),
            limit=Decimal(price),
            lifetime=Lifetime.FOK,
            reduce_only=purpose is not Purpose.OPEN,
            created_ns=NOW,
        )

    def _fill(self, order: Order) -> None:
        fill = Fill(order.venue, f"f-{order.client_id}", order.client_id, order.side, order.limit, order.size, 1, NOW)
        report = Report(order.client_id, "v", order.size, final=True)
        self.ledger.record(LookedUp(order.client_id, Found(report, (fill,)), NOW))

    def close(self, deal: Deal, *, filled: bool) -> None:
        orders = tuple(self._order(deal.deal_id, deal.market, venue, Purpose.CLOSE, 40) for venue in Venue)
        if self.ledger.deal(deal.deal_id).state is DealState.OPEN:  # type: ignore[union-attr]
            self.ledger.write(deal.deal_id, orders, DealState.CLOSING, "reduce", self.now_ns)
        if filled:
            for order in orders:
                self._fill(order)
            self.ledger.move(deal.deal_id, DealState.CLOSED, 0, "flat", self.now_ns)

    def offer(self, deal: Deal, cost: str, *, acceptable: bool = True, notional: int = 40) -> None:
        offered = Offer(deal.deal_id, Decimal(cost), Decimal(notional), acceptable)
        self.ledger.shrinking.offer(deal.market, (offered,), self.now_ns)

    def shrink(self, market: str = "*", why: str = "ann is careful", who: str = "ann") -> None:
        self.ledger.halt(HaltLevel.REDUCE, market, why, who=who, at_ns=self.now_ns)

    def look(self, *, heavy: bool = False, accounts: Mapping[Venue, AccountFacts] = BOTH) -> Turn | None:
        return self.turns.look(self.ledger, accounts, heavy=heavy, now_ns=self.now_ns)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "ledger.db")
    yield made
    made.ledger.close()


def test_nobody_is_named_while_nobody_has_to_shrink(desk: Desk) -> None:
    desk.offer(desk.open("BTC"), "0.01")
    assert desk.look() is None and desk.ledger.shrinking.turn("BTC", desk.now_ns) is None
    desk.ledger.halt(HaltLevel.HALT, "*", "odd", who="ann", at_ns=NOW)
    assert desk.look() is None
    desk.ledger.halt(HaltLevel.FLATTEN, "*", "odd", who="ann", at_ns=NOW)
    assert desk.look() is None, "flatten waits for nobody's turn"


def test_the_cheapest_is_named_and_the_next_one_only_when_it_is_closed(desk: Desk) -> None:
    btc, sol = desk.open("BTC"), desk.open("SOL")
    desk.offer(btc, "0.05")
    desk.offer(sol, "0.04")
    desk.shrink()
    assert desk.look() == desk.ledger.shrinking.turn("BTC", desk.now_ns) == Turn(sol.deal_id, whatever=False)
    desk.close(sol, filled=False)
    desk.offer(btc, "0.01")
    assert desk.look() == Turn(sol.deal_id, whatever=False), "one deal at a time"
    desk.close(sol, filled=True)
    assert desk.look() == Turn(btc.deal_id, whatever=False)


def test_cheap_is_what_costs_least_for_each_dollar_that_it_takes_away(desk: Desk) -> None:
    small, large = desk.open("SOL"), desk.open("BTC")
    desk.offer(small, "0.03", notional=20)
    desk.offer(large, "0.04", notional=40)
    desk.shrink()
    assert desk.look() == Turn(large.deal_id, whatever=False)


def test_only_markets_that_have_to_shrink_are_named(desk: Desk) -> None:
    btc, sol = desk.open("BTC"), desk.open("SOL")
    desk.offer(btc, "0.05")
    desk.offer(sol, "0.01")
    desk.shrink("BTC")
    assert desk.look() == Turn(btc.deal_id, whatever=False)


def test_an_old_price_is_none_and_what_keeps_too_little_waits(desk: Desk) -> None:
    btc, sol = desk.open("BTC"), desk.open("SOL")
    desk.offer(btc, "0.01")
    desk.shrink()
    desk.now_ns += OFFER_MAX_NS + 1
    desk.offer(sol, "0.02", acceptable=False)
    assert desk.look() == NOBODY
    desk.offer(btc, "0.01")
    assert desk.look() == Turn(btc.deal_id, whatever=False)


def test_whoever_is_named_and_does_not_begin_is_passed_over_for_a_while(desk: Desk) -> None:
    btc, sol = desk.open("BTC"), desk.open("SOL")
    desk.shrink()
    said = []
    for _ in range(3 * PATIENCE_NS // SECOND_NS):
        desk.offer(btc, "0.01")
        desk.offer(sol, "0.02")
        said.append(desk.look())
        desk.now_ns += SECOND_NS
    assert {turn.deal_id for turn in said if turn} == {btc.deal_id, sol.deal_id}
    assert said[0] == said[PATIENCE_NS // SECOND_NS] == Turn(btc.deal_id, whatever=False)


def test_our_own_reduce_closes_whatever_it_costs_and_only_until_the_accounts_are_light(desk: Desk) -> None:
    btc = desk.open("BTC")
    desk.offer(btc, "4", acceptable=False)
    desk.shrink(why=HEAVY, who="warden")
    assert desk.look(heavy=True) == Turn(btc.deal_id, whatever=True)
    assert desk.look(heavy=False) == NOBODY
    assert desk.look(heavy=False, accounts={Venue.DYDX: BOTH[Venue.DYDX]}) == Turn(btc.deal_id, whatever=True), (
        "a venue that does not answer is not known to be light"
    )


@pytest.mark.parametrize(("why", "who"), [("loss: 11.0% of equity lost today", "warden"), ("leverage: mine", "ann")])
def test_other_reasons_to_shrink_close_at_an_acceptable_edge_only(desk: Desk, why: str, who: str) -> None:
    btc = desk.open("BTC")
    desk.offer(btc, "4", acceptable=False)
    desk.shrink(why=why, who=who)
    assert desk.look(heavy=True) == NOBODY


def test_a_turn_that_is_not_renewed_says_nothing(desk: Desk) -> None:
    desk.ledger.shrinking.name(NOBODY, desk.now_ns)
    assert desk.ledger.shrinking.turn("BTC", desk.now_ns + TURN_MAX_NS) == NOBODY
    assert desk.ledger.shrinking.turn("BTC", desk.now_ns + TURN_MAX_NS + 1) is None


def test_right_after_the_order_nobody_runs_ahead_of_the_first_turn(desk: Desk) -> None:
    ordered_ns = desk.now_ns
    desk.shrink("SOL")
    assert desk.ledger.shrinking.turn("SOL", ordered_ns + SECOND_NS) == NOBODY
    assert desk.ledger.shrinking.turn("SOL", ordered_ns + FIRST_TURN_NS) == NOBODY
    assert desk.ledger.shrinking.turn("SOL", ordered_ns + FIRST_TURN_NS + 1) is None, "no warden: each for itself"
    assert desk.ledger.shrinking.turn("BTC", ordered_ns + SECOND_NS) is None, "this market has not to shrink"
