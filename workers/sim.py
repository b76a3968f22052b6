"""The paper venues as one process: both protocols on loopback, driven by synthetic or recorded books.

`python -m workers.sim`. What its end means stands in common/process_main.py.
"""

import asyncio
import gc
import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import uvloop

from common import clock, log, process_main, settings, stopping
from common.core.market import Venue
from common.market_lock import MarketLock
from common.settings import Settings
from common.sim.accounts import AccountRecord, open_accounts
from common.sim.depth import ExponentialRefill, TapeRefill
from common.sim.engine import PaperEngine, make_venue
from common.sim.enrolment import Enrolment
from common.sim.server.bad_luck import suffer
from common.sim.server.mouth import Condition, Mouth, Pacing, mouth
from common.sim.server.pace import Pace, keep_state, kept_state
from common.sim.server.wire_server import WireServer
from common.sim.sources import open_source
from common.sim.types import Source
from common.venues import stark

#: who was here before may still be stopping (stopwaitsecs 10): supervisord was killed and started again at once
PREDECESSOR_S = 15.0
NS_PER_MS = 1_000_000


def main() -> int:
    """Wire the paper venues together and serve until told to stop; returns the exit code."""
    return process_main.run("sim", _work)


def _work(logger: logging.Logger) -> None:
    config = settings.load()
    MarketLock(config.var / "run" / "sim.lock").take(PREDECESSOR_S)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(_serve(config, logger))


async def _serve(config: Settings, logger: logging.Logger) -> None:
    told, folder = stopping.stop_event(), config.var / "paper"
    own = open_accounts(folder) if config.paper.accounts == "own" else {}
    venues = {venue: _venue(config, venue, own.get(venue)) for venue in Venue}
    source, shown = _source(config, venues, kept_state(folder / "source.json"))
    pace = Pace(source, venues, shown=shown, speed=float(config.paper.speed), now_ns=clock.now_ns)
    mouths = {venue: _mouth(config, engine, own.get(venue), shown[venue]) for venue, engine in venues.items()}
    for speaking in mouths.values():
        speaking.condition = lambda: Condition(pace.is_ready, pace.has_ended, source.markets)
    server = WireServer(mouths)
    stark.warm_up()
    ports = {Venue.DYDX: config.paper.dydx_port, Venue.APEX: config.paper.apex_port}
    try:
        await server.start(ports)
        gc.freeze()
        log.event(logger, "serving", dydx=ports[Venue.DYDX], apex=ports[Venue.APEX], source=config.paper.source)
        await stopping.until(told, _drive(pace, server, folder / "source.json"))
    finally:
        await server.stop()
        keep_state(folder / "source.json", source)
        # what stays frozen is never collected, and duckdb reports it as leaked when the process ends
        gc.unfreeze()
    log.event(logger, "stopped")


async def _drive(pace: Pace, server: WireServer, keep: Path) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(pace.run(keep))
        group.create_task(server.run())


def _venue(config: Settings, venue: Venue, own: AccountRecord | None) -> PaperEngine:
    """An engine with its journal taken up and its own account there; what we take from a tape, the tape restores."""
    paper = config.paper
    synthetic = ExponentialRefill(half_life_ns=paper.refill_half_life_ms * NS_PER_MS)
    engine = make_venue(
        venue,
        seed=paper.seed,
        journal_path=config.var / "paper" / f"{venue}.jsonl",
        maker_fee=paper.maker_fee,
        taker_fee=paper.taker_fee,
        race_lost=paper.race_lost,
        refill=TapeRefill() if paper.source.startswith("replay:") else synthetic,
    )
    if own is not None:
        engine.open_account(own.account_id, paper.balance_usd, clock.now_ns())
    return engine


def _mouth(config: Settings, engine: PaperEngine, own: AccountRecord | None, markets: Sequence[str]) -> Mouth:
    """What is served of an engine: the markets whose books are shown there."""
    speed = float(config.paper.speed)
    pacing = Pacing(latency_s=config.paper.latency_ms / 1000 / speed, batch_s=0.1 / speed)
    listings = {market: engine.listings[market] for market in markets}
    enrolment = Enrolment(engine.venue, config.enrolment_file(engine.venue), config.paper.balance_usd)
    holders = [] if own is None else [own]
    made = mouth(engine, listings, holders, now_ns=clock.now_ns, pacing=pacing, enrolment=enrolment)
    # a venue that was killed goes on with other dice, the same ones when it comes to the same point again
    count = sum(len(engine.orders(holder.account_id)) for holder in made.accounts)
    suffer(made, config.paper.faults, f"{config.paper.seed}/{count}")
    return made


def _source(
    config: Settings, venues: dict[Venue, PaperEngine], state: Mapping[str, Any] | None
) -> tuple[Source, dict[Venue, Sequence[str]]]:
    """The source from where it was left, and the markets it shows where; a tape played to its end begins anew."""
    paper, instruments = config.paper, {venue: engine.instruments for venue, engine in venues.items()}
    markets = tuple(config.markets)
    source = open_source(paper.source, markets, instruments, seed=paper.seed, jumps=paper.jumps, state=state)
    if source.next_at_ns() is None and state is not None:
        return _source(config, venues, None)
    return source, {venue: source.books_of(venue) for venue in venues}


if __name__ == "__main__":
    sys.exit(main())
