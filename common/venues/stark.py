"""STARK signatures of limit orders, as dYdX v3 and ApeX Pro ask for them.

An order becomes integers (`StarkOrder`), the integers become one hash (`order_hash`), the hash is
signed (`sign`) or a signature is checked against it (`verify`). Both venues use the StarkEx
message "limit order with fees"; they differ in the nonce, in the buffer added to the expiration
and in how the fee is stated, so these helpers carry the venue in their name.

The curve is the business of `fast_stark_crypto`, or of `stark_pure` where that has no wheel;
`backend` says which one it is, and both give the same bits. This module knows nothing of
messages, accounts or networks, and keeps every range check: the native library answers a number
out of range with a panic that no `except Exception` would catch.
"""

import hashlib
import math
import re
from dataclasses import dataclass
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    Context,
    Decimal,
    DecimalException,
    Inexact,
    InvalidOperation,
    Overflow,
)
from functools import lru_cache
from typing import Final, Protocol

from common.venues import stark_pure
from common.venues.stark_points import BETA, FIELD_PRIME, ORDER
from common.venues.stark_pure import ELEMENT_BOUND

DYDX_BUFFER_HOURS: Final = 7 * 24
APEX_BUFFER_HOURS: Final = 28 * 24
COLLATERAL_RESOLUTION: Final = 10**6  # quantums per USDC, at both venues
FEE_RATE_STEPS: Final = 10**6  # dYdX signs a fee rate of six decimals
SYNTHETIC_ID_BYTES: Final = 15

QUANTUMS_BITS: Final = 64
NONCE_BITS: Final = 32
POSITION_BITS: Final = 64
HOURS_BITS: Final = 32
LIMIT_ORDER_WITH_FEES: Final = 3
PADDING_BITS: Final = 17
ASSET_PAIRS_KEPT: Final = 256

_SIGNATURE: Final = re.compile(r"[0-9a-fA-F]{128}")
# Own context: what is signed must not depend on what other code did to the ambient one.
_EXACT: Final = Context(prec=200, traps=[Inexact, InvalidOperation, Overflow])
_BITS: Final = {
    "synthetic_id": 128,
    "collateral_id": 250,
    "fee_id": 250,
    "synthetic_quantums": QUANTUMS_BITS,
    "collateral_quantums": QUANTUMS_BITS,
    "fee_quantums": QUANTUMS_BITS,
    "position_id": POSITION_BITS,
    "nonce": NONCE_BITS,
    "expiration_hours": HOURS_BITS,
}


class Engine(Protocol):
    """What a backend must know of the curve; both are modules."""

    def pedersen_hash(self, first: int, second: int, /) -> int: ...

    def sign(self, private_key: int, msg_hash: int, /) -> tuple[int, int]: ...

    def verify(self, public_key: int, msg_hash: int, r: int, s: int, /) -> bool: ...


def _choose_engine() -> tuple[str, Engine]:
    try:
        import fast_stark_crypto
    except ImportError:
        return "pure", stark_pure
    return "fast_stark_crypto", fast_stark_crypto


