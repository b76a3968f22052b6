"""Carries strikes out on a fleet and notes what came of each: who was hit, how long it took to come back.

Knows processes and signals; whether the fleet's books are in order is judged by others.
"""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from common import clock, members
from scripts.audit_lives import Lives
from scripts.audit_trail import Row
from scripts.drill_disk import SmallDisk
from scripts.drill_fleet import DrillFleet, Held, all_ended
from scripts.drill_plan import Kind, Strike

#: a strike mid-order waits at most so long for an order
AIM_BOUND_S = 12.0
#: stopwaitsecs of a worker: who was told to end must have ended by then
STOP_S = 75.0
REFILL_S = 0.1
NS_PER_S = 1e9


@dataclass(slots=True)
class Toll:
    """What the strikes did; times in seconds."""

    struck: Counter[Kind] = field(default_factory=Counter)
    #: strikes that found nobody to hit
    missed: Counter[Kind] = field(default_factory=Counter)
    workers_killed: int = 0
    sim_killed: int = 0
    warden_killed: int = 0
    #: kill of sim → its ports answer; SIGTERM → the end of it; kill of supervisord → its children gone, → sim answers
    sim_down_s: list[float] = field(default_factory=list)
    term_s: list[float] = field(default_factory=list)
    orphans_gone_s: list[float] = field(default_factory=list)
    fleet_down_s: list[float] = field(default_factory=list)
    #: when the disk was full: from, to, by the wall clock
    full_ns: list[tuple[int, int]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


class Fire:
    """Strikes one fleet. Frozen processes and those told to end are looked after beside the next strikes."""

    def __init__(self, fleet: DrillFleet, lives: Lives, say: Callable[[str], None]) -> None:
        self._fleet, self._lives, self._say = fleet, lives, say
        self._loop = asyncio.get_running_loop()
        self._began_ns = clock.monotonic_ns()
        self._ordered: asyncio.Future[Row] = self._loop.create_future()
        self._ends: list[asyncio.Task[None]] = []
        self._frozen: list[asyncio.Task[None]] = []
        self.toll = Toll()
        lives.on_orders = self._pass_on

    async def run(self, strikes: Sequence[Strike], stop: asyncio.Event, seconds: float) -> None:
        """Strikes in order for so long, or until told to stop; returns with nobody frozen or on his way out.

        Aiming and waiting for an orphan's end take their time: what is left of the list then is not dealt.
        """
        deadline = self._loop.time() + seconds
        try:
            for strike in strikes:
                if self._loop.time() + strike.after_s > deadline or await _is_set(stop, strike.after_s):
                    return
                await self._strike(strike)
        finally:
            await asyncio.gather(*self._frozen, *self._ends)

    async def _strike(self, strike: Strike) -> None:
        match strike.kind:
            case Kind.WORKER | Kind.SEVERAL:
                hit = [self._kill_worker(market) for market in strike.markets]
            case Kind.MID_ORDER:
                hit = [self._kill_worker(await self._next_market(strike.aim_s))]
            case Kind.SIM:
                hit = [await self._kill_sim()]
            case Kind.SIM_MID_ORDER:
                await self._next_market(strike.aim_s)  # where no order comes, the venues are killed all the same
                hit = [await self._kill_sim()]
            case Kind.SUPERVISORD:
                hit = [await self._kill_supervisord(strike.at_once)]
            case Kind.SUPERVISORD_MID_ORDER:
                hit = [await self._kill_supervisord(strike.at_once) if await self._next_market(strike.aim_s) else ""]
            case Kind.FREEZE_WORKER:
                hit = [self._freeze(members.program(market), strike.for_s) for market in strike.markets]
            case Kind.FREEZE_SIM:
                hit = [self._freeze(members.SIM, strike.for_s)]
            case Kind.FREEZE_SIM_MID_ORDER:
                hit = [self._freeze(members.SIM, strike.for_s) if await self._next_market(strike.aim_s) else ""]
            case Kind.TERM_WORKER:
                hit = [self._tell(members.program(market)) for market in strike.markets]
            case Kind.TERM_SIM:
                hit = [self._tell(members.SIM)]
            case Kind.WARDEN:
                hit = [self._kill_warden()]
            case Kind.FREEZE_WARDEN:
                hit = [self._freeze(members.WARDEN, strike.for_s)]
            case Kind.TERM_WARDEN:
                hit = [self._tell(members.WARDEN)]
            case Kind.DISK_FULL:
                hit = [self._fill(strike.for_s)]
            case Kind.DISK_FULL_MID_ORDER:
                hit = [self._fill(strike.for_s) if await self._next_market(strike.aim_s) else ""]
        names = " ".join(filter(None, hit))
        (self.toll.struck if names else self.toll.missed)[strike.kind] += 1
        at_s = (clock.monotonic_ns() - self._began_ns) / NS_PER_S
        self._say(f"{at_s:7.1f} s  {strike.kind}: {names or 'nobody to hit'}")

    # ---- who is hit how -------------------------------------------------------------------------------------------

    def _kill_worker(self, market: str) -> str:
        held = self._fleet.hold(members.program(market)) if market else None
        if held is None:
            return ""
        self._lives.crashed(market, held.pid)
        held.send(signal.SIGKILL)
        held.close()
        self.toll.workers_killed += 1
        return held.name

    def _kill_warden(self) -> str:
        held = self._fleet.hold(members.WARDEN)
        if held is None:
            return ""
        held.send(signal.SIGKILL)
        held.close()
        self.toll.warden_killed += 1
        return held.name

    def _fill(self, for_s: float) -> str:
        disk = self._fleet.disk
        if disk is None or disk.is_full:
            return ""
        disk.fill()
        self._frozen.append(self._after(self._full_for(disk, for_s)))
        return f"for {for_s:.1f} s"

    async def _full_for(self, disk: SmallDisk, for_s: float) -> None:
        began_ns = clock.now_ns()
        try:
            # somebody's rotated log or checkpoint frees a few pages now and then: they are taken as well
            while clock.now_ns() < began_ns + for_s * NS_PER_S:
                await asyncio.sleep(REFILL_S)
                disk.fill()
        finally:
            disk.free()
            self.toll.full_ns.append((began_ns, clock.now_ns()))

    async def _kill_sim(self) -> str:
        held = self._fleet.hold(members.SIM)
        if held is None:
            return ""
        began_ns = clock.monotonic_ns()
        held.send(signal.SIGKILL)
        await held.ended(STOP_S)
        held.close()
        self.toll.sim_killed += 1
        await self._fleet.sim_ready()
        self.toll.sim_down_s.append(_since(began_ns))
        return held.name

    async def _kill_supervisord(self, at_once: bool) -> str:
        await asyncio.gather(*self._ends)
        children, began_ns = self._fleet.hold_all(), clock.monotonic_ns()
        await self._fleet.kill_supervisord()
        watching = asyncio.create_task(self._orphans(children, began_ns))
        if not at_once:
            await watching
        await self._fleet.begin()
        self.toll.fleet_down_s.append(_since(began_ns))
        await watching
        return f"supervisord and its {len(children)} children{', started again at once' if at_once else ''}"

    async def _orphans(self, children: Sequence[Held], began_ns: int) -> None:
        left = await all_ended(children, STOP_S)
        self.toll.orphans_gone_s.append(_since(began_ns))
        for held in children:
            held.close()
        if left:
            self.toll.violations.append(f"{', '.join(left)} outlived supervisord by more than {STOP_S:.0f} s")

    def _freeze(self, name: str, for_s: float) -> str:
        held = self._fleet.hold(name)
        if held is None:
            return ""
        self._frozen.append(self._after(self._frozen_for(held, for_s)))
        return f"{name} for {for_s:.1f} s"

    async def _frozen_for(self, held: Held, for_s: float) -> None:
        held.send(signal.SIGSTOP)
        try:
            await asyncio.sleep(for_s)
        finally:
            held.send(signal.SIGCONT)
            held.close()

    def _tell(self, name: str) -> str:
        held = self._fleet.hold(name)
        if held is None:
            return ""
        self._ends.append(self._after(self._end(held)))
        return name

    async def _end(self, held: Held) -> None:
        """SIGTERM, wait for the end, start it again: exit code 0 is not restarted by supervisord."""
        began_ns = clock.monotonic_ns()
        held.send(signal.SIGTERM)
        if not await held.ended(STOP_S):
            self.toll.violations.append(f"{held.name} did not end within {STOP_S:.0f} s of SIGTERM")
        self.toll.term_s.append(_since(began_ns))
        held.close()
        await self._fleet.start_again(held)

    def _after(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        return self._loop.create_task(work)

    # ---- aiming ---------------------------------------------------------------------------------------------------

    def _pass_on(self, row: Row) -> None:
        """Called in the thread that watches the file."""
        self._loop.call_soon_threadsafe(self._hear, row)

    def _hear(self, row: Row) -> None:
        if not self._ordered.done():
            self._ordered.set_result(row)

    async def _next_market(self, aim_s: float) -> str:
        """The market whose orders were written next, `aim_s` after that; empty when there were none for long."""
        self._ordered = self._loop.create_future()
        try:
            async with asyncio.timeout(AIM_BOUND_S):
                row = await self._ordered
        except TimeoutError:
            return ""
        await asyncio.sleep(aim_s)
        return row.market


async def _is_set(stop: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await stop.wait()
    except TimeoutError:
        return False


def _since(began_ns: int) -> float:
    return (clock.monotonic_ns() - began_ns) / NS_PER_S
