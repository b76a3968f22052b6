"""The STARK curve in plain Python, for machines without the native library.

It offers `pedersen_hash`, `sign` and `verify` with the names, the arguments and bit for bit the
results of `fast_stark_crypto`, plus two questions the native library does not answer:
`public_key` (with its y) and `y_coordinate`. It knows nothing of orders or venues, and it trusts
its arguments: `common.venues.stark` checks every range before it calls.

The speed comes from tables of multiples, one row per byte of the scalar: a fixed point is then
multiplied by at most 32 additions and no doubling. The tables are made at the first use. Nothing
here runs in constant time: do not sign with it for strangers who can measure the delay.
"""

import hmac
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, TypeAlias

Point: TypeAlias = tuple[int, int]
# (X, Y, Z) stands for the point (X / Z², Y / Z³), and Z = 0 for the point at infinity. Sums in
# this form need no inversion, which costs as much as a whole addition.
Jacobian: TypeAlias = tuple[int, int, int]
Table: TypeAlias = list[list[Point]]

# The curve y² = x³ + x + BETA over the field of FIELD_PRIME, as published by StarkWare. ORDER is
# the (prime) number of its points.
FIELD_PRIME: Final = 2**251 + 17 * 2**192 + 1
ORDER: Final = 0x800000000000010FFFFFFFFFFFFFFFFB781126DCAE7B2321E66A241ADC64D2F
BETA: Final = 0x6F21413EFBE40DE150E596D72F7A8C5609AD26C15C915C1F4CDFCB99CEE9E89
# r, s, its inverse and the hash that is signed must all stay below this bound.
ELEMENT_BOUND: Final = 2**251

GENERATOR: Final[Point] = (
    0x1EF15C18599971B7BECED415A40F0C7DEACFD9B0D1819E03D723D8BC943CFCA,
    0x5668060AA49730B7BE4801DF46EC62DE53ECD11ABE43A32873000C36E8DC1F,
)
# The five points of the Pedersen hash, likewise published: where the sum starts, and for each of
# the two inputs one point for its low 248 bits and one for its high 4.
SHIFT: Final[Point] = (
    0x49EE3EBA8C1600700EE1B87EB599F16716B0B1022947733551FDE4050CA6804,
    0x3CA0CFE4B3BC6DDF346D49D06EA0ED34E621062C0E056C1D0405D266E10268A,
)
FIRST_LOW: Final[Point] = (
    0x234287DCBAFFE7F969C748655FCA9E58FA8120B6D56EB0C1080D17957EBE47B,
    0x3B056F100F96FB21E889527D41F4E39940135DD7A6C94CC6ED0268EE89E5615,
)
FIRST_HIGH: Final[Point] = (
    0x4FA56F376C83DB33F9DAB2656558F3399099EC1DE5E3018B7A6932DBA8AA378,
    0x3FA0984C931C9E38113E0C0E47E4401562761F92A7A23B45168F4E80FF5B54D,
)
SECOND_LOW: Final[Point] = (
    0x4BA4CC166BE8DEC764910F75B45F74B40C690C74709E90F3AA372F0BD2D6997,
    0x40301CF5C1751F4B971E46C4EDE85FCAC5C59A5CE5AE7C48151F27B24B219C,
)
SECOND_HIGH: Final[Point] = (
    0x54302DCB0E6CC1C6E44CCA8F61A63BB2CA65048D53FB325D36FF12C49A58202,
    0x1B77B3E37D13504B348046268D8AE25CE98AD783C25561A879DCC77E99C2426,
)

INFINITY: Final[Jacobian] = (1, 1, 0)
# A byte's row holds 1 to 255 times its point; 31 bytes are the 248 low bits of a hash input.
BYTE_VALUES: Final = 256
SCALAR_BYTES: Final = 32
LOW_BYTES: Final = 31
# One draw of the nonce in two is refused, one signature in 2^55: both bounds are never met.
NONCE_DRAWS: Final = 256
SIGN_ATTEMPTS: Final = 16
PUBLIC_KEYS_KEPT: Final = 256


def pedersen_hash(first: int, second: int) -> int:
    """Return the Pedersen hash of two field elements (StarkEx definition)."""
    total = _add_multiple(_jacobian(SHIFT), first, _first_table())
    return _affine(_add_multiple(total, second, _second_table()))[0]


def public_key(private_key: int) -> Point:
    """Return the point (x, y) that belongs to a private key."""
    return _affine(_add_multiple(INFINITY, private_key, _generator_table()))


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
    by_hash = _add_multiple(INFINITY, msg_hash * w % ORDER, _generator_table())
    x, y = _affine(_multiple((public_key, y), r * w % ORDER))
    return _has_x(_add(by_hash, (x, y)), r) or _has_x(_add(by_hash, (x, -y)), r)


@lru_cache(maxsize=PUBLIC_KEYS_KEPT)
def y_coordinate(x: int) -> int | None:
    """Return one of the two y of the curve at x, or None where the curve has no point."""
    return _square_root((x**3 + x + BETA) % FIELD_PRIME)


