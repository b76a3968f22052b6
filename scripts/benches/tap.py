"""Stands between a connection and whoever speaks over it, and tells when bytes went by. Neither of the two knows.

`TappedLoop` puts it there, at the side that accepts (the paper venues) or at the side that connects (a worker): what is
measured is then the shipped code and not a copy of it. Costs about a microsecond each way.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import uvloop

#: makes the tap of one connection around the protocol that would have had it
MakeTap = Callable[[asyncio.Protocol], "Tap"]


class TappedTransport:
    """A transport that is asked before it writes; everything else is the transport's own."""

    def __init__(self, transport: asyncio.Transport, on_write: Callable[[bytes], None]) -> None:
        self._transport, self._on_write = transport, on_write

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Tell, then write."""
        self._on_write(data)
        self._transport.write(data)

    def writelines(self, parts: list[bytes]) -> None:
        """Several at once, as one."""
        self.write(b"".join(parts))


class Tap(asyncio.Protocol):
    """Passes everything on; subclasses look at it."""

    #: the end of the connection whose port names the venue: theirs when we call, ours when we serve
    end = "peername"

    def __init__(self, inner: asyncio.Protocol) -> None:
        self.inner = inner
        self.transport: Any = None
        self.port = 0

    def said(self, data: bytes) -> None:
        """The protocol writes this now."""

    def data_received(self, data: bytes) -> None:
        self.inner.data_received(data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.port = transport.get_extra_info(self.end)[1]
        self.transport = TappedTransport(transport, self.said)  # type: ignore[arg-type]
        self.inner.connection_made(self.transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.inner.connection_lost(error)

    def eof_received(self) -> bool | None:
        return self.inner.eof_received()

    def pause_writing(self) -> None:
        self.inner.pause_writing()

    def resume_writing(self) -> None:
        self.inner.resume_writing()


class TappedLoop(uvloop.Loop):
    """The loop of a worker, or of the venues, with a tap on every TCP connection that is made or accepted."""

    def __init__(self, *, calls: MakeTap | None = None, serves: MakeTap | None = None) -> None:
        super().__init__()
        self._calls, self._serves = calls, serves

    async def create_connection(self, factory: Any, *given: Any, **named: Any) -> Any:  # type: ignore[override]
        """As usual, tapped; the caller gets the protocol that it asked for."""
        make = self._calls
        if make is None:
            return await super().create_connection(factory, *given, **named)
        _, tap = await super().create_connection(lambda: make(factory()), *given, **named)
        return tap.transport, tap.inner

    async def create_server(self, factory: Any, *given: Any, **named: Any) -> Any:  # type: ignore[override]
        """As usual, every accepted connection tapped."""
        make = self._serves
        made = factory if make is None else lambda: make(factory())
        return await super().create_server(made, *given, **named)
