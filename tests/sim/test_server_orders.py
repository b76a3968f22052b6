"""The way of an order over the wire: latency, clients that leave, budgets, and look-ups that keep their promises."""

import asyncio
import socket
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession

from common import clock
from common.core.market import Side, Venue
from common.sim.server import auth_dydx, limits
from common.sim.server.limits import Budget, Limits
from common.sim.server.plain import iso
from common.sim.types import PlaceRequest
from common.venues import stark

SECOND = 1_000_000_000
LATENCY_S = 0.8


@pytest.fixture
def slow_house(make_paper_house: Callable[..., Any]) -> Any:
    """Paper venues with latency."""
    return make_paper_house(LATENCY_S)


def signed_order(house: Any, client_id: str) -> bytes:
    """The body of a signed BUY of 0.01 BTC at 40,010, fill-or-kill, on dYdX."""
    record, own = house.accounts[Venue.DYDX], house.keys[Venue.DYDX]
    expires_ns = clock.now_ns() + 120 * SECOND
    expires_ns -= expires_ns % 1_000_000
    listing = house.engines[Venue.DYDX].listings["BTC"]
    collateral = stark.collateral_quantums(Decimal("0.01"), Decimal(40_010), True)
    message = stark.StarkOrder(
        synthetic_id=int(listing.synthetic_id, 16),
        collateral_id=0x02893294412A4C8F915F75892B395EBBF6859EC246EC365C3B1F56F47C3A0A5D,
        fee_id=0x02893294412A4C8F915F75892B395EBBF6859EC246EC365C3B1F56F47C3A0A5D,
        is_buy=True,
        synthetic_quantums=stark.synthetic_quantums(Decimal("0.01"), listing.resolution),
        collateral_quantums=collateral,
        fee_quantums=stark.fee_quantums_dydx(Decimal("0.0015"), collateral),
        position_id=record.position_id,
        nonce=stark.nonce_dydx(client_id),
        expiration_hours=stark.expiration_hours(expires_ns / SECOND, stark.DYDX_BUFFER_HOURS),
    )
    order = {
        "market": "BTC-USD",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "FOK",
        "size": "0.01",
        "price": "40010",
        "limitFee": "0.0015",
        "expiration": iso(expires_ns),
        "postOnly": False,
        "clientId": client_id,
        "signature": stark.sign(stark.order_hash(message), int(own.private_key, 16)),
    }
    return orjson.dumps(order)


def headers(house: Any, method: str, target: str, body: bytes = b"") -> dict[str, str]:
    """dYdX's HMAC headers."""
    own, at = house.accounts[Venue.DYDX], iso(clock.now_ns())
    return {
        "DYDX-API-KEY": own.api_key,
        "DYDX-PASSPHRASE": own.passphrase,
        "DYDX-TIMESTAMP": at,
        "DYDX-SIGNATURE": auth_dydx.signature(own.secret, f"{at}{method}{target}".encode() + body),
        "Content-Type": "application/json",
    }


async def post(house: Any, body: bytes, **changed: str) -> tuple[int, Any, dict[str, str]]:
    said = headers(house, "POST", "/v3/orders", body) | changed
    async with (
        ClientSession() as session,
        session.post(f"{house.url(Venue.DYDX)}/v3/orders", data=body, headers=said) as answer,
    ):
        return answer.status, orjson.loads(await answer.read()), dict(answer.headers)


def test_an_order_arrives_after_the_latency_and_is_matched_then(slow_house: Any) -> None:
    sent_ns = clock.now_ns()
    status, answer, _ = asyncio.run(post(slow_house, signed_order(slow_house, "one")))
    assert (status, answer["order"]["status"]) == (201, "PENDING")
    record, engine = slow_house.accounts[Venue.DYDX], slow_house.engines[Venue.DYDX]
    placed = engine.order_by_client_id(record.account_id, "one")
    assert placed.status == "FILLED"
    assert placed.created_ns - sent_ns >= LATENCY_S * SECOND


def test_an_order_meets_the_book_of_its_arrival_not_of_its_sending(slow_house: Any) -> None:
    async def race() -> None:
        sending = asyncio.create_task(post(slow_house, signed_order(slow_house, "one")))
        await asyncio.sleep(LATENCY_S / 8)
        await asyncio.to_thread(slow_house.show, Venue.DYDX, "BTC", 100)
        await sending

    asyncio.run(race())
    record, engine = slow_house.accounts[Venue.DYDX], slow_house.engines[Venue.DYDX]
    assert engine.order_by_client_id(record.account_id, "one").cancel_reason == "COULD_NOT_FILL"


