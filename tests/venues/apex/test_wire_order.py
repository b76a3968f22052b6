"""An order becomes the official client's request, bit for bit; an answer becomes a value that is never a guess."""

import timeit
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.core.errors import LocalError
from common.core.market import Side
from common.core.order import Ack, Lifetime, Order, Reject, Unknown
from common.venues import stark
from common.venues.apex import wire_order as wire
from common.venues.apex.wire import Data, Refusal, decode_answer
from common.venues.apex.wire_market import Listing, find_listing
from common.venues.apex.wire_order import Prepared, Signing
from common.venues.keys import Keys

MakeOrder = Callable[..., Order]
Sample = Callable[[str], Any]
VECTOR_KEY = "58c7d5a90b1776bde86ebac077e053ed85b0f7164f53b080304a531947f46e3"

#: side → signature made by the official client: position 330547708362228116, 0.003 at 20000.5, rate 0.0005, vector-1
VECTORS = {
    Side.BUY: "0145adfc4613a59409d4b5b9fd96793cf3f94b13bcadd8a8f5813ce5a42ec550"
    "07c2df06455b1e253b8d640c85e657cb5a57353d178b661675e5360cc15a3f59",
    Side.SELL: "017476c237e57be25be27b3e60c78dd0ac6da534c5219cbd48e2147be5932c7c"
    "01b8608403cdf0d26ca580404853842c206b6ab2dcb8c07253f9f3ec72cc8776",
}
#: bodies that the official client put on the wire, and the market and changes that make them of our order
RECORDED = [
    (
        "BTC",
        {"client_id": "5954007835242937"},
        "symbol=BTC-USDC&side=BUY&type=LIMIT&timeInForce=FILL_OR_KILL&size=0.003&price=20000.5&limitFee=0.030001"
        "&expiration=1797750000000&clientId=5954007835242937&signature=05b7bd42c6cad9cf5b494b4cd2f68c11dd1e604853845a"
        "aa74d169cccacfc3ae068e7892236d10c34f992dbdd28f79dc44923b30fd13d3e5d07f407d40f3ac77&reduceOnly=False"
        "&isPositionTpsl=False",
    ),
    (
        "BTC",
        {
            "client_id": "my id/é&=",
            "side": Side.SELL,
            "limit": Decimal(19000),
            "reduce_only": True,
            "lifetime": Lifetime.IOC,
        },
        "symbol=BTC-USDC&side=SELL&type=LIMIT&timeInForce=IMMEDIATE_OR_CANCEL&size=0.003&price=19000&limitFee=0.028500"
        "&expiration=1797750000000&clientId=my+id%2F%C3%A9%26%3D&signature=05fb684caba5886daa0d7d7e2891c43cfa6f2cba5ba"
        "aafb9601a9108a35da53306713314f2f99ad6c4aa3d27469bbe19bab87ac42f1661a42fc048bbd5360ed0&reduceOnly=True"
        "&isPositionTpsl=False",
    ),
    (
        "DOGE",
        {"client_id": "2614540904357713", "size": Decimal(137), "limit": Decimal("0.0713")},
        "symbol=DOGE-USDC&side=BUY&type=LIMIT&timeInForce=FILL_OR_KILL&size=137&price=0.0713&limitFee=0.004885"
        "&expiration=1797750000000&clientId=2614540904357713&signature=013ecf2bbd3b186d7b4350d0709c8f1afaa7a803fbb308"
        "fd6882b437778658260566e9238db0e011afcba494cc3ba446d95b1da30d5634d814dc302041b8ed47&reduceOnly=False"
        "&isPositionTpsl=False",
    ),
]


@pytest.mark.parametrize(("market", "changes", "body"), RECORDED)
def test_the_form_is_what_the_official_client_sent(
    sample: Sample, signing: Signing, make_order: MakeOrder, market: str, changes: dict[str, Any], body: str
) -> None:
    listing = find_listing(sample("symbols")["data"], market)
    order = make_order(market=market, created_ns=1_795_328_421_828_000_000, **changes)
    prepared = wire.prepare(order, listing, signing)
    assert prepared.body.decode() == body
    assert prepared.stamp == "1795328421828"


@pytest.mark.parametrize("side", list(Side))
def test_published_vectors_are_signed_alike(
    listing: Listing, signing: Signing, make_order: MakeOrder, side: Side
) -> None:
    signing = replace(signing, keys=replace(signing.keys, private_key=f"0x{VECTOR_KEY}"))
    order = make_order(side=side, client_id="vector-1", created_ns=1_700_000_000 * 10**9)
    assert wire.order_fields(order, listing, signing)["signature"] == VECTORS[side]


def test_the_hmac_is_over_timestamp_method_path_and_the_raw_sorted_fields() -> None:
    fields = {"b": "x y", "a": "False"}
    whole = wire.hmac_signature("s", "1POST/pa=False&b=x y", "", "")
    assert wire.hmac_signature("s", "1", "POST", "/p", fields) == whole
    assert wire.hmac_signature("s", "1", "POST", "/p", {}) == wire.hmac_signature("s", "1", "POST", "/p")
    assert wire.hmac_signature("s", "1", "GET", "/p") != wire.hmac_signature("t", "1", "GET", "/p")


