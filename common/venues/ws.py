"""A WebSocket that is always being kept up: connect, subscribe, listen, ping, notice silence, connect again.

It knows no venue and no message: what to say and what was heard is the business of a `WsHandler`, which is called
in order, never at the same time, and never blocks. What it does know is how far behind it is: whether more has arrived
than was handed on (`has_more`), and how long the answer to a ping took, which comes behind all that was under way.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

import aiohttp

from common import clock, log
from common.core.errors import VenueError
from common.venues.arrivals import Arrivals, Pings

OUTBOX_FRAMES: Final = 64
CLOSE_S: Final = 1.0
#: that frames come is told this often, so that it costs nothing where they come by the thousand
ALIVE_S: Final = 0.1

_logger = logging.getLogger(__name__)
_END_TYPES: Final = frozenset(
    {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
)


@dataclass(frozen=True, slots=True)
class WsLimits:
    """Bounds of one connection, in seconds. A ping goes out every `ping_s`; after `silence_s` of nothing at all the
    connection is dropped; waits between attempts double from `backoff_first_s` up to `backoff_max_s`, and start anew
    after a connection that lasted longer than that.
    """

    ping_s: float = 1.0
    silence_s: float = 5.0
    connect_s: float = 5.0
    backoff_first_s: float = 0.1
    backoff_max_s: float = 5.0


class WsHandler(Protocol):
    """What a `WsLoop` tells and asks; every returned frame is sent, in order."""

    def on_open(self) -> Iterable[str]:
        """A new connection stands: the frames to send first (subscriptions)."""

    def on_frame(self, data: str | bytes) -> Iterable[str]:
        """One frame was heard; VenueError drops the connection."""

    def on_alive(self) -> None:
        """Something was heard: told of every pong, and of frames now and then (ALIVE_S), before their `on_frame`."""

    def on_drained(self) -> None:
        """All that had arrived was handed on."""

    def on_beat(self) -> Iterable[str]:
        """Once every `ping_s`: frames of an application-level ping, where the venue wants one."""

    def on_lost(self, reason: str) -> None:
        """The connection ended, or could not be made; another attempt follows by itself."""


class WsLoop:
    """Runs one handler over one connection after another until it is cancelled."""

    def __init__(self, url: Callable[[], str], handler: WsHandler, limits: WsLimits | None = None) -> None:
        """`url` is asked before every attempt, as some venues want the time in it."""
        self._url = url
        self._handler = handler
        self._limits = limits or WsLimits()
        self._outbox: asyncio.Queue[str] = asyncio.Queue(OUTBOX_FRAMES)
        self._dropped = asyncio.Event()
        self._why_dropped = ""
        self._heard_s = 0.0
        #: more has arrived than what is being handed on: it may be old news
        self.has_more = False
        self._pings = Pings()

    def lag_ns(self) -> int:
        """How late what is heard now may be; 0 while no ping of this connection was answered."""
        return self._pings.lag_ns(clock.monotonic_ns())

    async def run(self) -> None:
        """Keep the connection up; never returns, ends only by cancellation or by a bug in the handler."""
        loop, wait_s = asyncio.get_running_loop(), self._limits.backoff_first_s
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            while True:
                begun_s = loop.time()
                reason = await self._attempt(session)
                # Only a connection that lasted counts as good: a refused subscription is heard too, time and again.
                if loop.time() - begun_s > self._limits.backoff_max_s:
                    wait_s = self._limits.backoff_first_s
                log.trouble(_logger, "ws_lost", reason=reason, again_in_s=wait_s)
                self._handler.on_lost(reason)
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, self._limits.backoff_max_s)

    def send(self, frame: str) -> None:
        """Send `frame` soon on the connection that stands; a new connection starts with an empty outbox."""
        try:
            self._outbox.put_nowait(frame)
        except asyncio.QueueFull:
            self.drop("outbox full")

    def drop(self, reason: str) -> None:
        """End the connection that stands; another follows by itself."""
        self._why_dropped = reason
        self._dropped.set()

    async def _attempt(self, session: aiohttp.ClientSession) -> str:
        """One connection from handshake to end; returns why it ended."""
        try:
            async with asyncio.timeout(self._limits.connect_s):
                # autoping would swallow pongs, and those are what tells a quiet connection from a dead one.
                socket = await session.ws_connect(
                    self._url(), autoping=False, timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_S)
                )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return f"connect: {type(error).__name__}"
        try:
            return await self._serve(socket)
        finally:
            await socket.close()

    async def _serve(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        self._heard_s = asyncio.get_running_loop().time()
        self._outbox = asyncio.Queue(OUTBOX_FRAMES)
        self._dropped.clear()
        self.has_more, self._pings = False, Pings()
        self._say(self._handler.on_open())
        tasks = [asyncio.create_task(work) for work in (self._read(socket), self._write(socket), self._beat(socket))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        # Every ended task is asked, so that a bug in one is not hidden by another that ended well.
        reasons = [task.result() for task in done]
        return reasons[0]

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        loop, handler, arrivals = asyncio.get_running_loop(), self._handler, Arrivals(socket)
        alive_s = -ALIVE_S
        while True:
            message = await socket.receive()
            if message.type in _END_TYPES:
                return f"closed: {socket.close_code}"
            self._heard_s = loop.time()
            self.has_more = arrivals.wait()
            if message.type is aiohttp.WSMsgType.PONG:
                self._pings.answered(message.data, clock.monotonic_ns())
                alive_s = -ALIVE_S
            if self._heard_s - alive_s >= ALIVE_S:
                alive_s = self._heard_s
                handler.on_alive()
            try:
                await self._heard(socket, message)
            except VenueError as error:
                return f"protocol: {error}"
            if not self.has_more:
                handler.on_drained()

    async def _heard(self, socket: aiohttp.ClientWebSocketResponse, message: aiohttp.WSMessage) -> None:
        if message.type is aiohttp.WSMsgType.PING:
            await self._within_silence(socket.pong(message.data))
        elif message.type is not aiohttp.WSMsgType.PONG:
            self._say(self._handler.on_frame(message.data))
        elif self._pings.was_slow:
            # perhaps it is over: ask at once, so that a book is not distrusted for longer than it must be
            await self._within_silence(socket.ping(self._pings.sent(clock.monotonic_ns())))

    async def _write(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        outbox = self._outbox
        while True:
            frame = await outbox.get()
            if not await self._within_silence(socket.send_str(frame)):
                return "write failed"

    async def _beat(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        loop = asyncio.get_running_loop()
        while not await self._is_dropped_within(self._limits.ping_s):
            if loop.time() - self._heard_s > self._limits.silence_s:
                return "silent"
            self._say(self._handler.on_beat())
            if not await self._within_silence(socket.ping(self._pings.sent(clock.monotonic_ns()))):
                return "ping failed"
        return self._why_dropped

    async def _is_dropped_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._dropped.wait()
        except TimeoutError:
            return False

    async def _within_silence(self, write: Awaitable[None]) -> bool:
        """Whether a write ended well in bounded time: a peer that reads nothing would block it for ever."""
        try:
            async with asyncio.timeout(self._limits.silence_s):
                await write
        except (TimeoutError, ConnectionError, aiohttp.ClientError):
            return False
        return True

    def _say(self, frames: Iterable[str]) -> None:
        for frame in frames:
            self.send(frame)
