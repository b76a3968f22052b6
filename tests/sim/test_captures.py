"""Every request that the official clients were recorded sending, byte for byte, answered by the paper venues.

The recordings are not ours and are not kept here: `ARB_CAPTURES` names their folder, and without it these tests are
skipped. They were made against a stub, whose answers say little: what is expected here is what the protocols say.
A recording is replayed at its own moment (the venues' clock is set to it), so that Ethereum and STARK signatures and
dYdX's HMACs are the recorded ones. ApeX's API secret was not recorded: its HMAC alone is made anew, by the client.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

from common.compat import prepare_sdk_import
from common.core.market import Venue
from common.sim.accounts import AccountRecord

prepare_sdk_import()

FOLDER = Path(os.environ.get("ARB_CAPTURES", "not named"))
#: ticks: BTC 20,000, ETH 1,800 and DOGE 0.0713 USD, about which the recorded orders are
MIDDLES = {
    Venue.DYDX: {"BTC": 20_000, "ETH": 18_000, "DOGE": 713},
    Venue.APEX: {"BTC": 40_000, "ETH": 36_000, "DOGE": 713},
}


def names(text: str) -> set[str]:
    return set(text.split())


@dataclass(frozen=True, slots=True)
class Answer:
    """What a venue answers: at `path` in the body (names, and 0 for the first of a list) stand these names or this."""

    path: str
    holds: Any
    status: int = 200


DYDX_ORDER = names(
    "id clientId accountId market side price triggerPrice trailingPercent size remainingSize type createdAt "
    "unfillableAt expiresAt status timeInForce postOnly reduceOnly cancelReason"
)
DYDX_ACCOUNT = names(
    "starkKey positionId equity freeCollateral pendingDeposits pendingWithdrawals openPositions accountNumber id "
    "quoteBalance createdAt"
)
DYDX_MARKET = names(
    "market status baseAsset quoteAsset stepSize tickSize indexPrice oraclePrice priceChange24H nextFundingRate "
    "nextFundingAt minOrderSize type initialMarginFraction maintenanceMarginFraction volume24H trades24H openInterest "
    "incrementalInitialMarginFraction incrementalPositionSize maxPositionSize baselinePositionSize assetResolution "
    "syntheticAssetId"
)
DYDX_USER = names(
    "publicId ethereumAddress isRegistered email username userData makerFeeRate takerFeeRate referralDiscountRate "
    "makerVolume30D takerVolume30D fees30D referredByAffiliateLink isSharingUsername isSharingAddress dydxTokenBalance "
    "stakedDydxTokenBalance activeStakedDydxTokenBalance isEmailVerified country languageCode hedgiesHeld"
)
APEX_CONFIG = names("perpetualContract currency global multiChain")
APEX_ORDER = names(
    "id orderId clientId clientOrderId accountId symbol side price limitFee fee size type createdAt updatedTime "
    "expiresAt status timeInForce postOnly reduceOnly latestMatchFillPrice cumMatchFillSize cumMatchFillValue "
    "cumMatchFillFee cumSuccessFillSize cumSuccessFillValue cumSuccessFillFee cancelReason"
)
APEX_ACCOUNT = names(
    "starkKey positionId quoteBalance pendingDeposits pendingWithdrawals createdAt accountNumber ethereumAddress id "
    "wallets openPositions"
)
TIME = Answer("data", names("time"))
CONFIGS = Answer("data", APEX_CONFIG)
PLACED = Answer("data", APEX_ORDER)
#: the stub gave it out, and signed for it is no other
UNKNOWN_NONCE = Answer("", names("code msg key"))
#: these make the account that the others have
FIRST = ("dydx_create_user", "dydx_create_user_full")


def refused(message: str) -> Answer:
    """dYdX's 400."""
    return Answer("errors 0 msg", message, 400)


