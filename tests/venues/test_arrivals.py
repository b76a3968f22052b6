"""How late a connection is, by its pings: one clock, the oldest unanswered one counts, others' pongs tell nothing."""

from common.venues.arrivals import OUT_MAX, SLOW_NS, Pings

MS = 1_000_000


def test_without_an_answer_nothing_is_known() -> None:
    pings = Pings()
    assert [pings.sent(n * MS) for n in range(3)] == [b"1", b"2", b"3"]
    assert pings.lag_ns(10**12) == 0
    pings.answered(b"", 50 * MS)
    pings.answered(b"x", 50 * MS)
    pings.answered(b"99", 50 * MS)
    assert pings.lag_ns(10**12) == 0


def test_the_lag_is_the_last_trip_and_grows_while_the_next_answer_is_missing() -> None:
    pings = Pings()
    pings.answered(pings.sent(0), 30 * MS)
    assert pings.lag_ns(5_000 * MS) == 30 * MS
    pings.sent(5_000 * MS)
    assert pings.lag_ns(5_010 * MS) == 30 * MS
    assert pings.lag_ns(5_400 * MS) == 400 * MS
    pings.sent(6_000 * MS)
    assert pings.lag_ns(6_400 * MS) == 1_400 * MS
    pings.answered(b"3", 6_420 * MS)
    assert pings.lag_ns(9_000 * MS) == 420 * MS


def test_a_slow_answer_is_checked_once() -> None:
    pings = Pings()
    pings.answered(pings.sent(0), SLOW_NS)
    assert not pings.was_slow
    pings.answered(pings.sent(0), SLOW_NS + 1)
    assert pings.was_slow
    pings.sent(SLOW_NS + 2)
    assert not pings.was_slow


def test_where_nothing_is_ever_answered_little_is_remembered() -> None:
    pings = Pings()
    for n in range(1000):
        pings.sent(n)
    assert len(pings._out) == OUT_MAX
