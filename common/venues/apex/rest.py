"""ApeX over HTTP: signed and unsigned requests whose answers come back as Data, Refusal, Unknown or NotSent.

Signs and sends; what an answer means for an order or an account is its caller's business.
"""

from collections.abc import Awaitable, Mapping
from typing import Final
from urllib.parse import urlencode

from common import clock
from common.core.errors import LocalError
from common.core.order import NotSent, Unknown
from common.venues.apex import budget as costs
from common.venues.apex.wire import MS_NS, Payload, Refusal, cross_name, decode_answer
from common.venues.apex.wire_order import CREATE_PATH, Prepared, auth_headers, hmac_signature
from common.venues.budget import Budget
from common.venues.http import TIMEOUT_S, HttpAnswer, HttpResult, JsonHttp, NeverSent
from common.venues.keys import Keys

TIME_PATH: Final = "/api/v1/time"
SYMBOLS_PATH: Final = "/api/v1/symbols"
ACCOUNT_PATH: Final = "/api/v1/account"
BALANCE_PATH: Final = "/api/v1/account-balance"
OPEN_ORDERS_PATH: Final = "/api/v1/open-orders"
CANCEL_PATH: Final = "/api/v1/delete-client-order-id"
SPENT: Final = "our own budget of questions is spent"
#: too many requests: this minute, or so many that the address is shut out for a while
TOO_MANY: Final = frozenset({429, 403})
TOO_MANY_CODE: Final = 10003
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


def ticker_path(symbol: str) -> str:
    """Where prices and rates of one instrument are."""
    return f"/api/v1/ticker?symbol={cross_name(symbol)}"


class ApexRest:
    """One host; `keys` are needed for all but `public`."""

    def __init__(
        self, base: str, keys: Keys | None = None, *, budget: Budget | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._http = JsonHttp(base, headers={"Accept": "application/json"}, timeout_s=timeout_s)
        self._keys = keys
        self.budget = budget or costs.budget(None)
        #: the venue's clock less ours, put into the timestamps of questions (never into those of orders)
        self.offset_ns = 0

    async def public(self, path: str, *, about_order: bool = False) -> Payload:
        """GET without credentials. What is kept of the budget is for questions `about_order`."""
        if not await self.budget.ask(costs.PUBLIC, about_order=about_order):
            return Unknown(SPENT)
        return self._payload(await self._http.request("GET", path))

    async def get(self, path: str, *, about_order: bool = False) -> Payload:
        """GET with credentials; `path` carries the query."""
        if not await self.budget.ask(costs.GET, about_order=about_order):
            return Unknown(SPENT)
        return self._payload(await self._http.request("GET", path, headers=self._headers("GET", path)))

    async def post(self, path: str, fields: Mapping[str, str]) -> Payload:
        """POST a form with credentials, stamped now; waits for no budget."""
        self.budget.spend(costs.POST)
        headers = {**self._headers("POST", path, fields), **FORM}
        return self._payload(await self._http.request("POST", path, body=urlencode(fields).encode(), headers=headers))

    def place(self, prepared: Prepared) -> Awaitable[HttpResult]:
        """POST an order exactly as it was prepared, now: it is never stamped anew."""
        headers = {**auth_headers(self._signer(), prepared.stamp, prepared.signature), **FORM}
        return self._http.send("POST", CREATE_PATH, body=prepared.body, headers=headers)

    def placed(self, result: HttpResult) -> Payload | NotSent:
        """What came of `place`."""
        return NotSent(result.reason) if isinstance(result, NeverSent) else self._payload(result)

    async def keep_open(self) -> None:
        """Connections stand ready for orders; never returns unless cancelled."""
        await self._http.keep_open()

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()
        self.budget.close()

    def _headers(self, method: str, path: str, fields: Mapping[str, str] | None = None) -> dict[str, str]:
        keys = self._signer()
        stamp = str((clock.now_ns() + self.offset_ns) // MS_NS)
        return auth_headers(keys, stamp, hmac_signature(keys.secret, stamp, method, path, fields))

    def _signer(self) -> Keys:
        if self._keys is None:
            raise LocalError("a private request of a client without keys")
        return self._keys

    def _payload(self, result: HttpResult) -> Payload:
        if not isinstance(result, HttpAnswer):
            return Unknown(result.reason)
        payload = decode_answer(result.status, result.body)
        if result.status in TOO_MANY or (isinstance(payload, Refusal) and payload.code == TOO_MANY_CODE):
            self.budget.pause(result.headers.get("Retry-After"))
        return payload
