"""ApeX's WebSockets: public topics with snapshots and deltas, and the private stream after a login.

Each publication is encoded once and fanned out as the same bytes.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web

from common.sim.server import apex_public, auth_apex, texts, views_apex_market, views_apex_ws
from common.sim.server.apex_books import DEPTHS, ApexBook
from common.sim.server.apex_rest import admit
from common.sim.server.claims import Claim
from common.sim.server.mouth import Mouth
from common.sim.server.plain import ms
from common.sim.server.socket import Socket
from common.sim.types import AccountChange, BookChange, Print

Json = dict[str, Any]
NS_PER_US = 1000
ARGS_MAX = 100
#: op-pings of the server, which wants op-pongs or any other sign of life
PING_S = 15.0
ALL_TICKERS = "instrumentInfo.all"
ACCOUNT_TOPICS = ("ws_accounts_v1", "ws_accounts_v2")
TRADES_SHOWN = 50


class Client:
    """A connection with the topics it hears; `account_id` after a login."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.topics: set[str] = set()
        self.account_id: str | None = None

    def say(self, message: Json) -> None:
        """Queue a frame for this client alone."""
        self.socket.push(orjson.dumps(message))

    def accept(self, request: Json) -> None:
        """Tell the client that its request was carried out."""
        self.say({"success": True, "ret_msg": "", "conn_id": self.socket.id, "request": request})


