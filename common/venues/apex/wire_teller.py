"""ApeX's answers to a person's questions, as the values of `told`. Pure codecs; VenueError when malformed."""

from decimal import Decimal
from typing import Any, Final

from common.core.market import Side, Venue
from common.core.money import ZERO
from common.venues.apex.wire import MS_NS, cross_name, market_of, reading
from common.venues.apex.wire_account import position_rows
from common.venues.apex.wire_market import find_listing
from common.venues.iso import iso_ns
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

INTERVALS: Final = {
    Span.MINUTE: "1",
    Span.FIVE: "5",
    Span.QUARTER: "15",
    Span.HALF: "30",
    Span.HOUR: "60",
    Span.FOUR: "240",
    Span.DAY: "D",
}
NO_REASON: Final = "UNKNOWN"
IN_FORCE: Final = {"GOOD_TIL_CANCEL": "GTT", "POST_ONLY": "GTT", "FILL_OR_KILL": "FOK", "IMMEDIATE_OR_CANCEL": "IOC"}


def markets(data: Any) -> tuple[Listed, ...]:
    """GET symbols."""
    with reading("symbols"):
        rows = list(data["perpetualContract"])
        return tuple(_listed(data, row) for row in rows)


def _listed(data: Any, row: dict[str, Any]) -> Listed:
    trades, opens = bool(row["enableTrade"]), bool(row.get("enableOpenPosition", True))
    status = "ONLINE" if trades and opens else "CLOSE_ONLY" if trades else "OFFLINE"
    instrument = find_listing(data, market_of(row["symbol"])).instrument(ZERO)
    return Listed(instrument, status, positive(row["maxPositionSize"]))


def candles(data: Any, symbol: str) -> tuple[Candle, ...]:
    """GET klines, newest first, whatever order the venue chose."""
    with reading("klines"):
        read = [
            Candle(
                start_ns=whole(row["t"]) * MS_NS,
                open=positive(row["o"]),
                high=positive(row["h"]),
                low=positive(row["l"]),
                close=positive(row["c"]),
                base=not_negative(row["v"]),
                usd=not_negative(row["tr"]),
                trades=None,
            )
            for row in data[cross_name(symbol)]
        ]
    return tuple(sorted(read, key=lambda candle: candle.start_ns, reverse=True))


def past_funding(data: Any) -> tuple[PastFunding, ...]:
    """GET history-funding."""
    with reading("history funding"):
        return tuple(
            PastFunding(
                market=market_of(row["symbol"]),
                at_ns=whole(row["fundingTimestamp"]) * MS_NS,
                rate=share(row["rate"]),
                price=not_negative(row["price"] or "0"),
            )
            for row in data["historyFunds"]
        )


def ticker(data: Any, symbol: str) -> Ticker:
    """GET ticker: a list of one."""
    with reading("ticker"):
        row = next(row for row in data if cross_name(row["symbol"]) == cross_name(symbol))
        return Ticker(
            venue=Venue.APEX,
            market=market_of(symbol),
            last=_known(row["lastPrice"]),
            index=_known(row["indexPrice"]),
            oracle=_known(row.get("oraclePrice")),
            change=number(row["price24hPcnt"] or "0"),
            high=_known(row["highPrice24h"]),
            low=_known(row["lowPrice24h"]),
            volume_usd=not_negative(row["turnover24h"] or "0"),
            trades=whole(row["tradeCount"] or "0"),
            open_interest=not_negative(row["openInterest"] or "0"),
            funding_hourly=share(row.get("predictedFundingRate") or row["fundingRate"]),
            next_funding_ns=iso_ns(row["nextFundingTime"]),
        )


def _known(raw: object) -> Decimal | None:
    """A price; nothing and 0 stand for one that is not known yet."""
    return number(raw or "0") or None


def user(data: Any, account: Any) -> User:
    """GET user and GET account: the rates stand in the latter."""
    with reading("user"):
        return User(
            venue=Venue.APEX,
            address=word(data["ethereumAddress"]),
            name=str(data.get("username") or ""),
            maker_fee=share(account["makerFeeRate"]),
            taker_fee=share(account["takerFeeRate"]),
            maker_volume_30d=not_negative(data.get("makerVolume30D") or "0"),
            taker_volume_30d=not_negative(data.get("takerVolume30D") or "0"),
            fees_30d=number(data.get("fees30D") or "0"),
        )


