"""One account's facts as ApeX Pro writes them: strings, times in whole ms, unsigned sizes.

Pure: types in, dictionaries out.
"""

from decimal import Decimal
from typing import Any

from common.core.money import ZERO
from common.sim.accounts import AccountRecord
from common.sim.server.mouth import Mouth
from common.sim.server.orders import APEX_LIFETIME_NAMES
from common.sim.server.plain import ms, places, text
from common.sim.types import AccountView, FundingPayment, PaperFill, PaperOrder, PaperPosition

Json = dict[str, Any]
MONEY, RATE, FEE_RATE = 6, 10, 5
ACCOUNT_SINCE_MS = 1_700_000_000_000
NO_REASON = "UNKNOWN_ORDER_CANCEL_REASON"
#: of a fill: let onto the chain, or refused there after the match
SETTLED, FAILED = "SUCCESS_L2_APPROVED", "FAILED_CENSORING"


def order(mouth: Mouth, kept: PaperOrder) -> Json:
    """An order as create-order and every look-up answer it."""
    asked, size = kept.request, kept.request.size - kept.remaining
    matched, value, fee = text(size), places(kept.filled_value, MONEY), places(kept.filled_fee, MONEY)
    return {
        "id": kept.order_id,
        "orderId": kept.order_id,
        "clientId": asked.client_id,
        "clientOrderId": asked.client_id,
        "accountId": kept.account_id,
        "symbol": mouth.name(asked.market),
        "side": asked.side.value,
        "price": text(asked.price),
        "limitFee": text(asked.limit_fee),
        "fee": fee,
        "triggerPrice": "" if asked.trigger is None else text(asked.trigger),
        "triggerPriceType": "" if asked.trigger is None else "INDEX",
        "trailingPercent": "",
        "size": text(asked.size),
        "remainingSize": text(kept.remaining),
        "type": asked.kind,
        "orderType": asked.kind,
        "createdAt": ms(kept.created_ns),
        "updatedTime": ms(kept.changed_ns),
        "expiresAt": ms(asked.expires_ns),
        "status": kept.status,
        "timeInForce": "POST_ONLY" if asked.post_only else APEX_LIFETIME_NAMES[asked.lifetime],
        "postOnly": asked.post_only,
        "reduceOnly": asked.reduce_only,
        "isPositionTpsl": False,
        "isOpenTpslOrder": False,
        "latestMatchFillPrice": text(kept.filled_value / size) if size else "",
        "cumMatchFillSize": matched,
        "cumMatchFillValue": value,
        "cumMatchFillFee": fee,
        **_settled(mouth, kept),
        "cancelReason": kept.cancel_reason or NO_REASON,
    }


def _settled(mouth: Mouth, kept: PaperOrder) -> Json:
    """What the chain let through of what was matched."""
    fills = mouth.venue.fills(kept.account_id, order_id=kept.order_id)
    lost = [one for one in fills if one.failed_ns is not None]
    value, fee = sum((one.size * one.price for one in lost), ZERO), sum((one.fee for one in lost), ZERO)
    return {
        "cumSuccessFillSize": text(kept.request.size - kept.remaining - sum((one.size for one in lost), ZERO)),
        "cumSuccessFillValue": places(kept.filled_value - value, MONEY),
        "cumSuccessFillFee": places(kept.filled_fee - fee, MONEY),
    }


def fill(mouth: Mouth, one: PaperFill) -> Json:
    """One entry of GET fills; a forced one has no order, one that was taken back tells so by its status."""
    kept = mouth.venue.order(one.account_id, one.order_id) if one.order_id else None
    client_id = kept.request.client_id if kept else ""
    return {
        "id": one.fill_id,
        "orderId": one.order_id or "",
        "clientId": client_id,
        "clientOrderId": client_id,
        "accountId": one.account_id,
        "symbol": mouth.name(one.market),
        "side": one.side.value,
        "price": text(one.price),
        "size": text(one.size),
        "quoteAmount": places(one.price * one.size, MONEY),
        "limitFee": text(kept.request.limit_fee) if kept else "0",
        "fee": places(one.fee, MONEY),
        "liquidateFee": "0.000000",
        "type": one.kind,
        "liquidity": one.liquidity,
        "status": SETTLED if one.failed_ns is None else FAILED,
        "isLiquidate": one.kind == "LIQUIDATED",
        "isDeleverage": one.kind == "DELEVERAGED",
        "createdAt": ms(one.at_ns),
        "updatedAt": ms(one.failed_ns or one.at_ns),
        "updatedTime": ms(one.failed_ns or one.at_ns),
    }