def test_a_request_is_a_pure_function_of_the_order_so_that_it_dies_with_its_timestamp(
    listing: Listing, signing: Signing, make_order: MakeOrder
) -> None:
    order = make_order()
    assert wire.prepare(order, listing, signing) == wire.prepare(order, listing, signing)
    assert int(wire.prepare(order, listing, signing).stamp) == order.created_ns // 10**6
    assert wire.death_ns(order) == order.created_ns + 35 * 10**9


def test_what_is_prepared_survives_being_packed(listing: Listing, signing: Signing, make_order: MakeOrder) -> None:
    prepared = wire.prepare(make_order(), listing, signing)
    assert Prepared.unpack(prepared.pack()) == prepared
    fields = dict(parse_qsl(prepared.body.decode()))
    assert prepared.signature == wire.hmac_signature("secret-1", prepared.stamp, "POST", "/api/v1/create-order", fields)


@pytest.mark.parametrize("changes", [{"limit": Decimal("20000.4")}, {"size": Decimal("0.0035")}])
def test_an_order_off_the_grid_is_our_own_fault(
    listing: Listing, signing: Signing, make_order: MakeOrder, changes: dict[str, Decimal]
) -> None:
    with pytest.raises(LocalError, match="off the grid of BTC-USDC"):
        wire.prepare(make_order(**changes), listing, signing)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.integers(1, 10**6),
    ticks=st.integers(1, 10**6),
    rate=st.decimals(min_value=0, max_value="0.01", places=6),
)
def test_the_fee_is_the_smallest_amount_that_covers_the_taker_rate(
    listing: Listing, make_order: MakeOrder, steps: int, ticks: int, rate: Decimal
) -> None:
    order = make_order(size=listing.step * steps, limit=listing.tick * ticks)
    fee, cost = wire.limit_fee(order, listing, rate), order.size * order.limit * rate
    assert cost <= fee < cost + listing.currency_step
    assert fee % listing.currency_step == 0


def test_an_order_is_prepared_in_under_a_millisecond(listing: Listing, signing: Signing, make_order: MakeOrder) -> None:
    if stark.backend == "pure":
        pytest.skip("the plain Python fallback takes longer")
    wire.prepare(make_order(), listing, signing)
    best = min(timeit.repeat(lambda: wire.prepare(make_order(), listing, signing), number=1, repeat=50))
    assert best < 0.001


def test_the_login_frame_carries_a_signature_over_its_own_timestamp(keys: Keys) -> None:
    frame = orjson.loads(wire.login_frame(keys, 1_700_000_000_123))
    inner = orjson.loads(frame["args"][0])
    assert frame["op"] == inner["type"] == "login"
    assert inner["signature"] == wire.hmac_signature("secret-1", "1700000000123GET/ws/accounts", "", "")
    assert (inner["timestamp"], inner["apiKey"], inner["passphrase"]) == (1_700_000_000_123, "key-1", "passphrase-1")
    assert "ws_accounts_v1" in inner["topics"]


def business(code: int, key: str = "") -> bytes:
    return orjson.dumps({"code": code, "msg": "because", "key": key})


@pytest.mark.parametrize("key", sorted(wire.REFUSALS))
def test_a_refusal_of_the_order_is_a_no(key: str) -> None:
    answer = wire.order_answer(decode_answer(200, business(3, key)))
    assert answer == Reject(f"{key}: because")


@pytest.mark.parametrize("code", [10002, 20006, 20016])
def test_refused_credentials_are_a_no_as_well(code: int) -> None:
    assert isinstance(wire.order_answer(decode_answer(200, business(code, "ANY"))), Reject)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, business(10001)),
        (200, business(10003)),
        (200, business(10004)),
        (200, business(20002)),
        (200, business(3)),
        (200, business(3, "ORDER_CLIENT_ORDER_DATA_CONFLICT")),
        (200, business(3, "SOMETHING_NEW")),
        (200, b'{"code": null}'),
        (200, b"<html>Bad Gateway</html>"),
        (200, b""),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"data": {}}'),
        (200, b'{"data": null}'),
        (200, b'{"data": {"id": ""}}'),
        (403, business(3, "INVALID_L2_SIGNATURE")),
        (429, business(10003)),
        (500, b""),
        (502, b"<html>Bad Gateway</html>"),
        (302, b'{"data": {"id": "1"}}'),
    ],
)
def test_anything_else_is_a_question_and_never_a_no(status: int, body: bytes) -> None:
    assert isinstance(wire.order_answer(decode_answer(status, body)), Unknown)


@given(status=st.sampled_from([200, 400, 500]), body=st.binary(max_size=60))
def test_no_noise_is_ever_taken_for_a_no_or_an_ack(status: int, body: bytes) -> None:
    assert isinstance(wire.order_answer(decode_answer(status, body)), Unknown)


def test_an_answer_with_an_id_is_an_ack() -> None:
    answer = decode_answer(200, b'{"data": {"id": "588", "status": "PENDING"}, "timeCost": 1}')
    assert answer == Data({"id": "588", "status": "PENDING"})
    assert wire.order_answer(answer) == Ack("588")


def test_codes_that_come_as_text_are_numbers_all_the_same() -> None:
    assert decode_answer(200, b'{"code": "10002", "msg": "m", "key": null}') == Refusal(10002, "", "m")
