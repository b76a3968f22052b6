"""Who signed, on Ethereum: the address behind a signature over secp256k1, in plain Python.

A few milliseconds a signature, needed at onboarding alone: no reason for every process to carry a library. Knows no
message and no venue; `eip712` says what was signed.
"""

#: the curve y² = x³ + 7 over this field, the order of its group, and its generator
FIELD = 2**256 - 2**32 - 977
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
GENERATOR = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
_V_EVEN, _V_ODD = 27, 28
_RSV_BYTES = 65

#: affine coordinates; None is the point at infinity
Point = tuple[int, int] | None


def keccak256(data: bytes) -> bytes:
    """Ethereum's hash; 4 MB of library that a venue where nobody onboards goes without."""
    from Crypto.Hash import keccak

    return keccak.new(data=data, digest_bits=256).digest()


def signer(digest: bytes, signature: bytes) -> str | None:
    """The lower-case address whose key made r ‖ s ‖ v over `digest`; None when no key can have made it."""
    if len(signature) != _RSV_BYTES or signature[64] not in (_V_EVEN, _V_ODD):
        return None
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])
    if not (0 < r < ORDER and 0 < s < ORDER):
        return None
    nonce_point = _lifted(r, signature[64] - _V_EVEN)
    if nonce_point is None:
        return None
    inverse, hashed = pow(r, -1, ORDER), int.from_bytes(digest)
    public = _sum(_times(-hashed * inverse % ORDER, GENERATOR), _times(s * inverse % ORDER, nonce_point))
    return None if public is None else address_of(public)


def address_of(public: tuple[int, int]) -> str:
    """The address of a public key."""
    x, y = public
    return "0x" + keccak256(x.to_bytes(32) + y.to_bytes(32))[-20:].hex()


def _lifted(x: int, parity: int) -> Point:
    """The point with this x and the parity of y; None when there is none."""
    square = (pow(x, 3, FIELD) + 7) % FIELD
    y = pow(square, (FIELD + 1) // 4, FIELD)
    if y * y % FIELD != square:
        return None
    return x, y if y % 2 == parity else FIELD - y


def _sum(one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    if one[0] == other[0] and (one[1] + other[1]) % FIELD == 0:
        return None
    if one == other:
        slope = 3 * one[0] * one[0] * pow(2 * one[1], -1, FIELD) % FIELD
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, FIELD) % FIELD
    x = (slope * slope - one[0] - other[0]) % FIELD
    return x, (slope * (one[0] - x) - one[1]) % FIELD


def _times(number: int, point: Point) -> Point:
    """The point added to itself so often."""
    result: Point = None
    while number:
        if number & 1:
            result = _sum(result, point)
        point, number = _sum(point, point), number >> 1
    return result
