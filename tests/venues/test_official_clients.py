"""The official clients of both venues, unmodified, against the paper venues on loopback."""

import queue
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson
import pytest

from common import clock
from common.compat import prepare_sdk_import
from common.core.market import Side, Venue
from common.venues.apex import wire_market as apex_market
from common.venues.apex import wire_order as apex_order
from common.venues.apex import wire_slip as apex_slip
from common.venues.dydx import wire_market as dydx_market
from common.venues.dydx import wire_order as dydx_order
from common.venues.dydx import wire_slip as dydx_slip
from common.venues.slip import InForce, Kind, Slip

prepare_sdk_import()

SECOND = 1_000_000_000


def soon(seconds: float = 120) -> float:
    return clock.now_ns() / SECOND + seconds


@pytest.fixture
def make_dydx(paper_house: Any) -> Callable[..., Any]:
    """Makes dYdX clients; what is given replaces the account's own."""
    from dydx3 import Client

    own, account = paper_house.keys[Venue.DYDX], paper_house.accounts[Venue.DYDX]

    def make(**changed: str) -> Any:
        credentials = {"key": own.key, "secret": own.secret, "passphrase": own.passphrase}
        return Client(
            host=paper_house.url(Venue.DYDX),
            api_key_credentials=credentials | {k: v for k, v in changed.items() if k in credentials},
            stark_private_key=changed.get("stark_private_key", own.private_key),
            default_ethereum_address=account.eth_address,
        )

    return make


@pytest.fixture
def dydx(make_dydx: Callable[..., Any]) -> Any:
    return make_dydx()


@pytest.fixture
def order(paper_house: Any) -> Callable[..., dict[str, Any]]:
    """Arguments of a dYdX order: BUY 0.01 BTC-USD at 40,010, which crosses."""
    position_id = paper_house.accounts[Venue.DYDX].position_id

    def make(**changed: Any) -> dict[str, Any]:
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
            "expiration_epoch_seconds": soon(),
            "client_id": uuid.uuid4().hex,
        } | changed

    return make


def refused(call: Callable[[], Any]) -> tuple[int, str]:
    """Status and message of the DydxApiError that `call` raises."""
    from dydx3.errors import DydxApiError

    with pytest.raises(DydxApiError) as caught:
        call()
    return caught.value.status_code, caught.value.msg["errors"][0]["msg"]


def test_dydx_public_answers_are_what_the_client_expects(dydx: Any) -> None:
    markets = dydx.public.get_markets().data["markets"]
    assert set(markets) == {"BTC-USD", "ETH-USD"}
    assert all(isinstance(value, str) for value in markets["BTC-USD"].values())
    book = dydx.public.get_orderbook("BTC-USD").data
    assert book["asks"][0] == {"size": "0.1", "price": "40001"}
    assert book["bids"][0] == {"size": "0.1", "price": "39999"}
    assert dydx.public.get_trades("BTC-USD").data == {"trades": []}
    assert dydx.public.get_time().data["iso"].endswith("Z")
    assert dydx.public.get_config().data["placeOrderRateLimiting"]["maxPoints"] == 1750
    assert dydx.public.get_candles("BTC-USD", resolution="1MIN").data == {"candles": []}
    assert "BTC-USD" in dydx.public.get_stats("BTC-USD").data["markets"]
    assert dydx.public.get_historical_funding("BTC-USD").data == {"historicalFunding": []}
    assert not dydx.public.check_if_user_exists("0x1").data["exists"]


def test_dydx_account_is_found_under_the_clients_own_id(dydx: Any, paper_house: Any) -> None:
    account = dydx.private.get_account().data["account"]
    record = paper_house.accounts[Venue.DYDX]
    assert account["positionId"] == str(record.position_id)
    assert int(account["starkKey"], 16) == record.stark_x and len(account["starkKey"]) == 64
    assert (account["equity"], account["freeCollateral"]) == ("1000.000000", "1000.000000")
    assert dydx.private.get_accounts().data["accounts"][0] == account
    assert dydx.private.get_user().data["user"]["takerFeeRate"] == "0.000500"
    assert dydx.private.get_api_keys().data["apiKeys"][0]["key"] == record.api_key
    assert "signature" in dydx.private.get_registration().data
    assert dydx.private.get_transfers().data == {"transfers": []}