def unknown(order_id: str) -> Answer:
    return Answer("", {"code": 3, "msg": f"This order does not exist. {order_id}", "key": "ORDER_NOT_FOUND"})


#: by recording; what a stub was told to fail with is answered like anything else
EXPECTED = {
    "apex_configs": CONFIGS,
    "apex_configs_coarse": CONFIGS,
    "apex_configs_on_error": CONFIGS,
    "apex_configs_private": CONFIGS,
    "apex_configs_v2": Answer("data usdcConfig", APEX_CONFIG),
    "apex_create_order_DOGE_LIMIT": PLACED,
    "apex_create_order_ETH_LIMIT": PLACED,
    "apex_create_order_LIMIT": PLACED,
    "apex_create_order_LIMIT_SELL_postonly": PLACED,
    "apex_create_order_MARKET": PLACED,
    "apex_create_order_MARKET_reduceonly_SELL": Answer("key", "ORDER_IS_REDUCE_ONLY_CANNOT_OPEN_POSITION"),
    "apex_create_order_coarse_currency_step": PLACED,
    "apex_create_order_limitFee_as_rate": PLACED,
    "apex_create_order_v2_LIMIT": PLACED,
    "apex_delete_open_orders": Answer("", names("data timeCost")),
    "apex_delete_open_orders_symbol": Answer("", names("data timeCost")),
    "apex_delete_open_orders_v2_token": Answer("", names("data timeCost")),
    "apex_delete_order_by_client_order_id_id": unknown("cid"),
    "apex_delete_order_id": unknown("123"),
    "apex_delete_order_v2_id": unknown("123"),
    "apex_depth": Answer("data", names("a b s u")),
    "apex_depth_limit": Answer("data", names("a b s u")),
    "apex_error_429_json": TIME,
    "apex_error_502_html": TIME,
    "apex_error_code_in_200": unknown("9"),
    "apex_fills_limit_page": Answer("data", {"orders": [], "totalSize": 0}),
    "apex_funding_limit_page": Answer("data", {"fundingValues": [], "totalSize": 0}),
    "apex_generate_nonce": Answer("data", names("nonce nonceExpired")),
    "apex_get_account": Answer("data", APEX_ACCOUNT | names("takerFeeRate makerFeeRate")),
    "apex_get_account_balance": Answer(
        "data", names("totalEquityValue availableBalance initialMargin maintenanceMargin")
    ),
    "apex_get_account_v2": Answer("data", APEX_ACCOUNT | names("accounts")),
    "apex_get_order_by_client_order_id_id": unknown("cid"),
    "apex_get_order_id": unknown("1"),
    "apex_register_user": UNKNOWN_NONCE,
    "apex_register_user_with_credentials_set": UNKNOWN_NONCE,
    "apex_get_user": Answer("data", names("id ethereumAddress isRegistered email username makerVolume30D fees30D")),
    "apex_get_worst_price_symbol_side_size": Answer(
        "data", {"worstPrice": "19999.5", "bidOnePrice": "19999.5", "askOnePrice": "20000.5"}
    ),
    "apex_historical_pnl_limit": Answer("data", {"historicalPnl": [], "totalSize": 0}),
    "apex_history_funding": Answer("data", {"historyFunds": [], "totalSize": 0}),
    "apex_history_funding_v2": Answer("data", {"historyFunds": [], "totalSize": 0}),
    "apex_history_orders_symbol_limit_page": Answer("data", {"orders": [], "totalSize": 0}),
    "apex_history_value": Answer("data historyValues 0", names("accountTotalValue dateTime")),
    "apex_klines": Answer("data", {"BTCUSDC": []}),
    "apex_notify_list_limit": Answer("data", names("notifyList totalSize")),
    "apex_onboard_configs": CONFIGS,
    "apex_open_orders": Answer("data", []),
    "apex_open_orders_special_chars": unknown("a b"),
    "apex_open_orders_v2_token": Answer("data", []),
    "apex_server_time": TIME,
    "apex_set_initial_margin_rate_symbol_initialMarginRate": Answer("", names("data timeCost")),
    "apex_ticker": Answer(
        "data 0",
        names(
            "symbol price24hPcnt lastPrice highPrice24h lowPrice24h oraclePrice indexPrice openInterest turnover24h "
            "volume24h fundingRate predictedFundingRate nextFundingTime tradeCount"
        ),
    ),
    "apex_trades": Answer("data", []),
    "apex_trailing_slash_endpoint": TIME,
    "apex_transfers_limit": Answer("data", names("transfers totalSize")),
    "apex_yesterday_pnl": Answer("data", "0.000000"),
    "dydx_cancel_active_orders": refused("No order for market: BTC-USD"),
    "dydx_cancel_all_orders": Answer("", {"cancelOrders": []}),
    "dydx_cancel_all_orders_market": Answer("", {"cancelOrders": []}),
    "dydx_cancel_order": refused("No order found with id: abc-1"),
    "dydx_check_if_user_exists": Answer("", {"exists": True, "isProxySigner": False, "contractAddress": ""}),
    "dydx_create_order_LIMIT": Answer("order", DYDX_ORDER, 201),
    "dydx_create_order_LIMIT_postonly_float": Answer("order", DYDX_ORDER, 201),
    "dydx_create_order_MARKET_FOK": Answer("order", DYDX_ORDER, 201),
    "dydx_create_order_MARKET_IOC_reduceonly": Answer("order", DYDX_ORDER, 201),
    "dydx_create_order_float_limit_fee": Answer("order", DYDX_ORDER, 201),
    "dydx_create_order_iso_expiration": Answer("order", DYDX_ORDER, 201),
    "dydx_error_404_cancel": refused("No order found with id: notfound"),
    "dydx_error_429": Answer("", names("iso epoch")),
    "dydx_error_html_502": Answer("", {"exists": False}),
    "dydx_get_account": Answer("account", DYDX_ACCOUNT),
    "dydx_get_account_default": Answer("account", DYDX_ACCOUNT),
    "dydx_get_accounts": Answer("accounts 0", DYDX_ACCOUNT),
    "dydx_get_active_orders": Answer("", {"orders": []}),
    "dydx_get_api_keys": Answer("apiKeys 0 key", "50fdcaa0-62b8-e827-02e8-a9520d46cb9f"),
    "dydx_get_candles": Answer("", {"candles": []}),
    "dydx_get_config": Answer(
        "",
        names(
            "collateralAssetId collateralTokenAddress defaultMakerFee defaultTakerFee exchangeAddress "
            "maxExpectedBatchLengthMinutes maxFastWithdrawalAmount cancelOrderRateLimiting placeOrderRateLimiting"
        ),
    ),
    "dydx_get_fills": Answer("", {"fills": []}),
    "dydx_get_funding_payments": Answer("", {"fundingPayments": []}),
    "dydx_get_historical_funding": Answer("", {"historicalFunding": []}),
    "dydx_get_historical_pnl": Answer("historicalPnl 0", names("equity totalPnl createdAt netTransfers accountId")),
    "dydx_get_markets": Answer("markets ETH-USD", DYDX_MARKET),
    "dydx_get_markets_one": Answer("markets BTC-USD", DYDX_MARKET),
    "dydx_get_order_by_client_id": refused("No order found with id: cid-1"),
    "dydx_get_order_by_id": refused("No order found with id: abc"),
    "dydx_get_orderbook": Answer("asks 0", {"size": "0.1", "price": "20001"}),
    "dydx_get_orders": Answer("", {"orders": []}),
    "dydx_get_positions": Answer("", {"positions": []}),
    "dydx_get_registration": Answer("", names("signature")),
    "dydx_get_stats": Answer(
        "markets BTC-USD", names("market open high low close baseVolume quoteVolume type fees")
    ),
    "dydx_get_time": Answer("", {"iso": "2026-11-22T06:13:48.267Z", "epoch": "1795328028.267"}),
    "dydx_get_trades": Answer("", {"trades": []}),
    "dydx_get_trades_before": Answer("", {"trades": []}),
    "dydx_get_user": Answer("user", DYDX_USER),
    "dydx_create_account": Answer("account", DYDX_ACCOUNT),
    "dydx_create_api_key": Answer("apiKey", names("key secret passphrase"), 201),
    "dydx_create_user": Answer("apiKey key", "50fdcaa0-62b8-e827-02e8-a9520d46cb9f"),
    "dydx_create_user_full": Answer("apiKey key", "50fdcaa0-62b8-e827-02e8-a9520d46cb9f"),
    "dydx_delete_api_key": Answer("errors 0 param", "apiKey", 400),
    "dydx_recovery": Answer("", names("starkKey positionId equity freeCollateral quoteBalance")),
    "dydx_update_user": Answer("user", DYDX_USER),
}  # fmt: skip


