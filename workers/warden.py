"""The warden: looks at both venues, the ledger and the workers, and halts what cannot be explained.

`python -m workers.warden`. What its end means stands in common/process_main.py.
"""

import asyncio
import logging
import os
import sys

import uvloop

from common import clock, log, process_main, settings, stopping
from common.core.errors import ConfigError, LedgerAway, LedgerError
from common.core.market import Instrument, Venue
from common.ledger.ledger import Ledger
from common.ledger.watch import LedgerWatch
from common.market_lock import MarketLock, lock_file
from common.settings import Settings
from common.supervisor_client import Places, Supervisor
from common.telemetry.files import folder_of
from common.venues.base import Desk
from common.version import code_version
from common.warden import board, starting
from common.warden.board import Board
from common.warden.diary import Diary
from common.warden.guard import Guard
from common.warden.hand import Alerts, Hand
from common.warden.judge import Judge
from common.warden.listening import Listener
from common.warden.lookout import Lookout
from common.warden.memory import Memory
from common.warden.reloading import Reloading
from common.warden.turns import Turns
from common.warden.verdicts import WARDEN
from common.warden.warden import Warden

#: who was here before may still be stopping (stopwaitsecs 35): supervisord was killed and started again at once
PREDECESSOR_S = 40.0
#: closing connections to both venues
CLOSE_BOUND_S = 2.0


def main() -> int:
    """Wire the warden together and let it watch until told to stop; returns the exit code."""
    return process_main.run(WARDEN, _work)


def _work(logger: logging.Logger) -> None:
    config = settings.load()
    MarketLock(lock_file(config.var, WARDEN)).take(PREDECESSOR_S)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(_watch(config, logger))


async def _watch(config: Settings, logger: logging.Logger) -> None:
    told = stopping.stop_event()
    desks = await stopping.until(told, starting.desks(config))
    if desks is None:
        return
    try:
        instruments = await stopping.until(told, starting.instruments(config, desks, logger))
        if instruments is None:
            return
        ledger, watch = _files(config)
        with ledger, watch:
            warden = _joined(config, (ledger, watch), desks, instruments)
            log.event(logger, "watching", markets=len(config.markets))
            await _kept(told, warden, Reloading(config, warden, logger))
        log.event(logger, "stopped")
    finally:
        await stopping.closed(desks.values(), CLOSE_BOUND_S)


async def _kept(told: asyncio.Event, warden: Warden, reloading: Reloading) -> None:
    """Let it watch until told to stop; its loops have ended when this returns, so that the files may be closed."""
    keeping = asyncio.create_task(warden.keep(reloading.keep))
    try:
        await stopping.until(told, keeping)
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


def _joined(
    config: Settings,
    files: tuple[Ledger, LedgerWatch],
    desks: dict[Venue, Desk],
    instruments: dict[tuple[Venue, str], Instrument],
) -> Warden:
    ledger, watch = files
    memory = Memory(config.var / f"{WARDEN}.json", watch.origin)
    judge = Judge(config.warden, instruments, base=memory.read())
    hand = Hand(files, config.markets, Alerts(logging.getLogger(WARDEN)))
    lookout = Lookout(ledger, watch, judge, hand, memory, Board(config.var / board.FILE), Turns())
    supervisor = Supervisor(Places(config.var).socket)
    guard = Guard(config, supervisor, watch, hand, Listener(config.endpoints, instruments).moves)
    return Warden(lookout, desks, guard, tuple(config.markets), Diary(folder_of(config.ledger_file)))


def _files(config: Settings) -> tuple[Ledger, LedgerWatch]:
    """The ledger, for writing and for reading. One that fails later is a crash; one that cannot be opened is not."""
    path, now_ns = config.ledger_file, clock.now_ns()
    try:
        ledger = Ledger.create(
            path, created_ns=now_ns, config_hash=config.hash, code_version=code_version(), pid=os.getpid()
        )
        return ledger, LedgerWatch.open(path)
    except LedgerAway:
        raise
    except LedgerError as error:
        raise ConfigError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
