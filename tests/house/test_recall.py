"""What nobody pushed is found by asking: when the questions are due, what they find, that a fleet relies on them."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from common.core.account import AccountFacts, ForcedFill, PastFill, Position
from common.core.market import Venue
from common.core.order import Fill, reversal
from common.fleet.fleet import Fleet
from common.fleet.wire import ACCOUNT
from common.ledger.ledger import Ledger
from common.ledger.report import Report
from common.ledger.unheard import SETTLE_NS
from common.recall import (
    FAR_NS,
    FUNDING_DELAY_NS,
    FUNDING_RETRY_NS,
    HOUR_NS,
    NEAR_NS,
    PAUSE_NS,
    ROUTINE_NS,
    FillsRecall,
    FundingRecall,
)
from common.sim.faults import SECOND, Faults

D = Decimal
NOW = 1_700_000_000 * SECOND


# ---- when -----------------------------------------------------------------------------------------------------------


def test_fills_are_asked_for_at_start_far_back_until_answered_and_then_now_and_then() -> None:
    recall = FillsRecall()
    assert recall.due(NOW, fits=True) == NOW - FAR_NS
    assert recall.due(NOW + 1, fits=True) is None
    assert recall.due(NOW + PAUSE_NS, fits=True) == NOW + PAUSE_NS - FAR_NS, "no answer came: once more"
    recall.answered(NOW + PAUSE_NS)
    routine_ns = NOW + PAUSE_NS + ROUTINE_NS
    assert recall.due(routine_ns - 1, fits=True) is None
    assert recall.due(routine_ns, fits=True) == routine_ns - NEAR_NS


def test_a_position_that_does_not_fit_is_a_reason_to_ask_at_once_and_then_less_and_less_often() -> None:
    recall = FillsRecall()
    recall.due(NOW, fits=True)
    recall.answered(NOW)
    asked = [at for at in range(0, 300) if recall.due(NOW + at * SECOND, fits=at < 10) is not None]
    assert asked == [10, 15, 25, 45, 85, 145, 205, 265]
    assert recall.due(NOW + 350 * SECOND, fits=True) == NOW + 350 * SECOND - NEAR_NS
    assert recall.due(NOW + 356 * SECOND, fits=False) == NOW + 356 * SECOND - FAR_NS, "the pause began anew"


def test_a_stream_that_is_up_again_is_a_reason_to_ask_at_once() -> None:
    fills, funding = FillsRecall(), FundingRecall()
    assert fills.due(NOW, fits=True) and funding.due(NOW)
    fills.answered(NOW)
    funding.answered(NOW)
    assert fills.due(NOW + 1, fits=True) is None and not funding.due(NOW + FUNDING_RETRY_NS)
    fills.stream_up()
    funding.stream_up()
    assert fills.due(NOW + 1, fits=True) == NOW + 1 - FAR_NS and funding.due(NOW + FUNDING_RETRY_NS)


def test_funding_is_asked_for_after_each_full_hour_until_it_is_answered() -> None:
    recall, hour_ns = FundingRecall(), (NOW // HOUR_NS + 1) * HOUR_NS
    assert recall.due(NOW) and not recall.due(NOW + 1)
    recall.answered(NOW)
    due_ns = hour_ns + FUNDING_DELAY_NS
    assert not recall.due(due_ns - 1)
    assert (
        recall.due(due_ns) and not recall.due(due_ns + FUNDING_RETRY_NS - 1) and recall.due(due_ns + FUNDING_RETRY_NS)
    )
    recall.answered(due_ns + FUNDING_RETRY_NS)
    assert not recall.due(hour_ns + HOUR_NS)


# ---- what -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """A fleet that has deals open in a world that loses every push of the account streams, and nothing else."""
    fleet = Fleet(1, Faults(race_lost=0.0, push_lost=1.0), tmp_path)
    fleet.keep_going()
    while not any(e.account(ACCOUNT).positions for e in fleet.engines.values()):
        fleet.run_until(fleet.timeline.now_ns + SECOND)
    fleet.run_until(fleet.timeline.now_ns + 5 * SECOND)
    return fleet


def rows(fleet: Fleet, query: str) -> list[tuple[object, ...]]:
    return fleet.judge.all_rows(query)


@pytest.mark.parametrize("venue", list(Venue))
def test_a_forced_fill_that_was_never_pushed_is_found_by_the_position_alone(fleet: Fleet, venue: Venue) -> None:
    engine = fleet.engines[venue]
    position = engine.account(ACCOUNT).positions[0]
    engine.deleverage(ACCOUNT, position.market, abs(position.size), fleet.timeline.now_ns)
    began_ns = fleet.timeline.now_ns
    while not rows(fleet, "SELECT 1 FROM fill WHERE client_id LIKE 'forced:%'"):
        fleet.run_until(fleet.timeline.now_ns + SECOND)
        assert fleet.timeline.now_ns < began_ns + 20 * SECOND, "the routine alone would take a minute"
    assert rows(fleet, "SELECT market FROM halt") == [(position.market,)]


def test_a_fill_that_was_taken_back_without_a_word_is_found(fleet: Fleet) -> None:
    engine = fleet.engines[Venue.APEX]
    heard = {fill_id for (fill_id,) in rows(fleet, "SELECT fill_id FROM fill WHERE venue = 'apex'")}
    assert heard, "they were heard of by look-ups"
    fill = next(fill for fill in engine.fills(ACCOUNT) if fill.fill_id in heard)
    engine.take_back(ACCOUNT, fill.fill_id, fleet.timeline.now_ns)
    began_ns = fleet.timeline.now_ns
    while not rows(fleet, "SELECT 1 FROM fill WHERE fill_id LIKE '%!reversed'"):
        fleet.run_until(fleet.timeline.now_ns + SECOND)
        assert fleet.timeline.now_ns < began_ns + 20 * SECOND


def test_funding_that_was_never_pushed_is_found_after_the_hour(tmp_path: Path) -> None:
    fleet = Fleet(1, Faults(race_lost=0.0, push_lost=1.0, hour_after_ns=25 * SECOND), tmp_path)
    fleet.keep_going()
    fleet.run_until(fleet.timeline.now_ns + 26 * SECOND)
    paid = sum(len(engine.funding(ACCOUNT)) for engine in fleet.engines.values())
    assert paid and not rows(fleet, "SELECT 1 FROM funding")
    fleet.run_until(fleet.timeline.now_ns + 40 * SECOND)
    assert len(rows(fleet, "SELECT 1 FROM funding")) == paid


# ---- the ledger's side of it ----------------------------------------------------------------------------------------


def opened(tmp_path: Path) -> tuple[Ledger, Fill, str]:
    """The ledger of a fleet at rest with an open deal: one of its fills, and the venue's id of its order."""
    fleet = Fleet(1, Faults(race_lost=0.0), tmp_path)
    fleet.keep_going()
    while True:
        fleet.run_until(fleet.timeline.now_ns + SECOND)
        for deal in fleet.ledger.live_deals():
            if deal.state == "OPEN":
                fill = deal.fills[0]
                order = next(o for o in deal.orders if o.client_id == fill.client_id)
                assert order.venue_order_id is not None
                return fleet.ledger, fill, order.venue_order_id


