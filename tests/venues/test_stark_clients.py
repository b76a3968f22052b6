"""STARK signing against the official clients: they make an order, we make it, nothing differs."""

import importlib
import inspect
import warnings
from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.venues import stark, stark_points, stark_pure

USDC = 0x2893294412A4C8F915F75892B395EBBF6859EC246EC365C3B1F56F47C3A0A5D
PRIVATE_KEY = 0x58C7D5A90B1776BDE86EBAC077E053ED85B0F7164F53B080304A531947F46E3
POSITION = 330547708362228116
MARKETS = {"BTC": 10, "ETH": 9, "SOL": 7, "DOGE": 5, "TRX": 4, "1INCH": 7}


@pytest.fixture(scope="module")
def clients() -> Iterator[SimpleNamespace]:
    """Both vendor packages; one of their dependencies may ask for a function Python 3.11 lost."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr(inspect, "getargspec", inspect.getfullargspec, raising=False)
        yield SimpleNamespace(
            dydx=importlib.import_module("dydx3.starkex.order"),
            apex=importlib.import_module("apexpro.starkex.order"),
            dydx_constants=importlib.import_module("dydx3.constants"),
            curve=importlib.import_module("dydx3.starkex.starkex_resources.python_signature"),
        )


@st.composite
def requests(draw: st.DrawFn) -> SimpleNamespace:
    """Draw what a person asks for, with more digits than either venue would list."""
    base = draw(st.sampled_from(sorted(MARKETS)))
    quantums = draw(st.integers(min_value=1, max_value=10**12))
    seconds = st.integers(1_600_000_000, 1_800_000_000)
    return SimpleNamespace(
        base=base,
        side=draw(st.sampled_from(["BUY", "SELL"])),
        size=Decimal(quantums).scaleb(-MARKETS[base]),
        price=draw(st.decimals("0.0001", "99999", places=draw(st.integers(0, 8)))),
        fee=draw(st.decimals("0", "0.2", places=draw(st.integers(1, 12)))),
        client_id=draw(st.text(st.characters(codec="utf-8"), max_size=40)),
        seconds=draw(seconds | seconds.map(lambda s: s - s % 3600) | st.floats(1.6e9, 1.8e9)),
    )


def dydx_order(clients: SimpleNamespace, asked: SimpleNamespace) -> Any:
    return clients.dydx.SignableOrder(
        network_id=1,
        market=f"{asked.base}-USD",
        side=asked.side,
        position_id=POSITION,
        human_size=f"{asked.size:f}",
        human_price=f"{asked.price:f}",
        limit_fee=f"{asked.fee:f}",
        client_id=asked.client_id,
        expiration_epoch_seconds=asked.seconds,
    )


def apex_order(clients: SimpleNamespace, asked: SimpleNamespace) -> Any:
    return clients.apex.SignableOrder(
        market=f"{asked.base}-USDC",
        side=asked.side,
        position_id=POSITION,
        human_size=f"{asked.size:f}",
        human_price=f"{asked.price:f}",
        limit_fee=f"{asked.fee:f}",
        client_id=asked.client_id,
        expiration_epoch_seconds=asked.seconds,
        synthetic_resolution=f"1e+{MARKETS[asked.base]}",
        collateral_id=hex(USDC),
        synthetic_id=hex(stark.synthetic_id(asked.base, MARKETS[asked.base])),
    )


def our_order(asked: SimpleNamespace, *, nonce: int, buffer_hours: int) -> stark.StarkOrder:
    is_buy, exponent = asked.side == "BUY", MARKETS[asked.base]
    collateral = stark.collateral_quantums(asked.size, asked.price, is_buy)
    return stark.StarkOrder(
        synthetic_id=stark.synthetic_id(asked.base, exponent),
        collateral_id=USDC,
        fee_id=USDC,
        is_buy=is_buy,
        synthetic_quantums=stark.synthetic_quantums(asked.size, 10**exponent),
        collateral_quantums=collateral,
        position_id=POSITION,
        nonce=nonce,
        fee_quantums=stark.fee_quantums_dydx(asked.fee, collateral),
        expiration_hours=stark.expiration_hours(asked.seconds, buffer_hours),
    )


def both(clients: SimpleNamespace, asked: SimpleNamespace) -> list[tuple[Any, stark.StarkOrder]]:
    """Return for each venue the client's order and ours."""
    dydx = {"nonce": stark.nonce_dydx(asked.client_id), "buffer_hours": stark.DYDX_BUFFER_HOURS}
    apex = {"nonce": stark.nonce_apex(asked.client_id), "buffer_hours": stark.APEX_BUFFER_HOURS}
    return [
        (dydx_order(clients, asked), our_order(asked, **dydx)),
        (apex_order(clients, asked), our_order(asked, **apex)),
    ]


