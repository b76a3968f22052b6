"""What happens seldom: forced fills, and deals that a person writes off."""

import sqlite3
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from common.core.account import ForcedFill
from common.core.deal import Deal, DealState
from common.core.errors import IllegalMove
from common.core.events import HaltLevel
from common.core.market import Venue
from common.ledger.ledger import Ledger, Refusal
from common.ledger.writeoff import FLAT_MAX_AGE_NS, ORDER_LIFE_MAX_NS

if TYPE_CHECKING:
    from tests.ledger.conftest import Maker


def forced(size: str, fill_id: str = "f-1", side: str = "SELL") -> ForcedFill:
    """A liquidation at dYdX, where deals of direction +1 are long."""
    return ForcedFill(Venue.DYDX, fill_id, "BTC", side, Decimal(39_000), Decimal(size), 1_001, 5, 6)


def both_flat(ledger: Ledger, maker: "Maker", at_ns: int) -> None:
    for venue in Venue:
        ledger.write_account(maker.account(venue, at_ns))


# ---- forced fills -------------------------------------------------------------------------------------------


def test_a_forced_fill_is_borne_by_the_oldest_deals_first(ledger: Ledger, maker: "Maker") -> None:
    first, second = maker.opened(ledger, 1), maker.opened(ledger, 2)
    changed = ledger.book_forced(forced("0.0015"))
    assert [deal.deal_id for deal in changed] == [first.deal_id, second.deal_id]
    assert [deal.position(Venue.DYDX) for deal in changed] == [Decimal(0), Decimal("0.0005")]
    assert sum(deal.fees_uusd for deal in changed) == first.fees_uusd + second.fees_uusd + 1_001
    assert all(deal.orders[-1].client_id.startswith("forced:") and not deal.unfinished for deal in changed)
    assert ledger.halt_level("BTC") is HaltLevel.HALT


def test_a_forced_fill_is_booked_once(ledger: Ledger, maker: "Maker", sql: sqlite3.Connection) -> None:
    maker.opened(ledger)
    assert ledger.book_forced(forced("0.001"))
    rows = sql.execute("SELECT COUNT(*) FROM journal").fetchone()
    assert ledger.book_forced(forced("0.001")) == ()
    assert sql.execute("SELECT COUNT(*) FROM journal").fetchone() == rows


def test_what_is_forced_beyond_all_positions_stays_with_the_last_deal(ledger: Ledger, maker: "Maker") -> None:
    maker.opened(ledger, 1)
    maker.opened(ledger, 2)
    changed = ledger.book_forced(forced("0.005"))
    assert [deal.position(Venue.DYDX) for deal in changed] == [Decimal(0), Decimal("-0.003")]


def test_without_a_live_deal_the_last_finished_one_bears_it(ledger: Ledger, maker: "Maker") -> None:
    maker.closed(ledger, 1)
    closed = maker.closed(ledger, 2)
    (bearer,) = ledger.book_forced(forced("0.001"))
    assert (bearer.deal_id, bearer.net) == (closed.deal_id, Decimal("-0.001"))
    assert ledger.unfinished_deals("BTC") == (bearer,)


def test_a_finished_deal_of_which_a_late_fill_left_something_bears_it_not_a_newer_one_that_is_flat(
    ledger: Ledger, maker: "Maker"
) -> None:
    """Else one deal would be short and another long by what the venue does not have: no order can even either."""
    void = ledger.reserve(maker.deal(1), "test")
    assert isinstance(void, Deal)
    for order in void.orders:
        ledger.record(maker.rejected(order))
    ledger.move(void.deal_id, DealState.VOID, 0, "nothing filled", maker.start_ns + 2)
    maker.closed(ledger, number=2)
    late = next(order for order in void.orders if order.venue is Venue.DYDX)
    ledger.record(maker.found(late))
    (bearer,) = ledger.book_forced(forced("0.001", side=late.side.opposite.value))
    assert bearer.deal_id == void.deal_id and bearer.net == 0


def test_a_forced_fill_in_a_market_without_any_deal_halts_it_once(ledger: Ledger, sql: sqlite3.Connection) -> None:
    assert ledger.book_forced(forced("0.001")) == ()
    assert ledger.halt_level("BTC") is HaltLevel.HALT
    ledger.resume("BTC", "seen", who="test", at_ns=7)
    ledger.book_forced(forced("0.001"))
    assert ledger.halt_level("BTC") is HaltLevel.NONE