def balance(account: Any, money_data: Any) -> Balance:
    """GET account and GET account-balance."""
    with reading("account"):
        return Balance(
            venue=Venue.APEX,
            account_id=word(str(account["id"])),
            position_id=whole(account["positionId"]),
            equity=money(money_data["totalEquityValue"]),
            free=money(money_data["availableBalance"]),
            cash=money(account["quoteBalance"]),
            initial_margin=money(money_data["initialMargin"]),
            maintenance_margin=money(money_data["maintenanceMargin"]),
            pending_in=money(account.get("pendingDeposits") or "0"),
            pending_out=money(account.get("pendingWithdrawals") or "0"),
        )


def positions(account: Any) -> tuple[Held, ...]:
    """The open positions of GET account."""
    with reading("positions"):
        return tuple(_held(row) for row in position_rows(account))


def _held(row: dict[str, Any]) -> Held:
    size = abs(number(row["size"]))
    return Held(
        market=market_of(row["symbol"]),
        size=size if {"LONG": True, "SHORT": False}[row["side"]] else -size,
        entry=not_negative(row["entryPrice"]),
        exit=not_negative(row.get("exitPrice") or "0"),
        unrealised=money(row.get("unrealizedPnl") or "0"),
        realised=money(row.get("realizedPnl") or "0"),
        net_funding=money(row.get("netFunding") or "0"),
        opened_ns=whole(row["createdAt"]) * MS_NS,
    )


def orders(rows: Any) -> tuple[OrderTold, ...]:
    """A list of orders."""
    with reading("orders"):
        return tuple(order(row) for row in rows)


def order(row: dict[str, Any]) -> OrderTold:
    """One order of any answer; what was matched counts as filled, settled on the chain or not."""
    with reading("order"):
        filled = max(number(row.get(key) or "0") for key in ("cumMatchFillSize", "cumSuccessFillSize"))
        in_force, reason = str(row.get("timeInForce") or ""), str(row.get("cancelReason") or "")
        trigger = row.get("triggerPrice") or "0"
        return OrderTold(
            venue=Venue.APEX,
            market=market_of(row["symbol"]),
            order_id=word(str(row.get("id") or row["orderId"])),
            client_id=str(row.get("clientOrderId") or row.get("clientId") or ""),
            side=Side(row["side"]),
            kind=word(row.get("type") or row["orderType"]),
            status=word(row["status"]),
            size=positive(row["size"]),
            filled=filled,
            price=not_negative(row["price"] or "0"),
            trigger=number(trigger) or None,
            in_force=IN_FORCE.get(in_force, in_force),
            post_only=bool(row.get("postOnly")) or in_force == "POST_ONLY",
            reduce_only=bool(row.get("reduceOnly")),
            created_ns=whole(row["createdAt"]) * MS_NS,
            expires_ns=whole(row["expiresAt"]) * MS_NS if row.get("expiresAt") else None,
            reason="" if reason.startswith(NO_REASON) else reason,
        )


def fills(rows: Any) -> tuple[FillTold, ...]:
    """The list of GET fills; one that was taken back says so by its status."""
    with reading("fills"):
        return tuple(
            FillTold(
                market=market_of(row["symbol"]),
                fill_id=word(str(row["id"])),
                order_id=str(row.get("orderId") or ""),
                side=Side(row["side"]),
                price=positive(row["price"]),
                size=positive(row["size"]),
                fee=number(row["fee"]),
                liquidity=str(row.get("liquidity") or ""),
                kind=str(row.get("type") or ""),
                status=str(row.get("status") or ""),
                at_ns=whole(row["createdAt"]) * MS_NS,
            )
            for row in rows
        )


def funding(rows: Any) -> tuple[FundingTold, ...]:
    """The list of GET funding; the side gives the position's size its sign."""
    with reading("funding"):
        return tuple(
            FundingTold(
                market=market_of(row["symbol"]),
                payment=money(row["fundingValue"]),
                rate=share(row["rate"]),
                size=abs(number(row["positionSize"])) * (1 if row["side"] == "LONG" else -1),
                price=not_negative(row["price"] or "0"),
                at_ns=whole(row["fundingTime"]) * MS_NS,
            )
            for row in rows
        )


def pnl(rows: Any) -> tuple[PnlTold, ...]:
    """The list of GET historical-pnl: closed positions."""
    with reading("historical pnl"):
        return tuple(
            PnlTold(
                market=market_of(row["symbol"]),
                pnl=money(row["totalPnl"]),
                equity=None,
                size=abs(number(row["size"])) * (1 if row["side"] == "LONG" else -1),
                entry=not_negative(row["price"] or "0"),
                exit=not_negative(row["exitPrice"] or "0"),
                at_ns=whole(row["createdAt"]) * MS_NS,
            )
            for row in rows
        )
