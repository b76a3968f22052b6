"""The short form of scripts/fuzz: a few thousand spoiled messages, and proofs that its judgement can say no."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common.core.book import ApexBook, Book, DydxBook
from common.core.market import Venue
from common.venues.apex import wire_account
from common.venues.dydx import session
from common.venues.numbers import number
from scripts.fuzz_books import PLAUSIBLE, REFUSED, SAME, STALE, Trial
from scripts.fuzz_facts import TAKEN, Facts

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("venue", list(Venue))
def test_no_wrong_book_survives(venue: Venue) -> None:
    trial = Trial(venue, "ci")
    trial.run(6000)
    assert trial.survivors == []
    assert all(trial.counts[outcome] > 50 for outcome in (REFUSED, SAME, PLAUSIBLE)), trial.counts
    assert venue is Venue.DYDX or trial.counts[STALE] > 50


def test_no_wrong_fact_is_read() -> None:
    facts = Facts("ci")
    facts.run(6000)
    assert facts.survivors == []
    assert facts.counts[REFUSED] > 500 and facts.counts[TAKEN] > 500


def test_the_same_seed_plays_the_same() -> None:
    first, again = Trial(Venue.APEX, "same"), Trial(Venue.APEX, "same")
    first.run(500)
    again.run(500)
    assert first.counts == again.counts


def _no_gap(self: Any, message: Any) -> None:
    self._u = message.sequence
    Book._advance(self, message)


def _blind(*_: Any) -> None:
    """Looks at nothing."""


def _older_wins(self: Any, ladder: Any, rows: Any) -> None:
    for ticks, steps, offset in rows:
        self._offsets[ladder][ticks] = offset
        ladder.set(ticks, steps - steps // 5000)


BOOK_BUGS: list[tuple[Venue, Any, str, Callable[..., Any]]] = [
    (Venue.APEX, ApexBook, "_advance", _no_gap),
    (Venue.DYDX, session.DydxSession, "_count", _blind),
    (Venue.DYDX, session.DydxSession, "_whole", _blind),
    (Venue.DYDX, DydxBook, "_put", _older_wins),
]


@pytest.mark.parametrize(("venue", "kind", "name", "bug"), BOOK_BUGS)
def test_a_feed_that_looks_away_is_caught(
    monkeypatch: pytest.MonkeyPatch, venue: Venue, kind: Any, name: str, bug: Callable[..., Any]
) -> None:
    monkeypatch.setattr(kind, name, bug)
    trial = Trial(venue, "broken")
    trial.run(12000)
    assert trial.survivors


def test_a_reader_that_takes_any_number_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_account, "fee_of", lambda raw, notional: number(raw) + 1)
    facts = Facts("broken")
    facts.run(6000)
    assert facts.survivors


def test_the_script_says_its_verdict_last() -> None:
    line = [sys.executable, "-m", "scripts.fuzz", "--frames", "3000", "--seed", "3", "--jobs", "1"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[0] == "fuzz --frames 3000 --seed 3"
    assert done.stdout.splitlines()[-1].endswith("no wrong book, no wrong fact, no crash")
