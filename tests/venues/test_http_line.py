"""What orders need of the HTTP client: written before the call returns, over a line that is open, and once."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from common.core.errors import LocalError
from common.venues import http as http_module
from common.venues.http import READY, HttpAnswer, HttpResult, JsonHttp, MaybeSent
from common.venues.http_line import BODY_MAX

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
END = b"\r\n\r\n{}"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(8)
        server.settimeout(5)
        yield server


def taken(connection: socket.socket, end: bytes = END) -> bytes:
    """What has come in, whole; blocks this thread, and with it the client's loop."""
    connection.settimeout(5)
    said = b""
    while not said.endswith(end):
        part = connection.recv(65536)
        assert part, said
        said += part
    return said


def client(server: socket.socket) -> JsonHttp:
    return JsonHttp(f"http://127.0.0.1:{server.getsockname()[1]}")


async def spoken_to(talk: Talk, work: Callable[[JsonHttp], Awaitable[list[HttpResult]]]) -> list[HttpResult]:
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    http = JsonHttp(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeout_s=1.0)
    try:
        return await work(http)
    finally:
        await http.close()
        server.close()


def post(http: JsonHttp) -> Awaitable[HttpResult]:
    return http.send("POST", "/v3/orders", body=b"{}")


def test_two_orders_are_at_the_venue_before_the_loop_had_a_turn() -> None:
    async def run() -> list[HttpResult]:
        with listening() as server:
            http = client(server)
            await http.open_ready()
            lines = [server.accept()[0] for _ in range(READY)]
            sent = [post(http), post(http)]
            # No await since: this thread reads what the kernel has.
            said = [taken(line) for line in lines]
            assert all(one.startswith(b"POST /v3/orders HTTP/1.1\r\nHost: 127.0.0.1") for one in said)
            for line in lines:
                line.sendall(OK)
            try:
                return list(await asyncio.gather(*sent))
            finally:
                await http.close()
                for line in lines:
                    line.close()

    assert [answer.body for answer in asyncio.run(run()) if isinstance(answer, HttpAnswer)] == [b"ok", b"ok"]


def test_an_order_is_not_written_on_a_line_that_the_venue_closed_a_moment_ago() -> None:
    async def run() -> HttpResult:
        with listening() as server:
            http = client(server)
            await http.open_ready()
            for _ in range(READY):
                server.accept()[0].close()
            # The loop has not heard of it; only the kernel has.
            sent = post(http)
            answering = asyncio.to_thread(answer_one, server)
            result, _ = await asyncio.gather(sent, answering)
            await http.close()
            return result

    def answer_one(server: socket.socket) -> None:
        with server.accept()[0] as line:
            taken(line)
            line.sendall(OK)

    assert isinstance(asyncio.run(run()), HttpAnswer)


@pytest.mark.parametrize(("method", "asked"), [("POST", 2), ("GET", 3)])
def test_who_hears_nothing_over_a_line_that_served_asks_again_if_it_may_be_asked_twice(method: str, asked: int) -> None:
    seen: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number in range(2):
            seen.append(await reader.readuntil(b"\r\n\r\n"))
            if number:
                break
            writer.write(OK)
        writer.close()

    async def twice(http: JsonHttp) -> list[HttpResult]:
        return [await http.request(method, "/a") for _ in range(2)]

    first, second = asyncio.run(spoken_to(talk, twice))
    assert isinstance(first, HttpAnswer) and len(seen) == asked
    assert isinstance(second, HttpAnswer if method == "GET" else MaybeSent)


def test_what_timed_out_is_not_asked_again() -> None:
    seen: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK)
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        await reader.read()
        writer.close()

    async def twice(http: JsonHttp) -> list[HttpResult]:
        return [await http.request("GET", "/a") for _ in range(2)]

    answer, silence = asyncio.run(spoken_to(talk, twice))
    assert isinstance(answer, HttpAnswer) and silence == MaybeSent("TimeoutError") and len(seen) == 2


