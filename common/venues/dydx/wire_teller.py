"""dYdX's answers to a person's questions, as the values of `told`. Pure codecs; VenueError when malformed."""

from decimal import Decimal
from typing import Any, Final

from common.core.market import Side, Venue
from common.core.money import ZERO
from common.venues.dydx.wire import iso_ns, market_of, reading
from common.venues.dydx.wire_market import read_instrument
from common.venues.numbers import money, not_negative, number, positive, share, whole, word
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

Json = dict[str, Any]
RESOLUTIONS: Final = {
    Span.MINUTE: "1MIN",
    Span.FIVE: "5MINS",
    Span.QUARTER: "15MINS",
    Span.HALF: "30MINS",
    Span.HOUR: "1HOUR",
    Span.FOUR: "4HOURS",
    Span.DAY: "1DAY",
}


def markets(data: Json) -> tuple[Listed, ...]:
    """GET /v3/markets."""
    with reading("markets"):
        rows = list(data["markets"].values())
        return tuple(Listed(read_instrument(r, ZERO), word(r["status"]), positive(r["maxPositionSize"])) for r in rows)


def candles(data: Json) -> tuple[Candle, ...]:
    """GET /v3/candles/:market."""
    with reading("candles"):
        return tuple(
            Candle(
                start_ns=iso_ns(row["startedAt"]),
                open=positive(row["open"]),
                high=positive(row["high"]),
                low=positive(row["low"]),
                close=positive(row["close"]),
                base=not_negative(row["baseTokenVolume"]),
                usd=not_negative(row["usdVolume"]),
                trades=whole(row["trades"]),
            )
            for row in data["candles"]
        )


def past_funding(data: Json) -> tuple[PastFunding, ...]:
    """GET /v3/historical-funding/:market."""
    with reading("historical funding"):
        return tuple(
            PastFunding(market_of(r["market"]), iso_ns(r["effectiveAt"]), share(r["rate"]), positive(r["price"]))
            for r in data["historicalFunding"]
        )


def ticker(listed: Json, day: Json, name: str) -> Ticker:
    """The entries of one market in GET /v3/markets and in GET /v3/stats/:market."""
    with reading("ticker"):
        row, stats = listed["markets"][name], day["markets"][name]
        last, change = _known(stats["close"]), number(row["priceChange24H"])
        before = None if last is None else last - change
        return Ticker(
            venue=Venue.DYDX,
            market=market_of(name),
            last=last,
            index=_known(row["indexPrice"]),
            oracle=_known(row["oraclePrice"]),
            change=change / before if before else None,
            high=_known(stats["high"]),
            low=_known(stats["low"]),
            volume_usd=not_negative(row["volume24H"]),
            trades=whole(row["trades24H"]),
            open_interest=not_negative(row["openInterest"]),
            funding_hourly=share(row["nextFundingRate"]),
            next_funding_ns=iso_ns(row["nextFundingAt"]),
        )


def _known(raw: object) -> Decimal | None:
    """A price; 0 stands for one that is not known yet."""
    return number(raw) or None


def user(data: Json) -> User:
    """GET /v3/users."""
    with reading("user"):
        row = data["user"]
        return User(
            venue=Venue.DYDX,
            address=word(row["ethereumAddress"]),
            name=str(row.get("username") or ""),
            maker_fee=share(row["makerFeeRate"]),
            taker_fee=share(row["takerFeeRate"]),
            maker_volume_30d=not_negative(row["makerVolume30D"]),
            taker_volume_30d=not_negative(row["takerVolume30D"]),
            fees_30d=number(row["fees30D"]),
        )


def balance(data: Json) -> Balance:
    """GET /v3/accounts/:id."""
    with reading("account"):
        row = data["account"]
        return Balance(
            venue=Venue.DYDX,
            account_id=word(row["id"]),
            position_id=whole(row["positionId"]),
            equity=money(row["equity"]),
            free=money(row["freeCollateral"]),
            cash=money(row["quoteBalance"]),
            initial_margin=money(row["equity"]) - money(row["freeCollateral"]),
            maintenance_margin=None,
            pending_in=money(row["pendingDeposits"]),
            pending_out=money(row["pendingWithdrawals"]),
        )


def positions(data: Json) -> tuple[Held, ...]:
    """GET /v3/positions."""
    with reading("positions"):
        return tuple(_held(row) for row in data["positions"])


def _held(row: Json) -> Held:
    return Held(
        market=market_of(row["market"]),
        size=number(row["size"]),
        entry=not_negative(row["entryPrice"]),
        exit=not_negative(row["exitPrice"] or "0"),
        unrealised=money(row["unrealizedPnl"]),
        realised=money(row["realizedPnl"]),
        net_funding=money(row["netFunding"]),
        opened_ns=iso_ns(row["createdAt"]),
    )


def orders(data: Json) -> tuple[OrderTold, ...]:
    """GET /v3/orders."""
    with reading("orders"):
        return tuple(order(row) for row in data["orders"])


def order(row: Json) -> OrderTold:
    """One order of any answer."""
    with reading("order"):
        size, remaining = positive(row["size"]), not_negative(row["remainingSize"])
        return OrderTold(
            venue=Venue.DYDX,
            market=market_of(row["market"]),
            order_id=word(row["id"]),
            client_id=str(row.get("clientId") or ""),
            side=Side(row["side"]),
            kind=word(row["type"]),
            status=word(row["status"]),
            size=size,
            filled=size - remaining,
            price=not_negative(row["price"] or "0"),
            trigger=positive(row["triggerPrice"]) if row.get("triggerPrice") else None,
            in_force=str(row.get("timeInForce") or ""),
            post_only=bool(row.get("postOnly")),
            reduce_only=bool(row.get("reduceOnly")),
            created_ns=iso_ns(row["createdAt"]),
            expires_ns=iso_ns(row["expiresAt"]) if row.get("expiresAt") else None,
            reason=str(row.get("cancelReason") or ""),
        )


def fills(data: Json) -> tuple[FillTold, ...]:
    """GET /v3/fills; a liquidation names no order."""
    with reading("fills"):
        return tuple(
            FillTold(
                market=market_of(row["market"]),
                fill_id=word(row["id"]),
                order_id=str(row.get("orderId") or ""),
                side=Side(row["side"]),
                price=positive(row["price"]),
                size=positive(row["size"]),
                fee=number(row["fee"]),
                liquidity=word(row["liquidity"]),
                kind=word(row["type"]),
                status="",
                at_ns=iso_ns(row["createdAt"]),
            )
            for row in data["fills"]
        )


def funding(data: Json) -> tuple[FundingTold, ...]:
    """GET /v3/funding."""
    with reading("funding"):
        return tuple(
            FundingTold(
                market=market_of(row["market"]),
                payment=money(row["payment"]),
                rate=share(row["rate"]),
                size=number(row["positionSize"]),
                price=not_negative(row["price"]),
                at_ns=iso_ns(row["effectiveAt"]),
            )
            for row in data["fundingPayments"]
        )


def pnl(data: Json) -> tuple[PnlTold, ...]:
    """GET /v3/historical-pnl: the whole account, hour by hour."""
    with reading("historical pnl"):
        return tuple(
            PnlTold("", money(r["totalPnl"]), money(r["equity"]), None, None, None, iso_ns(r["createdAt"]))
            for r in data["historicalPnl"]
        )
