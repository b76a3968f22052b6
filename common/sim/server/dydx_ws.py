"""dYdX's WebSocket: one channel_data per change, message ids counted per connection, private account channel.

What is constant in a frame is encoded once per publication; only the head with connection and message id differs.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web

from common.sim.server import auth_dydx, limits, texts, views_dydx, views_dydx_ws
from common.sim.server.claims import Claim
from common.sim.server.limits import Limits
from common.sim.server.mouth import Mouth
from common.sim.server.plain import text
from common.sim.server.socket import Socket
from common.sim.types import AccountChange, BookChange, Print

#: a snapshot of trades has as many as one answer of the REST list
TRADES_SHOWN = 100
Json = dict[str, Any]
Topic = tuple[str, str]
BOOK, TRADES, MARKETS, ACCOUNTS = "v3_orderbook", "v3_trades", "v3_markets", "v3_accounts"


class Connection:
    """A client's connection with its message count and subscriptions."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.topics: set[Topic] = set()
        self.limits = Limits()
        self._next = 0

    def say(self, kind: str, tail: bytes = b"}") -> None:
        """Queue one frame: type, connection and message id, then the tail that all receivers share."""
        head = f'{{"type":"{kind}","connection_id":"{self.socket.id}","message_id":{self._next}'
        self._next += 1
        self.socket.push(head.encode() + tail)


