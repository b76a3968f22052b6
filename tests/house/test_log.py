"""Lines of the log that wait for a moment: nothing lost, in order, with the time at which it was."""

import logging
from collections.abc import Callable, Iterator

import pytest

from common import clock, log

Moments = list[Callable[[], None]]


@pytest.fixture(autouse=True)
def no_handlers() -> Iterator[None]:
    yield
    logging.getLogger().handlers.clear()


def names(said: str) -> list[str]:
    return [line.split()[2] for line in said.splitlines()]


def test_an_event_waits_for_its_moment_and_keeps_its_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    logger = log.setup("test")
    moments: Moments = []
    with log.deferred(moments.append):
        monkeypatch.setattr(clock, "now_ns", lambda: 1_700_000_000_123_456_789)
        log.event(logger, "one", price="1 2")
        log.event(logger, "two")
        assert len(moments) == 1 and capsys.readouterr().err == ""
        moments[0]()
        said = capsys.readouterr().err
        assert names(said) == ["one", "two"] and "INFO one price='1 2'\n" in said
        assert all(line.split()[0].endswith(":20.123") for line in said.splitlines())
        log.event(logger, "three")
        assert len(moments) == 2


def test_trouble_is_told_at_once_and_after_what_was_before_it(capsys: pytest.CaptureFixture[str]) -> None:
    logger = log.setup("test")
    with log.deferred(lambda _: None):
        log.event(logger, "one")
        log.trouble(logger, "bad")
        assert names(capsys.readouterr().err) == ["one", "bad"]


def test_the_end_writes_what_still_waits_a_crash_included(capsys: pytest.CaptureFixture[str]) -> None:
    logger = log.setup("test")

    def crash() -> None:
        with log.deferred(lambda _: None):
            log.event(logger, "one")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        crash()
    assert names(capsys.readouterr().err) == ["one"]
    log.event(logger, "two")
    assert names(capsys.readouterr().err) == ["two"]
