"""A person's order as dYdX wants it: every type and lifetime of its protocol but trailing stops. Pure.

The body has the official client's keys in its order; the signature is the one of any order, whatever its type.
"""

from typing import Any, Final

import orjson

from common.venues.dydx import budget as costs
from common.venues.dydx.wire import MS_NS, iso
from common.venues.dydx.wire_market import Listing
from common.venues.dydx.wire_order import LIFE_NS, Signing, sign
from common.venues.slip import InForce, Kind, Slip

TYPES: Final = {
    Kind.LIMIT: "LIMIT",
    Kind.MARKET: "MARKET",
    Kind.STOP_LIMIT: "STOP_LIMIT",
    Kind.TAKE_PROFIT: "TAKE_PROFIT",
}

#: what does the same where there is no market order that waits
INSTEAD: Final = {Kind.STOP_MARKET: "stop-limit", Kind.TAKE_PROFIT_MARKET: "take-profit"}


def refusal(slip: Slip) -> str | None:
    """Why dYdX has no such order, or None."""
    if slip.kind not in TYPES:
        return f"dYdX has no {slip.kind}: take {INSTEAD[slip.kind]} with a far price, and ioc"
    if slip.kind is Kind.MARKET and slip.in_force is InForce.GTT:
        return "a market order at dYdX is FOK or IOC"
    if slip.reduce_only and slip.in_force is InForce.GTT:
        return "reduce-only at dYdX goes with FOK or IOC alone"
    if slip.life_ns < LIFE_NS:
        return f"dYdX takes no order that expires in less than a minute: give at least {LIFE_NS // 10**9} seconds"
    return None


def cost(slip: Slip) -> dict[str, int]:
    """What placing it takes of the budget; an order that waits for a price costs the most there is."""
    least = costs.POINTS_MIN_RESTING if slip.in_force is InForce.GTT else costs.POINTS_MIN_TAKING
    least = costs.POINTS_MAX if slip.trigger is not None else least
    return costs.placing_at(slip.market, slip.size * slip.limit, least)


def slip_body(slip: Slip, listing: Listing, signing: Signing, replaced_id: str | None = None) -> bytes:
    """The signed request body; `replaced_id`: the order whose place it takes. LocalError or ValueError when it cannot
    be signed.
    """
    until_ns = (slip.created_ns + slip.life_ns) // MS_NS * MS_NS
    body: dict[str, Any] = {
        "market": listing.instrument.name,
        "side": slip.side.value,
        "type": TYPES[slip.kind],
        "timeInForce": slip.in_force.value,
        "size": format(slip.size, "f"),
        "price": format(slip.limit, "f"),
        "limitFee": format(signing.limit_fee, "f"),
        "expiration": iso(until_ns),
    }
    if replaced_id is not None:
        body["cancelId"] = replaced_id
    if slip.trigger is not None:
        body["triggerPrice"] = format(slip.trigger, "f")
    body |= {
        "postOnly": slip.post_only,
        "clientId": slip.client_id,
        "signature": sign(slip, until_ns, listing, signing),
    }
    if slip.reduce_only:
        body["reduceOnly"] = True
    return orjson.dumps(body)
