"""The WebSockets of the paper venues, as a client hears them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, web

from common import clock
from common.core.market import Side, Venue
from common.sim.server import auth_apex, auth_dydx
from common.sim.server.plain import iso
from common.sim.server.socket import OUTBOX_MAX, Socket
from common.sim.types import PlaceRequest

WAIT_S = 5.0
Talk = Callable[["Client"], Awaitable[None]]


class Client:
    """One WebSocket connection of a test."""

    def __init__(self, session: ClientSession, ws: ClientWebSocketResponse) -> None:
        self.session, self._ws = session, ws

    async def say(self, **message: Any) -> None:
        await self._ws.send_str(orjson.dumps(message).decode())

    async def hear(self) -> Any:
        return orjson.loads(await self._ws.receive_str(timeout=WAIT_S))

    async def hear_until(self, fits: Callable[[Any], bool]) -> list[Any]:
        """Frames up to the first that fits, which is the last."""
        heard: list[Any] = []
        async with asyncio.timeout(WAIT_S):
            while not heard or not fits(heard[-1]):
                heard.append(await self.hear())
        return heard

    async def is_closed(self) -> bool:
        async with asyncio.timeout(WAIT_S):
            while not self._ws.closed:
                await self._ws.receive()
        return True


def talking(url: str, talk: Talk) -> None:
    """Run a conversation with the venue at `url`."""

    async def run() -> None:
        async with ClientSession() as session, session.ws_connect(url) as ws:
            await talk(Client(session, ws))

    asyncio.run(run())


@pytest.fixture
def dydx_url(paper_house: Any) -> str:
    return f"{paper_house.url(Venue.DYDX)}/v3/ws"


@pytest.fixture
def apex_url(paper_house: Any) -> str:
    return f"{paper_house.url(Venue.APEX)}//realtime_public?v=2&timestamp=1"


@pytest.fixture
def place(paper_house: Any) -> Callable[..., Any]:
    """Lets an order of BTC arrive at a venue's engine: BUY 0.01 at a price that crosses, fill-or-kill."""

    def arrive(venue: Venue, client_id: str, **changed: Any) -> Any:
        values: dict[str, Any] = {
            "client_id": client_id,
            "market": "BTC",
            "side": Side.BUY,
            "kind": "LIMIT",
            "lifetime": "FOK",
            "size": Decimal("0.01"),
            "price": Decimal(40_010),
            "post_only": False,
            "reduce_only": False,
            "limit_fee": Decimal("0.5"),
            "expires_ns": clock.now_ns() + 3600 * 10**9,
            "signature": "",
        }
        request = PlaceRequest(**values | changed)
        account_id = paper_house.accounts[venue].account_id
        return paper_house.call(lambda: paper_house.engines[venue].place(account_id, request, clock.now_ns()))

    return arrive


def dydx_account_message(house: Any, **changed: str) -> dict[str, str]:
    own = house.accounts[Venue.DYDX]
    at = iso(clock.now_ns())
    return {
        "type": "subscribe",
        "channel": "v3_accounts",
        "accountNumber": "0",
        "apiKey": own.api_key,
        "passphrase": own.passphrase,
        "timestamp": at,
        "signature": auth_dydx.signature(own.secret, f"{at}GET/ws/accounts".encode()),
    } | changed


def test_dydx_counts_every_frame_of_a_connection(dydx_url: str, paper_house: Any) -> None:
    async def talk(client: Client) -> None:
        first = await client.hear()
        assert (first["type"], first["message_id"]) == ("connected", 0)
        for market in ("BTC-USD", "ETH-USD"):
            await client.say(type="subscribe", channel="v3_orderbook", id=market, includeOffsets=True)
            await client.say(type="subscribe", channel="v3_trades", id=market)
        await client.say(type="ping")
        heard = await client.hear_until(lambda frame: frame["type"] == "pong")
        for market in ("BTC", "ETH"):
            await asyncio.to_thread(paper_house.show, Venue.DYDX, market, 3)
        heard += [await client.hear(), await client.hear()]
        assert [frame["message_id"] for frame in heard] == list(range(1, len(heard) + 1))
        assert {frame["connection_id"] for frame in heard} == {first["connection_id"]}

    talking(dydx_url, talk)


