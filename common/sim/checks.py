"""Which orders a paper venue takes in at all: each rule looks at a request and answers a refusal or None.

The keys of refusals are ours (`Refuse`); the wire renders them in the venue's words. Margin is judged in
`clearing`, matching in `matching`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from common.core.market import Side, Venue
from common.core.money import ZERO
from common.sim.listings import Listing
from common.sim.margin import reduces
from common.sim.triggers import waits
from common.sim.types import PaperRefusal, PlaceRequest

SECOND_NS = 1_000_000_000
DYDX_MIN_LIFE_NS = 60 * SECOND_NS
#: resting orders per market and side (dYdX), per account (ApeX)
DYDX_OPEN_ORDERS = 20
APEX_OPEN_ORDERS = 200
CLIENT_ID_LENGTH = {Venue.DYDX: 40, Venue.APEX: 64}
#: dYdX says so of sizes and prices; ApeX gets the same bound
MAX_NUMBER = Decimal(1_000_000_000)
#: the journal holds times as 64-bit integers
MAX_NS = 2**63


class Refuse(StrEnum):
    """Every key a `PaperRefusal` can carry, with the values that come along."""

    ACCOUNT = "account"  # account_id
    MARKET = "market"  # market
    KIND = "kind"  # kind
    LIFETIME = "lifetime"  # lifetime
    SIZE = "size"  # size: not above 0 or beyond 10^9
    PRICE = "price"  # price: not above 0 or beyond 10^9
    OFF_STEP = "off_step"  # size, step
    OFF_TICK = "off_tick"  # price, tick
    MIN_SIZE = "min_size"  # size, min_size, market
    MAX_POSITION = "max_position"  # market, max_position
    CLIENT_ID = "client_id"  # client_id: empty or too long
    DUPLICATE = "duplicate_client_id"  # client_id (dYdX)
    CONFLICT = "client_id_conflict"  # client_id (ApeX: same id, other data)
    EXPIRATION = "expiration"  # less than a minute ahead (dYdX)
    MARKET_LIFETIME = "market_lifetime"  # lifetime: MARKET must be FOK or IOC (dYdX)
    POST_ONLY = "post_only_lifetime"  # kind, lifetime
    REDUCE_LIFETIME = "reduce_only_lifetime"  # lifetime (dYdX)
    REDUCE_ONLY = "reduce_only"  # market: would open or flip a position (ApeX)
    LIMIT_FEE = "limit_fee"  # limit_fee, needed
    OPEN_ORDERS = "open_orders"  # count
    MARGIN = "margin"  # free collateral does not suffice (ApeX)
    LIQUIDATION = "liquidation"  # the account could be liquidated once this fills (ApeX)
    ORDER_UNKNOWN = "order_unknown"  # order_id
    ORDER_FINAL = "order_final"  # order_id, status: too late to cancel


@dataclass(frozen=True, slots=True)
class Case:
    """A request with what the rules may look at."""

    venue: Venue
    listing: Listing
    request: PlaceRequest
    position: Decimal
    open_same_side: int
    open_all: int
    maker: Decimal
    taker: Decimal
    now_ns: int


def refuse(key: Refuse, **values: object) -> PaperRefusal:
    """A refusal with its values as text."""
    return PaperRefusal(key.value, {name: str(value) for name, value in values.items()})


def admission(case: Case) -> PaperRefusal | None:
    """The first rule that the request breaks, or None."""
    return next((no for rule in _RULES[case.venue] if (no := rule(case)) is not None), None)


def same_order(one: PlaceRequest, other: PlaceRequest) -> bool:
    """Whether a repeated client id carries the same order (signatures may differ by their randomness)."""
    names = ("market", "side", "kind", "lifetime", "size", "price", "post_only", "reduce_only", "trigger")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _words(case: Case) -> PaperRefusal | None:
    request = case.request
    if not 1 <= len(request.client_id) <= CLIENT_ID_LENGTH[case.venue]:
        return refuse(Refuse.CLIENT_ID, client_id=request.client_id)
    waiting = waits(case.venue, request.kind)
    if not (waiting or request.kind in ("LIMIT", "MARKET")) or waiting is (request.trigger is None):
        return refuse(Refuse.KIND, kind=request.kind)
    if request.lifetime not in ("GTT", "FOK", "IOC"):
        return refuse(Refuse.LIFETIME, lifetime=request.lifetime)
    if not request.limit_fee.is_finite():
        return refuse(Refuse.LIMIT_FEE, limit_fee=request.limit_fee, needed=case.taker)
    if not 0 <= request.expires_ns < MAX_NS:
        return refuse(Refuse.EXPIRATION, expires_ns=request.expires_ns)
    return None


def _grid(case: Case) -> PaperRefusal | None:
    request, instrument = case.request, case.listing.instrument
    if not (request.size.is_finite() and 0 < request.size <= MAX_NUMBER):
        return refuse(Refuse.SIZE, size=request.size)
    if not (request.price.is_finite() and 0 < request.price <= MAX_NUMBER):
        return refuse(Refuse.PRICE, price=request.price)
    if request.size % instrument.step:
        return refuse(Refuse.OFF_STEP, size=request.size, step=instrument.step)
    if request.size < instrument.min_size:
        return refuse(Refuse.MIN_SIZE, size=request.size, min_size=instrument.min_size, market=instrument.name)
    for price in (request.price, *([] if request.trigger is None else [request.trigger])):
        if price % instrument.tick:
            return refuse(Refuse.OFF_TICK, price=price, tick=instrument.tick)
    return None


def _dydx_words(case: Case) -> PaperRefusal | None:
    request = case.request
    if request.kind == "MARKET" and request.lifetime == "GTT":
        return refuse(Refuse.MARKET_LIFETIME, lifetime=request.lifetime)
    if request.post_only and (request.lifetime != "GTT" or request.kind == "MARKET"):
        return refuse(Refuse.POST_ONLY, kind=request.kind, lifetime=request.lifetime)
    if request.reduce_only and request.lifetime == "GTT":
        return refuse(Refuse.REDUCE_LIFETIME, lifetime=request.lifetime)
    if request.expires_ns < case.now_ns + DYDX_MIN_LIFE_NS:
        return refuse(Refuse.EXPIRATION, expires_ns=request.expires_ns)
    return None


def _dydx_fee(case: Case) -> PaperRefusal | None:
    """The limit fee is a fraction; a resting order may end up on either side of a trade."""
    request = case.request
    needed = max(case.maker, case.taker)
    if request.lifetime != "GTT":
        needed = case.taker
    elif request.post_only:
        needed = case.maker
    return refuse(Refuse.LIMIT_FEE, limit_fee=request.limit_fee, needed=needed) if request.limit_fee < needed else None


def _dydx_open_orders(case: Case) -> PaperRefusal | None:
    rests = case.request.lifetime == "GTT"
    too_many = rests and case.open_same_side >= DYDX_OPEN_ORDERS
    return refuse(Refuse.OPEN_ORDERS, count=case.open_same_side) if too_many else None


def _apex_words(case: Case) -> PaperRefusal | None:
    request = case.request
    if request.post_only and (request.lifetime != "GTT" or request.kind == "MARKET"):
        return refuse(Refuse.POST_ONLY, kind=request.kind, lifetime=request.lifetime)
    return None


def _apex_fee(case: Case) -> PaperRefusal | None:
    """The limit fee is an amount of USDC."""
    request = case.request
    rate = case.maker if request.post_only else case.taker
    needed = request.size * request.price * rate
    return refuse(Refuse.LIMIT_FEE, limit_fee=request.limit_fee, needed=needed) if request.limit_fee < needed else None


def _apex_open_orders(case: Case) -> PaperRefusal | None:
    return refuse(Refuse.OPEN_ORDERS, count=case.open_all) if case.open_all >= APEX_OPEN_ORDERS else None


def _apex_reduce_only(case: Case) -> PaperRefusal | None:
    request = case.request
    if request.reduce_only and not reduces(case.position, request.side.sign * request.size):
        return refuse(Refuse.REDUCE_ONLY, market=case.listing.instrument.name)
    return None


def _max_position(case: Case) -> PaperRefusal | None:
    after = case.position + case.request.side.sign * case.request.size
    if abs(after) > case.listing.max_position and abs(after) > abs(case.position):
        name, most = case.listing.instrument.name, case.listing.max_position
        return refuse(Refuse.MAX_POSITION, market=name, max_position=most)
    return None


_Rule = Callable[[Case], PaperRefusal | None]
_RULES: dict[Venue, tuple[_Rule, ...]] = {
    Venue.DYDX: (_words, _grid, _dydx_words, _dydx_fee, _dydx_open_orders, _max_position),
    Venue.APEX: (_words, _grid, _apex_words, _apex_fee, _apex_open_orders, _apex_reduce_only, _max_position),
}


def reducible(position: Decimal, side: Side) -> Decimal:
    """How much an order of this side may trade before it would open or flip a position."""
    return abs(position) if position * side.sign < 0 else ZERO
