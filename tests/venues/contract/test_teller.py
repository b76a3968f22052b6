"""What a person may ask of a venue: the same at both of them, on the wire; where they differ, it is named."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import clock
from common.core.errors import ConfigError, LocalError, VenueError
from common.core.ids import hand_id
from common.core.market import Side, Venue
from common.core.money import ZERO
from common.core.order import Ack, Reject
from common.endpoints import Endpoint
from common.venues.slip import InForce, Kind, Slip
from common.venues.teller import MAKE_TELLER, Teller
from common.venues.told import Span

BOUND_S = 20.0
HOUR_NS = 3600 * 10**9
SIZE = Decimal("0.01")
Play = Callable[[Callable[[Teller], Awaitable[None]]], None]


@pytest.fixture(params=list(Venue))
def venue(request: pytest.FixtureRequest) -> Venue:
    return Venue(request.param)


@pytest.fixture
def play(paper_house: Any, venue: Venue) -> Play:
    """Plays a story with a started teller."""

    def run(story: Callable[[Teller], Awaitable[None]]) -> None:
        async def whole() -> None:
            endpoint = Endpoint(venue, paper_house.url(venue), "unused", 1, Path("unused"))
            teller = MAKE_TELLER[venue](endpoint, paper_house.keys[venue])
            try:
                async with asyncio.timeout(BOUND_S):
                    await teller.start()
                    await story(teller)
            finally:
                await teller.close()

        asyncio.run(whole())

    return run


def slip(**changes: Any) -> Slip:
    """BUY 0.01 BTC at 39,000: far below the book of 40,000."""
    now_ns = clock.now_ns()
    made = Slip(
        client_id=hand_id(now_ns),
        market="BTC",
        side=Side.BUY,
        kind=Kind.LIMIT,
        size=SIZE,
        limit=Decimal(39_000),
        in_force=InForce.GTT,
        created_ns=now_ns,
        life_ns=HOUR_NS,
    )
    return replace(made, **changes)


async def placed(teller: Teller, order: Slip) -> Any:
    """The order as the venue shows it after it was taken in."""
    said = await teller.place(order)
    assert isinstance(said, Ack), said
    shown = await teller.order(order.client_id)
    assert shown is not None and shown.order_id == said.venue_order_id
    return shown


def test_public_questions_need_no_account(paper_house: Any, venue: Venue) -> None:
    async def whole() -> None:
        teller = MAKE_TELLER[venue](Endpoint(venue, paper_house.url(venue), "unused", 1, Path("unused")), None)
        try:
            listed = {one.instrument.market: one for one in await teller.markets()}
            assert set(listed) == {"BTC", "ETH"} and listed["BTC"].status == "ONLINE"
            assert listed["BTC"].instrument.min_size == Decimal("0.001") and listed["BTC"].max_position == 500
            book = await teller.book("BTC")
            tick = listed["BTC"].instrument.tick
            assert (book.bids[0][0], book.asks[0][0]) == (40_000 - tick, 40_000 + tick)
            ticker = await teller.ticker("BTC")
            assert ticker.index == 40_000 and ticker.market == "BTC" and ticker.next_funding_ns > clock.now_ns()
            assert abs((await teller.time()).offset_ns) < 10**9
            assert not await teller.trades("BTC", 5) and not await teller.candles("BTC", Span.MINUTE, 5)
            assert await teller.funding_history("BTC", 5) == ()
            with pytest.raises(LocalError):
                await teller.start()
            with pytest.raises(VenueError):
                await teller.book("XRP")
        finally:
            await teller.close()

    asyncio.run(whole())


def test_an_account_is_told_with_its_money_fees_and_nothing_held(play: Play, paper_house: Any, venue: Venue) -> None:
    async def story(teller: Teller) -> None:
        user, balance = await teller.user(), await teller.account()
        assert user.address == paper_house.accounts[venue].eth_address.lower()
        assert (user.maker_fee, user.taker_fee) == (Decimal("0.0002"), Decimal("0.0005"))
        assert balance.equity == balance.free == balance.cash == 1000 and balance.initial_margin == 0
        assert balance.position_id == paper_house.accounts[venue].position_id
        assert not (await teller.positions() or await teller.orders(None) or await teller.history(None, 5))
        assert not (await teller.fills(None, 5) or await teller.funding(None, 5))

    play(story)


def test_a_market_order_is_told_everywhere(play: Play, venue: Venue) -> None:
    async def story(teller: Teller) -> None:
        limit = Decimal(40_010)
        shown = await placed(teller, slip(kind=Kind.MARKET, in_force=InForce.IOC, limit=limit, life_ns=75 * 10**9))
        assert (shown.status, shown.filled, shown.kind, shown.in_force) == ("FILLED", SIZE, "MARKET", "IOC")
        price = (await teller.book("BTC")).asks[0][0]
        (fill,) = await teller.fills("BTC", 5)
        assert (fill.price, fill.size, fill.side, fill.order_id) == (price, SIZE, Side.BUY, shown.order_id)
        assert (fill.liquidity, fill.market) == ("TAKER", "BTC")
        assert ZERO <= price * SIZE * Decimal("0.0005") - fill.fee < Decimal("0.000001")
        assert await teller.fills("ETH", 5) == ()
        (held,) = await teller.positions()
        assert (held.market, held.size, held.entry) == ("BTC", SIZE, price)
        assert [one.order_id for one in await teller.history("BTC", 5)] == [shown.order_id]
        (trade,) = await teller.trades("BTC", 5)
        assert (trade.price, trade.size) == (price, SIZE)
        (candle,) = await teller.candles("BTC", Span.HOUR, 5)
        assert (candle.open, candle.close, candle.base) == (price, price, SIZE)
        assert (await teller.ticker("BTC")).last == price
        assert (await teller.account()).equity < 1000

    play(story)


def test_what_a_closed_position_earned_is_told(play: Play, venue: Venue) -> None:
    async def story(teller: Teller) -> None:
        now = {"kind": Kind.MARKET, "in_force": InForce.IOC, "life_ns": 75 * 10**9}
        await placed(teller, slip(limit=Decimal(40_010), **now))
        await placed(teller, slip(side=Side.SELL, limit=Decimal(39_990), reduce_only=True, **now))
        assert await teller.positions() == ()
        (told,) = await teller.pnl(5)
        # bought at the ask and sold at the bid: two ticks, of 1 USD at dYdX and 0.5 at ApeX; dYdX counts the fees in
        fees = sum((fill.fee for fill in await teller.fills(None, 5)), ZERO)
        if venue is Venue.DYDX:
            assert (told.market, told.equity) == ("", (1000 + told.pnl).quantize(Decimal("0.0001")))
            assert abs(told.pnl + Decimal("0.02") + fees) < Decimal("0.001")
        else:
            assert (told.market, told.size, told.pnl) == ("BTC", SIZE, Decimal("-0.01"))

    play(story)


def test_an_order_rests_is_listed_and_is_cancelled_by_either_name(play: Play) -> None:
    async def story(teller: Teller) -> None:
        first, second = await placed(teller, slip(post_only=True)), await placed(teller, slip())
        assert (first.status, first.post_only, first.in_force, first.filled) == ("OPEN", True, "GTT", 0)
        assert not second.post_only and second.price == 39_000
        assert {one.order_id for one in await teller.orders("BTC")} == {first.order_id, second.order_id}
        assert await teller.orders("ETH") == ()
        assert await teller.order(second.order_id) == await teller.order(second.client_id) == second
        assert isinstance(await teller.cancel(second), Ack)
        ended = await teller.order(second.order_id)
        assert ended is not None and (ended.final, ended.reason) == (True, "USER_CANCELED")
        assert isinstance(await teller.cancel(ended), Reject)
        assert isinstance(await teller.cancel_all("ETH"), Ack) and len(await teller.orders(None)) == 1
        assert isinstance(await teller.cancel_all(None), Ack) and await teller.orders(None) == ()
        assert await teller.order("hand-nobody") is None

    play(story)


def test_one_order_takes_the_place_of_another(play: Play) -> None:
    async def story(teller: Teller) -> None:
        old = await placed(teller, slip())
        new = slip(limit=Decimal(38_000))
        said = await teller.replace(old, new)
        assert isinstance(said, Ack)
        (alive,) = await teller.orders(None)
        assert (alive.order_id, alive.price) == (said.venue_order_id, new.limit)
        ended = await teller.order(old.order_id)
        assert ended is not None and ended.status == "CANCELED"
        assert not isinstance(await teller.replace(ended, slip()), Ack)
        assert len(await teller.orders(None)) == 1

    play(story)


def test_apex_replaces_nothing_that_was_filled_meanwhile(play: Play, paper_house: Any, venue: Venue) -> None:
    async def story(teller: Teller) -> None:
        if venue is Venue.DYDX:
            return
        old = await placed(teller, slip(limit=Decimal(39_998), size=2 * SIZE))
        # the best ask comes down to our price, with half of what we want
        await asyncio.to_thread(paper_house.show, venue, "BTC", -5, int(SIZE / Decimal("0.001")))
        said = await teller.replace(old, slip())
        assert isinstance(said, Reject) and "filled to 0.01 meanwhile" in said.reason
        assert await teller.orders(None) == ()

    play(story)


def test_a_fill_or_kill_and_a_post_only_that_cannot_be_had_end_at_once(play: Play) -> None:
    async def story(teller: Teller) -> None:
        killed = await placed(teller, slip(in_force=InForce.FOK, life_ns=75 * 10**9))
        assert (killed.status, killed.filled, killed.in_force) == ("CANCELED", 0, "FOK")
        crossing = await placed(teller, slip(limit=Decimal(40_010), post_only=True))
        assert (crossing.status, crossing.filled) == ("CANCELED", ZERO)

    play(story)


def test_a_stop_waits_for_the_index_and_trades_then(play: Play, paper_house: Any, venue: Venue) -> None:
    stop = {"side": Side.SELL, "kind": Kind.STOP_LIMIT, "trigger": Decimal(39_900), "limit": Decimal(39_000)}

    async def story(teller: Teller) -> None:
        waiting = await placed(teller, slip(**stop))
        assert (waiting.status, waiting.trigger, waiting.filled) == ("UNTRIGGERED", 39_900, 0)
        assert [one.order_id for one in await teller.orders("BTC")] == [waiting.order_id]
        step = {Venue.DYDX: 1, Venue.APEX: 2}[venue]
        await asyncio.to_thread(paper_house.show, venue, "BTC", -99 * step)
        still = await teller.order(waiting.order_id)
        assert still is not None and still.status == "UNTRIGGERED"
        await asyncio.to_thread(paper_house.show, venue, "BTC", -100 * step)
        done = await teller.order(waiting.order_id)
        assert done is not None and (done.status, done.filled) == ("FILLED", SIZE)
        (fill,) = await teller.fills("BTC", 5)
        assert fill.kind == "STOP_LIMIT" and fill.price == 39_900 - Decimal(step) / (1 if venue is Venue.DYDX else 4)
        dropped = await placed(teller, slip(kind=Kind.TAKE_PROFIT, trigger=Decimal(38_000), limit=Decimal(38_010)))
        assert isinstance(await teller.cancel(dropped), Ack) and await teller.orders(None) == ()

    play(story)


def test_each_venue_says_what_it_does_not_have(play: Play, venue: Venue) -> None:
    async def story(teller: Teller) -> None:
        trigger = {"trigger": Decimal(41_000)}
        refused = [
            teller.refuse(slip(kind=Kind.STOP_MARKET, **trigger)),
            teller.refuse(slip(kind=Kind.TAKE_PROFIT_MARKET, **trigger)),
            teller.refuse(slip(kind=Kind.MARKET)),
            teller.refuse(slip(reduce_only=True)),
            teller.refuse(slip(life_ns=10**9)),
        ]
        assert all(refused) if venue is Venue.DYDX else not any(refused)
        assert teller.refuse(slip()) is None

    play(story)


def test_a_stop_market_order_is_apex_s(play: Play, paper_house: Any, venue: Venue) -> None:
    async def story(teller: Teller) -> None:
        if venue is Venue.DYDX:
            return
        stop = slip(kind=Kind.STOP_MARKET, in_force=InForce.IOC, trigger=Decimal(40_100), limit=Decimal(41_000))
        assert (await placed(teller, stop)).status == "UNTRIGGERED"
        await asyncio.to_thread(paper_house.show, venue, "BTC", 200)
        done = await teller.order(stop.client_id)
        assert done is not None and (done.status, done.kind) == ("FILLED", "STOP_MARKET")

    play(story)


def test_what_the_venue_refuses_is_a_value_with_its_words(play: Play) -> None:
    async def story(teller: Teller) -> None:
        said = await teller.place(slip(size=Decimal(600)))
        assert isinstance(said, Reject) and "osition" in said.reason

    play(story)


def test_wrong_keys_are_for_a_person_to_mend(paper_house: Any, venue: Venue) -> None:
    async def whole() -> None:
        keys = replace(paper_house.keys[venue], passphrase="wrong")
        teller = MAKE_TELLER[venue](Endpoint(venue, paper_house.url(venue), "unused", 1, Path("unused")), keys)
        try:
            with pytest.raises(ConfigError, match="API key"):
                await teller.start()
        finally:
            await teller.close()

    asyncio.run(whole())


@pytest.mark.parametrize(
    "changes",
    [
        {"size": ZERO},
        {"kind": Kind.STOP_LIMIT},
        {"trigger": Decimal(1)},
        {"post_only": True, "in_force": InForce.IOC},
    ],
)
def test_a_slip_that_contradicts_itself_is_none(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"above 0|trigger|rests"):
        slip(**changes)