def test_an_answer_that_comes_too_late_answers_nobody_else() -> None:
    numbers = iter(range(9))

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(numbers)
        await reader.readuntil(END)
        if number == 0:
            await late.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % number)
        await reader.read()
        writer.close()

    async def both(http: JsonHttp) -> list[HttpResult]:
        first = await post(http)
        late.set()
        return [first, await post(http)]

    late = asyncio.Event()
    first, second = asyncio.run(spoken_to(talk, both))
    assert isinstance(first, MaybeSent)
    assert isinstance(second, HttpAnswer) and second.body == b"1"


@pytest.mark.parametrize(
    ("said", "body"),
    [
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n", b"ok"),
        (b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\n\r\n<html>busy", b"<html>busy"),
        (b"HTTP/1.0 200 OK\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    ],
)
@pytest.mark.parametrize("piece", [1, 7, 10_000])
def test_an_answer_is_read_however_it_is_written_and_cut(said: bytes, body: bytes, piece: int) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(END)
        for at in range(0, len(said), piece):
            writer.write(said[at : at + piece])
            await asyncio.sleep(0)
        writer.close()

    async def once(http: JsonHttp) -> list[HttpResult]:
        return [await post(http)]

    (answer,) = asyncio.run(spoken_to(talk, once))
    assert isinstance(answer, HttpAnswer) and answer.body == body
    assert answer.headers.get("retry-after") == ("3" if answer.status == 429 else None)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(300)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (BODY_MAX + 1) + b"x" * (BODY_MAX + 1),
        b"<html>not even HTTP</html>",
    ],
)
def test_half_an_answer_or_one_too_many_is_a_question(said: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(END)
        writer.write(said)
        writer.close()

    async def once(http: JsonHttp) -> list[HttpResult]:
        return [await post(http)]

    (answer,) = asyncio.run(spoken_to(talk, once))
    assert isinstance(answer, MaybeSent) and answer.reason


def test_orders_wait_for_no_question_and_questions_for_their_turn() -> None:
    open_lines = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_lines
        open_lines += 1
        if open_lines == http_module.QUESTIONS:
            all_out.set()
        with suppress(asyncio.IncompleteReadError):
            while said := await reader.readuntil(b"\r\n\r\n"):
                if said.startswith(b"GET"):
                    await released.wait()
                writer.write(OK)
        writer.close()

    async def many(http: JsonHttp) -> list[HttpResult]:
        questions = [asyncio.create_task(http.request("GET", "/a")) for _ in range(20)]
        await all_out.wait()
        order = await post(http)
        assert open_lines == http_module.QUESTIONS + 1
        released.set()
        return [order, *await asyncio.gather(*questions)]

    all_out, released = asyncio.Event(), asyncio.Event()
    assert all(isinstance(answer, HttpAnswer) for answer in asyncio.run(spoken_to(talk, many)))


def test_lines_that_were_idle_for_long_are_given_up_and_others_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        with listening() as server:
            http = client(server)
            await http.open_ready()
            before = {line for line in http._lines if line.is_free}
            await http.open_ready()
            assert before == set(http._lines) and len(before) == READY
            monkeypatch.setattr(http_module, "KEEPALIVE_S", -1.0)
            assert http._free_line() is None
            await http.open_ready()
            assert before.isdisjoint(http._lines) and len(http._lines) == READY
            await http.close()

    asyncio.run(run())


def test_a_value_cannot_begin_a_header_of_its_own() -> None:
    async def run() -> None:
        http = JsonHttp("http://127.0.0.1:9")
        with pytest.raises(LocalError):
            await http.request("GET", "/", headers={"X": "a\r\nY: b"})
        with pytest.raises(LocalError):
            await http.send("POST", "/", body=b"", headers={"X": "é"})
        assert b"GET /a%20b%0D%0AX:%20y?c=%20d HTTP/1.1\r\n" in http._written("GET", "/a b\r\nX: y?c= d", None, None)

    asyncio.run(run())
