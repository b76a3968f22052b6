"""dYdX's REST protocol on aiohttp: routes, who is asking, the way of an order to the engine, answers.

What an answer holds is decided in `dydx_public` and `dydx_private`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from aiohttp import web

from common.sim.accounts import AccountRecord
from common.sim.server import auth_dydx, dydx_onboarding, dydx_private, dydx_public, limits, orders, texts, views_dydx
from common.sim.server.claims import claim_of
from common.sim.server.dydx_private import Asked
from common.sim.server.eip712 import eth_claim
from common.sim.server.limits import Budget, Limits, Meter
from common.sim.server.mouth import Mouth
from common.sim.types import PaperRefusal, PlaceRequest

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.Response]]
Private = Callable[[Asked], Json | texts.No]
CREATED = 201

_READS: dict[str, Private] = {
    "/v3/users": dydx_private.user,
    "/v3/accounts": dydx_private.accounts,
    "/v3/accounts/{id}": dydx_private.account,
    "/v3/positions": dydx_private.positions,
    "/v3/orders": dydx_private.orders,
    "/v3/orders/client/{id}": dydx_private.order_by_client_id,
    "/v3/orders/{id}": dydx_private.order_by_id,
    "/v3/active-orders": dydx_private.active_orders,
    "/v3/fills": dydx_private.fills,
    "/v3/funding": dydx_private.funding,
    "/v3/historical-pnl": dydx_private.historical_pnl,
    "/v3/transfers": dydx_private.transfers,
    "/v3/api-keys": dydx_private.api_keys,
    "/v3/registration": dydx_private.registration,
}
_CANCELS: dict[str, tuple[Private, Budget]] = {
    "/v3/orders/{id}": (dydx_private.cancel, limits.CANCEL_ONE),
    "/v3/orders": (dydx_private.cancel_all, limits.CANCEL_ALL),
    "/v3/active-orders": (dydx_private.cancel_active, limits.CANCEL_ACTIVE),
}


class DydxRest:
    """The REST routes of the paper dYdX."""

    def __init__(self, mouth: Mouth) -> None:
        self._mouth = mouth
        self._limits = Limits()

    def add_to(self, app: web.Application) -> None:
        """Register every route; what is not served answers a JSON 404."""
        router = app.router
        for path, read in self._public().items():
            router.add_get(path, _public(read))
        for path, answer in _READS.items():
            router.add_get(path, self._private(answer))
        for path, (answer, budget) in _CANCELS.items():
            router.add_delete(path, self._cancelling(answer, budget))
        router.add_put("/v3/users", self._private(dydx_private.user))
        router.add_post("/v3/orders", self._place)
        router.add_post("/v3/accounts", self._private(dydx_private.create_account))
        for method, path in (("POST", "/v3/onboarding"), ("GET", "/v3/recovery")):
            router.add_route(method, path, self._wallet)
        for method in ("POST", "DELETE"):
            router.add_route(method, "/v3/api-keys", self._wallet)
        router.add_route("*", "/{rest:.*}", _nothing_here)

    def _public(self) -> dict[str, Callable[[web.Request], Json | texts.No]]:
        mouth = self._mouth
        return {
            "/v3/users/exists": lambda request: dydx_public.user_exists(mouth, request.query),
            "/v3/usernames": lambda request: dydx_public.username_exists(request.query),
            "/v3/markets": lambda request: dydx_public.markets(mouth, request.query),
            "/v3/orderbook/{market}": lambda request: dydx_public.orderbook(mouth, request.match_info["market"]),
            "/v3/trades/{market}": lambda request: dydx_public.trades(
                mouth, request.match_info["market"], request.query
            ),
            "/v3/stats": lambda _: dydx_public.stats(mouth, None),
            "/v3/stats/{market}": lambda request: dydx_public.stats(mouth, request.match_info["market"]),
            "/v3/candles/{market}": lambda request: dydx_public.candles(
                mouth, request.match_info["market"], request.query
            ),
            "/v3/historical-funding/{market}": lambda request: dydx_public.historical_funding(
                mouth, request.match_info["market"], request.query
            ),
            "/v3/time": lambda _: dydx_public.time(mouth),
            "/v3/config": lambda _: dydx_public.config(mouth),
        }

    def _private(self, answer: Private) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            body = await request.read()
            holder = self._admit(request, body)
            if isinstance(holder, texts.No):
                return respond(holder)
            return respond(answer(Asked(self._mouth, holder, request.query, request.match_info)))

        return handle

    def _cancelling(self, answer: Private, budget: Budget) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            body = await request.read()
            await self._mouth.arrive()
            holder = self._admit(request, body)
            if isinstance(holder, texts.No):
                return respond(holder)
            cost = limits.cancel_active_cost(request.query) if budget is limits.CANCEL_ACTIVE else 1
            meter = self._spend(budget, f"DELETE {request.query.get('market', '')}", holder, cost)
            if not meter.allowed:
                return respond(limits.too_many(), headers=meter.headers())
            done = answer(Asked(self._mouth, holder, request.query, request.match_info))
            return respond(done, headers=meter.headers())

        return handle

    async def _place(self, request: web.Request) -> web.Response:
        """POST /v3/orders. Everything happens at arrival; a client that left meanwhile has still ordered."""
        body = await request.read()
        await self._mouth.arrive()
        holder = self._admit(request, body)
        if isinstance(holder, texts.No):
            return respond(holder)
        data = _json(body)
        order = orders.dydx_order(data, self._mouth.markets)
        if isinstance(order, texts.No):
            return respond(order)
        meter = self._spend(limits.PLACE, f"POST {order.market}", holder, limits.place_cost(order))
        if not meter.allowed:
            return respond(limits.too_many(), headers=meter.headers())
        answer = self._order(holder, order, data.get("cancelId"))
        return respond(answer, CREATED, headers=meter.headers())

    async def _wallet(self, request: web.Request) -> web.Response:
        """What a wallet signs: onboarding, recovery, API keys."""
        claim, mouth, target = eth_claim(request.headers, "DYDX"), self._mouth, request.raw_path
        data = _json(await request.read())
        match (request.method, request.path):
            case ("POST", "/v3/onboarding"):
                return respond(dydx_onboarding.new_user(mouth, claim, data))
            case ("GET", _):
                return respond(dydx_onboarding.recovery(mouth, claim, target))
            case ("POST", _):
                return respond(dydx_onboarding.add_key(mouth, claim, target), CREATED)
            case _:
                return respond(dydx_onboarding.drop_key(mouth, claim, target, request.query))

    def _order(self, holder: AccountRecord, order: PlaceRequest, cancel_id: object) -> Json | texts.No:
        mouth = self._mouth
        if not auth_dydx.order_is_signed(order, holder, mouth.asset(order.market)):
            return texts.dydx(texts.BAD_SIGNATURE)
        now_ns = mouth.now_ns()
        if isinstance(cancel_id, str):
            replaced = mouth.venue.cancel(holder.account_id, cancel_id, now_ns)
            if isinstance(replaced, PaperRefusal):
                return texts.dydx_refusal(replaced)
        placed = mouth.venue.place(holder.account_id, order, now_ns)
        if isinstance(placed, PaperRefusal):
            return texts.dydx_refusal(placed)
        return {"order": views_dydx.order(mouth, placed)}

    def _spend(self, budget: Budget, what: str, holder: AccountRecord, cost: int) -> Meter:
        return self._limits.spend(budget, what, holder.account_id, cost=cost, now_ns=self._mouth.now_ns())

    def _admit(self, request: web.Request, body: bytes) -> AccountRecord | texts.No:
        """The holder whose key, passphrase and HMAC the request carries."""
        claim = claim_of(request.headers, "DYDX")
        holder = self._mouth.holders.get(claim.api_key)
        if holder is None:
            return texts.dydx(texts.UNAUTHORIZED, status=401)
        if not auth_dydx.is_timely(claim.timestamp, self._mouth.now_ns()):
            return texts.dydx(texts.CLOCK)
        if not auth_dydx.is_theirs(claim, holder, request.method + request.raw_path, body):
            return texts.dydx(texts.UNAUTHORIZED, status=401)
        return holder


def respond(answer: Json | texts.No, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """An answer or a refusal as JSON."""
    body, code = (answer.body, answer.status) if isinstance(answer, texts.No) else (answer, status)
    return web.Response(body=orjson.dumps(body), status=code, content_type="application/json", headers=headers)


def _public(read: Callable[[web.Request], Json | texts.No]) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        return respond(read(request))

    return handle


async def _nothing_here(request: web.Request) -> web.Response:
    """Withdrawals and the like: this paper venue does not serve them."""
    return respond(texts.dydx(f"Not found: {request.method} {request.path}", status=404))


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