class ApexSockets:
    """Every connection to /realtime_public and /realtime_private."""

    def __init__(self, mouth: Mouth) -> None:
        self._mouth = mouth
        self.books = {market: self._book_of(market) for market in mouth.listings}
        self._subscribers: dict[str, dict[Client, None]] = {}
        self._clients: dict[Client, None] = {}
        self._tickers: dict[str, Json] = {}
        mouth.on_book, mouth.on_print, mouth.on_account = self._book, self._print, self._account

    async def public(self, request: web.Request) -> web.StreamResponse:
        """Serve one public connection for as long as it lasts."""
        return await self._serve(request, {"subscribe": self._subscribe, "unsubscribe": self._unsubscribe})

    async def private(self, request: web.Request) -> web.StreamResponse:
        """Serve one private connection for as long as it lasts."""
        return await self._serve(request, {"login": self._login})

    async def tick(self) -> None:
        """Publish tickers that changed once per ticker interval and ping clients now and then, for ever."""
        since_ping = 0.0
        while True:
            await asyncio.sleep(self._mouth.pacing.ticker_s)
            self._publish_tickers()
            since_ping += self._mouth.pacing.ticker_s
            if since_ping >= PING_S:
                since_ping = 0.0
                ping = orjson.dumps({"op": "ping", "args": [str(ms(self._mouth.now_ns()))]})
                for client in self._clients:
                    client.socket.push(ping)

    def close_all(self) -> None:
        """End every connection."""
        for client in self._clients:
            client.socket.close()

    # in

    async def _serve(self, request: web.Request, ops: dict[str, Callable[[Client, Json], None]]) -> web.StreamResponse:
        client = Client(self._mouth.socket())
        self._clients[client] = None
        try:
            return await client.socket.run(request, lambda said: self._hear(client, said, ops))
        finally:
            self._clients.pop(client, None)
            for topic in client.topics:
                self._leave(client, topic)

    def _hear(self, client: Client, said: str, ops: dict[str, Callable[[Client, Json], None]]) -> None:
        try:
            message = orjson.loads(said)
        except orjson.JSONDecodeError:
            message = None
        op = message.get("op") if isinstance(message, dict) else None
        if op == "ping":
            now = str(ms(self._mouth.now_ns()))
            client.say({"success": True, "ret_msg": "pong", "conn_id": client.socket.id, "op": "pong", "args": [now]})
        elif op in ops and _are_texts(message.get("args")):
            ops[op](client, message)
        elif op != "pong":
            self._refuse(client, "msg param error", message)

    def _refuse(self, client: Client, reason: str, message: Any) -> None:
        client.socket.count_error()
        asked = {"request": message} if isinstance(message, dict) and message.get("op") != "login" else {}
        client.say({"success": False, "ret_msg": reason, "conn_id": client.socket.id} | asked)

    def _subscribe(self, client: Client, message: Json) -> None:
        for topic in message["args"]:
            if topic in client.topics:
                self._refuse(client, f"error:topic:already subscribed,topic:{topic}", message)
                return
            snapshot = self._snapshot(topic)
            if snapshot is None:
                self._refuse(client, f"error:handler not found,topic:{topic}", message)
                return
            client.topics.add(topic)
            self._subscribers.setdefault(topic, {})[client] = None
            client.socket.push(self._frame(topic, "snapshot", snapshot))
        client.accept(message)

    def _unsubscribe(self, client: Client, message: Json) -> None:
        for topic in message["args"]:
            if topic not in client.topics:
                self._refuse(client, f"error:topic:not subscribed,topic:{topic}", message)
                return
            client.topics.discard(topic)
            self._leave(client, topic)
        client.accept(message)

    def _leave(self, client: Client, topic: str) -> None:
        left = self._subscribers[topic]
        left.pop(client, None)
        kind, market = self._parsed(topic)
        if not left and market in self.books and kind.startswith("orderBook"):
            self.books[market].forget(int(kind.removeprefix("orderBook")))

    def _login(self, client: Client, message: Json) -> None:
        try:
            inner = orjson.loads(message["args"][0])
        except (orjson.JSONDecodeError, IndexError):
            inner = None
        if not isinstance(inner, dict):
            self._refuse(client, "msg param error", message)
            return
        said = [str(inner.get(name, "")) for name in ("apiKey", "passphrase", "timestamp", "signature")]
        holder = admit(self._mouth, Claim(*said), "GET", auth_apex.WS_PATH, {})
        if isinstance(holder, texts.No):
            self._refuse(client, "login authority err", message)
            return
        client.account_id = holder.account_id
        # the login's args hold the passphrase: they are not echoed
        client.accept({"op": "login", "args": []})
        wanted = inner.get("topics")
        for topic in ACCOUNT_TOPICS:
            if isinstance(wanted, list) and topic in wanted and topic not in client.topics:
                client.topics.add(topic)
                self._subscribers.setdefault(topic, {})[client] = None
                client.say(views_apex_ws.opening(self._mouth, holder, topic))

    # out

    def _book_of(self, market: str) -> ApexBook:
        cross = views_apex_market.cross_name(self._mouth.name(market))

        def publish(depth: int, data: Json) -> None:
            self._fan(f"orderBook{depth}.H.{cross}", "delta", data)

        return ApexBook(self._mouth, market, publish)

    def _snapshot(self, topic: str) -> Any:
        """What a new subscriber of a public topic gets first; None for a topic that is not served."""
        mouth = self._mouth
        if topic == ALL_TICKERS:
            full = [views_apex_market.ticker(mouth, market) for market in mouth.listings]
            return [views_apex_market.short_ticker(one) for one in full]
        kind, market = self._parsed(topic)
        if market not in self.books:
            return None
        if kind in {f"orderBook{depth}" for depth in DEPTHS}:
            return self.books[market].listen(int(kind.removeprefix("orderBook")))
        if kind == "recentlyTrade":
            shown = mouth.venue.prints(market)[:TRADES_SHOWN]
            return [views_apex_market.trade(mouth.name(market), one) for one in shown]
        if kind == "instrumentInfo":
            return views_apex_market.ticker(mouth, market)
        interval = kind.partition("candle.")[2]
        if interval in apex_public.KLINE_MINUTES:
            return views_apex_market.candles(mouth, market, interval, apex_public.KLINE_MINUTES[interval])
        return None

    def _parsed(self, topic: str) -> tuple[str, str]:
        """(kind, our market) of a topic: `orderBook25.H.BTCUSDC`, `candle.1.BTCUSDC`."""
        kind, _, cross = topic.rpartition(".")
        found = (m for m in self.books if views_apex_market.cross_name(self._mouth.name(m)) == cross)
        return kind.removesuffix(".H"), next(found, "")

    def _book(self, change: BookChange) -> None:
        if change.market in self.books:
            self.books[change.market].touch()

    def _print(self, public: Print) -> None:
        name = self._mouth.name(public.market)
        cross = views_apex_market.cross_name(name)
        self._fan(f"recentlyTrade.H.{cross}", "delta", [views_apex_market.trade(name, public)])
        for interval, minutes in apex_public.KLINE_MINUTES.items():
            topic = f"candle.{interval}.{cross}"
            if self._subscribers.get(topic):
                data = views_apex_market.candles(self._mouth, public.market, interval, minutes)
                self._fan(topic, "delta", data)

    def _account(self, change: AccountChange) -> None:
        for topic in ACCOUNT_TOPICS:
            heard = [c for c in self._subscribers.get(topic, ()) if c.account_id == change.account_id]
            if heard:
                frame = orjson.dumps(views_apex_ws.update(self._mouth, change, topic))
                for client in heard:
                    client.socket.push(frame)

    def _publish_tickers(self) -> None:
        moved_all = []
        for market in self._mouth.listings:
            topic = f"instrumentInfo.H.{views_apex_market.cross_name(self._mouth.name(market))}"
            if not self._subscribers.get(topic) and not self._subscribers.get(ALL_TICKERS):
                continue
            now = views_apex_market.ticker(self._mouth, market)
            before = self._tickers.get(market, {})
            moved = {key: value for key, value in now.items() if before.get(key) != value}
            self._tickers[market] = now
            if moved:
                self._fan(topic, "delta", {"symbol": now["symbol"]} | moved)
                moved_all.append(views_apex_market.short_ticker(now))
        if moved_all:
            self._fan(ALL_TICKERS, "delta", moved_all)

    def _fan(self, topic: str, kind: str, data: Any) -> None:
        clients = self._subscribers.get(topic)
        if clients:
            frame = self._frame(topic, kind, data)
            for client in clients:
                client.socket.push(frame)

    def _frame(self, topic: str, kind: str, data: Any) -> bytes:
        now_us = self._mouth.now_ns() // NS_PER_US
        cs = data["u"] if isinstance(data, dict) and "u" in data else 0
        return orjson.dumps({"topic": topic, "type": kind, "data": data, "cs": cs, "ts": now_us})


def _are_texts(args: Any) -> bool:
    return isinstance(args, list) and 0 < len(args) <= ARGS_MAX and all(isinstance(arg, str) for arg in args)
