"""Looks after the workers: restarts one that only seems to be alive, stops one that cannot stay alive.

Asks supervisord, in a thread, and the ledger; judges with `life`. Without a supervisord it does nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from common import clock, members
from common.ledger.watch import LedgerWatch, Look
from common.market_lock import lock_file, recent_starts
from common.settings import Settings
from common.supervisor_client import Process, SuperviseError, Supervisor
from common.warden import life
from common.warden.hand import Hand, Severity
from common.warden.life import Member
from common.warden.terms import WardenTerms
from common.warden.verdicts import EVERY_MARKET, Streaks, Verdict

#: a worker must be found silent in so many looks in a row
SILENT_LOOKS: Final = 3
#: a look that comes later than this after the last one judges nobody: this whole machine may have stood still
GAP_LOOKS: Final = 4
#: one market is restarted at most this often, and its books are listened to at most this often
RESTART_PAUSE_NS: Final = 60_000_000_000
#: after its books were heard to move, a worker is given this long to have decided on them, and to have said so
IDLE_GRACE_S: Final = 8.0

#: whether the books of a market move, listened to for a few seconds
Listen = Callable[[str], Awaitable[bool]]


class Guard:
    """The workers of one supervisord."""

    def __init__(
        self, config: Settings, supervisor: Supervisor, watch: LedgerWatch, hand: Hand, listen: Listen
    ) -> None:
        self._config, self._terms = config, config.warden
        self._supervisor, self._watch, self._hand, self._listen = supervisor, watch, hand, listen
        self._markets = {members.program(market): market for market in config.markets}
        self._silent = Streaks[str, int](SILENT_LOOKS)
        self._begun_ns = self._looked_ns = clock.now_ns()
        self._stopped_ns: dict[str, int] = {}
        self._restarted_ns: dict[str, int] = {}
        self._listened_ns: dict[str, int] = {}

    def adopt(self, terms: WardenTerms) -> None:
        """Go by other numbers from the next look on."""
        self._terms = terms

    async def look(self) -> None:
        """One look at all workers."""
        processes = await asyncio.to_thread(self._supervisor.processes)
        now_ns, before_ns = clock.now_ns(), self._looked_ns
        self._looked_ns = now_ns
        if now_ns - before_ns > GAP_LOOKS * self._terms.look_every_ns:
            self._silent.look({})
            return
        look = self._watch.look()
        workers = self._members(processes, look)
        for market in self._silent.look(life.silent(workers, now_ns, self._terms)):
            await self._restart(market, f"no heartbeat for {self._terms.heartbeat_max_ns // life.SECOND_NS} s")
        self._tell(life.gave_up(processes))
        await self._quarantine(life.crash_loops(self._starts(), self._since_ns(look), now_ns, self._terms))

    async def look_for_idle(self) -> None:
        """Restart workers that beat but do not decide, though their books move; takes a while when there are any."""
        for market, decided_ns in (await self._idle()).items():
            now_ns = clock.now_ns()
            if now_ns - self._listened_ns.get(market, 0) < RESTART_PAUSE_NS:
                continue
            self._listened_ns[market] = now_ns
            if not await self._listen(market):
                continue
            await asyncio.sleep(IDLE_GRACE_S)
            if (await self._idle()).get(market) == decided_ns:
                await self._restart(market, "it decides nothing though its books move")

    async def _idle(self) -> dict[str, int]:
        processes = await asyncio.to_thread(self._supervisor.processes)
        return life.idle(self._members(processes, self._watch.look()), clock.now_ns(), self._terms)

    def _members(self, processes: list[Process], look: Look) -> list[Member]:
        return [
            Member(market, process, look.beats.get(market))
            for process in processes
            if process.group == members.GROUP and (market := self._markets.get(process.name))
        ]

    async def _restart(self, market: str, why: str) -> None:
        """SIGKILL: who does not go on would not hear SIGTERM, and a kill is what recovery is made for."""
        now_ns = clock.now_ns()
        if now_ns - self._restarted_ns.get(market, 0) < RESTART_PAUSE_NS:
            return
        self._restarted_ns[market] = now_ns
        self._hand.alerts.say("restart", market=market, why=why)
        await self._ask(self._supervisor.kill, market)

    async def _quarantine(self, loops: list[Verdict]) -> None:
        """Halt and stop; who starts it again begins with a clean sheet."""
        for verdict in loops:
            self._stopped_ns[verdict.market] = clock.now_ns()
            if not self._hand.halt(verdict):
                self._hand.alerts.say(verdict.kind, market=verdict.market, why=verdict.text)
            await self._ask(self._stop, verdict.market)

    def _stop(self, name: str) -> None:
        self._supervisor.stop([name])

    async def _ask(self, deed: Callable[[str], None], market: str) -> None:
        try:
            await asyncio.to_thread(deed, f"{members.GROUP}:{members.program(market)}")
        except SuperviseError as error:
            self._hand.alerts.say("no_supervisor", market=market, why=error)

    def _tell(self, gone: dict[str, str]) -> None:
        for name, why in gone.items():
            self._hand.alerts.stands(f"gave_up {name}", "gave_up", Severity.HIGH, program=name, why=why)
        for name in self._markets:
            full = f"{members.GROUP}:{name}"
            if full not in gone:
                self._hand.alerts.over(f"gave_up {full}")

    def _starts(self) -> dict[str, tuple[int, ...]]:
        return {market: recent_starts(lock_file(self._config.var, market)) for market in self._config.markets}

    def _since_ns(self, look: Look) -> dict[str, int]:
        every_ns = look.resumed_ns.get(EVERY_MARKET, 0)
        return {
            market: max(self._begun_ns, self._stopped_ns.get(market, 0), look.resumed_ns.get(market, 0), every_ns)
            for market in self._config.markets
        }
