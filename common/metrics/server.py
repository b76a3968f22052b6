"""Serves the figures to whoever scrapes: `/metrics` on loopback, reading only."""

import ipaddress
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from aiohttp import web

from common import log
from common.core.errors import ConfigError
from common.metrics.scrapes import Scrapes
from common.metrics.terms import HOST, MetricsTerms
from common.settings import Settings

#: answers that are under way have so long
SHUTDOWN_S: Final = 1.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(config: Settings) -> web.Application:
    """Everything but the port."""
    scrapes = Scrapes(config)

    async def metrics(request: web.Request) -> web.Response:
        text, kind = await scrapes.text(request.headers.get("Accept", ""))
        return web.Response(body=text, headers={"Content-Type": kind, "Cache-Control": "no-store"})

    async def closing(_: web.Application) -> AsyncIterator[None]:
        yield
        await scrapes.close()

    app = web.Application(client_max_size=1, middlewares=[of_this_machine])
    app.router.add_get("/metrics", metrics)
    app.cleanup_ctx.append(closing)
    return app


@web.middleware
async def of_this_machine(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A name that somebody made to point here is a browser led astray: it hears nothing of our equity."""
    if not _is_ours(request.url.host or ""):
        return web.Response(status=421, text="the metrics are served to 127.0.0.1 and localhost alone\n")
    return await handler(request)


def _is_ours(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def listen(app: web.Application, terms: MetricsTerms, logger: logging.Logger) -> web.AppRunner:
    """Serve from now on; ConfigError with the remedy when the port is taken."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, terms.port).start()
    except OSError as error:
        await runner.cleanup()
        raise ConfigError(
            f"{HOST} port {terms.port} of the metrics cannot be had ({error.strerror}): end what listens there, "
            "or change metrics.port in arb.toml, then `supervisorctl restart metrics`"
        ) from error
    log.event(logger, "serving", url=terms.url)
    return runner
