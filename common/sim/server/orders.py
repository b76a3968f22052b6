"""Order bodies into PlaceRequests: what each venue checks of the words before it looks at the account.

Returns a request or the venue's no; knows neither engine nor signature.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from common.core.market import Side, Venue
from common.sim.server import texts
from common.sim.server.plain import NS_PER_MS, amount, iso_ns, positive
from common.sim.triggers import waits
from common.sim.types import PlaceRequest

NUMBER_MAX = Decimal(10**9)
DYDX_CLIENT_ID_CHARS_MAX = 40
EXPIRATION_DIGITS_MAX = 15
#: types the venues know; the paper dYdX takes no trailing stops
DYDX_TYPES = ("LIMIT", "MARKET", "STOP_LIMIT", "TRAILING_STOP", "TAKE_PROFIT")
APEX_TYPES = ("LIMIT", "MARKET", "STOP_LIMIT", "STOP_MARKET", "TAKE_PROFIT_LIMIT", "TAKE_PROFIT_MARKET")
DYDX_LIFETIMES = ("GTT", "FOK", "IOC")
APEX_LIFETIMES = {"GOOD_TIL_CANCEL": "GTT", "FILL_OR_KILL": "FOK", "IMMEDIATE_OR_CANCEL": "IOC", "POST_ONLY": "GTT"}
APEX_LIFETIME_NAMES = {"GTT": "GOOD_TIL_CANCEL", "FOK": "FILL_OR_KILL", "IOC": "IMMEDIATE_OR_CANCEL"}


def dydx_order(body: Any, markets: Mapping[str, str]) -> PlaceRequest | texts.No:
    """A dYdX order body; `markets` maps `BTC-USD` to our market. Numbers may come as JSON numbers in limitFee only."""
    if not isinstance(body, dict):
        return texts.dydx("Invalid body")
    wrong = _dydx_wrong(body, markets)
    if wrong is not None:
        return wrong
    return PlaceRequest(
        client_id=body["clientId"],
        market=markets[body["market"]],
        side=Side(body["side"]),
        kind=body["type"],
        lifetime=body["timeInForce"],
        size=Decimal(body["size"]),
        price=Decimal(body["price"]),
        post_only=body.get("postOnly") is True,
        reduce_only=body.get("reduceOnly") is True,
        limit_fee=_limit_fee(body["limitFee"]) or Decimal(0),
        expires_ns=iso_ns(body["expiration"]) or 0,
        signature=body["signature"],
        trigger=_trigger(Venue.DYDX, body),
    )


def _dydx_wrong(body: dict[str, Any], markets: Mapping[str, str]) -> texts.No | None:
    """The first parameter that dYdX would not take."""
    number = texts.NUMBER
    checks = (
        ("market", _is_one_of(body.get("market"), markets), texts.MARKET),
        ("side", _is_one_of(body.get("side"), ("BUY", "SELL")), texts.SIDE),
        ("type", _is_one_of(body.get("type"), DYDX_TYPES), texts.ORDER_TYPE),
        ("type", body.get("type") != "TRAILING_STOP", "This paper venue takes no TRAILING_STOP orders"),
        ("triggerPrice", _has_trigger(Venue.DYDX, body), number.format("triggerPrice")),
        ("timeInForce", _is_one_of(body.get("timeInForce"), DYDX_LIFETIMES), texts.TIME_IN_FORCE),
        ("size", _is_size(body.get("size")), number.format("size")),
        ("price", _is_size(body.get("price")), number.format("price")),
        ("limitFee", _limit_fee(body.get("limitFee")) is not None, number.format("limitFee")),
        ("expiration", iso_ns(body.get("expiration")) is not None, "Invalid value"),
        ("clientId", _is_client_id(body.get("clientId")), texts.CLIENT_ID),
        ("postOnly", isinstance(body.get("postOnly", False), bool), "Invalid value"),
        ("reduceOnly", isinstance(body.get("reduceOnly", False), bool), "Invalid value"),
        ("signature", isinstance(body.get("signature"), str), "Invalid value"),
    )
    for param, fine, message in checks:
        if not fine:
            return texts.dydx_param(message, param, body.get(param))
    return None


def _has_trigger(venue: Venue, given: Mapping[str, Any]) -> bool:
    """Orders that wait for a price name it; of others it is not asked."""
    kind = given.get("type")
    return not (isinstance(kind, str) and waits(venue, kind)) or _is_size(given.get("triggerPrice"))


def _trigger(venue: Venue, given: Mapping[str, Any]) -> Decimal | None:
    return Decimal(given["triggerPrice"]) if waits(venue, given["type"]) else None


def _is_one_of(value: Any, allowed: Any) -> bool:
    return isinstance(value, str) and value in allowed


def _is_size(value: Any) -> bool:
    number = positive(value)
    return number is not None and number <= NUMBER_MAX


def _is_client_id(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= DYDX_CLIENT_ID_CHARS_MAX


def _limit_fee(value: Any) -> Decimal | None:
    """The official client passes on what it was given: text, or a JSON number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        # a float such as 1e-05 has to lose its exponent first
        return amount(format(Decimal(str(value)), "f"))
    return amount(value)


