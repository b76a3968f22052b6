"""The paper venue's facts as dYdX v3's REST answers write them: strings, ISO times, signed sizes.

Pure: types in, dictionaries out.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from common.core.events import LevelRow
from common.sim.accounts import AccountRecord
from common.sim.server.bars import Bar
from common.sim.server.mouth import HOUR_NS, Mouth
from common.sim.server.plain import iso, places, text
from common.sim.types import AccountView, FundingPayment, PaperFill, PaperOrder, PaperPosition, Print

Json = dict[str, Any]
MONEY, RATE, PRICE, FEE_RATE = 6, 10, 4, 6
MONTH_NS = 30 * 24 * HOUR_NS
#: the paper venues' accounts are made when the venue first starts; nothing here depends on the moment
ACCOUNT_SINCE_NS = 1_700_000_000 * 10**9


def market(mouth: Mouth, name: str) -> Json:
    """One entry of GET /v3/markets; every value is a string."""
    listing, venue = mouth.listings[name], mouth.venue
    instrument = listing.instrument
    return {
        "market": instrument.name,
        "status": "ONLINE" if instrument.online else "OFFLINE",
        "baseAsset": name,
        "quoteAsset": "USD",
        "stepSize": text(instrument.step),
        "tickSize": text(instrument.tick),
        **market_figures(mouth, name),
        "minOrderSize": text(instrument.min_size),
        "type": "PERPETUAL",
        "initialMarginFraction": text(instrument.initial_margin),
        "maintenanceMarginFraction": text(instrument.maintenance_margin),
        "transferMarginFraction": places(venue.funding_rate(name), 6),
        "incrementalInitialMarginFraction": text(listing.incremental_initial_margin),
        "incrementalPositionSize": text(listing.incremental_position),
        "maxPositionSize": text(listing.max_position),
        "baselinePositionSize": text(listing.baseline_position),
        "assetResolution": str(listing.resolution),
        "syntheticAssetId": listing.synthetic_id,
    }


def market_figures(mouth: Mouth, name: str) -> Json:
    """The part of a market that moves: what v3_markets updates carry."""
    venue, day = mouth.venue, mouth.bars.day(name, mouth.now_ns())
    index = places(venue.index_price(name), PRICE)
    return {
        "indexPrice": index,
        "oraclePrice": index,
        "priceChange24H": text(day.close - day.open) if day else "0",
        "nextFundingRate": places(venue.funding_rate(name), RATE),
        "nextFundingAt": iso(mouth.next_funding_ns()),
        "volume24H": places(day.quote if day else Decimal(0), MONEY),
        "trades24H": str(day.trades if day else 0),
        "openInterest": text(mouth.open_interest(name)),
    }


def levels(mouth: Mouth, name: str, with_offsets: bool = False) -> Json:
    """A whole book, best first; offsets per level only when asked for."""
    instrument = mouth.listings[name].instrument
    bids, asks, _ = mouth.venue.book(name)

    def rows(side: Sequence[LevelRow]) -> list[Json]:
        return [
            {"size": text(instrument.size(steps)), "price": text(instrument.price(tick))}
            | ({"offset": str(offset)} if with_offsets else {})
            for tick, steps, offset in side
        ]

    return {"asks": rows(asks), "bids": rows(bids)}


def trade(public: Print) -> Json:
    """A public trade; dYdX gives it no id."""
    return {
        "side": public.side.value,
        "size": text(public.size),
        "price": text(public.price),
        "createdAt": iso(public.at_ns),
        "liquidation": public.liquidation,
    }


def stats(name: str, day: Bar | None) -> Json:
    """One entry of GET /v3/stats."""
    zero = Decimal(0)
    bar = day or Bar(0, zero, zero, zero, zero, zero, zero, 0)
    return {
        "market": name,
        "open": text(bar.open),
        "high": text(bar.high),
        "low": text(bar.low),
        "close": text(bar.close),
        "baseVolume": text(bar.base),
        "quoteVolume": places(bar.quote, MONEY),
        "type": "PERPETUAL",
        "fees": "0.000000",
    }


def candle(name: str, resolution: str, bar: Bar) -> Json:
    """One entry of GET /v3/candles; trades too is a string."""
    return {
        "startedAt": iso(bar.start_ns),
        "updatedAt": iso(bar.start_ns),
        "market": name,
        "resolution": resolution,
        "low": text(bar.low),
        "high": text(bar.high),
        "open": text(bar.open),
        "close": text(bar.close),
        "baseTokenVolume": text(bar.base),
        "trades": str(bar.trades),
        "usdVolume": places(bar.quote, MONEY),
        "startingOpenInterest": "0",
    }


def order(mouth: Mouth, kept: PaperOrder) -> Json:
    """An order as POST, GET and DELETE answer it."""
    asked = kept.request
    done = kept.status in ("FILLED", "CANCELED")
    return {
        "id": kept.order_id,
        "clientId": asked.client_id,
        "accountId": kept.account_id,
        "market": mouth.name(asked.market),
        "side": asked.side.value,
        "price": text(asked.price),
        "triggerPrice": None if asked.trigger is None else text(asked.trigger),
        "trailingPercent": None,
        "size": text(asked.size),
        "remainingSize": text(kept.remaining),
        "type": asked.kind,
        "createdAt": iso(kept.created_ns),
        "unfillableAt": iso(kept.changed_ns) if done else None,
        "expiresAt": iso(asked.expires_ns),
        "status": kept.status,
        "timeInForce": asked.lifetime,
        "postOnly": asked.post_only,
        "reduceOnly": asked.reduce_only,
        "cancelReason": kept.cancel_reason or None,
    }


def active_order(mouth: Mouth, kept: PaperOrder) -> Json:
    """The short form of /v3/active-orders."""
    whole = order(mouth, kept)
    return {key: whole[key] for key in ("id", "accountId", "market", "side", "price", "remainingSize")}


def fill(mouth: Mouth, one: PaperFill) -> Json:
    """One entry of GET /v3/fills; a liquidation has no order."""
    return {
        "id": one.fill_id,
        "side": one.side.value,
        "liquidity": one.liquidity,
        "type": one.kind,
        "market": mouth.name(one.market),
        "orderId": one.order_id,
        "price": text(one.price),
        "size": text(one.size),
        "fee": places(one.fee, MONEY),
        "createdAt": iso(one.at_ns),
    }


def position(mouth: Mouth, held: PaperPosition) -> Json:
    """A position: sizes are signed, short is negative; money has six decimals."""
    unrealized = held.size * (mouth.venue.index_price(held.market) - held.entry_price)
    is_long = (held.size or held.max_size) > 0
    return {
        "market": mouth.name(held.market),
        "status": "OPEN" if held.closed_ns is None else "CLOSED",
        "side": "LONG" if is_long else "SHORT",
        "size": text(held.size),
        "maxSize": text(held.max_size),
        "entryPrice": places(held.entry_price, MONEY),
        "exitPrice": places(held.exit_price, MONEY),
        "unrealizedPnl": places(unrealized, MONEY),
        "realizedPnl": places(held.realized_pnl, MONEY),
        "createdAt": iso(held.created_ns),
        "closedAt": None if held.closed_ns is None else iso(held.closed_ns),
        "sumOpen": text(held.sum_open),
        "sumClose": text(held.sum_close),
        "netFunding": places(held.net_funding, MONEY),
    }


def account(mouth: Mouth, holder: AccountRecord, view: AccountView) -> Json:
    """GET /v3/accounts/:id."""
    return {
        "starkKey": f"{holder.stark_x:064x}",
        "positionId": str(holder.position_id),
        "equity": places(view.equity, MONEY),
        "freeCollateral": places(view.free_collateral, MONEY),
        "pendingDeposits": "0.000000",
        "pendingWithdrawals": "0.000000",
        "openPositions": {mouth.name(held.market): position(mouth, held) for held in view.positions},
        "accountNumber": "0",
        "id": holder.account_id,
        "quoteBalance": places(view.balance, MONEY),
        "createdAt": iso(ACCOUNT_SINCE_NS),
    }


def user(mouth: Mouth, holder: AccountRecord) -> Json:
    """GET /v3/users; the address is in lower case, volumes and fees are those of thirty days."""
    maker, taker = mouth.venue.fee_rates(holder.account_id)
    since_ns = mouth.now_ns() - MONTH_NS
    fills = [fill for fill in mouth.venue.fills(holder.account_id) if fill.at_ns > since_ns]

    def volume(liquidity: str) -> Decimal:
        return sum((fill.price * fill.size for fill in fills if fill.liquidity == liquidity), Decimal(0))

    return {
        "publicId": holder.account_id.replace("-", "")[:8].upper(),
        "ethereumAddress": holder.eth_address.lower(),
        "isRegistered": True,
        "email": None,
        "username": "paper",
        "userData": {},
        "makerFeeRate": places(maker, FEE_RATE),
        "takerFeeRate": places(taker, FEE_RATE),
        "referralDiscountRate": None,
        "makerVolume30D": places(volume("MAKER"), MONEY),
        "takerVolume30D": places(volume("TAKER"), MONEY),
        "fees30D": places(sum((fill.fee for fill in fills), Decimal(0)), MONEY),
        "referredByAffiliateLink": None,
        "isSharingUsername": False,
        "isSharingAddress": False,
        "dydxTokenBalance": "0",
        "stakedDydxTokenBalance": "0",
        "activeStakedDydxTokenBalance": "0",
        "isEmailVerified": False,
        "country": None,
        "languageCode": None,
        "hedgiesHeld": [],
    }


def funding_payment(mouth: Mouth, paid: FundingPayment) -> Json:
    """One entry of GET /v3/funding."""
    return {
        "market": mouth.name(paid.market),
        "payment": places(paid.payment, MONEY),
        "rate": places(paid.rate, RATE),
        "positionSize": text(paid.position_size),
        "price": places(paid.price, MONEY),
        "effectiveAt": iso(paid.at_ns),
    }
