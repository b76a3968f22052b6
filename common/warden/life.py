"""Which workers only seem to be alive, and which cannot stay alive. Pure: supervisord and the ledger say, we judge."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from common.core.events import HaltLevel
from common.ledger.shapes import Beat
from common.supervisor_client import Process
from common.warden.terms import WardenTerms
from common.warden.verdicts import Kind, Verdict

RUNNING = "RUNNING"
SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Member:
    """One worker: its market, supervisord's word and its last heartbeat; only a beat of this very process counts."""

    market: str
    process: Process
    beat: Beat | None

    @property
    def spoke(self) -> Beat | None:
        """The last heartbeat of the process that runs now; one that still waits for a lock or a venue has none."""
        running = self.process.state == RUNNING and self.beat is not None and self.beat.pid == self.process.pid
        return self.beat if running else None


def silent(members: Iterable[Member], now_ns: int, terms: WardenTerms) -> dict[str, int]:
    """Market → pid of workers that run and have given no sign of life for too long."""
    return {m.market: b.pid for m in members if (b := m.spoke) and now_ns - b.at_ns > terms.heartbeat_max_ns}


def idle(members: Iterable[Member], now_ns: int, terms: WardenTerms) -> dict[str, int]:
    """Market → `decided_ns` of workers that beat but have decided nothing for too long: do their books move?"""
    return {
        m.market: b.decided_ns
        for m in members
        if (b := m.spoke)
        and now_ns - b.at_ns <= terms.heartbeat_max_ns
        and now_ns - b.decided_ns > terms.decided_max_ns
    }


def crash_loops(
    starts: Mapping[str, tuple[int, ...]], since_ns: Mapping[str, int], now_ns: int, terms: WardenTerms
) -> list[Verdict]:
    """Halt of each market that was started too often within the window and after `since_ns`.

    `since_ns` is when the warden began to look at it: a fleet that is started again begins with a clean sheet.
    """
    found = []
    for market, times in starts.items():
        first_ns = max(now_ns - terms.quarantine_window_ns, since_ns.get(market, 0))
        count = sum(first_ns < at_ns <= now_ns for at_ns in times)
        if count >= terms.quarantine_starts:
            text = f"{count} starts within {(now_ns - first_ns) // SECOND_NS} s; program stopped"
            found.append(Verdict(Kind.CRASH_LOOP, market, HaltLevel.HALT, text))
    return found


def gave_up(processes: Iterable[Process]) -> dict[str, str]:
    """Full name → what supervisord says of programs that it has stopped trying to start."""
    return {p.full_name: p.trouble or f"exit code {p.exit_status}" for p in processes if p.state == "FATAL"}
