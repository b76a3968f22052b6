"""Orders as dYdX wants them, held against recorded requests and vectors of the official client."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from time import perf_counter
from typing import Any

import orjson
import pytest

from common.core.errors import ConfigError, LocalError
from common.core.market import Side
from common.core.order import Ack, Lifetime, Order, Reject, Unknown
from common.venues import stark
from common.venues.dydx import wire_order
from common.venues.dydx.wire import Data, Payload, Refusal
from common.venues.dydx.wire_market import Listing
from common.venues.dydx.wire_order import Signer, Signing, make_signing
from common.venues.keys import Keys

MakeOrder = Callable[..., Order]

#: a recorded order of the official client: the body it signed, its time and its HMAC
RECORDED_BODY = (
    b'{"market":"BTC-USD","side":"SELL","type":"MARKET","timeInForce":"IOC","size":"0.001","price":"19000",'
    b'"limitFee":"0.0015","expiration":"2026-11-22T06:30:29.150Z","postOnly":false,"clientId":"33965164699361208",'
    b'"signature":"0071768b446ff4b24670e1b89179d52699f6b763700e18cfadcfe9ba517721240741ae11b50598858c6c91cf30315545'
    b'8174c9655880083bd422b76d4ef81073","reduceOnly":true}'
)
#: created so that the expiration is the recorded one, 2026-11-22T06:30:29.150Z
RECORDED_CREATED_NS = 1_795_329_029_150_000_000 - wire_order.LIFE_NS


@pytest.mark.parametrize(
    ("stamp", "method", "path", "body", "signature"),
    [
        ("2026-11-22T06:13:49.780Z", "POST", "/v3/orders", RECORDED_BODY,
         "LGE8OFrO7n4o9Yk6a94HUl98FabwF2bOLsFGWCHr4dc="),
        ("2026-11-22T06:13:48.826Z", "GET", "/v3/orders/client/cid-1", b"",
         "kWKpm373pvzGW4n5krG1W_NYcHsOfPl6yHv7UFVn2wQ="),
        ("2026-11-22T06:13:48.874Z", "GET", "/v3/fills?market=BTC-USD&limit=5", b"",
         "GEzlMLztLq_orsWcBABz8CabYcdG5hmiP-JxyqzU1dA="),
        ("2026-11-22T06:13:48.402Z", "GET", "/v3/accounts/59609ad5-3bf3-544b-9fba-836a7567fa74", b"",
         "xBNrP5gI-LxICY3Yy2xjoJrKmQQNOBkIlVfFcRg2BXA="),
    ],
)  # fmt: skip
def test_the_hmac_is_the_recorded_one(
    keys: Keys, stamp: str, method: str, path: str, body: bytes, signature: str
) -> None:
    assert Signer(keys).headers(stamp, method, path, body) == {
        "DYDX-SIGNATURE": signature,
        "DYDX-API-KEY": keys.key,
        "DYDX-TIMESTAMP": stamp,
        "DYDX-PASSPHRASE": keys.passphrase,
    }


def test_the_account_subscription_is_the_recorded_one(keys: Keys) -> None:
    assert orjson.loads(Signer(keys).accounts_frame("2023-02-26T12:00:00.000Z")) == {
        "type": "subscribe",
        "channel": "v3_accounts",
        "accountNumber": "0",
        "apiKey": "50fdcaa0-62b8-e827-02e8-a9520d46cb9f",
        "passphrase": "12_1LuuJMZUxcj3kGBWc",
        "timestamp": "2023-02-26T12:00:00.000Z",
        "signature": "csg5wOjjgpU4jMNBTvazZ8-ZadKLtv4zr9AGfqnAhZA=",
    }


def test_a_recorded_order_s_signature_is_good_for_our_numbers(
    make_order: MakeOrder, listing: Listing, signing: Signing, keys: Keys
) -> None:
    order = make_order(
        client_id="33965164699361208", side=Side.SELL, size=Decimal("0.001"), limit=Decimal(19000),
        created_ns=RECORDED_CREATED_NS,
    )  # fmt: skip
    message = stark.order_hash(wire_order._stark_order(order, wire_order.expires_ns(order), listing, signing))
    assert message == 0x467EF004F1B160C6985BD95993DD5BA971A3BA7AFB6C601AF9B66E16BDE2CF


@pytest.mark.parametrize(
    ("side", "message", "signature"),
    [
        ("BUY", 0x73B3FFA6F91C1134AC54FD2684F5BA520C94DC6BF797998E1757A0072260B3C,
         "00636a473cd4175acf0f7f5e1f2c0187b9ffbe6dd9436dda5bfa0cbc44de3253"
         "00bd443e5b4c2afe2a03e26c4af18044133edb4ba53ef83964db8b4174ebbac4"),
        ("SELL", 0x13FE30D39E8740FB9073468C17EC3C2391B496D25CF761E655C91D6C963B0ED,
         "0339fe4d9f95ea2e28619a2e836882c61620b40ef986e1653e9bb9617af88c58"
         "07b1b45764cf9b745793b13d7c1410e62e21ed869cf1b0adaf7032dc18618812"),
    ],
)  # fmt: skip
def test_an_order_is_signed_as_the_official_client_signs_it(
    make_order: MakeOrder, listing: Listing, keys: Keys, side: str, message: int, signature: str
) -> None:
    """Vectors of the official client: 0.0013 at 20001, fee 0.0015, position 1812, expiring at 1700000000."""
    private = "58c7d5a90b1776bde86ebac077e053ed85b0f7164f53b080304a531947f46e3"
    signing = make_signing(1812, Decimal("0.0005"), replace(keys, private_key=private), 1)
    order = make_order(
        client_id="vector-1", side=Side(side), size=Decimal("0.0013"), limit=Decimal(20001),
        created_ns=1_700_000_000 * 10**9 - wire_order.LIFE_NS,
    )  # fmt: skip
    assert stark.order_hash(wire_order._stark_order(order, wire_order.expires_ns(order), listing, signing)) == message
    assert orjson.loads(wire_order.order_body(order, listing, signing))["signature"] == signature


def test_the_body_has_the_official_keys_in_their_order(
    make_order: MakeOrder, listing: Listing, signing: Signing
) -> None:
    body = wire_order.order_body(make_order(), listing, signing)
    fields = orjson.loads(body)
    signature = fields.pop("signature")
    assert list(fields.items()) == [
        ("market", "BTC-USD"), ("side", "BUY"), ("type", "LIMIT"), ("timeInForce", "FOK"), ("size", "0.003"),
        ("price", "37020"), ("limitFee", "0.001500"), ("expiration", "2023-11-14T22:14:35.123Z"),
        ("postOnly", False), ("clientId", "k3f9-BTC-17-d0"),
    ]  # fmt: skip
    until_ns = wire_order.expires_ns(make_order())
    message = stark.order_hash(wire_order._stark_order(make_order(), until_ns, listing, signing))
    assert stark.verify(message, signature, stark.public_key(signing.private_key)[0])
    assert b'"clientId":"k3f9-BTC-17-d0","signature":"' in body and b": " not in body


def test_reduce_only_comes_last_and_only_when_asked_for(
    make_order: MakeOrder, listing: Listing, signing: Signing
) -> None:
    order = make_order(reduce_only=True, lifetime=Lifetime.IOC)
    fields = orjson.loads(wire_order.order_body(order, listing, signing))
    assert list(fields)[-1] == "reduceOnly" and fields["reduceOnly"] is True and fields["timeInForce"] == "IOC"


def test_numbers_are_written_without_exponents(make_order: MakeOrder, listing: Listing, signing: Signing) -> None:
    order = make_order(size=Decimal("1E+1"), limit=Decimal("3.7E+4"))
    fields = orjson.loads(wire_order.order_body(order, listing, signing))
    assert (fields["size"], fields["price"]) == ("10", "37000")


@pytest.mark.parametrize("wrong", [{"limit": Decimal("37020.5")}, {"size": Decimal("0.00305")}])
def test_an_order_off_the_grid_is_our_own_fault(
    make_order: MakeOrder, listing: Listing, signing: Signing, wrong: dict[str, Decimal]
) -> None:
    with pytest.raises(LocalError):
        wire_order.order_body(make_order(**wrong), listing, signing)


@pytest.mark.parametrize(
    ("taker_fee", "limit_fee"), [("0.0005", "0.001500"), ("0.002", "0.002000"), ("0.0020001", "0.002001")]
)
def test_the_signed_fee_covers_the_account_s_rate(keys: Keys, taker_fee: str, limit_fee: str) -> None:
    assert format(make_signing(1, Decimal(taker_fee), keys, 1).limit_fee, "f") == limit_fee


def test_wrong_keys_and_networks_are_named_without_showing_a_secret(keys: Keys) -> None:
    with pytest.raises(ConfigError, match="network_id is 5"):
        make_signing(1, Decimal(0), keys, 5)
    with pytest.raises(ConfigError) as caught:
        make_signing(1, Decimal(0), replace(keys, private_key="zz-secret"), 1)
    assert "zz-secret" not in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        Signer(replace(keys, secret="not base64!x"))
    assert "not base64" not in str(caught.value)
    signing = make_signing(1, Decimal(0), keys, 1)
    assert str(signing.private_key) not in repr(signing)


def test_an_order_dies_by_its_row_alone(make_order: MakeOrder) -> None:
    order = make_order(created_ns=1_700_000_000_000_000_000)
    assert wire_order.expires_ns(order) == 1_700_000_075_000_000_000
    assert wire_order.death_ns(order) == 1_700_000_020_000_000_000


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        (Data({"order": {"id": "3f2a", "status": "PENDING"}}), Ack("3f2a")),
        (Data({"order": {}}), Unknown("taken, but without an order id")),
        (Data({}), Unknown("taken, but without an order id")),
        (Refusal(400, "Invalid signature for order"), Reject("Invalid signature for order")),
        (Refusal(401, "Unauthorized"), Reject("Unauthorized")),
        (Refusal(403, "Forbidden"), Reject("Forbidden")),
        (Refusal(404, "Not found"), Unknown("http 404: Not found")),
        (Refusal(409, "Conflict"), Unknown("http 409: Conflict")),
        (Refusal(400, "An order with clientId a already exists"),
         Unknown("http 400: An order with clientId a already exists")),
        (Unknown("http 502"), Unknown("http 502")),
    ],
)  # fmt: skip
def test_only_a_no_in_so_many_words_rejects(payload: Payload, answer: Any) -> None:
    assert wire_order.order_answer(payload) == answer


def test_an_order_is_signed_in_a_millisecond_or_so(make_order: MakeOrder, listing: Listing, signing: Signing) -> None:
    if stark.backend != "fast_stark_crypto":
        pytest.skip("the native library is missing")
    wire_order.order_body(make_order(), listing, signing)
    times = []
    for number in range(50):
        order = make_order(client_id=f"k3f9-BTC-{number}-d0")
        begun = perf_counter()
        wire_order.order_body(order, listing, signing)
        times.append(perf_counter() - begun)
    # About 0.4 ms on the machine this was written on; the bound leaves room for slower ones.
    assert min(times) < 0.003
