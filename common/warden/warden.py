"""The warden's shell: asks both venues, reads the ledger, has the facts judged, and hands the verdicts on.

Each loop is bounded in rate by a named interval and ends by cancellation, or by the ledger failing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from common import clock
from common.core.account import AccountFacts
from common.core.errors import VenueError
from common.core.market import Venue
from common.core.terms import SECOND_NS
from common.ledger.ledger import Ledger
from common.ledger.watch import LedgerWatch, Look
from common.venues.base import Desk
from common.warden import margin
from common.warden.agreement import Sums
from common.warden.guard import Guard
from common.warden.hand import Hand
from common.warden.judge import Facts, Judge, OpenOrders
from common.warden.memory import Memory
from common.warden.verdicts import EVERY_MARKET, WARDEN, is_passing

#: an answer that took longer to come says what was, not what is
ANSWER_MAX_NS: Final = 3 * SECOND_NS
#: a venue without a usable answer for longer is told about
SILENCE_NS: Final = 5 * SECOND_NS
#: open orders are asked for at every so-many-th look
ORDERS_EVERY: Final = 2
CLOCK_EVERY_S: Final = 5.0
IDLE_EVERY_S: Final = 10.0
BEAT_EVERY_S: Final = 3.0
#: a loop that has not come round for longer is named in our own heartbeat
ROUND_MAX_NS: Final = 30 * SECOND_NS

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Warden:
    """One warden; everything it needs is made by workers/warden.py."""

    ledger: Ledger
    watch: LedgerWatch
    desks: Mapping[Venue, Desk]
    judge: Judge
    hand: Hand
    guard: Guard
    memory: Memory
    _looks: int = 0
    _heard_ns: dict[Venue, int] = field(default_factory=dict)
    _resumed_ns: int = 0
    #: when each loop last came round
    _rounds: dict[str, int] = field(default_factory=dict)

    async def keep(self) -> None:
        """Run all loops until cancelled or until one of them fails (which fails the process)."""
        self._heard_ns = dict.fromkeys(self.desks, clock.now_ns())
        every_s = self.judge.terms.look_every_ns / SECOND_NS
        async with asyncio.TaskGroup() as group:
            group.create_task(self._repeat("look", self.look, every_s))
            group.create_task(self._repeat("guard", self.guard.look, every_s))
            group.create_task(self._repeat("idle", self.guard.look_for_idle, IDLE_EVERY_S))
            for venue, desk in self.desks.items():
                group.create_task(self._repeat(f"clock {venue}", partial(self.look_at_clock, desk), CLOCK_EVERY_S))
            group.create_task(self._beats())

    async def _repeat(self, name: str, work: Callable[[], Awaitable[None]], every_s: float) -> None:
        while True:
            await work()
            self._rounds[name] = clock.now_ns()
            await asyncio.sleep(every_s)

    async def look(self) -> None:
        """One look at both accounts and at the ledger before and after; everything that follows from it."""
        before = self.watch.look()
        asked = await asyncio.gather(*(self._account(desk) for desk in self.desks.values()))
        accounts = {facts.venue: facts for facts in asked if facts is not None}
        orders = await self._orders() if self._looks % ORDERS_EVERY == 0 else None
        self._looks += 1
        after = self.watch.look()
        self._release(after)
        self._forgive(after)
        facts = Facts(
            at_ns=clock.now_ns(),
            before=Sums(before.positions, before.moving),
            after=Sums(after.positions, after.moving),
            accounts=accounts,
            orders=orders,
            held_by=_held_by(after),
            incarnations=after.incarnations,
        )
        judgement = self.judge.look(facts)
        for verdict in judgement.verdicts:
            self.hand.halt(verdict)
        if judgement.lift:
            self.hand.lift(f"calm for {self.judge.terms.calm_ns // SECOND_NS} s")
        if self.judge.base is not None:
            self.memory.keep(self.judge.base)

    async def look_at_clock(self, desk: Desk) -> None:
        """One reading of a venue's clock."""
        reading = await self._heard(desk, desk.read_clock())
        if reading is None:
            return
        key = f"clock {desk.venue}"
        if margin.clock_warning(reading, self.judge.terms):
            self.hand.alerts.stands(key, "clock_skew", venue=desk.venue, off_s=f"{reading.offset_ns / SECOND_NS:+.2f}")
        else:
            self.hand.alerts.over(key)
        verdict = self.judge.clock(reading)
        if verdict is not None:
            self.hand.halt(verdict)

    async def _account(self, desk: Desk) -> AccountFacts | None:
        """What the venue says now, written down at once; None without an answer that is fresh."""
        asked_ns = clock.now_ns()
        facts = await self._heard(desk, desk.account())
        if facts is None or clock.now_ns() - asked_ns > ANSWER_MAX_NS:
            return None
        self.ledger.write_account(facts)
        return facts

    async def _orders(self) -> OpenOrders:
        asked = await asyncio.gather(*(self._heard(desk, desk.open_orders()) for desk in self.desks.values()))
        return {venue: orders for venue, orders in zip(self.desks, asked, strict=True) if orders is not None}

    async def _heard(self, desk: Desk, question: Awaitable[Answer]) -> Answer | None:
        """The answer, or None without a usable one; a venue that is silent for long is told about, once."""
        key, now_ns = f"silent {desk.venue}", clock.now_ns
        try:
            answer = await question
        except VenueError as error:
            if now_ns() - self._heard_ns.get(desk.venue, 0) > SILENCE_NS:
                self.hand.alerts.stands(key, "no_answer", venue=desk.venue, why=error)
            return None
        self._heard_ns[desk.venue] = now_ns()
        self.hand.alerts.over(key)
        return answer

    def _release(self, look: Look) -> None:
        """What a person wrote off stops counting once both venues were seen flat: workers leave that to who writes."""
        for market in sorted(look.releasable):
            self.ledger.release_written_off(market, clock.now_ns())

    def _forgive(self, look: Look) -> None:
        resumed_ns = look.resumed_ns.get(EVERY_MARKET, 0)
        if resumed_ns > self._resumed_ns:
            self._resumed_ns = resumed_ns
            self.judge.forgive()

    async def _beats(self) -> None:
        """Our own row: `decided_ns` is when the slowest of our loops last came round."""
        while True:
            now_ns = clock.now_ns()
            slowest = min(self._rounds, key=self._rounds.__getitem__, default="")
            round_ns = self._rounds.get(slowest, now_ns)
            state = "watching" if now_ns - round_ns <= ROUND_MAX_NS else f"waiting: {slowest}"
            self.ledger.heartbeat(WARDEN, state, decided_ns=round_ns, at_ns=now_ns)
            await asyncio.sleep(BEAT_EVERY_S)


def _held_by(look: Look) -> str:
    """The kind of our own halt of every market, if one is in force that we may lift."""
    halt = look.halts.get(EVERY_MARKET)
    return halt.why.partition(":")[0] if halt is not None and is_passing(halt.who, halt.why) else ""
