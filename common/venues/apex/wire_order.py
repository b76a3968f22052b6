"""ApeX requests and what is said to an order: HMAC, login, the create-order form, its answer. Pure codecs.

An order's request is a pure function of the order: timestamp and expiration come from `created_ns`. The venue refuses
a timestamp outside its tolerance, hence nothing sent late, or twice, can be taken in after `death_ns`.
"""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from common.core.errors import LocalError
from common.core.market import Side
from common.core.order import Ack, Lifetime, Order, Reject, Unknown
from common.venues import stark
from common.venues.apex.wire import BAD_CREDENTIALS, MS_NS, SECOND_NS, Data, Payload, Refusal
from common.venues.apex.wire_market import Listing
from common.venues.base import Signable
from common.venues.keys import Keys

CREATE_PATH: Final = "/api/v1/create-order"
WS_LOGIN_PATH: Final = "/ws/accounts"
#: the official client's list; only the accounts of v1 (USDC) are read
WS_TOPICS: Final = ("ws_notify_v1", "ws_accounts_v2", "ws_accounts_v1")

#: how far a request's timestamp may be from the venue's clock; the paper venue's figure, to be verified live
TIMESTAMP_TOLERANCE_NS: Final = 30 * SECOND_NS
#: for what lies between the venue's look at the timestamp and the order being found by its client id
DEATH_MARGIN_NS: Final = 5 * SECOND_NS

TIME_IN_FORCE: Final = {Lifetime.FOK: "FILL_OR_KILL", Lifetime.IOC: "IMMEDIATE_OR_CANCEL"}

#: keys that mean: this order was not taken in and never will be. Any other key is a question.
REFUSALS: Final = frozenset(
    {
        "INVALID_L2_SIGNATURE",
        "EMPTY_PARAM",
        "ACCOUNT_NOT_FOUND",
        "ORDER_INVALID_ORDER_TYPE",
        "ORDER_INVALIDTIME_IN_FORCE",
        "ORDER_INVALID_ORDER_SIDE",
        "ORDER_LIMIT_FEE_NOT_ENOUGH",
        "ORDER_LIMIT_FEE_MUST_GREETER_ZERO",
        "ORDER_EMPTY_CLIENT_ORDER_ID",
        "ORDER_INVALID_CLIENT_ORDER_ID",
        "ORDER_PRICE_MUST_GREETER_ZERO",
        "ORDER_SIZE_MUST_GREETER_ZERO",
        "ORDER_VALUE_MUST_GREETER_ZERO",
        "ORDER_SYMBOL_DISABLE_TRADE",
        "ORDER_SYMBOL_DISABLE_OPEN_POSITION",
        "ORDER_SIZE_SMALLER_THAN_SYMBOL_MIN_ORDER_SIZE",
        "ORDER_SIZE_GREATER_THAN_SYMBOL_MAX_ORDER_SIZE",
        "ORDER_OPEN_ORDER_COUNT_LIMIT_EXCEED",
        "ORDER_WITH_THIS_PRICE_CANNOT_REDUCE_POSITION_ONLY",
        "ORDER_IS_REDUCE_ONLY_CANNOT_OPEN_POSITION",
        "ORDER_IS_LIQUIDATE_ONLY_CANNOT_OPEN_POSITION",
        "ORDER_IS_DELEVERAGE_ONLY_CANNOT_OPEN_POSITION",
        "ORDER_POSSIBLE_GREATER_THAN_SYMBOL_MAX_POSITION",
        "ORDER_POSSIBLE_LEAD_TO_ACCOUNT_LIQUIDATED",
        "ORDER_POSSIBLE_LEAD_TO_ACCOUNT_LIQUIDATED_TV_TR_RATE_NOT_IMPROVED",
        "ORDER_THERE_IS_NOT_ENOUGH_MARGIN_TO_OPEN_POSITION",
        "ORDER_LIQUIDATING_ACCOUNT_CANNOT_CREATE_ORDER",
    }
)


