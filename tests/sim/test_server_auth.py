"""HMAC and STARK checks of the paper venues, held against requests that the official clients really sent."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from common.compat import prepare_sdk_import
from common.core.market import Side, Venue
from common.sim.accounts import AccountRecord
from common.sim.listings import listings
from common.sim.server import auth_apex, auth_dydx, texts
from common.sim.server.asset import asset_of
from common.sim.server.claims import Claim
from common.sim.server.orders import apex_order, dydx_order
from common.sim.server.plain import iso
from common.sim.types import PlaceRequest
from common.venues import stark

SAMPLES = Path(__file__).parent / "samples" / "requests.json"
DYDX_MARKETS = {"BTC-USD": "BTC", "ETH-USD": "ETH"}
APEX_MARKETS = {"BTC-USDC": "BTC", "ETH-USDC": "ETH", "DOGE-USDC": "DOGE"}
RATES = auth_apex.Rates(Decimal("0.0002"), Decimal("0.0005"))
HOUR_NS = 3600 * 10**9


def recorded(kind: str) -> list[Any]:
    """Requests of one kind: method, target, body, claim (key, passphrase, timestamp, signature)."""
    found: list[Any] = json.loads(SAMPLES.read_text())[kind]
    assert found
    return found


def holder(venue: Venue) -> AccountRecord:
    """The account whose throw-away keys made the recordings."""
    own = json.loads(SAMPLES.read_text())["holders"][venue]
    return AccountRecord(venue=venue, stark_y=0, eth_address="", account_id="", **own)


def dydx_claim(request: dict[str, Any]) -> Claim:
    return Claim(*request["claim"])


@pytest.mark.parametrize("request_", recorded("dydx"), ids=lambda one: str(one["name"]))
def test_every_recorded_dydx_request_verifies_and_no_altered_one_does(request_: dict[str, Any]) -> None:
    own, claim, body = holder(Venue.DYDX), dydx_claim(request_), request_["body"].encode()
    what = request_["method"] + request_["target"]
    assert auth_dydx.is_theirs(claim, own, what, body)
    assert not auth_dydx.is_theirs(claim, own, what + "&x=1", body)
    assert not auth_dydx.is_theirs(claim, own, what, b'{"a": 1}')
    assert not auth_dydx.is_theirs(claim, replace(own, secret="d3Jvbmc="), what, body)


def test_dydx_body_is_signed_compact_and_in_its_order() -> None:
    assert auth_dydx.canonical_body(b"{}") == ""
    assert auth_dydx.canonical_body(b"") == ""
    assert auth_dydx.canonical_body('{"b": "é", "a": 0.0015}'.encode()) == '{"b":"\\u00e9","a":0.0015}'
    assert auth_dydx.canonical_body(b"not json") == ""


def test_dydx_websocket_claim_signs_the_accounts_path() -> None:
    (request,) = recorded("dydx_ws")
    assert auth_dydx.is_theirs(dydx_claim(request), holder(Venue.DYDX), "GET" + auth_dydx.WS_PATH, b"")


@pytest.fixture(scope="module")
def official_apex() -> Any:
    """The official ApeX client, for its own `sign`."""
    prepare_sdk_import()
    from apexpro.http_private import HttpPrivate

    own = holder(Venue.APEX)
    credentials = {"key": own.api_key, "secret": own.secret, "passphrase": own.passphrase}
    return HttpPrivate("http://127.0.0.1", api_key_credentials=credentials)


@pytest.mark.parametrize("request_", recorded("apex"), ids=lambda one: str(one["name"]))
def test_every_recorded_apex_request_as_the_official_client_signs_it_verifies(
    request_: dict[str, Any], official_apex: Any
) -> None:
    own, form, method, target = holder(Venue.APEX), request_["form"], request_["method"], request_["target"]
    # the client signs before its HTTP library encodes the path: the recorded targets are the encoded ones
    signed = official_apex.sign(unquote(target), method, "1700000000000", form)
    claim = Claim(own.api_key, own.passphrase, "1700000000000", signed)
    assert auth_apex.is_theirs(claim, own, method, target, form)
    assert not auth_apex.is_theirs(claim, own, method, target + "x", form)
    assert not auth_apex.is_theirs(claim, own, method, target, form | {"id": "other"})
    assert not auth_apex.is_theirs(claim, replace(own, secret="other"), method, target, form)


@pytest.mark.parametrize("request_", recorded("dydx_orders"), ids=lambda one: str(one["name"]))
def test_every_recorded_dydx_order_is_signed_for_its_position_alone(request_: dict[str, Any]) -> None:
    order = dydx_order(json.loads(request_["body"]), DYDX_MARKETS)
    assert isinstance(order, PlaceRequest)
    own, asset = holder(Venue.DYDX), asset_of(listings(Venue.DYDX, Decimal(0))[order.market])
    assert auth_dydx.order_is_signed(order, own, asset)
    assert not auth_dydx.order_is_signed(order, replace(own, position_id=own.position_id + 1), asset)
    assert not auth_dydx.order_is_signed(replace(order, price=order.price + 1), own, asset)


@pytest.mark.parametrize("request_", recorded("apex_orders"), ids=lambda one: str(one["name"]))
def test_every_recorded_apex_order_is_signed_for_its_position_alone(request_: dict[str, Any]) -> None:
    order = apex_order(request_["form"], APEX_MARKETS)
    assert isinstance(order, PlaceRequest)
    own, asset = holder(Venue.APEX), asset_of(listings(Venue.APEX, Decimal(0))[order.market])
    assert auth_apex.order_is_signed(order, own, asset, RATES)
    assert not auth_apex.order_is_signed(order, replace(own, position_id=own.position_id + 1), asset, RATES)
    assert not auth_apex.order_is_signed(replace(order, price=order.price + 1), own, asset, RATES)


def test_dydx_order_on_the_hour_may_be_signed_for_the_next_hour() -> None:
    own, asset = holder(Venue.DYDX), asset_of(listings(Venue.DYDX, Decimal(0))["BTC"])
    private = 0x58C7D5A90B1776BDE86EBAC077E053ED85B0F7164F53B080304A531947F46E3
    own = replace(own, stark_x=stark.public_key(private)[0])
    for extra_ns, accepted in ((0, True), (1_000_000, False)):
        order = hourly(471_000 * HOUR_NS + extra_ns)
        hours = stark.expiration_hours(order.expires_ns / 10**9, stark.DYDX_BUFFER_HOURS) + 1
        message = stark.StarkOrder(
            synthetic_id=asset.synthetic_id,
            collateral_id=asset.collateral_id,
            fee_id=asset.collateral_id,
            is_buy=True,
            synthetic_quantums=10**7,
            collateral_quantums=20_000 * 1000,
            fee_quantums=30_000,
            position_id=own.position_id,
            nonce=stark.nonce_dydx("c"),
            expiration_hours=hours,
        )
        signed = replace(order, signature=stark.sign(stark.order_hash(message), private))
        assert auth_dydx.order_is_signed(signed, own, asset) is accepted


def hourly(expires_ns: int) -> PlaceRequest:
    """A BUY of 0.001 BTC at 20,000 that expires then."""
    return PlaceRequest(
        client_id="c",
        market="BTC",
        side=Side.BUY,
        kind="LIMIT",
        lifetime="GTT",
        size=Decimal("0.001"),
        price=Decimal(20_000),
        post_only=False,
        reduce_only=False,
        limit_fee=Decimal("0.0015"),
        expires_ns=expires_ns,
        signature="",
    )


@pytest.mark.parametrize(("off_s", "timely"), [(0, True), (30, True), (-30, True), (31, False), (-31, False)])
def test_timestamps_may_be_thirty_seconds_off(off_s: int, timely: bool) -> None:
    now_ns = 1_700_000_000 * 10**9
    at_ns = now_ns + off_s * 10**9
    assert auth_dydx.is_timely(iso(at_ns), now_ns) is timely
    assert auth_apex.is_timely(str(at_ns // 10**6), now_ns) is timely


@pytest.mark.parametrize("nonsense", ["", "now", "2023-02-26 12:00:00", "٣", "-1", "1" * 30])
def test_nonsense_timestamps_are_not_timely(nonsense: str) -> None:
    assert not auth_dydx.is_timely(nonsense, 0)
    assert not auth_apex.is_timely(nonsense, 0)


@pytest.mark.parametrize("field", ["market", "side", "type", "timeInForce", "size", "price", "limitFee", "expiration"])
def test_dydx_order_with_a_field_of_another_kind_is_refused_by_name(field: str) -> None:
    body = json.loads(recorded("dydx_orders")[0]["body"])
    for wrong in (None, 7 if field != "limitFee" else "x", ["BUY"], "", "1e5"):
        no = dydx_order(body | {field: wrong}, DYDX_MARKETS)
        assert isinstance(no, texts.No) and no.status == 400
        assert no.body["errors"][0]["param"] == field


@pytest.mark.parametrize("field", ["symbol", "side", "type", "timeInForce", "size", "price", "limitFee", "clientId"])
def test_apex_order_without_a_field_is_refused(field: str) -> None:
    form = recorded("apex_orders")[0]["form"]
    for wrong in ({**form, field: ""}, {**form, field: "x"} if field != "clientId" else {**form, field: ""}):
        no = apex_order(wrong, APEX_MARKETS)
        assert isinstance(no, texts.No) and no.status == 200
        assert no.body["code"] == 3
