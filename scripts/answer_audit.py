"""`arbctl audit`: the outside checker's verdict, after watching the limits for a while if asked to."""

import threading

from common import clock
from common.core.errors import ConfigError
from common.settings import Settings
from scripts import audit as outside
from scripts import render
from scripts.audit_facts import Finding
from scripts.audit_watch import Peaks, Watch
from scripts.dust import smallest_orders
from scripts.render import Answer


def audit(config: Settings, watch_s: float | None) -> tuple[Answer, bool]:
    """The answer, and whether no law was broken. AuditError when there is nothing to read."""
    if config.mode == "live":
        raise ConfigError('the audit reads the paper venues\' own journals; with mode = "live" see arbctl positions')
    peaks = None if watch_s is None else _watched(config, watch_s)
    verdict = outside.judge(config.ledger_file, config.var / "paper", clock.now_ns(), smallest_orders())
    seen = [] if peaks is None else [*peaks.broken, *peaks.excursions]
    findings = (*seen, *verdict.findings)
    clean = not any(finding.broken for finding in findings)
    data = {
        "clean": clean,
        "checks": verdict.checks,
        "findings": [{"check": f.check, "text": f.text, "broken": f.broken} for f in findings],
        "watched": None if peaks is None else _peaks(peaks),
    }
    return Answer(
        data, ("check", "looked at", "verdict"), _rows(verdict.checks, findings), notes=_notes(findings, peaks)
    ), clean


def _watched(config: Settings, seconds: float) -> Peaks:
    with Watch(config.ledger_file, config.var / "paper", config.paper.dydx_port) as watch:
        threading.Event().wait(seconds)
    return watch.peaks


def _rows(checks: dict[str, int], findings: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    rows = []
    for name, count in checks.items():
        broken = sum(1 for finding in findings if finding.check == name and finding.broken)
        rows.append((name, str(count), f"{broken} violations" if broken else "clean"))
    return rows


def _notes(findings: tuple[Finding, ...], peaks: Peaks | None) -> list[str]:
    notes = [f"{'BROKEN' if f.broken else 'note'} {f.check}: {f.text}" for f in findings]
    if peaks is not None:
        highest = ", ".join(f"{venue} {render.times(value)}" for venue, value in sorted(peaks.leverage.items()))
        notes.append(f"peak leverage {highest or render.NOTHING} in {peaks.samples} looks")
    return notes


def _peaks(peaks: Peaks) -> dict[str, object]:
    return {
        "samples": peaks.samples,
        "failed": peaks.failed,
        "leverage": peaks.leverage,
        "held_uusd": peaks.held_uusd,
        "used_of_cap": peaks.used,
    }
