"""What stands is said once, again at a growing interval, once when it is over; quiet hours hold back what can wait."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.alerts.shapes import Condition, Kind, Severity, Standing
from common.alerts.terms import DAY_NS, HOUR_NS, AlertTerms
from common.alerts.turning import CALM_NS, Turning
from common.core.bounds import Invalid

SECOND = 10**9
REMIND = 3600 * SECOND


class Story:
    """Plays conditions to a Turning and keeps what stands, as the outbox does."""

    def __init__(self) -> None:
        self.turning, self.now = Turning(REMIND), 0
        self.told: dict[str, Standing] = {}
        self.said: list[tuple[Kind, str]] = []

    def pass_time(self, seconds: int, standing: Mapping[str, Condition], step_s: int = 1) -> None:
        for _ in range(seconds // step_s):
            self.now += step_s * SECOND
            for say, then in self.turning.look(self.told, standing, self.now):
                self.said.append((say.kind, say.key))
                self.told.pop(say.key, None)
                if then is not None:
                    self.told[then.key] = then


def condition(after_s: int = 0, severity: Severity = Severity.WARNING) -> dict[str, Condition]:
    return {"k": Condition("k", severity, "odd", "mend it", after_s * SECOND)}


def test_it_is_said_when_it_begins_when_it_lasts_and_when_it_is_over() -> None:
    story = Story()
    story.pass_time(10, condition(after_s=15))
    assert story.said == []
    story.pass_time(10, condition(after_s=15))
    assert story.said == [(Kind.BEGUN, "k")]
    story.pass_time(3600 * 8, condition(after_s=15), step_s=10)
    # after one hour, then two more, then four more
    assert story.said == [(Kind.BEGUN, "k"), *[(Kind.STILL, "k")] * 3]
    story.pass_time(5, {})
    assert story.said[-1] == (Kind.STILL, "k")
    story.pass_time(CALM_NS // SECOND, {})
    assert story.said[-1] == (Kind.OVER, "k") and story.told == {}


def test_what_flickers_is_neither_over_nor_begun_again() -> None:
    story = Story()
    for _ in range(20):
        story.pass_time(3, condition())
        story.pass_time(3, {})
    assert story.said == [(Kind.BEGUN, "k")]
    other = Story()
    for _ in range(20):
        other.pass_time(3, condition(after_s=5))
        other.pass_time(3, {})
    assert other.said == []


def test_what_matters_little_is_said_once() -> None:
    story = Story()
    story.pass_time(3600 * 30, condition(severity=Severity.INFO), step_s=60)
    assert story.said == [(Kind.BEGUN, "k")]


def test_after_a_restart_what_stands_is_not_said_again() -> None:
    story = Story()
    story.pass_time(5, condition())
    story.turning = Turning(REMIND)
    story.pass_time(60, condition())
    assert story.said == [(Kind.BEGUN, "k")]


@given(st.integers(0, 23), st.integers(0, 23), st.integers(0, 3 * 24 * 60))
def test_what_can_wait_is_sent_in_loud_hours_and_at_once_in_them(begin: int, end: int, minute: int) -> None:
    terms, now_ns = AlertTerms(quiet_from_h=begin, quiet_to_h=end), minute * 60 * SECOND
    quiet = {(begin + n) % 24 for n in range((end - begin) % 24)}
    loud_ns = terms.loud_ns(now_ns)
    assert loud_ns % DAY_NS // HOUR_NS not in quiet
    assert (loud_ns == now_ns) is (now_ns % DAY_NS // HOUR_NS not in quiet)
    assert 0 <= loud_ns - now_ns <= DAY_NS
    assert all(hour % 24 in quiet for hour in range(now_ns // HOUR_NS, loud_ns // HOUR_NS))


def test_an_hour_that_no_day_has_is_refused() -> None:
    with pytest.raises(Invalid, match="quiet_from_h"):
        AlertTerms(quiet_from_h=24)