def test_of_a_history_only_what_is_not_in_the_file_is_heard(tmp_path: Path) -> None:
    ledger, fill, order_id = opened(tmp_path)
    market, nameless = fill.client_id.split("-")[1], replace(fill, client_id="")
    known = PastFill(market, order_id, nameless)
    undone = replace(known, fill=reversal(nameless))
    forced = PastFill(market, None, replace(nameless, fill_id="adl"))
    foreign = PastFill(market, "nobody's", replace(nameless, fill_id="other"))
    (taken_back, adl) = ledger.unheard.among([known, undone, forced, foreign], NOW)
    assert taken_back.fill == reversal(fill)  # type: ignore[union-attr]
    assert isinstance(adl, ForcedFill) and (adl.market, adl.fill_id, adl.at_ns) == (market, "adl", NOW)


def test_a_position_fits_while_it_is_what_our_fills_leave_or_nothing_can_be_said(tmp_path: Path) -> None:
    ledger, fill, _ = opened(tmp_path)
    market, venue = fill.client_id.split("-")[1], fill.venue
    deals = [deal for deal in ledger.live_deals(market)]
    size = sum((deal.position(venue) for deal in deals), D(0))
    with Report.open(tmp_path / "ledger.db") as report:
        last_ns = max(trade.at_ns for trade in report.trades())
    fleet_facts = {"market": market, "entry": D(1), "mark": D(1)}
    for said, fits in ((size, True), (size * 2, False), (None, False)):
        positions = () if said is None else (Position(size=said, **fleet_facts),)  # type: ignore[arg-type]
        last_ns += SETTLE_NS
        ledger.write_account(account(venue, positions, last_ns))
        assert ledger.unheard.fits(market, venue) is fits
    assert ledger.unheard.fits("XYZ", venue)


def account(venue: Venue, positions: tuple[Position, ...], at_ns: int) -> AccountFacts:
    return AccountFacts(venue, 100_000_000, 0, positions, at_ns)
