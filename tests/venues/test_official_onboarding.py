"""The official clients of both venues, unmodified, onboard at the paper venues, recover there, and are refused."""

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from common import clock
from common.compat import prepare_sdk_import
from common.core.market import Venue

prepare_sdk_import()

#: the first two accounts of every Ganache chain, published with it: nobody's secrets
GANACHE = "0x4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"
OTHER = "0x6cbed15c793ce57650b9877cf6fa156fbef513c4e6134f022a85b1ffdd59b2a1"
ADDRESS = "0x90F8bf6A479f320ead074411a4B0e7944Ea8c9C1"
TESTNET = 11155111
BAD_ONBOARDING = (400, "Invalid signature for onboarding request")


@pytest.fixture
def dydx(paper_house: Any) -> Callable[..., Any]:
    """Makes dYdX clients that hold an Ethereum key, and nothing else unless it is given."""
    from dydx3 import Client

    def make(key: str = GANACHE, **given: Any) -> Any:
        return Client(host=paper_house.url(Venue.DYDX), eth_private_key=key, api_timeout=10, **given)

    return make


def joined(client: Any) -> Any:
    """As the original onboards: derive the STARK key, create the user."""
    pair = client.onboarding.derive_stark_key()
    client.stark_private_key = pair["private_key"]
    return client.onboarding.create_user(
        stark_public_key=pair["public_key"], stark_public_key_y_coordinate=pair["public_key_y_coordinate"]
    ).data


def refused(call: Callable[[], Any]) -> tuple[int, str]:
    from dydx3.errors import DydxApiError

    with pytest.raises(DydxApiError) as caught:
        call()
    return caught.value.status_code, caught.value.msg["errors"][0]["msg"]


def order(position_id: str, **changed: Any) -> dict[str, Any]:
    return {
        "position_id": position_id,
        "market": "BTC-USD",
        "side": "BUY",
        "order_type": "LIMIT",
        "post_only": False,
        "size": "0.01",
        "price": "40010",
        "limit_fee": "0.0015",
        "time_in_force": "FOK",
        "expiration_epoch_seconds": clock.now_ns() / 1e9 + 120,
        "client_id": uuid.uuid4().hex,
    } | changed


def test_dydx_a_new_user_gets_the_credentials_its_client_worked_out_and_trades(dydx: Any, paper_house: Any) -> None:
    client = dydx()
    assert not client.public.check_if_user_exists(ADDRESS).data["exists"]
    made = joined(client)
    assert made["apiKey"] == client.onboarding.recover_default_api_key_credentials() == client.api_key_credentials
    assert made["user"]["ethereumAddress"] == ADDRESS.lower()
    account = client.private.get_account().data["account"]
    assert account == made["account"] and account["equity"] == "1000.000000"
    assert account["id"] == "59609ad5-3bf3-544b-9fba-836a7567fa74"
    placed = client.private.create_order(**order(account["positionId"])).data["order"]
    assert client.private.get_order_by_id(placed["id"]).data["order"]["status"] == "FILLED"
    assert client.public.check_if_user_exists(ADDRESS.lower()).data["exists"]
    # the account that the venue opened by itself did not trade
    assert not paper_house.engines[Venue.DYDX].fills(paper_house.accounts[Venue.DYDX].account_id)


def test_dydx_an_order_signed_with_another_stark_key_than_the_onboarded_one_is_refused(dydx: Any) -> None:
    client = dydx()
    position_id = joined(client)["account"]["positionId"]
    client.private.stark_private_key = "58c7d5a90b1776bde86ebac077e053ed85b0f7164f53b080304a531947f46e3"
    assert refused(lambda: client.private.create_order(**order(position_id))) == (400, "Invalid signature for order")


def test_dydx_a_second_onboarding_is_refused_and_recovery_finds_the_account(dydx: Any) -> None:
    made, again = joined(dydx()), dydx()
    assert refused(lambda: joined(again))[0] == 400
    found = again.eth_private.recovery().data
    assert found["positionId"] == made["account"]["positionId"] and found["equity"] == "1000.000000"
    assert int(found["starkKey"], 16) == int(again.onboarding.derive_stark_key()["public_key"], 16)
    assert again.private.get_accounts().data["accounts"][0]["id"] == made["account"]["id"]
    assert refused(lambda: dydx(OTHER).eth_private.recovery())[1].startswith("No user found")


