"""The dYdX desk against a venue on a real socket: every way an order, a question or a start can end."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from common import clock
from common.core.account import Position
from common.core.errors import ConfigError, LocalError, VenueError
from common.core.market import Side
from common.core.order import Absent, Ack, Found, NotSent, Order, Purpose, Reject, Unknown
from common.venues import budget
from common.venues.base import Outlook
from common.venues.budget import Budget, Count
from common.venues.dydx import budget as costs
from common.venues.dydx import lookup, wire_order
from common.venues.dydx.desk import DydxDesk
from common.venues.dydx.wire import SECOND_NS, iso, iso_ns
from common.venues.dydx.wire_order import Signer
from common.venues.keys import Keys

MakeOrder = Callable[..., Order]
Act = Callable[[DydxDesk], Awaitable[Any]]
HTML = "<html><body>502 Bad Gateway</body></html>"
PLACE, CLIENT, BY_ID = "POST /v3/orders", "GET /v3/orders/client/k3f9-BTC-17-d0", "GET /v3/orders/3f2a"
FILLS = "GET /v3/fills"


def run(work: Awaitable[Any]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(10):
            return await work

    return asyncio.run(bounded())


def desk_does(stub: Any, keys: Keys, act: Act, timeout_s: float = 2.0, *, budget: Budget | None = None) -> Any:
    """What `act` makes of a started desk that knows BTC."""

    async def whole() -> Any:
        async with stub:
            desk = DydxDesk(stub.endpoint, keys, budget=budget, timeout_s=timeout_s)
            try:
                await desk.start()
                await desk.instrument("BTC")
                return await act(desk)
            finally:
                await desk.close()

    return run(whole())


def started_fails(stub: Any, keys: Keys) -> None:
    async def nothing(desk: DydxDesk) -> None:
        raise AssertionError("started")

    desk_does(stub, keys, nothing)


def send(order: Order) -> Act:
    return lambda desk: desk.send(order, desk.prepare(order))


def look_up(order: Order) -> Act:
    return lambda desk: desk.look_up(order)


def refused(text: str, status: int = 400) -> tuple[int, Any]:
    return status, {"errors": [{"msg": text}]}


# ---- start ------------------------------------------------------------------------------------------------------


def test_a_start_learns_fee_account_and_clock(stub: Any, keys: Keys, make_order: MakeOrder) -> None:
    stub.offset_ns = 3 * SECOND_NS
    stub.answers["GET /v3/users"]["user"]["takerFeeRate"] = "0.002000"

    async def act(desk: DydxDesk) -> Any:
        return await desk.instrument("ETH"), orjson.loads(desk.prepare(make_order()))

    eth, body = desk_does(stub, keys, act)
    assert (eth.name, eth.taker_fee, eth.tick) == ("ETH-USD", Decimal("0.002"), Decimal("0.1"))
    assert body["limitFee"] == "0.002000"
    (user,) = stub.asked("GET", "/v3/users")
    stamp = user.headers["DYDX-TIMESTAMP"]
    assert abs(iso_ns(stamp) - clock.now_ns() - 3 * SECOND_NS) < 2 * SECOND_NS
    assert user.headers == user.headers | Signer(keys).headers(stamp, "GET", "/v3/users")


@pytest.mark.parametrize("path", ["GET /v3/users", "GET /v3/accounts"])
@pytest.mark.parametrize("status", [401, 403])
def test_refused_keys_need_a_person(stub: Any, keys: Keys, path: str, status: int) -> None:
    stub.answers[path] = refused("Unauthorized", status)
    with pytest.raises(ConfigError, match="Unauthorized"):
        started_fails(stub, keys)


@pytest.mark.parametrize("trouble", [(502, HTML), refused("No", 400), {}])
def test_a_venue_that_cannot_answer_yet_is_no_matter_of_configuration(stub: Any, keys: Keys, trouble: Any) -> None:
    stub.answers["GET /v3/users"] = trouble
    with pytest.raises(VenueError):
        started_fails(stub, keys)


def test_a_clock_far_off_needs_a_person(stub: Any, keys: Keys) -> None:
    stub.offset_ns = -8 * SECOND_NS
    with pytest.raises(ConfigError, match="NTP"):
        started_fails(stub, keys)


def test_another_account_s_stark_key_needs_a_person(stub: Any, keys: Keys) -> None:
    with pytest.raises(ConfigError, match="onboard"):
        started_fails(stub, replace(keys, public_key="0x2"))


def test_a_market_that_is_not_listed_needs_a_person(stub: Any, keys: Keys) -> None:
    with pytest.raises(ConfigError, match="PEPE-USD"):
        desk_does(stub, keys, lambda desk: desk.instrument("PEPE"))
    stub.answers["GET /v3/markets"] = [stub.answers["GET /v3/markets"], refused("Invalid market")]
    with pytest.raises(ConfigError, match="PEPE-USD"):
        desk_does(stub, keys, lambda desk: desk.instrument("PEPE"))


def test_a_desk_that_was_not_started_signs_nothing(stub: Any, keys: Keys, make_order: MakeOrder) -> None:
    async def whole() -> None:
        async with stub:
            DydxDesk(stub.endpoint, keys).prepare(make_order())

    with pytest.raises(LocalError):
        run(whole())


# ---- orders -----------------------------------------------------------------------------------------------------


def test_an_order_arrives_as_prepared_with_the_hmac_of_that_very_body(
    stub: Any, keys: Keys, make_order: MakeOrder
) -> None:
    stub.answers[PLACE] = (201, {"order": {"id": "3f2a", "status": "PENDING"}})
    order = make_order(created_ns=clock.now_ns())

    async def act(desk: DydxDesk) -> Any:
        prepared = desk.prepare(order)
        return prepared, await desk.send(order, prepared)

    prepared, answer = desk_does(stub, keys, act)
    assert answer == Ack("3f2a")
    (heard,) = stub.asked("POST", "/v3/orders")
    assert heard.body == prepared and heard.headers["Content-Type"] == "application/json"
    stamp = heard.headers["DYDX-TIMESTAMP"]
    assert heard.headers == heard.headers | Signer(keys).headers(stamp, "POST", "/v3/orders", prepared)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (refused("Invalid signature for order"), Reject),
        (refused("Unauthorized", 401), Reject),
        (refused("An order with clientId x already exists"), Unknown),
        (refused("Too many requests", 429), Unknown),
        ((429, "error code: 1015"), Unknown),
        ((502, HTML), Unknown),
        ((400, HTML), Unknown),
        ((500, {"errors": [{"msg": "Internal"}]}), Unknown),
        ((200, HTML), Unknown),
        ((201, {"order": None}), Unknown),
    ],
)
def test_what_the_venue_says_to_an_order(stub: Any, keys: Keys, make_order: MakeOrder, said: Any, kind: type) -> None:
    stub.answers[PLACE] = said
    assert isinstance(desk_does(stub, keys, send(make_order())), kind)


def test_an_order_without_an_answer_in_time_is_unknown(stub: Any, keys: Keys, make_order: MakeOrder) -> None:
    stub.answers[PLACE] = "hang"
    assert isinstance(desk_does(stub, keys, send(make_order()), timeout_s=0.3), Unknown)
    assert len(stub.asked("POST", "/v3/orders")) == 1


def test_an_order_to_a_venue_that_is_gone_was_not_sent(stub: Any, keys: Keys, make_order: MakeOrder) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"

    async def whole() -> Any:
        async with stub:
            desk = DydxDesk(stub.endpoint, keys)
            await desk.start()
            await desk.instrument("BTC")
            prepared = desk.prepare(make_order())
            await desk.close()
        desk = DydxDesk(replace(stub.endpoint, rest=nobody), keys)
        try:
            return await desk.send(make_order(), prepared)
        finally:
            await desk.close()

    assert isinstance(run(whole()), NotSent)


def test_an_order_waits_for_no_budget_of_questions(stub: Any, keys: Keys, make_order: MakeOrder) -> None:
    stub.answers[PLACE] = [(429, "slow down"), (201, {"order": {"id": "1"}})]

    async def act(desk: DydxDesk) -> Any:
        order = make_order()
        return [await desk.send(order, desk.prepare(order)) for _ in range(2)]

    begun = clock.monotonic_ns()
    first, second = desk_does(stub, keys, act)
    assert isinstance(first, Unknown) and second == Ack("1")
    assert clock.monotonic_ns() - begun < SECOND_NS


def test_a_cancel_goes_by_the_venue_s_id(stub: Any, keys: Keys, make_order: MakeOrder, sample: Any) -> None:
    stub.answers["DELETE /v3/orders/3f2a"] = {"cancelOrder": {}}
    desk_does(stub, keys, lambda desk: desk.cancel(make_order(venue_order_id="3f2a")))
    (heard,) = stub.asked("DELETE", "/v3/orders/3f2a")
    stamp = heard.headers["DYDX-TIMESTAMP"]
    assert heard.headers == heard.headers | Signer(keys).headers(stamp, "DELETE", "/v3/orders/3f2a")


def test_a_cancel_without_the_venue_s_id_asks_for_it_first(
    stub: Any, keys: Keys, make_order: MakeOrder, sample: Any
) -> None:
    stub.answers[CLIENT] = sample("order_pending")
    desk_does(stub, keys, lambda desk: desk.cancel(make_order()))
    assert len(stub.asked("DELETE", "/v3/orders/3f2a")) == 1


# ---- look-ups ---------------------------------------------------------------------------------------------------


def test_a_filled_order_is_found_with_all_its_fills(stub: Any, keys: Keys, make_order: MakeOrder, sample: Any) -> None:
    stub.answers |= {CLIENT: sample("order_filled"), FILLS: sample("fills")}
    found = desk_does(stub, keys, look_up(make_order()))
    assert isinstance(found, Found) and found.report.final and found.report.filled_size == Decimal("0.003")
    assert sum(fill.size for fill in found.fills) == Decimal("0.003")
    assert {fill.client_id for fill in found.fills} == {"k3f9-BTC-17-d0"}
    assert found.fills[0].side is Side.BUY
    assert "orderId=3f2a" in stub.asked("GET", "/v3/fills")[0].raw_path


def test_a_killed_order_is_found_without_asking_for_fills(
    stub: Any, keys: Keys, make_order: MakeOrder, sample: Any
) -> None:
    stub.answers[CLIENT] = sample("order_killed")
    found = desk_does(stub, keys, look_up(make_order()))
    assert isinstance(found, Found) and found.report.reason == "COULD_NOT_FILL" and not found.fills
    assert not stub.asked("GET", "/v3/fills")


def test_fills_are_read_page_by_page_until_they_add_up(
    stub: Any, keys: Keys, make_order: MakeOrder, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "FILLS_PAGE", 1)
    newest, oldest = sample("fills")["fills"]
    stub.answers |= {CLIENT: sample("order_filled"), FILLS: [{"fills": [newest]}, {"fills": [oldest]}]}
    found = desk_does(stub, keys, look_up(make_order()))
    assert [fill.fill_id[-1] for fill in found.fills] == ["2", "1"]
    # Times are told in whole milliseconds: the one that the page ended in is asked for again.
    assert "createdBeforeOrAt=2023-11-14T22:13:20.234Z" in stub.asked("GET", "/v3/fills")[1].raw_path


def test_history_is_paged_through_to_its_moment_and_told_oldest_first(
    stub: Any, keys: Keys, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "FILLS_PAGE", 2)
    newest, oldest = sample("fills")["fills"]
    forced = {**oldest, "id": "forced", "orderId": None, "type": "LIQUIDATED", "createdAt": "2023-11-14T22:13:20.100Z"}
    before = {**oldest, "id": "before", "createdAt": "2023-11-14T22:13:19.999Z"}
    stub.answers |= {FILLS: [{"fills": [newest, oldest]}, {"fills": [oldest, forced]}, {"fills": [forced, before]}]}
    past = desk_does(stub, keys, lambda desk: desk.fills_since("BTC", 1_700_000_000 * SECOND_NS))
    assert [(one.fill.fill_id[-1], one.venue_order_id) for one in past] == [("d", None), ("1", "3f2a"), ("2", "3f2a")]
    assert all(one.market == "BTC" and not one.fill.client_id for one in past)
    asked = [heard.raw_path for heard in stub.asked("GET", "/v3/fills")]
    assert asked[0].endswith("?market=BTC-USD&limit=2")
    assert asked[2].endswith("?market=BTC-USD&createdBeforeOrAt=2023-11-14T22:13:20.101Z&limit=2")


def test_a_history_without_end_is_not_believed_to_be_whole(
    stub: Any, keys: Keys, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "FILLS_PAGE", 2)
    monkeypatch.setattr(lookup, "HISTORY_PAGES_MAX", 3)
    stub.answers |= {FILLS: sample("fills")}
    with pytest.raises(VenueError, match="more than 6 fills"):
        desk_does(stub, keys, lambda desk: desk.fills_since("BTC", 0))


def test_an_order_not_found_while_it_may_be_on_its_way_is_absent_but_not_proven(
    stub: Any, keys: Keys, make_order: MakeOrder
) -> None:
    order = make_order(created_ns=clock.now_ns() - 15 * SECOND_NS)
    assert desk_does(stub, keys, look_up(order)) == Absent(proven=False)


def test_an_order_not_found_after_its_death_is_proven_absent(stub: Any, keys: Keys, make_order: MakeOrder) -> None:
    order = make_order(created_ns=clock.now_ns() - 21 * SECOND_NS)
    assert desk_does(stub, keys, look_up(order)) == Absent(proven=True)
    paths = [heard.path for heard in stub.heard]
    assert paths[-2:] == ["/v3/time", "/v3/orders/client/k3f9-BTC-17-d0"], "the time is read before the order"


def test_only_the_venue_s_own_clock_proves(stub: Any, keys: Keys, make_order: MakeOrder) -> None:
    order = make_order(created_ns=clock.now_ns() - 21 * SECOND_NS)

    async def act(desk: DydxDesk) -> Any:
        stub.offset_ns = -3 * SECOND_NS
        return await desk.look_up(order)

    assert desk_does(stub, keys, act) == Absent(proven=False)


def test_an_order_that_was_taken_in_is_asked_for_by_the_venue_s_id_and_never_absent(
    stub: Any, keys: Keys, make_order: MakeOrder, sample: Any
) -> None:
    order = make_order(created_ns=clock.now_ns() - 21 * SECOND_NS, venue_order_id="3f2a")
    assert isinstance(desk_does(stub, keys, look_up(order)), Unknown)
    stub.answers |= {BY_ID: sample("order_filled"), FILLS: sample("fills")}
    assert isinstance(desk_does(stub, keys, look_up(order)), Found)


@pytest.mark.parametrize(
    "said",
    [(502, HTML), (429, "error code: 1015"), refused("Unauthorized", 401), refused("Timestamp must be within 30 s"),
     {"order": {}}, {"order": None}, [], {}],
)  # fmt: skip
def test_any_trouble_in_a_look_up_is_unknown(stub: Any, keys: Keys, make_order: MakeOrder, said: Any) -> None:
    stub.answers[CLIENT] = [said] if isinstance(said, list) else said
    if said == []:
        stub.answers[CLIENT] = "hang"
    assert isinstance(desk_does(stub, keys, look_up(make_order()), timeout_s=0.3), Unknown)


def test_a_filled_order_whose_fills_cannot_be_read_is_unknown(
    stub: Any, keys: Keys, make_order: MakeOrder, sample: Any
) -> None:
    stub.answers |= {CLIENT: sample("order_filled"), FILLS: (502, HTML)}
    assert isinstance(desk_does(stub, keys, look_up(make_order())), Unknown)


def test_an_answer_about_another_order_is_unknown(stub: Any, keys: Keys, make_order: MakeOrder, sample: Any) -> None:
    stub.answers |= {CLIENT: {"order": sample("order_filled")["order"] | {"clientId": "else"}}, FILLS: sample("fills")}
    assert isinstance(desk_does(stub, keys, look_up(make_order())), Unknown)


# Older than the venue remembers client ids: 1_700_000_000 is the order's time in the samples.


def test_an_old_order_is_found_through_the_fills_of_its_time(
    stub: Any, keys: Keys, make_order: MakeOrder, sample: Any
) -> None:
    other = sample("fills")["fills"][0] | {"orderId": "77", "id": "b"}
    both = {"fills": [other, *sample("fills")["fills"]]}
    stub.answers |= {FILLS: [both, sample("fills")], BY_ID: sample("order_filled")}
    stub.answers["GET /v3/orders/77"] = {"order": sample("order_filled")["order"] | {"id": "77", "clientId": "else"}}
    found = desk_does(stub, keys, look_up(make_order()))
    assert isinstance(found, Found) and len(found.fills) == 2
    query = stub.asked("GET", "/v3/fills")[0].raw_path
    until = iso(wire_order.expires_ns(make_order()) + lookup.SEARCH_SLACK_NS)
    assert f"market=BTC-USD&createdBeforeOrAt={until}" in query


def test_an_old_order_without_any_fill_in_its_time_is_proven_absent(
    stub: Any, keys: Keys, make_order: MakeOrder, sample: Any
) -> None:
    earlier = [row | {"createdAt": "2023-11-14T21:00:00.000Z"} for row in sample("fills")["fills"]]
    stub.answers[FILLS] = {"fills": earlier}
    assert desk_does(stub, keys, look_up(make_order())) == Absent(proven=True)


def test_an_old_order_stays_unknown_while_an_order_of_its_time_cannot_be_read(
    stub: Any, keys: Keys, make_order: MakeOrder, sample: Any
) -> None:
    stub.answers[FILLS] = sample("fills")
    assert isinstance(desk_does(stub, keys, look_up(make_order())), Unknown)


def test_too_many_fills_in_the_time_of_an_old_order_prove_nothing(
    stub: Any, keys: Keys, make_order: MakeOrder, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "FILLS_PAGE", 2)
    stub.answers[FILLS] = sample("fills")
    assert desk_does(stub, keys, look_up(make_order())) == Unknown("too many fills to search")
    assert len(stub.asked("GET", "/v3/fills")) == lookup.FILLS_PAGES_MAX


# ---- account and funding ----------------------------------------------------------------------------------------


def test_the_account_is_valued_at_oracle_prices_that_are_kept_for_a_while(stub: Any, keys: Keys) -> None:
    async def act(desk: DydxDesk) -> Any:
        return [await desk.account() for _ in range(2)]

    facts, again = desk_does(stub, keys, act)
    assert facts.equity_uusd == again.equity_uusd == 100_123_456
    assert facts.gross_uusd == 37_000_000 + 41_010_000
    assert facts.positions[0] == Position("BTC", Decimal("0.001"), Decimal(36990), Decimal(37000))
    assert [h.raw_path for h in stub.asked("GET", "/v3/markets")] == ["/v3/markets?market=BTC-USD", "/v3/markets"]


def test_a_withdrawal_under_way_is_no_equity_any_more(stub: Any, keys: Keys) -> None:
    path = "GET /v3/accounts/59609ad5-3bf3-544b-9fba-836a7567fa74"
    stub.answers[path]["account"]["pendingWithdrawals"] = "10.5"
    facts = desk_does(stub, keys, lambda desk: desk.account())
    assert (facts.equity_uusd, facts.pending_uusd) == (89_623_456, 10_500_000)


def test_an_account_is_as_old_as_its_question(stub: Any, keys: Keys) -> None:
    path = "GET /v3/accounts/59609ad5-3bf3-544b-9fba-836a7567fa74"
    said, heard_ns = stub.answers[path], []

    def noted() -> Any:
        heard_ns.append(clock.now_ns())
        return said

    stub.answers[path] = noted
    facts = desk_does(stub, keys, lambda desk: desk.account())
    assert facts.at_ns <= heard_ns[0]


def test_the_outlook_is_index_and_coming_funding_of_what_is_listed(stub: Any, keys: Keys) -> None:
    said = desk_does(stub, keys, lambda desk: desk.outlook(("BTC", "NOSUCH")))
    row = stub.answers["GET /v3/markets"]["markets"]["BTC-USD"]
    assert said == {"BTC": Outlook(Decimal(row["indexPrice"]), Decimal(row["nextFundingRate"]))}


def test_a_flat_account_needs_no_prices(stub: Any, keys: Keys) -> None:
    path = "GET /v3/accounts/59609ad5-3bf3-544b-9fba-836a7567fa74"
    stub.answers[path]["account"]["openPositions"] = {}
    facts = desk_does(stub, keys, lambda desk: desk.account())
    assert (facts.gross_uusd, facts.positions) == (0, ())
    assert len(stub.asked("GET", "/v3/markets")) == 1


@pytest.mark.parametrize("said", [(502, HTML), refused("Unauthorized", 401), {}, {"account": {"equity": "x"}}])
def test_an_account_that_cannot_be_read_is_the_venue_s_fault(stub: Any, keys: Keys, said: Any) -> None:
    stub.answers["GET /v3/accounts/59609ad5-3bf3-544b-9fba-836a7567fa74"] = said
    with pytest.raises(VenueError):
        desk_does(stub, keys, lambda desk: desk.account())


def test_funding_of_one_market_is_asked_for(stub: Any, keys: Keys) -> None:
    paid = desk_does(stub, keys, lambda desk: desk.funding("BTC"))
    assert [one.payment_uusd for one in paid] == [-463, 100]
    assert "market=BTC-USD" in stub.asked("GET", "/v3/funding")[0].raw_path


# ---- budget -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "limit", "points"),
    [("0.001", 40_000, 100), ("0.02", 40_000, 50), ("1", 40_000, 20), ("0.015", 40_000, 67)],
)
def test_the_smaller_an_order_the_more_it_takes_of_the_budget(
    make_order: MakeOrder, size: str, limit: int, points: int
) -> None:
    order = replace(make_order(), size=Decimal(size), limit=Decimal(limit))
    assert costs.placing(order) == {"place:BTC": points}


def test_entries_are_refused_where_exits_still_go(stub: Any, keys: Keys, make_order: MakeOrder, tmp_path: Path) -> None:
    entry = make_order()
    exit_ = replace(make_order(), purpose=Purpose.EVEN, client_id="aaaaaa-BTC-1-dydx-2")

    async def act(desk: DydxDesk) -> tuple[int, Any]:
        entries = 0
        while desk.afford(entry):
            entries += 1
        return entries, await desk.send(exit_, desk.prepare(exit_))

    entries, answer = desk_does(stub, keys, act, budget=costs.budget(tmp_path))
    assert entries == 12 and not isinstance(answer, NotSent)
    assert len(stub.asked("POST", "/v3/orders")) == 1
    assert Count(costs.RATES["place"], tmp_path / "budget-dydx-place-BTC").spent() == 1300


@pytest.mark.parametrize("body", [{"errors": [{"msg": "Too many requests"}]}, "error code: 1015", HTML])
def test_a_429_in_any_form_pauses_the_questions_that_follow_and_all_entries(
    stub: Any, keys: Keys, make_order: MakeOrder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: Any
) -> None:
    monkeypatch.setattr(budget, "WAIT_MAX_S", 0.1)
    stub.answers[CLIENT] = (429, body)

    async def act(desk: DydxDesk) -> Any:
        assert desk.afford(make_order())
        return [await desk.look_up(make_order(created_ns=clock.now_ns())) for _ in range(2)], desk.afford(make_order())

    findings, affordable = desk_does(stub, keys, act, budget=costs.budget(tmp_path))
    assert all(isinstance(finding, Unknown) for finding in findings) and not affordable
    assert len(stub.asked("GET", CLIENT.partition(" ")[2])) == 1
    assert not costs.budget(tmp_path).enter({"place:ETH": 1}), "another process, another market"


@pytest.mark.parametrize("body", [{"errors": [{"msg": "Too many requests"}]}, "error code: 1015", HTML])
def test_an_order_answered_by_429_is_asked_for_not_given_up(
    stub: Any, keys: Keys, make_order: MakeOrder, body: Any
) -> None:
    stub.answers[PLACE] = (429, body)
    assert isinstance(desk_does(stub, keys, send(make_order())), Unknown)