@dataclass(frozen=True, slots=True)
class Signing:
    """What an order of ours is signed with; the key stays out of the repr."""

    position_id: int
    taker_fee: Decimal
    keys: Keys


@dataclass(frozen=True, slots=True)
class Prepared:
    """A create-order request, signed: its timestamp (ms), its HMAC and its form body."""

    stamp: str
    signature: str
    body: bytes

    def pack(self) -> bytes:
        """All of it as the opaque bytes that a Desk hands out."""
        return f"{self.stamp} {self.signature}\n".encode() + self.body

    @staticmethod
    def unpack(packed: bytes) -> "Prepared":
        """The reverse of `pack`."""
        head, _, body = packed.partition(b"\n")
        stamp, _, signature = head.decode().partition(" ")
        return Prepared(stamp, signature, body)


def hmac_signature(secret: str, stamp: str, method: str, path: str, fields: Mapping[str, str] | None = None) -> str:
    """HMAC-SHA256 over timestamp, method, path and the raw sorted fields; the key is the secret *encoded* in base64."""
    return _hmac(secret, stamp + _told(method, path, fields or {}))


def _told(method: str, path: str, fields: Mapping[str, str]) -> str:
    """What the HMAC is over, behind the timestamp."""
    return f"{method}{path}" + "&".join(f"{name}={value}" for name, value in sorted(fields.items()))


def _hmac(secret: str, text: str) -> str:
    made = _keyed(secret).copy()
    made.update(text.encode())
    return base64.b64encode(made.digest()).decode()


@lru_cache(maxsize=4)
def _keyed(secret: str) -> hmac.HMAC:
    """An HMAC that has taken in the key: copying it is half the work."""
    return hmac.new(base64.b64encode(secret.encode()), digestmod="sha256")


def auth_headers(keys: Keys, stamp: str, signature: str) -> dict[str, str]:
    """The four headers of a private request."""
    return {
        "APEX-SIGNATURE": signature,
        "APEX-API-KEY": keys.key,
        "APEX-TIMESTAMP": stamp,
        "APEX-PASSPHRASE": keys.passphrase,
    }


def login_frame(keys: Keys, now_ms: int) -> str:
    """The first frame on the private WebSocket; its argument is JSON inside JSON."""
    inner = {
        "type": "login",
        "topics": WS_TOPICS,
        "httpMethod": "GET",
        "requestPath": WS_LOGIN_PATH,
        "apiKey": keys.key,
        "passphrase": keys.passphrase,
        "timestamp": now_ms,
        "signature": hmac_signature(keys.secret, str(now_ms), "GET", WS_LOGIN_PATH),
    }
    return orjson.dumps({"op": "login", "args": [orjson.dumps(inner).decode()]}).decode()


def death_ns(order: Order) -> int:
    """The venue's time after which a request for `order` that was not taken in yet never will be."""
    return order.created_ns + TIMESTAMP_TOLERANCE_NS + DEATH_MARGIN_NS


def limit_fee(order: Signable, listing: Listing, taker_fee: Decimal) -> Decimal:
    """The most USDC to pay in fees: taker rate × size × limit, rounded up to the currency's smallest amount."""
    fee = order.size * order.limit * taker_fee
    return (fee / listing.currency_step).to_integral_value(ROUND_CEILING) * listing.currency_step


