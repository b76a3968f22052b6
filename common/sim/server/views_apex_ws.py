"""What ApeX's private stream says: one snapshot after the login, then what changed, fills with their orders. Pure."""

from typing import Any

from common.sim.accounts import AccountRecord
from common.sim.server import views_apex
from common.sim.server.mouth import Mouth
from common.sim.server.plain import ms
from common.sim.store import ALIVE
from common.sim.types import AccountChange, PaperOrder

Json = dict[str, Any]
FILLS_SHOWN = 50


def opening(mouth: Mouth, holder: AccountRecord, topic: str) -> Json:
    """The full snapshot: orders alive, open positions, newest fills, account and wallet."""
    venue, account_id = mouth.venue, holder.account_id
    view = venue.account(account_id)
    contents = {
        "orders": [_order(mouth, order) for order in venue.orders(account_id) if order.status in ALIVE],
        "positions": [views_apex.position(mouth, held) for held in view.positions],
        "fills": [_fill(mouth, fill) for fill in venue.fills(account_id)[:FILLS_SHOWN]],
        "accounts": [views_apex.account(mouth, holder, view, version=_version(topic))],
        "wallets": [views_apex.wallet(account_id, view.balance)],
        "transfers": [],
        "fundingValues": [],
    }
    return _push(topic, "snapshot", contents, mouth.now_ns())


def update(mouth: Mouth, change: AccountChange, topic: str) -> Json:
    """What one step changed, in one frame."""
    contents = {
        "orders": [_order(mouth, order) for order in change.orders],
        "positions": [views_apex.position(mouth, held) for held in change.positions],
        "fills": [_fill(mouth, fill) for fill in change.fills],
        "accounts": [],
        "wallets": [views_apex.wallet(change.account_id, change.balance)],
        "transfers": [],
        "fundingValues": [views_apex.funding_value(mouth, paid) for paid in change.funding],
    }
    return _push(topic, "delta", contents, change.at_ns)


def _order(mouth: Mouth, kept: PaperOrder) -> Json:
    """Pushes write the end of an order's life under two more names than REST does."""
    shown = views_apex.order(mouth, kept)
    return shown | {"updatedAt": shown["updatedTime"], "unfillableAt": shown["expiresAt"], "isLiquidate": False}


def _fill(mouth: Mouth, fill: Any) -> Json:
    return views_apex.fill(mouth, fill) | {"isOpen": True}


def _version(topic: str) -> int:
    return 2 if topic.endswith("_v2") else 1


def _push(topic: str, kind: str, contents: Json, at_ns: int) -> Json:
    return {"type": kind, "timestamp": ms(at_ns), "topic": topic, "contents": contents}
