"""Carries the warden's verdicts out: halts and lifts in the ledger, one alert line each time something begins.

What is in force already is left as it is, so that a condition that lasts writes one journal row and one line.
"""

import logging
from collections.abc import Callable, Iterable
from enum import StrEnum

from common import clock, log
from common.core.events import HaltLevel
from common.ledger.ledger import Ledger
from common.ledger.shapes import Halt
from common.ledger.watch import LedgerWatch
from common.warden.verdicts import EVERY_MARKET, WARDEN, Verdict, is_passing, reason

_STRICTNESS = {level: rank for rank, level in enumerate(HaltLevel)}


class Severity(StrEnum):
    """How soon a person should look."""

    WARN = "warn"
    HIGH = "high"


class Alerts:
    """Log lines that are written when something begins, and once when it is over."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._standing: set[str] = set()

    def say(self, what: str, severity: Severity = Severity.HIGH, **fields: object) -> None:
        """One alert line."""
        log.trouble(self._logger, "alert", severity=severity, what=what, **fields)

    def stands(self, key: str, what: str, severity: Severity = Severity.WARN, **fields: object) -> None:
        """An alert line when this begins; nothing while it lasts."""
        if key not in self._standing:
            self._standing.add(key)
            self.say(what, severity, **fields)

    def over(self, key: str) -> None:
        """It does not last any more."""
        if key in self._standing:
            self._standing.discard(key)
            log.event(self._logger, "alert_over", what=key)


class Hand:
    """The only part of the warden that writes halts. `markets` are the configured ones."""

    def __init__(
        self,
        files: tuple[Ledger, LedgerWatch],
        markets: Iterable[str],
        alerts: Alerts,
        now_ns: Callable[[], int] = clock.now_ns,
    ) -> None:
        self._ledger, self._watch = files
        self.alerts, self._now_ns = alerts, now_ns
        self._known = {*markets, EVERY_MARKET}

    def halt(self, verdict: Verdict) -> bool:
        """Put the halt into force unless one as strict is; a market that nobody trades is only told about."""
        if verdict.market not in self._known:
            self.alerts.stands(verdict.why, verdict.kind, market=verdict.market, why=verdict.text)
            return False
        standing = self._watch.halts().get(verdict.market)
        level = standing.level if standing else HaltLevel.NONE
        if _STRICTNESS[level] >= _STRICTNESS[verdict.level]:
            return False
        why = reason(verdict, level, standing.who, standing.why) if standing else verdict.why
        changed = self._ledger.halt(verdict.level, verdict.market, why, who=WARDEN, at_ns=self._now_ns())
        if changed:
            self.alerts.say(verdict.kind, market=verdict.market, level=verdict.level, why=verdict.text)
        return changed

    def lift(self, why: str) -> bool:
        """Take back our own halt of every market, if it is one that passes."""
        if not self._is_ours(self._watch.halts().get(EVERY_MARKET)):
            return False
        lifted = self._ledger.resume(EVERY_MARKET, why, who=WARDEN, at_ns=self._now_ns())
        if lifted:
            self.alerts.say("lifted", Severity.WARN, market=EVERY_MARKET, why=why)
        return lifted

    def _is_ours(self, standing: Halt | None) -> bool:
        return standing is not None and is_passing(standing.who, standing.why)
