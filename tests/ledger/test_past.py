"""What is remembered of the past is what the rows add up to, whenever one looks, and nobody reads a row twice."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from common.core.account import ForcedFill, FundingPaid
from common.core.deal import LIVE, Deal, DealState
from common.core.events import Answered, Filled
from common.core.market import Side, Venue
from common.core.money import ZERO, uusd_down
from common.core.order import Ack, Purpose, reversal
from common.ledger import chain, pnl, remembered, rows
from common.ledger.ledger import Ledger
from common.ledger.past import DAY_NS, Day, MarketPast, Past
from common.ledger.remembered import Remembered, past_path
from common.ledger.report import Report
from common.ledger.store import Store
from common.ledger.watch import LedgerWatch

if TYPE_CHECKING:
    from tests.ledger.conftest import Maker


def told(past: Past) -> dict[str, MarketPast]:
    """Markets of which there is something to tell."""
    return {market: place for market, place in past.markets.items() if place != MarketPast()}


def counted(connection: sqlite3.Connection) -> dict[str, MarketPast]:
    """The obvious way: every deal whole, one after the other."""
    markets: dict[str, MarketPast] = {}
    for deal in rows.get_all(connection, None):
        place = markets.setdefault(deal.market, MarketPast())
        opened = connection.execute(
            "SELECT COUNT(*) FROM journal WHERE deal_id = ? AND to_state = 'OPEN'", (deal.deal_id,)
        )
        _count(place, deal, was_open=opened.fetchone()[0] > 0)
        _count_day(place, deal, connection)
    for market, venue, at_ns in connection.execute(
        "SELECT o.market, f.venue, f.at_ns FROM fill AS f JOIN orders AS o USING (client_id)"
    ):
        times = markets.setdefault(market, MarketPast()).filled_ns
        times[Venue(venue)] = max(times[Venue(venue)], at_ns)
    for market, at_ns, uusd in connection.execute("SELECT market, venue_ns, payment_uusd FROM funding"):
        day = markets.setdefault(market, MarketPast()).days.setdefault(at_ns // DAY_NS, Day())
        day.funding_uusd += uusd
    return {market: place for market, place in markets.items() if place != MarketPast()}


def _count(place: MarketPast, deal: Deal, *, was_open: bool) -> None:
    for venue in Venue:
        place.filled[venue] += deal.position(venue)
    if deal.state in LIVE:
        return
    sums, realised = place.sums, pnl.realised(deal)
    sums.closed += deal.state is DealState.CLOSED
    sums.void += deal.state is DealState.VOID
    sums.written_off += deal.state is DealState.WRITTEN_OFF
    sums.opened += was_open
    sums.missed += deal.state is DealState.CLOSED and not was_open
    sums.fees_uusd += deal.fees_uusd
    sums.pnl_uusd += uusd_down(realised) - deal.fees_uusd
    sums.realised += realised
    sums.traded += sum((t.paid + t.received for t in pnl.turnovers(deal).values()), ZERO)
    if deal.state is DealState.WRITTEN_OFF:
        for venue in Venue:
            place.off[venue] += deal.position(venue)
    elif deal.unfinished or (any(deal.position(venue) for venue in Venue) and deal.net):
        place.loose.add(deal.deal_id)


def _count_day(place: MarketPast, deal: Deal, connection: sqlite3.Connection) -> None:
    if deal.state in LIVE:
        return
    rows_of_it = connection.execute("SELECT seq, at_ns, to_state FROM journal WHERE deal_id = ?", (deal.deal_id,))
    told_of = rows_of_it.fetchall()
    last_live = max(seq for seq, _, state in told_of if state in LIVE)
    day = place.days.setdefault(min(at for seq, at, _ in told_of if seq > last_live) // DAY_NS, Day())
    day.closed += deal.state is DealState.CLOSED
    day.void += deal.state is DealState.VOID
    day.written_off += deal.state is DealState.WRITTEN_OFF
    day.fees_uusd += deal.fees_uusd
    day.pnl_uusd += uusd_down(pnl.realised(deal)) - deal.fees_uusd


def story(ledger: Ledger, maker: "Maker") -> Iterator[None]:
    """A bit of everything that ever happens to deals; one step at a time."""
    closed = maker.closed(ledger, 1)
    yield
    opened = maker.opened(ledger, 2)
    yield
    void = ledger.reserve(maker.deal(1, "ETH"), "test")
    assert isinstance(void, Deal)
    yield
    for order in void.orders:
        ledger.record(maker.rejected(order))
    ledger.move(void.deal_id, DealState.VOID, 0, "nothing", maker.start_ns + 5)
    yield
    # one leg alone, evened: closed without ever having been open
    missed = ledger.reserve(maker.deal(1, "SOL"), "test")
    assert isinstance(missed, Deal)
    ledger.record(maker.rejected(missed.orders[0]))
    ledger.record(maker.found(missed.orders[1]))
    even = maker.order(missed.deal_id, Venue.APEX, Side.BUY, Purpose.EVEN)
    ledger.write(missed.deal_id, (even,), None, "even", maker.start_ns + 6)
    yield
    ledger.record(maker.found(even, 40_100))
    ledger.move(missed.deal_id, DealState.CLOSED, 0, "flat", maker.start_ns + 7)
    yield
    # late fills of finished deals, and taken back again
    late = replace(maker.fill(closed.orders[0], size="0.0003"), fill_id="late", price=Decimal("39999.7"))
    ledger.record(Filled(late, maker.start_ns + 8))
    yield
    ledger.record(Filled(reversal(late), maker.start_ns + 9))
    yield
    size, at_ns = Decimal("0.0002"), maker.start_ns + 9
    forced = ForcedFill(Venue.APEX, "forced", "BTC", Side.SELL, Decimal(40_000), size, 7, 1, at_ns)
    ledger.book_forced(forced)
    yield
    ledger.move(opened.deal_id, DealState.STUCK, opened.held_uusd, "odd", maker.start_ns + 10)
    yield
    ledger.write_off(opened.deal_id, "test", force=True, at_ns=maker.start_ns + 11)
    yield
    ledger.record(Filled(replace(late, fill_id="off", client_id=opened.orders[0].client_id), maker.start_ns + 12))
    yield
    exit_ = maker.order(closed.deal_id, Venue.APEX, Side.BUY, Purpose.EVEN)
    ledger.write(closed.deal_id, (exit_,), None, "late exit", maker.start_ns + 13)
    yield
    ledger.record(Answered(exit_.client_id, Ack("v"), maker.start_ns + 14))
    yield
    ledger.record(maker.found(exit_, size="0.0002"))
    yield
    ledger.book_funding(FundingPaid(Venue.DYDX, "paid", "LTC", -3, maker.start_ns + DAY_NS), maker.start_ns + 15)
    yield


def test_a_deal_counts_on_the_day_in_which_it_ended_whatever_is_heard_later(
    ledger: Ledger, maker: "Maker", reader: Store
) -> None:
    day = maker.start_ns // DAY_NS
    closed = maker.closed(ledger, 1)
    void = ledger.reserve(maker.deal(1, "ETH"), "test")
    assert isinstance(void, Deal)
    for order in void.orders:
        ledger.record(maker.rejected(order))
    ledger.move(void.deal_id, DealState.VOID, 0, "nothing", maker.start_ns + DAY_NS)
    late = replace(maker.fill(closed.orders[0], size="0.0003", fee_uusd=5), fill_id="late")
    ledger.record(Filled(late, maker.start_ns + 2 * DAY_NS))
    ledger.book_funding(FundingPaid(Venue.APEX, "p", "BTC", -7, maker.start_ns + 3 * DAY_NS), maker.start_ns)
    with reader.reading() as connection:
        places = Remembered(reader.path).now(connection).markets
    fees = closed.fees_uusd + 5
    btc, eth = places["BTC"].days, places["ETH"].days
    assert btc.keys() == {day, day + 3} and (btc[day].closed, btc[day].fees_uusd) == (1, fees)
    assert btc[day + 3] == Day(funding_uusd=-7)
    assert eth == {day + 1: Day(void=1)}


@pytest.fixture
def reader(ledger: Ledger, path: Path) -> Iterator[Store]:
    store = Store(path, writer=False)
    yield store
    store.close()


def test_whoever_looks_at_each_step_or_only_at_the_end_knows_the_same(
    ledger: Ledger, path: Path, maker: "Maker", reader: Store
) -> None:
    always = Remembered(path)
    for _ in story(ledger, maker):
        with reader.reading() as connection:
            expected = counted(connection)
            assert told(always.now(connection)) == expected
            assert told(Remembered(path).now(connection)) == expected
    assert expected["BTC"].loose and expected["BTC"].off[Venue.DYDX] and expected["SOL"].sums.missed == 1


def test_what_was_saved_at_any_step_is_read_on_from(
    ledger: Ledger, path: Path, maker: "Maker", reader: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [path.with_name(f"{n}.past") for n, _ in enumerate(story(ledger, maker)) if _saved(reader, path, n)]
    assert len(steps) > 10
    with reader.reading() as connection:
        expected, last = counted(connection), chain.head(connection)[0]
        for step in steps:
            past = remembered.load(step)
            assert past.fits(connection) and (past.seq < last or step == steps[-1])
            past.advance(connection)
            assert told(past) == expected


def _saved(reader: Store, path: Path, n: int) -> bool:
    with reader.reading() as connection:
        past = Remembered(path).now(connection)
        remembered.save(path.with_name(f"{n}.past"), past)
    return True


def test_it_is_kept_beside_the_ledger_and_spares_the_next_reader_the_rows(
    ledger: Ledger, path: Path, maker: "Maker", monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in story(ledger, maker):
        pass
    with Report.open(path) as report:
        before = report.totals(), report.tallies(), report.dust(), report.markets()
        assert not past_path(path).exists()
    monkeypatch.setattr(remembered, "SAVE_ROWS", 1)
    with Report.open(path) as report:
        report.totals()
    assert past_path(path).stat().st_mode & 0o777 == 0o600
    with Report.open(path) as report:
        heard: list[str] = []
        report._store.connection.set_trace_callback(heard.append)
        assert (report.totals(), report.tallies(), report.dust(), report.markets()) == before
        assert not any("from_state IS NULL" in statement for statement in heard)
    with LedgerWatch.open(path) as watch:
        assert watch.look().positions


@pytest.mark.parametrize("damage", ["", "{", "changed", "other"])
def test_a_memory_that_cannot_be_used_is_counted_again(
    ledger: Ledger, path: Path, maker: "Maker", monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.setattr(remembered, "SAVE_ROWS", 1)
    maker.closed(ledger)
    with Report.open(path) as report:
        before = report.totals()
    text = past_path(path).read_text()
    if damage == "other":
        past = remembered.load(past_path(path))
        past.hash, past.of("BTC").sums.closed = "0" * 64, 7
        remembered.save(past_path(path), past)
    else:
        past_path(path).write_text(text.replace('"closed": 1', '"closed": 7') if damage == "changed" else damage)
    with Report.open(path) as report:
        assert report.totals() == before


def test_a_folder_that_nobody_may_write_to_makes_no_trouble(
    ledger: Ledger, path: Path, maker: "Maker", monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: Path, past: Past) -> None:
        raise PermissionError(13, "no", str(file))

    monkeypatch.setattr(remembered, "SAVE_ROWS", 1)
    monkeypatch.setattr(remembered, "save", refuse)
    maker.closed(ledger)
    with Report.open(path) as report:
        assert report.totals().closed == 1


def test_who_is_far_behind_counts_before_he_begins(
    path: Path, ledger: Ledger, maker: "Maker", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "SAVE_ROWS", 1)
    monkeypatch.setattr(remembered, "STEP_ROWS", 3)
    maker.closed(ledger)
    past_path(path).unlink(missing_ok=True)
    remembered.catch_up(path)
    assert remembered.load(past_path(path)).of("BTC").sums.closed == 1
