"""One connection of the HTTP client: one request at a time, written at once, and the answer as it comes back.

Knows nothing of pools, retries and orders. Answers are taken apart by `httptools`, the parser of Node; whatever it
does not understand, and whatever ends too early, is `MaybeSent`: the request went out.
"""

import asyncio
import select
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

import httptools

#: no answer of a venue is a hundredth of that; a longer one is no answer
BODY_MAX: Final = 32 * 1024 * 1024
HEADERS_MAX: Final = 200
#: statuses below come before the answer: early hints, continue
FINAL_STATUS: Final = 200


class Headers(Mapping[str, str]):
    """Header fields by name, whatever the case; of a field that came twice, the first."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def add(self, name: bytes, value: bytes) -> None:
        """One more field."""
        self._values.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


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
    """The request may have left; whether it arrived and what came of it is not known.

    `unheard`: a connection that had served before ended without a byte for this request. A server that had closed it
    long ago looks like that; one that took the request in and then fell does as well.
    """

    reason: str
    unheard: bool = False


HttpResult: TypeAlias = HttpAnswer | NeverSent | MaybeSent


class Line(asyncio.Protocol):
    """An open connection. `ask` only while it `is_free`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._poll = select.poll()
        self._answer: asyncio.Future[HttpResult] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._headers, self._body, self._size = Headers(), list[bytes](), 0
        self._is_head_whole = self._was_heard = False
        self._served = 0
        #: when the last request ended, by the loop's clock
        self.idle_since_s = self._loop.time()

    # ---- asking ---------------------------------------------------------------------------------------------------

    @property
    def is_free(self) -> bool:
        """Open, unused, and as far as this machine has heard still wanted by the other side."""
        return self.is_open and self._answer is None and not self._poll.poll(0)

    @property
    def is_open(self) -> bool:
        """Not closed by either side yet."""
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, request: bytes, timeout_s: float) -> "asyncio.Future[HttpResult]":
        """Write a whole request at once; the answer, or why there is none, within `timeout_s`."""
        assert self._transport is not None and self._answer is None
        self._transport.write(request)
        self._was_heard = False
        self._answer = answer = self._loop.create_future()
        self._timer = self._loop.call_later(timeout_s, self._fail, "TimeoutError")
        return answer

    def close(self) -> None:
        """End the connection; a request that is under way may have been sent."""
        self._fail("closed by us")

    # ---- what the loop tells --------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open: from now on somebody may ask."""
        self._transport = cast(asyncio.Transport, transport)
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN | select.POLLHUP)

    def data_received(self, data: bytes) -> None:
        """Part of an answer. What comes without having been asked for ends the connection."""
        self._was_heard = True
        if self._answer is None:
            self._fail("unasked")
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(f"{type(error).__name__}: {error}")

    def eof_received(self) -> None:
        """The other side has said all; `connection_lost` follows."""

    def connection_lost(self, error: Exception | None) -> None:
        """An answer without a length ends here; any other one is cut off."""
        if self._answer is not None and error is None and self._ends_with_the_connection():
            self.on_message_complete()
        else:
            reason = f"ServerDisconnected: {error}" if error else "ServerDisconnected"
            self._fail(reason, unheard=self._served > 0 and not self._was_heard)

    # ---- what the parser tells ------------------------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        """One field of the head, or of what follows a chunked body."""
        if len(self._headers) >= HEADERS_MAX:
            self._fail("too many headers")
        self._headers.add(name, value)

    def on_headers_complete(self) -> None:
        """From here on it is body."""
        self._is_head_whole = True

    def on_body(self, part: bytes) -> None:
        """Part of the body, chunks taken off."""
        self._size += len(part)
        if self._size > BODY_MAX:
            self._fail("too long an answer")
        self._body.append(part)

    def on_message_complete(self) -> None:
        """An answer is whole; one that only announces another is passed over."""
        status = self._parser.get_status_code()
        headers, body = self._headers, b"".join(self._body)
        self._headers, self._body, self._size, self._is_head_whole = Headers(), [], 0, False
        if status >= FINAL_STATUS:
            self._served += 1
            self._end(HttpAnswer(status, headers, body))
            if not self._parser.should_keep_alive():
                self._fail("")

    # ---- ending ---------------------------------------------------------------------------------------------------

    def _ends_with_the_connection(self) -> bool:
        lengths = {"content-length", "transfer-encoding"} & self._headers._values.keys()
        return self._is_head_whole and not lengths

    def _fail(self, reason: str, *, unheard: bool = False) -> None:
        self._end(MaybeSent(reason, unheard))
        if self._transport is not None:
            self._transport.abort()

    def _end(self, result: HttpResult) -> None:
        answer, self._answer = self._answer, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.idle_since_s = self._loop.time()
        # Whoever asked may have gone away meanwhile.
        if answer is not None and not answer.cancelled():
            answer.set_result(result)