def position(mouth: Mouth, held: PaperPosition) -> Json:
    """A position: the size has no sign, the side tells it."""
    unrealized = held.size * (mouth.venue.index_price(held.market) - held.entry_price)
    is_long = (held.size or held.max_size) > 0
    return {
        "symbol": mouth.name(held.market),
        "status": "OPEN" if held.closed_ns is None else "CLOSED",
        "side": "LONG" if is_long else "SHORT",
        "size": text(abs(held.size)),
        "maxSize": text(abs(held.max_size)),
        "entryPrice": text(held.entry_price),
        "exitPrice": text(held.exit_price),
        "unrealizedPnl": places(unrealized, MONEY),
        "realizedPnl": places(held.realized_pnl, MONEY),
        "createdAt": ms(held.created_ns),
        "updatedTime": ms(held.closed_ns or held.created_ns),
        "closedAt": ms(held.closed_ns or 0),
        "netFunding": places(held.net_funding, MONEY),
        "sumOpen": text(held.sum_open),
        "sumClose": text(held.sum_close),
        "fee": "0.000000",
        "fundingFee": places(held.net_funding, MONEY),
        "lightNumbers": "",
        "customInitialMarginRate": "0",
    }


def wallet(account_id: str, balance: Decimal) -> Json:
    """The USDC wallet."""
    return {
        "userId": account_id,
        "accountId": account_id,
        "asset": "USDC",
        "token": "USDC",
        "balance": places(balance, MONEY),
        "pendingDepositAmount": "0.000000",
        "pendingWithdrawAmount": "0.000000",
        "pendingTransferOutAmount": "0.000000",
        "pendingTransferInAmount": "0.000000",
    }


def account(mouth: Mouth, holder: AccountRecord, view: AccountView, *, version: int) -> Json:
    """GET account: v1 has the fee rates at the top, v2 under each token of `accounts`."""
    maker, taker = (places(rate, FEE_RATE) for rate in mouth.venue.fee_rates(holder.account_id))
    rates: Json = {"takerFeeRate": taker, "makerFeeRate": maker}
    common: Json = {
        "id": holder.account_id,
        "ethereumAddress": holder.eth_address,
        "starkKey": f"0x{holder.stark_x:064x}",
        "positionId": str(holder.position_id),
        "quoteBalance": places(view.balance, MONEY),
        "pendingDeposits": "0.000000",
        "pendingWithdrawals": "0.000000",
        "accountNumber": "0",
        "createdAt": ACCOUNT_SINCE_MS,
        "wallets": [wallet(holder.account_id, view.balance)],
        "openPositions": [position(mouth, held) for held in view.positions],
    }
    if version == 1:
        return common | rates
    token = {"token": "USDC", "minInitialMarginRate": "0", "status": "NORMAL", "unrealizePnlPriceType": "INDEX_PRICE"}
    return common | {"accounts": [token | rates | {"createdAt": ACCOUNT_SINCE_MS}]}


def balance(view: AccountView) -> Json:
    """GET account-balance."""
    return {
        "totalEquityValue": places(view.equity, MONEY),
        "availableBalance": places(view.free_collateral, MONEY),
        "initialMargin": places(view.initial_margin, MONEY),
        "maintenanceMargin": places(view.maintenance_margin, MONEY),
    }


def user(holder: AccountRecord) -> Json:
    """GET user."""
    return {
        "id": holder.account_id,
        "ethereumAddress": holder.eth_address,
        "isRegistered": True,
        "email": "",
        "username": "paper",
        "userData": {},
        "makerVolume30D": "0",
        "takerVolume30D": "0",
        "fees30D": "0",
        "isSharingUsername": False,
        "isSharingAddress": False,
    }


def funding_value(mouth: Mouth, paid: FundingPayment) -> Json:
    """One entry of GET funding: positive when received."""
    return {
        "id": paid.payment_id,
        "symbol": mouth.name(paid.market),
        "fundingValue": places(paid.payment, MONEY),
        "rate": places(paid.rate, RATE),
        "positionSize": text(abs(paid.position_size)),
        "price": text(paid.price),
        "side": "LONG" if paid.position_size > 0 else "SHORT",
        "status": "SUCCESS",
        "fundingTime": ms(paid.at_ns),
        "transactionId": paid.payment_id,
    }


def closed_pnl(mouth: Mouth, held: PaperPosition) -> Json:
    """One entry of GET historical-pnl: a closed position."""
    return {
        "symbol": mouth.name(held.market),
        "size": text(held.sum_close),
        "exitPrice": text(held.exit_price),
        "price": text(held.entry_price),
        "side": "LONG" if held.max_size > 0 else "SHORT",
        "totalPnl": places(held.realized_pnl, MONEY),
        "createdAt": ms(held.closed_ns or held.created_ns),
        "type": "CLOSE_POSITION",
        "isLiquidate": False,
        "isDeleverage": False,
        "fee": "0.000000",
        "closeSharedOpenFee": "0.000000",
        "liquidateFee": "0.000000",
    }