@dataclass(frozen=True, slots=True)
class Unstamped:
    """A create-order request, STARK signature included, but for its timestamp and the HMAC over it."""

    told: str
    body: bytes

    def at(self, at_ns: int, keys: Keys) -> Prepared:
        """The whole request."""
        stamp = str(at_ns // MS_NS)
        return Prepared(stamp, _hmac(keys.secret, stamp + self.told), self.body)


def prepare(order: Order, listing: Listing, signing: Signing) -> Prepared:
    """The signed create-order request of `order`; the same order gives the same bytes. LocalError when off the grid."""
    return unstamped(order, listing, signing).at(order.created_ns, signing.keys)


def unstamped(order: Order, listing: Listing, signing: Signing) -> Unstamped:
    """All of the request that does not depend on the moment, but on its hour; LocalError as `prepare`."""
    if order.limit % listing.tick or order.size % listing.step:
        raise LocalError(f"order {order.client_id}: {order.size} at {order.limit} is off the grid of {listing.symbol}")
    return _unstamped(order_fields(order, listing, signing))


def _unstamped(fields: Mapping[str, str]) -> Unstamped:
    return Unstamped(_told("POST", CREATE_PATH, fields), urlencode(fields).encode())


def stamped(at_ns: int, fields: Mapping[str, str], keys: Keys) -> Prepared:
    """A create-order request with the timestamp `at_ns`."""
    return _unstamped(fields).at(at_ns, keys)


def order_fields(order: Order, listing: Listing, signing: Signing) -> dict[str, str]:
    """The form fields in the official client's order, STARK signature included."""
    fee = limit_fee(order, listing, signing.taker_fee)
    hours = expiration_hours(order.created_ns)
    return {
        "symbol": listing.symbol,
        "side": order.side.value,
        "type": "LIMIT",
        "timeInForce": TIME_IN_FORCE[order.lifetime],
        "size": f"{order.size:f}",
        "price": f"{order.limit:f}",
        "limitFee": f"{fee:f}",
        "expiration": str(hours * 3600 * 1000),
        "clientId": order.client_id,
        "signature": sign(order, hours, listing, signing),
        # The venue's form speaks Python: True and False, capital letter first.
        "reduceOnly": str(order.reduce_only),
        "isPositionTpsl": "False",
    }


def hours_signed(order: Order) -> int:
    """The hour until which the order is signed: all of its moment that the signature knows."""
    return expiration_hours(order.created_ns)


def expiration_hours(created_ns: int) -> int:
    """The hour until which an order made then is signed: four weeks, which the venue asks for."""
    return stark.expiration_hours(created_ns // SECOND_NS, stark.APEX_BUFFER_HOURS)


def sign(order: Signable, hours: int, listing: Listing, signing: Signing) -> str:
    """The STARK signature of an order that expires after `hours`; ValueError when it is out of range."""
    fee = limit_fee(order, listing, signing.taker_fee)
    message = _stark_order(order, listing, fee, signing.position_id, hours)
    return stark.sign(stark.order_hash(message), int(signing.keys.private_key, 16))


def _stark_order(order: Signable, listing: Listing, fee: Decimal, position_id: int, hours: int) -> stark.StarkOrder:
    is_buy = order.side is Side.BUY
    return stark.StarkOrder(
        synthetic_id=listing.synthetic_id,
        collateral_id=listing.collateral_id,
        fee_id=listing.collateral_id,
        is_buy=is_buy,
        synthetic_quantums=stark.synthetic_quantums(order.size, listing.resolution),
        collateral_quantums=stark.collateral_quantums(order.size, order.limit, is_buy),
        fee_quantums=stark.fee_quantums_apex(fee),
        position_id=position_id,
        nonce=stark.nonce_apex(order.client_id),
        expiration_hours=hours,
    )


def order_answer(payload: Payload) -> Ack | Reject | Unknown:
    """What a create-order answer means; everything but an id or a known refusal is a question."""
    match payload:
        case Unknown():
            return payload
        case Refusal(code=code, key=key) if key in REFUSALS or code in BAD_CREDENTIALS:
            return Reject(str(payload))
        case Refusal():
            return Unknown(str(payload))
        case Data(value=value):
            return _ack(value)


def _ack(value: Any) -> Ack | Unknown:
    order_id = value.get("id") or value.get("orderId") if isinstance(value, dict) else None
    return Ack(str(order_id)) if order_id else Unknown("answer without an order id")
