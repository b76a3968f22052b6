"""The web page's server: who may ask what, and what is answered. Listens where [web] says and nowhere else.

Reads what is recorded; writes only through the deeds that arbctl uses. What it decides is who may.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from common import log
from common.core.errors import ConfigError
from common.settings import Settings
from common.web import guard
from common.web.acting import Acting
from common.web.door import Door
from common.web.looking import Looking
from common.web.pages import Pages
from common.web.past import Past
from common.web.sessions import Sessions
from common.web.showing import Showing
from common.web.tokens import Tokens

#: nothing that is sent here is longer
BODY_MAX: Final = 16 * 1024
#: streams that are open have so long to hear that it is over
SHUTDOWN_S: Final = 1.0
#: the task that looks: it ends only by a bug
LOOKS: Final = web.AppKey("looks", asyncio.Task[None])


def application(config: Settings, logger: logging.Logger) -> web.Application:
    """Everything but the port; makes the tokens that are missing."""
    tokens = Tokens(config.var)
    tokens.make()
    sessions, pages = Sessions(tokens), Pages()
    looking, past = Looking(config), Past(config)
    app = web.Application(
        client_max_size=BODY_MAX,
        middlewares=[
            guard.with_headers,
            guard.of_this_host(config.web.host),
            guard.of_this_page,
            guard.with_session(sessions),
        ],
    )
    showing = Showing(config, sessions, looking, past)
    door, acting = Door(tokens, sessions, logger), Acting(config, logger)
    app.router.add_get("/", pages.desk)
    app.router.add_get("/login", pages.login)
    app.router.add_get("/page/{name:.+}", pages.part)
    app.router.add_post("/api/login", door.log_in)
    app.router.add_post("/api/logout", door.log_out)
    app.router.add_get("/api/stream", showing.stream)
    app.router.add_get("/api/history", showing.history)
    app.router.add_get("/api/deals", showing.deals)
    app.router.add_get("/api/deals/{deal}", showing.deal)
    app.router.add_post("/api/halt", acting.halt)
    app.router.add_post("/api/resume", acting.resume)
    app.on_shutdown.append(showing.end)
    app.cleanup_ctx.append(lambda app: _kept(app, looking, past))
    return app


async def _kept(app: web.Application, looking: Looking, past: Past) -> AsyncIterator[None]:
    """Looks while the server stands."""
    task = app[LOOKS] = asyncio.create_task(looking.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    past.close()
    await looking.close()


async def serve(config: Settings, logger: logging.Logger, told: asyncio.Event) -> None:
    """Serve until told to stop; ConfigError with a remedy when the port is taken or the address is not ours."""
    terms = config.web
    app = application(config, logger)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        await _listen(runner, terms.bind, terms.port)
        if terms.is_open:
            log.trouble(logger, "beyond_loopback", why=f"other machines reach {terms.bind}:{terms.port} without TLS")
        log.event(logger, "serving", url=terms.url)
        await _until(told, app[LOOKS])
    finally:
        await runner.cleanup()


async def _until(told: asyncio.Event, looks: asyncio.Task[None]) -> None:
    """Until told to stop; what the looking fails with is ours to fail with: a page that stands still helps nobody."""
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait({waiting, looks}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if looks.done():
        looks.result()


async def _listen(runner: web.AppRunner, bind: str, port: int) -> None:
    try:
        await web.TCPSite(runner, bind, port).start()
    except OSError as error:
        raise ConfigError(
            f"{bind} port {port} of the web page cannot be had ({error.strerror}): end what listens there, "
            "or change web.port in arb.toml, then `supervisorctl restart web`"
        ) from error
