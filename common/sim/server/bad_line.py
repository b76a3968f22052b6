"""What befalls a request on its way to a paper venue and back: lost, late, twice, drowned in a proxy's pages, refused.

Keeps what venues are trusted with (docs/reliability.md): a refusal that was told is final, and an order can be found by
its client id 5 s after it was taken in. Knows of the protocols only which request is an order, and whose.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import parse_qs

import orjson
from aiohttp import web

from common.core.market import Venue
from common.sim.checks import Refuse
from common.sim.server import apex_rest, dydx_rest, texts
from common.sim.server.mouth import Handler, Mouth
from common.sim.server.plain import NS_PER_SECOND
from common.sim.types import PaperRefusal

#: an answer that never comes: longer than any client of ours waits
SILENCE_S = 6.0
#: an order is found by its client id after this, by the venues' word
VISIBLE_NS = 5 * NS_PER_SECOND
TOO_MANY, BROKEN = (429,), (500, 502, 503, 504)
#: a proxy's page may come with any status, 200 included
PAGES = (
    ("application/json", b'{"errors":[{"msg":"Too many requests"}],"code":10016,"msg":"busy"}'),
    ("application/json", b'"busy"'),
    ("text/html", b"<html><head><title>Attention Required!</title></head><body>Ray ID</body></html>"),
    ("text/plain", b"upstream connect error or disconnect/reset before headers"),
)
HTML = PAGES[2]
ORDER, LOOK_UP, FILLS, OTHER = "order", "look-up", "fills", "other"
_ORDER_PATHS = ("/v3/orders", "/create-order")
_LOOK_UP_PARTS = ("/v3/orders/client/", "/order-by-client-id", "/order-by-client-order-id")
_FILL_PARTS = ("/fills", "/v3/orders/", "/get-order")
_UNTOUCHED = ("/health", "/v3/ws", "/realtime_public", "/realtime_private")


class Chance(Protocol):
    """Dice for one purpose."""

    @property
    def faults(self) -> Any:
        """The numbers."""

    @property
    def random(self) -> Any:
        """The dice."""

    def strikes(self, fault: str) -> bool:
        """Draw one fault by its name."""

    def coin(self) -> bool:
        """One of two."""

    def within_s(self, most_ns: int) -> float:
        """Any time up to `most_ns`, seconds."""


class BadLine:
    """Middleware before one venue; `dice` has one set for each purpose."""

    PURPOSES = (ORDER, LOOK_UP, FILLS, OTHER)

    def __init__(self, mouth: Mouth, dice: Mapping[str, Chance]) -> None:
        self._mouth, self._dice = mouth, dice
        self._refused: set[str] = set()
        self._late: set[asyncio.Task[None]] = set()

    @web.middleware
    async def pass_on(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """One request, whatever becomes of it."""
        about = purpose(request)
        if about is None:
            return await handler(request)
        if about == ORDER:
            return await self._order(request, handler)
        luck = self._dice[about]
        if luck.strikes("account_missed" if about == OTHER else "look_up_failed"):
            return await self._no_answer(request, luck)
        if about == LOOK_UP and self._is_young(request) and luck.strikes("not_visible"):
            return self._not_found(request)
        return await handler(request)

    def close(self) -> None:
        """What is still on its way never arrives."""
        for task in self._late:
            task.cancel()

    # ---- orders -----------------------------------------------------------------------------------------------------

    async def _order(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The fates of an order, worst first; a second copy of it may be on its way besides."""
        await request.read()
        luck = self._dice[ORDER]
        if luck.strikes("request_twice"):
            self._arrive_later(request, handler)
        if luck.strikes("request_lost"):
            return await _silence(request, luck)
        if luck.strikes("request_late"):
            self._arrive_later(request, handler)
            return await _silence(request, luck)
        if luck.strikes("reply_lost"):
            await handler(request)
            return await _silence(request, luck)
        if luck.strikes("throttled"):
            return _page(luck, TOO_MANY)
        if luck.strikes("server_error"):
            if luck.coin():
                await handler(request)
            return _page(luck, BROKEN)
        return await self._answered(request, handler)

    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        client_id, luck = await client_id_of(request), self._dice[ORDER]
        if self._mouth_order(client_id) is None and luck.strikes("rejected"):
            said: web.StreamResponse = self._refusal(luck)
        else:
            said = await handler(request)
        if _is_refusal(said):
            self._refused.add(client_id)
        return said

    def _arrive_later(self, request: web.Request, handler: Handler) -> None:
        luck = self._dice[ORDER]
        task = asyncio.create_task(self._arrive(request, handler, luck.within_s(luck.faults.late_max_ns)))
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _arrive(self, request: web.Request, handler: Handler, after_s: float) -> None:
        """A copy that nobody waits for. What its sender was told is refused is not taken in any more."""
        await asyncio.sleep(after_s)
        if await client_id_of(request) not in self._refused:
            await handler(request)

    def _refusal(self, luck: Chance) -> web.Response:
        """A no out of the blue, in any of the venue's words."""
        if self._mouth.venue.venue is Venue.DYDX:
            return dydx_rest.respond(texts.dydx_refusal(PaperRefusal(luck.random.choice(tuple(Refuse)), {})))
        return apex_rest.respond(texts.apex_refusal(PaperRefusal(luck.random.choice(texts.APEX_REFUSALS), {})), 0)

    # ---- questions --------------------------------------------------------------------------------------------------

    async def _no_answer(self, request: web.Request, luck: Chance) -> web.StreamResponse:
        if luck.coin():
            return await _silence(request, luck)
        return _page(luck, (*TOO_MANY, *BROKEN))

    def _is_young(self, request: web.Request) -> bool:
        order = self._mouth_order(_asked_for(request))
        return order is not None and self._mouth.now_ns() - order.created_ns < VISIBLE_NS

    def _not_found(self, request: web.Request) -> web.Response:
        name = _asked_for(request)
        if self._mouth.venue.venue is Venue.DYDX:
            return dydx_rest.respond(texts.dydx_not_found(name))
        return apex_rest.respond(texts.apex("ORDER_NOT_FOUND", orderId=name), 0)

    def _mouth_order(self, client_id: str) -> Any:
        accounts = (holder.account_id for holder in self._mouth.accounts)
        found = (self._mouth.venue.order_by_client_id(account_id, client_id) for account_id in accounts)
        return next((order for order in found if order is not None), None)