def test_dydx_fill_or_kill_fills_and_is_told_everywhere(dydx: Any, order: Callable[..., Any]) -> None:
    asked = order()
    answer = dydx.private.create_order(**asked).data["order"]
    assert (answer["status"], answer["remainingSize"]) == ("PENDING", "0.01")
    found = dydx.private.get_order_by_id(answer["id"]).data["order"]
    assert (found["status"], found["remainingSize"], found["cancelReason"]) == ("FILLED", "0", None)
    assert dydx.private.get_order_by_client_id(asked["client_id"]).data["order"] == found
    (fill,) = dydx.private.get_fills(order_id=answer["id"]).data["fills"]
    assert (fill["price"], fill["size"], fill["fee"]) == ("40001", "0.01", "0.200005")
    (position,) = dydx.private.get_positions(market="BTC-USD", status="OPEN").data["positions"]
    assert (position["side"], position["size"], position["entryPrice"]) == ("LONG", "0.01", "40001.000000")
    assert "BTC-USD" in dydx.private.get_account().data["account"]["openPositions"]
    assert dydx.private.get_orders().data == {"orders": []}
    assert dydx.public.get_trades("BTC-USD").data["trades"][0]["size"] == "0.01"
    assert dydx.private.get_historical_pnl().data["historicalPnl"][0]["totalPnl"].startswith("-0.2")
    assert dydx.private.get_funding_payments().data == {"fundingPayments": []}
    user = dydx.private.get_user().data["user"]
    assert (user["takerVolume30D"], user["fees30D"]) == ("400.010000", "0.200005")


def test_dydx_fill_or_kill_beyond_the_book_is_killed_whole(dydx: Any, order: Callable[..., Any]) -> None:
    answer = dydx.private.create_order(**order(size="0.06", price="39999")).data["order"]
    found = dydx.private.get_order_by_id(answer["id"]).data["order"]
    assert (found["status"], found["cancelReason"], found["remainingSize"]) == ("CANCELED", "COULD_NOT_FILL", "0.06")


def test_dydx_immediate_or_cancel_takes_what_is_there(dydx: Any, order: Callable[..., Any], paper_house: Any) -> None:
    paper_house.show(Venue.DYDX, "BTC", steps=50)
    asked = order(order_type="MARKET", time_in_force="IOC", size="0.03", price="40002")
    answer = dydx.private.create_order(**asked).data["order"]
    found = dydx.private.get_order_by_id(answer["id"]).data["order"]
    assert (found["status"], found["remainingSize"], found["cancelReason"]) == ("CANCELED", "0.02", "COULD_NOT_FILL")


def test_dydx_resting_orders_can_be_listed_and_cancelled(dydx: Any, order: Callable[..., Any]) -> None:
    rest = {"time_in_force": "GTT", "price": "39000", "post_only": True, "expiration_epoch_seconds": soon(3600)}
    first, second, third = (dydx.private.create_order(**order(**rest)).data["order"] for _ in range(3))
    listed = dydx.private.get_orders(market="BTC-USD", status="OPEN").data["orders"]
    assert [one["id"] for one in listed] == [third["id"], second["id"], first["id"]]
    assert dydx.private.cancel_order(first["id"]).data["cancelOrder"]["id"] == first["id"]
    assert dydx.private.get_order_by_id(first["id"]).data["order"]["cancelReason"] == "USER_CANCELED"
    active = dydx.private.get_active_orders("BTC-USD", side="BUY").data["orders"]
    assert set(active[0]) == {"id", "accountId", "market", "side", "price", "remainingSize"}
    gone = dydx.private.cancel_active_orders("BTC-USD", side="BUY", id=second["id"]).data["cancelOrders"]
    assert [one["id"] for one in gone] == [second["id"]]
    assert [one["id"] for one in dydx.private.cancel_all_orders().data["cancelOrders"]] == [third["id"]]
    assert dydx.private.get_orders().data == {"orders": []}
    assert refused(lambda: dydx.private.cancel_active_orders("BTC-USD"))[1].startswith("No order for market")


