"""What the paper venues say when they say no: error bodies of both venues, word for word where the words are known.

Texts that nobody has recorded are marked "ours". Nothing here decides; it only words a refusal.
"""

from dataclasses import dataclass
from typing import Any

from common.sim.checks import Refuse
from common.sim.types import PaperRefusal


@dataclass(frozen=True, slots=True)
class No:
    """A refusal ready to be sent: HTTP status and body."""

    status: int
    body: dict[str, Any]


UNAUTHORIZED = "Unauthorized"
BAD_SIGNATURE = "Invalid signature for order"
EXPIRES_TOO_SOON = "Order expiration cannot be less than 1 minute(s) in the future"
CLOCK = "Timestamp must be within 30 seconds of the server time"
NUMBER = "{} must be a positive numeric string that is not greater than 1000000000"
TIME_IN_FORCE = "Invalid timeInForce is either not a string or not a valid time in force"
ORDER_TYPE = "Invalid type is either not a string or not a valid order type"
MARKET = "Invalid market is either not a string or not a valid market"
CLIENT_ID = "clientId must be a string of 1 to 40 characters"
SIDE = "Invalid side is either not a string or not a valid side"
BAD_ONBOARDING = "Invalid signature for onboarding request"
#: the next five are ours: nobody has recorded what is said there
BAD_REQUEST_SIGNATURE = "Invalid signature for request"
STARK_KEY = "starkKey and starkKeyYCoordinate must be the coordinates of a STARK public key"
USER_EXISTS = "A user with this ethereumAddress or starkKey already exists"
NO_USER = "No user found with ethereumAddress: {}"
KEYS_MAX = "There are {} API keys already"
STATUS_LIST = "status must be a valid array of subset (OPEN, UNTRIGGERED, PENDING)"

#: the engine's refusals in dYdX's words; the first ones were really seen, the others are ours
_DYDX: dict[str, str] = {
    Refuse.EXPIRATION: EXPIRES_TOO_SOON,
    Refuse.KIND: ORDER_TYPE,
    Refuse.LIFETIME: TIME_IN_FORCE,
    Refuse.SIZE: NUMBER.format("size"),
    Refuse.PRICE: NUMBER.format("price"),
    Refuse.ORDER_UNKNOWN: "No order found with id: {order_id}",
    Refuse.MARKET: MARKET,
    Refuse.OFF_TICK: "price must be a multiple of the tick size {tick}",
    Refuse.OFF_STEP: "size must be a multiple of the step size {step}",
    Refuse.MIN_SIZE: "size must be at least the minimum order size {min_size}",
    Refuse.MAX_POSITION: "Order would exceed the maximum position size {max_position}",
    Refuse.CLIENT_ID: CLIENT_ID,
    Refuse.DUPLICATE: "An order with clientId {client_id} already exists",
    Refuse.MARKET_LIFETIME: "MARKET orders must have timeInForce FOK or IOC",
    Refuse.POST_ONLY: "postOnly must be false for MARKET orders and for timeInForce FOK or IOC",
    Refuse.REDUCE_LIFETIME: "reduceOnly is only allowed for orders with timeInForce FOK or IOC",
    Refuse.LIMIT_FEE: "limitFee {limit_fee} is below the fee rate {needed}",
    Refuse.OPEN_ORDERS: "There are {count} open orders already for this market and side",
    Refuse.ORDER_FINAL: "Order with id: {order_id} is already {status}",
}


def dydx(message: str, status: int = 400, **where: Any) -> No:
    """dYdX's error body; `where` adds value, param and location, as its parameter checks do."""
    return No(status, {"errors": [{"msg": message, **where}]})


def dydx_param(message: str, param: str, value: Any, location: str = "body") -> No:
    """A parameter check of dYdX that failed."""
    return No(400, {"errors": [{"value": value, "msg": message, "param": param, "location": location}]})


def dydx_not_found(order_id: str) -> No:
    """dYdX's answer for an order it does not know, or does not yet show."""
    return dydx(f"No order found with id: {order_id}")


def dydx_refusal(refusal: PaperRefusal) -> No:
    """The engine's no in dYdX's words."""
    return dydx(_fill(_DYDX.get(refusal.key, f"Order refused: {refusal.key}"), refusal.values))


