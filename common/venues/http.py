"""One keep-alive HTTP client per venue: bytes out, status and bytes back, or a failure that says how far it got.

It knows no venue, no JSON and no signing. What matters to an order is told apart by type: `NeverSent` means that not
one byte of the request can have left this process; `MaybeSent` means that anything may have happened since. An order
(`send`) is written before the call returns wherever a connection is open, and `keep_open` sees to it that one is.
"""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Mapping
from functools import cache
from typing import Final
from urllib.parse import quote, urlsplit

from common.core.errors import LocalError
from common.venues.http_line import HttpAnswer as HttpAnswer
from common.venues.http_line import HttpResult as HttpResult
from common.venues.http_line import Line
from common.venues.http_line import MaybeSent as MaybeSent
from common.venues.http_line import NeverSent as NeverSent

#: the whole request, from the wait for a connection to the last byte of the answer
TIMEOUT_S: Final = 5.0
#: of that, the most to wait for a connection (pool, name, TCP, TLS); shorter, so that it is told apart from the rest
CONNECT_TIMEOUT_S: Final = 2.0
#: an idle connection is given up after this: sooner than servers do, as a request on one they closed is a MaybeSent
KEEPALIVE_S: Final = 15.0
#: questions to one venue at a time; orders wait for none of them
QUESTIONS: Final = 8
#: connections that are kept ready for orders, and how often it is seen whether they still are
READY: Final = 2
READY_EVERY_S: Final = 2.0
#: what may be asked again when a connection that had served before turns out to be closed
REPEATABLE: Final = frozenset({"GET"})

_PLAIN_PATH: Final = re.compile(r"/[!-~]*")


class JsonHttp:
    """One host. Safe to share between tasks of one event loop."""

    def __init__(self, base: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = TIMEOUT_S) -> None:
        """Keep `base` (scheme and host, no trailing slash) and headers for every request; opens nothing yet."""
        parts = urlsplit(base)
        self._is_tls = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if self._is_tls else 80)
        self._prefix = parts.path
        always = {"Host": parts.netloc.rpartition("@")[2], "User-Agent": "arb-fleet", **(headers or {})}
        self._always = _lines(always)
        self._timeout_s, self._connect_s = timeout_s, min(CONNECT_TIMEOUT_S, timeout_s / 2)
        self._lines: list[Line] = []
        self._turns = asyncio.Semaphore(QUESTIONS)

    async def request(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> HttpResult:
        """Send one request in its turn and read the whole answer, bounded by the timeout; never raises for the network.

        A redirect is not followed: it would send something twice, or to somebody else.
        """
        try:
            async with asyncio.timeout(self._connect_s):
                await self._turns.acquire()
        except TimeoutError:
            return NeverSent("TimeoutError: too many questions at a time")
        try:
            result = await self.send(method, path, body=body, headers=headers)
            if isinstance(result, MaybeSent) and result.unheard and method in REPEATABLE:
                result = await self._over_a_new_line(self._written(method, path, body, headers))
            return result
        finally:
            self._turns.release()

    def send(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Awaitable[HttpResult]:
        """Send one request now: over an open connection it is written when this returns, else after connecting.

        The answer is for whoever awaits it, bounded by the timeout; waiting never raises for the network.
        """
        request = self._written(method, path, body, headers)
        line = self._free_line()
        if line is None:
            return asyncio.get_running_loop().create_task(self._over_a_new_line(request))
        return line.ask(request, self._timeout_s)

    async def keep_open(self) -> None:
        """See to it that connections are open before an order needs one; never returns unless cancelled."""
        while True:
            await self.open_ready()
            await asyncio.sleep(READY_EVERY_S)

    async def open_ready(self) -> None:
        """Open what is missing; a host that cannot be reached is tried again the next time."""
        self._drop_old()
        missing = READY - sum(line.is_free for line in self._lines)
        for line in await asyncio.gather(*(self._connect() for _ in range(missing))):
            if isinstance(line, Line):
                self._lines.append(line)

    async def close(self) -> None:
        """Close all connections; the next request would open a new one."""
        lines, self._lines = self._lines, []
        for line in lines:
            line.close()

    # ---- connections ----------------------------------------------------------------------------------------------

    def _free_line(self) -> Line | None:
        """The free connection that was used last: the one that the other side is surest to still have."""
        oldest_s = asyncio.get_running_loop().time() - KEEPALIVE_S
        for line in reversed(self._lines):
            if line.idle_since_s >= oldest_s and line.is_free:
                return line
        return None

    def _drop_old(self) -> None:
        """Let go of what is closed or was idle for long, and put what was used last at the end."""
        oldest_s = asyncio.get_running_loop().time() - KEEPALIVE_S
        for line in self._lines:
            if line.is_free and line.idle_since_s < oldest_s:
                line.close()
        self._lines = sorted((line for line in self._lines if line.is_open), key=lambda line: line.idle_since_s)

    async def _over_a_new_line(self, request: bytes) -> HttpResult:
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        line = await self._connect()
        if isinstance(line, NeverSent):
            return line
        self._drop_old()
        self._lines.append(line)
        return await line.ask(request, self._timeout_s - (loop.time() - begun_s))

    async def _connect(self) -> Line | NeverSent:
        try:
            async with asyncio.timeout(self._connect_s):
                _, line = await asyncio.get_running_loop().create_connection(
                    Line, self._host, self._port, ssl=_tls() if self._is_tls else None
                )
        except (OSError, TimeoutError, UnicodeError) as error:
            return NeverSent(_told(error))
        return line

    def _written(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None) -> bytes:
        """The whole request as it goes out."""
        if not _PLAIN_PATH.fullmatch(path):
            path = quote(path, safe="/?&=%:,+;@!$'()*~[]#")
        more = _lines(headers) if headers else ""
        length = f"Content-Length: {len(body)}\r\n" if body is not None else ""
        head = f"{method} {self._prefix}{path} HTTP/1.1\r\n{self._always}{more}{length}\r\n"
        return head.encode("ascii") + (body or b"")


def _lines(headers: Mapping[str, str]) -> str:
    """Header fields as they stand in a request; LocalError for a value that would begin a line of its own."""
    text = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if text.count("\n") != len(headers) or text.count("\r") != len(headers) or not text.isascii():
        raise LocalError("a header field that is more than one line")
    return text


@cache
def _tls() -> ssl.SSLContext:
    """What every connection of this process trusts."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _told(error: BaseException) -> str:
    """Name the class too: the text of a timeout is empty."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
