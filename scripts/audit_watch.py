"""Looking at the limits five times a second from outside, while the fleet runs: peaks, and anything above a limit.

A thread of its own with its own read-only connections. Leverage is worked out from the venues' journals (positions,
cash) at the index prices that dYdX publishes, not from what the ledger says; where there are no prices, from there.
"""

import json
import threading
from dataclasses import dataclass, field
from decimal import Decimal
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Self

from common import clock
from common.core.errors import ArbError
from scripts import audit_limits
from scripts.audit import read_limits
from scripts.audit_facts import VENUES, Finding, Limits
from scripts.audit_venues import Tail, journal_file

SAMPLE_S = 0.2
#: prices are asked for once in so many samples: they share the rate limit of this machine's address
MARKS_EVERY = 5
JOIN_BOUND_S = 10.0
TIMEOUT_S = 2.0


@dataclass(slots=True)
class Peaks:
    """What was seen so far. Leverages by venue; `held` and `room` of the moment when least room was left."""

    samples: int = 0
    failed: int = 0
    leverage: dict[str, Decimal] = field(default_factory=dict)
    held_uusd: int = 0
    used: Decimal = Decimal(0)
    findings: dict[str, Finding] = field(default_factory=dict)

    @property
    def broken(self) -> list[Finding]:
        """Laws that were seen broken."""
        return [finding for finding in self.findings.values() if finding.broken]

    @property
    def excursions(self) -> list[Finding]:
        """What was above a limit by price alone."""
        return [finding for finding in self.findings.values() if not finding.broken]


class Watch:
    """Samples from entering to leaving; `peaks` may be read at any time."""

    def __init__(self, ledger_file: Path, paper: Path, dydx_port: int) -> None:
        self._file, self._port = ledger_file, dydx_port
        self._tails = {venue: Tail(journal_file(paper, venue), venue) for venue in VENUES}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
        self._marks: dict[str, Decimal] = {}
        self._before: dict[str, dict[str, Decimal]] = {}
        self.peaks = Peaks()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(JOIN_BOUND_S)

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(SAMPLE_S):
            if number % MARKS_EVERY == 0:
                self._marks = marks(self._port) or self._marks
            number += 1
            self.sample()

    def sample(self) -> None:
        """One look; a file that cannot be read at this moment is counted, not fatal."""
        if not self._file.exists():
            return
        try:
            limits = read_limits(self._file, clock.now_ns())
            for tail in self._tails.values():
                tail.read()
        except ArbError:
            self.peaks.failed += 1
            return
        self.peaks.samples += 1
        self._limits(limits)
        for venue in VENUES:
            self._leverage(venue, limits)

    def _limits(self, limits: Limits) -> None:
        for check in (audit_limits.cap, audit_limits.level, audit_limits.one_direction):
            for finding in check(limits):
                self._note(finding)
        room = audit_limits.room_uusd(limits)
        self.peaks.held_uusd = max(self.peaks.held_uusd, limits.held_uusd)
        if room:
            self.peaks.used = max(self.peaks.used, Decimal(limits.held_uusd) / room)

    def _leverage(self, venue: str, limits: Limits) -> None:
        facts = self._tails[venue].facts
        sizes, before = facts.positions(), self._before.get(venue, {})
        now = audit_limits.leverage(sizes, facts.balance_uusd, self._marks) if facts.account_id else None
        if now is None and venue in limits.equities and limits.equities[venue].equity_uusd > 0:
            now = Decimal(limits.equities[venue].gross_uusd) / limits.equities[venue].equity_uusd
        if now is None:
            return
        self._before[venue] = sizes
        self.peaks.leverage[venue] = max(now, self.peaks.leverage.get(venue, Decimal(0)))
        if limits.cap is None or now <= limits.cap.leverage_max:
            return
        grown = any(abs(size) > abs(before.get(market, Decimal(0))) for market, size in sizes.items())
        what = "while a position grew" if grown else "by price alone"
        self._note(Finding("leverage", f"{venue} was above leverage {limits.cap.leverage_max} {what}", broken=grown))

    def _note(self, finding: Finding) -> None:
        """Once per kind and subject: the same state is seen many times."""
        self.peaks.findings.setdefault(f"{finding.check} {finding.text.split(' is ')[0]} {finding.broken}", finding)


def marks(port: int, host: str = "127.0.0.1") -> dict[str, Decimal]:
    """Index prices in USD by market, as the paper dYdX publishes them; empty when it does not answer."""
    connection = HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/v3/markets")
        response = connection.getresponse()
        body = json.loads(response.read())
        return {m["baseAsset"]: Decimal(m["indexPrice"]) for m in body["markets"].values()}
    except (OSError, HTTPException, ValueError, KeyError, TypeError, ArithmeticError):
        return {}
    finally:
        connection.close()
