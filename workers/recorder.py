"""The recorder: every public message of both venues onto a tape in var/tape.

`python -m workers.recorder`. What its end means stands in common/process_main.py.
"""

import asyncio
import logging
import os
import sys

import uvloop

from common import log, process_main, settings, stopping
from common.members import RECORDER
from common.recorder.recorder import Order, Recorder, take_folder
from common.settings import Settings

#: who was here before may still be stopping (stopwaitsecs 10): supervisord was killed and started again at once
PREDECESSOR_S = 15.0
#: trading goes first where there is not processor enough for both
NICENESS = 10


def main() -> int:
    """Record until told to stop; returns the exit code."""
    return process_main.run(RECORDER, _work)


def _work(logger: logging.Logger) -> None:
    config = settings.load()
    os.nice(NICENESS)
    take_folder(config.tape_folder, PREDECESSOR_S)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(_record(config, logger))


async def _record(config: Settings, logger: logging.Logger) -> None:
    told = stopping.stop_event()
    recorder = Recorder(Order(config.endpoints, tuple(config.markets), config.tape_folder, config.recorder))
    try:
        await stopping.until(told, recorder.run())
    finally:
        tally = await recorder.close()
        log.event(logger, "stopped", frames=tally.frames, gaps=tally.gaps, dropped=tally.dropped, bytes=tally.bytes)


if __name__ == "__main__":
    sys.exit(main())
