"""ApeX's teller: every call of its protocol for a person. Asks, decodes, signs; decides nothing and retries nothing."""

import asyncio
from typing import Any, Final

from common import clock
from common.core.errors import ConfigError, LocalError, VenueError
from common.core.market import Venue
from common.core.order import Ack, NotSent, Reject, Unknown
from common.core.trade import Trade
from common.settings import Endpoint
from common.venues import stark
from common.venues.apex import budget as costs
from common.venues.apex import wire_order, wire_slip, wire_teller
from common.venues.apex.public import DEPTH_PATH, read_levels
from common.venues.apex.rest import (
    ACCOUNT_PATH,
    BALANCE_PATH,
    OPEN_ORDERS_PATH,
    SYMBOLS_PATH,
    TIME_PATH,
    ApexRest,
)
from common.venues.apex.wire import (
    BAD_CREDENTIALS,
    Data,
    Payload,
    Refusal,
    cross_name,
    reading,
    server_time_ns,
    symbol_of,
)
from common.venues.apex.wire_market import find_listing
from common.venues.apex.wire_order import Signing
from common.venues.apex.wire_trade import read_trades
from common.venues.base import ClockReading
from common.venues.keys import Keys
from common.venues.numbers import share
from common.venues.public import PublicBook
from common.venues.slip import Slip
from common.venues.teller import measured
from common.venues.told import (
    Balance,
    Candle,
    FillTold,
    FundingTold,
    Held,
    Listed,
    OrderTold,
    PastFunding,
    PnlTold,
    Span,
    Ticker,
    User,
)

PAGE_MAX: Final = 100
NOT_FOUND: Final = "ORDER_NOT_FOUND"
#: ApeX has no replacing: the old order's end is waited for, asked for so often
ENDED_TRIES: Final = 20
ENDED_EVERY_S: Final = 0.25


