"""What the venues remember is written down whatever the limits say, and cannot serve as an entry: facts may exceed."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from common.core.deal import Deal, DealState
from common.core.errors import LocalError
from common.core.events import HaltLevel
from common.core.ids import client_id, next_attempt
from common.core.market import Direction, Side, Venue
from common.core.order import Fill, Lifetime, Order, OrderState, Purpose
from common.ledger import backup
from common.ledger.bounds import BY_NAME, Bound
from common.ledger.ledger import Ledger, Refusal
from common.ledger.limit_verbs import Moved
from common.ledger.limits import CapTerms
from common.ledger.retelling import Retelling
from common.ledger.rows import Author
from common.ledger.verify import verify

if TYPE_CHECKING:
    from tests.ledger.conftest import Maker

AUTHOR = Author(pid=8, code_version="2", config_hash="hash")
AT_NS = 1_700_000_000_000_000_000
FROM = 17_000_000_000
#: what two deals of 200 USD, opened within the minute, exceed; and the word for an entry on top of them
TIGHT = (
    ("deals", 1, "deals"),
    ("notional_usd", 300, "notional"),
    ("deals_per_minute", 1, "rate"),
    ("deals_per_hour", 1, "rate"),
)
WIDE = 1_000_000


@pytest.fixture
def retelling(path: Path, ledger: Ledger) -> Iterator[Retelling]:
    ledger.halt(HaltLevel.HALT, "*", "reconciled", who="ann", at_ns=AT_NS)
    with Retelling.open(path, AUTHOR, "ann") as opened:
        yield opened


def told(number: int = 1, market: str = "BTC", direction: int = 1, state: DealState = DealState.OPEN) -> Deal:
    """A deal of another file: both legs filled, and for CLOSED closed again."""
    name, sign = f"zzzzzz-{market}-{number}", Direction(direction)
    deal = Deal(
        deal_id=name,
        market=market,
        number=number,
        direction=sign,
        size=Decimal("0.001"),
        state=state,
        held_uusd=0 if state is DealState.CLOSED else 200_000_000,
        edge_uusd=0,
        opened_ns=AT_NS - 9,
        changed_ns=AT_NS - 8,
        attempts_from=FROM,
    )
    orders = [_order(name, v, sign.side_at(v), n, Purpose.OPEN) for n, v in enumerate(Venue)]
    if state is DealState.CLOSED:
        orders += [_order(name, v, sign.side_at(v).opposite, n + 2, Purpose.CLOSE) for n, v in enumerate(Venue)]
    return replace(deal, orders=tuple(orders), fills=tuple(_fill(order) for order in orders))


def _order(name: str, venue: Venue, side: Side, attempt: int, purpose: Purpose) -> Order:
    order_id = client_id(name, venue, attempt)
    return Order(
        client_id=order_id,
        deal_id=name,
        venue=venue,
        market=name.split("-")[1],
        side=side,
        purpose=purpose,
        size=Decimal("0.001"),
        limit=Decimal(40_000),
        lifetime=Lifetime.FOK,
        reduce_only=purpose is Purpose.CLOSE,
        created_ns=AT_NS - 9,
        state=OrderState.DONE,
        venue_order_id=f"v-{order_id}",
        reported_size=Decimal("0.001"),
    )


def _fill(order: Order) -> Fill:
    price, size = Decimal(40_000), Decimal("0.001")
    return Fill(order.venue, f"f-{order.client_id}", order.client_id, order.side, price, size, 20_000, AT_NS - 8)


def test_a_deal_told_by_the_venues_stands_as_it_was_told(path: Path, retelling: Retelling) -> None:
    for deal in (told(1), told(2, state=DealState.CLOSED), told(1, "ETH", -1, DealState.CLOSING)):
        assert retelling.rebuild(deal, "told", AT_NS) == deal
    assert verify(path).sound


def test_facts_may_exceed_cap_level_and_direction(retelling: Retelling, ledger: Ledger) -> None:
    """The cap is 250 USD and the level 4: six deals of 200 USD, of both directions in one market."""
    for number in range(1, 7):
        retelling.rebuild(told(number, direction=1 if number < 6 else -1), "told", AT_NS)
    assert sum(deal.held_uusd for deal in ledger.live_deals()) == 1_200_000_000


def test_facts_may_exceed_the_limits_of_entries_and_entries_may_not_come_on_top(
    retelling: Retelling, ledger: Ledger, maker: "Maker"
) -> None:
    """All limits are in the way of two deals; then of an entry one after the other alone."""
    for name, value, _ in TIGHT:
        bind(ledger, name, value)
    for number in (1, 2):
        retelling.rebuild(told(number), "told", AT_NS)
    ledger.resume("*", "looked", who="ann", at_ns=AT_NS)
    for name, _, _ in TIGHT:
        bind(ledger, name, WIDE)
    for name, value, word in TIGHT:
        bind(ledger, name, value)
        assert ledger.reserve(maker.deal(3), "edge") == Refusal(word)
        bind(ledger, name, WIDE)


def bind(ledger: Ledger, name: str, value: int) -> None:
    """Limit the market, and the fleet."""
    for market in ("BTC", "*"):
        bound = Bound(market, BY_NAME[name], value * BY_NAME[name].unit)
        assert isinstance(ledger.set_limit(bound, "test", who="ann", confirmed=True, at_ns=AT_NS), Moved)


def test_entries_may_not_come_on_top_of_facts(retelling: Retelling, ledger: Ledger, maker: "Maker") -> None:
    retelling.rebuild(told(1, "SOL", -1), "told", AT_NS)
    retelling.rebuild(told(2, "SOL", -1), "told", AT_NS)
    ledger.resume("*", "looked", who="ann", at_ns=AT_NS)
    assert ledger.reserve(maker.deal(1), "edge") == Refusal("cap")
    assert ledger.reserve(maker.deal(3, "SOL", 1), "edge") == Refusal("direction")
    ledger.set_cap(CapTerms(Decimal(9), Decimal(9), 2, 30_000_000_000), "more", AT_NS)
    assert ledger.reserve(maker.deal(1, "ETH", -1), "edge") == Refusal("level")
    assert isinstance(ledger.reserve(maker.deal(1), "edge"), Deal)


def test_deals_are_rebuilt_only_while_their_market_is_halted(retelling: Retelling, ledger: Ledger) -> None:
    ledger.resume("*", "looked", who="ann", at_ns=AT_NS)
    with pytest.raises(LocalError, match="rebuilt only while its market is halted"):
        retelling.rebuild(told(), "told", AT_NS)
    ledger.halt(HaltLevel.HALT, "BTC", "odd", who="ann", at_ns=AT_NS)
    retelling.rebuild(told(), "told", AT_NS)


def test_nobody_enters_by_calling_a_new_deal_rebuilt(retelling: Retelling, ledger: Ledger, maker: "Maker") -> None:
    entry = replace(maker.deal(1), attempts_from=1)
    with pytest.raises(LocalError, match="a rebuilt deal has nothing left to open"):
        ledger.reserve(entry, "edge")
    assert ledger.deal(entry.deal_id) is None


@pytest.mark.parametrize(
    "change", [{"venue_order_id": None}, {"venue_order_id": ""}, {"reported_size": None}, {"reported_size": Decimal(0)}]
)
def test_an_order_is_done_at_once_only_where_its_venue_told_what_it_filled(
    retelling: Retelling, change: dict[str, object]
) -> None:
    deal = told()
    first, second = deal.orders
    odd = replace(deal, orders=(replace(first, **change), second))  # type: ignore[arg-type]
    with pytest.raises(LocalError, match="a new order is NEW, unless its venue tells"):
        retelling.rebuild(odd, "told", AT_NS)
    assert retelling.deals("BTC") == ()


def test_running_numbers_of_orders_are_never_used_again(retelling: Retelling, sql: sqlite3.Connection) -> None:
    deal = retelling.rebuild(told(), "told", AT_NS)
    assert next_attempt(deal) == FROM + 2
    with pytest.raises(sqlite3.IntegrityError, match="never used again"):
        sql.execute("UPDATE deal SET attempts_from = attempts_from - 1")


def test_deals_of_a_copy_that_is_put_back_go_on_with_numbers_that_nobody_used(
    path: Path, ledger: Ledger, maker: "Maker", tmp_path_factory: pytest.TempPathFactory
) -> None:
    tmp_path = tmp_path_factory.mktemp("copy")
    deal = maker.opened(ledger)
    backup.backup(path, tmp_path / "copy.db")
    ledger.close()
    by = backup.By(AUTHOR, "ann", AT_NS + 1_000_000_000)
    backup.restore(path, tmp_path / "copy.db", by, make_folder=lambda: tmp_path_factory.mktemp("former"))
    with Ledger.open(path, config_hash="", code_version="", pid=1) as restored:
        (again,) = restored.live_deals()
    assert next_attempt(deal) == 2 and next_attempt(again) == FROM + 10 + 2


def test_orders_added_to_a_finished_deal_halt_its_market(retelling: Retelling, ledger: Ledger, maker: "Maker") -> None:
    ledger.resume("*", "", who="ann", at_ns=AT_NS)
    live, done = maker.opened(ledger, 1), maker.closed(ledger, 1, "ETH", -1)
    for deal in (live, done):
        order = _order(deal.deal_id, Venue.DYDX, Side.SELL, 9, Purpose.EVEN)
        after = retelling.append(deal.deal_id, (order,), (_fill(order),), "told", AT_NS)
        assert (after.state, after.orders[-1], after.fills[-1]) == (deal.state, order, _fill(order))
    assert ledger.halt_level("BTC") is HaltLevel.NONE
    assert ledger.halt_level("ETH") is HaltLevel.HALT


def test_ids_of_another_file_are_taken_for_ours_and_new_ones_begin_anew(retelling: Retelling, ledger: Ledger) -> None:
    before = ledger.incarnation
    assert retelling.adopt({"zzzzzz", before}, "seen", AT_NS)
    assert retelling.incarnations() >= {"zzzzzz", before}
    assert ledger.incarnation not in {"zzzzzz", before}
    assert not retelling.adopt({"zzzzzz"}, "seen", AT_NS)
