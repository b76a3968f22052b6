"""The frame of every process of the fleet: its log, the death of its parent, and what its end means to supervisord.

Exit codes: 0 told to stop; 1 crashed, start me again; 3 needs a person, and is not started again.
"""

import logging
import signal
from collections.abc import Callable

from common import log, process, stopping
from common.core.errors import ConfigError, LedgerAway

EXIT_CRASHED, EXIT_PERSON = 1, 3
#: supervisord heeds exit codes only after startsecs (at most 2): leaving with 3 sooner would be started again
LINGER_S = 3.0


def run(name: str, work: Callable[[logging.Logger], None]) -> int:
    """Do `work` until it returns; the exit code. The one broad except of the house stands here."""
    logger = log.setup(name)
    process.die_with_parent()
    # A worker takes arb.toml up at a SIGHUP (reloading.py); whoever does not, or not yet, must not die of it.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        work(logger)
        return 0
    except ConfigError as error:
        for why in error.args:
            log.trouble(logger, "needs_a_person", why=why)
        stopping.linger(LINGER_S)
        return EXIT_PERSON
    except LedgerAway as error:
        # a disk that is full at every start must not use up supervisord's startretries
        log.trouble(logger, "crashed", why=error)
        stopping.linger(LINGER_S)
        return EXIT_CRASHED
    except Exception:
        logger.exception("crashed")
        return EXIT_CRASHED
