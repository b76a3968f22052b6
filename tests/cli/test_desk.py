"""What an operator sees is what is recorded: facts out of a fleet's folder, and one deal's timeline."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import settings
from common.core.events import HaltLevel
from common.core.market import Venue
from common.desk import deal_told
from common.desk.facts import NOT_RUNNING, SEEN_MAX_NS, facts
from common.desk.shapes import DeskFacts, MarketFacts
from common.desk.told import DAY_NS, Reader, Told
from common.supervisor_client import Process
from common.telemetry.files import Writer, folder_of
from common.telemetry.rows import Mark, Refused, Sent, Span

SECOND_NS = 1_000_000_000
BTC = "aaaaaa-BTC-1"
ETH = "aaaaaa-ETH-1"


def span(at_ns: int, market: str = "BTC", **changed: Any) -> Span:
    """BTC sold for 40,010 and bought for 40,012 at either venue."""
    quotes = {venue.value: ("40010", "40012") for venue in Venue}
    edges = {"+1": (-3.5, 1.25), "-1": (-8.0, -6.0)}
    made = Span(market, at_ns, 10 * SECOND_NS, 0, {}, {}, 1.0, edges, (), quotes, {"dydx": 40}, {"dydx": 3, "apex": 5})
    return replace(made, **changed)


def told(fleet: Any, at_ns: int | None = None) -> Told:
    return Reader(settings.load(fleet.root / "arb.toml")).read(at_ns or fleet.now_ns + SECOND_NS)


def seen(fleet: Any, at_ns: int | None = None) -> DeskFacts:
    at_ns = at_ns or fleet.now_ns + SECOND_NS
    return facts(told(fleet, at_ns), at_ns)


def market(desk: DeskFacts, name: str) -> MarketFacts:
    return next(one for one in desk.markets if one.market == name)


def test_the_header_is_what_the_ledger_says(fleet: Any) -> None:
    fleet.ledger.halt(HaltLevel.REDUCE, "SOL", "odd", who="anna", at_ns=fleet.now_ns)
    desk = seen(fleet)
    assert (desk.mode, desk.trouble, desk.supervisord, desk.running) == ("paper", "", None, 0)
    assert [(h.market, h.level, h.who) for h in desk.halts] == [("SOL", "reduce", "anna")]
    assert desk.equity_uusd == 200_000_000
    assert desk.counts is not None and (desk.counts.plus, desk.counts.minus, desk.counts.level) == (1, 1, 4)
    assert desk.cap is not None and desk.used == pytest.approx(desk.cap.held_uusd / (desk.cap.cap_uusd or 0))
    assert [(v.venue, v.age_ns) for v in desk.venues] == [(Venue.DYDX, SECOND_NS), (Venue.APEX, SECOND_NS)]
    assert (market(desk, "SOL").halt, market(desk, "BTC").halt) == (HaltLevel.REDUCE, None)


def test_of_two_halts_the_stricter_one_binds_a_market(fleet: Any) -> None:
    fleet.ledger.halt(HaltLevel.FLATTEN, "*", "all of it", who="anna", at_ns=fleet.now_ns)
    fleet.ledger.halt(HaltLevel.HALT, "SOL", "odd", who="anna", at_ns=fleet.now_ns)
    assert {one.halt for one in seen(fleet).markets} == {HaltLevel.FLATTEN}


def test_today_is_what_ended_since_midnight_and_what_is_open_is_apart(fleet: Any) -> None:
    # both legs of ETH gained what the other one lost: four fees are left
    desk = seen(fleet)
    assert desk.pnl is not None
    today = fleet.now_ns - 30 * SECOND_NS >= fleet.now_ns // DAY_NS * DAY_NS
    assert (desk.pnl.closed, desk.pnl.realised_uusd) == ((1, -80_000) if today else (0, 0))
    # marked at 100 for all; the two fees of BTC and of SOL are paid
    assert desk.pnl.open_uusd == -80_000
    assert desk.pnl.total_uusd == desk.pnl.realised_uusd - 80_000
    tomorrow = seen(fleet, fleet.now_ns + DAY_NS)
    assert tomorrow.pnl is not None and (tomorrow.pnl.closed, tomorrow.pnl.realised_uusd) == (0, 0)


def test_a_reader_counts_a_deal_that_ends_while_it_looks_once(fleet: Any) -> None:
    reader = Reader(settings.load(fleet.root / "arb.toml"))
    now_ns = fleet.now_ns + SECOND_NS

    def closed() -> int:
        pnl = facts(reader.read(now_ns), now_ns).pnl
        return -1 if pnl is None else pnl.closed

    before = closed()
    ledger = told(fleet).ledger
    assert ledger is not None
    deal = next(row.deal for row in ledger.deals if row.deal.market == "BTC")
    fleet.now_ns += 31 * SECOND_NS
    fleet.close_deal(deal, "40001")
    assert (closed(), closed()) == (before + 1, before + 1)


def test_another_ledger_in_its_place_is_read_and_none_is_said(fleet: Any) -> None:
    reader = Reader(settings.load(fleet.root / "arb.toml"))
    assert reader.read(fleet.now_ns).ledger is not None
    fleet.ledger.close()
    for file in list(fleet.ledger_file.parent.glob("ledger.db*")):
        file.rename(file.with_name(f"old-{file.name}"))
    gone = reader.read(fleet.now_ns)
    assert gone.ledger is None and "there is no ledger yet" in gone.trouble
    desk = facts(gone, fleet.now_ns)
    assert (desk.cap, desk.pnl, desk.journal, desk.equity_uusd, desk.used) == (None, None, (), None, None)
    assert {one.state for one in desk.markets} == {NOT_RUNNING}
    (fleet.root / "var" / "old-ledger.db").rename(fleet.ledger_file)
    assert reader.read(fleet.now_ns).ledger is not None


def test_a_file_that_is_no_ledger_is_trouble_and_no_crash(fleet: Any) -> None:
    fleet.ledger.close()
    for file in list(fleet.ledger_file.parent.glob("ledger.db*")):
        file.unlink()
    fleet.ledger_file.write_bytes(b"not a database at all")
    assert told(fleet).ledger is None and told(fleet).trouble


def test_a_row_has_its_worker_its_edges_and_its_deals(fleet: Any) -> None:
    at_ns = fleet.now_ns + SECOND_NS
    Writer(folder_of(fleet.ledger_file), "BTC").append(
        [
            span(fleet.now_ns - 9 * SECOND_NS, least_bps=7.0),
            Refused("BTC", fleet.now_ns, "cap", 1, 26),
            span(fleet.now_ns),
        ]
    )
    process = Process("btc", "arb", "RUNNING", 41, 12, 0, "")
    row = market(facts(replace(told(fleet), processes=(process,)), at_ns), "BTC")
    assert (row.state, row.pid, row.says, row.heard_age_ns, row.decided_age_ns) == (
        "RUNNING",
        41,
        "holding",
        SECOND_NS,
        SECOND_NS,
    )
    assert row.seen is not None and (row.seen.least_bps, row.seen.edges["+1"].best_bps) == (1.0, 1.25)
    assert row.seen.lag_ms == {"dydx": 3, "apex": 5}
    assert row.refused is not None and (row.refused.reason, row.refused.age_ns) == ("cap", SECOND_NS)
    assert [(s.venue, s.ledger_size, s.agrees) for s in row.sides] == [
        (Venue.DYDX, Decimal("0.001"), True),
        (Venue.APEX, Decimal("-0.001"), True),
    ]
    assert (row.entry_uusd, row.trouble) == (1_500, "")
    # bought at 40,000 and sold at 40,010, sold at 40,000 and bought back at 40,012; two fees were 0.04, two are to come
    fees = (Decimal(40_010) + Decimal(40_012)) / 40_000 * 20_000
    assert row.close_uusd == Decimal(-2_000) - 40_000 - fees


def test_what_was_written_down_long_ago_says_nothing_of_now(fleet: Any) -> None:
    Writer(folder_of(fleet.ledger_file), "BTC").append([span(fleet.now_ns)])
    assert market(seen(fleet, fleet.now_ns + SEEN_MAX_NS), "BTC").seen is not None
    late = market(seen(fleet, fleet.now_ns + SEEN_MAX_NS + 1), "BTC")
    assert late.seen is None and late.close_uusd is None


def test_a_venue_that_says_something_else_is_seen(fleet: Any) -> None:
    fleet.hear({"BTC": "0.002", "SOL": "-1"}, fleet.now_ns + SECOND_NS)
    assert market(seen(fleet), "BTC").trouble == "positions differ"
    assert market(seen(fleet), "SOL").trouble == ""


def test_a_timeline_goes_from_the_opportunity_to_the_settlement(fleet: Any) -> None:
    order = next(one for one in fleet.orders if one.deal_id == ETH and one.venue is Venue.APEX)
    sent = Sent("ETH", order.created_ns + 1, ETH, order.client_id, "apex", "SELL", "OPEN", "0.01", "2000", "2000", 99)
    mark = Mark("ETH", order.created_ns + 5 * SECOND_NS, "apex", order.client_id, "SELL", "2000", "0.01", 5, "1999")
    other = replace(mark, client_id="bbbbbb-ETH-1-a0")
    Writer(folder_of(fleet.ledger_file), "ETH").append([sent, mark, other])
    story = deal_told.read(fleet.ledger_file, ETH)
    assert story is not None and story.deal.state == "CLOSED"
    what = [one.what for one in story.happened]
    assert what[0] == "decided" and "edge 12 bp" in story.happened[0].text and story.happened[0].since_ns == 0
    assert (what.count("order"), what.count("fill"), what.count("sent"), what.count("mark")) == (4, 4, 1, 1)
    assert [one.at_ns for one in story.happened] == sorted(one.at_ns for one in story.happened)
    assert next(one.text for one in story.happened if one.what == "mark").endswith("+5.0 bp for us")
    fills = [one for one in story.happened if one.what == "fill"]
    assert all(one.venue_ns is not None and f"f-{ETH}" in one.ids for one in fills)
    assert any("CLOSING → CLOSED: flat" in one.text for one in story.happened)
    assert deal_told.read(fleet.ledger_file, "aaaaaa-ETH-9") is None
    assert deal_told.names(fleet.ledger_file, "ETH") == [ETH]


def test_telemetry_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    from common.telemetry.rows import line, row

    old = line(span(1)).replace(b',"lag_ms":{"dydx":3,"apex":5}', b"")
    assert b"lag_ms" not in old
    assert row(old) == span(1, lag_ms={})