def test_dydx_one_stark_key_belongs_to_one_address(dydx: Any) -> None:
    first, second = dydx(), dydx(OTHER)
    joined(first)
    pair = first.onboarding.derive_stark_key()
    names = {"stark_public_key": "public_key", "stark_public_key_y_coordinate": "public_key_y_coordinate"}
    with_theirs = {ours: pair[theirs] for ours, theirs in names.items()}
    assert "already exists" in refused(lambda: second.onboarding.create_user(**with_theirs))[1]
    assert "STARK public key" in refused(lambda: second.onboarding.create_user("0x1", "0x2"))[1]


def test_dydx_a_signature_of_another_wallet_network_or_text_is_refused(dydx: Any) -> None:
    assert refused(lambda: joined(dydx(network_id=TESTNET))) == BAD_ONBOARDING
    client = dydx()
    pair = client.onboarding.derive_stark_key()
    public = pair["public_key"], pair["public_key_y_coordinate"]
    sign = client.onboarding.signer.sign
    for forged in (
        lambda *_, **__: sign(ADDRESS, action="dYdX STARK Key"),
        lambda *_, **__: dydx(OTHER).onboarding.signer.sign(None, action="dYdX Onboarding"),
        lambda *_, **__: "0x" + "00" * 66,
        lambda *_, **__: "0xzz",
        lambda *_, **__: sign(ADDRESS, action="dYdX Onboarding")[:-2] + "09",
    ):
        client.onboarding.signer.sign = forged
        assert refused(lambda: client.onboarding.create_user(*public)) == BAD_ONBOARDING


def test_dydx_api_keys_come_and_go_by_the_wallet_alone(dydx: Any) -> None:
    client = dydx()
    joined(client)
    added = client.eth_private.create_api_key().data["apiKey"]
    other = dydx(api_key_credentials=added)
    assert other.private.get_accounts().data == client.private.get_accounts().data
    keys = {one["key"] for one in client.private.get_api_keys().data["apiKeys"]}
    assert keys == {added["key"], client.api_key_credentials["key"]}
    assert refused(lambda: dydx(OTHER).eth_private.delete_api_key(added["key"]))[1].startswith("No user found")
    assert refused(lambda: client.eth_private.delete_api_key("none"))[1] == "Invalid value"
    assert client.eth_private.delete_api_key(added["key"]).data == {}
    assert refused(other.private.get_accounts) == (401, "Unauthorized")
    client.eth_private.delete_api_key(client.api_key_credentials["key"])
    assert refused(client.private.get_accounts) == (401, "Unauthorized")
    assert client.eth_private.recovery().data["equity"] == "1000.000000"
    assert refused(dydx(network_id=TESTNET).eth_private.create_api_key) == (401, "Invalid signature for request")


@pytest.fixture
def apex(paper_house: Any) -> Callable[..., Any]:
    """Makes ApeX clients that hold an Ethereum key; they have asked for the venue's settings."""
    from apexpro.http_private import HttpPrivate

    def make(key: str = GANACHE, network_id: int = 1) -> Any:
        client = HttpPrivate(paper_house.url(Venue.APEX), network_id=network_id, eth_private_key=key)
        client.configs()
        return client

    return make


def registered(client: Any, *, chain_id: int = 1, nonce: str = "", pair: dict[str, str] | None = None) -> Any:
    """As the original registers: derive, ask for a nonce, register."""
    pair = pair or client.derive_stark_key(client.default_address)
    given = client.generate_nonce(starkKey=pair["public_key"], ethAddress=client.default_address, chainId=chain_id)
    if "data" not in given:
        return given
    return client.register_user(
        nonce=nonce or given["data"]["nonce"],
        starkKey=pair["public_key"],
        stark_public_key_y_coordinate=pair["public_key_y_coordinate"],
        ethereum_address=client.default_address,
    )


