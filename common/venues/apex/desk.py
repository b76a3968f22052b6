"""Our orders and our account at ApeX: sign, send, look up, value. Answers are values; nothing is retried here.

An order's timestamp is its row's `created_ns`, so that its time of death is a fact of the row: whoever finds the row
after a crash can prove the order absent, whichever process signed it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from decimal import Decimal
from functools import partial
from typing import Any, Final

from common import clock
from common.core.account import AccountFacts, FundingPaid, PastFill
from common.core.errors import ConfigError, LocalError, VenueError
from common.core.history import History
from common.core.market import Instrument, Venue
from common.core.money import ZERO, uusd_down, uusd_up
from common.core.order import Absent, Ack, Fill, Finding, Found, NotSent, Order, Purpose, Reject, Unknown
from common.venues import clock_keeper, stark
from common.venues.ahead import Ahead
from common.venues.apex import budget as costs
from common.venues.apex import past, wire_account, wire_market, wire_order
from common.venues.apex import rest as paths
from common.venues.apex.marks import Marks
from common.venues.apex.rest import ApexRest
from common.venues.apex.stream import AccountStream
from common.venues.apex.wire import (
    BAD_CREDENTIALS,
    BAD_TIMESTAMP,
    Data,
    Payload,
    Refusal,
    reading,
    server_time_ns,
    symbol_of,
)
from common.venues.apex.wire_market import Listing, find_listing
from common.venues.apex.wire_order import Prepared, Signing
from common.venues.base import AccountEvent, ClockReading, Outlook
from common.venues.budget import Budget
from common.venues.http import TIMEOUT_S, HttpResult
from common.venues.keys import Keys
from common.venues.ws import WsLimits

#: where the processes of the fleet leave each other the prices they asked for
MARKS_FILE: Final = "marks-apex"
FILLS_PAGE: Final = 100
FILLS_PAGES_MAX: Final = 5
HISTORY_PAGES_MAX: Final = 50


class ApexDesk:
    """Desk of one account. `start` first; then everything may be called from any task of the same loop."""

    venue = Venue.APEX

    def __init__(
        self,
        rest: str,
        ws: str,
        keys: Keys,
        *,
        limits: WsLimits | None = None,
        budget: Budget | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._rest = ApexRest(rest, keys, budget=budget, timeout_s=timeout_s)
        self._ws, self._keys, self._limits = ws, keys, limits
        self._marks = Marks(self._rest, budget.folder / MARKS_FILE if budget and budget.folder else None)
        self._names = wire_account.OrderNames()
        self._symbols: Any = None
        self._listings: dict[str, Listing] = {}
        self._signing: Signing | None = None
        self._ahead = Ahead(wire_order.unstamped, wire_order.hours_signed)
        self._own_margins: dict[str, Decimal] = {}

    async def start(self) -> None:
        """Read clock, listings and account; ConfigError when clock or keys will not do, VenueError without answers."""
        stark.warm_up()
        await self._read_clock()
        clock_keeper.must_fit(self._rest, "ApeX")
        self._symbols = _data(await self._rest.public(paths.SYMBOLS_PATH))
        account = self._credentials(await self._rest.get(paths.ACCOUNT_PATH))
        self._learn_account(account)
        with reading("account"):
            listed = account.get("starkKey")
            if listed and int(listed, 16) != int(self._keys.public_key, 16):
                raise ConfigError("the key file's STARK key is not the one of the ApeX account: onboard again")

    async def _read_clock(self) -> None:
        before_ns = clock.now_ns()
        venue_ns = server_time_ns(_data(await self._rest.public(paths.TIME_PATH)))
        self._rest.offset_ns = venue_ns - (before_ns + clock.now_ns()) // 2

    def _credentials(self, payload: Payload) -> Any:
        if isinstance(payload, Refusal):
            if payload.code in BAD_CREDENTIALS:
                raise ConfigError(f"ApeX refuses the API key ({payload}): check the key file or onboard again")
            if payload.code == BAD_TIMESTAMP:
                raise ConfigError(f"ApeX refuses our timestamp ({payload}): set this machine's clock")
        return _data(payload)

    def _learn_account(self, account: Any) -> None:
        self._own_margins = wire_account.own_margins(account)
        with reading("account"):
            signing = Signing(int(account["positionId"]), Decimal(account["takerFeeRate"]), self._keys)
        # The same one stays: what was signed ahead belongs to it.
        self._signing = self._signing if signing == self._signing else signing

    async def instrument(self, market: str) -> Instrument:
        """The listing of `market`, with the account's fee and leverage; ConfigError when it is not listed."""
        listing = self._listing(market)
        return listing.instrument(self._signer().taker_fee, self._own_margins.get(listing.symbol))

    def _listing(self, market: str) -> Listing:
        if market not in self._listings:
            self._listings[market] = find_listing(self._symbols, market)
        return self._listings[market]

    def _signer(self) -> Signing:
        if self._signing is None:
            raise LocalError("the ApeX desk was not started")
        return self._signing

    def prepare(self, order: Order) -> bytes:
        """Timestamp, HMAC and signed form of `order`; LocalError when it is off the grid."""
        signing = self._signer()
        made = self._ahead.of(order, self._listing(order.market), signing)
        return made.at(order.created_ns, signing.keys).pack()

    def prepare_ahead(self, order: Order) -> bool:
        """Sign an order that may come; whether there was anything to do."""
        return self._ahead.make(order, self._listing(order.market), self._signer())

    def afford(self, order: Order) -> bool:
        """Pay for an entry out of the fleet's budget; False: too many orders of late, or the venue said so."""
        return self._rest.budget.enter(costs.POST)

    def send(self, order: Order, prepared: bytes) -> Coroutine[Any, Any, Ack | Reject | Unknown | NotSent]:
        """Put the request on the wire before this returns, where a connection is open; the answer is waited for."""
        answer = self._answer(order, self._rest.place(Prepared.unpack(prepared)))
        if order.purpose is not Purpose.OPEN:
            self._rest.budget.spend(costs.POST)
        return answer

    async def _answer(self, order: Order, sent: Awaitable[HttpResult]) -> Ack | Reject | Unknown | NotSent:
        payload = self._rest.placed(await sent)
        if isinstance(payload, NotSent):
            return payload
        answer = wire_order.order_answer(payload)
        if isinstance(answer, Ack):
            try:
                self._names.learn(answer.venue_order_id, order.client_id)
            except VenueError as error:
                # an id that another order of ours has: what became of this one has to be asked
                return Unknown(str(error))
        return answer

    async def look_up(self, order: Order) -> Finding:
        """Report and fills of `order` by its client id; Absent(proven) only past its time of death."""
        try:
            return await self._look_up(order)
        except VenueError as error:
            return Unknown(str(error))

    async def _look_up(self, order: Order) -> Finding:
        dead = await self._is_dead(order)
        payload = await self._rest.get(f"/api/v1/order-by-client-order-id?id={order.client_id}", about_order=True)
        if isinstance(payload, Refusal) and payload.key == "ORDER_NOT_FOUND":
            return Absent(proven=dead)
        if not isinstance(payload, Data):
            return Unknown(str(payload))
        report = wire_account.read_report(payload.value)
        if report.client_id != order.client_id:
            return Unknown(f"answered for {report.client_id!r}")
        self._names.learn(report.venue_order_id, order.client_id)
        return Found(report, await self._fills(order, report.venue_order_id, report.filled_size))

    async def _is_dead(self, order: Order) -> bool:
        """Only the venue's own clock can tell, and it is read before the order is asked for."""
        death_ns = wire_order.death_ns(order)
        if clock.now_ns() + self._rest.offset_ns <= death_ns:
            return False
        return server_time_ns(_data(await self._rest.public(paths.TIME_PATH, about_order=True))) > death_ns

    async def _fills(self, order: Order, order_id: str, filled: Decimal) -> tuple[Fill, ...]:
        """Fills of one order: pages until they add up, as the venue may not filter by order."""
        fills: dict[str, Fill] = {}
        for page in range(FILLS_PAGES_MAX):
            query = f"symbol={symbol_of(order.market)}&orderId={order_id}&limit={FILLS_PAGE}&page={page}"
            data = _data(await self._rest.get(f"/api/v1/fills?{query}", about_order=True))
            fills |= {fill.fill_id: fill for fill in wire_account.order_fills(data, order.client_id, order_id)}
            matched = sum((fill.size for fill in fills.values() if not fill.is_reversal), ZERO)
            if len(data["orders"]) < FILLS_PAGE or matched >= filled:
                break
        return tuple(fills.values())

    async def cancel(self, order: Order) -> None:
        """Ask for cancellation; its effect is seen by look_up or the stream only."""
        await self._rest.post(paths.CANCEL_PATH, {"id": order.client_id})

    async def account(self) -> AccountFacts:
        """Equity and positions now; VenueError when the venue gives no usable answer."""
        asked_ns = clock.now_ns()
        answers = await asyncio.gather(self._rest.get(paths.ACCOUNT_PATH), self._rest.get(paths.BALANCE_PATH))
        account, balance = map(_data, answers)
        self._learn_account(account)
        with reading("positions"):
            symbols = [row["symbol"] for row in wire_account.position_rows(account)]
        positions = wire_account.open_positions(account, await self._marks.of(symbols))
        with reading("balance"):
            equity_uusd = uusd_down(Decimal(balance["totalEquityValue"]))
        pending = wire_account.pending_out(account)
        gross = sum((abs(p.size * p.mark) for p in positions), ZERO)
        return AccountFacts(
            Venue.APEX, equity_uusd - uusd_up(pending), uusd_up(gross), positions, asked_ns, uusd_up(pending)
        )

    async def outlook(self, markets: Iterable[str]) -> dict[str, Outlook]:
        """Index price and coming funding of those `markets` that are listed; VenueError without a usable answer."""
        listed = [m for m in markets if wire_market.is_listed(self._symbols, m)]
        answers = await asyncio.gather(*(self._rest.public(paths.ticker_path(symbol_of(m))) for m in listed))
        return {m: wire_market.outlook(_data(answer), symbol_of(m)) for m, answer in zip(listed, answers, strict=True)}

    async def open_orders(self) -> tuple[tuple[str, str], ...]:
        """(client id, market) of our account's orders that are alive; VenueError without a usable answer."""
        return wire_account.open_orders(_data(await self._rest.get(paths.OPEN_ORDERS_PATH)))

    async def read_clock(self) -> ClockReading:
        """ApeX's clock against ours, measured now; VenueError without a usable answer."""
        before_ns = clock.now_ns()
        venue_ns = server_time_ns(_data(await self._rest.public(paths.TIME_PATH)))
        after_ns = clock.now_ns()
        return ClockReading(self.venue, venue_ns - (before_ns + after_ns) // 2, after_ns - before_ns, after_ns)

    async def funding(self, market: str) -> tuple[FundingPaid, ...]:
        """The latest funding payments in `market`, up to 100; VenueError when the venue gives no usable answer."""
        path = f"/api/v1/funding?symbol={symbol_of(market)}&limit={FILLS_PAGE}&page=0"
        return wire_account.funding_payments(_data(await self._rest.get(path)))

    async def history(self, since_ns: int) -> History:
        """All fills of our account since then, in every market, and the orders behind them; VenueError without."""
        return await past.history(self._rest, since_ns)

    async def fills_since(self, market: str, since_ns: int) -> tuple[PastFill, ...]:
        """All fills of our account in `market` matched since then, oldest first, as `Desk` has it."""
        found: list[PastFill] = []
        for page in range(HISTORY_PAGES_MAX):
            query = f"symbol={symbol_of(market)}&limit={FILLS_PAGE}&page={page}"
            rows = wire_account.fill_rows(_data(await self._rest.get(f"/api/v1/fills?{query}")))
            read = [past for row in rows for past in reversed(wire_account.past_fills(row))]
            found += [past for past in read if past.fill.venue_ns >= since_ns and past.market == market]
            if len(rows) < FILLS_PAGE or read[-1].fill.venue_ns < since_ns:
                return tuple(dict.fromkeys(reversed(found)))
        raise VenueError(f"apex: more than {HISTORY_PAGES_MAX * FILLS_PAGE} fills of {market} since then")

    async def stream(self, on_event: Callable[[AccountEvent], None]) -> None:
        """The private account stream, and the venue's clock besides; never returns unless cancelled."""
        stream = AccountStream(self._ws, self._keys, self._names, on_event, limits=self._limits)
        async with asyncio.TaskGroup() as group:
            group.create_task(stream.loop.run())
            busy = partial(self._rest.budget.is_busy, costs.PUBLIC)
            group.create_task(clock_keeper.keep(self.venue, self._rest, self._read_clock, is_busy=busy))
            group.create_task(self._rest.keep_open())

    async def close(self) -> None:
        """Close all connections."""
        await self._rest.close()


def _data(payload: Payload) -> Any:
    """The data of a good answer; VenueError for anything else."""
    if isinstance(payload, Data):
        return payload.value
    raise VenueError(f"apex: {payload}")