class DydxSockets:
    """Every connection to /v3/ws, by what it has subscribed to."""

    def __init__(self, mouth: Mouth) -> None:
        self._mouth = mouth
        self._subscribers: dict[Topic, dict[Connection, None]] = {}
        self._connections: dict[Connection, None] = {}
        self._figures: dict[str, Json] = {}
        mouth.on_book, mouth.on_print, mouth.on_account = self._book, self._print, self._account

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection for as long as it lasts."""
        connection = Connection(self._mouth.socket())
        self._connections[connection] = None
        connection.say("connected")
        try:
            return await connection.socket.run(request, lambda said: self._hear(connection, said))
        finally:
            self._connections.pop(connection, None)
            for topic in connection.topics:
                self._subscribers[topic].pop(connection, None)

    def close_all(self) -> None:
        """End every connection."""
        for connection in self._connections:
            connection.socket.close()

    async def tick(self) -> None:
        """Publish market figures that changed, once per ticker interval, for ever."""
        while True:
            await asyncio.sleep(self._mouth.pacing.ticker_s)
            if self._subscribers.get((MARKETS, MARKETS)):
                self._publish_figures()

    # in

    def _hear(self, connection: Connection, said: str) -> None:
        try:
            message = orjson.loads(said)
        except orjson.JSONDecodeError:
            message = None
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "ping":
            connection.say("pong")
        elif kind == "subscribe":
            self._subscribe(connection, message)
        elif kind == "unsubscribe":
            self._unsubscribe(connection, message)
        else:
            _complain(connection, "Invalid message: could not be understood")

    def _subscribe(self, connection: Connection, message: Json) -> None:
        channel = message.get("channel")
        openers: dict[Any, Callable[[Json], tuple[str, Any] | str]] = {
            BOOK: self._open_book,
            TRADES: self._open_trades,
            MARKETS: self._open_markets,
            ACCOUNTS: self._open_account,
        }
        if not isinstance(channel, str) or channel not in openers:
            _complain(connection, f"Invalid channel: {channel}")
            return
        if not self._may_subscribe(connection, channel, str(message.get("id", ""))):
            _complain(connection, f"Too many subscribe messages for {channel}")
            return
        opened = openers[channel](message)
        if isinstance(opened, str):
            _complain(connection, opened)
            return
        topic_id, contents = opened
        topic = (channel, topic_id)
        if topic in connection.topics:
            _complain(connection, f"Already subscribed: {channel} ({topic_id})")
            return
        connection.topics.add(topic)
        connection.say("subscribed", _tail(topic, contents))
        self._subscribers.setdefault(topic, {})[connection] = None

    def _may_subscribe(self, connection: Connection, channel: str, market: str) -> bool:
        """Two a second for each channel, and for each market of it."""
        now_ns = self._mouth.now_ns()
        return connection.limits.spend(limits.SUBSCRIBE, channel, market, cost=1, now_ns=now_ns).allowed

    def _unsubscribe(self, connection: Connection, message: Json) -> None:
        channel, given = message.get("channel"), message.get("id")
        held = [topic for topic in connection.topics if topic[0] == channel and given in (None, topic[1])]
        for topic in held:
            connection.topics.discard(topic)
            self._subscribers[topic].pop(connection, None)
            connection.say("unsubscribed", _tail(topic))
        if not held:
            _complain(connection, f"Not subscribed: {channel} ({given})")

    def _open_book(self, message: Json) -> tuple[str, Any] | str:
        name = message.get("id")
        if not isinstance(name, str) or name not in self._mouth.markets:
            return f"Invalid id: {name}"
        return name, views_dydx.levels(self._mouth, self._mouth.markets[name], message.get("includeOffsets") is True)

    def _open_trades(self, message: Json) -> tuple[str, Any] | str:
        name = message.get("id")
        if not isinstance(name, str) or name not in self._mouth.markets:
            return f"Invalid id: {name}"
        shown = self._mouth.venue.prints(self._mouth.markets[name])[:TRADES_SHOWN]
        return name, {"trades": [views_dydx.trade(one) for one in shown]}

    def _open_markets(self, _: Json) -> tuple[str, Any] | str:
        mouth = self._mouth
        return MARKETS, {"markets": {name: views_dydx.market(mouth, ours) for name, ours in mouth.markets.items()}}

    def _open_account(self, message: Json) -> tuple[str, Any] | str:
        names = ("apiKey", "passphrase", "timestamp", "signature")
        claim = Claim(*(value if isinstance(value := message.get(n), str) else "" for n in names))
        holder = self._mouth.holders.get(claim.api_key)
        if holder is None or not auth_dydx.is_theirs(claim, holder, "GET" + auth_dydx.WS_PATH, b""):
            return f"{texts.UNAUTHORIZED}: invalid signature or API key"
        if not auth_dydx.is_timely(claim.timestamp, self._mouth.now_ns()):
            return texts.CLOCK
        if str(message.get("accountNumber", "0")) != "0":
            return f"Invalid accountNumber: {message.get('accountNumber')}"
        return holder.account_id, views_dydx_ws.opening(self._mouth, holder)

    # out

    def _book(self, change: BookChange) -> None:
        topic = (BOOK, self._mouth.name(change.market))
        if self._subscribers.get(topic):
            instrument = self._mouth.listings[change.market].instrument
            sides = (change.bids, change.asks)
            bids, asks = ([[text(instrument.price(p)), text(instrument.size(s))] for p, s, _ in side] for side in sides)
            self._fan(topic, {"offset": str(change.sequence), "bids": bids, "asks": asks})

    def _print(self, public: Print) -> None:
        topic = (TRADES, self._mouth.name(public.market))
        if self._subscribers.get(topic):
            self._fan(topic, {"trades": [views_dydx.trade(public)]})

    def _account(self, change: AccountChange) -> None:
        topic = (ACCOUNTS, change.account_id)
        if self._subscribers.get(topic):
            self._fan(topic, views_dydx_ws.update(self._mouth, change))

    def _publish_figures(self) -> None:
        changed: Json = {}
        for name, ours in self._mouth.markets.items():
            now = views_dydx.market_figures(self._mouth, ours)
            before = self._figures.get(name, {})
            moved = {key: value for key, value in now.items() if before.get(key) != value}
            self._figures[name] = now
            if moved:
                changed[name] = moved
        if changed:
            self._fan((MARKETS, MARKETS), changed)

    def _fan(self, topic: Topic, contents: Json) -> None:
        tail = _tail(topic, contents)
        for connection in self._subscribers[topic]:
            connection.say("channel_data", tail)


def _tail(topic: Topic, contents: Any = None) -> bytes:
    """The part of a frame that every receiver shares; v3_markets has no id."""
    channel, topic_id = topic
    named: Json = {"channel": channel} | ({"id": topic_id} if channel != MARKETS else {})
    if contents is not None:
        named["contents"] = contents
    return b"," + orjson.dumps(named)[1:]


def _complain(connection: Connection, message: str) -> None:
    connection.socket.count_error()
    connection.say("error", b"," + orjson.dumps({"message": message})[1:])
