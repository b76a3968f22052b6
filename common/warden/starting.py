"""How the warden begins: it may be started before the venues, and before they have made its keys."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from common import log
from common.core.errors import ConfigError, VenueError
from common.core.market import Instrument, Venue
from common.settings import Settings
from common.venues.adapters import make_desk
from common.venues.base import Desk

#: a venue that does not answer at start is asked again this often, for as long as it takes
START_RETRY_S: Final = 2.0
#: paper venues make their key files when they start for the first time, at the same moment as we do
KEYS_BOUND_S: Final = 60.0
KEYS_RETRY_S: Final = 0.5


async def desks(config: Settings) -> dict[Venue, Desk]:
    """Both desks, once their keys are there; ConfigError when they are not for long."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + (KEYS_BOUND_S if config.mode == "paper" else 0)
    while True:
        try:
            return {venue: make_desk(endpoint) for venue, endpoint in config.endpoints.items()}
        except ConfigError:
            if loop.time() >= deadline:
                raise
        await asyncio.sleep(KEYS_RETRY_S)


async def instruments(
    config: Settings, desks: Mapping[Venue, Desk], logger: logging.Logger
) -> dict[tuple[Venue, str], Instrument]:
    """Both desks started, and the listings of our markets; waits for a venue that is not there yet."""
    while True:
        try:
            for desk in desks.values():
                await desk.start()
            found = [await _instrument(desk, market) for desk in desks.values() for market in config.markets]
            return {(i.venue, i.market): i for i in found if i is not None}
        except VenueError as error:
            log.trouble(logger, "venue_not_ready", why=error)
        await asyncio.sleep(START_RETRY_S)


async def _instrument(desk: Desk, market: str) -> Instrument | None:
    """None where a market is not listed: a replayed tape shows some of them only."""
    try:
        return await desk.instrument(market)
    except ConfigError:
        return None
