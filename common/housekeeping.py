"""What a worker does beside trading: ticks, equity rows, halts, heartbeat, funding. Loops around one runner.

Each loop is bounded in rate by a named interval and ends by cancellation only.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from common import clock, log
from common.core.errors import VenueError
from common.core.events import Event, StopRequested, Tick, Way
from common.core.forgotten import OVER_AFTER_NS, SLACK_NS
from common.core.market import Direction, Venue
from common.core.opening import HALTED, WOULD_OPEN
from common.core.terms import SECOND_NS
from common.lag_watch import LagWatch
from common.live import LiveWorld
from common.recall import FillsRecall, FundingRecall
from common.runner import Runner
from common.telemetry.files import Writer
from common.telemetry.meter import SPAN_NS
from common.venues.base import AccountEvent, Desk, StreamUp

#: how often time passes for a trader with deals, and for one without: then only the medians want a sample
TICK_S, QUIET_TICK_S = 0.1, 0.25
HALT_S = 1.0
HEARTBEAT_S = 3.0
#: an equity row younger than this is left alone, whoever wrote it
ACCOUNT_MIN_AGE_NS = 2_200_000_000
#: the row is looked at at least this often, and at most once per ACCOUNT_PAUSE_S: without a warden, a single worker
#: keeps it younger than the 5 s (cap.equity_max_age_s) past which the ledger lets nobody in
ACCOUNT_S = 2.0
ACCOUNT_PAUSE_S = 1.0
#: how often it is seen whether something has to be asked for that nobody pushed
RECALL_S = 1.0
#: after a power cut: how often the venues are asked for what the file may have forgotten
REMEMBER_S = 5.0
#: what a halted market would have opened is shown for so long
WOULD_SHOWN_NS = 60_000_000_000


class Housekeeping:
    """The loops of one worker; `writer`: where the telemetry of the runner's meter goes."""

    def __init__(self, runner: Runner, world: LiveWorld, writer: Writer | None = None) -> None:
        self.runner, self._world, self._writer = runner, world, writer
        self._fills = {venue: FillsRecall() for venue in world.desks}
        self._funding = {venue: FundingRecall() for venue in world.desks}
        #: once told to stop: set when nothing is in flight any more
        self._quiet = asyncio.Event()
        #: by deal, what a person chose and when, as far as the trader was told
        self._wishes: dict[str, tuple[Way, int]] = {}
        #: what a halted trader would open, and when it last would
        self._is_quoting = False
        self._lags = LagWatch(runner.trader.view, runner.logger)
        self._would, self._would_ns, self._is_tempted = "", -WOULD_SHOWN_NS, False
        world.hear, world.sync = self.hear, runner.ledger.make_durable

    def hear(self, event: Event) -> None:
        """One event for the runner; notices when a stopping trader has come to rest."""
        self.runner.hear(event)
        trader = self.runner.trader
        if trader.stopping and trader.idle:
            self._quiet.set()

    def hear_account(self, event: AccountEvent) -> None:
        """One event of a private stream; once it is up again, what was missed is asked for."""
        if isinstance(event, StreamUp):
            self._fills[event.venue].stream_up()
            self._funding[event.venue].stream_up()
        self.runner.hear_account(event)

    async def keep(self, *beside: Coroutine[Any, Any, None]) -> None:
        """Run all loops, feeds and streams until cancelled or until one of them fails (which fails the worker)."""
        async with asyncio.TaskGroup() as group:
            for coroutine in (self._fail(), *beside):
                group.create_task(coroutine)
            for venue, desk in self._world.desks.items():
                group.create_task(self._world.feeds[venue].run(self.hear))
                group.create_task(desk.stream(self.hear_account))
                group.create_task(self._accounts(venue, desk))
                group.create_task(self._recalls(venue, desk))
            group.create_task(self._remember())
            group.create_task(self._ticks())
            group.create_task(self._halts())
            group.create_task(self._heartbeats())
            group.create_task(self._telemetry())

    async def stop(self, bound_s: float) -> bool:
        """Open nothing new, finish or even out what is in flight; False when that took longer than `bound_s`."""
        self.hear(StopRequested(clock.now_ns()))
        try:
            async with asyncio.timeout(bound_s):
                await self._quiet.wait()
        except TimeoutError:
            return False
        return True

    async def _fail(self) -> None:
        await self._world.failure

    async def _ticks(self) -> None:
        while True:
            self.hear(Tick(clock.now_ns()))
            self.tell_would()
            if self.runner.meter is not None:
                self.runner.meter.look(clock.now_ns())
            self._tell_quoting()
            self._lags.look(clock.now_ns())
            await asyncio.sleep(TICK_S if self.runner.trader.deals else QUIET_TICK_S)

    def _tell_quoting(self) -> None:
        """Once: both books are there and have our size. What a start took can be read off the log."""
        view = self.runner.trader.view
        if not self._is_quoting and all(view.pair(direction, view.terms.size) for direction in Direction):
            self._is_quoting = True
            log.event(self.runner.logger, "quoting", market=self.runner.market)

    def tell_would(self) -> None:
        """A halted market that begins to see a deal says which, once for as long as it lasts."""
        decision = self.runner.trader.decision
        would = decision.startswith(WOULD_OPEN)
        if would and not self._is_tempted:
            log.event(self.runner.logger, "would_open", market=self.runner.market, says=decision)
        if would:
            self._would, self._would_ns = decision, clock.now_ns()
        self._is_tempted = would

    def saying(self, now_ns: int) -> str:
        """What the trader says; while halted, also what it would have opened a moment ago."""
        decision, age_ns = self.runner.trader.decision, now_ns - self._would_ns
        if decision != HALTED or age_ns > WOULD_SHOWN_NS:
            return decision
        return f"{self._would}, {age_ns // 1_000_000_000} s ago"

    async def _halts(self) -> None:
        while True:
            told = self.runner.read_halt()
            if told is not None:
                log.event(self.runner.logger, "halt_level", level=told.level, turn=told.turn)
                self.hear(told)
            self.look_at_choices()
            await asyncio.sleep(HALT_S)

    def look_at_choices(self) -> None:
        """What a person chose for a stuck deal."""
        for wish in self.runner.ledger.wishes(self.runner.market, clock.now_ns()):
            if self._wishes.get(wish.deal_id) != (wish.way, wish.since_ns):
                self._wishes[wish.deal_id] = (wish.way, wish.since_ns)
                log.event(self.runner.logger, "wish", deal=wish.deal_id, way=wish.way)
                self.hear(wish)

    async def _heartbeats(self) -> None:
        while True:
            self.beat()
            await asyncio.sleep(HEARTBEAT_S)

    def beat(self) -> None:
        """A sign of life, with what the trader says and which program and settings it goes by."""
        runner, now_ns = self.runner, clock.now_ns()
        decided_ns = runner.trader.decided_ns
        runner.ledger.heartbeat(runner.market, self.saying(now_ns), decided_ns=decided_ns, at_ns=now_ns)

    async def _telemetry(self) -> None:
        """Put down what the meter has, at the end too; in a thread, so that a slow disk holds nobody up."""
        meter, writer = self.runner.meter, self._writer
        if meter is None or writer is None:
            return
        try:
            while True:
                await asyncio.sleep(SPAN_NS / SECOND_NS)
                await asyncio.to_thread(writer.append, meter.drain(clock.now_ns()))
        finally:
            writer.append(meter.drain(clock.now_ns()))

    async def _accounts(self, venue: Venue, desk: Desk) -> None:
        """Keep the venue's equity row fresh; ten workers share the work through the row's age."""
        dirty = self._world.account_dirty[venue]
        while True:
            age_ns = self.runner.ledger.account_age(venue, clock.now_ns())
            if age_ns is None or age_ns >= ACCOUNT_MIN_AGE_NS:
                await self._write_account(desk)
                self._release()
            await asyncio.sleep(ACCOUNT_PAUSE_S)
            try:
                async with asyncio.timeout(ACCOUNT_S - ACCOUNT_PAUSE_S):
                    await dirty.wait()
            except TimeoutError:
                pass
            dirty.clear()

    def _release(self) -> None:
        """What a person wrote off stops counting once both venues were seen flat."""
        runner = self.runner
        for deal in runner.ledger.release_written_off(runner.market, clock.now_ns()):
            log.event(runner.logger, "released", deal=deal.deal_id)

    async def _write_account(self, desk: Desk) -> None:
        try:
            self.runner.ledger.write_account(await desk.account(), min_age_ns=ACCOUNT_MIN_AGE_NS)
        except VenueError as error:
            log.trouble(self.runner.logger, "no_account", venue=desk.venue, why=error)

    async def _remember(self) -> None:
        """After a power cut: both venues are asked for the deal that the file may have forgotten, until it is known."""
        while (doubt := self.runner.doubt) is not None:
            # Whatever was sent before the machine went down is over by then: this clock began with the machine.
            await asyncio.sleep(max(0, OVER_AFTER_NS - clock.monotonic_ns()) / SECOND_NS)
            try:
                told = [await desk.history(doubt.since_ns - SLACK_NS) for desk in self._world.desks.values()]
                self.runner.hear_forgotten(told)
            except VenueError as error:
                log.trouble(self.runner.logger, "no_history", why=error)
            await asyncio.sleep(REMEMBER_S)

    async def _recalls(self, venue: Venue, desk: Desk) -> None:
        """Ask for fills and funding that may have escaped us, whenever there is a reason to."""
        while True:
            try:
                await self._recall(venue, desk)
            except VenueError as error:
                log.trouble(self.runner.logger, "no_history", venue=venue, why=error)
            await asyncio.sleep(RECALL_S)

    async def _recall(self, venue: Venue, desk: Desk) -> None:
        runner, now_ns = self.runner, clock.now_ns()
        if runner.doubt is not None:
            return
        since_ns = self._fills[venue].due(now_ns, fits=runner.ledger.unheard.fits(runner.market, venue))
        if since_ns is not None:
            runner.hear_history(await desk.fills_since(runner.market, since_ns))
            self._fills[venue].answered(now_ns)
        if self._funding[venue].due(now_ns):
            runner.hear_payments(await desk.funding(runner.market))
            self._funding[venue].answered(now_ns)