class ApexTeller:
    """One account at one host; without keys only the public calls."""

    venue = Venue.APEX

    def __init__(self, endpoint: Endpoint, keys: Keys | None) -> None:
        self._rest = ApexRest(endpoint.rest, keys, budget=costs.budget(endpoint.budgets))
        self._keys = keys
        self._symbols: Any = None
        self._signing: Signing | None = None

    # ---- public

    async def markets(self) -> tuple[Listed, ...]:
        """Every market that is listed."""
        return wire_teller.markets(_data(await self._rest.public(SYMBOLS_PATH)))

    async def book(self, market: str) -> PublicBook:
        """Both sides now."""
        return read_levels(await self._rest.public(f"{DEPTH_PATH}?symbol={cross_name(symbol_of(market))}"))

    async def trades(self, market: str, limit: int) -> tuple[Trade, ...]:
        """The latest trades."""
        path = f"/api/v1/trades?symbol={cross_name(symbol_of(market))}&limit={min(limit, PAGE_MAX)}"
        return read_trades(_data(await self._rest.public(path)), market, clock.now_ns())[::-1]

    async def candles(self, market: str, span: Span, limit: int) -> tuple[Candle, ...]:
        """The latest candles."""
        symbol = symbol_of(market)
        query = f"symbol={cross_name(symbol)}&interval={wire_teller.INTERVALS[span]}&limit={min(limit, PAGE_MAX)}"
        return wire_teller.candles(_data(await self._rest.public(f"/api/v1/klines?{query}")), symbol)[:limit]

    async def funding_history(self, market: str, limit: int) -> tuple[PastFunding, ...]:
        """The funding rates of past hours."""
        path = f"/api/v1/history-funding?symbol={symbol_of(market)}&limit={min(limit, PAGE_MAX)}&page=0"
        return wire_teller.past_funding(_data(await self._rest.public(path)))

    async def ticker(self, market: str) -> Ticker:
        """The last day, index and predicted funding."""
        symbol = symbol_of(market)
        return wire_teller.ticker(_data(await self._rest.public(f"/api/v1/ticker?symbol={cross_name(symbol)}")), symbol)

    async def time(self) -> ClockReading:
        """The venue's clock against ours."""
        return await measured(self.venue, self._read_clock)

    async def _read_clock(self) -> int:
        return server_time_ns(_data(await self._rest.public(TIME_PATH)))

    # ---- private

    async def start(self) -> None:
        """Read clock, listings and account; ConfigError when the keys will not do."""
        if self._keys is None:
            raise LocalError("a teller without keys has no account")
        self._rest.offset_ns = (await self.time()).offset_ns
        self._symbols = _data(await self._rest.public(SYMBOLS_PATH))
        account = _credentials(await self._rest.get(ACCOUNT_PATH))
        with reading("account"):
            fee = share(account["takerFeeRate"])
            self._signing = Signing(int(account["positionId"]), fee, self._keys)

    async def user(self) -> User:
        """Who we are there, fees and volumes."""
        asked = await asyncio.gather(self._rest.get("/api/v1/user"), self._rest.get(ACCOUNT_PATH))
        return wire_teller.user(*map(_data, asked))

    async def account(self) -> Balance:
        """Equity, what is free of it, margins."""
        asked = await asyncio.gather(self._rest.get(ACCOUNT_PATH), self._rest.get(BALANCE_PATH))
        return wire_teller.balance(*map(_data, asked))

    async def positions(self) -> tuple[Held, ...]:
        """Open positions."""
        return wire_teller.positions(_data(await self._rest.get(ACCOUNT_PATH)))

    async def orders(self, market: str | None) -> tuple[OrderTold, ...]:
        """Orders that are alive; the venue lists all at once."""
        found = wire_teller.orders(_data(await self._rest.get(OPEN_ORDERS_PATH)))
        return tuple(one for one in found if market in (None, one.market))

    async def order(self, name: str) -> OrderTold | None:
        """One order by our id or the venue's; None when the venue knows neither."""
        for path in (f"/api/v1/order-by-client-order-id?id={name}", f"/api/v1/get-order?id={name}"):
            payload = await self._rest.get(path, about_order=True)
            if not (isinstance(payload, Refusal) and payload.key == NOT_FOUND):
                return wire_teller.order(_data(payload))
        return None

    async def history(self, market: str | None, limit: int) -> tuple[OrderTold, ...]:
        """Finished orders."""
        return wire_teller.orders(await self._list("history-orders", "orders", market, limit))

    async def fills(self, market: str | None, limit: int) -> tuple[FillTold, ...]:
        """Our executions; the venue calls their list orders."""
        return wire_teller.fills(await self._list("fills", "orders", market, limit))

    async def funding(self, market: str | None, limit: int) -> tuple[FundingTold, ...]:
        """Our funding payments."""
        return wire_teller.funding(await self._list("funding", "fundingValues", market, limit))

    async def pnl(self, limit: int) -> tuple[PnlTold, ...]:
        """What each closed position earned."""
        return wire_teller.pnl(await self._list("historical-pnl", "historicalPnl", None, limit))

    async def _list(self, call: str, name: str, market: str | None, limit: int) -> list[Any]:
        """The first page of a list, which stands under `name`."""
        of_market = f"symbol={symbol_of(market)}&" if market else ""
        data = _data(await self._rest.get(f"/api/v1/{call}?{of_market}limit={min(limit, PAGE_MAX)}&page=0"))
        with reading(call):
            return list(data[name])

    def refuse(self, slip: Slip) -> str | None:
        """ApeX has every kind that a slip can have."""
        return None

    async def place(self, slip: Slip) -> Ack | Reject | Unknown | NotSent:
        """Sign and send."""
        if self._signing is None:
            raise LocalError("the ApeX teller was not started")
        stark.warm_up()
        try:
            fields = wire_slip.slip_fields(slip, find_listing(self._symbols, slip.market), self._signing)
        except ValueError as error:
            return Reject(f"it cannot be signed: {error}")
        self._rest.budget.spend(costs.POST)
        at_ns = clock.now_ns() + self._rest.offset_ns
        sent = self._rest.place(wire_order.stamped(at_ns, fields, self._signing.keys))
        payload = self._rest.placed(await sent)
        return payload if isinstance(payload, NotSent) else wire_order.order_answer(payload)

    async def replace(self, old: OrderTold, slip: Slip) -> Ack | Reject | Unknown | NotSent:
        """Cancel, see it ended, then place: ApeX has no single stroke. Nothing is placed if the old one moved on."""
        said = await self.cancel(old)
        if not isinstance(said, Ack):
            return said
        ended = await self._ended(old)
        if ended is None:
            return Unknown("the old order was told to end and has not yet: nothing was placed")
        if ended.filled != old.filled:
            return Reject(f"the old order was filled to {ended.filled} meanwhile and has ended: nothing was placed")
        return await self.place(slip)

    async def _ended(self, old: OrderTold) -> OrderTold | None:
        for _ in range(ENDED_TRIES):
            found = await self.order(old.order_id)
            if found is not None and found.final:
                return found
            await asyncio.sleep(ENDED_EVERY_S)
        return None

    async def cancel(self, order: OrderTold) -> Ack | Reject | Unknown:
        """Ask for the end of one order."""
        return _said(await self._rest.post("/api/v1/delete-order", {"id": order.order_id}), order.order_id)

    async def cancel_all(self, market: str | None) -> Ack | Reject | Unknown:
        """The same for all that are alive."""
        fields = {"symbol": symbol_of(market)} if market else {}
        return _said(await self._rest.post("/api/v1/delete-open-orders", fields), "all")

    async def close(self) -> None:
        """Close all connections."""
        await self._rest.close()


def _data(payload: Payload) -> Any:
    if isinstance(payload, Data):
        return payload.value
    raise VenueError(f"apex: {payload.reason if isinstance(payload, Unknown) else payload}")


def _said(payload: Payload, name: str) -> Ack | Reject | Unknown:
    """What a cancellation was answered."""
    if isinstance(payload, Refusal):
        return Reject(str(payload)) if payload.key else Unknown(str(payload))
    return Ack(name) if isinstance(payload, Data) else payload


def _credentials(payload: Payload) -> Any:
    if isinstance(payload, Refusal) and payload.code in BAD_CREDENTIALS:
        raise ConfigError(f"ApeX refuses the API key ({payload}): check the key file, or onboard again")
    return _data(payload)