def test_dydx_refusals_come_in_the_venues_words(dydx: Any, order: Callable[..., Any]) -> None:
    create = dydx.private.create_order
    soon_gone = "Order expiration cannot be less than 1 minute(s) in the future"
    assert refused(lambda: create(**order(expiration_epoch_seconds=soon(30)))) == (400, soon_gone)
    assert refused(lambda: create(**order(position_id=7))) == (400, "Invalid signature for order")
    assert refused(lambda: dydx.private.get_order_by_id("abc")) == (400, "No order found with id: abc")
    assert refused(lambda: dydx.private.cancel_order("abc")) == (400, "No order found with id: abc")
    wrong_side = "Invalid side is either not a string or not a valid side"
    assert refused(lambda: create(**order(side="LONG"))) == (400, wrong_side)
    statuses = "status must be a valid array of subset (OPEN, UNTRIGGERED, PENDING)"
    assert refused(lambda: dydx.private.get_orders(status="FILLED")) == (400, statuses)
    twice = order()
    create(**twice)
    assert refused(lambda: create(**twice))[0] == 400


@pytest.mark.parametrize("part", ["key", "secret", "passphrase"])
def test_dydx_wrong_credentials_are_unauthorized(make_dydx: Callable[..., Any], part: str) -> None:
    client = make_dydx(**{part: "d3Jvbmc="})
    assert refused(client.private.get_accounts) == (401, "Unauthorized")


def test_dydx_order_signed_by_another_is_refused(make_dydx: Callable[..., Any], order: Callable[..., Any]) -> None:
    client = make_dydx(stark_private_key="58c7d5a90b1776bde86ebac077e053ed85b0f7164f53b080304a531947f46e3")
    assert refused(lambda: client.private.create_order(**order())) == (400, "Invalid signature for order")


def test_dydx_small_orders_exhaust_the_budget_of_a_market(dydx: Any, order: Callable[..., Any]) -> None:
    rest = {"time_in_force": "GTT", "price": "30000", "size": "0.001", "expiration_epoch_seconds": soon(3600)}
    headers = [dydx.private.create_order(**order(**rest)).headers for _ in range(17)]
    assert headers[-1]["RateLimit-Remaining"] == "50"
    assert refused(lambda: dydx.private.create_order(**order(**rest)))[0] == 429
    assert dydx.private.create_order(**order(market="ETH-USD", price="2000", size="0.01")).data["order"]["id"]


@pytest.fixture
def make_apex(paper_house: Any) -> Callable[..., Any]:
    """Makes ApeX clients; what is given replaces the account's own."""
    from apexpro.http_private_stark_key_sign import HttpPrivateStark

    own = paper_house.keys[Venue.APEX]

    def make(slash: str = "", **changed: str) -> Any:
        credentials = {"key": own.key, "secret": own.secret, "passphrase": own.passphrase}
        return HttpPrivateStark(
            paper_house.url(Venue.APEX) + slash,
            stark_private_key=own.private_key,
            api_key_credentials=credentials | changed,
        )

    return make


@pytest.fixture
def apex(make_apex: Callable[..., Any]) -> Any:
    client = make_apex()
    client.configs()
    client.get_account()
    return client


def taking(**changed: Any) -> dict[str, Any]:
    """Arguments of an ApeX order: BUY 0.01 BTC-USDC at 40,010, which crosses."""
    return {
        "symbol": "BTC-USDC",
        "side": "BUY",
        "type": "LIMIT",
        "size": "0.01",
        "price": "40010",
        "limitFeeRate": "0.0005",
        "timeInForce": "FILL_OR_KILL",
        "expirationEpochSeconds": soon(),
        "clientId": uuid.uuid4().hex,
    } | changed


def test_apex_public_answers_are_what_the_client_expects(apex: Any) -> None:
    depth = apex.depth(symbol="BTC-USDC")["data"]
    assert (depth["a"][0], depth["b"][0], depth["s"]) == (["40000.5", "1"], ["39999.5", "1"], "BTCUSDC")
    assert len(apex.depth(symbol="BTC-USDC", limit=2)["data"]["a"]) == 2
    assert apex.server_time()["data"]["time"] > 1_700_000_000_000
    assert apex.ticker(symbol="BTC-USDC")["data"][0]["indexPrice"] == "40000"
    assert apex.trades(symbol="BTC-USDC")["data"] == []
    assert apex.klines(symbol="ETH-USDC", interval=1)["data"] == {"ETHUSDC": []}
    assert apex.history_funding(symbol="BTC-USDC")["data"] == {"historyFunds": [], "totalSize": 0}
    assert apex.history_funding(symbol="BTCUSDC")["code"] == 3
    assert apex.configs_v2()["data"]["usdcConfig"]["perpetualContract"][0]["symbol"] == "BTC-USDC"


