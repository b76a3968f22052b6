"""Before a paper venue: who asks too often is told so, as the venue tells it. Orders and cancels of dYdX, which are
metered by market and notional, pay behind it (`dydx_rest`).

Knows which requests the venues count, and under whose name; not what they ask.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from common.core.market import Venue
from common.sim.server import limits, texts
from common.sim.server.apex_rest import collapsed
from common.sim.server.limits import Budget, Limits, Meter
from common.sim.server.mouth import Mouth

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
#: what the paper venues alone have, and what is no request of the protocol
_UNCOUNTED = ("/health", "/v3/ws", "/realtime_public", "/realtime_private")
_ACTIVE = "/v3/active-orders"
#: writes of dYdX that pay behind this gate
_METERED_BEHIND = ("/v3/orders", _ACTIVE)
CODE_TOO_MANY = 10003
TOO_MANY, BANNED = 429, 403


class Gate:
    """Middleware before one venue."""

    def __init__(self, mouth: Mouth) -> None:
        self._mouth, self._limits = mouth, Limits()
        self._pay = self._dydx if mouth.venue.venue is Venue.DYDX else self._apex

    @web.middleware
    async def pass_on(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """One request, if it is not one too many."""
        path = collapsed(request.raw_path).partition("?")[0]
        refused = None if path in _UNCOUNTED else self._pay(request, path)
        return refused or await handler(request)

    def _dydx(self, request: web.Request, path: str) -> web.Response | None:
        """GETs of one address; reads of active orders by what they name; other writes than orders."""
        if request.method == "GET":
            budget, cost = (limits.ACTIVE, limits.active_cost(request.query)) if path == _ACTIVE else (limits.GET, 1)
            meter = self._spend(budget, "GET", request.remote or "", cost)
        elif path.startswith(_METERED_BEHIND):
            return None
        else:
            meter = self._spend(limits.OTHER_WRITES, request.method, request.headers.get("DYDX-API-KEY", ""), 1)
        return None if meter.allowed else _said(limits.too_many(), meter)

    def _apex(self, request: web.Request, path: str) -> web.Response | None:
        """Everything of one address; what an account reads and writes."""
        if not self._spend(limits.APEX_ADDRESS, "", request.remote or "", 1).allowed:
            return web.Response(status=BANNED, text="Forbidden")
        key = request.headers.get("APEX-API-KEY")
        if key is None:
            return None
        budget = limits.APEX_POST if request.method == "POST" else limits.APEX_GET
        allowed = self._spend(budget, request.method, key, 1).allowed
        return None if allowed else _said(texts.No(TOO_MANY, _APEX_BODY), None)

    def _spend(self, budget: Budget, what: str, key: str, cost: int) -> Meter:
        return self._limits.spend(budget, what, key, cost=cost, now_ns=self._mouth.now_ns())


_APEX_BODY: dict[str, Any] = {"code": CODE_TOO_MANY, "msg": "Too many requests", "key": "TOO_MANY_REQUESTS"}


def _said(no: texts.No, meter: Meter | None) -> web.Response:
    headers = None if meter is None else meter.headers()
    return web.Response(body=orjson.dumps(no.body), status=no.status, content_type="application/json", headers=headers)
