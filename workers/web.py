"""The web page: what an operator sees in a browser, on loopback unless arb.toml says otherwise.

`python -m workers.web`. What its end means stands in common/process_main.py.
"""

import asyncio
import logging
import os
import sys

import uvloop

from common import log, process_main, settings, stopping
from common.core.errors import ConfigError
from common.market_lock import MarketLock, lock_file
from common.members import WEB
from common.settings import Settings
from common.web import server

#: trading goes first where there is not processor enough for both
NICENESS = 10
#: who was here before may still be stopping (stopwaitsecs 10): supervisord was killed and started again at once
PREDECESSOR_S = 15.0


def main() -> int:
    """Serve until told to stop; returns the exit code."""
    return process_main.run(WEB, _work)


def _work(logger: logging.Logger) -> None:
    config = settings.load()
    if not config.web.enabled:
        raise ConfigError("web.enabled = false in arb.toml: `arbctl fleet render` takes this program out")
    os.nice(NICENESS)
    MarketLock(lock_file(config.var, WEB)).take(PREDECESSOR_S)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(_serve(config, logger))


async def _serve(config: Settings, logger: logging.Logger) -> None:
    told = stopping.stop_event()
    await server.serve(config, logger, told)
    log.event(logger, "stopped")


if __name__ == "__main__":
    sys.exit(main())
