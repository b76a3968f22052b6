"""One market's worker: lock, recover, run until told to stop. `python -m workers.arb BTC`.

What its end means stands in common/process_main.py.
"""

import asyncio
import gc
import logging
import os
import sys
from dataclasses import replace

import uvloop

from common import clock, live_start, log, process_main, settings, stopping, wanted
from common.boot import boot_name
from common.core.errors import ConfigError, LedgerAway, LedgerError
from common.core.events import DealChanged
from common.core.market import Instrument, Venue
from common.core.terms import Terms
from common.core.trader import Trader
from common.housekeeping import Housekeeping
from common.ledger.ledger import Ledger
from common.live import LiveWorld, started
from common.market_lock import MarketLock, lock_file
from common.recovery import recovery
from common.reloading import Reloading
from common.runner import Runner
from common.settings import Settings
from common.telemetry.files import Writer, folder_of
from common.telemetry.meter import Meter
from common.venues.adapters import make_desk, make_feed
from common.venues.base import Desk
from common.version import code_version

#: of supervisord's stopwaitsecs (75): the proof of an order's death takes up to 35 s, and 5 until it is asked for
STOP_BOUND_S = 40.0
#: closing connections to both venues
CLOSE_BOUND_S = 2.0


def main() -> int:
    """Wire one worker together and run it; returns its exit code."""
    market = sys.argv[1].upper() if len(sys.argv) == 2 else ""
    return process_main.run(market or "arb", lambda logger: _work(market, logger))


def _work(market: str, logger: logging.Logger) -> None:
    config = settings.load()
    terms = config.terms(market)
    lock = MarketLock(lock_file(config.var, market))
    lock.take()
    terms = replace(terms, start_wait_ns=lock.note_start(clock.now_ns()))
    with _ledger(config, terms, logger) as ledger, asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        if halted := live_start.admit(config, ledger, market):
            log.trouble(logger, "unconfirmed", market=market, why=halted)
        with log.deferred(loop.get_loop().call_soon):
            loop.run(_live(config, terms, ledger, logger))
        ledger.end(market)


def _ledger(config: Settings, terms: Terms, logger: logging.Logger) -> Ledger:
    """The ledger, opened or made, with limits; a file that cannot serve needs a person, later it is a crash."""
    now_ns, path, pid = clock.now_ns(), config.ledger_file, os.getpid()
    try:
        ledger = Ledger.create(path, created_ns=now_ns, config_hash=config.hash, code_version=code_version(), pid=pid)
    except LedgerAway:
        raise
    except LedgerError as error:
        raise ConfigError(str(error)) from error
    for change in ledger.configure((*wanted.of_fleet(config), *wanted.of_market(terms)), "worker start", now_ns):
        log.event(logger, "limit", change=change)
    return ledger


async def _live(config: Settings, terms: Terms, ledger: Ledger, logger: logging.Logger) -> None:
    """Start the desks, recover, trade, and stop in good order when told to."""
    told = stopping.stop_event()
    desks = {venue: make_desk(endpoint) for venue, endpoint in config.endpoints.items()}
    try:
        instruments = await stopping.until(told, started(desks, terms, logger))
        if instruments is None:
            return
        house = _joined(config, terms, ledger, desks, instruments)
        keeping = asyncio.create_task(house.keep(Reloading(config, house, logger).keep()))
        log.event(logger, "trading", size=terms.size, wait_s=terms.start_wait_ns // 1_000_000_000)
        await stopping.until(told, keeping)
        quiet = await _stopped(house, keeping)
        log.event(logger, "stopped", in_flight=not quiet)
        keeping.cancel()
    finally:
        await stopping.closed(desks.values(), CLOSE_BOUND_S)


async def _stopped(house: Housekeeping, keeping: "asyncio.Task[None]") -> bool:
    """Whether all came to rest in time. Raises what the loops end of meanwhile: nobody would hear an answer then."""
    stop = asyncio.create_task(house.stop(STOP_BOUND_S))
    await asyncio.wait({stop, keeping}, return_when=asyncio.FIRST_COMPLETED)
    return stop.result() if stop.done() else bool(keeping.result())


def _joined(
    config: Settings, terms: Terms, ledger: Ledger, desks: dict[Venue, Desk], instruments: dict[Venue, Instrument]
) -> Housekeeping:
    """Trader, ledger and venues joined, and the trader told of every deal that is not finished: recovery."""
    boot = boot_name()
    doubt = ledger.begin(terms.market, boot, clock.now_ns()) if boot else None
    number, now_ns = ledger.next_number(terms.market), clock.now_ns()
    trader = Trader(terms, instruments, incarnation=ledger.incarnation, next_number=number, start_ns=now_ns)
    feeds = {venue: make_feed(endpoint, instruments[venue]) for venue, endpoint in config.endpoints.items()}
    logger = logging.getLogger(terms.market)
    world = LiveWorld(desks, feeds, logger)
    writer = Writer(folder_of(config.ledger_file), terms.market)
    house = Housekeeping(Runner(trader, ledger, world, Meter(trader, now_ns), doubt=doubt), world, writer)
    for event in recovery(ledger, terms.market, instruments, now_ns):
        if isinstance(event, DealChanged):
            deal = event.deal
            log.event(logger, "recovered", deal=deal.deal_id, state=deal.state, unfinished=len(deal.unfinished))
        house.hear(event)
    gc.freeze()
    return house


if __name__ == "__main__":
    sys.exit(main())
