"""WsLoop against a real server: subscribing, pings, silence, loss and coming back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

import pytest
from aiohttp import WSMsgType, web

from common.core.errors import VenueError
from common.venues.ws import OUTBOX_FRAMES, WsLimits, WsLoop

Serve = Callable[[web.WebSocketResponse], Awaitable[None]]
FAST = WsLimits(ping_s=0.02, silence_s=0.15, connect_s=1.0, backoff_first_s=0.01, backoff_max_s=0.04)


class Told:
    """Writes down what it is told; `enough` is set by the test's own condition."""

    def __init__(self, enough: Callable[["Told"], bool]) -> None:
        self.frames: list[str | bytes] = []
        self.lost: list[str] = []
        self.opened = self.alive = self.beats = self.drained = 0
        self.answer: tuple[str, ...] = ()
        self.done = asyncio.Event()
        self.first = asyncio.Event()
        self._enough = enough

    def on_open(self) -> Iterable[str]:
        self.opened += 1
        return ("subscribe 1", "subscribe 2")

    def on_frame(self, data: str | bytes) -> Iterable[str]:
        if data == "rubbish":
            raise VenueError("rubbish")
        self.frames.append(data)
        self._look()
        return self.answer

    def on_alive(self) -> None:
        self.alive += 1
        self.first.set()
        self._look()

    def on_drained(self) -> None:
        self.drained += 1

    def on_beat(self) -> Iterable[str]:
        self.beats += 1
        return ("beat",) if self.beats == 1 else ()

    def on_lost(self, reason: str) -> None:
        self.lost.append(reason)
        self._look()

    def _look(self) -> None:
        if self._enough(self):
            self.done.set()


