"""Points of the STARK curve: the published constants, and how points are added and multiplied.

It knows nothing of hashes, keys or signatures; `common.venues.stark_pure` makes those of it. The
speed comes from tables of multiples, one row per byte of the scalar: a point with a table is
multiplied by at most 32 additions and no doubling.
"""

from collections.abc import Iterator
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


def jacobian(point: Point) -> Jacobian:
    """Return the form in which points are added."""
    return point[0], point[1], 1


def affine(point: Jacobian) -> Point:
    """Return (x, y) of any point but infinity, for the price of one inversion."""
    x, y, z = point
    inverse = pow(z, -1, FIELD_PRIME)
    square = inverse * inverse % FIELD_PRIME
    return x * square % FIELD_PRIME, y * square * inverse % FIELD_PRIME


def has_x(point: Jacobian, x: int) -> bool:
    """Compare without the inversion that `affine` needs; infinity has no x."""
    return point[2] != 0 and (point[0] - x * point[2] ** 2) % FIELD_PRIME == 0


def double(point: Jacobian) -> Jacobian:
    """Add a point to itself (the curve's coefficient of x is 1)."""
    x, y, z = point
    yy = y * y % FIELD_PRIME
    zz = z * z % FIELD_PRIME
    s = 4 * x * yy % FIELD_PRIME
    m = (3 * x * x + zz * zz) % FIELD_PRIME
    new_x = (m * m - 2 * s) % FIELD_PRIME
    return new_x, (m * (s - new_x) - 8 * yy * yy) % FIELD_PRIME, 2 * y * z % FIELD_PRIME


def add(left: Jacobian, right: Point) -> Jacobian:
    """Add a point known by its coordinates, equal, opposite and infinite ones included."""
    x, y, z = left
    if not z:
        return jacobian(right)
    zz = z * z % FIELD_PRIME
    h = (right[0] * zz - x) % FIELD_PRIME
    slope = (right[1] * z * zz - y) % FIELD_PRIME
    if not h:
        return INFINITY if slope else double(left)
    hh = h * h % FIELD_PRIME
    hhh = h * hh % FIELD_PRIME
    v = x * hh % FIELD_PRIME
    new_x = (slope * slope - hhh - 2 * v) % FIELD_PRIME
    return new_x, (slope * (v - new_x) - y * hhh) % FIELD_PRIME, z * h % FIELD_PRIME


def multiple(point: Point, scalar: int) -> Jacobian:
    """Multiply a point that has no table, by doubling and adding."""
    total = INFINITY
    for bit in f"{scalar:b}":
        total = double(total)
        if bit == "1":
            total = add(total, point)
    return total


def add_multiple(start: Jacobian, scalar: int, table: Table) -> Jacobian:
    """Add to `start` the scalar times the point of the table, one row for each byte."""
    total = start
    for digit, row in zip(scalar.to_bytes(SCALAR_BYTES, "little"), table, strict=True):
        if digit:
            total = add(total, row[digit - 1])
    return total


def byte_places(point: Point, count: int) -> Iterator[Point]:
    """Yield the point times 1, 256, 256² and so on."""
    for _ in range(count):
        yield point
        shifted = jacobian(point)
        for _ in range(8):
            shifted = double(shifted)
        point = affine(shifted)


def table(bases: list[Point]) -> Table:
    """Return for each base its row of 1 to 255 times the base, all rows grown side by side."""
    columns = [bases, [affine(double(jacobian(base))) for base in bases]]
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


def square_root(square: int) -> int | None:
    """Return a square root modulo the field prime, or None (Tonelli and Shanks).

    3 generates the field, so that 3 to the odd part of p - 1 generates the roots of unity.
    """
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