def _square_root(square: int) -> int | None:
    """Tonelli-Shanks; 3 generates the field, so its odd power generates the roots of unity."""
    exponent, odd = 192, FIELD_PRIME >> 192
    if pow(square, FIELD_PRIME // 2, FIELD_PRIME) != 1:
        return None
    factor = pow(3, odd, FIELD_PRIME)
    root = pow(square, (odd + 1) // 2, FIELD_PRIME)
    error = pow(square, odd, FIELD_PRIME)  # root² = square · error, and error tends to 1
    while error != 1:
        step = _order_exponent(error)
        factor = pow(factor, 1 << (exponent - step - 1), FIELD_PRIME)
        root = root * factor % FIELD_PRIME
        factor = factor * factor % FIELD_PRIME
        error = error * factor % FIELD_PRIME
        exponent = step
    return root


def _order_exponent(value: int) -> int:
    """Return how many squarings turn a root of unity into 1."""
    squarings = 0
    while value != 1:
        value = value * value % FIELD_PRIME
        squarings += 1
    return squarings


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


def _jacobian(point: Point) -> Jacobian:
    return point[0], point[1], 1


def _affine(point: Jacobian) -> Point:
    x, y, z = point
    inverse = pow(z, -1, FIELD_PRIME)
    square = inverse * inverse % FIELD_PRIME
    return x * square % FIELD_PRIME, y * square * inverse % FIELD_PRIME


def _has_x(point: Jacobian, x: int) -> bool:
    """Compare without the inversion that `_affine` needs; infinity has no x."""
    return point[2] != 0 and (point[0] - x * point[2] ** 2) % FIELD_PRIME == 0


def _double(point: Jacobian) -> Jacobian:
    x, y, z = point
    yy = y * y % FIELD_PRIME
    zz = z * z % FIELD_PRIME
    s = 4 * x * yy % FIELD_PRIME
    m = (3 * x * x + zz * zz) % FIELD_PRIME
    new_x = (m * m - 2 * s) % FIELD_PRIME
    return new_x, (m * (s - new_x) - 8 * yy * yy) % FIELD_PRIME, 2 * y * z % FIELD_PRIME


def _add(left: Jacobian, right: Point) -> Jacobian:
    x, y, z = left
    if not z:
        return _jacobian(right)
    zz = z * z % FIELD_PRIME
    h = (right[0] * zz - x) % FIELD_PRIME
    slope = (right[1] * z * zz - y) % FIELD_PRIME
    if not h:
        return INFINITY if slope else _double(left)
    hh = h * h % FIELD_PRIME
    hhh = h * hh % FIELD_PRIME
    v = x * hh % FIELD_PRIME
    new_x = (slope * slope - hhh - 2 * v) % FIELD_PRIME
    return new_x, (slope * (v - new_x) - y * hhh) % FIELD_PRIME, z * h % FIELD_PRIME


def _multiple(point: Point, scalar: int) -> Jacobian:
    """Multiply a point that has no table, by doubling and adding."""
    total = INFINITY
    for bit in f"{scalar:b}":
        total = _double(total)
        if bit == "1":
            total = _add(total, point)
    return total


def _add_multiple(start: Jacobian, scalar: int, table: Table) -> Jacobian:
    """Add to `start` the scalar times the point of the table, one row for each byte."""
    total = start
    for digit, row in zip(scalar.to_bytes(SCALAR_BYTES, "little"), table, strict=True):
        if digit:
            total = _add(total, row[digit - 1])
    return total


@lru_cache(maxsize=None)
def _generator_table() -> Table:
    return _table(list(_byte_places(GENERATOR, SCALAR_BYTES)))


@lru_cache(maxsize=None)
def _first_table() -> Table:
    return _table([*_byte_places(FIRST_LOW, LOW_BYTES), FIRST_HIGH])


@lru_cache(maxsize=None)
def _second_table() -> Table:
    return _table([*_byte_places(SECOND_LOW, LOW_BYTES), SECOND_HIGH])


def _byte_places(point: Point, count: int) -> Iterator[Point]:
    """Yield the point times 1, 256, 256² and so on."""
    for _ in range(count):
        yield point
        shifted = _jacobian(point)
        for _ in range(8):
            shifted = _double(shifted)
        point = _affine(shifted)


def _table(bases: list[Point]) -> Table:
    """Return for each base its row of 1 to 255 times the base, all rows grown side by side."""
    columns = [bases, [_affine(_double(_jacobian(base))) for base in bases]]
    while len(columns) < BYTE_VALUES - 1:
        columns.append(_add_pairwise(columns[-1], bases))
    return [list(row) for row in zip(*columns, strict=True)]


def _add_pairwise(left: list[Point], right: list[Point]) -> list[Point]:
    """Add point by point (no two equal in x), sharing one inversion between all the sums."""
    pairs = list(zip(left, right, strict=True))
    inverses = _inverses([b[0] - a[0] for a, b in pairs])
    sums = []
    for (a, b), inverse in zip(pairs, inverses, strict=True):
        slope = (b[1] - a[1]) * inverse % FIELD_PRIME
        x = (slope * slope - a[0] - b[0]) % FIELD_PRIME
        sums.append((x, (slope * (a[0] - x) - a[1]) % FIELD_PRIME))
    return sums


def _inverses(values: list[int]) -> list[int]:
    """Invert all values for the price of one (Montgomery's trick)."""
    product, before = 1, []
    for value in values:
        before.append(product)
        product = product * value % FIELD_PRIME
    inverse, inverses = pow(product, -1, FIELD_PRIME), []
    for value, others in zip(reversed(values), reversed(before), strict=True):
        inverses.append(inverse * others % FIELD_PRIME)
        inverse = inverse * value % FIELD_PRIME
    return inverses[::-1]
