"""What the venues' side of the wire saw of one round: the frame handed to its socket, both orders received whole."""

import asyncio
from collections import deque

from common import clock
from scripts.benches.tap import Tap

#: a size that no level has but those of the frame that is timed
MARK = "7.777"
MARK_BYTES = f'"{MARK}"'.encode()
#: an order waits so long before its venue reads on: the second one is not to queue behind the first one's verification
HOLD_S = 0.004
ORDER_PATHS = (b"/v3/orders", b"create-order")


class Watch:
    """One round at a time: `begin`, then the moments as they come."""

    def __init__(self) -> None:
        self.frame_ns = 0
        self.orders_ns: dict[int, int] = {}
        self._both = asyncio.Event()
        self._ports: set[int] = set()

    def begin(self, ports: set[int]) -> None:
        """Forget the round before; orders are awaited at these ports."""
        self.frame_ns, self.orders_ns, self._ports = 0, {}, ports
        self._both.clear()

    def frame(self) -> None:
        """The marked frame is about to be handed to its socket."""
        self.frame_ns = self.frame_ns or clock.monotonic_ns()

    def order(self, port: int, at_ns: int) -> None:
        """An order is in, whole."""
        if self.frame_ns and port in self._ports:
            self.orders_ns.setdefault(port, at_ns)
            if len(self.orders_ns) == len(self._ports):
                self._both.set()

    async def both(self, within_s: float) -> int | None:
        """Nanoseconds from the frame to the later of both orders; None when they did not come."""
        try:
            async with asyncio.timeout(within_s):
                await self._both.wait()
        except TimeoutError:
            return None
        return max(self.orders_ns.values()) - self.frame_ns


class VenueTap(Tap):
    """One accepted connection of a paper venue."""

    end = "sockname"

    def __init__(self, inner: asyncio.Protocol, watch: Watch) -> None:
        super().__init__(inner)
        self._watch = watch
        self._held: deque[bytes] = deque()

    def said(self, data: bytes) -> None:
        if MARK_BYTES in data:
            self._watch.frame()

    def data_received(self, data: bytes) -> None:
        at_ns = clock.monotonic_ns()
        if not self._held and not begins_order(data):
            self.inner.data_received(data)
            return
        self._held.append(data)
        if _is_whole(b"".join(self._held)):
            self._watch.order(self.port, at_ns)
            asyncio.get_running_loop().call_later(HOLD_S, self._release)

    def _release(self) -> None:
        while self._held:
            self.inner.data_received(self._held.popleft())


def begins_order(data: bytes) -> bool:
    """Whether these bytes are the first of an order request."""
    line = data[:80].partition(b"\r\n")[0]
    return line.startswith(b"POST ") and any(path in line for path in ORDER_PATHS)


def _is_whole(request: bytes) -> bool:
    """Head and as much body as it announces."""
    head, end, body = request.partition(b"\r\n\r\n")
    if not end:
        return False
    lengths = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return len(body) >= int(lengths[0]) if lengths else True
