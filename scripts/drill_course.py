"""The course of one drill: up, under fire, to rest, stopped with open deals, started again, stopped and audited.

Returns what was seen as plain values; decides itself only what a violation is.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from common import clock, members
from common.core.terms import SECOND_NS
from scripts import audit
from scripts.audit_facts import Finding
from scripts.audit_lives import Lives, Seen
from scripts.audit_story import GRACE_NS
from scripts.audit_tally import Tally, tally
from scripts.audit_watch import Peaks, Watch
from scripts.drill_fleet import DrillFleet
from scripts.drill_plan import Strike
from scripts.drill_strikes import STOP_S, Fire, Toll
from scripts.dust import smallest_orders

#: the longest proof of an order's death (ApeX: 35 s), the look-ups until then, and one more restart
REST_BOUND_S = 120.0
#: a fleet without an open deal is waited for, so that stopping and starting again have something to keep
OPEN_BOUND_S = 60.0
RECOVER_BOUND_S = 60.0
#: so often it is tried to stop with a deal open
STOPS = 4
POLL_S = 0.1
#: supervisord's words for the end of a process that was nobody's order
_EXITED = re.compile(r"^(?P<at>[\d-]+ [\d:]+),\d+ \w+ exited: (?P<name>\w+) \(exit status (?P<code>\d+)", re.MULTILINE)
_FAULT = re.compile(r"fault kind=(\w+)")
#: the exit code of a crash, and for how long after a full disk it may still be one's consequence
CRASHED, FULL_AFTER_NS = "1", 5 * SECOND_NS
_KILLING = re.compile(r"killing '(\w+)' \(\d+\) with SIGKILL")


@dataclass(slots=True)
class Outcome:
    """All that a drill saw. Times in seconds; `violations` empty: clean."""

    toll: Toll
    peaks: Peaks
    seen: Seen
    fire_s: float = 0.0
    #: faults of the wire that befell somebody, by name
    faults: Counter[str] = field(default_factory=Counter)
    rest_s: float | None = None
    open_at_stop: int = 0
    stop_s: float = 0.0
    recover_s: float | None = None
    recovered: int = 0
    tally: Tally | None = None
    checks: dict[str, int] = field(default_factory=dict)
    notes: list[Finding] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


class Course:
    """One drill on one fleet."""

    def __init__(self, fleet: DrillFleet, say: Callable[[str], None], stop: asyncio.Event) -> None:
        self._fleet, self._say, self._stop = fleet, say, stop
        self._dust = smallest_orders()
        self._out: Outcome

    async def run(self, strikes: Sequence[Strike], seconds: float) -> Outcome:
        """The whole course, `seconds` of it under fire; the fleet is stopped when it returns, however it returns."""
        config, fleet = self._fleet.config, self._fleet
        try:
            await fleet.begin()
            with (
                Watch(config.ledger_file, config.var / "paper", config.paper.dydx_port) as watch,
                Lives(config.ledger_file, config.var / "paper", fleet.markets, self._dust) as lives,
            ):
                fire = Fire(fleet, lives, self._say)
                self._out = Outcome(fire.toll, watch.peaks, lives.seen)
                await self._under_fire(fire, strikes, seconds)
                await self._to_rest(lives)
                await self._stop_with_open_deals()
                await self._start_again()
                await self._stop_workers()
                self._judge_processes()
        finally:
            await fleet.end()
        self._judge_files()
        return self._out

    # ---- the stages -----------------------------------------------------------------------------------------------

    async def _under_fire(self, fire: Fire, strikes: Sequence[Strike], seconds: float) -> None:
        """From the first admission on: a fleet that still warms up has nothing to lose."""
        began_ns = clock.monotonic_ns()
        while not self._out.seen.admissions and _since(began_ns) < OPEN_BOUND_S:  # noqa: ASYNC110  (counted by a thread)
            await asyncio.sleep(POLL_S)
        began_ns = clock.monotonic_ns()
        await fire.run(strikes, self._stop, seconds)
        self._out.fire_s = _since(began_ns)
        self._out.violations += fire.toll.violations

    async def _to_rest(self, lives: Lives) -> None:
        """No more kills: every program runs, every crash is recovered from, every market was seen level since."""
        self._say("no more kills and no more faults; waiting until everything was at rest")
        self._out.faults = faults_played(self._fleet.places.var / "log")
        await self._fleet.calm()
        lives.ask_rest()
        began_ns = clock.monotonic_ns()
        while _since(began_ns) < REST_BOUND_S:
            if not lives.pending and set(self._fleet.markets) <= lives.seen.rested and not self._not_running():
                self._out.rest_s = _since(began_ns)
                return
            await asyncio.sleep(POLL_S)
        self._out.violations += [
            f"{crash.market}, killed as {crash.pid}, was not level {REST_BOUND_S:.0f} s after the last kill"
            for crash in lives.pending
        ]
        restless = sorted(set(self._fleet.markets) - lives.seen.rested)
        self._out.violations += [f"{market} was never at rest after the last kill" for market in restless]
        self._out.violations += self._not_running()

    def _not_running(self) -> list[str]:
        """Programs that do not run, and workers that run and yet never spoke: waiting for somebody else's lock."""
        processes, beats = self._fleet.processes(), self._out.seen.beats
        if not processes:
            return ["supervisord does not answer"]
        silent = [
            f"{members.program(market)} runs as {processes[members.program(market)].pid} and never spoke"
            for market in self._fleet.markets
            if market not in beats or beats[market].pid != processes[members.program(market)].pid
        ]
        return silent + [
            f"{p.full_name} is {p.state}, exit code {p.exit_status} {p.trouble}"
            for p in processes.values()
            if p.state != "RUNNING" and p.name != members.RECORDER  # nothing is recorded in a drill
        ]

    async def _stop_with_open_deals(self) -> None:
        """What was seen open may be closed by the time that all have stopped: then once more."""
        for attempt in range(STOPS):
            if attempt:
                await self._fleet.control("start", f"{members.GROUP}:*")
            await self._stop_once_open()
            if self._out.open_at_stop:
                return

    async def _stop_once_open(self) -> None:
        began_ns = clock.monotonic_ns()
        while not self._live() and _since(began_ns) < OPEN_BOUND_S:  # noqa: ASYNC110  (a file of others)
            await asyncio.sleep(POLL_S)
        self._out.stop_s = await self._stop_workers()
        now = self._tally()
        self._out.open_at_stop = len(now.live)
        self._say(f"supervisorctl stop 'arb:*' took {self._out.stop_s:.1f} s with {len(now.live)} deals open")
        self._out.violations += [f"at rest after the stop, but {text}" for text in now.restless]

    async def _stop_workers(self) -> float:
        """As a person does it; the seconds it took."""
        began_ns = clock.monotonic_ns()
        said = await self._fleet.control("stop", f"{members.GROUP}:*")
        took_s = _since(began_ns)
        left = [p for p in self._fleet.processes().values() if p.group == members.GROUP and p.pid]
        self._out.violations += [f"{p.full_name} runs after supervisorctl stop: {said.strip()}" for p in left]
        if took_s > STOP_S:
            self._out.violations.append(f"supervisorctl stop took {took_s:.1f} s, more than stopwaitsecs")
        return took_s

    async def _start_again(self) -> None:
        """Every deal that was open is taken up by the next life of its worker, which says so in its log."""
        waiting = {deal_id: self._log_of(deal_id).stat().st_size for deal_id in self._live()}
        began_ns, count = clock.monotonic_ns(), len(waiting)
        await self._fleet.control("start", f"{members.GROUP}:*")
        while (waiting or self._not_running()) and _since(began_ns) < RECOVER_BOUND_S:
            waiting = {deal_id: at for deal_id, at in waiting.items() if not self._is_recovered(deal_id, at)}
            await asyncio.sleep(POLL_S)
        self._out.recovered, self._out.recover_s = count - len(waiting), _since(began_ns)
        self._say(f"supervisorctl start 'arb:*': {self._out.recovered} of {count} open deals taken up again")
        self._out.violations += [f"{deal_id} was open and was not taken up again" for deal_id in waiting]
        self._out.violations += self._not_running()

    # ---- judging --------------------------------------------------------------------------------------------------

    def _judge_processes(self) -> None:
        """Nobody ended by his own fault, and nobody had to be killed by supervisord."""
        text = self._fleet.places.log.read_text(errors="replace")
        self._out.violations += faults_in(text, self._out.toll.full_ns)

    def _judge_files(self) -> None:
        """The audit of what stands in the files now; nothing may be on its way any more."""
        out, config = self._out, self._fleet.config
        verdict = audit.judge(config.ledger_file, config.var / "paper", clock.now_ns() + GRACE_NS, self._dust)
        out.tally, out.checks = self._tally(), verdict.checks
        findings = [*out.peaks.findings.values(), *out.seen.findings.values(), *verdict.findings]
        out.violations += [f"{f.check}: {f.text}" for f in findings if f.broken]
        out.notes = [f for f in findings if not f.broken]
        out.violations += [f"at rest at the end, but {text}" for text in out.tally.restless]
        out.violations += [f"stuck: {deal_id}" for deal_id in out.tally.stuck]
        out.violations += [f"halted: {text}" for text in out.tally.halts]

    def _tally(self) -> Tally:
        return tally(self._fleet.config.ledger_file, clock.now_ns(), self._dust)

    def _live(self) -> tuple[str, ...]:
        return self._tally().live if self._fleet.config.ledger_file.exists() else ()

    def _log_of(self, deal_id: str) -> Path:
        market = audit.read_ledger(self._fleet.config.ledger_file, 0).deals[deal_id].market
        return self._fleet.places.var / "log" / f"{members.program(market)}.log"

    def _is_recovered(self, deal_id: str, since: int) -> bool:
        with self._log_of(deal_id).open("rb") as log:
            log.seek(since)
            return f"recovered deal={deal_id} ".encode() in log.read()