def apex_order(form: Mapping[str, str], symbols: Mapping[str, str]) -> PlaceRequest | texts.No:
    """An ApeX order form; `symbols` maps `BTC-USDC` to our market."""
    wrong = _apex_wrong(form, symbols)
    if wrong is not None:
        return wrong
    return PlaceRequest(
        client_id=form["clientId"],
        market=symbols[form["symbol"]],
        side=Side(form["side"]),
        kind=form["type"],
        lifetime=APEX_LIFETIMES[form["timeInForce"]],
        size=Decimal(form["size"]),
        price=Decimal(form["price"]),
        post_only=form["timeInForce"] == "POST_ONLY",
        reduce_only=form.get("reduceOnly", "").lower() == "true",
        limit_fee=Decimal(form["limitFee"]),
        expires_ns=int(form["expiration"]) * NS_PER_MS,
        signature=form["signature"],
        trigger=_trigger(Venue.APEX, form),
    )


def _apex_wrong(form: Mapping[str, str], symbols: Mapping[str, str]) -> texts.No | None:
    """The first field that ApeX would not take."""
    for name in ("symbol", "side", "type", "timeInForce", "size", "price", "limitFee", "expiration", "signature"):
        if not form.get(name):
            return texts.apex("EMPTY_PARAM", name=name)
    client_id = form.get("clientId", "")
    checks = (
        (bool(client_id), texts.apex("ORDER_EMPTY_CLIENT_ORDER_ID")),
        (form["symbol"] in symbols, texts.apex("ORDER_SYMBOL_DISABLE_TRADE", symbol=form["symbol"])),
        (form["side"] in ("BUY", "SELL"), texts.apex("ORDER_INVALID_ORDER_SIDE", orderSide=form["side"])),
        (form["type"] in APEX_TYPES, texts.apex("ORDER_INVALID_ORDER_TYPE", orderType=form["type"])),
        (
            form["timeInForce"] in APEX_LIFETIMES,
            texts.apex("ORDER_INVALID_TIME_IN_FORCE", timeInForce=form["timeInForce"]),
        ),
        (_is_size(form["size"]), texts.apex("ORDER_SIZE_MUST_GREETER_ZERO", size=form["size"])),
        (_is_size(form["price"]), texts.apex("ORDER_PRICE_MUST_GREETER_ZERO", price=form["price"])),
        (_has_trigger(Venue.APEX, form), texts.apex("EMPTY_PARAM", name="triggerPrice")),
        (amount(form["limitFee"]) is not None, texts.apex("ORDER_LIMIT_FEE_NOT_ENOUGH", limitFee=form["limitFee"])),
        (_is_ms(form["expiration"]), texts.apex("INVALID_PARAM", name="expiration")),
    )
    return next((no for fine, no in checks if not fine), None)


def _is_ms(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= EXPIRATION_DIGITS_MAX
