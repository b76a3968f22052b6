"""The work of a frame, counted and not timed, against what was accepted: a fifth more is a loss, a fifth less a gain
that is to be kept."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scripts.benches import hot_path
from scripts.benches.hot_path import Counter, Work

TOLERANCE = 0.2
ACCEPT = "if that is wanted: `.venv/bin/python -m scripts.benches.hot_path`, and commit tests/house/hot_path.json"


def off(found: dict[str, Work], accepted: dict[str, dict[str, int]]) -> list[str]:
    """A sentence for each count that is further from what was accepted than it may be."""
    wrongs = []
    for name, work in found.items():
        for what, before in accepted[name].items():
            now = getattr(work, what)
            if abs(now - before) > TOLERANCE * before:
                change = f"{100 * (now - before) / before:+.0f} %" if before else "from nothing"
                wrongs.append(f"{name}: {before:,} {what} before, {now:,} now ({change})")
    return wrongs


def test_a_frame_costs_what_was_accepted(tmp_path: Path) -> None:
    accepted = hot_path.recorded().get(hot_path.version())
    if accepted is None:
        pytest.skip(f"no counts were recorded for Python {hot_path.version()}; to record some: {ACCEPT}")
    found = hot_path.count(tmp_path)
    assert set(found) == set(accepted)
    wrongs = off(found, accepted)
    assert not wrongs, "\n".join([*wrongs, ACCEPT])


def test_a_fifth_more_is_told_and_so_is_a_fifth_less() -> None:
    accepted = {"a frame": {"instructions": 1000, "c_calls": 100, "statements": 10}}
    assert off({"a frame": Work(1200, 80, 12)}, accepted) == []
    assert off({"a frame": Work(1201, 79, 10)}, accepted) == [
        "a frame: 1,000 instructions before, 1,201 now (+20 %)",
        "a frame: 100 c_calls before, 79 now (-21 %)",
    ]


def test_only_our_own_code_is_counted_and_a_trace_of_others_goes_on() -> None:
    source = "def work(times):\n    for number in range(times):\n        abs(number)"

    def made(place: str) -> Any:
        space: dict[str, Any] = {}
        exec(compile(source, place, "exec"), space)
        return space["work"]

    ours, theirs, seen = made(f"{hot_path.OURS[0]}x.py"), made("/elsewhere/x.py"), SimpleNamespace(calls=0)

    def trace(*_: Any) -> None:
        seen.calls += 1

    before, counter = sys.gettrace(), Counter()
    sys.settrace(trace)
    try:
        with counter.counting():
            theirs(10)
        assert counter.work == Work()
        with counter.counting():
            ours(10)
        ten = counter.work
        with counter.counting():
            ours(20)
        twenty = counter.work
        assert sys.gettrace() is trace
    finally:
        sys.settrace(before)
    assert twenty.c_calls - ten.c_calls == 10 and ten.instructions < twenty.instructions < 2 * ten.instructions