_chosen = _choose_engine()
backend: Final[str] = _chosen[0]
_engine: Final[Engine] = _chosen[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class StarkOrder:
    """The numbers a limit order is signed over; amounts in quantums, ids as listed."""

    synthetic_id: int
    collateral_id: int
    fee_id: int
    is_buy: bool
    synthetic_quantums: int
    collateral_quantums: int
    fee_quantums: int
    position_id: int
    nonce: int
    expiration_hours: int

    def __post_init__(self) -> None:
        """Refuse what does not fit its place: too wide a number would sign another order."""
        if self.is_buy is not True and self.is_buy is not False:
            raise ValueError(f"is_buy must be a bool, not {self.is_buy!r}")
        for field, bits in _BITS.items():
            value = getattr(self, field)
            if not _is_within(value, 0, 1 << bits):
                raise ValueError(f"{field} must be an integer of {bits} bits, not {value!r}")


def order_hash(order: StarkOrder) -> int:
    """Return the message hash of an order (StarkEx layout "limit order with fees").

    What is given goes before what is taken: a BUY sells collateral and buys the synthetic.
    """
    synthetic = (order.synthetic_id, order.synthetic_quantums)
    collateral = (order.collateral_id, order.collateral_quantums)
    sell, buy = (collateral, synthetic) if order.is_buy else (synthetic, collateral)
    assets = _assets_hash(sell[0], buy[0], order.fee_id)
    with_amounts = _engine.pedersen_hash(assets, _pack_amounts(order, sell[1], buy[1]))
    return _engine.pedersen_hash(with_amounts, _pack_position(order))


def sign(message_hash: int, private_key: int) -> str:
    """Return r and s as 128 hex digits, the same for the same input (RFC 6979).

    A hash of 2^251 or more cannot be signed on this curve; that happens once in 2^55 orders.
    """
    if not _is_within(message_hash, 1, ELEMENT_BOUND):
        raise ValueError("message_hash must be between 1 and 2^251 - 1")
    _check_private_key(private_key)
    r, s = _engine.sign(private_key, message_hash)
    return f"{r:064x}{s:064x}"


def verify(message_hash: int, signature: str, public_x: int) -> bool:
    """Tell whether the owner of the key at `public_x` signed; anything malformed is a no.

    The venues know only x of a key, so (r, s) and (r, -s) are both good: a signature proves who
    signed, and is no identity of an order.
    """
    if not isinstance(signature, str) or not _SIGNATURE.fullmatch(signature):
        return False
    r, s = int(signature[:64], 16), int(signature[64:], 16)
    if not all(_is_within(value, 1, ELEMENT_BOUND) for value in (message_hash, r, s)):
        return False
    if pow(s, -1, ORDER) >= ELEMENT_BOUND or not _is_on_curve(public_x):
        return False
    return _engine.verify(public_x, message_hash, r, s)


def public_key(private_key: int) -> tuple[int, int]:
    """Return (x, y) of the public key; always in plain Python, as the native library has no y."""
    _check_private_key(private_key)
    return stark_pure.public_key(private_key)


def is_public_key(x: int, y: int) -> bool:
    """Whether these are the coordinates of a point of the curve."""
    return 0 <= x < FIELD_PRIME and 0 <= y < FIELD_PRIME and (y * y - x**3 - x - BETA) % FIELD_PRIME == 0


def warm_up() -> None:
    """Make the backend's tables now (0.1 s in plain Python), so that no order waits for them."""
    _engine.sign(1, _engine.pedersen_hash(1, 1) % ELEMENT_BOUND)


def nonce_dydx(client_id: str) -> int:
    """Return the nonce dYdX derives from a client id: the last 32 bits of its SHA-256."""
    return int.from_bytes(hashlib.sha256(client_id.encode()).digest()[-4:], "big")


def nonce_apex(client_id: str) -> int:
    """Return the nonce ApeX derives from a client id: the first 32 bits of its SHA-256."""
    return int.from_bytes(hashlib.sha256(client_id.encode()).digest()[:4], "big")


def expiration_hours(epoch_seconds: float | Decimal, buffer_hours: int) -> int:
    """Return the signed expiration: hours begun since 1970, plus the venue's buffer.

    Divides as a float, as the official clients do. Give the very seconds that the message will
    carry: dYdX sends milliseconds, and a remainder below one would sign the next hour.
    """
    seconds = float(epoch_seconds)
    if not math.isfinite(seconds):
        raise ValueError(f"epoch_seconds must be finite, not {epoch_seconds}")
    return math.ceil(seconds / 3600) + buffer_hours


def synthetic_id(base: str, exponent: int) -> int:
    """Return the asset id of a synthetic: `BTC-10` in ASCII, filled up to 15 bytes with zeros.

    The exponent is that of the resolution: 10 for 10^10 quantums per BTC.
    """
    text = f"{base}-{exponent}".encode("ascii")
    if len(text) > SYNTHETIC_ID_BYTES:
        raise ValueError(f"{base}-{exponent} is longer than {SYNTHETIC_ID_BYTES} bytes")
    return int.from_bytes(text.ljust(SYNTHETIC_ID_BYTES, b"\0"), "big")


def synthetic_quantums(size: Decimal, resolution: Decimal | int) -> int:
    """Return the size in quantums, which must come out whole."""
    return _whole("size in quantums", size, resolution)


def collateral_quantums(size: Decimal, price: Decimal, is_buy: bool) -> int:
    """Return size * price in quantums: a BUY gives rounded up, a SELL takes rounded down."""
    rounding = ROUND_CEILING if is_buy else ROUND_FLOOR
    return _whole("size * price", size, price, COLLATERAL_RESOLUTION, rounding=rounding)


def fee_quantums_dydx(limit_fee: Decimal, collateral_quantums: int) -> int:
    """Return the most fee to pay: the rate cut to six decimals, times the collateral, up."""
    rate = _whole("limit_fee", limit_fee, FEE_RATE_STEPS, rounding=ROUND_FLOOR)
    return -(-rate * collateral_quantums // FEE_RATE_STEPS)


def fee_quantums_apex(limit_fee_amount: Decimal) -> int:
    """Return the fee in quantums; ApeX is told an amount of USDC, so it must come out whole."""
    return _whole("limit_fee_amount in quantums", limit_fee_amount, COLLATERAL_RESOLUTION)


def _whole(what: str, *factors: Decimal | int, rounding: str | None = None) -> int:
    """Multiply without loss, then round as told, or insist that nothing is left to round."""
    product = Decimal(1)
    try:
        for factor in factors:
            product = _EXACT.multiply(product, factor)
    except DecimalException as error:
        raise ValueError(f"{what} has too many digits: {factors}") from error
    # Compared before it becomes an int: 1E+999999 would be a number of a million digits.
    if not product.is_finite() or not 0 <= product < 1 << QUANTUMS_BITS:
        raise ValueError(f"{what} must be an amount of {QUANTUMS_BITS} bits: {factors}")
    whole = product.to_integral_value(rounding=rounding)
    if rounding is None and whole != product:
        raise ValueError(f"{what} must be whole: {factors}")
    return int(whole)


@lru_cache(maxsize=ASSET_PAIRS_KEPT)
def _assets_hash(sell_id: int, buy_id: int, fee_id: int) -> int:
    """Hash the three assets; constant for a market and a side, and half the cost of an order."""
    return _engine.pedersen_hash(_engine.pedersen_hash(sell_id, buy_id), fee_id)


def _pack_amounts(order: StarkOrder, sell_quantums: int, buy_quantums: int) -> int:
    """Join sold amount, bought amount, fee and nonce, highest bits first."""
    packed = sell_quantums << QUANTUMS_BITS | buy_quantums
    packed = packed << QUANTUMS_BITS | order.fee_quantums
    return packed << NONCE_BITS | order.nonce


def _pack_position(order: StarkOrder) -> int:
    """Join the message type, the position thrice (for each asset one) and the expiration."""
    packed = LIMIT_ORDER_WITH_FEES
    for _ in range(3):
        packed = packed << POSITION_BITS | order.position_id
    return (packed << HOURS_BITS | order.expiration_hours) << PADDING_BITS


def _is_within(value: object, low: int, high: int) -> bool:
    """Tell whether value is an integer of the half-open range; True is no number here."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value < high


def _is_on_curve(x: int) -> bool:
    return _is_within(x, 0, FIELD_PRIME) and stark_pure.y_coordinate(x) is not None


def _check_private_key(private_key: int) -> None:
    if not _is_within(private_key, 1, ORDER):
        # The key stays out of the message: messages end in logs.
        raise ValueError("private_key must be between 1 and the order of the curve")
