"""Both paper venues on loopback: two aiohttp applications, their ports, and their publishing loops."""

import asyncio
import errno
from contextlib import suppress
from typing import Protocol

import orjson
from aiohttp import web

from common.core.errors import ConfigError, LocalError
from common.core.market import Venue
from common.sim.server import gmx_rest
from common.sim.server.apex_rest import ApexRest, collapsed
from common.sim.server.apex_ws import ApexSockets
from common.sim.server.dydx_rest import DydxRest
from common.sim.server.dydx_ws import DydxSockets
from common.sim.server.gate import Gate
from common.sim.server.mouth import Handler, Line, Mouth

HOST = "127.0.0.1"
#: an idle keep-alive connection stays this long: a worker's order must not meet a closing one
KEEPALIVE_S = 3600.0
#: requests under way when told to stop get this long
SHUTDOWN_S = 1.0
#: and each venue this long to end, those included
CLOSE_S = 2.0
UNREADY = 503


class Sockets(Protocol):
    """The WebSocket half of a venue."""

    async def tick(self) -> None:
        """Publish what is due now and then, for ever."""

    def close_all(self) -> None:
        """End every connection."""


class WireServer:
    """Serves mouths until stopped: `start`, then `run` beside whatever drives the venues, then `stop`."""

    def __init__(self, mouths: dict[Venue, Mouth]) -> None:
        self._apps, self._sockets = dict[Venue, web.Application](), list[Sockets]()
        self._lines: list[Line] = []
        self._failed = asyncio.Event()
        self._failure: Exception | None = None
        for venue, mouth in mouths.items():
            app, sockets = _dydx_app(mouth) if venue is Venue.DYDX else _apex_app(mouth)
            if mouth.line is not None:
                app.middlewares.append(mouth.line.pass_on)
                self._lines.append(mouth.line)
            app.middlewares.append(self._guard)
            app.middlewares.append(Gate(mouth).pass_on)
            self._apps[venue] = app
            self._sockets.append(sockets)
        self._runners: list[web.AppRunner] = []

    async def start(self, ports: dict[Venue, int]) -> dict[Venue, int]:
        """Listen on loopback; port 0 takes any free one. Returns the ports; ConfigError names a taken one."""
        return {venue: await self._listen(venue, app, ports[venue]) for venue, app in self._apps.items()}

    async def run(self) -> None:
        """Publish what is not published at once, until cancelled; raises what an engine could not survive."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._fail())
            for sockets in self._sockets:
                group.create_task(sockets.tick())

    async def _fail(self) -> None:
        await self._failed.wait()
        if self._failure is not None:
            raise self._failure

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """An engine that broke off in the middle of a step (no disk, broken rule) knows more than its journal.

        It must not go on: the process ends and starts again from the journal.
        """
        try:
            return await handler(request)
        except ConnectionError:
            raise
        except (OSError, ArithmeticError, LocalError) as error:
            self._failure = error
            self._failed.set()
            raise

    async def stop(self) -> None:
        """Close every connection and give the ports free."""
        for line in self._lines:
            line.close()
        for sockets in self._sockets:
            sockets.close_all()
        for runner in self._runners:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await runner.cleanup()

    async def _listen(self, venue: Venue, app: web.Application, port: int) -> int:
        runner = web.AppRunner(app, access_log=None, keepalive_timeout=KEEPALIVE_S, shutdown_timeout=SHUTDOWN_S)
        await runner.setup()
        self._runners.append(runner)
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            remedy = f"end what listens there, or set paper.{venue}_port in arb.toml to a free port"
            raise ConfigError(f"port {port} of the paper {venue} is taken: {remedy}") from None
        return int(runner.addresses[0][1])


def _dydx_app(mouth: Mouth) -> tuple[web.Application, Sockets]:
    app, sockets = web.Application(), DydxSockets(mouth)
    app.router.add_get("/health", _health(mouth))
    app.router.add_get("/v3/ws", sockets.handle)
    gmx_rest.add_to(app, mouth)
    DydxRest(mouth).add_to(app)
    return app, sockets


def _apex_app(mouth: Mouth) -> tuple[web.Application, Sockets]:
    """ApeX's paths may have any number of slashes, which a router does not match: one door for all of them."""
    app, sockets = web.Application(), ApexSockets(mouth)
    rest = ApexRest(mouth, sockets.books)
    doors: dict[str, Handler] = {
        "/health": _health(mouth),
        "/realtime_public": sockets.public,
        "/realtime_private": sockets.private,
    }

    async def door(request: web.Request) -> web.StreamResponse:
        path = collapsed(request.raw_path).partition("?")[0]
        return await doors.get(path, rest.handle)(request)

    app.router.add_route("*", "/{path:.*}", door)
    return app, sockets


def _health(mouth: Mouth) -> Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        """Ready once every market has shown a book; `ended` when a replay has come to its end."""
        now = mouth.health()
        facts = {"ready": now.ready, "venue": mouth.venue.venue, "markets": now.markets, "ended": now.ended}
        status = 200 if now.ready else UNREADY
        return web.Response(body=orjson.dumps(facts), status=status, content_type="application/json")

    return handle
