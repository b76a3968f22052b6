"""The synthetic source: the same for the same seed, believable in its numbers, and able to go on after a restart."""

import json
import math
import statistics
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core.errors import ConfigError
from common.core.market import Venue
from common.sim.basis import BPS, STEP_NS, Basis, draw_traits
from common.sim.habits import HABITS, NATURES
from common.sim.ladder import LEVELS_MAX, LEVELS_MIN, SyntheticBook
from common.sim.listings import MARKETS, listings
from common.sim.synthetic import SyntheticSource
from common.sim.types import Instruments, SourceBook

SECOND_NS = 10**9
STEPS_PER_S = SECOND_NS // STEP_NS
INSTRUMENTS: Instruments = {
    venue: {market: listing.instrument for market, listing in listings(venue, Decimal("0.0005")).items()}
    for venue in Venue
}


def source(seed: int = 1, jumps: int = 1, state: dict[str, object] | None = None) -> SyntheticSource:
    return SyntheticSource(MARKETS, INSTRUMENTS, seed=seed, jumps=Decimal(jumps), state=state)


def played(some: SyntheticSource, seconds: float) -> Iterator[tuple[int, SourceBook]]:
    """Every book of the first `seconds`, with its time."""
    while (at_ns := some.next_at_ns()) is not None and at_ns < seconds * SECOND_NS:
        for book in some.pop():
            yield at_ns, book


