"""What an operator does from the page: halt, reduce, flatten, resume. The same deeds as arbctl's, with who and why."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from common import deeds, log
from common.core.errors import ConfigError, LedgerError
from common.core.events import HaltLevel
from common.settings import Settings
from common.web import guard
from common.web.door import said
from common.web.guard import refused

#: what stands in the journal as who did it: the role, which is all that a token says
WHO: Final = "web:{role}"
WHY_MAX: Final = 500
#: what may be asked for; no halt at all is a resume
LEVELS: Final = tuple(level for level in HaltLevel if level is not HaltLevel.NONE)


class Refused(Exception):
    """What was asked for cannot be done; says why."""


class Acting:
    """Checks what was asked, does it in a thread, and says what came of it."""

    def __init__(self, config: Settings, logger: logging.Logger) -> None:
        self._config, self._log = config, logger

    async def halt(self, request: web.Request) -> web.Response:
        """`{"level": halt|reduce|flatten, "market": …|null, "why": …}`."""
        asked = await said(request)
        if asked.get("level") not in LEVELS:
            return refused(400, f"level must be one of {', '.join(LEVELS)}")
        level = HaltLevel(asked["level"])
        return await self._done(request, asked, level, lambda market, why, who: self._halt(level, market, why, who))

    def _halt(self, level: HaltLevel, market: str | None, why: str, who: str) -> bool:
        return deeds.halt(self._config, deeds.HaltOrder(market, level, why), who)

    async def resume(self, request: web.Request) -> web.Response:
        """`{"market": …|null, "why": …}`."""
        asked = await said(request)
        return await self._done(
            request, asked, "resume", lambda market, why, who: deeds.resume(self._config, market, why, who)
        )

    async def _done(
        self, request: web.Request, asked: dict[str, Any], name: str, deed: Callable[[str | None, str, str], bool]
    ) -> web.Response:
        session = request[guard.SESSION]
        try:
            market, why = self._market(asked), _why(asked)
            changed = await asyncio.to_thread(deed, market, why, WHO.format(role=session.role))
        except Refused as error:
            return refused(400, str(error))
        except ConfigError as error:
            return refused(409, str(error))
        except LedgerError as error:
            log.trouble(self._log, "deed_failed", deed=name, why=error)
            return refused(503, str(error))
        log.event(self._log, "deed", deed=name, market=market or "*", changed=changed, session=session.name)
        return web.json_response({"changed": changed})

    def _market(self, asked: dict[str, Any]) -> str | None:
        """None is every market; whoever forgets to say which does not mean all of them."""
        if "market" not in asked:
            raise Refused("say which market; null is every one")
        market = asked["market"]
        if market is None or (isinstance(market, str) and market in self._config.markets):
            return market
        raise Refused("arb.toml has no such market")


def _why(asked: dict[str, Any]) -> str:
    """A reason that stands in one line of the journal."""
    why = " ".join(str(asked.get("why") or "").split())
    if not why or not why.isprintable() or len(why) > WHY_MAX:
        raise Refused(f"say why, in at most {WHY_MAX} characters: it stands in the journal")
    return why
