"""Fills that the venue takes back: appended, never changed; the market halted, sums right, the next step clear."""

import sqlite3
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from common.core.account import ForcedFill
from common.core.deal import Deal, DealState, Even, Rest, next_step, opening_price
from common.core.errors import LocalError
from common.core.events import Filled, HaltLevel, LookedUp, Reported
from common.core.market import Instrument, Side, Venue
from common.core.order import Fill, Found, Report, reversal
from common.ledger.ledger import Ledger
from common.ledger.report import Report as LedgerReport
from common.ledger.verify import verify

if TYPE_CHECKING:
    from tests.ledger.conftest import Maker

D = Decimal
LATER = 1_700_000_000_000_000_100


@pytest.fixture
def instruments() -> dict[Venue, Instrument]:
    return {venue: instrument(venue) for venue in Venue}


def instrument(venue: Venue) -> Instrument:
    return Instrument(
        venue=venue,
        market="BTC",
        name="BTC",
        tick=D(1),
        step=D("0.001"),
        min_size=D("0.001"),
        taker_fee=D("0.0005"),
        initial_margin=D("0.05"),
        maintenance_margin=D("0.03"),
        online=True,
        fill_or_kill=True,
    )


def fill_at(deal: Deal, venue: Venue, number: int = 0) -> Fill:
    return [fill for fill in deal.fills if fill.venue is venue][number]


def taken_back(ledger: Ledger, fill: Fill) -> Deal:
    deal = ledger.record(Filled(reversal(fill), LATER))
    assert deal is not None
    return deal


def test_a_reversal_is_a_row_of_its_own_and_halts_in_the_same_row_of_the_journal(
    ledger: Ledger, maker: "Maker", path: Path
) -> None:
    opened = maker.opened(ledger)
    fill = fill_at(opened, Venue.APEX)
    deal = taken_back(ledger, fill)
    assert deal.fills == (*opened.fills, reversal(fill))
    assert (deal.position(Venue.APEX), deal.fees_uusd) == (D(0), opened.fees_uusd - fill.fee_uusd)
    assert ledger.halt_level("BTC") is HaltLevel.HALT
    with LedgerReport.open(path) as report:
        last = report.journal(1)[0]
        assert (last.verb, last.deal_id) == ("record", deal.deal_id)
        assert last.why.endswith("1 new fill, taken back: market halted")
        assert [row.fee_uusd for row in report.trades()][-1] == -fill.fee_uusd
    assert verify(path).sound


def test_a_leg_that_was_taken_back_is_evened_by_reducing_the_other(
    ledger: Ledger, maker: "Maker", instruments: dict[Venue, Instrument]
) -> None:
    opened = maker.opened(ledger)
    deal = taken_back(ledger, fill_at(opened, Venue.APEX))
    assert not deal.unfinished
    other = opened.direction.side_at(Venue.DYDX)
    assert next_step(deal, instruments) == Even(Venue.DYDX, other.opposite, D("0.001"))


def test_it_is_booked_once_however_often_it_is_told(ledger: Ledger, maker: "Maker") -> None:
    fill = fill_at(maker.opened(ledger), Venue.APEX)
    deal = taken_back(ledger, fill)
    assert taken_back(ledger, fill) == deal
    ledger.record(Filled(fill, LATER + 1))
    report = Report(fill.client_id, "v", D("0.001"), True)
    ledger.record(LookedUp(fill.client_id, Found(report, (fill, reversal(fill))), LATER + 2))
    assert ledger.deal(deal.deal_id) == deal


def test_a_finished_deal_that_loses_a_fill_is_loose_and_unwound(
    ledger: Ledger, maker: "Maker", instruments: dict[Venue, Instrument]
) -> None:
    closed = maker.closed(ledger)
    closing = fill_at(closed, Venue.APEX, 1)
    deal = taken_back(ledger, closing)
    assert (deal.state, deal.held_uusd) == (DealState.CLOSED, 0)
    assert ledger.unfinished_deals("BTC") == (deal,)
    assert next_step(deal, instruments) == Even(Venue.APEX, closing.side, D("0.001"))


def test_a_look_up_tells_a_fill_and_its_reversal_at_once(ledger: Ledger, maker: "Maker") -> None:
    deal = ledger.reserve(maker.deal(), "test")
    assert isinstance(deal, Deal)
    order = deal.orders[0]
    fill = maker.fill(order)
    finding = Found(Report(order.client_id, "v", order.size, True), (fill, reversal(fill)))
    ledger.record(LookedUp(order.client_id, finding, LATER))
    after = ledger.deal(deal.deal_id)
    assert after is not None and after.position(order.venue) == 0
    assert [o.client_id for o in after.unfinished] == [deal.orders[1].client_id]
    assert ledger.halt_level("BTC") is HaltLevel.HALT


def test_a_reversal_does_not_stand_in_for_a_fill_that_is_missing(ledger: Ledger, maker: "Maker") -> None:
    """Half was filled and taken back; the other half was reported and has not come: it is still asked for."""
    deal = ledger.reserve(maker.deal(), "test")
    assert isinstance(deal, Deal)
    order = deal.orders[0]
    half = maker.fill(order, size="0.0005")
    for fact in (Filled(half, LATER), Filled(reversal(half), LATER)):
        ledger.record(fact)
    after = ledger.record(Reported(Report(order.client_id, "v", order.size, True), LATER))
    assert after is not None and order.client_id in {o.client_id for o in after.unfinished}
    ledger.write_off(deal.deal_id, "not asked for any more", force=True, at_ns=LATER)


