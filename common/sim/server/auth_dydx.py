"""Who is asking, at dYdX: the HMAC of every private request and the STARK signature of every order.

Takes what came over the wire and the account it claims to be from; knows no route and no engine.
"""

import base64
import binascii
import hashlib
import hmac
import json

from common.core.market import Side
from common.sim.accounts import AccountRecord
from common.sim.server.asset import Asset
from common.sim.server.claims import Claim
from common.sim.server.plain import NS_PER_SECOND, iso_ns
from common.sim.types import PlaceRequest
from common.venues import stark

CLOCK_TOLERANCE_NS = 30 * NS_PER_SECOND
HOUR_NS = 3600 * NS_PER_SECOND
WS_PATH = "/ws/accounts"


def canonical_body(raw: bytes) -> str:
    """What the official client signs of a body: compact JSON in the order it came, nothing for `{}`.

    The wire carries the same JSON with spaces, and `{}` even on GET: hashing the raw bytes verifies nothing.
    """
    if raw.strip() in (b"", b"{}"):
        return ""
    try:
        return json.dumps(json.loads(raw), separators=(",", ":"))
    except ValueError:
        return ""


def signature(secret: str, message: bytes) -> str:
    """HMAC-SHA256 under the URL-safe base64 secret, as URL-safe base64; empty when the secret is no base64."""
    try:
        key = base64.urlsafe_b64decode(secret)
    except (binascii.Error, ValueError):
        return ""
    return base64.urlsafe_b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def is_theirs(claim: Claim, holder: AccountRecord, request: str, body: bytes) -> bool:
    """Whether passphrase and HMAC are the holder's; `request` is method and raw path with query.

    Both forms of the body are accepted: the official clients sign the compact one, other clients the bytes they send.
    """
    start = (claim.timestamp + request).encode()
    given = claim.signature.encode()
    same = hmac.compare_digest(claim.passphrase.encode(), holder.passphrase.encode())
    forms = (canonical_body(body).encode(), body)
    found = [hmac.compare_digest(signature(holder.secret, start + form).encode(), given) for form in forms]
    return same and any(found)


def is_timely(timestamp: str, now_ns: int) -> bool:
    """Whether the ISO timestamp lies within 30 s of the server's clock."""
    at_ns = iso_ns(timestamp)
    return at_ns is not None and abs(now_ns - at_ns) <= CLOCK_TOLERANCE_NS


def order_is_signed(order: PlaceRequest, holder: AccountRecord, asset: Asset) -> bool:
    """Whether the holder's STARK key signed this very order under its own position id.

    The official client signs the float it was given and sends milliseconds: an expiration less than a
    millisecond past a whole hour is signed for the next hour. Such a timestamp is tried both ways.
    """
    hours = stark.expiration_hours(order.expires_ns / NS_PER_SECOND, stark.DYDX_BUFFER_HOURS)
    tries = (hours, hours + 1) if order.expires_ns % HOUR_NS == 0 else (hours,)
    return any(_verify(order, holder, asset, expires) for expires in tries)


def _verify(order: PlaceRequest, holder: AccountRecord, asset: Asset, hours: int) -> bool:
    is_buy = order.side is Side.BUY
    try:
        collateral = stark.collateral_quantums(order.size, order.price, is_buy)
        message = stark.StarkOrder(
            synthetic_id=asset.synthetic_id,
            collateral_id=asset.collateral_id,
            fee_id=asset.collateral_id,
            is_buy=is_buy,
            synthetic_quantums=stark.synthetic_quantums(order.size, asset.resolution),
            collateral_quantums=collateral,
            fee_quantums=stark.fee_quantums_dydx(order.limit_fee, collateral),
            position_id=holder.position_id,
            nonce=stark.nonce_dydx(order.client_id),
            expiration_hours=hours,
        )
    except ValueError:
        return False
    return stark.verify(stark.order_hash(message), order.signature, holder.stark_x)