def recordings() -> list[tuple[str, dict[str, Any]]]:
    """Name and request of every recording that holds one."""
    found = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
    return [(name, one) for name, kept in found.items() for one in kept.get("requests", ())]


@pytest.fixture
def replayed(
    make_paper_house: Callable[..., Any], recorded_holders: dict[Venue, AccountRecord]
) -> Callable[[str, dict[str, Any]], tuple[int, Any]]:
    """Sends a recorded request again; status and body of the answer."""

    def send(name: str, request: dict[str, Any]) -> tuple[int, Any]:
        venue, at_ns = Venue(name.partition("_")[0]), int(request["t"] * 1000) * 10**6
        house = make_paper_house(
            middles=MIDDLES, accounts=None if name in FIRST else recorded_holders, now_ns=lambda: at_ns
        )
        headers = request["headers"] | (
            signed_again(request, recorded_holders[Venue.APEX]) if "APEX-API-KEY" in request["headers"] else {}
        )
        connection = HTTPConnection("127.0.0.1", house.ports[venue], timeout=20)
        connection.putrequest(request["method"], request["raw_path"], skip_host=True, skip_accept_encoding=True)
        for header, value in headers.items():
            connection.putheader(header, value)
        connection.endheaders(request["body"].encode() or None)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, json.loads(body)

    return send