def test_apex_account_has_its_fee_rates_where_each_version_has_them(apex: Any, paper_house: Any) -> None:
    record = paper_house.accounts[Venue.APEX]
    assert apex.account["takerFeeRate"] == "0.00050"
    assert apex.account["positionId"] == str(record.position_id)
    assert apex.get_user()["data"]["isRegistered"] is True
    assert apex.get_account_balance()["data"]["totalEquityValue"] == "1000.000000"
    second = apex.get_account_v2()["data"]
    assert "takerFeeRate" not in second and second["accounts"][0]["takerFeeRate"] == "0.00050"


def test_apex_fill_or_kill_fills_and_is_told_everywhere(apex: Any) -> None:
    asked = taking()
    answer = apex.create_order(**asked)["data"]
    assert (answer["status"], answer["cancelReason"]) == ("PENDING", "UNKNOWN_ORDER_CANCEL_REASON")
    found = apex.get_order(id=answer["id"])["data"]
    assert (found["status"], found["cumMatchFillSize"], found["cumSuccessFillFee"]) == ("FILLED", "0.01", "0.200002")
    assert apex.get_order_by_client_order_id(id=asked["clientId"])["data"] == found
    listed = apex.fills(symbol="BTC-USDC", orderId=answer["id"], limit=10, page=0)["data"]
    assert listed["totalSize"] == 1
    fill = listed["orders"][0]
    assert (fill["price"], fill["size"], fill["clientOrderId"]) == ("40000.5", "0.01", asked["clientId"])
    (position,) = apex.get_account()["data"]["openPositions"]
    assert (position["side"], position["size"], position["symbol"]) == ("LONG", "0.01", "BTC-USDC")
    assert apex.history_orders(symbol="BTC-USDC", limit=5, page=0)["data"]["orders"] == [found]
    assert apex.open_orders()["data"] == []


def test_apex_v2_market_and_immediate_orders_do_not_rest(apex: Any, paper_house: Any) -> None:
    apex.configs_v2()
    apex.get_account_v2()
    paper_house.show(Venue.APEX, "BTC", steps=10)
    market = taking(type="MARKET", timeInForce="GOOD_TIL_CANCEL", size="0.015", price="40000.5")
    answer = apex.create_order_v2(**market)["data"]
    found = apex.get_order_v2(id=answer["id"])["data"]
    assert (found["status"], found["cumMatchFillSize"], found["cancelReason"]) == ("CANCELED", "0.01", "COULD_NOT_FILL")
    paper_house.show(Venue.APEX, "BTC", steps=10)
    again = apex.create_order(**taking(timeInForce="IMMEDIATE_OR_CANCEL", size="0.015", price="40000"))["data"]
    assert apex.get_order(id=again["id"])["data"]["status"] == "CANCELED"


def test_apex_resting_orders_can_be_listed_and_cancelled(apex: Any) -> None:
    rest = {"timeInForce": "POST_ONLY", "price": "39000"}
    first, second, third = (apex.create_order(**taking(**rest))["data"] for _ in range(3))
    assert {order["id"] for order in apex.open_orders()["data"]} == {first["id"], second["id"], third["id"]}
    assert apex.delete_order(id=first["id"])["data"] == first["id"]
    assert apex.get_order(id=first["id"])["data"]["cancelReason"] == "USER_CANCELED"
    assert apex.delete_order_by_client_order_id(id=second["clientId"])["data"] == second["id"]
    assert "data" in apex.delete_open_orders(symbol="BTC-USDC,ETH-USDC")
    assert apex.open_orders()["data"] == []
    late = apex.delete_order(id=first["id"])
    assert late["key"] == "ORDER_NOT_CANCEL_INVALID_STATUS" and first["id"] in late["msg"]


def test_apex_refusals_come_with_code_message_and_key(apex: Any) -> None:
    unknown = {"code": 3, "msg": "This order does not exist. 9", "key": "ORDER_NOT_FOUND"}
    assert apex.get_order(id="9") == unknown
    assert apex.delete_order(id="9") == unknown
    assert apex.create_order(**taking(accountId="12"))["key"] == "INVALID_L2_SIGNATURE"
    assert apex.create_order(**taking(limitFeeRate="0.0001"))["key"] == "ORDER_LIMIT_FEE_NOT_ENOUGH"
    poor = apex.create_order(**taking(size="20"))
    assert (poor["code"], poor["msg"]) == (3, "If order is filled, your account may be liquidated.")
    assert apex.create_order(**taking(timeInForce="FOREVER"))["msg"] == "Invalid time-in-force. FOREVER"
    small = apex.create_order(**taking(size="0.0005"))
    assert small["key"] in ("ORDER_SIZE_INVALID_STEP", "ORDER_SIZE_SMALLER_THAN_SYMBOL_MIN_ORDER_SIZE")
    once = taking(timeInForce="POST_ONLY", price="39000")
    assert apex.create_order(**once)["data"]["id"] == apex.create_order(**once)["data"]["id"]
    other = apex.create_order(**once | {"price": "38000"})
    assert other["msg"] == f"Please resubmit your order. {once['clientId']}"


