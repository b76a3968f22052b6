"""Our orders and our account at dYdX: sign, send, look up, value. Answers are values; nothing is retried here."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from decimal import Decimal
from functools import partial
from typing import Any, Final

from common import clock
from common.core.account import AccountFacts, FundingPaid, PastFill
from common.core.errors import ConfigError, LocalError
from common.core.history import History
from common.core.market import Instrument, Venue
from common.core.order import Ack, Finding, Found, NotSent, Order, Purpose, Reject, Unknown
from common.settings import Endpoint
from common.venues import clock_keeper, stark
from common.venues.ahead import Ahead
from common.venues.base import AccountEvent, ClockReading, Outlook
from common.venues.budget import Budget
from common.venues.dydx import budget as costs
from common.venues.dydx import lookup, past, wire_account, wire_order
from common.venues.dydx.rest import ACCOUNTS_PATH, FUNDING_PATH, MARKETS_PATH, USERS_PATH, DydxRest
from common.venues.dydx.stream import AccountStream
from common.venues.dydx.wire import SECOND_NS, Payload, Refusal, data_of, name_of
from common.venues.dydx.wire_market import Listing, find_market, oracle_prices, outlooks, read_listing
from common.venues.dydx.wire_order import ORDERS_PATH, Signing
from common.venues.http import TIMEOUT_S, HttpResult
from common.venues.keys import Keys
from common.venues.ws import WsLimits

#: all oracle prices are asked for at most this often: gross position at older ones would be no figure for a cap
MARKS_AGE_NS: Final = 4 * SECOND_NS
REFUSED_KEYS: Final = frozenset({401, 403})
FUNDING_PAGE: Final = 100


class DydxDesk:
    """Desk of one account. `start` first; then everything may be called from any task of the same loop."""

    venue = Venue.DYDX

    def __init__(
        self,
        endpoint: Endpoint,
        keys: Keys,
        *,
        limits: WsLimits | None = None,
        budget: Budget | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._endpoint, self._keys, self._limits = endpoint, keys, limits
        self._rest = DydxRest(endpoint.rest, keys, budget=budget or costs.budget(endpoint.budgets), timeout_s=timeout_s)
        self._listings: dict[str, Listing] = {}
        self._marks: dict[str, Decimal] = {}
        self._marks_ns = 0
        self._taker_fee = Decimal(0)
        self._account_id = ""
        self._signing: Signing | None = None
        self._ahead = Ahead(wire_order.unstamped, wire_order.hours_signed)

    async def start(self) -> None:
        """Read clock, fee and account; ConfigError when clock or keys will not do, VenueError without answers."""
        stark.warm_up()
        await self._rest.read_clock()
        clock_keeper.must_fit(self._rest, "dYdX")
        self._taker_fee = wire_account.taker_fee(_credentials(await self._rest.get(USERS_PATH)))
        accounts = _credentials(await self._rest.get(ACCOUNTS_PATH))
        self._account_id, position_id = wire_account.find_account(accounts, self._keys.public_key)
        network_id = self._endpoint.network_id
        self._signing = wire_order.make_signing(position_id, self._taker_fee, self._keys, network_id)

    async def instrument(self, market: str) -> Instrument:
        """The listing of `market`, with the account's taker fee; ConfigError when it is not listed."""
        payload = await self._rest.get(f"{MARKETS_PATH}?market={name_of(market)}")
        if isinstance(payload, Refusal):
            raise ConfigError(f"dYdX lists no {name_of(market)} ({payload}): take [markets.{market}] out of arb.toml")
        listing = read_listing(find_market(data_of(payload), market), self._taker_fee)
        self._listings[market] = listing
        return listing.instrument

    def prepare(self, order: Order) -> bytes:
        """The signed body of `order`; LocalError when it is off the grid or its instrument was never asked for."""
        if self._signing is None or order.market not in self._listings:
            raise LocalError(f"the dYdX desk does not know {order.market}: start it and ask for the instrument first")
        made = self._ahead.of(order, self._listings[order.market], self._signing)
        return made.at(wire_order.expires_ns(order))

    def prepare_ahead(self, order: Order) -> bool:
        """Sign an order that may come; whether there was anything to do."""
        listing, signing = self._listings.get(order.market), self._signing
        return listing is not None and signing is not None and self._ahead.make(order, listing, signing)

    def afford(self, order: Order) -> bool:
        """Pay for an entry out of the fleet's budget; False: too many orders of late, or the venue said so."""
        return self._rest.budget.enter(costs.placing(order))

    def send(self, order: Order, prepared: bytes) -> Coroutine[Any, Any, Ack | Reject | Unknown | NotSent]:
        """Put the request on the wire before this returns, where a connection is open; the answer is waited for."""
        answer = self._answer(self._rest.place(prepared))
        if order.purpose is not Purpose.OPEN:
            self._rest.budget.spend(costs.placing(order))
        return answer

    async def _answer(self, sent: Awaitable[HttpResult]) -> Ack | Reject | Unknown | NotSent:
        payload = self._rest.placed(await sent)
        return payload if isinstance(payload, NotSent) else wire_order.order_answer(payload)

    async def look_up(self, order: Order) -> Finding:
        """Report and fills of `order` by its client id; Absent(proven) only past its time of death."""
        return await lookup.look_up(self._rest, order)

    async def cancel(self, order: Order) -> None:
        """Ask for cancellation, which needs the venue's id; its effect is seen by look_up or the stream only."""
        order_id = order.venue_order_id
        if order_id is None:
            finding = await self.look_up(order)
            order_id = finding.report.venue_order_id if isinstance(finding, Found) else None
        if order_id is not None:
            self._rest.budget.spend(costs.cancelling(order))
            await self._rest.cancel(order_id)

    async def account(self) -> AccountFacts:
        """Equity and positions now; VenueError when the venue gives no usable answer."""
        if not self._account_id:
            raise LocalError("the dYdX desk was not started")
        asked_ns = clock.now_ns()
        data = data_of(await self._rest.get(f"{ACCOUNTS_PATH}/{self._account_id}"))
        await self._read_marks(wire_account.held_names(data))
        return wire_account.read_account(data, self._marks, asked_ns)

    async def open_orders(self) -> tuple[tuple[str, str], ...]:
        """(client id, market) of our account's orders that are alive; VenueError without a usable answer."""
        return wire_account.open_orders(data_of(await self._rest.get(ORDERS_PATH)))

    async def read_clock(self) -> ClockReading:
        """dYdX's clock against ours, measured now; VenueError without a usable answer."""
        before_ns = clock.now_ns()
        venue_ns = await self._rest.read_clock()
        after_ns = clock.now_ns()
        return ClockReading(self.venue, venue_ns - (before_ns + after_ns) // 2, after_ns - before_ns, after_ns)

    async def outlook(self, markets: Iterable[str]) -> dict[str, Outlook]:
        """Index price and coming funding of those `markets` that are listed; VenueError without a usable answer."""
        return outlooks(data_of(await self._rest.get(MARKETS_PATH)), markets)

    async def _read_marks(self, names: list[str]) -> None:
        """Oracle prices no older than MARKS_AGE_NS, if any are needed."""
        now_ns = clock.monotonic_ns()
        if not names or (self._marks.keys() >= set(names) and now_ns - self._marks_ns < MARKS_AGE_NS):
            return
        self._marks = oracle_prices(data_of(await self._rest.get(MARKETS_PATH)))
        self._marks_ns = now_ns

    async def funding(self, market: str) -> tuple[FundingPaid, ...]:
        """The latest funding payments of our account in `market`; VenueError without a usable answer."""
        path = f"{FUNDING_PATH}?market={name_of(market)}&limit={FUNDING_PAGE}"
        return wire_account.read_fundings(data_of(await self._rest.get(path)))

    async def history(self, since_ns: int) -> History:
        """All fills of our account since then, in every market, and the orders behind them; VenueError without."""
        return await past.history(self._rest, since_ns)

    async def fills_since(self, market: str, since_ns: int) -> tuple[PastFill, ...]:
        """All fills of our account in `market` matched since then, oldest first, as `Desk` has it."""
        return await lookup.fills_since(self._rest, market, since_ns)

    async def stream(self, on_event: Callable[[AccountEvent], None]) -> None:
        """The private account stream, and the venue's clock besides; never returns unless cancelled."""
        stream = AccountStream(self._endpoint.ws, self._subscription, on_event, limits=self._limits)
        async with asyncio.TaskGroup() as group:
            group.create_task(stream.loop.run())
            busy = partial(self._rest.budget.is_busy, costs.GET)
            group.create_task(clock_keeper.keep(self.venue, self._rest, self._rest.read_clock, is_busy=busy))
            group.create_task(self._rest.keep_open())

    def _subscription(self) -> str:
        return self._rest.signer.accounts_frame(self._rest.stamp)

    async def close(self) -> None:
        """Close all connections."""
        await self._rest.close()


def _credentials(payload: Payload) -> dict[str, object]:
    """The object of an answer that needs good keys; ConfigError when they were refused."""
    if isinstance(payload, Refusal) and payload.status in REFUSED_KEYS:
        raise ConfigError(f"dYdX refuses the API key ({payload}): check the key file or onboard again")
    return data_of(payload)
