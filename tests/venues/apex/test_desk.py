"""The ApeX desk against a venue on a real socket: every way an order, a question or a start can end."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from common import clock
from common.core.account import Position
from common.core.errors import ConfigError, LocalError, VenueError
from common.core.order import Absent, Ack, Found, NotSent, Order, Purpose, Reject, Unknown
from common.venues.apex import wire_order
from common.venues.apex.budget import budget
from common.venues.apex.desk import ApexDesk
from common.venues.base import Outlook
from common.venues.keys import Keys

MakeOrder = Callable[..., Order]
SECOND = 10**9
CREATE, LOOK_UP = "/api/v1/create-order", "/api/v1/order-by-client-order-id"
NOT_FOUND = {"code": 3, "msg": "This order does not exist.", "key": "ORDER_NOT_FOUND"}
HTML = "<html><body>502 Bad Gateway</body></html>"


@asynccontextmanager
async def started(stub: Any, keys: Keys, timeout_s: float = 2.0) -> Any:
    async with stub:
        desk = ApexDesk(stub.base, stub.base, keys, timeout_s=timeout_s)
        try:
            await desk.start()
            yield desk
        finally:
            await desk.close()


def run(work: Awaitable[Any]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(10):
            return await work

    return asyncio.run(bounded())


def desk_does(stub: Any, keys: Keys, act: Callable[[ApexDesk], Awaitable[Any]], timeout_s: float = 2.0) -> Any:
    async def whole() -> Any:
        async with started(stub, keys, timeout_s) as desk:
            return await act(desk)

    return run(whole())


def sent(stub: Any, keys: Keys, order: Order, timeout_s: float = 2.0) -> Any:
    return desk_does(stub, keys, lambda desk: desk.send(order, desk.prepare(order)), timeout_s)


def test_an_order_that_was_taken_is_acknowledged_and_went_out_signed(
    stub: Any, keys: Keys, make_order: MakeOrder
) -> None:
    stub.answers[CREATE] = {"data": {"id": "588", "status": "PENDING"}}
    order = make_order(created_ns=clock.now_ns())
    assert sent(stub, keys, order) == Ack("588")
    [heard] = stub.of(CREATE)
    stamp = heard.headers["APEX-TIMESTAMP"]
    assert stamp == str(order.created_ns // 10**6)
    assert heard.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert (heard.headers["APEX-API-KEY"], heard.headers["APEX-PASSPHRASE"]) == ("key-1", "passphrase-1")
    assert heard.headers["APEX-SIGNATURE"] == wire_order.hmac_signature("secret-1", stamp, "POST", CREATE, heard.form)
    assert (heard.form["clientId"], heard.form["timeInForce"]) == (order.client_id, "FILL_OR_KILL")


def test_an_order_is_never_stamped_anew_however_late_it_is_sent(stub: Any, keys: Keys, make_order: MakeOrder) -> None:
    stub.answers[CREATE] = {"data": {"id": "588"}}
    order = make_order(created_ns=clock.now_ns() - 3600 * SECOND)
    sent(stub, keys, order)
    assert stub.of(CREATE)[0].headers["APEX-TIMESTAMP"] == str(order.created_ns // 10**6)


def test_a_refusal_in_a_good_status_is_a_no(stub: Any, keys: Keys, make_order: MakeOrder) -> None:
    key = "ORDER_THERE_IS_NOT_ENOUGH_MARGIN_TO_OPEN_POSITION"
    stub.answers[CREATE] = {"code": 3, "msg": "If order is filled, there is…", "key": key}
    answer = sent(stub, keys, make_order())
    assert isinstance(answer, Reject)
    assert answer.reason.startswith(key)


@pytest.mark.parametrize(
    "answer",
    [
        lambda heard: web.Response(status=502, text=HTML, content_type="text/html"),
        lambda heard: web.Response(status=200, text=HTML, content_type="text/html"),
        lambda heard: web.json_response({"code": 10003, "msg": "Too many requests"}, status=429),
        {"code": 20002, "msg": "Invalid timestamp.", "key": "INVALID_TIMESTAMP"},
        {"code": 3, "msg": "Please resubmit your order.", "key": "ORDER_CLIENT_ORDER_DATA_CONFLICT"},
    ],
)
def test_no_usable_answer_is_unknown(stub: Any, keys: Keys, make_order: MakeOrder, answer: Any) -> None:
    stub.answers[CREATE] = answer
    assert isinstance(sent(stub, keys, make_order()), Unknown)


def test_a_timeout_after_the_request_was_written_is_unknown(stub: Any, keys: Keys, make_order: MakeOrder) -> None:
    async def never(heard: Any) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    stub.answers[CREATE] = never
    answer = sent(stub, keys, make_order(), timeout_s=0.3)
    assert isinstance(answer, Unknown)
    assert stub.of(CREATE)


def test_a_refused_connection_is_known_not_to_have_sent(stub: Any, keys: Keys, make_order: MakeOrder) -> None:
    async def whole() -> Any:
        async with started(stub, keys) as desk:
            prepared = desk.prepare(make_order())
            other = ApexDesk(_closed(), "", keys)
            try:
                return await other.send(make_order(), prepared)
            finally:
                await other.close()

    assert isinstance(run(whole()), NotSent)


def _closed() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_a_desk_that_was_not_started_signs_nothing(keys: Keys, make_order: MakeOrder) -> None:
    desk = ApexDesk("http://127.0.0.1:1", "", keys)
    with pytest.raises(LocalError):
        desk.prepare(make_order())


# ---- starting -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [10002, 20006, 20016, 20002])
def test_refused_credentials_are_the_persons_to_mend(stub: Any, keys: Keys, code: int) -> None:
    stub.answers["/api/v1/account"] = {"code": code, "msg": "Api credential is invalid", "key": "X"}
    with pytest.raises(ConfigError, match="ApeX refuses"):
        desk_does(stub, keys, _nothing)


async def _nothing(desk: ApexDesk) -> None:
    return None


def test_a_venue_out_of_order_is_not_the_persons_fault(stub: Any, keys: Keys) -> None:
    stub.answers["/api/v1/account"] = lambda heard: web.Response(status=502, text=HTML)
    with pytest.raises(VenueError):
        desk_does(stub, keys, _nothing)


@pytest.mark.parametrize("off_s", [-60, 60])
def test_a_clock_that_is_off_is_named_at_start(stub: Any, keys: Keys, off_s: int) -> None:
    stub.answers["/api/v1/time"] = {"data": {"time": clock.now_ns() // SECOND + off_s}}
    with pytest.raises(ConfigError, match="clock"):
        desk_does(stub, keys, _nothing)


def test_keys_of_another_account_are_noticed(stub: Any, keys: Keys) -> None:
    with pytest.raises(ConfigError, match="STARK"):
        desk_does(stub, replace(keys, public_key="0x7"), _nothing)


def test_the_instrument_has_the_accounts_taker_fee(stub: Any, keys: Keys) -> None:
    instrument = desk_does(stub, keys, lambda desk: desk.instrument("ETH"))
    assert (instrument.name, instrument.taker_fee) == ("ETH-USDC", Decimal("0.0005"))
    with pytest.raises(ConfigError, match="SHIB-USDC"):
        desk_does(stub, keys, lambda desk: desk.instrument("SHIB"))


# ---- looking up -----------------------------------------------------------------------------------------------------


def found(stub: Any, keys: Keys, order: Order) -> Any:
    return desk_does(stub, keys, lambda desk: desk.look_up(order))


def test_the_instrument_has_the_leverage_that_the_account_set(stub: Any, keys: Keys, sample: Any) -> None:
    answer = sample("account")
    answer["data"]["openPositions"][0]["customInitialMarginRate"] = "0.25"
    stub.answers["/api/v1/account"] = answer
    assert desk_does(stub, keys, lambda desk: desk.instrument("BTC")).initial_margin == Decimal("0.25")


def test_a_filled_order_is_found_with_all_its_fills(stub: Any, keys: Keys, make_order: MakeOrder, sample: Any) -> None:
    stub.answers[LOOK_UP] = sample("order_filled")
    finding = found(stub, keys, make_order())
    assert isinstance(finding, Found)
    assert finding.report.final
    assert sum(fill.side.sign * fill.size for fill in finding.fills) == finding.report.filled_size == Decimal("0.003")
    assert stub.of(LOOK_UP)[0].raw_path == f"{LOOK_UP}?id=k3f9-BTC-17-a0"
    [fills] = stub.of("/api/v1/fills")
    assert fills.raw_path.endswith("?symbol=BTC-USDC&orderId=588326929847812444&limit=100&page=0")


def test_fills_are_paged_through_when_the_venue_does_not_filter(
    stub: Any, keys: Keys, make_order: MakeOrder, sample: Any
) -> None:
    stub.answers[LOOK_UP] = sample("order_filled")
    rows = sample("fills")["data"]["orders"]
    others = [{**rows[2], "id": f"other-{n}"} for n in range(100)]

    def pages(heard: Any) -> Any:
        return {"data": {"orders": others if heard.raw_path.endswith("page=0") else rows}}

    stub.answers["/api/v1/fills"] = pages
    finding = found(stub, keys, make_order())
    assert len(finding.fills) == 4
    stub.answers["/api/v1/fills"] = {"data": {"orders": others}}
    stub.heard.clear()
    assert found(stub, keys, make_order()).fills == ()
    assert len(stub.of("/api/v1/fills")) == 5


def test_history_is_paged_through_to_its_moment_and_told_oldest_first(stub: Any, keys: Keys, sample: Any) -> None:
    rows = sample("fills")["data"]["orders"]
    first = [{**rows[0], "id": f"new-{n}", "createdAt": 1_700_000_001_000 - n} for n in range(100)]
    pages = {"page=0": first, "page=1": [first[99], rows[3], {**rows[2], "createdAt": 1_600_000_000_000}]}
    stub.answers["/api/v1/fills"] = lambda heard: {"data": {"orders": pages[heard.raw_path.rpartition("&")[2]]}}
    past = desk_does(stub, keys, lambda desk: desk.fills_since("BTC", 1_700_000_000 * SECOND))
    told = [one.fill.fill_id for one in past]
    assert told[:3] == ["98", "98!reversed", "new-99"] and told[-1] == "new-0" and len(told) == 102
    assert stub.of("/api/v1/fills")[0].raw_path.endswith("?symbol=BTC-USDC&limit=100&page=0")


def test_a_history_without_end_is_not_believed_to_be_whole(stub: Any, keys: Keys, sample: Any) -> None:
    rows = [{**sample("fills")["data"]["orders"][0], "id": f"{n}"} for n in range(100)]
    stub.answers["/api/v1/fills"] = {"data": {"orders": rows}}
    with pytest.raises(VenueError, match="more than 5000 fills"):
        desk_does(stub, keys, lambda desk: desk.fills_since("BTC", 0))


def test_a_missing_order_is_absent_without_proof_while_its_request_could_still_arrive(
    stub: Any, keys: Keys, make_order: MakeOrder
) -> None:
    stub.answers[LOOK_UP] = NOT_FOUND
    order = make_order(created_ns=clock.now_ns() - 34 * SECOND)
    assert found(stub, keys, order) == Absent(proven=False)


def test_a_missing_order_is_absent_with_proof_past_its_time_of_death(
    stub: Any, keys: Keys, make_order: MakeOrder
) -> None:
    stub.answers[LOOK_UP] = NOT_FOUND
    order = make_order(created_ns=clock.now_ns() - 36 * SECOND)
    assert found(stub, keys, order) == Absent(proven=True)
    assert [heard.path for heard in stub.heard][-2:] == ["/api/v1/time", LOOK_UP]


def test_only_the_venues_own_clock_proves_a_death(stub: Any, keys: Keys, make_order: MakeOrder) -> None:
    stub.answers[LOOK_UP] = NOT_FOUND
    order = make_order(created_ns=clock.now_ns() - 36 * SECOND)

    async def with_a_slow_clock(desk: ApexDesk) -> Any:
        stub.answers["/api/v1/time"] = {"data": {"time": (clock.now_ns() - 2 * SECOND) // 10**6}}
        return await desk.look_up(order)

    async def with_no_clock(desk: ApexDesk) -> Any:
        stub.answers["/api/v1/time"] = lambda heard: web.Response(status=503)
        return await desk.look_up(order)

    assert desk_does(stub, keys, with_a_slow_clock) == Absent(proven=False)
    stub.answers["/api/v1/time"] = {"data": {"time": clock.now_ns() // 10**6}}
    assert isinstance(desk_does(stub, keys, with_no_clock), Unknown)


@pytest.mark.parametrize(
    "answer",
    [
        {"data": {}},
        {"data": None},
        {"code": 10003, "msg": "Too many requests", "key": ""},
        {"code": 10002, "msg": "Api credential is invalid", "key": ""},
        {"code": 3, "msg": "", "key": "ACCOUNT_NOT_FOUND"},
        lambda heard: web.Response(status=502, text=HTML),
    ],
)
def test_a_question_without_an_answer_stays_a_question(
    stub: Any, keys: Keys, make_order: MakeOrder, answer: Any
) -> None:
    stub.answers[LOOK_UP] = answer
    assert isinstance(found(stub, keys, make_order()), Unknown)


def test_another_orders_answer_is_not_taken_for_ours(stub: Any, keys: Keys, make_order: MakeOrder, sample: Any) -> None:
    stub.answers[LOOK_UP] = sample("order_filled")
    assert isinstance(found(stub, keys, make_order(client_id="k3f9-BTC-18-a0")), Unknown)


def test_a_found_order_whose_fills_cannot_be_read_is_asked_for_again(
    stub: Any, keys: Keys, make_order: MakeOrder, sample: Any
) -> None:
    stub.answers[LOOK_UP] = sample("order_filled")
    stub.answers["/api/v1/fills"] = {"data": {"orders": [{"orderId": "588326929847812444"}]}}
    assert isinstance(found(stub, keys, make_order()), Unknown)


# ---- the account ----------------------------------------------------------------------------------------------------


def test_the_account_is_valued_at_the_oracle_price_and_prices_are_kept_for_a_while(stub: Any, keys: Keys) -> None:
    async def twice(desk: ApexDesk) -> Any:
        await desk.account()
        return await desk.account()

    facts = desk_does(stub, keys, twice)
    assert facts.equity_uusd == 99_123_456
    assert facts.gross_uusd == 130_541_700
    assert facts.positions == (Position("BTC", Decimal("-0.003"), Decimal("43000.5"), Decimal("43513.9")),)
    assert len(stub.of("/api/v1/ticker")) == 1


def test_what_is_on_its_way_out_is_no_equity_any_more(stub: Any, keys: Keys) -> None:
    wallet = {"asset": "USDC", "pendingWithdrawAmount": "10.5", "pendingTransferOutAmount": "0.25"}
    other = {"asset": "ETH", "pendingWithdrawAmount": "7"}
    stub.answers["/api/v1/account"]["data"]["wallets"] = [wallet, other]
    facts = desk_does(stub, keys, lambda desk: desk.account())
    assert (facts.equity_uusd, facts.pending_uusd) == (88_373_456, 10_750_000)


def test_an_account_is_as_old_as_its_question(stub: Any, keys: Keys) -> None:
    heard_ns = []

    def noted(_: Any) -> Any:
        heard_ns.append(clock.now_ns())
        return {"data": {"totalEquityValue": "1"}}

    stub.answers["/api/v1/account-balance"] = noted
    facts = desk_does(stub, keys, lambda desk: desk.account())
    assert facts.at_ns <= heard_ns[0]


def test_the_outlook_is_index_and_coming_funding_of_what_is_listed(stub: Any, keys: Keys) -> None:
    said = desk_does(stub, keys, lambda desk: desk.outlook(("BTC", "NOSUCH")))
    row = stub.answers["/api/v1/ticker"]["data"][0]
    assert said == {"BTC": Outlook(Decimal(row["indexPrice"]), Decimal(row["predictedFundingRate"]))}


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "Infinity", "much"])
def test_an_index_that_is_no_price_is_no_outlook(stub: Any, keys: Keys, price: str) -> None:
    stub.answers["/api/v1/ticker"]["data"][0]["indexPrice"] = price
    with pytest.raises(VenueError):
        desk_does(stub, keys, lambda desk: desk.outlook(("BTC",)))


@pytest.mark.parametrize("path", ["/api/v1/account", "/api/v1/account-balance", "/api/v1/ticker", "/api/v1/funding"])
def test_an_account_that_cannot_be_read_is_never_a_number(stub: Any, keys: Keys, path: str) -> None:
    async def read(desk: ApexDesk) -> Any:
        stub.answers[path] = {"code": 10001, "msg": "failed", "key": ""}
        return await (desk.funding("BTC") if path.endswith("funding") else desk.account())

    with pytest.raises(VenueError):
        desk_does(stub, keys, read)


def test_funding_and_cancel_ask_for_what_they_are_told(stub: Any, keys: Keys, make_order: MakeOrder) -> None:
    stub.answers["/api/v1/delete-client-order-id"] = NOT_FOUND

    async def both(desk: ApexDesk) -> Any:
        await desk.cancel(make_order())
        return await desk.funding("BTC")

    [paid] = desk_does(stub, keys, both)
    assert paid.payment_uusd == -1235
    [cancel] = stub.of("/api/v1/delete-client-order-id")
    assert cancel.form == {"id": "k3f9-BTC-17-a0"}
    assert cancel.headers["APEX-SIGNATURE"]


@pytest.mark.parametrize(
    "answer",
    [
        lambda heard: web.json_response({"code": 10003, "msg": "Too many requests"}, status=429),
        lambda heard: web.json_response({"code": 10003, "msg": "Too many requests"}),
        lambda heard: web.Response(status=429, text=HTML, content_type="text/html"),
        lambda heard: web.Response(status=429, text="error code: 1015"),
        lambda heard: web.Response(status=403, text="Forbidden"),
    ],
)
def test_too_many_in_any_form_is_unknown_and_stops_entries_of_all_but_no_exit(
    stub: Any, keys: Keys, make_order: MakeOrder, answer: Any, tmp_path: Path
) -> None:
    stub.answers[CREATE] = answer

    async def whole() -> Any:
        async with stub:
            desk = ApexDesk(stub.base, stub.base, keys, budget=budget(tmp_path))
            await desk.start()
            entry, exit_ = make_order(), replace(make_order(), purpose=Purpose.EVEN)
            assert desk.afford(entry)
            said = [await desk.send(order, desk.prepare(order)) for order in (entry, exit_)]
            affordable = desk.afford(entry)
            await desk.close()
            return said, affordable

    said, affordable = run(whole())
    assert all(isinstance(one, Unknown) for one in said) and not affordable
    assert len(stub.of(CREATE)) == 2
    assert not budget(tmp_path).enter({"post": 1}), "another process"
