"""Hash, sign and verify on the STARK curve in plain Python, where the native library is missing.

It offers `pedersen_hash`, `sign` and `verify` with the names, the arguments and bit for bit the
results of `fast_stark_crypto`, plus two questions the native library does not answer:
`public_key` (with its y) and `y_coordinate`. It knows nothing of orders or venues, and it trusts
its arguments: `common.venues.stark` checks every range before it calls.

The tables of multiples are made at the first use. Nothing here runs in constant time: do not
sign with it for strangers who can measure the delay.
"""

import hmac
from functools import cache, lru_cache
from typing import Final

from common.venues import stark_points as points
from common.venues.stark_points import FIELD_PRIME, ORDER, Point

# r, 1/s and the hash that is signed must all stay below this bound.
ELEMENT_BOUND: Final = 2**251
# One draw of the nonce in two is refused, one signature in 2^55: neither bound is ever met.
NONCE_DRAWS: Final = 256
SIGN_ATTEMPTS: Final = 16
PUBLIC_KEYS_KEPT: Final = 256


def pedersen_hash(first: int, second: int) -> int:
    """Return the Pedersen hash of two field elements (StarkEx definition)."""
    half = points.add_multiple(points.jacobian(points.SHIFT), first, _first_table())
    return points.affine(points.add_multiple(half, second, _second_table()))[0]


def public_key(private_key: int) -> Point:
    """Return the point (x, y) that belongs to a private key."""
    return points.affine(points.add_multiple(points.INFINITY, private_key, _generator_table()))


def sign(private_key: int, msg_hash: int) -> tuple[int, int]:
    """Return the signature (r, s), the one and only the official clients make (RFC 6979).

    StarkEx signs like ECDSA except that r is the x coordinate itself, not reduced, and that r
    and 1/s must fit in 251 bits. A nonce that breaks this is replaced with an added counter.
    """
    for attempt in range(SIGN_ATTEMPTS):
        extra = bytes([attempt]) if attempt else b""
        nonce = _nonce(private_key, msg_hash, extra)
        r = public_key(nonce)[0]
        blinded = (msg_hash + r * private_key) % ORDER
        if not 0 < r < ELEMENT_BOUND or not blinded:
            continue
        w = nonce * pow(blinded, -1, ORDER) % ORDER
        if 0 < w < ELEMENT_BOUND:
            return r, pow(w, -1, ORDER)
    raise ValueError("no usable nonce for this message hash")


def verify(public_key: int, msg_hash: int, r: int, s: int) -> bool:
    """Tell whether (r, s) signs the hash for the key with this x, whichever its y."""
    y = y_coordinate(public_key)
    if y is None:
        return False
    w = pow(s, -1, ORDER)
    by_hash = points.add_multiple(points.INFINITY, msg_hash * w % ORDER, _generator_table())
    x, y = points.affine(points.multiple((public_key, y), r * w % ORDER))
    return any(points.has_x(points.add(by_hash, (x, either)), r) for either in (y, -y))


@lru_cache(maxsize=PUBLIC_KEYS_KEPT)
def y_coordinate(x: int) -> int | None:
    """Return one of the two y of the curve at x, or None where the curve has no point."""
    return points.square_root((x**3 + x + points.BETA) % FIELD_PRIME)


def _nonce(private_key: int, msg_hash: int, extra: bytes) -> int:
    """Draw the nonce of RFC 6979, section 3.2, with SHA-256 and `extra` after the message.

    The official clients shift a hash of 249 bits and more by a nibble first, to imitate another
    library, and the draw shifts it back: what enters is always the hash itself.
    """
    seed = private_key.to_bytes(32, "big") + (msg_hash % ORDER).to_bytes(32, "big") + extra
    key, value = bytes(32), b"\x01" * 32
    for mark in (b"\x00", b"\x01"):
        key = hmac.digest(key, value + mark + seed, "sha256")
        value = hmac.digest(key, value, "sha256")
    for _ in range(NONCE_DRAWS):
        value = hmac.digest(key, value, "sha256")
        drawn = int.from_bytes(value, "big") >> 4  # the order has 252 bits
        if 0 < drawn < ORDER:
            return drawn
        key = hmac.digest(key, value + b"\x00", "sha256")
        value = hmac.digest(key, value, "sha256")
    raise ValueError("no nonce below the order of the curve")


@cache
def _generator_table() -> points.Table:
    return points.table([*points.byte_places(points.GENERATOR, points.SCALAR_BYTES)])


@cache
def _first_table() -> points.Table:
    low = points.byte_places(points.FIRST_LOW, points.LOW_BYTES)
    return points.table([*low, points.FIRST_HIGH])


@cache
def _second_table() -> points.Table:
    low = points.byte_places(points.SECOND_LOW, points.LOW_BYTES)
    return points.table([*low, points.SECOND_HIGH])
