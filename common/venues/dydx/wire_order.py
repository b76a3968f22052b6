"""An order of ours as dYdX wants it: HMAC, body in the official client's key order, STARK signature; and its answer.

Pure: an order's expiration comes from its row's `created_ns`, so that its time of death is a fact of the row.
Whoever finds the row after a crash can prove the order absent, whichever process signed it.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

import orjson

from common.core.errors import ConfigError, LocalError
from common.core.market import Side
from common.core.order import Ack, Order, Reject, Unknown
from common.venues import stark
from common.venues.base import Signable
from common.venues.dydx.wire import MS_NS, SECOND_NS, Data, Payload, Refusal, iso
from common.venues.dydx.wire_market import Listing
from common.venues.keys import Keys

ORDERS_PATH: Final = "/v3/orders"
ACCOUNTS_CHANNEL: Final = "v3_accounts"
ACCOUNTS_SIGNED_PATH: Final = "/ws/accounts"

#: an order expires so long after its row was made
LIFE_NS: Final = 75 * SECOND_NS
#: dYdX refuses an expiration that is less than this ahead of its own clock: what is not in by then never comes in
EXPIRY_LEAD_NS: Final = 60 * SECOND_NS
#: more, for clocks of theirs that do not agree and for an order that was taken and does not show yet
DEATH_MARGIN_NS: Final = 5 * SECOND_NS

#: the most we sign to pay as a fee, fraction of notional; the account's rate where that is higher
LIMIT_FEE: Final = Decimal("0.0015")
FEE_STEP: Final = Decimal("0.000001")

#: statuses whose errors say no to this very order; others with an error body prove nothing
REJECT_STATUSES: Final = frozenset({400, 401, 403})
#: words of a 400 that say "I have this one already": the earlier try may live
_DUPLICATE_WORDS: Final = ("already", "duplicate", "exists", "unique")

COLLATERAL_IDS: Final = {
    1: 0x02893294412A4C8F915F75892B395EBBF6859EC246EC365C3B1F56F47C3A0A5D,
    11155111: 0x01E70C509C4C6BFAFE8B73D2FC1819444B2C0B435D4B82C0F24ADDFF9565CE25,
}


@dataclass(frozen=True, slots=True)
class Signing:
    """What an order is signed with beside itself: account, fee and network."""

    position_id: int
    collateral_id: int
    private_key: int = field(repr=False)
    limit_fee: Decimal


def make_signing(position_id: int, taker_fee: Decimal, keys: Keys, network_id: int) -> Signing:
    """Signing of one account; ConfigError for a network without a known collateral or a key that is no number."""
    if network_id not in COLLATERAL_IDS:
        known = ", ".join(map(str, COLLATERAL_IDS))
        raise ConfigError(f"venues.dydx.network_id is {network_id}: known networks are {known}")
    try:
        private_key = int(keys.private_key, 16)
    except ValueError:
        raise ConfigError("private_key in the key file of dydx is not a hexadecimal number: onboard again") from None
    limit_fee = max(LIMIT_FEE, taker_fee).quantize(FEE_STEP, ROUND_CEILING)
    return Signing(position_id, COLLATERAL_IDS[network_id], private_key, limit_fee)


def expires_ns(order: Order) -> int:
    """When the order expires, in whole milliseconds: what is sent and what is signed."""
    return (order.created_ns + LIFE_NS) // MS_NS * MS_NS


def death_ns(order: Order) -> int:
    """The venue's time after which an order it does not know can never come in."""
    return order.created_ns + LIFE_NS - EXPIRY_LEAD_NS + DEATH_MARGIN_NS


@dataclass(frozen=True, slots=True)
class Unstamped:
    """A signed body but for the moment at which it expires, which stands in the middle."""

    before: bytes
    after: bytes

    def at(self, until_ns: int) -> bytes:
        """The whole body; `until_ns` must lie in the hour that was signed."""
        return b'%b,"expiration":"%b",%b' % (self.before, iso(until_ns).encode(), self.after)


def order_body(order: Order, listing: Listing, signing: Signing) -> bytes:
    """The signed request body; LocalError when the order is off the grid or cannot be signed."""
    return unstamped(order, listing, signing).at(expires_ns(order))


def hours_signed(order: Order) -> int:
    """The hour until which the order is signed: all of its moment that the signature knows."""
    return stark.expiration_hours(expires_ns(order) / SECOND_NS, stark.DYDX_BUFFER_HOURS)


