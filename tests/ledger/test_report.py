"""What arbctl is told: exact sums, both sides of a market, the history in order."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core.account import FundingPaid
from common.core.deal import DealState
from common.core.events import Filled, HaltLevel
from common.core.market import Direction, Side, Venue
from common.core.order import Fill, Purpose
from common.ledger import pnl
from common.ledger.ledger import Ledger
from common.ledger.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ledger.conftest import Maker


@pytest.fixture
def report(ledger: Ledger, path: Path) -> "Iterator[Report]":
    with Report.open(path) as opened:
        yield opened


def test_an_empty_ledger_has_no_markets_and_zero_totals(report: Report) -> None:
    assert not (report.markets() or report.deals() or report.dust())
    totals = report.totals()
    assert (totals.reserved, totals.realised_uusd, totals.fees_uusd, totals.funding_uusd) == (0, 0, 0, 0)


def test_a_market_shows_ledger_and_venue_side_by_side(report: Report, ledger: Ledger, maker: "Maker") -> None:
    deal = maker.opened(ledger)
    ledger.write_account(maker.account(Venue.DYDX, maker.start_ns + 9, size="0.001"))
    (row,) = report.markets()
    dydx, apex = row.sides
    assert (row.market, row.direction, row.deals) == ("BTC", Direction.SELL_APEX, (deal,))
    assert (dydx.ledger_size, dydx.venue_size, dydx.mark) == (Decimal("0.001"), Decimal("0.001"), Decimal(40_100))
    assert dydx.agrees and dydx.at_ns == maker.start_ns + 9
    assert (apex.ledger_size, apex.venue_size, apex.agrees) == (Decimal("-0.001"), Decimal(0), False)
    assert (row.held_uusd, row.notional_uusd, row.unrealised_uusd) == (40_040_000, 40_100_000, None)


def test_unrealised_pnl_is_at_marks_with_fees_taken_off(report: Report, ledger: Ledger, maker: "Maker") -> None:
    maker.opened(ledger)
    for venue, size in ((Venue.DYDX, "0.001"), (Venue.APEX, "-0.001")):
        ledger.write_account(maker.account(venue, maker.start_ns + 9, size=size))
    (row,) = report.markets()
    # sold at 40,040, bought at 40,000, both marked at the same price: 0.04 USD less two fees of 0.02
    assert row.unrealised_uusd == 0
    assert all(side.agrees for side in row.sides)


def test_a_position_without_a_deal_and_a_venue_that_never_spoke_are_shown(
    report: Report, ledger: Ledger, maker: "Maker"
) -> None:
    ledger.write_account(maker.account(Venue.APEX, maker.start_ns + 9, size="3", market="DOGE"))
    ledger._store.connection.execute("DELETE FROM equity WHERE venue = 'dydx'")
    (row,) = report.markets()
    assert (row.market, row.direction, row.deals, row.opened_ns) == ("DOGE", None, (), None)
    assert [side.venue_size for side in row.sides] == [None, Decimal(3)]


def test_counts_and_cap_are_as_the_triggers_see_them(report: Report, ledger: Ledger, maker: "Maker") -> None:
    maker.opened(ledger, 1)
    maker.opened(ledger, 2)
    maker.opened(ledger, 1, "ETH", -1)
    maker.closed(ledger, 1, "SOL")
    counts, cap = report.counts(), report.cap()
    assert (counts.plus, counts.minus, counts.level, counts.arbitrage_count) == (2, 1, 4, 1)
    assert (cap.held_uusd, cap.cap_uusd) == (3 * 40_040_000, 250_000_000)
    assert (cap.leverage_entry, cap.leverage_max, cap.level) == (Decimal("2.5"), Decimal(3), 4)
    ledger._store.connection.execute("DELETE FROM cap")
    assert report.cap().cap_uusd is None
    assert report.counts().level is None


def test_a_closed_deal_earned_its_cash_less_its_fees(report: Report, ledger: Ledger, maker: "Maker") -> None:
    closed, opened = maker.closed(ledger, 1), maker.opened(ledger, 2)
    ledger.book_funding(FundingPaid(Venue.DYDX, "p", "BTC", -7, 1), 1)
    first, second = report.deals()
    assert (first.deal, first.pnl_uusd, first.matched) == (closed, 40_000 - 80_000, Decimal(0))
    assert (second.deal, second.pnl_uusd, second.matched) == (opened, -40_000, Decimal("0.001"))
    totals = report.totals()
    assert (totals.reserved, totals.opened, totals.closed, totals.live) == (2, 2, 1, 1)
    assert (totals.realised_uusd, totals.fees_uusd, totals.funding_uusd) == (-80_000, 120_000, -7)
    assert totals.traded_uusd == (40_040_000 + 40_000_000) * 2 + 40_010_000 * 2
    assert report.deals(live=True) == (second,)
    assert report.deals("ETH") == () and report.totals("ETH").reserved == 0
    assert report.deal(closed.deal_id) == first and report.deal("none") is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(Side)),
            st.decimals(1, 100_000, places=4),
            st.decimals(Decimal("0.001"), 10, places=3),
        ),
        max_size=8,
    )
)
def test_realised_plus_what_is_left_at_cost_is_all_the_cash(trades: list[tuple[Side, Decimal, Decimal]]) -> None:
    fills = [Fill(Venue.DYDX, str(n), "c", side, price, size, 0, 1) for n, (side, price, size) in enumerate(trades)]
    turnover = pnl.turnover(fills)
    cash = sum((-f.side.sign * f.price * f.size for f in fills), Decimal(0))
    left = turnover.position
    if left == 0:
        assert turnover.realised == cash
    else:
        cost = turnover.paid / turnover.bought if left > 0 else turnover.received / turnover.sold
        assert abs(turnover.realised - (cash + left * cost)) < Decimal("1E-15")


def test_dust_is_what_finished_deals_left(report: Report, ledger: Ledger, maker: "Maker") -> None:
    closed = maker.closed(ledger)
    late = maker.order(closed.deal_id, Venue.APEX, Side.BUY, Purpose.EVEN)
    ledger.write(closed.deal_id, (late,), None, "test", 5)
    ledger.record(Filled(maker.fill(late, size="0.0003"), 6))
    (dust,) = report.dust()
    assert (dust.market, dust.net) == ("BTC", Decimal("0.0003"))
    assert dust.sizes == {Venue.DYDX: Decimal(0), Venue.APEX: Decimal("0.0003")}


def test_the_journal_tail_is_the_newest_rows_oldest_first(report: Report, ledger: Ledger, maker: "Maker") -> None:
    deal = maker.closed(ledger)
    tail = report.journal(2)
    assert [row.verb for row in tail] == ["record", "move"]
    assert [row.verb for row in report.journal(market="BTC", deal_id=deal.deal_id)] == [
        "reserve",
        "record",
        "record",
        "move",
        "write",
        "record",
        "record",
        "move",
    ]
    assert report.journal(market="ETH") == []


def test_spreads_carry_the_signed_count_of_their_moment(report: Report, ledger: Ledger, maker: "Maker") -> None:
    maker.opened(ledger, 1)
    maker.opened(ledger, 1, "ETH", -1)
    maker.opened(ledger, 2)
    maker.closed(ledger, 3)
    maker.opened(ledger, 4)
    assert [(row.market, int(row.direction), row.count) for row in report.spreads()] == [
        ("BTC", 1, 0),
        ("ETH", -1, 1),
        ("BTC", 1, 0),
        ("BTC", 1, 1),
        ("BTC", 1, 1),
    ]
    assert len(report.spreads("ETH")) == 1


def test_trades_are_all_fills_with_their_orders(report: Report, ledger: Ledger, maker: "Maker") -> None:
    deal = maker.closed(ledger)
    trades = report.trades()
    assert [(t.purpose, t.fill_id) for t in trades] == [(o.purpose, f"fill-{o.client_id}") for o in deal.orders]
    assert trades[0].venue_order_id == f"v-{deal.orders[0].client_id}"
    assert (trades[0].price, trades[0].size) == (Decimal(40_000), Decimal("0.001"))


def test_halts_beats_equity_and_incarnation_are_as_written(report: Report, ledger: Ledger, maker: "Maker") -> None:
    ledger.halt(HaltLevel.REDUCE, "*", "storm", who="warden", at_ns=3)
    ledger.heartbeat("BTC", "watching", decided_ns=2, at_ns=5 * 10**9)
    (halt,), (beat,) = report.halts(), report.heartbeats()
    assert (halt.market, halt.level, halt.why, halt.who) == ("*", HaltLevel.REDUCE, "storm", "warden")
    assert (beat.market, beat.pid, beat.state, beat.decided_ns) == ("BTC", 7, "watching", 2)
    ledger.write_account(replace(maker.account(Venue.DYDX, maker.start_ns + 1), gross_uusd=150_000_000))
    assert [(e.venue, e.leverage) for e in report.equities()] == [(Venue.DYDX, Decimal("1.5")), (Venue.APEX, 0)]
    assert report.incarnation() == (ledger.incarnation, maker.start_ns)


def test_what_was_written_off_is_not_ours_any_more(report: Report, ledger: Ledger, maker: "Maker") -> None:
    deal = maker.opened(ledger)
    ledger.write_off(deal.deal_id, "lost", force=True, at_ns=maker.start_ns + 10**12)
    assert report.markets() == ()
    assert report.cap().held_uusd == 40_040_000
    assert report.totals().written_off == 1
    (row,) = report.deals()
    assert row.deal.state is DealState.WRITTEN_OFF


def test_sums_over_all_fills_are_what_the_deals_add_up_to_one_by_one(
    report: Report, ledger: Ledger, maker: "Maker"
) -> None:
    for number, market, direction in ((1, "ETH", 1), (2, "ETH", -1), (1, "SOL", -1)):
        maker.closed(ledger, number, market, direction)
    opened = maker.opened(ledger, 1, "BTC")
    late = Fill(Venue.APEX, "late", "aaaaaa-SOL-1-apex-c1", Side.SELL, Decimal("39999.7"), Decimal("0.00033"), 77, 1)
    for fill in (late, replace(late, fill_id="again")):
        ledger.record(Filled(fill, maker.start_ns + 9))
    rows, totals = report.deals(), report.totals()
    assert [(row.deal.market, row.deal.number) for row in rows] == [("BTC", 1), ("ETH", 1), ("ETH", 2), ("SOL", 1)]
    assert report.deals(live=True) == (report.deal(opened.deal_id),)
    realised = sum((pnl.realised(row.deal) for row in rows), Decimal(0))
    assert totals.fees_uusd == sum(row.fees_uusd for row in rows)
    assert totals.realised_uusd == int(realised * 1_000_000 // 1) - totals.fees_uusd
    assert totals.traded_uusd == -int(-sum(f.price * f.size for row in rows for f in row.deal.fills) * 1_000_000 // 1)
    assert [(t.market, t.closed, t.void, t.pnl_uusd) for t in report.tallies()] == [
        (name, sum(row.deal.state is DealState.CLOSED for row in of), 0, sum(row.pnl_uusd for row in of))
        for name in ("BTC", "ETH", "SOL")
        if (of := [row for row in rows if row.deal.market == name])
    ]
    assert [(dust.market, dust.net) for dust in report.dust()] == [("SOL", Decimal("-0.00066"))]
    assert report.totals("SOL").fees_uusd == 80_154
