"""What a STARK order is made of: ranges, amounts in quantums, nonces, hours and asset ids."""

from decimal import Decimal, localcontext
from typing import Any

import pytest

from common.venues import stark

EXAMPLE: dict[str, Any] = {
    "synthetic_id": 0x4554482D3900000000000000000000,
    "collateral_id": 0x1E70C509C4C6BFAFE8B73D2FC1819444B2C0B435D4B82C0F24ADDFF9565CE25,
    "fee_id": 0x1E70C509C4C6BFAFE8B73D2FC1819444B2C0B435D4B82C0F24ADDFF9565CE25,
    "is_buy": True,
    "synthetic_quantums": 145000500000,
    "collateral_quantums": 50750272151,
    "fee_quantums": 6343784019,
    "position_id": 12345,
    "nonce": 1,
    "expiration_hours": 444701,
}


@pytest.mark.parametrize("field", EXAMPLE)
@pytest.mark.parametrize("value", [-1, 2**250, 1.0, "1", None])
def test_an_order_refuses_a_number_that_does_not_fit_and_names_it(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{field} must be"):
        stark.StarkOrder(**{**EXAMPLE, field: value})


@pytest.mark.parametrize(
    ("field", "bits"),
    [("fee_quantums", 64), ("position_id", 64), ("nonce", 32), ("expiration_hours", 32)],
)
def test_an_order_takes_all_bits_of_a_field_and_not_one_more(field: str, bits: int) -> None:
    stark.StarkOrder(**{**EXAMPLE, field: 2**bits - 1})
    with pytest.raises(ValueError, match=field):
        stark.StarkOrder(**{**EXAMPLE, field: 2**bits})


def test_each_field_of_an_order_changes_its_hash() -> None:
    changed = {name: not value if name == "is_buy" else value + 1 for name, value in EXAMPLE.items()}
    hashes = {stark.order_hash(stark.StarkOrder(**{**EXAMPLE, name: value})) for name, value in changed.items()}
    assert len(hashes | {stark.order_hash(stark.StarkOrder(**EXAMPLE))}) == len(EXAMPLE) + 1


def test_amounts_that_are_not_whole_or_not_amounts_are_refused() -> None:
    with pytest.raises(ValueError, match="must be whole"):
        stark.synthetic_quantums(Decimal("0.00000000001"), 10**10)
    with pytest.raises(ValueError, match="must be whole"):
        stark.fee_quantums_apex(Decimal("0.0000001"))
    for odd in ("-1", "NaN", "sNaN", "Infinity", "1E+999999", "1" * 201):
        with pytest.raises(ValueError, match="size"):
            stark.collateral_quantums(Decimal(odd), Decimal("20000.5"), is_buy=False)
    assert stark.collateral_quantums(Decimal("1E-999999"), Decimal("20000.5"), is_buy=True) == 1


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), Decimal("-Infinity")])
def test_an_expiration_that_never_comes_is_refused(seconds: float | Decimal) -> None:
    with pytest.raises(ValueError, match="finite"):
        stark.expiration_hours(seconds, 0)


def test_the_ambient_decimal_context_changes_no_amount() -> None:
    with localcontext(prec=3):
        assert stark.synthetic_quantums(Decimal("145.0005"), 10**9) == 145000500000
        assert stark.collateral_quantums(Decimal("1.23456"), Decimal("9.87654"), True) == 12193182
        assert stark.fee_quantums_dydx(Decimal("0.123456"), 10**9) == 123456000


def test_the_example_amounts_come_from_its_size_price_and_fee() -> None:
    size, price = Decimal("145.0005"), Decimal("350.00067")
    assert stark.synthetic_quantums(size, 10**9) == 145000500000
    assert stark.collateral_quantums(size, price, is_buy=True) == 50750272151
    assert stark.collateral_quantums(size, price, is_buy=False) == 50750272150
    assert stark.fee_quantums_dydx(Decimal("0.125"), 50750272151) == 6343784019
    assert stark.fee_quantums_dydx(Decimal("0.000001" + "9" * 40), 50750272151) == 50751
    assert stark.fee_quantums_apex(Decimal("0.030001")) == 30001


def test_nonces_are_the_last_bits_of_the_digest_at_dydx_and_the_first_at_apex() -> None:
    dydx = {"": 2018687061, "1": 3079101259, "a": 2951628987, "vector-1": 2510776612}
    assert {client_id: stark.nonce_dydx(client_id) for client_id in dydx} == dydx
    assert stark.nonce_apex("") == 0xE3B0C442  # SHA-256 of nothing begins so
    assert stark.nonce_apex("vector-1") == 128388373


@pytest.mark.parametrize(
    ("seconds", "hours"),
    [
        (1600316155.028, 444701),  # 2020-09-17T04:15:55.028Z
        (1614182400.407, 448553),  # 2021-02-24T16:00:00.407Z: an hour begun counts
        (1614182400, 448552),
        (Decimal("1614182400.001"), 448553),
    ],
)
def test_an_hour_begun_counts_as_a_whole_one(seconds: float | Decimal, hours: int) -> None:
    assert stark.expiration_hours(seconds, stark.DYDX_BUFFER_HOURS) == hours
    assert stark.expiration_hours(seconds, stark.APEX_BUFFER_HOURS) == hours + 504


def test_a_synthetic_is_named_by_its_base_and_exponent() -> None:
    assert stark.synthetic_id("BTC", 10) == 0x4254432D3130000000000000000000
    assert stark.synthetic_id("1INCH", 7) == 0x31494E43482D370000000000000000
    with pytest.raises(ValueError, match="15 bytes"):
        stark.synthetic_id("FOURTEEN-CHARS", 10)
