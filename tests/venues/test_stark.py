"""STARK signing: the published vectors, what is refused, and both backends alike."""

import importlib.util
import sys
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.venues import stark, stark_points, stark_pure
from common.venues.stark_points import FIELD_PRIME, ORDER

# The example order, its keys, hashes and signatures were published with the dYdX v3 clients.
ODD_KEY = 0x58C7D5A90B1776BDE86EBAC077E053ED85B0F7164F53B080304A531947F46E3
ODD_X = 0x3B865A18323B8D147A12C556BFB1D502516C325B1477A23BA6C77AF31F020FD
ODD_SIGNATURE = (
    "0500a22a8c8b14fbb3b7d26366604c446b9d059420d7db2a8f94bc52691d2626"
    "003e38aa083f72c9db89a7a80b98a6eb92edce7294d917d8489767740affc6ed"
)
EVEN_KEY = 0x65B7BB244E019B45A521EF990FB8A002F76695D1FC6C1E31911680F2ED78B84
EVEN_X = 0x5C749CD4C44BDC730BC90AF9BFBDEDE9DEB2C1C96C05806CE1BC1CB4FED64F7
EVEN_SIGNATURE = (
    "06f593fcec14720cd895e7edf0830b668b6104c0de4be6d22befe4ced0868dc3"
    "0507259e9634a140d83a8fcfc43b5a08af6cec7f85d3606cc7a974465aff334e"
)
EXAMPLE_HASH = 0x677AF4EFBF821DAC23AD4FEA9AAA2A3075D2D80DD26B5C005C7B58F084E1075
EXAMPLE: dict[str, Any] = {
    "synthetic_id": 0x4554482D3900000000000000000000,
    "collateral_id": 0x1E70C509C4C6BFAFE8B73D2FC1819444B2C0B435D4B82C0F24ADDFF9565CE25,
    "fee_id": 0x1E70C509C4C6BFAFE8B73D2FC1819444B2C0B435D4B82C0F24ADDFF9565CE25,
    "is_buy": True,
    "synthetic_quantums": 145000500000,
    "collateral_quantums": 50750272151,
    "fee_quantums": 6343784019,
    "position_id": 12345,
    "nonce": stark.nonce_dydx("This is an ID that the client came up with to describe this order"),
    "expiration_hours": 444701,
}

# Made by the unmodified clients with the odd key: client id "vector-1", expiration 1700000000.
USDC = 0x2893294412A4C8F915F75892B395EBBF6859EC246EC365C3B1F56F47C3A0A5D
BTC = 0x4254432D3130000000000000000000
DYDX: dict[str, Any] = {
    "synthetic_id": BTC,
    "collateral_id": USDC,
    "fee_id": USDC,
    "synthetic_quantums": 13000000,
    "collateral_quantums": 26001300,
    "fee_quantums": 39002,
    "position_id": 1812,
    "nonce": 2510776612,
    "expiration_hours": 472391,
}
APEX: dict[str, Any] = {
    "synthetic_id": BTC,
    "collateral_id": USDC,
    "fee_id": USDC,
    "synthetic_quantums": 30000000,
    "collateral_quantums": 60001500,
    "fee_quantums": 30001,
    "position_id": 330547708362228116,
    "nonce": 128388373,
    "expiration_hours": 472895,
}
CLIENT_MADE = {
    "dydx buy": (
        DYDX | {"is_buy": True},
        0x73B3FFA6F91C1134AC54FD2684F5BA520C94DC6BF797998E1757A0072260B3C,
        "00636a473cd4175acf0f7f5e1f2c0187b9ffbe6dd9436dda5bfa0cbc44de3253"
        "00bd443e5b4c2afe2a03e26c4af18044133edb4ba53ef83964db8b4174ebbac4",
    ),
    "dydx sell": (
        DYDX | {"is_buy": False},
        0x13FE30D39E8740FB9073468C17EC3C2391B496D25CF761E655C91D6C963B0ED,
        "0339fe4d9f95ea2e28619a2e836882c61620b40ef986e1653e9bb9617af88c58"
        "07b1b45764cf9b745793b13d7c1410e62e21ed869cf1b0adaf7032dc18618812",
    ),
    "apex buy": (
        APEX | {"is_buy": True},
        0x2E34B7748800771602DFDB2D0C2223BD0283E81B398B53435DF916A74E422F9,
        "0145adfc4613a59409d4b5b9fd96793cf3f94b13bcadd8a8f5813ce5a42ec550"
        "07c2df06455b1e253b8d640c85e657cb5a57353d178b661675e5360cc15a3f59",
    ),
    "apex sell": (
        APEX | {"is_buy": False},
        0x45A331964CC1ED5FC9ECF4AA75A8A8338C3AC334A3ACD38F599A65B48F2AEB,
        "017476c237e57be25be27b3e60c78dd0ac6da534c5219cbd48e2147be5932c7c"
        "01b8608403cdf0d26ca580404853842c206b6ab2dcb8c07253f9f3ec72cc8776",
    ),
}


