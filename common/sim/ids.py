"""Every id and every toss of the paper venues, derived from what it stands for: no counter, no randomness.

The same inputs give the same ids in every run and after every restart, and two different things never share one.
"""

import hashlib
import uuid
from decimal import Decimal

from common.core.market import Venue

_DIGITS = 18
_TOSS_BITS = 64


def _digest(*parts: object) -> bytes:
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()


def order_id(venue: Venue, account_id: str, client_id: str) -> str:
    """The venue's id of an order: hex without leading zeros at dYdX, eighteen digits at ApeX."""
    digest = _digest("order", venue, account_id, client_id)
    return digest.hex().lstrip("0") if venue is Venue.DYDX else eighteen_digits(digest)


def fill_id(venue: Venue, *parts: object) -> str:
    """The venue's id of one execution: a uuid at dYdX, eighteen digits at ApeX."""
    digest = _digest("fill", venue, *parts)
    return str(uuid.UUID(bytes=digest[:16])) if venue is Venue.DYDX else eighteen_digits(digest)


def public_id(*parts: object) -> str:
    """The id of a public trade or a funding payment, as a uuid."""
    return str(uuid.UUID(bytes=_digest("public", *parts)[:16]))


def eighteen_digits(digest: bytes) -> str:
    """Eighteen decimal digits without a leading zero, from a hash."""
    low = 10 ** (_DIGITS - 1)
    return str(low + int.from_bytes(digest[:16], "big") % (9 * low))


def lost(seed: int, client_id: str, share: Decimal) -> bool:
    """Whether this order loses its race: true for `share` of all client ids, fixed by the seed."""
    toss = int.from_bytes(_digest("race", seed, client_id)[:8], "big")
    return bool(toss < share * 2**_TOSS_BITS)
