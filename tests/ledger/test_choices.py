"""How a person says how a stuck deal goes on, and what a process hears first in a market."""

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from common.core.deal import Deal, DealState
from common.core.errors import LocalError
from common.core.events import DealChanged, DustLeft, Filled, Way, Wished
from common.core.market import Instrument, Side, Venue
from common.core.order import Fill
from common.ledger.ledger import Ledger, Refusal
from common.ledger.report import Report
from common.recovery import recovery

if TYPE_CHECKING:
    from tests.ledger.conftest import Maker

D = Decimal
INSTRUMENTS = {
    v: Instrument(v, "BTC", "BTC", D(1), D("0.0001"), D("0.001"), D("0.0005"), D("0.05"), D("0.03")) for v in Venue
}


def stuck(ledger: Ledger, maker: "Maker", number: int = 1, market: str = "BTC") -> Deal:
    deal = maker.opened(ledger, number, market)
    return ledger.move(deal.deal_id, DealState.STUCK, deal.held_uusd, "no book", maker.start_ns + 10)


def test_a_choice_is_journalled_and_the_last_one_counts(ledger: Ledger, maker: "Maker") -> None:
    deal = stuck(ledger, maker)
    at_ns = maker.start_ns + 20
    assert isinstance(ledger.resolve(deal.deal_id, Way.KEEP, "wait for news", who="ann", at_ns=at_ns), Deal)
    ledger.resolve(deal.deal_id, Way.CLOSE, "enough", who="bob", at_ns=at_ns + 1)
    assert ledger.wishes("BTC", 7) == (Wished(deal.deal_id, Way.CLOSE, at_ns + 1, 7),)
    assert ledger.wishes("ETH", 7) == ()
    with Report.open(ledger._store.path) as report:
        told = [(row.verb, row.why, row.from_state, row.to_state) for row in report.journal(2)]
    assert told == [
        ("resolve", "keep by ann: wait for news", "STUCK", "STUCK"),
        ("resolve", "close by bob: enough", "STUCK", "STUCK"),
    ]


def test_only_a_stuck_deal_waits_for_a_person(ledger: Ledger, maker: "Maker") -> None:
    deal = maker.opened(ledger)
    assert ledger.resolve(deal.deal_id, Way.CLOSE, "now", who="ann", at_ns=maker.start_ns + 20) == Refusal("OPEN")
    assert ledger.wishes("BTC", 7) == ()
    with pytest.raises(LocalError, match="not in the ledger"):
        ledger.resolve("aaaaaa-BTC-9", Way.CLOSE, "now", who="ann", at_ns=maker.start_ns + 20)


def test_the_choice_for_a_finished_deal_is_not_heard_any_more(ledger: Ledger, maker: "Maker") -> None:
    deal = stuck(ledger, maker)
    ledger.resolve(deal.deal_id, Way.CLOSE, "enough", who="bob", at_ns=maker.start_ns + 20)
    ledger.move(deal.deal_id, DealState.CLOSED, 0, "flat", maker.start_ns + 30)
    assert ledger.wishes("BTC", 7) == ()


def test_a_process_hears_dust_then_choices_then_deals(ledger: Ledger, maker: "Maker") -> None:
    finished = maker.closed(ledger, 1)
    order = next(o for o in finished.orders if o.venue is Venue.DYDX and o.side is Side.BUY)
    ledger.record(Filled(Fill(Venue.DYDX, "late", order.client_id, Side.BUY, D(40_000), D("0.0004"), 0, 1), 5))
    ledger.resume("BTC", "a test", who="ann", at_ns=maker.start_ns + 9)
    waiting = stuck(ledger, maker, 2)
    ledger.resolve(waiting.deal_id, Way.KEEP, "later", who="ann", at_ns=maker.start_ns + 20)
    dust, wish, changed = recovery(ledger, "BTC", INSTRUMENTS, 99)
    assert dust == DustLeft({Venue.DYDX: D("0.0004"), Venue.APEX: D(0)}, 99)
    assert isinstance(wish, Wished) and wish.way is Way.KEEP
    assert isinstance(changed, DealChanged) and changed.deal.deal_id == waiting.deal_id


def test_what_a_finished_deal_has_too_much_is_no_dust_while_it_is_being_evened(ledger: Ledger, maker: "Maker") -> None:
    finished = maker.closed(ledger, 1)
    order = next(o for o in finished.orders if o.venue is Venue.DYDX and o.side is Side.BUY)
    ledger.record(Filled(Fill(Venue.DYDX, "late", order.client_id, Side.BUY, D(40_000), D("0.004"), 0, 1), 5))
    dust, changed = recovery(ledger, "BTC", INSTRUMENTS, 99)
    assert dust == DustLeft(dict.fromkeys(Venue, D(0)), 99)
    assert isinstance(changed, DealChanged) and changed.deal.deal_id == finished.deal_id
