"""arb.toml was edited: the warden goes by its table from the next look on. Venues and markets wait for a restart."""

import logging
from collections.abc import Iterator
from dataclasses import fields

from common import clock, kept_settings, log, rereading
from common.core.bounds import key_of
from common.settings import Settings
from common.warden.terms import WardenTerms
from common.warden.warden import Warden


class Reloading:
    """Of the warden; `config`: what it was started with."""

    def __init__(self, config: Settings, warden: Warden, logger: logging.Logger) -> None:
        self._config, self._warden, self._logger = config, warden, logger
        kept_settings.keep(config)

    async def keep(self) -> None:
        """Read the file whenever a SIGHUP comes. Never returns unless cancelled."""
        await rereading.at_hangup(self.take_up, self._logger)

    def take_up(self, new: Settings) -> None:
        """ConfigError when nothing of it may be."""
        rereading.refuse_other_fleet(self._config, new)
        old, waits = self._warden.terms, ", ".join(self._elsewhere(new))
        self._warden.adopt(new.warden)
        self._warden.lookout.ledger.goes_by(rereading.name_of(self._config, new, waits=bool(waits)))
        self._warden.beat(clock.now_ns())
        kept_settings.keep(new)
        taken = ", ".join(_differ(old, new.warden)) or "nothing new"
        log.event(self._logger, "reloaded", config=new.hash, taken=taken, waits=waits or "nothing")

    def _elsewhere(self, new: Settings) -> Iterator[str]:
        """What it has from its start: whom it asks, with which keys, and about which markets."""
        if new.endpoints != self._config.endpoints:
            yield "venues"
        if list(new.markets) != list(self._config.markets):
            yield "markets"


def _differ(old: WardenTerms, new: WardenTerms) -> Iterator[str]:
    for name in (field.name for field in fields(WardenTerms)):
        if getattr(old, name) != getattr(new, name):
            yield key_of(name)
