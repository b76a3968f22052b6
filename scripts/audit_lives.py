"""Watching a fleet that is being killed: every admission against cap and level, every crash until its market is level.

A thread of its own beside `audit_watch` (which looks at leverage): it wakes when the ledger's file has changed, judges
each admission within moments, and follows each crash to the first word of the next life and to level. It counts from
the ledger's rows and the venues' journals for itself.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Self

from common import clock
from common.core.errors import ArbError
from scripts import audit_limits
from scripts.audit import read_limits
from scripts.audit_facts import VENUES, ZERO, Finding
from scripts.audit_trail import Beat, MarketFacts, Row, Trail
from scripts.audit_venues import Tail, journal_file

#: how often the file is asked whether it changed, and how many of these make one look at crashes and rest
WAKE_S, LOOK_EVERY = 0.01, 12
JOIN_BOUND_S = 10.0


@dataclass(slots=True)
class Crash:
    """A worker's violent end, and how long it took after that."""

    market: str
    pid: int
    at_ns: int
    seq: int
    life_ns: int | None = None
    level_ns: int | None = None


@dataclass(slots=True)
class Seen:
    """What was seen so far."""

    looks: int = 0
    failed: int = 0
    admissions: int = 0
    findings: dict[str, Finding] = field(default_factory=dict)
    crashes: list[Crash] = field(default_factory=list)
    #: markets seen level since the last call of `ask_rest`
    rested: set[str] = field(default_factory=set)
    #: the last sign of life of each market
    beats: dict[str, Beat] = field(default_factory=dict)


class Lives:
    """Looks from entering to leaving; `seen` may be read at any time. `on_orders` is called in its thread."""

    def __init__(self, ledger_file: Path, paper: Path, markets: Sequence[str], dust: Mapping[str, Decimal]) -> None:
        self._file, self._markets, self._dust = ledger_file, tuple(markets), dust
        self._trail = Trail(ledger_file)
        self._tails = {venue: Tail(journal_file(paper, venue), venue) for venue in VENUES}
        self._stop, self._lock, self._seq = threading.Event(), threading.Lock(), 0
        self._thread = threading.Thread(target=self._run, name="lives", daemon=True)
        self.on_orders: Callable[[Row], None] = lambda row: None
        self.seen = Seen()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(JOIN_BOUND_S)
        self._trail.close()

    def crashed(self, market: str, pid: int) -> None:
        """A worker was killed just now: follow its market."""
        with self._lock:
            self.seen.crashes.append(Crash(market, pid, clock.now_ns(), self._seq))

    def ask_rest(self) -> None:
        """From now on, note each market that is seen level."""
        with self._lock:
            self.seen.rested = set()

    @property
    def pending(self) -> list[Crash]:
        """Crashes whose market was not seen level yet."""
        with self._lock:
            return [crash for crash in self.seen.crashes if crash.level_ns is None]

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(WAKE_S):
            number += 1
            try:
                if self._trail.has_changed():
                    self._rows()
                if number % LOOK_EVERY == 0 and self._file.exists():
                    self._look()
            except ArbError:
                self.seen.failed += 1

    def _rows(self) -> None:
        for row in self._trail.rows_after(self._seq):
            self._seq = row.seq
            self.on_orders(row)
            if row.verb == "reserve":
                self._admission()

    def _admission(self) -> None:
        self.seen.admissions += 1
        limits = read_limits(self._file, clock.now_ns())
        for check in (audit_limits.cap, audit_limits.level, audit_limits.one_direction):
            for finding in check(limits):
                if finding.broken:
                    self.seen.findings.setdefault(f"{finding.check} {finding.text}", finding)

    def _look(self) -> None:
        self.seen.looks += 1
        for tail in self._tails.values():
            tail.read()
        self.seen.beats, now_ns = self._trail.beats(), clock.now_ns()
        pending = self.pending
        for crash in pending:
            beat = self.seen.beats.get(crash.market)
            if crash.life_ns is None:
                alive = beat is not None and beat.pid != crash.pid and beat.at_ns > crash.at_ns
                word = self._trail.first_word(crash.market, crash.pid, (crash.seq, crash.at_ns))
                times = [t for t in (word, beat.at_ns if beat and alive else None) if t is not None]
                crash.life_ns = min(times, default=None)
        for market in self._markets:
            if market not in self.seen.rested or any(c.market == market and c.life_ns for c in pending):
                self._judge(market, pending, now_ns)

    def _judge(self, market: str, pending: Sequence[Crash], now_ns: int) -> None:
        if not self._is_level(market, self._trail.market(market)):
            return
        with self._lock:
            self.seen.rested.add(market)
            for crash in pending:
                if crash.market == market and crash.life_ns is not None:
                    crash.level_ns = now_ns

    def _is_level(self, market: str, facts: MarketFacts) -> bool:
        """Nothing open, nothing moving, nothing naked, and both venues hold what our fills leave."""
        if facts.open_orders or facts.moving:
            return False
        if any(abs(size) >= self._dust[market] for size in facts.uneven.values()):
            return False
        return all(
            tail.facts.positions().get(market, ZERO) == facts.sizes.get(venue, ZERO)
            for venue, tail in self._tails.items()
        )
