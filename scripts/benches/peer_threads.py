"""A peer: what a good programmer writes in an afternoon. Books over WebSockets, orders over a warm aiohttp session,
both legs at once, the official clients signing in threads.

It keeps best bid and ask only, remembers nothing on disk, and looks at no limit.
"""

import asyncio
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson
import uvloop

from common.core.market import Venue
from scripts.benches.peer_keys import APEX_BOOK, APEX_NAME, DYDX_NAME, LIFE_S, SIZE, Given, Trigger

#: path, headers, body
Request = tuple[str, dict[str, str], bytes]
FAR = 0.01


class Book:
    """Levels by price."""

    def __init__(self) -> None:
        self.bids: dict[float, float] = {}
        self.asks: dict[float, float] = {}

    def put(self, bids: Any, asks: Any) -> None:
        """Rows of price and size; 0 removes."""
        for side, rows in ((self.bids, bids), (self.asks, asks)):
            for price, size in rows:
                if float(size):
                    side[float(price)] = float(size)
                else:
                    side.pop(float(price), None)

    def touch(self) -> tuple[float, float] | None:
        """Best bid and ask."""
        return (max(self.bids), min(self.asks)) if self.bids and self.asks else None


class Bot:
    """Two books, two clients, one session."""

    def __init__(self, given: Given, session: aiohttp.ClientSession) -> None:
        self._given, self._session = given, session
        self._dydx, self._apex, self._trigger = given.dydx(), given.apex(), Trigger()
        self._books = {venue: Book() for venue in Venue}
        self._tasks: set[asyncio.Task[None]] = set()
        _keep_requests(self._apex)

    async def hear_dydx(self) -> None:
        """The order book channel."""
        asked = {"type": "subscribe", "channel": "v3_orderbook", "id": DYDX_NAME, "includeOffsets": True}
        async with self._session.ws_connect(f"{self._given.url(Venue.DYDX)}/v3/ws") as socket:
            await socket.send_str(orjson.dumps(asked).decode())
            async for message in socket:
                frame = orjson.loads(message.data)
                sides = [frame.get("contents", {}).get(side, ()) for side in ("bids", "asks")]
                if frame["type"] == "subscribed":
                    sides = [[(row["price"], row["size"]) for row in side] for side in sides]
                self._changed(Venue.DYDX, sides)

    async def hear_apex(self) -> None:
        """The order book topic."""
        url = f"{self._given.url(Venue.APEX)}/realtime_public?v=2&timestamp={int(time.time() * 1000)}"
        async with self._session.ws_connect(url) as socket:
            await socket.send_str(orjson.dumps({"op": "subscribe", "args": [f"orderBook200.H.{APEX_BOOK}"]}).decode())
            async for message in socket:
                data = orjson.loads(message.data).get("data", {})
                self._changed(Venue.APEX, [data.get("b", ()), data.get("a", ())])

    def _changed(self, venue: Venue, sides: list[Any]) -> None:
        self._books[venue].put(*sides)
        apex, dydx = self._books[Venue.APEX].touch(), self._books[Venue.DYDX].touch()
        direction = self._trigger.direction(apex, dydx) if apex and dydx else 0
        if direction and apex and dydx:
            legs = (self._leg(self._sign_apex, direction, apex), self._leg(self._sign_dydx, -direction, dydx))
            for leg in legs:
                task = asyncio.create_task(leg)
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _leg(self, sign: Any, direction: int, touch: tuple[float, float]) -> None:
        path, headers, body = await asyncio.to_thread(sign, direction, touch)
        async with self._session.post(path, data=body, headers=headers) as response:
            await response.read()

    def _sign_apex(self, direction: int, touch: tuple[float, float]) -> Request:
        price = touch[0] * (1 - FAR) if direction > 0 else touch[1] * (1 + FAR)
        path, headers, fields = self._apex.create_order(
            symbol=APEX_NAME,
            side="SELL" if direction > 0 else "BUY",
            type="LIMIT",
            size=SIZE,
            price=str(round(price)),
            limitFeeRate=self._apex.account["takerFeeRate"],
            expirationEpochSeconds=time.time() + LIFE_S,
        )
        told = {name: value for name, value in fields.items() if value is not None}
        return path, headers | {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(told).encode()

    def _sign_dydx(self, direction: int, touch: tuple[float, float]) -> Request:
        price = touch[0] * (1 - FAR) if direction > 0 else touch[1] * (1 + FAR)
        path, headers, fields = self._dydx.private.create_order(
            position_id=self._given.position_id,
            market=DYDX_NAME,
            side="SELL" if direction > 0 else "BUY",
            order_type="LIMIT",
            post_only=False,
            size=SIZE,
            price=str(round(price)),
            limit_fee="0.0015",
            expiration_epoch_seconds=time.time() + LIFE_S,
        )
        told = {name: value for name, value in fields.items() if value is not None}
        return path, headers | {"Content-Type": "application/json"}, orjson.dumps(told)


def _keep_requests(apex: Any) -> None:
    """Both clients hand their signed requests out instead of sending them: the session sends."""
    from dydx3.modules import private

    private.request = lambda uri, method, headers, data, timeout=None: (uri, headers, data)
    apex._submit_request = lambda method, path, query, headers: (path, headers, query)


async def main() -> None:
    """Hear both until ended."""
    async with aiohttp.ClientSession() as session:
        bot = Bot(Given.read(), session)
        await asyncio.gather(bot.hear_dydx(), bot.hear_apex())


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
