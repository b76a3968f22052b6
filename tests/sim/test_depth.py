"""Consumed depth, how it comes back, and that the published differences add up to the book."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core.market import Side, Venue
from common.sim.depth import ExponentialRefill, SideDepth, TapeRefill
from common.sim.engine import PaperEngine
from common.sim.types import BookChange, Publication

SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND
HALF = 500_000_000
Make = Callable[..., Any]


def test_half_of_what_was_taken_is_back_after_a_half_life_and_all_of_it_in_the_end() -> None:
    side = SideDepth(Side.SELL, ExponentialRefill(HALF))
    side.set_source(((100, 40), (101, 40)))
    side.take(100, 40, NOW)
    shown = [side.visible(NOW + age).get(100, 0) for age in (0, HALF, 2 * HALF, 20 * HALF)]
    assert shown == [0, 20, 30, 40]
    assert not side.touched


def test_a_single_step_is_back_after_a_half_life_and_not_at_once() -> None:
    side = SideDepth(Side.SELL, ExponentialRefill(HALF))
    side.set_source(((100, 1),))
    side.take(100, 1, NOW)
    assert [side.visible(NOW + age) for age in (1, HALF, HALF + 1_000_000)] == [{}, {}, {100: 1}]


def test_what_is_taken_twice_adds_up() -> None:
    side = SideDepth(Side.SELL, ExponentialRefill(HALF))
    side.set_source(((100, 40),))
    side.take(100, 20, NOW)
    side.take(100, 20, NOW + HALF)
    assert side.visible(NOW + HALF) == {100: 10}


def test_on_a_tape_a_level_stays_taken_until_the_tape_changes_that_level() -> None:
    side = SideDepth(Side.BUY, TapeRefill())
    side.set_source(((100, 40), (99, 5)))
    side.take(100, 30, NOW)
    side.set_source(((100, 40), (99, 7)))
    assert side.visible(NOW + 3600 * SECOND) == {100: 10, 99: 7}
    side.set_source(((100, 39), (99, 7)))
    assert side.visible(NOW + 3600 * SECOND) == {100: 39, 99: 7}


def test_a_source_that_withdraws_its_level_leaves_nothing_below_zero() -> None:
    side = SideDepth(Side.BUY, ExponentialRefill(HALF))
    side.set_source(((100, 40),))
    side.take(100, 30, NOW)
    side.set_source(((100, 20),))
    assert side.visible(NOW) == {}


_rows = st.dictionaries(st.integers(90, 110), st.integers(1, 50), max_size=8)
_moves = st.lists(
    st.one_of(
        st.tuples(st.just("source"), _rows),
        st.tuples(st.just("take"), st.integers(90, 110)),
        st.tuples(st.just("rest"), st.integers(90, 110)),
        st.tuples(st.just("wait"), st.integers(0, 2 * SECOND)),
    ),
    max_size=30,
)


@given(moves=_moves, tape=st.booleans())
def test_the_published_differences_always_add_up_to_the_book(moves: list[tuple[str, Any]], tape: bool) -> None:
    side = SideDepth(Side.BUY, TapeRefill() if tape else ExponentialRefill(HALF))
    follower: dict[int, int] = {}
    resting: dict[int, int] = {}
    now = NOW
    for kind, value in moves:
        if kind == "source":
            side.set_source(tuple(sorted(value.items(), reverse=True)))
        elif kind == "take":
            side.take(value, side.visible(now).get(value, 0), now)
        elif kind == "rest":
            side.rest(value, 3 if value not in resting else -3)
            resting = {**resting, value: 3} if value not in resting else {k: 3 for k in resting if k != value}
        else:
            now += value
        follower.update(side.change(now))
        wanted = dict(side.visible(now))
        for tick in resting:
            wanted[tick] = wanted.get(tick, 0) + 3
        assert {tick: steps for tick, steps in follower.items() if steps} == wanted == side.shown
        assert side.change(now) == ()


@pytest.fixture
def numbered(venue: Venue, opened: Make, ladder: Make) -> list[BookChange]:
    """The book changes of two markets in turn."""
    engine: PaperEngine = opened(venue)
    told: list[Publication] = []
    engine.on_publish = told.append
    for n in range(20):
        engine.apply(ladder(venue, 42_000 + n, market=("BTC", "ETH")[n % 2]), NOW + n)
        engine.apply(ladder(venue, 42_000 + n, market=("BTC", "ETH")[n % 2]), NOW + n)
    return [item for item in told if isinstance(item, BookChange)]


def test_changes_are_numbered_as_the_venue_numbers_them(venue: Venue, numbered: list[BookChange]) -> None:
    assert len(numbered) == 20, "what does not change is not published"
    if venue is Venue.DYDX:
        numbers = [change.sequence for change in numbered]
        assert numbers == sorted(set(numbers))
        return
    for market in ("BTC", "ETH"):
        assert [change.sequence for change in numbered if change.market == market] == list(range(1, 11))


def test_each_level_of_a_snapshot_carries_the_number_of_its_last_change(opened: Make, ladder: Make) -> None:
    engine: PaperEngine = opened(Venue.DYDX)
    engine.apply(ladder(Venue.DYDX, 42_000), NOW)
    engine.apply(ladder(Venue.DYDX, 42_001), NOW)
    bids, asks, last = engine.book("BTC")
    assert last == 2
    assert {row[0]: row[2] for row in bids} == {42_000: 2, 41_999: 1, 41_998: 1, 41_997: 1, 41_996: 1}
    assert [row[0] for row in asks] == [42_002, 42_003, 42_004, 42_005, 42_006]