def as_ours(message: Any) -> stark.StarkOrder:
    """Name the client's numbers as we do."""
    return stark.StarkOrder(
        synthetic_id=message.asset_id_synthetic,
        collateral_id=message.asset_id_collateral,
        fee_id=message.asset_id_fee,
        is_buy=message.is_buying_synthetic,
        synthetic_quantums=message.quantums_amount_synthetic,
        position_id=message.position_id,
        collateral_quantums=message.quantums_amount_collateral,
        nonce=message.nonce,
        fee_quantums=message.quantums_amount_fee,
        expiration_hours=message.expiration_epoch_hours,
    )


@settings(max_examples=300, deadline=None)
@given(asked=requests())
def test_the_clients_and_we_make_the_same_numbers_of_an_order(clients: SimpleNamespace, asked: SimpleNamespace) -> None:
    for theirs, ours in both(clients, asked):
        assert as_ours(theirs.to_starkware()) == ours


@settings(max_examples=8, deadline=None)
@given(asked=requests())
def test_the_clients_and_we_sign_and_accept_the_same_orders(clients: SimpleNamespace, asked: SimpleNamespace) -> None:
    public_x = stark.public_key(PRIVATE_KEY)[0]
    for theirs, ours in both(clients, asked):
        message_hash = stark.order_hash(ours)
        signature = stark.sign(message_hash, PRIVATE_KEY)
        assert (theirs.hash, theirs.sign(hex(PRIVATE_KEY))) == (message_hash, signature)
        assert stark.verify(message_hash, signature, public_x)
        assert theirs.verify_signature(signature, hex(public_x))


def test_every_synthetic_dydx_listed_has_the_id_we_derive(clients: SimpleNamespace) -> None:
    listed = clients.dydx_constants.SYNTHETIC_ASSET_ID_MAP
    resolutions = clients.dydx_constants.ASSET_RESOLUTION
    derived = {base: stark.synthetic_id(base, Decimal(resolutions[base]).adjusted()) for base in listed}
    assert derived == listed


def test_the_curve_is_the_published_one(clients: SimpleNamespace) -> None:
    curve, ours = clients.curve, stark_points
    assert (ours.FIELD_PRIME, ours.ORDER) == (curve.FIELD_PRIME, curve.EC_ORDER)
    assert (ours.BETA, curve.ALPHA) == (curve.BETA, 1)
    published = [tuple(curve.CONSTANT_POINTS[place]) for place in (0, 1, 2, 250, 254, 502)]
    low_and_high = [ours.FIRST_LOW, ours.FIRST_HIGH, ours.SECOND_LOW, ours.SECOND_HIGH]
    assert published == [ours.SHIFT, ours.GENERATOR, *low_and_high]


def test_a_nonce_that_cannot_be_used_is_replaced_as_the_clients_do(
    clients: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once in 2^55 signatures; with a bound this low three in four draws are refused."""
    monkeypatch.setattr(stark_pure, "ELEMENT_BOUND", 2**250)
    monkeypatch.setattr(stark_pure, "SIGN_ATTEMPTS", 64)
    monkeypatch.setattr(clients.curve, "N_ELEMENT_BITS_ECDSA", 250)
    for message_hash in range(2**249, 2**249 + 10):
        theirs = clients.curve.py_sign(message_hash, PRIVATE_KEY)
        assert stark_pure.sign(PRIVATE_KEY, message_hash) == theirs


def test_equal_and_opposite_points_are_added_too() -> None:
    x, y = stark_points.GENERATOR
    generator = stark_points.jacobian((x, y))
    twice = stark_points.affine(stark_points.double(generator))
    assert stark_points.affine(stark_points.add(generator, (x, y))) == twice
    nothing = stark_points.add(generator, (x, -y))
    assert nothing[2] == 0
    assert not stark_points.has_x(nothing, x)
    assert stark_points.affine(stark_points.add(nothing, twice)) == twice