def test_dydx_deltas_turn_the_snapshot_into_the_book_that_rest_shows(dydx_url: str, paper_house: Any) -> None:
    async def talk(client: Client) -> None:
        await client.hear()
        await client.say(type="subscribe", channel="v3_orderbook", id="BTC-USD", includeOffsets=True)
        snapshot = (await client.hear())["contents"]
        book = {s: {row["price"]: (row["size"], int(row["offset"])) for row in snapshot[s]} for s in ("bids", "asks")}
        for shift in (2, -1, 5):
            await asyncio.to_thread(paper_house.show, Venue.DYDX, "BTC", shift)
            frame = await client.hear()
            assert (frame["type"], frame["channel"], frame["id"]) == ("channel_data", "v3_orderbook", "BTC-USD")
            fold(book, frame["contents"])
        async with client.session.get(f"{paper_house.url(Venue.DYDX)}/v3/orderbook/BTC-USD") as answer:
            shown = await answer.json()
        for side in ("bids", "asks"):
            folded = {price: size for price, (size, _) in book[side].items()}
            assert folded == {row["price"]: row["size"] for row in shown[side]}

    talking(dydx_url, talk)


def fold(book: dict[str, dict[str, tuple[str, int]]], delta: Any) -> None:
    """What a client does with a delta; its offset must be above that of every level it replaces."""
    for side in ("bids", "asks"):
        for price, size in delta[side]:
            assert int(delta["offset"]) > book[side].get(price, ("", 0))[1]
            book[side].pop(price, None)
            if size != "0":
                book[side][price] = (size, int(delta["offset"]))


def test_dydx_account_channel_tells_an_order_with_all_it_changed_in_one_frame(
    dydx_url: str, paper_house: Any, place: Callable[..., Any]
) -> None:
    async def talk(client: Client) -> None:
        await client.hear()
        await client.say(**dydx_account_message(paper_house))
        opening = await client.hear()
        assert opening["type"] == "subscribed" and opening["id"] == paper_house.accounts[Venue.DYDX].account_id
        assert opening["contents"]["account"]["equity"] == "1000.000000"
        assert opening["contents"]["orders"] == []
        await asyncio.to_thread(place, Venue.DYDX, "one")
        contents = (await client.hear())["contents"]
        (order,), (fill,), (position,) = contents["orders"], contents["fills"], contents["positions"]
        assert (order["clientId"], order["status"], order["remainingSize"]) == ("one", "FILLED", "0")
        assert order["limitFee"] == "0.5" and order["unfillableAt"]
        assert (fill["orderClientId"], fill["price"], fill["quoteAmount"]) == ("one", "40001.000000", "400.010000")
        assert (position["market"], position["size"]) == ("BTC-USD", "0.01")
        (account,) = contents["accounts"]
        assert account["accountNumber"] == 0 and "equity" not in account
        assert account["quoteBalance"] == "599.789995"
        assert (contents["transfers"], contents["fundingPayments"]) == ([], [])

    talking(dydx_url, talk)


@pytest.mark.parametrize("part", ["apiKey", "passphrase", "signature", "timestamp"])
def test_dydx_account_channel_is_for_its_holder_alone(dydx_url: str, paper_house: Any, part: str) -> None:
    async def talk(client: Client) -> None:
        await client.hear()
        await client.say(**dydx_account_message(paper_house, **{part: "wrong"}))
        assert (await client.hear())["type"] == "error"

    talking(dydx_url, talk)


def test_dydx_answers_what_it_does_not_understand_with_errors(dydx_url: str) -> None:
    async def talk(client: Client) -> None:
        await client.hear()
        wrongs: list[dict[str, Any]] = [
            {"type": "dance"},
            {"type": "subscribe", "channel": "v3_dance"},
            {"type": "subscribe", "channel": "v3_orderbook", "id": "DANCE-USD"},
            {"type": "subscribe", "channel": ["v3_orderbook"]},
            {"type": "unsubscribe", "channel": "v3_orderbook", "id": "BTC-USD"},
        ]
        for wrong in wrongs:
            await client.say(**wrong)
            assert (await client.hear())["type"] == "error"
        trades = {"channel": "v3_trades", "id": "BTC-USD"}
        for kind, heard in (("subscribe", "subscribed"), ("subscribe", "error"), ("unsubscribe", "unsubscribed")):
            await client.say(type=kind, **trades)
            assert (await client.hear())["type"] == heard

    talking(dydx_url, talk)


def test_a_client_that_talks_nonsense_is_closed(dydx_url: str) -> None:
    async def talk(client: Client) -> None:
        with suppress(ConnectionError):  # closed while we still talk
            for _ in range(60):
                await client.say(type="dance")
        assert await client.is_closed()

    talking(dydx_url, talk)


