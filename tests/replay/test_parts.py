"""The parts of a replay: latencies, the line of equity, whose funding it is, what is taken and what is restored."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core.book import DydxBook
from common.core.deal import Deal, DealState
from common.core.errors import ConfigError
from common.core.events import BookMessage
from common.core.market import Direction, Side, Venue
from common.core.order import Fill
from common.ledger.past import Payment
from common.ledger.report import Report
from common.replay.curve import POINTS_MAX, Curve
from common.replay.latency import LONGEST_NS, MS_NS, Latency
from common.replay.outcome import shared
from common.replay.run import Replay, play
from common.replay.shown import Shown
from common.replay.terms import ReplayTerms, Way, Ways
from common.settings import Settings
from common.sim.listings import listings
from common.sim.types import PaperFill

if TYPE_CHECKING:
    from tests.replay.conftest import Tape

BTC = listings(Venue.DYDX, Decimal("0.0005"))["BTC"].instrument


def latency(median: str, p99: str, *, seed: int = 1, slowness: float = 1.0) -> Latency:
    way = Way(Decimal(median), Decimal(p99))
    return Latency(Ways(way, way, Decimal(20)), Venue.DYDX, seed, slowness)


def test_latencies_have_the_median_and_the_tail_that_were_asked_for() -> None:
    drawn = sorted(latency("120", "300").order_ns(f"order-{number}") / MS_NS for number in range(20_000))
    assert drawn[10_000] == pytest.approx(120, rel=0.02)
    assert drawn[19_800] == pytest.approx(300, rel=0.05)


def test_an_order_has_its_latency_whatever_else_is_sent_and_twice_as_slow_is_twice() -> None:
    one, slow, other = latency("120", "300"), latency("120", "300", slowness=2.0), latency("120", "300", seed=2)
    first = one.order_ns("a")
    one.order_ns("b")
    assert one.order_ns("a") == first != one.answer_ns("a")
    assert slow.order_ns("a") == pytest.approx(2 * first, abs=2) and other.order_ns("a") != first
    assert (one.feed_ns, slow.feed_ns) == (20 * MS_NS, 40 * MS_NS)
    assert latency("120", "120").order_ns("a") == 120 * MS_NS
    assert latency("0", "0").order_ns("a") == 0
    assert latency("9000", "9000").order_ns("a") == LONGEST_NS


def test_impossible_latencies_are_refused() -> None:
    with pytest.raises(ConfigError, match="must not be below dydx_order_ms"):
        ReplayTerms(dydx_order_ms=Decimal(400))
    with pytest.raises(ConfigError, match="must be 0 where apex_report_ms is"):
        ReplayTerms(apex_report_ms=Decimal(0))


@given(gaps=st.lists(st.integers(1, 10**10), min_size=1, max_size=60), times=st.integers(1, 200))
def test_a_line_of_equity_is_bounded_in_order_and_ends_at_its_end(gaps: list[int], times: int) -> None:
    curve, at_ns = Curve(10**9), 0
    for number in range(times):
        for gap in gaps:
            at_ns += gap
            curve.add(at_ns, number)
    points = curve.end(at_ns, -1)
    assert len(points) <= POINTS_MAX + 1 and points[-1] == (at_ns, -1)
    assert [at for at, _ in points] == sorted({at for at, _ in points})


def deal(name: str, opened_ns: int, size: str) -> Deal:
    fill = Fill(Venue.DYDX, name, f"{name}-d0", Side.BUY, Decimal(100), Decimal(size), 0, opened_ns)
    return Deal(
        name, "BTC", 1, Direction.SELL_APEX, Decimal(size), DealState.OPEN, 1, 1, opened_ns, opened_ns, (), (fill,)
    )


@given(paid=st.integers(-(10**9), 10**9), sizes=st.lists(st.integers(1, 999), min_size=1, max_size=5))
def test_funding_is_shared_by_size_to_the_micro_dollar(paid: int, sizes: list[int]) -> None:
    deals = [deal(f"deal{n}", 5, str(size)) for n, size in enumerate(sizes)]
    late = deal("late", 11, "7")
    parts = shared([Payment(Venue.DYDX, "BTC", paid, 10), Payment(Venue.APEX, "BTC", 5, 10)], [*deals, late])
    assert sum(parts.values()) == paid and "late" not in parts
    for number, size in enumerate(sizes):
        assert abs(parts[f"deal{number}"] - paid * size / sum(sizes)) <= len(sizes)


# ---- what is taken, and what the tape restores ----------------------------------------------------------------------


def fill(side: Side, price: int, steps: int) -> PaperFill:
    return PaperFill("f", None, "a", "BTC", side, "TAKER", "LIMIT", Decimal(price), BTC.size(steps), Decimal(0), 1)


def shown(bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> Shown:
    made = Shown(DydxBook(BTC))
    hear(made, bids, asks, 1, whole=True)
    return made


def hear(to: Shown, bids: list[tuple[int, int]], asks: list[tuple[int, int]], at: int, *, whole: bool = False) -> None:
    sides = [tuple((ticks, steps, at) for ticks, steps in side) for side in (bids, asks)]
    to.book.apply(to.coming(BookMessage(Venue.DYDX, whole, sides[0], sides[1], at, at)))
    to.heard()


def test_a_change_that_names_a_level_restores_it() -> None:
    book = shown([(99, 50)], [(101, 50), (102, 10)])
    book.took(fill(Side.BUY, 101, 50))
    book.took(fill(Side.BUY, 102, 4))
    assert book.source().asks == ((102, 6),)
    hear(book, [(98, 7)], [(103, 5)], 2)
    assert book.source().asks == ((102, 6), (103, 5))
    hear(book, [], [(102, 10)], 3)
    assert book.source().asks == ((102, 10), (103, 5)) and 101 in book.taken[Side.SELL]
    hear(book, [], [(101, 50)], 4)
    assert book.source().asks == ((101, 50), (102, 10), (103, 5)) and not book.taken


def test_a_whole_book_restores_only_where_it_shows_another_size() -> None:
    book = shown([(99, 50)], [(101, 50), (102, 10)])
    book.took(fill(Side.SELL, 99, 20))
    book.took(fill(Side.BUY, 101, 5))
    hear(book, [(99, 50)], [(101, 51), (102, 10)], 2, whole=True)
    assert (book.source().bids, book.source().asks) == (((99, 30),), ((101, 51), (102, 10)))
    book.took(fill(Side.SELL, 99, 10))
    assert book.source().bids == ((99, 20),)
    hear(book, [(99, 50)], [(101, 51)], 3, whole=True)
    assert book.source().bids == ((99, 20),)
    hear(book, [(99, 49)], [(101, 51)], 4, whole=True)
    assert book.source().bids == ((99, 49),) and not book.taken


def test_a_snapshot_that_is_asked_for_is_what_the_tape_would_have_shown() -> None:
    book = shown([(1000, 50)], [(1010, 50)])
    # a slip of digits: nothing is believed until a snapshot, and what follows must not be lost
    hear(book, [(1000, 0), (900, 5)], [(1010, 0), (910, 5)], 2)
    assert book.book.stale == "jump" and book.source().bids == ()
    hear(book, [(901, 9)], [], 3)
    asked = book.snapshot(7)
    assert asked is not None and asked.snapshot and asked.at_ns == 7
    assert [row[:2] for row in asked.bids] == [(901, 9), (900, 5)]
    book.book.apply(asked)
    book.heard()
    assert not book.book.stale
    hear(book, [(901, 8)], [], 4)
    assert book.source().bids == ((901, 8), (900, 5))


def test_nobody_makes_up_a_snapshot_after_a_gap() -> None:
    book = shown([(1000, 50)], [(1010, 50)])
    book.book.lose("lost")
    book.heard()
    hear(book, [(1001, 9)], [], 3)
    assert book.snapshot(7) is None and book.source().bids == ()


# ---- money ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def open_over_the_hour(make_tape: Callable[..., Tape]) -> Path:
    """A deal is opened at 5 s and still open when an hour begins, 46 min 40 s after the tape."""
    tape = make_tape()
    tape.quiet(0, 5_000)
    tape.gap(5_000, bids=[(40_400, 5000), (40_399, 5000)], asks=[(40_402, 5000), (40_403, 5000)])
    for at_ms in range(6_000, 2_806_000, 1_000):
        tape.change(at_ms, Venue.DYDX, [(39_997, 5000 + at_ms % 7)], [])
        tape.change(at_ms, Venue.APEX, [(40_390, 5000 + at_ms % 7)], [])
        tape.index(at_ms, 40_000)
    return tape.done()


def test_funding_is_paid_on_the_hour_and_belongs_to_the_deals(
    open_over_the_hour: Path, make_config: Callable[..., Settings], tmp_path: Path
) -> None:
    ledger = tmp_path / "funded.db"
    outcome = play(Replay((open_over_the_hour,), make_config("BTC"), 1, ledger))
    with Report.open(ledger) as report:
        paid = report.totals().funding_uusd
    assert paid != 0 and sum(one.funding_uusd for one in outcome.deals) == paid
    earned = sum(one.pnl_uusd for one in outcome.deals)
    assert outcome.equity_curve[-1][1] == 200_000_000 + earned + paid


def test_fees_by_tier_begin_at_nothing_at_dydx(
    open_over_the_hour: Path, make_config: Callable[..., Settings], tmp_path: Path
) -> None:
    def by_venue(fees_are: str) -> dict[Venue, int]:
        ledger = tmp_path / f"{fees_are}.db"
        config = make_config("BTC", more=f'[replay]\nfees = "{fees_are}"\n')
        play(Replay((open_over_the_hour,), config, 1, ledger))
        with Report.open(ledger) as report:
            return {venue: sum(f.fee_uusd for f in report.trades() if f.venue is venue) for venue in Venue}

    flat, tiers = by_venue("flat"), by_venue("tiers")
    assert flat[Venue.DYDX] > 0 < tiers[Venue.APEX] and tiers[Venue.DYDX] == 0
