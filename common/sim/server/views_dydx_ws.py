"""What dYdX's v3_accounts channel says: the REST views, with the fields that the channel adds and leaves out. Pure."""

from typing import Any

from common.sim.accounts import AccountRecord
from common.sim.server import views_dydx
from common.sim.server.mouth import Mouth
from common.sim.server.plain import iso, places, text
from common.sim.server.views_dydx import MONEY
from common.sim.store import ALIVE
from common.sim.types import AccountChange, PaperFill, PaperOrder, PaperPosition
from common.venues.stark import nonce_dydx

Json = dict[str, Any]


def opening(mouth: Mouth, holder: AccountRecord) -> Json:
    """The contents of `subscribed`: orders alive, and the account as REST has it."""
    venue = mouth.venue
    alive = [order for order in venue.orders(holder.account_id) if order.status in ALIVE]
    return {
        "orders": [_order(mouth, order) for order in alive],
        "account": views_dydx.account(mouth, holder, venue.account(holder.account_id)),
        "transfers": [],
        "fundingPayments": [],
    }


def update(mouth: Mouth, change: AccountChange) -> Json:
    """The contents of `channel_data`: all that changed in one step; lists without a change are there, empty."""
    return {
        "fills": [_fill(mouth, fill) for fill in change.fills],
        "orders": [_order(mouth, order) for order in change.orders],
        "positions": [_position(mouth, change, held) for held in change.positions],
        "accounts": [_account(mouth, change)],
        "transfers": [],
        "fundingPayments": [views_dydx.funding_payment(mouth, paid) for paid in change.funding],
    }


def _order(mouth: Mouth, kept: PaperOrder) -> Json:
    return views_dydx.order(mouth, kept) | {
        "limitFee": text(kept.request.limit_fee),
        "signature": kept.request.signature,
        "updatedAt": iso(kept.changed_ns),
        "country": None,
        "client": None,
        "reduceOnlySize": None,
    }


def _fill(mouth: Mouth, one: PaperFill) -> Json:
    """A fill names its order's client id; its price has six decimals."""
    order = mouth.venue.order(one.account_id, one.order_id) if one.order_id else None
    client_id = order.request.client_id if order else None
    return views_dydx.fill(mouth, one) | {
        "accountId": one.account_id,
        "orderClientId": client_id,
        "transactionId": str(int(one.fill_id.replace("-", "")[:8], 16)),
        "price": places(one.price, MONEY),
        "quoteAmount": places(one.price * one.size, MONEY),
        "nonce": str(nonce_dydx(client_id)) if client_id else None,
        "forcePositionId": None,
        "updatedAt": iso(one.at_ns),
    }


def _position(mouth: Mouth, change: AccountChange, held: PaperPosition) -> Json:
    name = mouth.name(held.market)
    transaction = str(change.at_ns)
    return views_dydx.position(mouth, held) | {
        "id": f"{change.account_id}-{name}-{held.created_ns}",
        "accountId": change.account_id,
        "openTransactionId": str(held.created_ns),
        "lastTransactionId": transaction,
    }


def _account(mouth: Mouth, change: AccountChange) -> Json:
    """Unlike REST: the account number is a number, and neither equity nor free collateral is told."""
    holder = mouth.holder_of(change.account_id)
    return {
        "id": change.account_id,
        "positionId": str(holder.position_id),
        "userId": change.account_id,
        "accountNumber": 0,
        "starkKey": f"{holder.stark_x:064x}",
        "starkKeyYCoordinate": f"{holder.stark_y:064x}",
        "quoteBalance": places(change.balance, MONEY),
        "lastTransactionId": str(change.at_ns),
        "createdAt": iso(views_dydx.ACCOUNT_SINCE_NS),
    }
