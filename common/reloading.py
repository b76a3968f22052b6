"""arb.toml was edited: what a worker at work takes up of it at a SIGHUP, and what waits for a restart.

Thresholds and waits hold at once; a limit that was lowered is lowered in the ledger, as at a start, and none is raised.
A file that is wrong, or that may not be traded by, changes nothing. What was taken up stands in the heartbeat: the
file's hash, or `old+new` where a part of it needs a restart.
"""

import logging
from collections.abc import Iterator
from dataclasses import fields
from typing import Final

from common import clock, kept_settings, log, rereading, wanted
from common.core.bounds import key_of
from common.core.events import TermsChanged
from common.core.terms import FOR_LIFE, Terms
from common.housekeeping import Housekeeping
from common.settings import Settings

#: made at a start and by no person
_OURS: Final = frozenset({"start_wait_ns"})


class Reloading:
    """Of one worker; `config`: what it was started with."""

    def __init__(self, config: Settings, house: Housekeeping, logger: logging.Logger) -> None:
        self._config, self._house, self._logger = config, house, logger
        kept_settings.keep(config)

    async def keep(self) -> None:
        """Read the file whenever a SIGHUP comes. Never returns unless cancelled."""
        await rereading.at_hangup(self.take_up, self._logger)

    def take_up(self, new: Settings) -> None:
        """ConfigError when nothing of it may be."""
        runner, now_ns = self._house.runner, clock.now_ns()
        rereading.refuse_other_fleet(self._config, new)
        old, terms = runner.trader.terms, new.terms(runner.market)
        for change in runner.ledger.configure((*wanted.of_fleet(new), *wanted.of_market(terms)), "reload", now_ns):
            log.event(self._logger, "limit", change=change)
        waits = [*_differ(old, terms, in_force=False), *self._elsewhere(new)]
        runner.ledger.goes_by(rereading.name_of(self._config, new, waits=bool(waits)))
        self._house.hear(TermsChanged(terms, now_ns))
        self._house.beat()
        kept_settings.keep(new)
        taken = ", ".join(_differ(old, terms, in_force=True)) or "nothing new"
        log.event(self._logger, "reloaded", config=new.hash, taken=taken, waits=", ".join(waits) or "nothing")

    def _elsewhere(self, new: Settings) -> Iterator[str]:
        """What else a worker has from its start: where the venues are, and with which keys."""
        if new.endpoints != self._config.endpoints:
            yield "venues"


def _differ(old: Terms, new: Terms, *, in_force: bool) -> Iterator[str]:
    """Names of the terms that are others now: those that hold at once, or those that wait."""
    for name in (field.name for field in fields(Terms)):
        if name not in _OURS and (name not in FOR_LIFE) is in_force and getattr(old, name) != getattr(new, name):
            yield key_of(name)
