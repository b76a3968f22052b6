"""Who is asking, at ApeX: the HMAC of every private request and the STARK signature of every order.

Takes what came over the wire and the account it claims to be from; knows no route and no engine.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import unquote

from common.core.market import Side
from common.sim.accounts import AccountRecord
from common.sim.server.asset import Asset
from common.sim.server.claims import Claim
from common.sim.server.plain import NS_PER_MS, NS_PER_SECOND
from common.sim.types import PlaceRequest
from common.venues import stark

CLOCK_TOLERANCE_NS = 30 * NS_PER_SECOND
HOUR_MS = 3_600_000
WS_PATH = "/ws/accounts"
#: a timestamp in ms has 13 digits for the next 260 years
TIMESTAMP_DIGITS_MAX = 15


def signed_form(form: Mapping[str, str]) -> str:
    """What the official client signs of a form: decoded values, sorted by name, `k=v` joined by `&`."""
    return "&".join(f"{name}={form[name]}" for name in sorted(form))


def signature(secret: str, message: str) -> str:
    """HMAC-SHA256 as base64; the key is the base64 text OF the secret, as the venue has it."""
    key = base64.standard_b64encode(secret.encode())
    return base64.standard_b64encode(hmac.new(key, message.encode(), hashlib.sha256).digest()).decode()


def is_theirs(claim: Claim, holder: AccountRecord, method: str, path: str, form: Mapping[str, str]) -> bool:
    """Whether passphrase and HMAC are the holder's; `path` is the raw path with query, slashes collapsed.

    The official client signs the path before its HTTP library percent-encodes it: both forms are accepted.
    """
    given = claim.signature.encode()
    same = hmac.compare_digest(claim.passphrase.encode(), holder.passphrase.encode())
    found = [
        hmac.compare_digest(
            signature(holder.secret, claim.timestamp + method + form_of_path + signed_form(form)).encode(), given
        )
        for form_of_path in {path, unquote(path)}
    ]
    return same and any(found)


def is_timely(timestamp: str, now_ns: int) -> bool:
    """Whether the timestamp, in ms, lies within 30 s of the server's clock."""
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > TIMESTAMP_DIGITS_MAX:
        return False
    return abs(now_ns - int(timestamp) * NS_PER_MS) <= CLOCK_TOLERANCE_NS


@dataclass(frozen=True, slots=True)
class Rates:
    """The holder's fee rates, fractions of notional."""

    maker: Decimal
    taker: Decimal


def order_is_signed(order: PlaceRequest, holder: AccountRecord, asset: Asset, rates: Rates) -> bool:
    """Whether the holder's STARK key signed this very order under its own position id.

    The body tells the fee as an amount, while clients sign a fee made from a rate. Tried in turn: the amount
    itself, the account's taker and maker rates, and the rate that the amount implies.
    """
    is_buy = order.side is Side.BUY
    try:
        collateral = stark.collateral_quantums(order.size, order.price, is_buy)
        synthetic = stark.synthetic_quantums(order.size, asset.resolution)
    except ValueError:
        return False
    tried: set[int] = set()
    for fee in _fees(order, collateral, rates):
        if fee in tried:
            continue
        tried.add(fee)
        if _verify(order, holder, asset, (synthetic, collateral, fee)):
            return True
    return False


def _fees(order: PlaceRequest, collateral: int, rates: Rates) -> Iterator[int]:
    """The fee quantums that the client may have signed, likeliest first."""
    implied = order.limit_fee / (order.size * order.price)
    makers: tuple[Callable[[], int], ...] = (
        lambda: stark.fee_quantums_apex(order.limit_fee),
        lambda: stark.fee_quantums_dydx(rates.taker, collateral),
        lambda: stark.fee_quantums_dydx(rates.maker, collateral),
        lambda: stark.fee_quantums_dydx(implied, collateral),
    )
    for make in makers:
        try:
            fee = make()
        except ValueError:  # this way of stating the fee does not come out whole
            continue
        yield fee


def _verify(order: PlaceRequest, holder: AccountRecord, asset: Asset, quantums: tuple[int, int, int]) -> bool:
    synthetic, collateral, fee = quantums
    try:
        message = stark.StarkOrder(
            synthetic_id=asset.synthetic_id,
            collateral_id=asset.collateral_id,
            fee_id=asset.collateral_id,
            is_buy=order.side is Side.BUY,
            synthetic_quantums=synthetic,
            collateral_quantums=collateral,
            fee_quantums=fee,
            position_id=holder.position_id,
            nonce=stark.nonce_apex(order.client_id),
            # the body's expiration has the buffer in it already
            expiration_hours=-(-(order.expires_ns // NS_PER_MS) // HOUR_MS),
        )
    except ValueError:
        return False
    return stark.verify(stark.order_hash(message), order.signature, holder.stark_x)