#: ApeX's keys and message templates, as its error table has them
_APEX = {
    "INVALID_L2_SIGNATURE": "Invalid L2 signature.",
    "EMPTY_PARAM": "{name}Empty request param.",
    "INVALID_PAGE_SIZE": "Invalid page size. {size}",
    "ACCOUNT_NOT_FOUND": "The account does not exist. {accountId}",
    "ORDER_NOT_FOUND": "This order does not exist. {orderId}",
    "ORDER_NOT_CANCEL_MATCHED": "Order processing, please do not cancel. {orderId}",
    "ORDER_NOT_CANCEL_FILLED": "Order successful, please do not cancel. {orderId}",
    "ORDER_NOT_CANCEL_INVALID_STATUS": "Invalid order, please do not cancel. {orderId}",
    "ORDER_INVALID_ORDER_TYPE": "This order type is invalid. {orderType}",
    "ORDER_INVALID_TIME_IN_FORCE": "Invalid time-in-force. {timeInForce}",
    "ORDER_INVALID_ORDER_SIDE": "This order direction is invalid. {orderSide}",
    "ORDER_LIMIT_FEE_NOT_ENOUGH": "Insufficient gas fees on this order. {limitFee}",
    "ORDER_EMPTY_CLIENT_ORDER_ID": "Empty clientOrderId.",
    "ORDER_INVALID_CLIENT_ORDER_ID": "Invalid clientOrderId. {clientOrderId}",
    "ORDER_CLIENT_ORDER_DATA_CONFLICT": "Please resubmit your order. {clientOrderId}",
    "ORDER_PRICE_MUST_GREETER_ZERO": "Price must greater than 0. {price}",
    "ORDER_SIZE_MUST_GREETER_ZERO": "Size must greater than 0. {size}",
    "ORDER_SYMBOL_DISABLE_TRADE": "Symbol {symbol} disable trade",
    "ORDER_SYMBOL_DISABLE_OPEN_POSITION": "Symbol '{symbol}' disable open position",
    "ORDER_SIZE_SMALLER_THAN_SYMBOL_MIN_ORDER_SIZE": (
        "Order size {size} smaller than symbol {symbol} min order size {minOrderSize}"
    ),
    "ORDER_POSSIBLE_GREATER_THAN_SYMBOL_MAX_POSITION": (
        "If order is filled, it can be greater than symbol '{symbol}' max. position size {maxPositionSize}"
    ),
    "ORDER_OPEN_ORDER_COUNT_LIMIT_EXCEED": "You have {openOrderCount} open orders, cannot create new order",
    "ORDER_IS_REDUCE_ONLY_CANNOT_OPEN_POSITION": "Order is reduce-only, cannot open position",
    "ORDER_POSSIBLE_LEAD_TO_ACCOUNT_LIQUIDATED": "If order is filled, your account may be liquidated.",
    "ORDER_THERE_IS_NOT_ENOUGH_MARGIN_TO_OPEN_POSITION": (
        "If order is filled, there is insufficient margin to open position"
    ),
    "ORDER_LIQUIDATING_ACCOUNT_CANNOT_CREATE_ORDER": "Account is liquidating, cannot create order",
    # Ours from here: no word for these was ever published.
    "INVALID_ONBOARDING_SIGNATURE": "Invalid signature for onboarding.",
    "NONCE_EXPIRED": "The nonce does not exist or has expired.",
    "STARK_KEY_CONFLICT": "The starkKey does not belong to {ethereumAddress}.",
    "INVALID_PARAM": "Invalid request param. {name}",
    "ORDER_PRICE_INVALID_TICK": "Price {price} is not a multiple of tick size {tickSize}",
    "ORDER_SIZE_INVALID_STEP": "Size {size} is not a multiple of step size {stepSize}",
}

