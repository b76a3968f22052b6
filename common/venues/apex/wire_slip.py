"""A person's order as ApeX wants it: every type and lifetime of its protocol. Pure.

The form has the official client's fields in its order; the signature is the one of any order, whatever its type.
Orders that wait for a price wait for the index, as in the official examples.
"""

from typing import Final

from common.venues.apex.wire_market import Listing
from common.venues.apex.wire_order import Signing, expiration_hours, limit_fee, sign
from common.venues.slip import InForce, Kind, Slip

TYPES: Final = {
    Kind.LIMIT: "LIMIT",
    Kind.MARKET: "MARKET",
    Kind.STOP_LIMIT: "STOP_LIMIT",
    Kind.STOP_MARKET: "STOP_MARKET",
    Kind.TAKE_PROFIT: "TAKE_PROFIT_LIMIT",
    Kind.TAKE_PROFIT_MARKET: "TAKE_PROFIT_MARKET",
}
TIME_IN_FORCE: Final = {
    InForce.GTT: "GOOD_TIL_CANCEL",
    InForce.FOK: "FILL_OR_KILL",
    InForce.IOC: "IMMEDIATE_OR_CANCEL",
}
POST_ONLY: Final = "POST_ONLY"
MS_PER_HOUR: Final = 3_600_000


def slip_fields(slip: Slip, listing: Listing, signing: Signing) -> dict[str, str]:
    """The form fields, STARK signature included; ValueError when it cannot be signed."""
    hours = expiration_hours(slip.created_ns)
    waits = {} if slip.trigger is None else {"triggerPrice": f"{slip.trigger:f}", "triggerPriceType": "INDEX"}
    return {
        "symbol": listing.symbol,
        "side": slip.side.value,
        "type": TYPES[slip.kind],
        "timeInForce": POST_ONLY if slip.post_only else TIME_IN_FORCE[slip.in_force],
        "size": f"{slip.size:f}",
        "price": f"{slip.limit:f}",
        "limitFee": f"{limit_fee(slip, listing, signing.taker_fee):f}",
        "expiration": str(hours * MS_PER_HOUR),
        **waits,
        "clientId": slip.client_id,
        "signature": sign(slip, hours, listing, signing),
        "reduceOnly": str(slip.reduce_only),
        "isPositionTpsl": "False",
    }
