"""The floor: a bare loop that hears the same frames and on the one that counts writes two ready-made requests.

`python -m scripts.benches.floor_client _ DYDX_PORT APEX_PORT _`. It decodes nothing, decides nothing, signs nothing and
remembers nothing; what it sends is as long as what a worker sends, and no venue takes it. Nobody who runs on an event
loop of Python can be quicker.
"""

import asyncio
import os
import sys
from typing import cast

import uvloop

from scripts.benches.watch import MARK_BYTES

HOST = "127.0.0.1"
PATHS = {"dydx": "/v3/ws", "apex": "/realtime_public?v=2&timestamp=0"}
SUBSCRIPTIONS = {
    "dydx": b'{"type":"subscribe","channel":"v3_orderbook","id":"BTC-USD","includeOffsets":true}',
    "apex": b'{"op":"subscribe","args":["orderBook200.H.BTCUSDC"]}',
}
ORDERS = {"dydx": "/v3/orders", "apex": "/api/v1/create-order"}
#: of a request of ours: its headers with key, signature and passphrase, and its body
HEAD_BYTES, BODY_BYTES = 420, 420
PING, PONG, TEXT, IS_MASKED, SHORT = 0x89, 0x8A, 0x81, 0x80, 125


def request(venue: str) -> bytes:
    """As long as an order."""
    body = b"x" * BODY_BYTES
    filler = "x" * HEAD_BYTES
    head = f"POST {ORDERS[venue]} HTTP/1.1\r\nHost: {HOST}\r\nX-Filler: {filler}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def frame(opcode: int, payload: bytes) -> bytes:
    """A masked frame of a client; the mask of zeros changes nothing. At most 125 bytes."""
    assert len(payload) <= SHORT
    return bytes((opcode, IS_MASKED | len(payload), 0, 0, 0, 0)) + payload


class Order(asyncio.Protocol):
    """An open connection that orders go out on; what comes back is not read."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.write = cast(asyncio.Transport, transport).write

    def connection_lost(self, error: Exception | None) -> None:
        os._exit(1)


class Books(asyncio.Protocol):
    """A connection with a book on it; answers pings, and fires on the marked frame."""

    def __init__(self, venue: str, orders: list[Order]) -> None:
        self._venue = venue
        self._writes = [(order.write, request(name)) for order, name in zip(orders, ORDERS, strict=True)]
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        self._transport.write(f"GET {PATHS[self._venue]} HTTP/1.1\r\nHost: {HOST}\r\n{upgrade}{key}\r\n".encode())

    def data_received(self, data: bytes) -> None:
        if MARK_BYTES in data:
            for write, ready in self._writes:
                write(ready)
        elif data[0] == PING:
            self._transport.write(frame(PONG, data[2 : 2 + data[1]]))
        elif not self._is_open:
            self._is_open = True
            self._transport.write(frame(TEXT, SUBSCRIPTIONS[self._venue]))

    def connection_lost(self, error: Exception | None) -> None:
        os._exit(1)


async def main(ports: list[int]) -> None:
    """Open all four, and wait to be ended."""
    loop = asyncio.get_running_loop()
    orders = [(await loop.create_connection(Order, HOST, port))[1] for port in ports]
    for venue, port in zip(ORDERS, ports, strict=True):
        await loop.create_connection(lambda name=venue: Books(name, orders), HOST, port)  # type: ignore[misc]
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main([int(word) for word in sys.argv[2:4]]))