def test_dydx_trades_and_market_figures_are_published(
    dydx_url: str, paper_house: Any, place: Callable[..., Any]
) -> None:
    async def talk(client: Client) -> None:
        await client.hear()
        await client.say(type="subscribe", channel="v3_markets")
        opening = await client.hear()
        assert opening["contents"]["markets"]["BTC-USD"]["indexPrice"] == "40000.0000" and "id" not in opening
        await client.say(type="subscribe", channel="v3_trades", id="BTC-USD")
        await client.hear_until(lambda f: f["channel"] == "v3_trades" and f["type"] == "subscribed")
        await asyncio.to_thread(place, Venue.DYDX, "one")
        heard = await client.hear_until(lambda f: f["channel"] == "v3_trades" and f["type"] == "channel_data")
        assert heard[-1]["contents"]["trades"][0]["size"] == "0.01"
        await asyncio.to_thread(paper_house.show, Venue.DYDX, "BTC", 100)
        moved = "40100.0000"
        heard = await client.hear_until(lambda f: f["contents"].get("BTC-USD", {}).get("indexPrice") == moved)
        assert "stepSize" not in heard[-1]["contents"]["BTC-USD"]

    talking(dydx_url, talk)


def test_apex_deltas_count_on_from_the_snapshot_and_make_the_book_that_rest_shows(
    apex_url: str, paper_house: Any
) -> None:
    async def talk(client: Client) -> None:
        await client.say(op="subscribe", args=["orderBook25.H.BTCUSDC"])
        snapshot, ack = await client.hear(), await client.hear()
        assert (snapshot["type"], snapshot["topic"]) == ("snapshot", "orderBook25.H.BTCUSDC")
        assert ack["success"] is True and ack["request"]["op"] == "subscribe"
        data = snapshot["data"]
        book, u = {side: dict(data[side]) for side in "ba"}, data["u"]
        for shift in (2, -1, 5):
            await asyncio.to_thread(paper_house.show, Venue.APEX, "BTC", shift)
            delta = (await client.hear())["data"]
            assert delta["u"] == u + 1
            u = delta["u"]
            for side in "ba":
                book[side] |= dict(delta[side])
        async with client.session.get(f"{paper_house.url(Venue.APEX)}/api/v1/depth?symbol=BTCUSDC") as answer:
            shown = (await answer.json())["data"]
        assert shown["u"] == u
        for side in "ba":
            assert {price: size for price, size in book[side].items() if size != "0"} == dict(shown[side])

    talking(apex_url, talk)


def test_apex_gathers_changes_into_one_frame(apex_url: str, paper_house: Any) -> None:
    async def talk(client: Client) -> None:
        await client.say(op="subscribe", args=["orderBook200.H.BTCUSDC"])
        u = (await client.hear())["data"]["u"]
        await client.hear()

        def burst() -> None:
            engine = paper_house.engines[Venue.APEX]
            for n in range(10):
                engine.place(paper_house.accounts[Venue.APEX].account_id, resting(str(n)), clock.now_ns())

        await asyncio.to_thread(paper_house.call, burst)
        delta = (await client.hear())["data"]
        assert delta["u"] == u + 1
        assert ["39990", "0.01"] in delta["b"] and len(delta["b"]) == 10

    talking(apex_url, talk)


def resting(number: str) -> PlaceRequest:
    """A BUY of 0.001 BTC below the book, each at a price of its own."""
    return PlaceRequest(
        client_id=number,
        market="BTC",
        side=Side.BUY,
        kind="LIMIT",
        lifetime="GTT",
        size=Decimal("0.01"),
        price=Decimal(39_990 - int(number)),
        post_only=True,
        reduce_only=False,
        limit_fee=Decimal(1),
        expires_ns=clock.now_ns() + 3600 * 10**9,
        signature="",
    )