def unstamped(order: Order, listing: Listing, signing: Signing) -> Unstamped:
    """All of the body that does not depend on the moment, but on its hour; LocalError as `order_body`."""
    try:
        signature = sign(order, expires_ns(order), listing, signing)
    except ValueError as error:
        raise LocalError(f"order {order.client_id} cannot be signed: {error}") from error
    before: dict[str, Any] = {
        "market": listing.instrument.name,
        "side": order.side.value,
        "type": "LIMIT",
        "timeInForce": order.lifetime.value,
        "size": format(order.size, "f"),
        "price": format(order.limit, "f"),
        "limitFee": format(signing.limit_fee, "f"),
    }
    after: dict[str, Any] = {
        "postOnly": False,
        "clientId": order.client_id,
        "signature": signature,
    }
    if order.reduce_only:
        after["reduceOnly"] = True
    return Unstamped(orjson.dumps(before)[:-1], orjson.dumps(after)[1:])


def sign(order: Signable, until_ns: int, listing: Listing, signing: Signing) -> str:
    """The STARK signature of an order that expires at `until_ns`; LocalError off the grid, ValueError out of range."""
    return stark.sign(stark.order_hash(_stark_order(order, until_ns, listing, signing)), signing.private_key)


def _stark_order(order: Signable, until_ns: int, listing: Listing, signing: Signing) -> stark.StarkOrder:
    instrument, is_buy = listing.instrument, order.side is Side.BUY
    if order.limit % instrument.tick or order.size % instrument.step:
        raise LocalError(f"order {order.client_id}: {order.size} at {order.limit} is off the grid of {instrument.name}")
    collateral = stark.collateral_quantums(order.size, order.limit, is_buy)
    return stark.StarkOrder(
        synthetic_id=listing.synthetic_id,
        collateral_id=signing.collateral_id,
        fee_id=signing.collateral_id,
        is_buy=is_buy,
        synthetic_quantums=stark.synthetic_quantums(order.size, listing.resolution),
        collateral_quantums=collateral,
        fee_quantums=stark.fee_quantums_dydx(signing.limit_fee, collateral),
        position_id=signing.position_id,
        nonce=stark.nonce_dydx(order.client_id),
        expiration_hours=stark.expiration_hours(until_ns / SECOND_NS, stark.DYDX_BUFFER_HOURS),
    )


class Signer:
    """HMAC of private requests with one account's API key; the secret is decoded and taken in once."""

    __slots__ = ("_key", "_keyed", "_passphrase")

    def __init__(self, keys: Keys) -> None:
        """ConfigError when the secret is not URL-safe base64."""
        self._key, self._passphrase = keys.key, keys.passphrase
        try:
            self._keyed = hmac.new(base64.urlsafe_b64decode(keys.secret), digestmod="sha256")
        except (binascii.Error, ValueError):
            raise ConfigError("secret in the key file of dydx is not URL-safe base64: onboard again") from None

    def signature(self, stamp: str, method: str, path: str, body: bytes = b"") -> str:
        """HMAC-SHA256 of time, method, path with query and compact body, as URL-safe base64."""
        made = self._keyed.copy()
        made.update(f"{stamp}{method}{path}".encode() + body)
        return base64.urlsafe_b64encode(made.digest()).decode()

    def headers(self, stamp: str, method: str, path: str, body: bytes = b"") -> dict[str, str]:
        """The four headers of a private request; `stamp` is ISO and within 30 s of the venue's clock."""
        return {
            "DYDX-SIGNATURE": self.signature(stamp, method, path, body),
            "DYDX-API-KEY": self._key,
            "DYDX-TIMESTAMP": stamp,
            "DYDX-PASSPHRASE": self._passphrase,
        }

    def accounts_frame(self, stamp: str) -> str:
        """Subscribe to the account channel."""
        frame = {
            "type": "subscribe",
            "channel": ACCOUNTS_CHANNEL,
            "accountNumber": "0",
            "apiKey": self._key,
            "passphrase": self._passphrase,
            "timestamp": stamp,
            "signature": self.signature(stamp, "GET", ACCOUNTS_SIGNED_PATH),
        }
        return orjson.dumps(frame).decode()


def order_answer(payload: Payload) -> Ack | Reject | Unknown:
    """What an answer to POST /v3/orders says; Reject only when it says no to this very order in so many words."""
    if isinstance(payload, Unknown):
        return payload
    if isinstance(payload, Data):
        order = payload.value.get("order")
        order_id = order.get("id") if isinstance(order, dict) else None
        return Ack(order_id) if isinstance(order_id, str) and order_id else Unknown("taken, but without an order id")
    return _refused(payload)


def _refused(refusal: Refusal) -> Reject | Unknown:
    text = refusal.text.lower()
    if refusal.status not in REJECT_STATUSES or any(word in text for word in _DUPLICATE_WORDS):
        return Unknown(str(refusal))
    return Reject(refusal.text)