def test_an_order_whose_client_went_away_still_arrives(slow_house: Any) -> None:
    body = signed_order(slow_house, "one")
    said = "".join(f"{name}: {value}\r\n" for name, value in headers(slow_house, "POST", "/v3/orders", body).items())
    request = f"POST /v3/orders HTTP/1.1\r\nHost: x\r\n{said}Content-Length: {len(body)}\r\n\r\n".encode() + body
    record, engine = slow_house.accounts[Venue.DYDX], slow_house.engines[Venue.DYDX]
    with socket.create_connection(("127.0.0.1", slow_house.ports[Venue.DYDX])) as wire:
        wire.sendall(request)

    placed = asyncio.run(eventually(lambda: engine.order_by_client_id(record.account_id, "one")))
    assert placed.status == "FILLED"


async def eventually(look: Callable[[], Any]) -> Any:
    """What `look` finds within five seconds."""
    for _ in range(500):
        found = look()
        if found is not None:
            return found
        await asyncio.sleep(0.01)
    raise AssertionError("never seen")


def test_a_request_with_an_old_timestamp_or_an_altered_body_is_refused(paper_house: Any) -> None:
    body = signed_order(paper_house, "one")
    at = iso(clock.now_ns() - 31 * SECOND)
    status, answer, _ = asyncio.run(post(paper_house, body, **{"DYDX-TIMESTAMP": at}))
    assert status == 400 and "Timestamp must be within" in answer["errors"][0]["msg"]
    good = headers(paper_house, "POST", "/v3/orders", body)
    status, answer, _ = asyncio.run(post(paper_house, body.replace(b"0.01", b"0.02"), **good))
    assert (status, answer) == (401, {"errors": [{"msg": "Unauthorized"}]})


def test_an_accepted_order_tells_what_is_left_of_the_budget(paper_house: Any) -> None:
    status, _, said = asyncio.run(post(paper_house, signed_order(paper_house, "one")))
    assert status == 201
    # 40,000 / 400.10 USD rounded up is 100
    assert (said["RateLimit-Limit"], said["RateLimit-Remaining"]) == ("1750", "1650")
    assert int(said["RateLimit-Reset"]) > clock.now_ns() // 1_000_000


def test_an_engine_that_cannot_journal_ends_the_process(paper_house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError("the journal's disk is full")

    monkeypatch.setattr(paper_house.engines[Venue.DYDX], "place", full)
    with pytest.raises(orjson.JSONDecodeError):
        asyncio.run(post(paper_house, signed_order(paper_house, "one")))
    with pytest.raises(ExceptionGroup) as caught:
        paper_house.ticks.result(5)
    assert caught.group_contains(OSError, match="disk is full")


def test_what_is_not_served_answers_json(paper_house: Any) -> None:
    async def ask() -> None:
        async with ClientSession() as session:
            for venue, path in ((Venue.DYDX, "/v3/withdrawals"), (Venue.APEX, "/api/v1/create-withdrawal")):
                async with session.post(paper_house.url(venue) + path) as answer:
                    assert answer.status == 404 and await answer.json()
            for venue in Venue:
                async with session.get(paper_house.url(venue) + "/health") as answer:
                    health = await answer.json()
                    assert (health["ready"], health["markets"], health["ended"]) == (True, ["BTC", "ETH"], False)

    asyncio.run(ask())


def order(price: str, size: str, kind: str = "LIMIT", lifetime: str = "GTT") -> PlaceRequest:
    return PlaceRequest(
        client_id="c",
        market="BTC",
        side=Side.BUY,
        kind=kind,
        lifetime=lifetime,
        size=Decimal(size),
        price=Decimal(price),
        post_only=False,
        reduce_only=False,
        limit_fee=Decimal(1),
        expires_ns=0,
        signature="",
    )


@pytest.mark.parametrize(
    ("request_", "points"),
    [
        (order("40000", "0.001"), 100),
        (order("40000", "0.02"), 50),
        (order("40000", "10"), 4),
        (order("40000", "10", lifetime="FOK"), 20),
        (order("40000", "10", kind="MARKET", lifetime="IOC"), 20),
        (order("40000", "0.015"), 67),
    ],
)
def test_the_smaller_an_order_the_dearer_it_is(request_: PlaceRequest, points: int) -> None:
    assert limits.place_cost(request_) == points


def test_a_budget_is_spent_for_its_window_and_its_key_alone() -> None:
    meters, budget = Limits(), Budget(2)
    assert [meters.spend(budget, "POST", "a", cost=1, now_ns=n).allowed for n in (0, 1, 2)] == [True, True, False]
    refused = meters.spend(budget, "POST", "a", cost=1, now_ns=4 * SECOND)
    assert refused.headers()["Retry-After"] == "6000" and refused.headers()["RateLimit-Reset"] == "10000"
    assert meters.spend(budget, "POST", "b", cost=1, now_ns=3).allowed
    assert meters.spend(budget, "DELETE", "a", cost=1, now_ns=3).allowed
    assert meters.spend(budget, "POST", "a", cost=2, now_ns=10 * SECOND).remaining == 0
