"""Keeps the measured offset of a venue's clock true, and with that question the connection that orders take warm."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from common import log
from common.core.errors import ConfigError, VenueError
from common.core.market import Venue

#: an order's timestamp is our clock's: further off than this from the venue's, orders would be refused soon
OFF_MAX_NS: Final = 5_000_000_000
#: before an idle connection is given up, and no sooner: every market of one address asks
EVERY_S: Final = 14.0
#: while others have much to ask only every so manieth: a clock drifts by milliseconds in a minute, and no more
BUSY_EACH: Final = 4

_logger = logging.getLogger(__name__)


class Timed(Protocol):
    """Whoever measured the offset."""

    #: the venue's clock less ours
    offset_ns: int


async def keep(
    venue: Venue, timed: Timed, read: Callable[[], Awaitable[object]], *, is_busy: Callable[[], bool]
) -> None:
    """Read again and again; what goes wrong is told and tried again. Never returns unless cancelled."""
    turn = 0
    while True:
        await asyncio.sleep(EVERY_S)
        turn += 1
        if is_busy() and turn % BUSY_EACH:
            continue
        try:
            await read()
        except VenueError as error:
            log.trouble(_logger, "clock_unread", venue=venue, why=error)
        if abs(timed.offset_ns) > OFF_MAX_NS:
            log.trouble(_logger, "clock_off", venue=venue, off_s=_off(timed))


def must_fit(timed: Timed, of: str) -> None:
    """ConfigError when it is too far off to trade by."""
    if abs(timed.offset_ns) > OFF_MAX_NS:
        raise ConfigError(f"this machine's clock is {_off(timed)} s off {of}'s: set it (NTP)")


def _off(timed: Timed) -> str:
    """How far the venue's clock is ahead of ours, seconds."""
    return f"{timed.offset_ns / 1e9:+.1f}"
