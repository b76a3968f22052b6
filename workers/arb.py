"""One market's worker: lock, recover, run until told to stop. `python -m workers.arb BTC`.

Exit codes: 0 told to stop and nothing in flight; 1 crashed, start me again; 3 needs a person.
"""

import asyncio
import gc
import logging
import os
import sys
from dataclasses import replace

import uvloop

from common import clock, log, process, settings, stopping
from common.core.errors import ConfigError, LedgerError, LocalError, VenueError
from common.core.events import DealChanged
from common.core.market import Instrument, Venue
from common.core.terms import Terms
from common.core.trader import Trader
from common.housekeeping import Housekeeping
from common.ledger.ledger import Ledger
from common.ledger.limits import CapTerms
from common.live import LiveWorld
from common.market_lock import MarketLock
from common.runner import Runner
from common.settings import Settings
from common.venues.adapters import make_desk, make_feed
from common.venues.base import Desk
from common.version import code_version

EXIT_CRASHED, EXIT_PERSON = 1, 3
#: within supervisord's stopwaitsecs (45)
STOP_BOUND_S = 40.0
#: a venue that does not answer at start is asked again this often, for as long as it takes
START_RETRY_S = 2.0
#: supervisord heeds exit codes only after startsecs (2): leaving with 3 sooner would be restarted
PERSON_LINGER_S = 3.0


def main() -> int:
    """Wire one worker together and run it; returns its exit code."""
    market = sys.argv[1].upper() if len(sys.argv) == 2 else ""
    logger = log.setup(market or "arb")
    process.die_with_parent()
    try:
        config = settings.load()
        terms = config.terms(market)
        lock = MarketLock(config.var / "run" / f"{market.lower()}.lock")
        lock.take()
        terms = replace(terms, start_wait_ns=lock.note_start(clock.now_ns()))
        with _ledger(config) as ledger:
            return _run(config, terms, ledger, logger)
    except (ConfigError, LocalError, LedgerError) as error:
        log.trouble(logger, "needs_a_person", why=error)
        stopping.linger(PERSON_LINGER_S)
        return EXIT_PERSON
    except Exception:
        logger.exception("crashed")
        return EXIT_CRASHED


def _run(config: Settings, terms: Terms, ledger: Ledger, logger: logging.Logger) -> int:
    """The worker's loop. A ledger that fails from here on is a crash: what was sent must be recovered, not left."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
            return loop.run(_live(config, terms, ledger, logger))
    except LedgerError:
        logger.exception("crashed")
        return EXIT_CRASHED


def _ledger(config: Settings) -> Ledger:
    now_ns = clock.now_ns()
    ledger = Ledger.create(
        config.ledger_file, created_ns=now_ns, config_hash=config.hash, code_version=code_version(), pid=os.getpid()
    )
    cap = config.cap
    ledger.set_cap(
        CapTerms(cap.leverage_entry, cap.leverage_max, cap.level, cap.equity_max_age_ns), "worker start", now_ns
    )
    return ledger


async def _live(config: Settings, terms: Terms, ledger: Ledger, logger: logging.Logger) -> int:
    """Start the desks, recover, trade, and stop in good order when told to."""
    told = stopping.stop_event()
    desks = {venue: make_desk(endpoint) for venue, endpoint in config.endpoints.items()}
    try:
        instruments = await stopping.until(told, _started(desks, terms, logger))
        if instruments is None:
            return 0
        house = _joined(config, terms, ledger, desks, instruments)
        keeping = asyncio.create_task(house.keep())
        log.event(logger, "trading", size=terms.size, wait_s=terms.start_wait_ns // 1_000_000_000)
        await stopping.until(told, keeping)
        quiet = await house.stop(STOP_BOUND_S)
        log.event(logger, "stopped", in_flight=not quiet)
        keeping.cancel()
        return 0
    finally:
        for desk in desks.values():
            await desk.close()


def _joined(
    config: Settings, terms: Terms, ledger: Ledger, desks: dict[Venue, Desk], instruments: dict[Venue, Instrument]
) -> Housekeeping:
    """Trader, ledger and venues joined, and the trader told of every deal that is not finished: recovery."""
    number, now_ns = ledger.next_number(terms.market), clock.now_ns()
    trader = Trader(terms, instruments, incarnation=ledger.incarnation, next_number=number, start_ns=now_ns)
    feeds = {venue: make_feed(endpoint, instruments[venue]) for venue, endpoint in config.endpoints.items()}
    logger = logging.getLogger(terms.market)
    world = LiveWorld(desks, feeds, logger)
    house = Housekeeping(Runner(trader, ledger, world), world)
    dust = min(i.min_size for i in instruments.values())
    for deal in ledger.unfinished_deals(terms.market, dust):
        log.event(logger, "recovered", deal=deal.deal_id, state=deal.state, unfinished=len(deal.unfinished))
        house.hear(DealChanged(deal, now_ns))
    gc.freeze()
    return house


async def _started(desks: dict[Venue, Desk], terms: Terms, logger: logging.Logger) -> dict[Venue, Instrument]:
    """Both desks started and the size checked against both listings; waits for a venue that is not there yet."""
    while True:
        try:
            for desk in desks.values():
                await desk.start()
            instruments = {venue: await desk.instrument(terms.market) for venue, desk in desks.items()}
            break
        except VenueError as error:
            log.trouble(logger, "venue_not_ready", why=error)
            await asyncio.sleep(START_RETRY_S)
    refusals = [r for i in instruments.values() if (r := i.refuse_size(terms.size))]
    if refusals:
        raise ConfigError("; ".join(refusals))
    return instruments


if __name__ == "__main__":
    sys.exit(main())
