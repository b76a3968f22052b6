"""Books: what a quote costs, and when a book must not be believed."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from common.core.book import ApexBook, Book, DydxBook, Ladder, make_book
from common.core.events import BookMessage, LevelRow
from common.core.market import Instrument, Side, Venue


def instrument(venue: Venue = Venue.APEX, tick: str = "0.5", step: str = "0.001") -> Instrument:
    d = Decimal
    return Instrument(venue, "BTC", "BTC", d(tick), d(step), d(step), d("0.0005"), d("0.05"), d("0.03"))


def message(book: Book, bids: list[LevelRow], asks: list[LevelRow], sequence: int, snapshot: bool = False) -> None:
    book.apply(BookMessage(book.instrument.venue, snapshot, tuple(bids), tuple(asks), sequence, sequence * 10))


def test_a_quote_walks_the_levels_and_names_average_worst_and_touch() -> None:
    book = ApexBook(instrument())
    message(book, [(100, 5, 1)], [(101, 2, 1), (103, 2, 1)], 1, snapshot=True)
    quote = book.quote(Side.BUY, 3)
    assert quote is not None
    assert (quote.touch, quote.worst) == (Decimal("50.5"), Decimal("51.5"))
    assert quote.average == Decimal("0.5") * (101 * 2 + 103) / 3
    assert book.average(Side.BUY, 3) == quote.average
    assert book.average(Side.SELL, 5) == Decimal(50)


def test_a_size_beyond_the_depth_has_no_quote() -> None:
    book = ApexBook(instrument())
    message(book, [(100, 5, 1)], [(101, 2, 1)], 1, snapshot=True)
    assert book.quote(Side.BUY, 3) is None and book.average(Side.BUY, 3) is None
    assert book.quote(Side.SELL, 5) is not None


def test_apex_book_goes_stale_on_a_gap_and_recovers_by_a_snapshot() -> None:
    book = ApexBook(instrument())
    assert book.stale
    message(book, [(100, 5, 7)], [(101, 2, 7)], 7, snapshot=True)
    assert not book.stale
    message(book, [(99, 1, 8)], [], 8)
    message(book, [(98, 1, 10)], [], 10)
    message(book, [(97, 1, 11)], [], 11)
    assert stale(book) == "gap"
    message(book, [(100, 5, 12)], [(101, 2, 12)], 12, snapshot=True)
    assert stale(book) == ""


def stale(book: Book) -> str:
    return book.stale


def test_a_crossed_apex_book_is_stale_until_it_uncrosses() -> None:
    book = ApexBook(instrument())
    message(book, [(100, 5, 1)], [(101, 2, 1)], 1, snapshot=True)
    message(book, [(101, 5, 2)], [], 2)
    assert book.stale == "crossed"
    message(book, [(101, 0, 3)], [], 3)
    assert not book.stale


def test_a_dydx_level_is_replaced_only_by_a_greater_offset_and_stays_dead_when_removed() -> None:
    book = DydxBook(instrument(Venue.DYDX))
    message(book, [(100, 5, 10)], [(105, 2, 10)], 0, snapshot=True)
    message(book, [(100, 0, 12)], [], 12)
    message(book, [(100, 9, 11)], [], 11)
    assert book.bids.best() is None
    message(book, [(100, 9, 13)], [], 13)
    assert book.bids.best() == 100


def test_a_crossed_dydx_book_drops_the_level_with_the_smaller_offset() -> None:
    book = DydxBook(instrument(Venue.DYDX))
    message(book, [(100, 5, 10), (98, 1, 3)], [(105, 2, 10)], 0, snapshot=True)
    message(book, [], [(99, 1, 20)], 20)
    assert (book.bids.best(), book.asks.best(), book.stale) == (98, 99, "")


def test_equal_offsets_drop_the_smaller_size_and_ties_drop_the_bid() -> None:
    book = DydxBook(instrument(Venue.DYDX))
    message(book, [(100, 5, 0)], [(100, 2, 0), (101, 1, 0)], 0, snapshot=True)
    assert (book.bids.best(), book.asks.best()) == (100, 101)
    tied = DydxBook(instrument(Venue.DYDX))
    message(tied, [(100, 5, 0), (99, 1, 0)], [(100, 5, 0)], 0, snapshot=True)
    assert (tied.bids.best(), tied.asks.best()) == (99, 100)


rows = st.lists(st.tuples(st.integers(80, 120), st.integers(0, 5), st.integers(1, 1000)), max_size=30)


@given(rows, st.randoms(use_true_random=False))
def test_a_dydx_ladder_does_not_depend_on_the_order_in_which_deltas_arrive(
    levels: list[LevelRow], random: object
) -> None:
    unique = list({row[2]: row for row in levels}.values())
    shuffled = unique.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    ladders = []
    for order in (unique, shuffled):
        book = DydxBook(instrument(Venue.DYDX))
        message(book, [], [], 0, snapshot=True)
        for row in order:
            message(book, [row], [], row[2])
        ladders.append(book.bids.sizes)
    assert ladders[0] == ladders[1]


@given(st.dictionaries(st.integers(1, 50), st.integers(1, 9), min_size=1), st.integers(1, 100))
def test_walking_equals_taking_one_step_at_a_time(levels: dict[int, int], steps: int) -> None:
    book = make_book(instrument())
    message(book, [], [(t, s, 1) for t, s in levels.items()], 1, snapshot=True)
    units = [ticks for ticks in sorted(levels) for _ in range(levels[ticks])][:steps]
    walked = book.asks.walk(steps)
    assert walked == ((sum(units), units[-1]) if len(units) == steps else None)


def test_a_mid_that_jumps_with_one_message_is_not_believed_until_a_snapshot() -> None:
    for venue in (Venue.DYDX, Venue.APEX):
        book = make_book(instrument(venue))
        message(book, [(100, 5, 1)], [(101, 5, 1)], 1, snapshot=True)
        message(book, [(900, 5, 2)], [(101, 0, 2), (901, 5, 2)], 2)
        assert stale(book) == "jump"
        message(book, [(100, 6, 3)], [], 3)
        assert stale(book) == "jump"
        message(book, [(900, 5, 4)], [(901, 5, 4)], 4, snapshot=True)
        assert stale(book) == ""


def test_a_side_that_was_empty_for_a_moment_does_not_hide_a_jump() -> None:
    book = make_book(instrument(Venue.DYDX))
    message(book, [(100, 5, 1)], [(101, 5, 1)], 1, snapshot=True)
    message(book, [], [(101, 0, 2)], 2)
    message(book, [], [(801, 5, 3)], 3)
    assert stale(book) == "jump"


def test_a_book_that_is_crossed_through_and_through_is_not_uncrossed() -> None:
    book = make_book(instrument(Venue.DYDX))
    bids = [(1000 + n, 5, 9) for n in range(30)]
    message(book, bids, [(900 + n, 5, 8) for n in range(30)], 9, snapshot=True)
    assert stale(book) == "jump"


def test_a_mid_that_walks_far_in_many_steps_is_believed() -> None:
    book = DydxBook(instrument(Venue.DYDX))
    message(book, [(1000, 5, 1)], [(1001, 5, 1)], 1, snapshot=True)
    for at in range(2, 40):
        low = 1000 + 10 * at
        message(book, [(low, 5, at)], [(low + 1, 5, at)], at)
        assert stale(book) == ""


#: a level at a price near the others, gone where its size is 0
levels = st.tuples(st.integers(1, 12), st.integers(0, 4))


@given(st.sampled_from([-1, 1]), st.lists(levels, max_size=40), st.integers(1, 12))
def test_a_walk_is_what_a_ladder_that_never_walked_before_gives(
    sign: int, told: list[tuple[int, int]], steps: int
) -> None:
    asked = Ladder(sign)
    for count, (ticks, size) in enumerate(told, start=1):
        asked.set(ticks, size)
        fresh = Ladder(sign)
        for one in told[:count]:
            fresh.set(*one)
        assert asked.walk(steps) == fresh.walk(steps)
        assert asked.best() == fresh.best()


def test_a_level_beyond_its_end_leaves_a_walk_as_it_was() -> None:
    ladder = Ladder(1)
    for ticks in (100, 101, 102):
        ladder.set(ticks, 5)
    walked = ladder.walk(7)
    ladder.set(102, 9)
    assert ladder.walk(7) is walked
    ladder.set(101, 9)
    assert ladder.walk(7) is not walked