def test_apex_a_new_user_is_given_credentials_and_trades(apex: Any, paper_house: Any) -> None:
    from apexpro.http_private_stark_key_sign import HttpPrivateStark

    client = apex()
    made = registered(client)["data"]
    assert client.account["positionId"] == made["account"]["positionId"]
    assert made["user"]["ethereumAddress"] == ADDRESS.lower()
    trader = HttpPrivateStark(
        paper_house.url(Venue.APEX),
        stark_private_key=client.derive_stark_key(ADDRESS)["private_key"],
        api_key_credentials=made["apiKey"],
    )
    trader.configs()
    assert trader.get_account()["data"]["id"] == made["account"]["id"]
    assert trader.get_account_balance()["data"]["totalEquityValue"] == "1000.000000"
    placed = trader.create_order(
        symbol="BTC-USDC", side="BUY", type="LIMIT", size="0.01", price="40010", limitFeeRate="0.0005",
        timeInForce="FILL_OR_KILL", expirationEpochSeconds=clock.now_ns() / 1e9, clientId=uuid.uuid4().hex,
    )  # fmt: skip
    assert trader.get_order(id=placed["data"]["id"])["data"]["status"] == "FILLED"


def test_apex_registering_again_gives_the_same_account_and_credentials(apex: Any) -> None:
    first, second = registered(apex())["data"], registered(apex())["data"]
    assert first["apiKey"] == second["apiKey"] and first["account"] == second["account"]
    assert registered(apex(OTHER))["data"]["account"]["id"] != first["account"]["id"]


def test_apex_a_nonce_serves_once_and_one_wallet(apex: Any) -> None:
    client = apex()
    pair = client.derive_stark_key(ADDRESS)
    ask = {"starkKey": pair["public_key"], "ethAddress": ADDRESS, "chainId": 1}
    nonce = client.generate_nonce(**ask)["data"]["nonce"]
    assert client.generate_nonce(**ask)["data"]["nonce"] == nonce
    assert client.generate_nonce(**ask, refresh="true")["data"]["nonce"] != nonce
    assert registered(client, nonce=nonce)["key"] == "INVALID_ONBOARDING_SIGNATURE"
    assert "data" in registered(client)
    public = {"starkKey": pair["public_key"], "stark_public_key_y_coordinate": pair["public_key_y_coordinate"]}
    assert client.register_user(nonce=nonce, ethereum_address=ADDRESS, **public)["key"] == "NONCE_EXPIRED"


def test_apex_refuses_a_wrong_chain_wallet_or_stark_key(apex: Any) -> None:
    assert registered(apex(), chain_id=TESTNET)["msg"] == "Invalid request param. chainId"
    assert registered(apex(network_id=TESTNET))["key"] == "INVALID_ONBOARDING_SIGNATURE"
    client, other = apex(), apex(OTHER)
    theirs = client.derive_stark_key(ADDRESS)
    assert registered(other, pair=theirs | {"public_key_y_coordinate": "0x1"})["key"] == "INVALID_PARAM"
    registered(client)
    assert registered(other, pair=theirs)["key"] == "STARK_KEY_CONFLICT"
    assert registered(client, pair=other.derive_stark_key(other.default_address))["key"] == "STARK_KEY_CONFLICT"


def test_onboarded_accounts_survive_a_restart_of_the_venue(dydx: Any, apex: Any, paper_house: Any) -> None:
    from common.sim.enrolment import Enrolment

    client = dydx()
    made, added = joined(client), client.eth_private.create_api_key().data["apiKey"]
    gone = client.eth_private.create_api_key().data["apiKey"]["key"]
    client.eth_private.delete_api_key(gone)
    credentials = registered(apex())["data"]["apiKey"]
    path = paper_house.enrolment_file(Venue.DYDX)
    assert path.stat().st_mode & 0o777 == 0o600
    found = Enrolment(Venue.DYDX, path, Decimal(1000)).records()
    assert {record.api_key for record in found} == {made["apiKey"]["key"], added["key"]}
    assert {(record.account_id, record.position_id) for record in found} == {
        (made["account"]["id"], int(made["account"]["positionId"]))
    }
    (only,) = Enrolment(Venue.APEX, paper_house.enrolment_file(Venue.APEX), Decimal(1000)).records()
    assert (only.secret, only.passphrase) == (credentials["secret"], credentials["passphrase"])