def signed_again(request: dict[str, Any], own: AccountRecord) -> dict[str, str]:
    """The official client's HMAC of this request under our secret; it signs a path before it is percent-encoded."""
    from apexpro.http_private import HttpPrivate

    at = request["headers"]["APEX-TIMESTAMP"]
    credentials = {"key": own.api_key, "secret": own.secret, "passphrase": own.passphrase}
    client = HttpPrivate("http://127.0.0.1", api_key_credentials=credentials)
    form = dict(parse_qsl(request["body"], keep_blank_values=True))
    return {"APEX-SIGNATURE": client.sign(unquote(request["raw_path"]), request["method"], at, form)}


@pytest.mark.parametrize(("name", "request_"), recordings(), ids=lambda one: one if isinstance(one, str) else "")
def test_a_recorded_request_is_answered_as_the_protocol_says(
    name: str, request_: dict[str, Any], replayed: Callable[..., tuple[int, Any]]
) -> None:
    expected = EXPECTED[name]
    status, body = replayed(name, request_)
    assert status == expected.status
    for step in expected.path.split():
        body = body[int(step)] if isinstance(body, list) else body[step]
    if isinstance(expected.holds, set):
        assert expected.holds <= set(body)
    else:
        assert body == expected.holds


@pytest.mark.skipif(not FOLDER.is_dir(), reason="ARB_CAPTURES does not name the folder of recordings")
def test_no_recording_is_missed() -> None:
    assert {name for name, _ in recordings()} == set(EXPECTED)
