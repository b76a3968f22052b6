"""One WebSocket connection of a client: frames out through a bounded queue, texts in, one after the other.

A client that does not read is cut off instead of making the venue wait. Knows no protocol.
"""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Callable

from aiohttp import WSMsgType, web

from common import log

#: frames that may wait for a slow reader: several seconds of the busiest subscriptions
OUTBOX_MAX = 5_000
#: control pings of the server; a peer that has not answered after half of it is dropped
HEARTBEAT_S = 30.0
#: no client has reason to send a longer text
TEXT_BYTES_MAX = 64 * 1024
#: nonsense a connection may send before it is closed
ERRORS_MAX = 50

_log = logging.getLogger("sim.socket")


class Socket:
    """A connection; `push` never blocks, `run` lasts as long as the connection."""

    def __init__(self) -> None:
        self.id = str(uuid.uuid4())
        self._outbox: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._closing = False
        self._errors = 0
        self._transport: asyncio.Transport | None = None

    @property
    def is_closing(self) -> bool:
        """Whether nothing more is taken."""
        return self._closing

    def push(self, frame: bytes) -> None:
        """Queue one text frame; a full queue ends the connection."""
        if self._closing:
            return
        if len(self._outbox) >= OUTBOX_MAX:
            log.trouble(_log, "slow_client_dropped", connection=self.id, waiting=len(self._outbox))
            self.drop()
            return
        self._outbox.append(frame)
        self._wake.set()

    def close(self) -> None:
        """End the connection after what is queued."""
        self._closing = True
        self._wake.set()

    def drop(self) -> None:
        """End the connection at once; a sender that waits for the reader is woken by it."""
        self._outbox.clear()
        self._closing = True
        if self._transport is not None:
            self._transport.abort()

    def count_error(self) -> None:
        """A client that sends too much nonsense is closed."""
        self._errors += 1
        if self._errors >= ERRORS_MAX:
            self.close()

    async def run(self, request: web.Request, on_text: Callable[[str], None]) -> web.WebSocketResponse:
        """Accept the connection, send and receive until either side ends it; control pings are answered."""
        response = web.WebSocketResponse(heartbeat=HEARTBEAT_S, compress=False, max_msg_size=TEXT_BYTES_MAX)
        await response.prepare(request)
        self._transport = request.transport
        sender = asyncio.create_task(self._send(response))
        try:
            async for message in response:
                if message.type is WSMsgType.TEXT:
                    on_text(message.data)
        finally:
            self._closing = True
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
        return response

    async def _send(self, response: web.WebSocketResponse) -> None:
        while not self._closing or self._outbox:
            await self._wake.wait()
            self._wake.clear()
            while self._outbox:
                try:
                    await response.send_frame(self._outbox.popleft(), WSMsgType.TEXT)
                except ConnectionError:
                    self.drop()
        if self._transport is not None:
            self._transport.close()
