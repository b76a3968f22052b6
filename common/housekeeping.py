"""What a worker does beside trading: ticks, equity rows, halts, heartbeat, funding. Loops around one runner.

Each loop is bounded in rate by a named interval and ends by cancellation only.
"""

import asyncio

from common import clock, log
from common.core.errors import VenueError
from common.core.events import Halted, StopRequested, Tick
from common.core.market import Venue
from common.runner import Runner
from common.venues.base import Desk

TICK_S = 0.1
HALT_S = 1.0
HEARTBEAT_S = 3.0
#: an equity row younger than this is left alone, whoever wrote it
ACCOUNT_MIN_AGE_NS = 3_000_000_000
#: the account is asked for at least this often, and at most once per ACCOUNT_PAUSE_S
ACCOUNT_S = 4.0
ACCOUNT_PAUSE_S = 1.0
#: funding is paid hourly; asking now and then also finds what was pushed while the stream was down
FUNDING_S = 600.0


async def keep(runner: Runner) -> None:
    """Run all loops, feeds and streams until cancelled or until one of them fails (which fails the worker)."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_fail_with(runner.failure))
        for venue, desk in runner.desks.items():
            group.create_task(runner.feeds[venue].run(runner.hear))
            group.create_task(desk.stream(runner.hear_account))
            group.create_task(_accounts(runner, venue, desk))
            group.create_task(_funding(runner, desk))
        group.create_task(_ticks(runner))
        group.create_task(_halts(runner))
        group.create_task(_heartbeats(runner))


async def stop(runner: Runner, bound_s: float) -> bool:
    """Open nothing new, finish or even out what is in flight; False when that took longer than `bound_s`."""
    runner.hear(StopRequested(clock.now_ns()))
    try:
        async with asyncio.timeout(bound_s):
            await runner.quiet.wait()
    except TimeoutError:
        return False
    return True


async def _fail_with(failure: "asyncio.Future[None]") -> None:
    await failure


async def _ticks(runner: Runner) -> None:
    while True:
        runner.hear(Tick(clock.now_ns()))
        await asyncio.sleep(TICK_S)


async def _halts(runner: Runner) -> None:
    while True:
        level = runner.ledger.halt_level(runner.market)
        if level is not runner.trader.halt:
            log.event(runner.logger, "halt_level", level=level)
            runner.hear(Halted(level, clock.now_ns()))
        await asyncio.sleep(HALT_S)


async def _heartbeats(runner: Runner) -> None:
    while True:
        trader = runner.trader
        runner.ledger.heartbeat(runner.market, trader.decision, decided_ns=trader.decided_ns, at_ns=clock.now_ns())
        await asyncio.sleep(HEARTBEAT_S)


async def _accounts(runner: Runner, venue: Venue, desk: Desk) -> None:
    """Keep the venue's equity row fresh; ten workers share the work through the row's age."""
    dirty = runner.account_dirty[venue]
    while True:
        age_ns = runner.ledger.account_age(venue, clock.now_ns())
        if age_ns is None or age_ns >= ACCOUNT_MIN_AGE_NS:
            await _write_account(runner, desk)
        await asyncio.sleep(ACCOUNT_PAUSE_S)
        try:
            async with asyncio.timeout(ACCOUNT_S - ACCOUNT_PAUSE_S):
                await dirty.wait()
        except TimeoutError:
            pass
        dirty.clear()


async def _write_account(runner: Runner, desk: Desk) -> None:
    try:
        runner.ledger.write_account(await desk.account(), min_age_ns=ACCOUNT_MIN_AGE_NS)
    except VenueError as error:
        log.trouble(runner.logger, "no_account", venue=desk.venue, why=error)


async def _funding(runner: Runner, desk: Desk) -> None:
    while True:
        try:
            for paid in await desk.funding(runner.market):
                runner.ledger.book_funding(paid, clock.now_ns())
        except VenueError as error:
            log.trouble(runner.logger, "no_funding", venue=desk.venue, why=error)
        await asyncio.sleep(FUNDING_S)