#: the engine's refusals → ApeX's key, and the names its template has for our values
_APEX_KEYS: dict[str, tuple[str, dict[str, str]]] = {
    Refuse.ACCOUNT: ("ACCOUNT_NOT_FOUND", {"accountId": "account_id"}),
    Refuse.MARKET: ("ORDER_SYMBOL_DISABLE_TRADE", {"symbol": "market"}),
    Refuse.KIND: ("ORDER_INVALID_ORDER_TYPE", {"orderType": "kind"}),
    Refuse.LIFETIME: ("ORDER_INVALID_TIME_IN_FORCE", {"timeInForce": "lifetime"}),
    Refuse.POST_ONLY: ("ORDER_INVALID_TIME_IN_FORCE", {"timeInForce": "lifetime"}),
    Refuse.SIZE: ("ORDER_SIZE_MUST_GREETER_ZERO", {"size": "size"}),
    Refuse.PRICE: ("ORDER_PRICE_MUST_GREETER_ZERO", {"price": "price"}),
    Refuse.OFF_STEP: ("ORDER_SIZE_INVALID_STEP", {"size": "size", "stepSize": "step"}),
    Refuse.OFF_TICK: ("ORDER_PRICE_INVALID_TICK", {"price": "price", "tickSize": "tick"}),
    Refuse.MIN_SIZE: (
        "ORDER_SIZE_SMALLER_THAN_SYMBOL_MIN_ORDER_SIZE",
        {"size": "size", "symbol": "market", "minOrderSize": "min_size"},
    ),
    Refuse.MAX_POSITION: (
        "ORDER_POSSIBLE_GREATER_THAN_SYMBOL_MAX_POSITION",
        {"symbol": "market", "maxPositionSize": "max_position"},
    ),
    Refuse.CLIENT_ID: ("ORDER_INVALID_CLIENT_ORDER_ID", {"clientOrderId": "client_id"}),
    Refuse.CONFLICT: ("ORDER_CLIENT_ORDER_DATA_CONFLICT", {"clientOrderId": "client_id"}),
    Refuse.REDUCE_ONLY: ("ORDER_IS_REDUCE_ONLY_CANNOT_OPEN_POSITION", {}),
    Refuse.LIMIT_FEE: ("ORDER_LIMIT_FEE_NOT_ENOUGH", {"limitFee": "limit_fee"}),
    Refuse.OPEN_ORDERS: ("ORDER_OPEN_ORDER_COUNT_LIMIT_EXCEED", {"openOrderCount": "count"}),
    Refuse.MARGIN: ("ORDER_THERE_IS_NOT_ENOUGH_MARGIN_TO_OPEN_POSITION", {}),
    Refuse.LIQUIDATION: ("ORDER_POSSIBLE_LEAD_TO_ACCOUNT_LIQUIDATED", {}),
    Refuse.ORDER_UNKNOWN: ("ORDER_NOT_FOUND", {"orderId": "order_id"}),
    Refuse.ORDER_FINAL: ("ORDER_NOT_CANCEL_INVALID_STATUS", {"orderId": "order_id"}),
}

#: the engine's refusals that ApeX has words for
APEX_REFUSALS = tuple(_APEX_KEYS)
CODE_BUSINESS, CODE_FAILED, CODE_API_KEY, CODE_CLOCK = 3, 10001, 10002, 20002


def apex(key: str, **values: str) -> No:
    """ApeX's business error: HTTP 200, code 3, the key and its template filled."""
    return apex_code(CODE_BUSINESS, _fill(_APEX[key], values), key)


def apex_refusal(refusal: PaperRefusal) -> No:
    """The engine's no in ApeX's words."""
    key, names = _APEX_KEYS[refusal.key]
    if refusal.key == Refuse.ORDER_FINAL and refusal.values.get("status") == "FILLED":
        key = "ORDER_NOT_CANCEL_FILLED"
    return apex(key, **{ours: refusal.values.get(theirs, "") for ours, theirs in names.items()})


def apex_code(code: int, message: str, key: str) -> No:
    """An error of ApeX with a number of its own."""
    return No(200, {"code": code, "msg": message, "key": key})


def apex_bad_key(api_key: str) -> No:
    """A wrong key, secret, passphrase or signature: ApeX does not say which."""
    return apex_code(CODE_API_KEY, f"Api credential is invalid [apiKey={api_key}]!", "API_CREDENTIAL_INVALID")


def apex_clock() -> No:
    """A timestamp outside the tolerance."""
    return apex_code(CODE_CLOCK, "Invalid timestamp.", "INVALID_TIMESTAMP")


def _fill(template: str, values: dict[str, str]) -> str:
    """Put values into the template; a place without a value stays empty, as the venues leave it."""
    return template.format_map(_Blank(values)).strip()


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""