def apex_login(house: Any, **changed: str) -> dict[str, Any]:
    own = house.accounts[Venue.APEX]
    at = str(clock.now_ns() // 10**6)
    inner: dict[str, Any] = {
        "type": "login",
        "topics": ["ws_notify_v1", "ws_accounts_v2", "ws_accounts_v1"],
        "httpMethod": "GET",
        "requestPath": "/ws/accounts",
        "apiKey": own.api_key,
        "passphrase": own.passphrase,
        "timestamp": int(at),
        "signature": auth_apex.signature(own.secret, f"{at}GET/ws/accounts"),
    } | changed
    return {"op": "login", "args": [orjson.dumps(inner).decode()]}


def test_apex_login_brings_snapshots_and_then_what_changed(paper_house: Any, place: Callable[..., Any]) -> None:
    async def talk(client: Client) -> None:
        await client.say(**apex_login(paper_house))
        ack = await client.hear()
        assert ack["success"] is True and ack["request"] == {"op": "login", "args": []}
        first, second = await client.hear(), await client.hear()
        assert {first["topic"], second["topic"]} == {"ws_accounts_v1", "ws_accounts_v2"}
        assert first["type"] == second["type"] == "snapshot"
        assert first["contents"]["wallets"][0]["balance"] == "1000.000000"
        await asyncio.to_thread(place, Venue.APEX, "one")
        contents = (await client.hear())["contents"]
        (order,), (fill,), (position,) = contents["orders"], contents["fills"], contents["positions"]
        assert (order["clientOrderId"], order["status"], order["cumSuccessFillSize"]) == ("one", "FILLED", "0.01")
        assert (fill["orderId"], fill["price"]) == (order["id"], "40000.5")
        assert (position["symbol"], position["side"], position["size"]) == ("BTC-USDC", "LONG", "0.01")

    talking(f"{paper_house.url(Venue.APEX)}/realtime_private?v=2&timestamp=1", talk)


@pytest.mark.parametrize("part", ["apiKey", "passphrase", "signature", "timestamp"])
def test_apex_login_is_for_the_holder_alone(paper_house: Any, part: str) -> None:
    async def talk(client: Client) -> None:
        await client.say(**apex_login(paper_house, **{part: "wrong"}))
        answer = await client.hear()
        assert (answer["success"], answer["ret_msg"]) == (False, "login authority err")
        assert "request" not in answer

    talking(f"{paper_house.url(Venue.APEX)}/realtime_private", talk)


def test_apex_answers_pings_and_complains_as_documented(apex_url: str) -> None:
    async def talk(client: Client) -> None:
        await client.say(op="ping", args=["1"])
        assert (await client.hear())["ret_msg"] == "pong"
        await client.say(op="subscribe", args=["dance.H.BTCUSDC"])
        assert (await client.hear())["ret_msg"] == "error:handler not found,topic:dance.H.BTCUSDC"
        for topic in ("candle.1.BTCUSDC", "recentlyTrade.H.BTCUSDC", "instrumentInfo.all", "instrumentInfo.H.ETHUSDC"):
            await client.say(op="subscribe", args=[topic])
            assert (await client.hear())["topic"] == topic
            await client.hear_until(lambda frame: frame.get("success") is True)
        await client.say(op="subscribe", args=["candle.1.BTCUSDC"])
        complaint = (await client.hear_until(lambda frame: frame.get("success") is False))[-1]["ret_msg"]
        assert complaint == "error:topic:already subscribed,topic:candle.1.BTCUSDC"
        await client.say(op="login", args=["[]"])
        complaint = (await client.hear_until(lambda frame: frame.get("success") is False))[-1]["ret_msg"]
        assert complaint == "msg param error"

    talking(apex_url, talk)


def test_apex_tickers_tell_only_what_moved(apex_url: str, paper_house: Any) -> None:
    async def talk(client: Client) -> None:
        await client.say(op="subscribe", args=["instrumentInfo.H.BTCUSDC"])
        assert (await client.hear())["data"]["indexPrice"] == "40000"
        await asyncio.to_thread(paper_house.show, Venue.APEX, "BTC", 100)
        heard = await client.hear_until(lambda f: f.get("data", {}).get("indexPrice") == "40050")
        assert heard[-1]["type"] == "delta"

    talking(apex_url, talk)


def test_a_reader_that_does_not_read_is_dropped() -> None:
    sockets: list[Socket] = []
    ended = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        sockets.append(Socket())
        try:
            return await sockets[0].run(request, lambda said: None)
        finally:
            ended.set()

    async def run() -> None:
        app = web.Application()
        app.router.add_get("/", handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        reader, writer = await asyncio.open_connection("127.0.0.1", runner.addresses[0][1])
        writer.write(UPGRADE)
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(10 * OUTBOX_MAX):
            sockets[0].push(bytes(4000))
            if sockets[0].is_closing:
                break
            # the sender gets its turn: what the kernel takes is not waiting
            await asyncio.sleep(0)
        assert sockets[0].is_closing
        async with asyncio.timeout(WAIT_S):
            await ended.wait()
        writer.close()
        await runner.cleanup()

    asyncio.run(run())


#: what a WebSocket client begins with
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
