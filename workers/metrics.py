"""The fleet's figures for a machine that watches: OpenMetrics on loopback.

`python -m workers.metrics`. What its end means stands in common/process_main.py.
"""

import asyncio
import logging
import os
import sys

import uvloop

from common import log, process_main, settings, stopping
from common.core.errors import ConfigError
from common.market_lock import MarketLock, lock_file
from common.members import METRICS
from common.metrics import server
from common.settings import Settings

#: trading goes first where there is not processor enough for both
NICENESS = 10
#: who was here before may still be stopping (stopwaitsecs 10): supervisord was killed and started again at once
PREDECESSOR_S = 15.0


def main() -> int:
    """Serve until told to stop; returns the exit code."""
    return process_main.run(METRICS, _work)


def _work(logger: logging.Logger) -> None:
    config = settings.load()
    if not config.metrics.enabled:
        raise ConfigError("metrics.enabled = false in arb.toml: `arbctl fleet render` takes this program out")
    os.nice(NICENESS)
    MarketLock(lock_file(config.var, METRICS)).take(PREDECESSOR_S)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(_serve(config, logger))


async def _serve(config: Settings, logger: logging.Logger) -> None:
    told = stopping.stop_event()
    runner = await server.listen(server.application(config), config.metrics, logger)
    try:
        await told.wait()
    finally:
        await runner.cleanup()
    log.event(logger, "stopped")


if __name__ == "__main__":
    sys.exit(main())