def test_apex_worst_price_walks_the_book(apex: Any) -> None:
    worst = apex.get_worst_price(symbol="BTC-USDC", side="BUY", size="2.5")["data"]
    assert worst == {"worstPrice": "40001.5", "bidOnePrice": "39999.5", "askOnePrice": "40000.5"}


@pytest.mark.parametrize("part", ["key", "secret", "passphrase"])
def test_apex_wrong_credentials_are_10002(make_apex: Callable[..., Any], part: str) -> None:
    answer = make_apex(**{part: "wrong"}).get_account_balance()
    assert answer["code"] == 10002 and answer["msg"].startswith("Api credential is invalid [apiKey=")


def test_apex_slashes_and_percent_codes_do_not_break_signatures(make_apex: Callable[..., Any]) -> None:
    client = make_apex(slash="/")
    assert client.server_time()["data"]["time"]
    assert client.get_account_balance()["data"]["totalEquityValue"] == "1000.000000"
    assert client.get_order_by_client_order_id(id="a b/é")["key"] == "ORDER_NOT_FOUND"


class Inbox:
    """Collects what a client's threads deliver."""

    def __init__(self) -> None:
        self._box: queue.Queue[Any] = queue.Queue()

    def __call__(self, message: Any) -> None:
        self._box.put(message)

    def wait_for(self, kind: str) -> Any:
        """The next message of a kind."""
        while True:
            message = self._box.get(timeout=10)
            if message["type"] == kind:
                return message


def test_apex_websocket_hears_books_and_its_account(apex: Any, paper_house: Any) -> None:
    from apexpro.websocket_api import WebSocket

    own, inboxes = paper_house.keys[Venue.APEX], (Inbox(), Inbox())
    credentials = {"key": own.key, "secret": own.secret, "passphrase": own.passphrase}
    url = f"ws://127.0.0.1:{paper_house.ports[Venue.APEX]}"
    # without the flag the client reconnects for ever once the venue stops
    client = WebSocket(endpoint=url, api_key_credentials=credentials, restart_on_error=False)
    client.depth_stream(inboxes[0], "BTCUSDC", 25)
    client.account_info_stream(inboxes[1])
    paper_house.show(Venue.APEX, "BTC", 2)
    assert inboxes[0].wait_for("delta")["data"]["s"] == "BTCUSDC"
    asked = taking()
    apex.create_order(**asked)
    (told,) = inboxes[1].wait_for("delta")["contents"]["orders"]
    assert (told["clientOrderId"], told["status"]) == (asked["clientId"], "FILLED")
    client.ws_public.exit()
    client.ws_private.exit()


def test_dydx_stop_orders_and_replacing_by_the_official_client(
    dydx: Any, order: Callable[..., Any], paper_house: Any
) -> None:
    rest = {"time_in_force": "GTT", "expiration_epoch_seconds": soon(3600)}
    stop = {"order_type": "STOP_LIMIT", "side": "SELL", "price": "39000", "trigger_price": "39900"}
    waiting = dydx.private.create_order(**order(**rest, **stop)).data["order"]
    assert (waiting["status"], waiting["triggerPrice"]) == ("UNTRIGGERED", "39900")
    assert dydx.private.get_orders(status="UNTRIGGERED").data["orders"][0]["id"] == waiting["id"]
    old = dydx.private.create_order(**order(**rest, price="39000")).data["order"]
    new = dydx.private.create_order(**order(**rest, price="38000", cancel_id=old["id"])).data["order"]
    assert dydx.private.get_order_by_id(old["id"]).data["order"]["cancelReason"] == "USER_CANCELED"
    assert dydx.private.get_order_by_id(new["id"]).data["order"]["status"] == "OPEN"
    paper_house.show(Venue.DYDX, "BTC", shift=-100)
    assert dydx.private.get_order_by_id(waiting["id"]).data["order"]["status"] == "FILLED"
    assert refused(lambda: dydx.private.create_order(**order(**rest, order_type="STOP_LIMIT")))[0] == 400
    trailing = order(**rest, order_type="TRAILING_STOP", trailing_percent="5")
    assert refused(lambda: dydx.private.create_order(**trailing)) == (
        400, "This paper venue takes no TRAILING_STOP orders"
    )  # fmt: skip