async def listen(serve: Serve, enough: Callable[[Told], bool], act: Callable[[WsLoop], None] | None = None) -> Told:
    async def handle(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(autoping=serve is not mute)
        await ws.prepare(request)
        await serve(ws)
        return ws

    app = web.Application()
    app.router.add_get("/ws", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/ws"
    told = Told(enough)
    loop = WsLoop(lambda: url, told, FAST)
    running = asyncio.create_task(loop.run())
    try:
        async with asyncio.timeout(5):
            if act is not None:
                await told.first.wait()
                act(loop)
            done = asyncio.create_task(told.done.wait())
            await asyncio.wait({running, done}, return_when=asyncio.FIRST_COMPLETED)
            done.cancel()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await runner.cleanup()
    return told


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[str]:
    """A server of one WebSocket; its url."""

    async def handle(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await serve(ws)
        return ws

    app = web.Application()
    app.router.add_get("/ws", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/ws"
    finally:
        await runner.cleanup()


async def echo(ws: web.WebSocketResponse) -> None:
    async for message in ws:
        await ws.send_str(message.data)


async def mute(ws: web.WebSocketResponse) -> None:
    while (await ws.receive()).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING, WSMsgType.ERROR):
        pass


async def hang_up(ws: web.WebSocketResponse) -> None:
    await ws.receive()
    await ws.close(code=1012)


async def talk_rubbish(ws: web.WebSocketResponse) -> None:
    await ws.send_str("rubbish")
    await ws.receive()


def test_subscriptions_go_first_and_frames_and_beats_follow_in_order() -> None:
    told = asyncio.run(listen(echo, lambda t: len(t.frames) >= 3))
    assert told.frames[:3] == ["subscribe 1", "subscribe 2", "beat"]


def test_a_pong_alone_keeps_a_quiet_connection_alive() -> None:
    async def silent_but_ponging(ws: web.WebSocketResponse) -> None:
        async for _ in ws:
            pass

    told = asyncio.run(listen(silent_but_ponging, lambda t: t.alive >= 10))
    assert (told.alive, told.opened, told.lost) == (10, 1, [])


def test_of_what_arrived_together_all_but_the_last_know_that_more_is_here() -> None:
    """The server writes them without a pause, so that they wait at our socket before the first one is read."""
    frames = [f"frame {number}" for number in range(500)]
    knew: list[tuple[str | bytes, bool]] = []
    order: list[str] = []

    async def flood(ws: web.WebSocketResponse) -> None:
        await ws.receive()
        for frame in frames:
            await ws.send_str(frame)
        await mute(ws)

    async def run() -> Told:
        class Watching(Told):
            def on_frame(self, data: str | bytes) -> Iterable[str]:
                knew.append((data, loops[0].has_more))
                order.append("frame")
                return super().on_frame(data)

            def on_drained(self) -> None:
                order.append("drained")

            def on_alive(self) -> None:
                order.append("alive")

        told = Watching(lambda t: len(t.frames) >= len(frames))
        loops: list[WsLoop] = []
        async with serving(flood) as url, asyncio.timeout(5):
            loops.append(WsLoop(lambda: url, told, WsLimits()))
            running = asyncio.create_task(loops[0].run())
            await told.done.wait()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        return told

    asyncio.run(run())
    assert knew == [(frame, frame != frames[-1]) for frame in frames]
    assert order == ["alive", *["frame"] * 500, "drained"]


def test_a_late_pong_tells_how_far_behind_the_connection_is() -> None:
    """The venue answers pings late, as it does when its pong stands behind a backlog."""
    lags: list[int] = []

    async def late(ws: web.WebSocketResponse) -> None:
        ws._autoping = False
        async for message in ws:
            if message.type is WSMsgType.PING:
                await asyncio.sleep(0.05)
                await ws.pong(message.data)

    async def run() -> None:
        class Lagging(Told):
            def on_alive(self) -> None:
                lags.append(loops[0].lag_ns())
                super().on_alive()

        told = Lagging(lambda t: t.alive >= 3)
        loops: list[WsLoop] = []
        async with serving(late) as url, asyncio.timeout(5):
            loops.append(WsLoop(lambda: url, told, WsLimits(ping_s=0.01)))
            running = asyncio.create_task(loops[0].run())
            await told.done.wait()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(run())
    assert all(lag >= 50_000_000 for lag in lags)


def test_a_ping_of_the_server_is_answered() -> None:
    async def pinging(ws: web.WebSocketResponse) -> None:
        await ws.ping(b"are you there")
        async for message in ws:
            if message.type is WSMsgType.PONG:
                await ws.send_str(f"pong {message.data.decode()}")

    async def handle_pongs(ws: web.WebSocketResponse) -> None:
        ws._autoping = False
        await pinging(ws)

    told = asyncio.run(listen(handle_pongs, lambda t: "pong are you there" in t.frames))
    assert "pong are you there" in told.frames


def test_a_connection_that_says_nothing_is_dropped_and_made_anew() -> None:
    told = asyncio.run(listen(mute, lambda t: len(t.lost) >= 2))
    assert told.lost == ["silent", "silent"] and told.opened == 2


def test_a_closed_connection_is_made_anew_and_subscribed_again() -> None:
    told = asyncio.run(listen(hang_up, lambda t: len(t.lost) >= 3))
    assert told.lost == ["closed: 1012"] * 3 and told.opened == 3


def test_a_frame_outside_the_protocol_drops_the_connection() -> None:
    told = asyncio.run(listen(talk_rubbish, lambda t: len(t.lost) >= 2))
    assert told.lost == ["protocol: rubbish"] * 2


def test_a_drop_on_request_gives_its_reason_and_comes_back() -> None:
    told = asyncio.run(listen(echo, lambda t: t.opened >= 2 and bool(t.lost), lambda loop: loop.drop("gap")))
    assert told.lost == ["gap"] and told.opened == 2


def test_a_frame_given_later_is_sent_on_the_connection_that_stands() -> None:
    told = asyncio.run(listen(echo, lambda t: "later" in t.frames, lambda loop: loop.send("later")))
    assert "later" in told.frames and told.opened == 1


def test_a_full_outbox_drops_the_connection_instead_of_growing() -> None:
    def flood(loop: WsLoop) -> None:
        for number in range(OUTBOX_FRAMES + 1):
            loop.send(str(number))

    told = asyncio.run(listen(echo, lambda t: bool(t.lost), flood))
    assert told.lost == ["outbox full"]


def test_waits_between_attempts_double_up_to_their_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def run() -> None:
        told = Told(lambda t: len(t.lost) >= 5)
        running = asyncio.create_task(WsLoop(lambda: "http://127.0.0.1:1/ws", told, FAST).run())
        await told.done.wait()
        running.cancel()

    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await real(0)

    monkeypatch.setattr("common.venues.ws.asyncio.sleep", sleep)
    asyncio.run(run())
    assert waits[:4] == [0.01, 0.02, 0.04, 0.04]


def test_a_bug_in_the_handler_is_not_swallowed() -> None:
    async def run() -> None:
        class Broken(Told):
            def on_frame(self, data: str | bytes) -> Iterable[str]:
                raise KeyError(data)

        app = web.Application()

        async def handle(request: web.Request) -> web.WebSocketResponse:
            ws = web.WebSocketResponse()
            await ws.prepare(request)
            await echo(ws)
            return ws

        app.router.add_get("/ws", handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            url = f"http://127.0.0.1:{runner.addresses[0][1]}/ws"
            async with asyncio.timeout(5):
                await WsLoop(lambda: url, Broken(lambda t: False), FAST).run()
        finally:
            await runner.cleanup()

    with pytest.raises(KeyError):
        asyncio.run(run())


def test_a_connection_that_lasted_starts_the_waits_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    real, served = asyncio.sleep, 0

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await real(0)

    async def third_lasts(ws: web.WebSocketResponse) -> None:
        nonlocal served
        served += 1
        await ws.receive()
        if served == 3:
            await real(1.5 * FAST.backoff_max_s)
        await ws.close()

    monkeypatch.setattr("common.venues.ws.asyncio.sleep", sleep)
    told = asyncio.run(listen(third_lasts, lambda t: len(t.lost) >= 4))
    assert len(told.lost) == 4
    assert waits[:3] == [0.01, 0.02, 0.01]
