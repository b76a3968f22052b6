"""ApeX's REST protocol on aiohttp: paths with any number of slashes, who is asking, the way of an order to the engine.

What an answer holds is decided in `apex_public` and `apex_private`; business errors are HTTP 200 without `data`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from common.sim.accounts import AccountRecord
from common.sim.server import apex_private, apex_public, auth_apex, orders, texts, views_apex, views_apex_market
from common.sim.server.apex_books import ApexBook
from common.sim.server.apex_onboarding import ApexOnboarding
from common.sim.server.apex_private import Asked
from common.sim.server.claims import Claim, claim_of
from common.sim.server.eip712 import eth_claim
from common.sim.server.mouth import Mouth
from common.sim.server.plain import NS_PER_MS
from common.sim.types import PaperRefusal

FIELDS_MAX = 50
_PATH = re.compile(r"/api/v([12])/([a-z-]+)/?")
_READS: dict[str, Callable[[Asked], Any]] = {
    "user": apex_private.user,
    "account": apex_private.account,
    "account-balance": apex_private.account_balance,
    "open-orders": apex_private.open_orders,
    "history-orders": apex_private.history_orders,
    "get-order": apex_private.get_order,
    "order-by-client-id": apex_private.order_by_client_id,
    "order-by-client-order-id": apex_private.order_by_client_id,
    "fills": apex_private.fills,
    "funding": apex_private.funding,
    "historical-pnl": apex_private.historical_pnl,
    "yesterday-pnl": apex_private.yesterday_pnl,
    "history-value": apex_private.history_value,
    "get-worst-price": apex_private.worst_price,
    "transfers": apex_private.nothing,
    "withdraw-list": apex_private.nothing,
    "notify-list": apex_private.nothing,
}
_WALLET = ("generate-nonce", "onboarding")
_WRITES: dict[str, Callable[[Asked], Any]] = {
    "delete-order": apex_private.delete_order,
    "delete-client-order-id": apex_private.delete_client_order,
    "delete-open-orders": apex_private.delete_open_orders,
    "set-initial-margin-rate": apex_private.set_initial_margin_rate,
}


class ApexRest:
    """Every REST answer of the paper ApeX."""

    def __init__(self, mouth: Mouth, books: Mapping[str, ApexBook]) -> None:
        self._mouth, self._books = mouth, books
        self._onboarding = ApexOnboarding(mouth)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request; POSTs arrive at the engine after the paper latency, whoever still waits for them."""
        begun_ns = self._mouth.now_ns()
        target = collapsed(request.raw_path)
        found = _PATH.fullmatch(target.partition("?")[0])
        if found is None:
            return respond(_unknown(request), 0)
        version, name = int(found[1]), found[2]
        body = await request.read()
        if request.method == "GET":
            answer = self._get(request, target, version, name)
        elif request.method == "POST":
            await self._mouth.arrive()
            answer = self._post(request, target, body, (version, name))
        else:
            answer = _unknown(request)
        return respond(answer, (self._mouth.now_ns() - begun_ns) // NS_PER_MS)

    def _get(self, request: web.Request, target: str, version: int, name: str) -> Any:
        public = self._public(version).get(name)
        if public is not None:
            return public(request.query)
        if name not in _READS:
            return _unknown(request)
        holder = self._admit(request, target, {})
        if isinstance(holder, texts.No):
            return holder
        return _READS[name](Asked(self._mouth, holder, request.query, version))

    def _post(self, request: web.Request, target: str, body: bytes, what: tuple[int, str]) -> Any:
        version, name = what
        if name not in ("create-order", *_WALLET) and name not in _WRITES:
            return _unknown(request)
        form = _form(body)
        if isinstance(form, texts.No):
            return form
        if name in _WALLET:
            return self._wallet(request, form, version, name)
        holder = self._admit(request, target, form)
        if isinstance(holder, texts.No):
            return holder
        asked = Asked(self._mouth, holder, form, version)
        return self._place(asked) if name == "create-order" else _WRITES[name](asked)

    def _wallet(self, request: web.Request, form: Mapping[str, str], version: int, name: str) -> Any:
        """What a wallet asks for before it has API keys."""
        if name == "generate-nonce":
            return self._onboarding.nonce(form)
        return self._onboarding.register(eth_claim(request.headers, "APEX"), form, version)

    def _public(self, version: int) -> dict[str, Callable[[Mapping[str, str]], Any]]:
        mouth = self._mouth
        return {
            "time": lambda _: apex_public.time(mouth),
            "symbols": lambda _: views_apex_market.config(mouth) if version == 1 else apex_public.symbols_v2(mouth),
            "depth": lambda query: apex_public.depth(mouth, self._books, query),
            "trades": lambda query: apex_public.trades(mouth, query),
            "klines": lambda query: apex_public.klines(mouth, query),
            "ticker": lambda query: apex_public.ticker(mouth, query),
            "history-funding": lambda query: apex_public.history_funding(mouth, query),
        }

    def _place(self, asked: Asked) -> Any:
        mouth, holder = self._mouth, asked.holder
        order = orders.apex_order(asked.given, mouth.markets)
        if isinstance(order, texts.No):
            return order
        rates = auth_apex.Rates(*apex_private.rates(asked))
        if not auth_apex.order_is_signed(order, holder, mouth.asset(order.market), rates):
            return texts.apex("INVALID_L2_SIGNATURE")
        placed = mouth.venue.place(holder.account_id, order, mouth.now_ns())
        return texts.apex_refusal(placed) if isinstance(placed, PaperRefusal) else views_apex.order(mouth, placed)

    def _admit(self, request: web.Request, target: str, form: Mapping[str, str]) -> AccountRecord | texts.No:
        """The holder whose key, passphrase and HMAC the request carries."""
        claim = claim_of(request.headers, "APEX")
        return admit(self._mouth, claim, request.method, target, form)


def admit(mouth: Mouth, claim: Claim, method: str, target: str, form: Mapping[str, str]) -> AccountRecord | texts.No:
    """The holder who makes this claim, or ApeX's no; which of key, secret and passphrase is wrong is not told."""
    holder = mouth.holders.get(claim.api_key)
    if holder is None:
        return texts.apex_bad_key(claim.api_key)
    if not auth_apex.is_timely(claim.timestamp, mouth.now_ns()):
        return texts.apex_clock()
    if not auth_apex.is_theirs(claim, holder, method, target, form):
        return texts.apex_bad_key(claim.api_key)
    return holder


def collapsed(target: str) -> str:
    """A request target with runs of slashes in its path made one: an endpoint given with a slash doubles them."""
    path, mark, query = target.partition("?")
    return re.sub("/{2,}", "/", path) + mark + query


def respond(answer: Any, cost_ms: int) -> web.Response:
    """Data in ApeX's envelope, or an error as it is."""
    if isinstance(answer, texts.No):
        return web.Response(body=orjson.dumps(answer.body), status=answer.status, content_type="application/json")
    body = orjson.dumps({"data": answer, "timeCost": cost_ms})
    return web.Response(body=body, content_type="application/json")


def _form(body: bytes) -> dict[str, str] | texts.No:
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX))
    except ValueError:
        return texts.apex("INVALID_PARAM", name="body")


def _unknown(request: web.Request) -> texts.No:
    """Withdrawals and the like: this paper venue does not serve them."""
    body = {"code": texts.CODE_FAILED, "msg": f"not found: {request.method} {request.path}", "key": "NOT_FOUND"}
    return texts.No(404, body)
