"""dYdX over HTTP: signed and unsigned requests whose answers come back as Data, Refusal, Unknown or NotSent.

Signs, sends, keeps the venue's clock and our budget of questions; what an answer means is its caller's business.
"""

from collections.abc import Awaitable
from typing import Final

from common import clock
from common.core.errors import LocalError, VenueError
from common.core.order import NotSent, Unknown
from common.venues.budget import Budget
from common.venues.dydx import budget as costs
from common.venues.dydx.wire import SECOND_NS, TOO_MANY, Payload, data_of, decode_answer, iso, server_time_ns
from common.venues.dydx.wire_order import ORDERS_PATH, Signer
from common.venues.http import TIMEOUT_S, HttpAnswer, HttpResult, JsonHttp, NeverSent
from common.venues.keys import Keys

TIME_PATH: Final = "/v3/time"
MARKETS_PATH: Final = "/v3/markets"
USERS_PATH: Final = "/v3/users"
ACCOUNTS_PATH: Final = "/v3/accounts"
FILLS_PATH: Final = "/v3/fills"
FUNDING_PATH: Final = "/v3/funding"

MS_PER_S: Final = 1000
JSON: Final = {"Content-Type": "application/json"}
#: a time that took longer to fetch says too little; the offset known before is kept
CLOCK_TRIP_MAX_NS: Final = SECOND_NS


class DydxRest:
    """One account at one host."""

    def __init__(
        self, base: str, keys: Keys | None, *, budget: Budget | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        """ConfigError when the key file's secret cannot be used; without keys only `public` may be asked."""
        self._http = JsonHttp(base, headers={"Accept": "application/json"}, timeout_s=timeout_s)
        self.budget = budget or costs.budget(None)
        self._signer = Signer(keys) if keys is not None else None
        #: the venue's clock less ours, as last measured
        self.offset_ns = 0
        self._is_timed = False

    @property
    def venue_now_ns(self) -> int:
        """The venue's clock by our estimate."""
        return clock.now_ns() + self.offset_ns

    @property
    def signer(self) -> Signer:
        """What signs private requests; LocalError without keys."""
        if self._signer is None:
            raise LocalError("a private request of a client without keys")
        return self._signer

    @property
    def stamp(self) -> str:
        """The venue's time as private requests state it."""
        return iso(self.venue_now_ns)

    async def public(self, path: str) -> Payload:
        """An unsigned GET."""
        if not await self.budget.ask(costs.GET, about_order=False):
            return Unknown("our own budget of questions is spent")
        return self._payload(await self._http.request("GET", path))

    async def get(self, path: str, *, about_order: bool = False) -> Payload:
        """A signed GET; `path` carries the query. What is kept of the budget is for questions `about_order`."""
        if not await self.budget.ask(costs.GET, about_order=about_order):
            return Unknown("our own budget of questions is spent")
        return self._payload(await self._http.request("GET", path, headers=self._headers("GET", path)))

    def place(self, body: bytes) -> Awaitable[HttpResult]:
        """POST an order exactly as it was prepared, now; waits for no budget."""
        headers = self._headers("POST", ORDERS_PATH, body) | JSON
        return self._http.send("POST", ORDERS_PATH, body=body, headers=headers)

    def placed(self, result: HttpResult) -> Payload | NotSent:
        """What came of `place`."""
        return NotSent(result.reason) if isinstance(result, NeverSent) else self._payload(result)

    async def keep_open(self) -> None:
        """Connections stand ready for orders; never returns unless cancelled."""
        await self._http.keep_open()

    async def cancel(self, order_id: str) -> Payload:
        """DELETE one order by the venue's id; waits for no budget."""
        return await self.delete(f"{ORDERS_PATH}/{order_id}")

    async def delete(self, path: str) -> Payload:
        """A signed DELETE; waits for no budget."""
        return self._payload(await self._http.request("DELETE", path, headers=self._headers("DELETE", path)))

    async def read_clock(self, *, about_order: bool = False) -> int:
        """The venue's time now, as it says itself, nanoseconds; measures the offset. VenueError without an answer."""
        if not await self.budget.ask(costs.GET, about_order=about_order):
            raise VenueError("dydx was not asked for its time: our own budget of questions is spent")
        before_ns = clock.now_ns()
        venue_ns = server_time_ns(data_of(self._payload(await self._http.request("GET", TIME_PATH))))
        after_ns = clock.now_ns()
        if 0 <= after_ns - before_ns <= CLOCK_TRIP_MAX_NS or not self._is_timed:
            self.offset_ns, self._is_timed = venue_ns - (before_ns + after_ns) // 2, True
        return venue_ns

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()
        self.budget.close()

    def _headers(self, method: str, path: str, body: bytes = b"") -> dict[str, str]:
        return self.signer.headers(self.stamp, method, path, body)

    def _payload(self, result: HttpResult) -> Payload:
        if not isinstance(result, HttpAnswer):
            return Unknown(result.reason)
        if result.status == TOO_MANY:
            # The venue counts in milliseconds; what stands before it answers in another form, and in seconds.
            per_second = MS_PER_S if result.body.lstrip().startswith(b"{") else 1
            self.budget.pause(result.headers.get("Retry-After"), per_second=per_second)
        return decode_answer(result.status, result.body)
