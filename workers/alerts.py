"""The alerts: what goes wrong is told to a person. `python -m workers.alerts`.

What its end means stands in common/process_main.py.
"""

import asyncio
import logging
import os
import sys

from common import process_main, settings, stopping
from common.alerts import targets
from common.alerts.service import Service
from common.market_lock import MarketLock, lock_file
from common.members import ALERTS

#: who was here before may still be sending (stopwaitsecs 25): supervisord was killed and started again at once
PREDECESSOR_S = 30.0
#: trading goes first where there is not processor enough for both
NICENESS = 10


def main() -> int:
    """Tell until told to stop; returns the exit code."""
    return process_main.run(ALERTS, _work)


def _work(logger: logging.Logger) -> None:
    config = settings.load()
    os.nice(NICENESS)
    MarketLock(lock_file(config.var, ALERTS)).take(PREDECESSOR_S)
    asyncio.run(_tell(Service(config, targets.read(config.var), logger)))


async def _tell(service: Service) -> None:
    await stopping.until(stopping.stop_event(), service.run())


if __name__ == "__main__":
    sys.exit(main())