def purpose(request: web.Request) -> str | None:
    """Which dice a request meets; None for those that no fault touches."""
    path = apex_rest.collapsed(request.path)
    if path in _UNTOUCHED:
        return None
    if request.method == "POST":
        return ORDER if path.endswith(_ORDER_PATHS) else OTHER
    if any(part in path for part in _LOOK_UP_PARTS):
        return LOOK_UP
    return FILLS if any(part in path for part in _FILL_PARTS) else OTHER


async def client_id_of(request: web.Request) -> str:
    """The client id that an order carries; empty where there is none to be read."""
    body = await request.read()
    try:
        found = orjson.loads(body).get("clientId") if body[:1] == b"{" else parse_qs(body.decode())["clientId"][0]
    except (ValueError, KeyError):
        return ""
    return found if isinstance(found, str) else ""


def _asked_for(request: web.Request) -> str:
    return request.query.get("id") or request.path.rpartition("/")[2]


def _is_refusal(said: web.StreamResponse) -> bool:
    """A no in so many words: dYdX's 4xx, ApeX's body without data."""
    body = said.body if isinstance(said, web.Response) and isinstance(said.body, bytes) else b""
    return 400 <= said.status < 500 or (said.status == 200 and not body.startswith(b'{"data"'))


async def _silence(request: web.Request, luck: Chance) -> web.Response:
    """No answer: the connection breaks at once, or nothing is heard on it until the client has given up."""
    if luck.coin():
        await asyncio.sleep(SILENCE_S)
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=BROKEN[-1])


def _page(luck: Chance, statuses: Sequence[int]) -> web.Response:
    """What a proxy says in the venue's stead."""
    kind, body = luck.random.choice(PAGES)
    status = luck.random.choice((200, *statuses)) if (kind, body) == HTML else luck.random.choice(statuses)
    return web.Response(status=status, body=body, content_type=kind)
