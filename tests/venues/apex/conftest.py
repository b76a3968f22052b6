"""What the ApeX tests share: samples of messages, one account's keys, an order, a venue on loopback."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import orjson
import pytest
from aiohttp import web

from common import clock
from common.core.market import Side, Venue
from common.core.order import Lifetime, Order, Purpose
from common.venues.apex.wire_market import Listing, find_listing
from common.venues.apex.wire_order import Signing
from common.venues.keys import Keys

SAMPLES = Path(__file__).parent / "samples"
#: the throw-away key that the recorded requests of the official client were signed with
STARK_PRIVATE = "4a2e2cbde814ed49382a2bd615069bf8aaf86687cb3358600179da0958336e9"
STARK_PUBLIC = "19abec62609941b13de20e07d9bb976317f74bba753d810215cf7fccb55fcd8"

Sample = Callable[[str], Any]
MakeOrder = Callable[..., Order]


@pytest.fixture
def sample() -> Sample:
    """A recorded-like message by name."""
    return lambda name: orjson.loads((SAMPLES / f"{name}.json").read_bytes())


@pytest.fixture
def listing(sample: Sample) -> Listing:
    return find_listing(sample("symbols")["data"], "BTC")


@pytest.fixture
def keys() -> Keys:
    return Keys(Venue.APEX, STARK_PUBLIC, "", STARK_PRIVATE, "key-1", "secret-1", "passphrase-1")


@pytest.fixture
def signing(keys: Keys) -> Signing:
    return Signing(position_id=330547708362228116, taker_fee=Decimal("0.0005"), keys=keys)


@pytest.fixture
def make_order() -> MakeOrder:
    def make(**changes: Any) -> Order:
        fields: dict[str, Any] = {
            "client_id": "k3f9-BTC-17-a0",
            "deal_id": "k3f9-BTC-17",
            "venue": Venue.APEX,
            "market": "BTC",
            "side": Side.BUY,
            "purpose": Purpose.OPEN,
            "size": Decimal("0.003"),
            "limit": Decimal("20000.5"),
            "lifetime": Lifetime.FOK,
            "reduce_only": False,
            "created_ns": 1_700_000_000_123_456_789,
        }
        return Order(**{**fields, **changes})

    return make


@dataclass(frozen=True, slots=True)
class Heard:
    """One request as it arrived."""

    path: str
    raw_path: str
    headers: dict[str, str]
    form: dict[str, str]


class StubVenue:
    """A venue on a real socket of loopback that says what a test tells it to, and writes down what it hears."""

    def __init__(self, sample: Sample) -> None:
        self.answers: dict[str, Any] = {
            "/api/v1/time": {"data": {"time": clock.now_ns() // 10**6}},
            "/api/v1/symbols": sample("symbols"),
            "/api/v1/account": sample("account"),
            "/api/v1/account-balance": sample("balance"),
            "/api/v1/ticker": sample("ticker_rest"),
            "/api/v1/fills": sample("fills"),
            "/api/v1/funding": sample("funding"),
        }
        self.heard: list[Heard] = []
        self.frames: list[Any] = []
        self.talk: Callable[[web.WebSocketResponse], Awaitable[None]] = self.listen
        self.connections: list[str] = []
        self.base = ""
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> "StubVenue":
        app = web.Application()
        app.router.add_get("/realtime_public", self._socket)
        app.router.add_get("/realtime_private", self._socket)
        app.router.add_route("*", "/{rest:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def of(self, path: str) -> list[Heard]:
        """What was heard at `path`."""
        return [heard for heard in self.heard if heard.path == path]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        form = dict(parse_qsl((await request.read()).decode()))
        heard = Heard(request.path, request.raw_path, dict(request.headers), form)
        self.heard.append(heard)
        answer = self.answers[request.path]
        if callable(answer):
            answer = answer(heard)
        if isinstance(answer, Awaitable):
            answer = await answer
        if isinstance(answer, web.StreamResponse):
            return answer
        return web.json_response(answer)

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        self.connections.append(request.raw_path)
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await self.talk(ws)
        return ws

    async def listen(self, ws: web.WebSocketResponse) -> None:
        """Hear frames until the client goes."""
        async for message in ws:
            self.frames.append(orjson.loads(message.data))


@pytest.fixture
def stub(sample: Sample) -> StubVenue:
    return StubVenue(sample)


class Collector:
    """Keeps events; `until` waits, bounded, for the first that satisfies a condition."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self._more = asyncio.Event()

    def __call__(self, event: Any) -> None:
        self.events.append(event)
        self._more.set()

    def all(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, kind: type, count: int = 1) -> Any:
        """The `count`-th event of `kind`."""
        async with asyncio.timeout(5):
            while len(self.all(kind)) < count:
                self._more.clear()
                await self._more.wait()
        return self.all(kind)[count - 1]


@pytest.fixture
def collector() -> Collector:
    return Collector()
