"""JsonHttp against real sockets: what came back, and how far a failed request got."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from common.venues.http import HttpAnswer, HttpResult, JsonHttp, MaybeSent, NeverSent

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def ask(handle: Handle, *, timeout_s: float = 5.0, times: int = 1) -> list[HttpResult]:
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    http = JsonHttp(f"http://{host}:{port}", headers={"X-House": "arb"}, timeout_s=timeout_s)
    try:
        return [await http.request("POST", "/v3/orders?a=b%20c", body=b'{"a":1}') for _ in range(times)]
    finally:
        await http.close()
        await runner.cleanup()


def test_an_answer_brings_status_headers_and_body_whatever_the_status() -> None:
    async def handle(request: web.Request) -> web.Response:
        body = await request.read() + request.raw_path.encode() + request.headers["X-House"].encode()
        return web.Response(status=418, body=body, headers={"Retry-After": "7"})

    (answer,) = asyncio.run(ask(handle))
    assert isinstance(answer, HttpAnswer)
    assert (answer.status, answer.headers["retry-after"]) == (418, "7")
    assert answer.body == b'{"a":1}/v3/orders?a=b%20carb'


def test_one_connection_serves_requests_that_follow_each_other() -> None:
    peers: set[object] = set()

    async def handle(request: web.Request) -> web.Response:
        assert request.transport is not None
        peers.add(request.transport.get_extra_info("peername"))
        return web.Response()

    assert len(asyncio.run(ask(handle, times=3))) == 3
    assert len(peers) == 1


def test_a_refused_connection_never_sent_a_byte() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    async def refused() -> HttpResult:
        http = JsonHttp(f"http://127.0.0.1:{port}")
        try:
            return await http.request("POST", "/", body=b"{}")
        finally:
            await http.close()

    assert isinstance(asyncio.run(refused()), NeverSent)


def test_a_name_that_does_not_resolve_never_sent_a_byte() -> None:
    async def unresolved() -> HttpResult:
        http = JsonHttp("http://no-such-host.invalid")
        try:
            return await http.request("POST", "/", body=b"{}")
        finally:
            await http.close()

    assert isinstance(asyncio.run(unresolved()), NeverSent)


def test_a_handshake_that_hangs_never_sent_a_byte() -> None:
    async def hanging() -> HttpResult:
        # The peer accepts TCP and then says nothing, so that TLS never stands.
        server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        http = JsonHttp(f"https://127.0.0.1:{port}", timeout_s=0.4)
        try:
            return await http.request("POST", "/", body=b"{}")
        finally:
            await http.close()
            server.close()

    assert isinstance(asyncio.run(hanging()), NeverSent)


def test_a_request_that_was_received_but_not_answered_may_have_been_sent() -> None:
    received: list[bytes] = []

    async def handle(request: web.Request) -> web.Response:
        received.append(await request.read())
        await asyncio.Event().wait()
        raise AssertionError

    (result,) = asyncio.run(ask(handle, timeout_s=0.2))
    assert isinstance(result, MaybeSent) and "Timeout" in result.reason
    assert received == [b'{"a":1}']


@pytest.mark.parametrize("bytes_back", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", b"nonsense\r\n\r\n"])
def test_a_connection_cut_in_the_answer_may_have_been_sent_and_is_sent_once(bytes_back: bytes) -> None:
    connections = 0

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"{}")
        writer.write(bytes_back)
        writer.close()

    async def run() -> HttpResult:
        server = await asyncio.start_server(cut, "127.0.0.1", 0)
        http = JsonHttp(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        try:
            return await http.request("POST", "/", body=b"{}")
        finally:
            await http.close()
            server.close()

    assert isinstance(asyncio.run(run()), MaybeSent)
    assert connections == 1


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    seen: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append(request.path)
        raise web.HTTPTemporaryRedirect("/elsewhere")

    (answer,) = asyncio.run(ask(handle))
    assert isinstance(answer, HttpAnswer) and answer.status == 307
    assert seen == ["/v3/orders"]
