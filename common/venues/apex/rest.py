"""ApeX over HTTP: signed and unsigned requests whose answers come back as Data, Refusal, Unknown or NotSent.

Signs and sends; what an answer means for an order or an account is its caller's business.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from common import clock
from common.core.errors import LocalError
from common.core.order import NotSent, Unknown
from common.venues.apex.wire import MS_NS, Payload, cross_name, decode_answer
from common.venues.apex.wire_order import CREATE_PATH, Prepared, auth_headers, hmac_signature
from common.venues.http import TIMEOUT_S, HttpAnswer, HttpResult, JsonHttp, NeverSent
from common.venues.keys import Keys

TIME_PATH: Final = "/api/v1/time"
SYMBOLS_PATH: Final = "/api/v1/symbols"
ACCOUNT_PATH: Final = "/api/v1/account"
BALANCE_PATH: Final = "/api/v1/account-balance"
OPEN_ORDERS_PATH: Final = "/api/v1/open-orders"
CANCEL_PATH: Final = "/api/v1/delete-client-order-id"
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


def ticker_path(symbol: str) -> str:
    """Where prices and rates of one instrument are."""
    return f"/api/v1/ticker?symbol={cross_name(symbol)}"


class ApexRest:
    """One host; `keys` are needed for all but `public`."""

    def __init__(self, base: str, keys: Keys | None = None, *, timeout_s: float = TIMEOUT_S) -> None:
        self._http = JsonHttp(base, headers={"Accept": "application/json"}, timeout_s=timeout_s)
        self._keys = keys
        #: the venue's clock less ours, put into the timestamps of questions (never into those of orders)
        self.offset_ns = 0

    async def public(self, path: str) -> Payload:
        """GET without credentials."""
        return _payload(await self._http.request("GET", path))

    async def get(self, path: str) -> Payload:
        """GET with credentials; `path` carries the query."""
        return _payload(await self._http.request("GET", path, headers=self._headers("GET", path)))

    async def post(self, path: str, fields: Mapping[str, str]) -> Payload:
        """POST a form with credentials, stamped now."""
        headers = {**self._headers("POST", path, fields), **FORM}
        return _payload(await self._http.request("POST", path, body=urlencode(fields).encode(), headers=headers))

    async def place(self, prepared: Prepared) -> Payload | NotSent:
        """POST an order exactly as it was prepared: it is never stamped anew."""
        headers = {**auth_headers(self._signer(), prepared.stamp, prepared.signature), **FORM}
        result = await self._http.request("POST", CREATE_PATH, body=prepared.body, headers=headers)
        return NotSent(result.reason) if isinstance(result, NeverSent) else _payload(result)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()

    def _headers(self, method: str, path: str, fields: Mapping[str, str] | None = None) -> dict[str, str]:
        keys = self._signer()
        stamp = str((clock.now_ns() + self.offset_ns) // MS_NS)
        return auth_headers(keys, stamp, hmac_signature(keys.secret, stamp, method, path, fields))

    def _signer(self) -> Keys:
        if self._keys is None:
            raise LocalError("a private request of a client without keys")
        return self._keys


def _payload(result: HttpResult) -> Payload:
    if isinstance(result, HttpAnswer):
        return decode_answer(result.status, result.body)
    return Unknown(result.reason)
