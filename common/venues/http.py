"""One keep-alive HTTP client per venue: bytes out, status and bytes back, or a failure that says how far it got.

It knows no venue, no JSON and no signing. What matters to an order is told apart by type: `NeverSent` means that not
one byte of the request can have left this process; `MaybeSent` means that anything may have happened since.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import aiohttp

#: the whole request, from the wait for a connection to the last byte of the answer
TIMEOUT_S: Final = 5.0
#: of that, the most to wait for a connection (pool, name, TCP, TLS); shorter, so that it is told apart from the rest
CONNECT_TIMEOUT_S: Final = 2.0
#: an idle connection is given up after this: sooner than servers do, as a request on one they closed is a MaybeSent
KEEPALIVE_S: Final = 15.0
#: connections to one venue at a time; orders must never queue behind questions
CONNECTIONS: Final = 8


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back, whatever the status; header names are case-insensitive."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class NeverSent:
    """No connection could be had: the request never left this process."""

    reason: str


@dataclass(frozen=True, slots=True)
class MaybeSent:
    """The request may have left; whether it arrived and what came of it is not known."""

    reason: str


HttpResult: TypeAlias = HttpAnswer | NeverSent | MaybeSent


class JsonHttp:
    """One session to one host. Safe to share between tasks of one event loop."""

    def __init__(self, base: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = TIMEOUT_S) -> None:
        """Keep `base` (scheme and host, no trailing slash) and headers for every request; opens nothing yet."""
        self._base = base
        self._headers = dict(headers or {})
        connect_s = min(CONNECT_TIMEOUT_S, timeout_s / 2)
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, connect=connect_s, sock_connect=connect_s)
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> HttpResult:
        """Send one request and read the whole answer, bounded by the timeout; never raises for the network."""
        try:
            return await self._exchange(method, path, body, headers)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            # aiohttp raises these two while it acquires a connection, hence before it writes.
            return NeverSent(_told(error))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return MaybeSent(_told(error))

    async def _exchange(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None
    ) -> HttpAnswer:
        # A redirect is not followed: it would send an order twice, or to somebody else.
        async with self._open().request(
            method, self._base + path, data=body, headers=headers, allow_redirects=False
        ) as response:
            return HttpAnswer(response.status, response.headers, await response.read())

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=KEEPALIVE_S)
            self._session = aiohttp.ClientSession(
                connector=connector,
                headers=self._headers,
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def close(self) -> None:
        """Close all connections; the next request would open a new session."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def _told(error: BaseException) -> str:
    """Name the class too: the text of a timeout is empty."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
