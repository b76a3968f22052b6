"""Trades are told once over any number of restarts, and two equal ones of one millisecond stay two."""

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core.market import Side, Venue
from common.core.trade import Trade
from common.tape import known_trades
from common.tape.heard import Page
from common.tape.known_trades import KnownTrades

MS_NS = 1_000_000


def trade(ms: int, size: str = "1", name: str = "") -> Trade:
    venue = Venue.APEX if name else Venue.DYDX
    return Trade(venue, "BTC", Side.BUY, Decimal(size), Decimal(100), ms * MS_NS, 0, trade_id=name)


def snapshot(source: int, *trades: Trade, full: bool = False) -> Page:
    return Page(trades, True, full, (1, source), 0)


def update(source: int, *trades: Trade) -> Page:
    return Page(trades, False, False, (1, source), 0)


def test_twins_in_one_snapshot_are_two_trades() -> None:
    known = KnownTrades()
    assert len(known.new(snapshot(1, trade(1), trade(1), trade(2)))) == 3


def test_a_snapshot_after_a_restart_brings_what_is_new_and_no_more() -> None:
    known = KnownTrades()
    known.new(snapshot(1, trade(1), trade(2)))
    known.new(update(1, trade(2)))
    assert known.new(snapshot(2, trade(1), trade(2), trade(2), trade(3))) == [trade(3)]
    assert known.new(snapshot(3, trade(2), trade(2), trade(3), trade(3))) == [trade(3)], (
        "a twin came while we were away"
    )
    assert known.twins == 2


def test_a_snapshot_on_the_same_connection_begins_to_count_anew() -> None:
    known = KnownTrades()
    known.new(snapshot(1, trade(1), trade(2)))
    assert known.new(snapshot(1, trade(1), trade(2))) == []
    assert known.new(snapshot(1, trade(2), trade(2))) == [trade(2)]


def test_a_window_that_begins_between_twins_brings_none_again() -> None:
    known = KnownTrades()
    known.new(snapshot(1, trade(1), trade(1), trade(1)))
    assert known.new(snapshot(2, trade(1), trade(2))) == [trade(2)]


def test_two_recorders_of_the_same_hour_tell_each_trade_once() -> None:
    known = KnownTrades()
    assert known.new(snapshot(1)) == known.new(snapshot(2)) == []
    told = [known.new(update(source, trade(5))) for source in (1, 2, 1, 2)]
    assert told == [[trade(5)], [], [trade(5)], []], "each of them heard two"


def test_apex_trades_go_by_their_name() -> None:
    known = KnownTrades()
    assert len(known.new(snapshot(1, trade(1, name="a"), trade(1, name="b")))) == 2
    assert known.new(update(1, trade(1, name="a"))) == []


def test_a_full_page_that_does_not_join_on_may_have_missed_some() -> None:
    known = KnownTrades()
    assert not known.misses(snapshot(1, trade(1), full=True)), "nothing was known before"
    known.new(snapshot(1, trade(1), trade(2)))
    assert known.misses(snapshot(2, trade(3), trade(4), full=True))
    assert not known.misses(snapshot(2, trade(2), trade(4), full=True))
    assert not known.misses(snapshot(2, trade(3), trade(4))), "it is not full: it shows all that there are"
    assert not known.misses(update(1, trade(3)))


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_trades, "KEPT_MAX", 50)
    known = KnownTrades()
    for ms in range(1000):
        known.new(update(ms % 40, trade(ms)))
    assert len(known._counts) == 50
    assert len(known._by_source) <= known_trades.SOURCES_MAX
    assert known.new(snapshot(99, *(trade(ms) for ms in range(960, 1001)))) == [trade(1000)]


@given(
    history=st.lists(st.tuples(st.integers(0, 6), st.sampled_from("12")), max_size=40),
    visits=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8),
    window=st.integers(1, 12),
)
def test_whatever_is_shown_how_often_is_told_as_often_as_it_was(
    history: list[tuple[int, str]], visits: list[tuple[int, int]], window: int
) -> None:
    """A venue's history, heard in visits: a snapshot of the last trades, then each one as it comes, then away."""
    trades = [trade(ms, size) for ms, size in sorted(history)]
    known, told, shown = KnownTrades(), Counter[Trade](), set[int]()
    for number, (a, b) in enumerate(sorted(visits)):
        begin, end = min(a, len(trades)), min(max(a, b), len(trades))
        first = max(0, begin - window)
        told.update(known.new(snapshot(number, *trades[first:begin])))
        for n in range(begin, end):
            told.update(known.new(update(number, trades[n])))
        shown.update(range(first, end))
    truth = Counter(trades[n] for n in shown)
    assert not told - truth, "nothing is invented, nothing told twice"
    if shown == set(range(min(shown, default=0), max(shown, default=-1) + 1)):
        # visits that join on to each other leave out no twin, but where a window began between two of them
        lost = truth - told
        assert all(trade_.venue_ns in _window_edges(trades, visits, window) for trade_ in lost)


def _window_edges(trades: list[Trade], visits: list[tuple[int, int]], window: int) -> set[int]:
    begins = (min(a, len(trades)) - window for a, _ in visits)
    return {trades[begin].venue_ns for begin in begins if 0 < begin < len(trades)}
