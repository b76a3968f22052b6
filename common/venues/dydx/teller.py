"""dYdX's teller: every call of its protocol for a person. Asks, decodes, signs; decides nothing and retries nothing."""

from typing import Any, Final

from common import clock
from common.core.errors import ConfigError, LocalError
from common.core.market import Venue
from common.core.order import Ack, NotSent, Reject, Unknown
from common.core.trade import Trade
from common.settings import Endpoint
from common.venues import stark
from common.venues.base import ClockReading
from common.venues.dydx import budget as costs
from common.venues.dydx import wire_account, wire_order, wire_slip, wire_teller
from common.venues.dydx.public import BOOK_PATH, read_levels
from common.venues.dydx.rest import ACCOUNTS_PATH, FILLS_PATH, FUNDING_PATH, MARKETS_PATH, USERS_PATH, DydxRest
from common.venues.dydx.wire import NOT_FOUND_TEXT, Data, Payload, Refusal, data_of, name_of, reading
from common.venues.dydx.wire_market import Listing, read_listing
from common.venues.dydx.wire_order import ORDERS_PATH, REJECT_STATUSES, Signing
from common.venues.dydx.wire_trade import read_trades
from common.venues.keys import Keys
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
#: the venue lists no finished orders: those behind our fills are asked for, so many at most
HISTORY_MAX: Final = 20
#: a longer name is the venue's own
CLIENT_ID_MAX: Final = 40


