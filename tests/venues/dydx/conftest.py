"""What the dYdX tests share: samples of messages, one account's keys, an order, a venue on loopback."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web

from common import clock
from common.core.market import Instrument, Side, Venue
from common.core.order import Lifetime, Order, Purpose
from common.settings import Endpoint
from common.venues.dydx.wire import iso
from common.venues.dydx.wire_market import Listing, read_listing
from common.venues.dydx.wire_order import Signing, make_signing
from common.venues.keys import Keys

SAMPLES = Path(__file__).parent / "samples"
#: throw-away keys: the STARK pair of the recorded order vectors, the API credentials of a well-known test account
STARK_PRIVATE = "4a2e2cbde814ed49382a2bd615069bf8aaf86687cb3358600179da0958336e9"
STARK_PUBLIC = "19abec62609941b13de20e07d9bb976317f74bba753d810215cf7fccb55fcd8"
API_KEY = "50fdcaa0-62b8-e827-02e8-a9520d46cb9f"
API_SECRET = "rdHdKDAOCa0B_Mq-Q9kh8Fz6rK3ocZNOhKB4QsR9"
API_PASSPHRASE = "12_1LuuJMZUxcj3kGBWc"

Sample = Callable[[str], Any]
MakeOrder = Callable[..., Order]


@pytest.fixture
def sample() -> Sample:
    """A recorded-like message by name."""
    return lambda name: orjson.loads((SAMPLES / f"{name}.json").read_bytes())


@pytest.fixture
def listing(sample: Sample) -> Listing:
    return read_listing(sample("markets")["markets"]["BTC-USD"], Decimal("0.0005"))


@pytest.fixture
def instrument(listing: Listing) -> Instrument:
    return listing.instrument


@pytest.fixture
def keys() -> Keys:
    return Keys(Venue.DYDX, STARK_PUBLIC, "", STARK_PRIVATE, API_KEY, API_SECRET, API_PASSPHRASE)


@pytest.fixture
def signing(keys: Keys) -> Signing:
    return make_signing(1812, Decimal("0.0005"), keys, 1)


@pytest.fixture
def make_order() -> MakeOrder:
    def make(**changes: Any) -> Order:
        fields: dict[str, Any] = {
            "client_id": "k3f9-BTC-17-d0",
            "deal_id": "k3f9-BTC-17",
            "venue": Venue.DYDX,
            "market": "BTC",
            "side": Side.BUY,
            "purpose": Purpose.OPEN,
            "size": Decimal("0.003"),
            "limit": Decimal("37020"),
            "lifetime": Lifetime.FOK,
            "reduce_only": False,
            "created_ns": 1_700_000_000_123_456_789,
        }
        return Order(**{**fields, **changes})

    return make


@dataclass(frozen=True, slots=True)
class Heard:
    """One request as it arrived."""

    method: str
    path: str
    raw_path: str
    headers: dict[str, str]
    body: bytes


class StubVenue:
    """A venue on a real socket of loopback that says what a test tells it to, and writes down what it hears.

    `answers` holds per "METHOD path" a JSON body, a (status, body or text) pair, or a list of such, used up in order.
    A subscription is given its `contents`, unless `on_subscribe` answers it.
    """

    def __init__(self, sample: Sample) -> None:
        account_id = sample("account")["account"]["id"]
        self.answers: dict[str, Any] = {
            "GET /v3/users": sample("user"),
            "GET /v3/accounts": sample("accounts"),
            f"GET /v3/accounts/{account_id}": sample("account"),
            "GET /v3/markets": sample("markets"),
            "GET /v3/funding": sample("funding"),
        }
        self.contents: dict[str, Any] = {
            "v3_orderbook": sample("ws_book_snapshot"),
            "v3_markets": sample("markets"),
            "v3_accounts": sample("ws_account_opening"),
        }
        self.heard: list[Heard] = []
        self.said: list[dict[str, Any]] = []
        self.offset_ns = 0
        self.hang = asyncio.Event()
        self.connections: list[StubSocket] = []
        self.on_subscribe: Callable[[StubSocket, dict[str, Any]], Any] | None = None

    async def __aenter__(self) -> "StubVenue":
        app = web.Application()
        app.router.add_get("/v3/ws", self._socket)
        app.router.add_route("*", "/{rest:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host = f"127.0.0.1:{self._runner.addresses[0][1]}"
        self.endpoint = Endpoint(Venue.DYDX, f"http://{host}", f"ws://{host}/v3/ws", 1, Path("nowhere"))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.hang.set()
        await self._runner.cleanup()

    def asked(self, method: str, path: str) -> list[Heard]:
        """The requests that came for a path, without its query."""
        return [heard for heard in self.heard if (heard.method, heard.path) == (method, path)]

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.heard.append(Heard(request.method, request.path, request.raw_path, dict(request.headers), body))
        if request.path == "/v3/time":
            return web.json_response({"iso": iso(clock.now_ns() + self.offset_ns), "epoch": "1.0"})
        answer = self.answers.get(f"{request.method} {request.path}")
        if callable(answer):
            answer = answer()
        if isinstance(answer, list):
            answer = answer.pop(0)
        if answer == "hang":
            await self.hang.wait()
        status, said = answer if isinstance(answer, tuple) else (200, answer)
        if said is None:
            status, said = 400, {"errors": [{"msg": f"No order found with id: {request.path.rsplit('/')[-1]}"}]}
        if isinstance(said, str):
            return web.Response(status=status, text=said, content_type="text/html")
        return web.json_response(said, status=status)

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        socket = StubSocket(ws)
        self.connections.append(socket)
        await socket.say("connected")
        async for message in ws:
            asked = orjson.loads(message.data)
            self.said.append(asked)
            if asked["type"] == "unsubscribe":
                await socket.say("unsubscribed", channel=asked["channel"])
            elif self.on_subscribe is not None:
                await self.on_subscribe(socket, asked)
            else:
                await self.give(socket, asked)
        return ws

    async def give(self, socket: "StubSocket", asked: dict[str, Any]) -> None:
        """Answer a subscription with the channel's contents."""
        channel = asked["channel"]
        await socket.say("subscribed", channel=channel, contents=self.contents[channel])


class StubSocket:
    """One connection; numbers its frames."""

    def __init__(self, ws: web.WebSocketResponse) -> None:
        self.ws = ws
        self.number = 0

    async def say(self, kind: str, **fields: Any) -> None:
        frame = {"type": kind, "connection_id": "c-1", "message_id": self.number, **fields}
        self.number += 1
        await self.ws.send_str(orjson.dumps(frame).decode())


@pytest.fixture
def stub(sample: Sample) -> StubVenue:
    return StubVenue(sample)