def test_a_finished_deal_with_a_missing_half_is_loose_in_spite_of_a_reversal(ledger: Ledger, maker: "Maker") -> None:
    closed = maker.closed(ledger)
    order = closed.orders[-1]
    late = replace(maker.fill(order, size="0.0005"), fill_id="late")
    ledger.record(Filled(late, LATER))
    ledger.record(Filled(reversal(late), LATER))
    assert ledger.unfinished_deals("BTC") == ()
    ledger.record(Reported(Report(order.client_id, "v", D("0.0025"), True), LATER))
    assert [deal.deal_id for deal in ledger.unfinished_deals("BTC")] == [closed.deal_id]


def test_what_a_deal_earned_and_opened_at_is_told_by_the_fills_that_stand(
    ledger: Ledger, maker: "Maker", path: Path, instruments: dict[Venue, Instrument]
) -> None:
    opened = maker.opened(ledger)
    lost = replace(fill_at(opened, Venue.APEX), fill_id="dearer", price=D(50_000))
    ledger.record(Filled(lost, LATER))
    deal = taken_back(ledger, lost)
    assert opening_price(deal, Venue.APEX) == opening_price(opened, Venue.APEX)
    assert next_step(deal, instruments) == Rest(DealState.OPEN, opened.held_uusd)
    with LedgerReport.open(path) as report:
        row, totals = report.deal(deal.deal_id), report.totals()
        assert row is not None
        assert (row.pnl_uusd, row.fees_uusd) == (-opened.fees_uusd, opened.fees_uusd)
        assert (totals.realised_uusd, totals.fees_uusd) == (-opened.fees_uusd, opened.fees_uusd)
        assert totals.traded_uusd == 80_040_000


@pytest.mark.parametrize(
    "change",
    [
        {"fill_id": "nothing!reversed"},
        {"price": D(1)},
        {"size": D("0.0005")},
        {"fee_uusd": 0},
        {"fill_id": "a plain fill"},
    ],
)
def test_the_file_takes_no_fill_on_the_other_side_that_takes_back_nothing(
    ledger: Ledger, maker: "Maker", change: dict[str, object]
) -> None:
    fill = fill_at(maker.opened(ledger), Venue.APEX)
    with pytest.raises(LocalError, match="takes back exactly one"):
        ledger.record(Filled(replace(reversal(fill), **change), LATER))  # type: ignore[arg-type]


def test_a_file_that_was_written_past_the_laws_is_found_out(ledger: Ledger, maker: "Maker", path: Path) -> None:
    fill = fill_at(maker.opened(ledger), Venue.APEX)
    taken_back(ledger, fill)
    ledger.close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("DROP TRIGGER fill_update")
    connection.execute("UPDATE fill SET price = '1' WHERE fill_id = ?", (reversal(fill).fill_id,))
    connection.close()
    said = [finding.what for finding in verify(path).findings]
    assert any("on the wrong side and takes none back" in what for what in said), said


def test_a_finished_deal_that_is_uneven_by_exactly_the_smallest_order_is_found_at_start(
    ledger: Ledger, maker: "Maker"
) -> None:
    closed = maker.closed(ledger)
    deal = taken_back(ledger, fill_at(closed, Venue.APEX, 1))
    assert ledger.unfinished_deals("BTC", D("0.001")) == (deal,)
    assert ledger.unfinished_deals("BTC", D("0.002")) == ()


# ---- forced fills -------------------------------------------------------------------------------------------------


def forced(size: str = "0.002") -> ForcedFill:
    return ForcedFill(Venue.APEX, "adl", "BTC", "SELL", D(39_000), D(size), 31, 1, LATER)


def undone(fill: ForcedFill) -> ForcedFill:
    return replace(fill, fill_id="adl!reversed", side="BUY", fee_uusd=-fill.fee_uusd)


def test_a_forced_fill_that_was_taken_back_leaves_each_bearer_as_it_was(ledger: Ledger, maker: "Maker") -> None:
    deals = maker.opened(ledger, 1, direction=-1), maker.opened(ledger, 2, direction=-1)
    assert all(deal.position(Venue.APEX) == D("0.001") for deal in deals)
    assert [deal.position(Venue.APEX) for deal in ledger.book_forced(forced())] == [0, 0]
    after = ledger.book_forced(undone(forced()))
    assert [deal.deal_id for deal in after] == [deal.deal_id for deal in deals]
    for deal, before in zip(after, deals, strict=True):
        assert (deal.position(Venue.APEX), deal.cash, deal.fees_uusd) == (D("0.001"), before.cash, before.fees_uusd)
    assert ledger.book_forced(undone(forced())) == ()


def test_a_forced_fill_that_nobody_bore_is_taken_back_by_nobody(ledger: Ledger) -> None:
    assert ledger.book_forced(forced()) == ()
    assert ledger.book_forced(undone(forced())) == ()


def test_sides_are_told_apart_by_the_order_not_by_the_direction(ledger: Ledger, maker: "Maker") -> None:
    """A reversal of an opening buy is a sell that closes nothing: the deal is not CLOSED by it while a leg stands."""
    opened = maker.opened(ledger, direction=-1)
    fill = fill_at(opened, Venue.APEX)
    assert fill.side is Side.BUY
    deal = taken_back(ledger, fill)
    assert deal.state is DealState.OPEN and deal.net == -D("0.001")