class DydxTeller:
    """One account at one host; without keys only the public calls."""

    venue = Venue.DYDX

    def __init__(self, endpoint: Endpoint, keys: Keys | None) -> None:
        self._rest = DydxRest(endpoint.rest, keys, budget=costs.budget(endpoint.budgets))
        self._keys, self._network_id = keys, endpoint.network_id
        self._listings: dict[str, Listing] = {}
        self._account_id = ""
        self._signing: Signing | None = None

    # ---- public

    async def markets(self) -> tuple[Listed, ...]:
        """Every market that is listed."""
        return wire_teller.markets(data_of(await self._rest.public(MARKETS_PATH)))

    async def book(self, market: str) -> PublicBook:
        """Both sides now."""
        return read_levels(await self._rest.public(f"{BOOK_PATH}/{name_of(market)}"))

    async def trades(self, market: str, limit: int) -> tuple[Trade, ...]:
        """The latest trades."""
        path = f"/v3/trades/{name_of(market)}?limit={min(limit, PAGE_MAX)}"
        return read_trades(data_of(await self._rest.public(path)), market, clock.now_ns())[::-1]

    async def candles(self, market: str, span: Span, limit: int) -> tuple[Candle, ...]:
        """The latest candles."""
        query = f"resolution={wire_teller.RESOLUTIONS[span]}&limit={min(limit, PAGE_MAX)}"
        return wire_teller.candles(data_of(await self._rest.public(f"/v3/candles/{name_of(market)}?{query}")))

    async def funding_history(self, market: str, limit: int) -> tuple[PastFunding, ...]:
        """The funding rates of past hours."""
        payload = await self._rest.public(f"/v3/historical-funding/{name_of(market)}")
        return wire_teller.past_funding(data_of(payload))[:limit]

    async def ticker(self, market: str) -> Ticker:
        """The last day, index and predicted funding."""
        name = name_of(market)
        listed = data_of(await self._rest.public(f"{MARKETS_PATH}?market={name}"))
        return wire_teller.ticker(listed, data_of(await self._rest.public(f"/v3/stats/{name}?days=1")), name)

    async def time(self) -> ClockReading:
        """The venue's clock against ours."""
        return await measured(self.venue, self._rest.read_clock)

    # ---- private

    async def start(self) -> None:
        """Read clock, listings and account; ConfigError when the keys will not do."""
        if self._keys is None:
            raise LocalError("a teller without keys has no account")
        await self._rest.read_clock()
        user = _credentials(await self._rest.get(USERS_PATH))
        accounts = _credentials(await self._rest.get(ACCOUNTS_PATH))
        self._account_id, position_id = wire_account.find_account(accounts, self._keys.public_key)
        fee = wire_account.taker_fee(user)
        self._signing = wire_order.make_signing(position_id, fee, self._keys, self._network_id)
        listed = data_of(await self._rest.public(MARKETS_PATH))
        with reading("markets"):
            read = [read_listing(row, fee) for row in listed["markets"].values()]
        self._listings = {listing.instrument.market: listing for listing in read}

    async def user(self) -> User:
        """Who we are there, fees and volumes."""
        return wire_teller.user(data_of(await self._rest.get(USERS_PATH)))

    async def account(self) -> Balance:
        """Equity, what is free of it, margins."""
        return wire_teller.balance(data_of(await self._rest.get(f"{ACCOUNTS_PATH}/{self._account_id}")))

    async def positions(self) -> tuple[Held, ...]:
        """Open positions."""
        return wire_teller.positions(data_of(await self._rest.get("/v3/positions?status=OPEN")))

    async def orders(self, market: str | None) -> tuple[OrderTold, ...]:
        """Orders that are alive."""
        return wire_teller.orders(data_of(await self._rest.get(_list(ORDERS_PATH, market, PAGE_MAX))))

    async def order(self, name: str) -> OrderTold | None:
        """One order by our id or the venue's; None when the venue knows neither."""
        paths = [f"{ORDERS_PATH}/client/{name}"] if len(name) <= CLIENT_ID_MAX else []
        for path in (*paths, f"{ORDERS_PATH}/{name}"):
            payload = await self._rest.get(path, about_order=True)
            if not (isinstance(payload, Refusal) and NOT_FOUND_TEXT in payload.text):
                return _order(data_of(payload))
        return None

    async def history(self, market: str | None, limit: int) -> tuple[OrderTold, ...]:
        """The finished orders behind our latest fills: the venue lists no others."""
        fills = await self.fills(market, PAGE_MAX)
        names = list(dict.fromkeys(fill.order_id for fill in fills if fill.order_id))[: min(limit, HISTORY_MAX)]
        answers = [data_of(await self._rest.get(f"{ORDERS_PATH}/{name}")) for name in names]
        return tuple(told for told in map(_order, answers) if told.final)

    async def fills(self, market: str | None, limit: int) -> tuple[FillTold, ...]:
        """Our executions."""
        return wire_teller.fills(data_of(await self._rest.get(_list(FILLS_PATH, market, limit))))

    async def funding(self, market: str | None, limit: int) -> tuple[FundingTold, ...]:
        """Our funding payments."""
        return wire_teller.funding(data_of(await self._rest.get(_list(FUNDING_PATH, market, limit))))

    async def pnl(self, limit: int) -> tuple[PnlTold, ...]:
        """Equity and what was earned in all, hour by hour."""
        return wire_teller.pnl(data_of(await self._rest.get("/v3/historical-pnl")))[:limit]

    def refuse(self, slip: Slip) -> str | None:
        """Why the venue has no such order, or None."""
        return wire_slip.refusal(slip)

    async def place(self, slip: Slip) -> Ack | Reject | Unknown | NotSent:
        """Sign and send."""
        return await self._send(slip, None)

    async def replace(self, old: OrderTold, slip: Slip) -> Ack | Reject | Unknown | NotSent:
        """Cancels the old order and places the new one at one stroke."""
        return await self._send(slip, old.order_id)

    async def _send(self, slip: Slip, replaced_id: str | None) -> Ack | Reject | Unknown | NotSent:
        if self._signing is None or slip.market not in self._listings:
            raise ConfigError(f"dYdX lists no {name_of(slip.market)}")
        stark.warm_up()
        try:
            body = wire_slip.slip_body(slip, self._listings[slip.market], self._signing, replaced_id)
        except ValueError as error:
            return Reject(f"it cannot be signed: {error}")
        self._rest.budget.spend(wire_slip.cost(slip))
        payload = self._rest.placed(await self._rest.place(body))
        return payload if isinstance(payload, NotSent) else wire_order.order_answer(payload)

    async def cancel(self, order: OrderTold) -> Ack | Reject | Unknown:
        """Ask for the end of one order."""
        self._rest.budget.spend(costs.cancelling_in(order.market))
        return _said(await self._rest.cancel(order.order_id), order.order_id)

    async def cancel_all(self, market: str | None) -> Ack | Reject | Unknown:
        """The same for all that are alive."""
        query = f"?market={name_of(market)}" if market else ""
        return _said(await self._rest.delete(ORDERS_PATH + query), "all")

    async def close(self) -> None:
        """Close all connections."""
        await self._rest.close()


def _list(path: str, market: str | None, limit: int) -> str:
    return f"{path}?{f'market={name_of(market)}&' if market else ''}limit={min(limit, PAGE_MAX)}"


def _order(data: dict[str, Any]) -> OrderTold:
    with reading("order"):
        return wire_teller.order(data["order"])


def _said(payload: Payload, name: str) -> Ack | Reject | Unknown:
    """What a cancellation was answered."""
    if isinstance(payload, Refusal):
        return Reject(payload.text) if payload.status in REJECT_STATUSES else Unknown(str(payload))
    return Ack(name) if isinstance(payload, Data) else payload


def _credentials(payload: Payload) -> dict[str, Any]:
    if isinstance(payload, Refusal) and payload.status in REJECT_STATUSES:
        raise ConfigError(f"dYdX refuses the API key ({payload}): check the key file, or onboard again")
    return data_of(payload)