def test_long_ids_of_a_venue_still_make_a_client_id(ledger: Ledger, maker: "Maker") -> None:
    maker.opened(ledger)
    one, other = ("3f0c1d7a-0d6c-4f2e-9d0c-0123456789a", "3f0c1d7a-0d6c-4f2e-9d0c-0123456789b")
    for fill_id in (one, other):
        (deal,) = ledger.book_forced(forced("0.0002", fill_id))
    assert len({order.client_id for order in deal.orders}) == 4
    assert all(len(order.client_id) <= 40 for order in deal.orders)


# ---- written off --------------------------------------------------------------------------------------------


def test_a_deal_is_written_off_when_both_venues_were_just_seen_flat(ledger: Ledger, maker: "Maker") -> None:
    deal = maker.opened(ledger)
    at_ns = maker.start_ns + 50
    both_flat(ledger, maker, at_ns)
    gone = ledger.write_off(deal.deal_id, "closed by hand", force=False, at_ns=at_ns + 1)
    assert isinstance(gone, Deal)
    assert (gone.state, gone.held_uusd) == (DealState.WRITTEN_OFF, 0)
    assert ledger.live_deals() == ()
    with pytest.raises(IllegalMove):
        ledger.write_off(deal.deal_id, "again", force=True, at_ns=at_ns + 2)


@pytest.mark.parametrize("why_not", ["position", "one venue silent", "old news"])
def test_a_deal_is_not_written_off_on_hearsay(
    ledger: Ledger, maker: "Maker", sql: sqlite3.Connection, why_not: str
) -> None:
    deal = maker.opened(ledger)
    at_ns = maker.start_ns + 50
    both_flat(ledger, maker, at_ns)
    if why_not == "position":
        ledger.write_account(maker.account(Venue.APEX, at_ns + 1, size="-0.001"))
    elif why_not == "one venue silent":
        sql.execute("DELETE FROM equity WHERE venue = 'apex'")
    else:
        at_ns += FLAT_MAX_AGE_NS
    assert ledger.write_off(deal.deal_id, "hope", force=False, at_ns=at_ns + 2) == Refusal("not flat")
    assert ledger.live_deals() == (deal,)


def test_a_deal_whose_order_may_still_fill_is_not_flat(ledger: Ledger, maker: "Maker") -> None:
    deal = ledger.reserve(maker.deal(), "edge")
    assert isinstance(deal, Deal)
    both_flat(ledger, maker, maker.start_ns + 50)
    soon = maker.start_ns + 60
    assert ledger.write_off(deal.deal_id, "hope", force=False, at_ns=soon) == Refusal("not flat")
    dead = maker.start_ns + ORDER_LIFE_MAX_NS + 1
    both_flat(ledger, maker, dead)
    assert isinstance(ledger.write_off(deal.deal_id, "dead", force=False, at_ns=dead + 1), Deal)


def test_what_was_forced_off_counts_until_both_venues_are_seen_flat(ledger: Ledger, maker: "Maker") -> None:
    deal = maker.opened(ledger)
    at_ns = maker.start_ns + 50
    ledger.write_account(maker.account(Venue.DYDX, at_ns, size="0.001"))
    gone = ledger.write_off(deal.deal_id, "lost", force=True, at_ns=at_ns + 1)
    assert isinstance(gone, Deal)
    assert gone.held_uusd == deal.held_uusd
    assert ledger.reserve(maker.deal(2, held_uusd=250_000_000), "edge") == Refusal("cap")
    both_flat(ledger, maker, at_ns + 1)
    assert ledger.release_written_off("BTC", at_ns + 2) == ()
    both_flat(ledger, maker, at_ns + 3)
    assert ledger.release_written_off("BTC", at_ns + 4) == (replace(gone, held_uusd=0, changed_ns=at_ns + 4),)
    assert ledger.release_written_off("BTC", at_ns + 5) == ()
    assert isinstance(ledger.reserve(maker.deal(2, held_uusd=250_000_000), "edge"), Deal)