def test_apex_stop_orders_by_the_official_client(apex: Any, paper_house: Any) -> None:
    stop = taking(
        side="SELL", type="STOP_MARKET", price="39000", triggerPrice="39900", triggerPriceType="INDEX",
        timeInForce="GOOD_TIL_CANCEL",
    )  # fmt: skip
    waiting = apex.create_order(**stop)["data"]
    assert (waiting["status"], waiting["triggerPrice"]) == ("UNTRIGGERED", "39900")
    assert [one["id"] for one in apex.open_orders()["data"]] == [waiting["id"]]
    paper_house.show(Venue.APEX, "BTC", shift=-200)
    assert apex.get_order(id=waiting["id"])["data"]["status"] == "FILLED"
    assert apex.create_order(**stop | {"triggerPrice": None, "clientId": "x"})["key"] == "EMPTY_PARAM"


@pytest.fixture
def make_slip() -> Callable[..., Slip]:
    """A stop of ours: SELL 0.01 BTC once the index is at 39,900."""

    def make(limit: str) -> Slip:
        return Slip(
            client_id="hand-1",
            market="BTC",
            side=Side.SELL,
            kind=Kind.STOP_LIMIT,
            size=Decimal("0.01"),
            limit=Decimal(limit),
            in_force=InForce.GTT,
            created_ns=clock.now_ns() // SECOND * SECOND,
            life_ns=3600 * SECOND,
            trigger=Decimal(39_900),
        )

    return make


def test_an_order_by_hand_is_field_by_field_what_the_dydx_client_sends(
    dydx: Any, order: Callable[..., Any], paper_house: Any, make_slip: Callable[..., Slip]
) -> None:
    """That the signature is good the paper venue verifies; fields that it does not look at are compared here."""
    slip, sent = make_slip("39000"), dict[str, Any]()
    fee = Decimal("0.0005")
    listing = dydx_market.read_listing(dydx.public.get_markets().data["markets"]["BTC-USD"], fee)
    position_id = paper_house.accounts[Venue.DYDX].position_id
    signing = dydx_order.make_signing(position_id, fee, paper_house.keys[Venue.DYDX], 1)
    dydx.private._post = lambda endpoint, data: sent.update(data)
    dydx.private.create_order(
        **order(
            order_type="STOP_LIMIT", side="SELL", price="39000", trigger_price="39900", time_in_force="GTT",
            client_id="hand-1", cancel_id="abc", limit_fee="0.001500",
            expiration_epoch_seconds=(slip.created_ns + slip.life_ns) / SECOND,
        )
    )  # fmt: skip
    ours = orjson.loads(dydx_slip.slip_body(slip, listing, signing, "abc"))
    assert [(name, value) for name, value in sent.items() if value is not None] == list(ours.items())


def test_an_order_by_hand_is_field_by_field_what_the_apex_client_sends(
    apex: Any, paper_house: Any, make_slip: Callable[..., Slip]
) -> None:
    slip, sent = make_slip("39000.5"), dict[str, Any]()
    listing = apex_market.find_listing(apex.configs()["data"], "BTC")
    position_id = paper_house.accounts[Venue.APEX].position_id
    signing = apex_order.Signing(position_id, Decimal("0.0005"), paper_house.keys[Venue.APEX])
    apex._post = lambda endpoint, data, **_: sent.update(data)
    apex.create_order(
        symbol="BTC-USDC", side="SELL", type="STOP_LIMIT", size="0.01", price="39000.5", limitFeeRate="0.0005",
        timeInForce="GOOD_TIL_CANCEL", expirationEpochSeconds=slip.created_ns // SECOND, clientId="hand-1",
        triggerPrice="39900", triggerPriceType="INDEX",
    )  # fmt: skip
    theirs = [(name, str(value)) for name, value in sent.items() if value is not None]
    assert theirs == list(apex_slip.slip_fields(slip, listing, signing).items())
