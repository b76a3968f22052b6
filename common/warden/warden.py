"""The warden's shell: asks both venues on an event loop and hands the answers to the lookout, which concludes.

Each loop is bounded in rate by a named interval and ends by cancellation, or by the ledger failing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

from common import clock
from common.core.account import AccountFacts
from common.core.errors import VenueError
from common.core.market import Venue
from common.core.terms import SECOND_NS
from common.venues.base import Desk
from common.warden.diary import Diary
from common.warden.guard import Guard
from common.warden.judge import OpenOrders
from common.warden.lookout import Lookout
from common.warden.terms import WardenTerms
from common.warden.verdicts import WARDEN

CLOCK_EVERY_S: Final = 5.0
#: index prices and funding rates move slowly, and ApeX is asked for each market apart
OUTLOOK_EVERY_S: Final = 10.0
IDLE_EVERY_S: Final = 10.0
BEAT_EVERY_S: Final = 3.0
#: a loop that has not come round for longer is named in our own heartbeat
ROUND_MAX_NS: Final = 30 * SECOND_NS

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Warden:
    """One warden; everything it needs is made by workers/warden.py. `markets` are those whose prices are compared."""

    lookout: Lookout
    desks: Mapping[Venue, Desk]
    guard: Guard
    markets: tuple[str, ...] = ()
    #: where the fleet's telemetry goes
    diary: Diary | None = None
    #: when each loop last came round
    _rounds: dict[str, int] = field(default_factory=dict)

    @property
    def terms(self) -> WardenTerms:
        """The numbers that it goes by now."""
        return self.lookout.judge.terms

    def adopt(self, terms: WardenTerms) -> None:
        """Go by other numbers from the next round of each loop on."""
        self.lookout.judge.adopt(terms)
        self.guard.adopt(terms)

    async def keep(self, beside: Callable[[], Coroutine[Any, Any, None]] | None = None) -> None:
        """Run all loops, and `beside`, until cancelled or until one of them fails (which fails the process)."""
        async with asyncio.TaskGroup() as group:
            if beside is not None:
                group.create_task(beside())
            group.create_task(self._repeat("look", self.look))
            group.create_task(self._repeat("guard", self.guard.look))
            group.create_task(self._repeat("idle", self.guard.look_for_idle, IDLE_EVERY_S))
            group.create_task(self._repeat("outlook", self.look_at_prices, OUTLOOK_EVERY_S))
            for venue, desk in self.desks.items():
                group.create_task(self._repeat(f"clock {venue}", partial(self.look_at_clock, desk), CLOCK_EVERY_S))
            group.create_task(self._repeat("tidy", self.tidy))
            group.create_task(self._beats())

    async def _repeat(self, name: str, work: Callable[[], Awaitable[None]], fixed_s: float | None = None) -> None:
        """Come round every so often (None: as arb.toml says); late rounds are not made up for."""
        loop = asyncio.get_running_loop()
        while True:
            every_s = self.terms.look_every_ns / SECOND_NS if fixed_s is None else fixed_s
            due_s = loop.time() + every_s
            await work()
            self._rounds[name] = clock.now_ns()
            await asyncio.sleep(max(due_s - loop.time(), every_s / 10))

    async def look(self) -> None:
        """One look at both accounts and at the ledger before and after."""
        before = self.lookout.begin()
        asked = await asyncio.gather(*(self._account(desk) for desk in self.desks.values()))
        accounts = {facts.venue: facts for facts in asked if facts is not None}
        orders = await self._orders() if self.lookout.wants_orders else None
        self.lookout.end(before, accounts, orders)
        if self.diary is not None:
            await asyncio.to_thread(self.diary.note, accounts, self.lookout.watch.room(), clock.now_ns())

    async def tidy(self) -> None:
        """Spare the workers what the disk takes long for: nobody trades here."""
        self.lookout.ledger.tidy()

    async def look_at_clock(self, desk: Desk) -> None:
        """One reading of a venue's clock."""
        reading = await self._heard(desk, desk.read_clock())
        if reading is not None:
            self.lookout.take_clock(reading)

    async def look_at_prices(self) -> None:
        """One look at both venues' index prices and funding rates."""
        desks = self.desks.values()
        asked = await asyncio.gather(*(self._heard(desk, desk.outlook(self.markets)) for desk in desks))
        self.lookout.take_outlooks({v: o for v, o in zip(self.desks, asked, strict=True) if o is not None})

    async def _account(self, desk: Desk) -> AccountFacts | None:
        """What the venue says now; None without an answer that is fresh."""
        asked_ns = clock.now_ns()
        facts = await self._heard(desk, desk.account())
        return None if facts is None else self.lookout.take_account(facts, asked_ns)

    async def _orders(self) -> OpenOrders:
        asked = await asyncio.gather(*(self._heard(desk, desk.open_orders()) for desk in self.desks.values()))
        return {venue: orders for venue, orders in zip(self.desks, asked, strict=True) if orders is not None}

    async def _heard(self, desk: Desk, question: Awaitable[Answer]) -> Answer | None:
        """The answer, or None without a usable one."""
        try:
            answer = await question
        except VenueError as error:
            self.lookout.unheard(desk.venue, error)
            return None
        self.lookout.heard(desk.venue)
        return answer

    async def _beats(self) -> None:
        """Our own row: `decided_ns` is when the slowest of our loops last came round."""
        while True:
            self.beat(clock.now_ns())
            await asyncio.sleep(BEAT_EVERY_S)

    def beat(self, now_ns: int) -> None:
        """One sign of life."""
        slowest = min(self._rounds, key=self._rounds.__getitem__, default="")
        round_ns = self._rounds.get(slowest, now_ns)
        state = "watching" if now_ns - round_ns <= ROUND_MAX_NS else f"waiting: {slowest}"
        self.lookout.ledger.heartbeat(WARDEN, state, decided_ns=round_ns, at_ns=now_ns)