def faults_in(log: str, full_ns: Sequence[tuple[int, int]] = ()) -> list[str]:
    """What supervisord's log says of programs that ended by their own fault, or would not end.

    To crash while the disk is full, and to be started again, is what they should do; to ask for a person is not.
    """
    faults = {
        f"{found['name']} ended by itself with exit code {found['code']} at {found['at']}"
        for found in _EXITED.finditer(log)
        if found["code"] != "0" and not (found["code"] == CRASHED and _is_within(found["at"], full_ns))
    }
    faults |= {f"{name} had to be killed by supervisord" for name in _KILLING.findall(log)}
    return sorted(faults)


def _is_within(at: str, spans_ns: Sequence[tuple[int, int]]) -> bool:
    """Whether supervisord's local time lies in a span, or so shortly after it that the end was its consequence."""
    at_ns = int(datetime.strptime(at, "%Y-%m-%d %H:%M:%S").timestamp()) * SECOND_NS
    return any(from_ns - SECOND_NS < at_ns < to_ns + FULL_AFTER_NS for from_ns, to_ns in spans_ns)


def faults_played(logs: Path) -> Counter[str]:
    """The faults that the paper venues say they played, by name; logs that were rotated away are not counted."""
    return Counter(
        name for log in sorted(logs.glob("sim.log*")) for name in _FAULT.findall(log.read_text(errors="replace"))
    )


def _since(began_ns: int) -> float:
    return (clock.monotonic_ns() - began_ns) / SECOND_NS
