"""What a worker relies on, the same at every venue: in the simulation's process and on the wire."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from common.core.book import Book, make_book
from common.core.events import BookMessage, Filled, IndexPrice, Reported
from common.core.market import Side
from common.core.money import ZERO
from common.core.order import Absent, Ack, Found, Lifetime, Order, Purpose, Reject, Unknown

Play = Callable[[Callable[[Any], Any]], None]
SIZE = Decimal("0.01")


async def sent(place: Any, order: Order) -> Any:
    return await place.desk.send(order, place.desk.prepare(order))


async def found(place: Any, order: Order) -> Found:
    finding = await place.desk.look_up(order)
    assert isinstance(finding, Found), finding
    return finding


def test_a_fill_or_kill_that_crosses_is_filled_whole_at_the_book_s_price(play: Play) -> None:
    async def story(place: Any) -> None:
        order = place.order()
        answer = await sent(place, order)
        assert isinstance(answer, Ack)
        finding = await found(place, order)
        report = finding.report
        assert (report.client_id, report.venue_order_id) == (order.client_id, answer.venue_order_id)
        assert (report.filled_size, report.final) == (SIZE, True)
        (fill,) = finding.fills
        assert (fill.price, fill.size, fill.side, fill.client_id) == (place.price(1), SIZE, Side.BUY, order.client_id)
        # 5 bp of what was traded, cut to a micro-USD by the venue
        assert 0 <= fill.price * fill.size * 500 - fill.fee_uusd < 1

    play(story)


def test_a_fill_or_kill_beyond_the_book_is_killed_whole(play: Play) -> None:
    async def story(place: Any) -> None:
        order = place.order(limit=place.price(-1))
        assert isinstance(await sent(place, order), Ack)
        finding = await found(place, order)
        assert (finding.report.filled_size, finding.report.final, finding.fills) == (ZERO, True, ())
        assert finding.report.reason

    play(story)


def test_an_immediate_order_takes_what_is_there_and_never_rests(play: Play) -> None:
    async def story(place: Any) -> None:
        place.show(steps=int(SIZE / place.instrument.step))
        order = place.order(size=3 * SIZE, limit=place.price(2), lifetime=Lifetime.IOC)
        assert isinstance(await sent(place, order), Ack)
        finding = await found(place, order)
        assert (finding.report.filled_size, finding.report.final) == (2 * SIZE, True)
        assert sorted(fill.price for fill in finding.fills) == [place.price(1), place.price(2)]

    play(story)


def test_reduce_only_never_opens_a_position(play: Play) -> None:
    async def story(place: Any) -> None:
        order = place.order(purpose=Purpose.EVEN, reduce_only=True)
        answer = await sent(place, order)
        if isinstance(answer, Ack):
            finding = await found(place, order)
            assert (finding.report.filled_size, finding.report.final) == (ZERO, True)
        else:
            assert isinstance(answer, Reject)
        assert await place.desk.fills_since("ETH", order.created_ns - 10**9) == ()

    play(story)


def test_reduce_only_takes_no_more_than_there_is(play: Play) -> None:
    async def story(place: Any) -> None:
        await sent(place, place.order())
        back = place.order(
            number=1, side=Side.SELL, size=SIZE, limit=place.price(-2), purpose=Purpose.EVEN, reduce_only=True
        )
        assert isinstance(await sent(place, back), Ack)
        assert (await found(place, back)).report.filled_size == SIZE

    play(story)


def test_an_order_that_was_never_sent_is_absent_and_not_yet_proven_so(play: Play) -> None:
    async def story(place: Any) -> None:
        assert await place.desk.look_up(place.order()) == Absent(proven=False)

    play(story)


def test_an_order_that_arrives_twice_is_one_order_and_never_a_no(play: Play) -> None:
    async def story(place: Any) -> None:
        order = place.order()
        first, second = await sent(place, order), await sent(place, order)
        assert isinstance(second, Unknown) or second == first
        assert len((await found(place, order)).fills) == 1
        assert len(await place.desk.fills_since("ETH", order.created_ns - 10**9)) == 1

    play(story)


def test_history_names_the_venue_s_order_and_begins_where_it_was_asked_to(play: Play) -> None:
    async def story(place: Any) -> None:
        first, second = place.order(), place.order(number=1, side=Side.SELL, limit=place.price(-2))
        answers = [await sent(place, first), await sent(place, second)]
        history = await place.desk.fills_since("ETH", first.created_ns - 10**9)
        assert [past.venue_order_id for past in history] == [answer.venue_order_id for answer in answers]
        assert [past.fill.side for past in history] == [Side.BUY, Side.SELL]
        assert await place.desk.fills_since("ETH", place.now_ns() + 10**9) == ()
        assert await place.desk.funding("ETH") == ()

    play(story)


def test_the_stream_tells_what_a_look_up_finds(play: Play) -> None:
    async def story(place: Any) -> None:
        order = place.order()
        await sent(place, order)
        await place.settle(lambda: bool(place.account.all(Filled)) and any(
            event.report.final for event in place.account.all(Reported)
        ))  # fmt: skip
        finding = await found(place, order)
        assert [event.fill for event in place.account.all(Filled)] == list(finding.fills)
        last = [event.report for event in place.account.all(Reported) if event.report.client_id == order.client_id][-1]
        assert (last.filled_size, last.final) == (finding.report.filled_size, True)

    play(story)


def kept(place: Any) -> Book:
    """The book that the feed's messages make."""
    book = make_book(place.instrument)
    for message in place.feed.all(BookMessage):
        book.apply(message)
    return book


def test_a_feed_begins_with_the_whole_book_and_tells_the_index(play: Play) -> None:
    async def story(place: Any) -> None:
        place.listen()
        await place.settle(lambda: bool(place.feed.all(BookMessage) and place.feed.all(IndexPrice)))
        first = place.feed.all(BookMessage)[0]
        assert first.snapshot and len(first.bids) == len(first.asks) == 5
        assert place.feed.all(IndexPrice)[0].price == place.price(0)
        assert (kept(place).bids.best(), kept(place).asks.best()) == (first.bids[0][0], first.asks[0][0])

    play(story)


def test_deltas_lead_to_the_book_that_a_snapshot_shows(play: Play) -> None:
    async def story(place: Any) -> None:
        place.listen()
        await place.settle(lambda: bool(place.feed.all(BookMessage)))
        place.show(shift=7, steps=40)
        middle = int(place.price(7) / place.instrument.tick)
        await place.settle(lambda: kept(place).asks.best() == middle + 1 and kept(place).bids.best() == middle - 1)
        changed = kept(place)
        assert not changed.stale
        place.refresh()
        await place.settle(lambda: sum(message.snapshot for message in place.feed.all(BookMessage)) == 2)
        again = kept(place)
        assert (again.bids.sizes, again.asks.sizes) == (changed.bids.sizes, changed.asks.sizes)

    play(story)