def load(backend: str) -> Any:
    """Load a second copy of the module, for the pure backend as if the library were missing."""
    name = f"stark_with_{backend}"
    assert stark.__file__ is not None
    spec = importlib.util.spec_from_file_location(name, stark.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    hidden: dict[str, ModuleType | None] = {"fast_stark_crypto": None} if backend == "pure" else {}
    with patch.dict(sys.modules, {name: module, **hidden}):
        spec.loader.exec_module(module)
    return module


BACKENDS = {name: load(name) for name in ("fast_stark_crypto", "pure")}
FAST, PURE = BACKENDS.values()


@pytest.fixture(params=BACKENDS)
def engine(request: pytest.FixtureRequest) -> Any:
    """The module with each backend in turn; every test that takes it is part of the contract."""
    return BACKENDS[request.param]


def test_each_copy_runs_on_the_backend_it_names() -> None:
    assert (FAST.backend, PURE.backend) == ("fast_stark_crypto", "pure")
    assert PURE._engine is stark_pure
    assert FAST._engine is sys.modules["fast_stark_crypto"]


# --- vectors


def test_the_published_order_has_its_hash_and_its_signatures(engine: Any) -> None:
    assert engine.order_hash(engine.StarkOrder(**EXAMPLE)) == EXAMPLE_HASH
    assert engine.sign(EXAMPLE_HASH, ODD_KEY) == ODD_SIGNATURE
    assert engine.sign(EXAMPLE_HASH, EVEN_KEY) == EVEN_SIGNATURE
    assert engine.verify(EXAMPLE_HASH, ODD_SIGNATURE, ODD_X)
    assert engine.verify(EXAMPLE_HASH, EVEN_SIGNATURE, EVEN_X)


@pytest.mark.parametrize("case", CLIENT_MADE)
def test_orders_made_by_the_official_clients_are_signed_alike(engine: Any, case: str) -> None:
    numbers, message_hash, signature = CLIENT_MADE[case]
    assert engine.order_hash(engine.StarkOrder(**numbers)) == message_hash
    assert engine.sign(message_hash, ODD_KEY) == signature
    assert engine.verify(message_hash, signature, ODD_X)


def test_public_keys_have_the_published_x_and_the_parity_of_y_they_are_named_for(
    engine: Any,
) -> None:
    for private_key, x, parity in ((ODD_KEY, ODD_X, 1), (EVEN_KEY, EVEN_X, 0)):
        found_x, y = engine.public_key(private_key)
        assert (found_x, y % 2) == (x, parity)
        assert (y * y - x**3 - x - stark_points.BETA) % FIELD_PRIME == 0


# --- signatures


def negated(signature: str) -> str:
    return signature[:64] + f"{ORDER - int(signature[64:], 16):064x}"


def crafted(w: int, nonce: int = 123456789) -> tuple[int, str]:
    """Return a hash and a signature by the odd key that would be good, had 1/s no bound."""
    r, s = stark_pure.public_key(nonce)[0], pow(w, -1, ORDER)
    message_hash = (nonce * s - r * ODD_KEY) % ORDER
    assert message_hash < stark_pure.ELEMENT_BOUND
    return message_hash, f"{r:064x}{s:064x}"


def test_signatures_with_a_large_inverse_are_refused_and_small_ones_are_not(engine: Any) -> None:
    assert engine.verify(*crafted(w=77), ODD_X)
    assert not engine.verify(*crafted(w=stark_pure.ELEMENT_BOUND), ODD_X)
    assert not engine.verify(*crafted(w=ORDER - 1), ODD_X)


def test_the_negated_signature_is_good_too_because_y_is_not_known(engine: Any) -> None:
    assert engine.verify(EXAMPLE_HASH, negated(ODD_SIGNATURE), ODD_X)


WORD = ODD_SIGNATURE[:64]
BAD_WORDS = [f"{n:064x}" for n in (0, 2**251, ORDER - 1, ORDER, FIELD_PRIME, 2**256 - 1)]


@pytest.mark.parametrize(
    "signature",
    [
        *("", "0x", ODD_SIGNATURE[:-1], ODD_SIGNATURE + "0", "0x" + ODD_SIGNATURE[2:]),
        *(ODD_SIGNATURE[:-1] + odd for odd in ("g", " ", "\n", "_", "٣", "\0")),
        *(" " + ODD_SIGNATURE[1:], ODD_SIGNATURE + "\n", ODD_SIGNATURE.encode(), None, 5),
        *(bad + ODD_SIGNATURE[64:] for bad in BAD_WORDS),
        *(WORD + bad for bad in BAD_WORDS),
        ODD_SIGNATURE[64:] + WORD,
        EVEN_SIGNATURE,
    ],
)
def test_malformed_and_foreign_signatures_are_a_no(engine: Any, signature: Any) -> None:
    assert engine.verify(EXAMPLE_HASH, signature, ODD_X) is False


@pytest.mark.parametrize("message_hash", [0, -1, 2**251, FIELD_PRIME, 2**300, True, None, "1"])
def test_hashes_out_of_range_are_a_no_and_are_not_signed(engine: Any, message_hash: Any) -> None:
    assert engine.verify(message_hash, ODD_SIGNATURE, ODD_X) is False
    if message_hash is not True:
        assert engine.verify(EXAMPLE_HASH, ODD_SIGNATURE, message_hash) is False
    with pytest.raises(ValueError, match="message_hash"):
        engine.sign(message_hash, ODD_KEY)


@pytest.mark.parametrize("public_x", [EVEN_X, 5, 0, -ODD_X, ODD_X + FIELD_PRIME, [ODD_X]])
def test_other_keys_and_keys_off_the_curve_are_a_no(engine: Any, public_x: Any) -> None:
    assert engine.verify(EXAMPLE_HASH, ODD_SIGNATURE, public_x) is False


@pytest.mark.parametrize("private_key", [0, -1, ORDER, ORDER + ODD_KEY, "1", None])
def test_bad_private_keys_are_refused_and_stay_out_of_the_message(engine: Any, private_key: Any) -> None:
    words = "^private_key must be between 1 and the order of the curve$"
    with pytest.raises(ValueError, match=words):
        engine.sign(EXAMPLE_HASH, private_key)
    with pytest.raises(ValueError, match=words):
        engine.public_key(private_key)


# --- both backends alike


def up_to(bits: int) -> st.SearchStrategy[int]:
    return st.integers(min_value=0, max_value=2**bits - 1)


ORDERS = st.fixed_dictionaries(
    {
        "synthetic_id": up_to(128),
        "collateral_id": up_to(250),
        "fee_id": up_to(250),
        "is_buy": st.booleans(),
        "synthetic_quantums": up_to(64),
        "collateral_quantums": up_to(64),
        "fee_quantums": up_to(64),
        "position_id": up_to(64),
        "nonce": up_to(32),
        "expiration_hours": up_to(32),
    }
)
PRIVATE_KEYS = st.integers(min_value=1, max_value=ORDER - 1)


@settings(max_examples=30, deadline=None)
@given(numbers=ORDERS, private_key=PRIVATE_KEYS)
def test_both_backends_hash_sign_and_verify_alike(numbers: dict[str, Any], private_key: int) -> None:
    message_hash = FAST.order_hash(FAST.StarkOrder(**numbers))
    assert PURE.order_hash(PURE.StarkOrder(**numbers)) == message_hash
    signature = FAST.sign(message_hash, private_key)
    assert PURE.sign(message_hash, private_key) == signature
    public_x = PURE.public_key(private_key)[0]
    assert FAST.verify(message_hash, signature, public_x)
    assert PURE.verify(message_hash, signature, public_x)


@settings(max_examples=30, deadline=None)
@given(bits=st.integers(min_value=1, max_value=251), data=st.data())
def test_hashes_of_every_length_are_signed_alike(bits: int, data: st.DataObject) -> None:
    """The official clients pad some lengths before they draw the nonce."""
    message_hash = data.draw(st.integers(min_value=2 ** (bits - 1), max_value=2**bits - 1))
    assert FAST.sign(message_hash, ODD_KEY) == PURE.sign(message_hash, ODD_KEY)


@settings(max_examples=30, deadline=None)
@given(
    digit=st.integers(min_value=0, max_value=127),
    other=st.sampled_from("0123456789abcdef"),
    flipped=st.integers(min_value=0, max_value=250),
)
def test_one_digit_or_one_bit_changed_makes_a_signature_worthless(digit: int, other: str, flipped: int) -> None:
    tampered = ODD_SIGNATURE[:digit] + other + ODD_SIGNATURE[digit + 1 :]
    for module in BACKENDS.values():
        assert module.verify(EXAMPLE_HASH, tampered, ODD_X) == (tampered == ODD_SIGNATURE)
        assert not module.verify(EXAMPLE_HASH ^ 1 << flipped, ODD_SIGNATURE, ODD_X)


@settings(max_examples=200, deadline=None)
@given(
    message_hash=st.integers(),
    signature=st.text("0123456789abcdef", min_size=126, max_size=129),
    public_x=st.sampled_from([ODD_X, EVEN_X, 1, 2, 3]),
)
def test_no_input_makes_verify_raise(message_hash: int, signature: str, public_x: int) -> None:
    for module in BACKENDS.values():
        assert module.verify(message_hash % 2**252, signature, public_x) is False


def test_warming_up_makes_the_tables_of_the_pure_backend() -> None:
    stark_pure._generator_table.cache_clear()
    PURE.warm_up()
    FAST.warm_up()
    assert stark_pure._generator_table.cache_info().currsize == 1
