"""Reading arb.toml again while at work: what every process that heeds a SIGHUP does alike."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from common import live_start, log, settings, stopping
from common.core.errors import ConfigError
from common.settings import Settings

#: between the hash of a start and that of what was taken up since, where that is not all
MIXED: Final = "+"


async def at_hangup(take_up: Callable[[Settings], None], logger: logging.Logger) -> None:
    """Hand the file over whenever a SIGHUP comes; a refused one changes nothing. Never returns unless cancelled."""
    told = stopping.hangup_event()
    while True:
        await told.wait()
        told.clear()
        try:
            take_up(await asyncio.to_thread(settings.load))
        except ConfigError as error:
            for why in error.args:
                log.trouble(logger, "not_reloaded", why=why)


def refuse_other_fleet(begun: Settings, new: Settings) -> None:
    """ConfigError when nothing of the new file may be taken up: another mode or ledger, or real money unconfirmed."""
    if (new.mode, new.ledger_file) != (begun.mode, begun.ledger_file):
        raise ConfigError("another mode or ledger needs a restart: nothing was taken up")
    if why := live_start.doubt(new):
        raise ConfigError(f"{why}; until then this process goes by what it has")


def name_of(begun: Settings, new: Settings, *, waits: bool) -> str:
    """What heartbeat and journal call the settings in force from now on."""
    return f"{begun.hash}{MIXED}{new.hash}" if waits else new.hash