def test_one_seed_gives_one_story_and_another_seed_another() -> None:
    first, again, other = (list(played(source(seed), 3)) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_the_first_pop_shows_every_book_and_time_never_goes_back() -> None:
    some = source()
    assert some.next_at_ns() == 0
    assert {(b.venue, b.market) for b in some.pop()} == {(v, m) for v in Venue for m in MARKETS}
    times = [at_ns for at_ns, _ in played(some, 2)]
    assert times == sorted(times) and times[0] > 0


def test_the_prices_of_one_market_do_not_depend_on_which_others_play() -> None:
    alone = SyntheticSource(["BTC"], INSTRUMENTS, seed=1, jumps=Decimal(1))
    among = source()
    list(played(alone, 2)), list(played(among, 2))
    for some in (alone, among):
        some.basis("BTC").advance(100 - some.basis("BTC").steps)
    assert alone.basis("BTC").mid(Venue.APEX) == among.basis("BTC").mid(Venue.APEX)


def test_a_restart_goes_on_from_the_same_mids_and_basis() -> None:
    before = source()
    list(played(before, 20))
    after = source(state=json.loads(json.dumps(before.state())))
    assert after.next_at_ns() == 0
    for market in MARKETS:
        assert after.basis(market).state() == before.basis(market).state()
    for book in after.pop():
        instrument = INSTRUMENTS[book.venue][book.market]
        touch = [float(instrument.price(side[0][0])) for side in (book.bids, book.asks)]
        spread_bps = max(HABITS[book.venue][book.market].spread_bps, float(instrument.tick) / touch[0] * BPS)
        assert statistics.mean(touch) == pytest.approx(before.basis(book.market).mid(book.venue), rel=spread_bps / BPS)


def test_a_restart_is_new_randomness_and_not_the_old_one_again() -> None:
    before = source()
    list(played(before, 5))
    start, middle = before.basis("ETH").state(), source(state=before.state())
    list(played(middle, 5))
    first = start["trail"][-1] / NATURES["ETH"].price
    second = middle.basis("ETH").state()["trail"][-1] / start["trail"][-1]
    assert abs(first - second) > 1e-9
    assert middle.basis("ETH").steps == pytest.approx(2 * 5 * STEPS_PER_S, abs=8)


def test_the_state_of_another_source_is_left_alone() -> None:
    fresh, told = source(), source(state={"kind": "replay", "markets": {"BTC": "at minute 5"}})
    assert fresh.state() == told.state()


def test_markets_without_numbers_are_refused() -> None:
    with pytest.raises(ConfigError, match="no synthetic books for XYZ: they exist for BTC"):
        SyntheticSource(["BTC", "XYZ"], INSTRUMENTS, seed=1, jumps=Decimal(1))


@given(seed=st.integers(0, 10**6), market=st.sampled_from(MARKETS), venue=st.sampled_from(list(Venue)))
def test_a_book_is_never_crossed_and_always_whole_whatever_the_mid_does(seed: int, market: str, venue: Venue) -> None:
    rng, price = Random(seed), NATURES[market].price
    book = SyntheticBook(INSTRUMENTS[venue][market], HABITS[venue][market], price, rng)
    for _ in range(60):
        price *= 1 + rng.gauss(0, rng.choice((0, 1e-5, 1e-4, 1e-2)))
        book.follow(price)
        for side, away in ((book.bids, -1), (book.asks, 1)):
            ticks = [tick for tick, _ in side.rows]
            assert ticks == sorted(set(ticks), key=lambda tick: away * tick)
            assert LEVELS_MIN <= len(side.rows) <= LEVELS_MAX
            assert all(tick > 0 and steps > 0 for tick, steps in side.rows)
        assert book.bids.best < book.asks.best


def test_a_touch_that_moves_onto_the_other_side_pushes_it_away() -> None:
    tick = 0.0001
    book = SyntheticBook(INSTRUMENTS[Venue.DYDX]["DOGE"], HABITS[Venue.DYDX]["DOGE"], 0.079, Random(1))
    book.bids.requote(789)
    book.asks.requote(791)
    book.follow(791.06 * tick)
    assert (book.bids.best, book.asks.best) == (791, 792)


def test_most_updates_change_one_to_three_levels() -> None:
    changes: Counter[int] = Counter()
    shown: dict[tuple[Venue, str], SourceBook] = {}
    for _, book in played(source(), 30):
        before = shown.get((book.venue, book.market))
        shown[book.venue, book.market] = book
        if before is not None:
            changes[len(set(before.bids) ^ set(book.bids)) + len(set(before.asks) ^ set(book.asks))] += 1
    # a level that changes its size is in this count twice
    assert sum(changes[n] for n in range(1, 5)) > 0.75 * changes.total()
    assert changes[0] < 0.01 * changes.total()


def test_books_are_updated_as_often_as_was_recorded() -> None:
    seconds = 60
    seen = Counter((book.venue, book.market) for _, book in played(source(), seconds))
    for (venue, market), count in seen.items():
        expected = HABITS[venue][market].messages_per_s * seconds
        assert count == pytest.approx(expected, abs=4 * math.sqrt(expected) + 1)
    assert 200 < seen.total() / seconds < 240


def test_the_walk_the_basis_and_the_jumps_have_the_promised_spread() -> None:
    returns, slow, fast = list[float](), list[float](), list[float]()
    jumps = up = seconds = 0
    for market in ("BTC", "ETH", "LINK", "LTC", "AVAX"):
        basis = Basis(market, seed=3, jumps=1)
        leading = next(v for v in Venue if v is not basis.traits.trailing)
        for _ in range(5400):
            before = basis.fair(leading)
            basis.advance(STEPS_PER_S)
            returns.append((basis.fair(leading) / before - 1) * BPS)
            slow.append(basis.slow)
            fast.append(basis.fast)
        jumps, up, seconds = jumps + basis.jumps_seen, up + basis.jumps_up, seconds + 5400
    assert statistics.pstdev(returns) == pytest.approx(1.2, rel=0.03)
    assert math.sqrt(statistics.mean(x * x for x in slow)) == pytest.approx(2.0, rel=0.25)
    assert math.sqrt(statistics.mean(x * x for x in fast)) == pytest.approx(0.7, rel=0.05)
    assert jumps / seconds * 60 == pytest.approx(1.5, rel=0.12)
    assert up / jumps == pytest.approx(0.7, abs=0.06)


@pytest.mark.parametrize("market", MARKETS)
def test_traits_lie_where_they_were_promised(market: str) -> None:
    traits = [draw_traits(seed, market) for seed in range(50)]
    assert all(1 <= abs(t.offset_bps) <= 3 and 0.2 <= t.trail_steps / STEPS_PER_S <= 1 for t in traits)
    assert {t.trailing for t in traits} == set(Venue)
    assert {t.offset_bps > 0 for t in traits} == {True, False}


def test_one_venue_sees_the_fair_price_late() -> None:
    basis = Basis("SOL", seed=1, jumps=0)
    leading = next(v for v in Venue if v is not basis.traits.trailing)
    basis.advance(100)
    then = basis.fair(leading)
    basis.advance(basis.traits.trail_steps)
    assert basis.fair(basis.traits.trailing) == then != basis.fair(leading)


def test_upwards_apex_is_dearer_and_the_fair_price_stands_between() -> None:
    basis = Basis("SOL", seed=1, jumps=0)
    basis.jump = 50.0
    fair = basis.fair(basis.traits.trailing)
    assert basis.mid(Venue.DYDX) < fair < basis.mid(Venue.APEX)
    assert (basis.mid(Venue.APEX) / basis.mid(Venue.DYDX) - 1) * BPS == pytest.approx(basis.bps, rel=1e-2)


@pytest.mark.parametrize(("jumps", "least", "most"), [(0, 0.0, 0.0005), (1, 0.01, 0.5)])
def test_only_the_demo_jumps_pay_twenty_basis_points_of_fees(jumps: int, least: float, most: float) -> None:
    shown: dict[tuple[Venue, str], SourceBook] = {}
    looks = paying = 0
    for _, book in played(source(jumps=jumps), 120):
        shown[book.venue, book.market] = book
        pair = [shown.get((venue, book.market)) for venue in Venue]
        if all(pair):
            looks += 1
            paying += max(edge_bps(shown, book.market, sold) for sold in Venue) > 20
    assert least <= paying / looks <= most


def edge_bps(shown: dict[tuple[Venue, str], SourceBook], market: str, sold: Venue) -> float:
    bought = next(v for v in Venue if v is not sold)
    bid = INSTRUMENTS[sold][market].price(shown[sold, market].bids[0][0])
    ask = INSTRUMENTS[bought][market].price(shown[bought, market].asks[0][0])
    return float((bid - ask) / ask) * BPS
