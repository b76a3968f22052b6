"""What a paper venue does with one order: which it takes in, and how each kind ends."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from common.core.market import Side, Venue
from common.sim.checks import Refuse
from common.sim.engine import PaperEngine
from common.sim.types import AccountChange, BookChange, PaperOrder, PaperRefusal, Print, SourceBook

SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND
DYDX, APEX, BUY, SELL = Venue.DYDX, Venue.APEX, Side.BUY, Side.SELL
Make = Callable[..., Any]


def settled(engine: PaperEngine, answer: PaperOrder | PaperRefusal) -> PaperOrder:
    """The order as it is after it was matched."""
    assert isinstance(answer, PaperOrder), answer
    assert answer.status == "PENDING"
    found = engine.order(answer.account_id, answer.order_id)
    assert found is not None
    return found


def published(engine: PaperEngine) -> list[Any]:
    """Everything that was published since the venue was made."""
    return engine.on_publish.__self__  # type: ignore[attr-defined,no-any-return]


@pytest.fixture
def market(venue: Venue, opened: Make, ladder: Make) -> PaperEngine:
    """A venue whose BTC book is 42000 ticks ± 1 … 5, fifty steps each; nobody was there before."""
    engine: PaperEngine = opened(venue)
    engine.apply(ladder(venue), NOW)
    return engine


def usd(engine: PaperEngine, ticks: int) -> Decimal:
    return engine.instruments["BTC"].price(ticks)


def base(engine: PaperEngine, steps: int) -> str:
    return str(engine.instruments["BTC"].size(steps))


def test_a_fok_within_the_depth_is_filled_level_by_level_at_the_levels_prices(market: PaperEngine, ask: Make) -> None:
    order = settled(market, market.place("a", ask("1", BUY, base(market, 70), usd(market, 42_002), "FOK"), NOW))
    fills = market.fills("a", order_id=order.order_id)
    assert order.status == "FILLED" and order.remaining == 0
    assert [(f.price, f.size) for f in reversed(fills)] == [
        (usd(market, 42_001), Decimal(base(market, 50))),
        (usd(market, 42_002), Decimal(base(market, 20))),
    ]
    assert {(f.liquidity, f.kind) for f in fills} == {("TAKER", "LIMIT")}


def test_a_fok_beyond_the_depth_takes_nothing(market: PaperEngine, ask: Make) -> None:
    before = market.book("BTC")
    order = settled(market, market.place("a", ask("1", BUY, base(market, 101), usd(market, 42_002), "FOK"), NOW))
    assert (order.status, order.cancel_reason, market.fills("a")) == ("CANCELED", "COULD_NOT_FILL", ())
    assert market.book("BTC") == before


def test_an_ioc_takes_what_is_there_and_the_rest_is_cancelled(market: PaperEngine, ask: Make) -> None:
    order = settled(market, market.place("a", ask("1", SELL, base(market, 80), usd(market, 41_999)), NOW))
    assert (order.status, order.cancel_reason) == ("CANCELED", "COULD_NOT_FILL")
    assert order.remaining == Decimal(base(market, 30))


def test_a_market_order_never_rests(market: PaperEngine, ask: Make) -> None:
    lifetime = "IOC" if market.venue is DYDX else "GTT"
    request = ask("1", BUY, base(market, 300), usd(market, 42_003), lifetime, kind="MARKET")
    order = settled(market, market.place("a", request, NOW))
    assert (order.status, order.remaining) == ("CANCELED", Decimal(base(market, 150)))
    assert {fill.kind for fill in market.fills("a")} == {"MARKET"}


def test_a_limit_order_rests_and_is_filled_as_maker_at_its_own_price(
    market: PaperEngine, ask: Make, ladder: Make
) -> None:
    order = settled(market, market.place("a", ask("1", BUY, base(market, 30), usd(market, 41_999), "GTT"), NOW))
    assert order.status == "OPEN"
    assert market.book("BTC")[0][0][:2] == (41_999, 80), "it shows in the book"
    market.apply(ladder(market.venue, 41_990), NOW + SECOND)
    after = market.order("a", order.order_id)
    assert after is not None and after.status == "FILLED"
    (fill,) = market.fills("a")
    assert (fill.price, fill.liquidity) == (usd(market, 41_999), "MAKER")
    assert fill.fee == (fill.price * fill.size * Decimal("0.0002")).quantize(Decimal("0.000001"), "ROUND_DOWN")


def test_the_remainder_of_a_crossing_limit_order_rests_and_the_book_is_not_crossed(
    market: PaperEngine, ask: Make
) -> None:
    order = settled(market, market.place("a", ask("1", BUY, base(market, 60), usd(market, 42_001), "GTT"), NOW))
    bids, asks, _ = market.book("BTC")
    assert order.status == "OPEN" and order.remaining == Decimal(base(market, 10))
    assert bids[0][:2] == (42_001, 10) and asks[0][0] == 42_002


def test_a_post_only_order_that_would_cross_is_taken_in_and_cancelled(market: PaperEngine, ask: Make) -> None:
    request = ask("1", BUY, base(market, 10), usd(market, 42_001), "GTT", post_only=True)
    order = settled(market, market.place("a", request, NOW))
    words = {DYDX: "POST_ONLY_WOULD_CROSS", APEX: "COULD_NOT_FILL"}
    assert (order.status, order.cancel_reason, market.fills("a")) == ("CANCELED", words[market.venue], ())


def test_meeting_an_own_order_cancels_the_incoming_one(market: PaperEngine, ask: Make) -> None:
    resting = settled(market, market.place("a", ask("1", SELL, base(market, 10), usd(market, 42_001), "GTT"), NOW))
    incoming = settled(market, market.place("a", ask("2", BUY, base(market, 55), usd(market, 42_001)), NOW))
    words = {DYDX: "SELF_TRADE", APEX: "COULD_NOT_FILL"}
    assert (incoming.status, incoming.cancel_reason) == ("CANCELED", words[market.venue])
    assert incoming.remaining == Decimal(base(market, 5)), "the source's depth came before"
    assert market.order("a", resting.order_id) == resting


def test_two_accounts_trade_with_each_other(market: PaperEngine, ask: Make) -> None:
    market.open_account("b", Decimal(1000), NOW)
    maker = settled(market, market.place("b", ask("1", SELL, base(market, 10), usd(market, 42_000), "GTT"), NOW))
    taker = settled(market, market.place("a", ask("1", BUY, base(market, 10), usd(market, 42_000), "FOK"), NOW))
    done = market.order("b", maker.order_id)
    assert done is not None and (done.status, taker.status) == ("FILLED", "FILLED")
    assert [fill.liquidity for fill in market.fills("b")] == ["MAKER"]
    assert not any(row[0] == 42_000 for row in market.book("BTC")[1])


def test_one_order_is_told_of_in_one_change_after_the_book(market: PaperEngine, ask: Make) -> None:
    market.on_publish = list[Any]().append
    market.place("a", ask("1", BUY, base(market, 70), usd(market, 42_002), "FOK"), NOW)
    kinds = [type(item) for item in published(market)]
    assert kinds == [Print, Print, BookChange, AccountChange]
    change = published(market)[-1]
    assert (len(change.orders), len(change.fills), len(change.positions)) == (1, 2, 1)
    assert change.balance == market.account("a").balance
    assert change.orders[0].status == "FILLED"


def test_reduce_only_never_opens_a_position(market: PaperEngine, ask: Make) -> None:
    answer = market.place("a", ask("1", BUY, base(market, 10), usd(market, 42_001), reduce_only=True), NOW)
    if market.venue is APEX:
        assert isinstance(answer, PaperRefusal) and answer.key == Refuse.REDUCE_ONLY
    else:
        assert settled(market, answer).cancel_reason == "REDUCE_ONLY_RESIZED"
    assert market.fills("a") == ()


def test_reduce_only_never_flips_a_position(market: PaperEngine, ask: Make) -> None:
    market.place("a", ask("1", BUY, base(market, 10), usd(market, 42_001)), NOW)
    answer = market.place("a", ask("2", SELL, base(market, 15), usd(market, 41_999), reduce_only=True), NOW)
    if market.venue is APEX:
        assert isinstance(answer, PaperRefusal) and answer.key == Refuse.REDUCE_ONLY
        return
    assert settled(market, answer).remaining == Decimal(base(market, 5))
    assert market.account("a").positions == ()


def test_a_resting_reduce_only_order_ends_with_the_position(opened: Make, ladder: Make, ask: Make) -> None:
    engine: PaperEngine = opened(APEX)
    engine.apply(ladder(APEX), NOW)
    engine.place("a", ask("1", BUY, "0.010", "21000.5"), NOW)
    closing = ask("2", SELL, "0.010", "21005", "GTT", reduce_only=True)
    order = settled(engine, engine.place("a", closing, NOW))
    assert order.status == "OPEN"
    engine.place("a", ask("3", SELL, "0.010", "20999.5"), NOW)
    engine.apply(ladder(APEX, 42_100), NOW + SECOND)
    after = engine.order("a", order.order_id)
    assert after is not None and (after.status, after.cancel_reason) == ("CANCELED", "REDUCE_ONLY_CANCELED")
    assert engine.account("a").positions == ()


def test_a_client_id_is_an_order_once(market: PaperEngine, ask: Make) -> None:
    request = ask("1", BUY, base(market, 10), usd(market, 42_001))
    first = market.place("a", request, NOW)
    again = market.place("a", request, NOW + SECOND)
    other = market.place("a", ask("1", BUY, base(market, 20), usd(market, 42_001)), NOW + SECOND)
    assert isinstance(other, PaperRefusal)
    if market.venue is DYDX:
        assert isinstance(again, PaperRefusal)
        assert (again.key, other.key) == (Refuse.DUPLICATE, Refuse.DUPLICATE)
    else:
        assert isinstance(first, PaperOrder) and isinstance(again, PaperOrder)
        assert (again.order_id, other.key) == (first.order_id, Refuse.CONFLICT)
    assert len(market.orders("a")) == len(market.fills("a")) == 1


def test_an_order_expires(market: PaperEngine, ask: Make) -> None:
    request = ask("1", BUY, base(market, 10), usd(market, 41_990), "GTT", expires_ns=NOW + 75 * SECOND)
    order = settled(market, market.place("a", request, NOW))
    market.advance(NOW + 74 * SECOND)
    assert market.order("a", order.order_id) == order
    market.advance(NOW + 75 * SECOND)
    after = market.order("a", order.order_id)
    assert after is not None and (after.status, after.cancel_reason) == ("CANCELED", "EXPIRED")
    assert not any(row[0] == 41_990 for row in market.book("BTC")[0])


def test_cancelling_takes_the_order_out_of_the_book_once(market: PaperEngine, ask: Make) -> None:
    order = settled(market, market.place("a", ask("1", BUY, base(market, 10), usd(market, 41_990), "GTT"), NOW))
    done = market.cancel("a", order.order_id, NOW)
    assert isinstance(done, PaperOrder) and (done.status, done.cancel_reason) == ("CANCELED", "USER_CANCELED")
    assert not any(row[0] == 41_990 for row in market.book("BTC")[0])
    answers = [market.cancel("a", order.order_id, NOW), market.cancel("a", "?", NOW), market.cancel("b", "1", NOW)]
    keys = [answer.key for answer in answers if isinstance(answer, PaperRefusal)]
    assert keys == [Refuse.ORDER_FINAL, Refuse.ORDER_UNKNOWN, Refuse.ORDER_UNKNOWN]


def test_a_lost_race_kills_a_fok_and_worsens_an_ioc_within_its_limit(opened: Make, ladder: Make, ask: Make) -> None:
    engine: PaperEngine = opened(DYDX, race_lost=Decimal(1))
    engine.apply(ladder(DYDX), NOW)
    killed = settled(engine, engine.place("a", ask("1", BUY, "0.001", 42_001, "FOK"), NOW))
    assert killed.cancel_reason == "COULD_NOT_FILL"
    changes = [item for item in published(engine) if isinstance(item, BookChange)]
    assert changes[-1].asks == ((42_001, 0, 2),), "the beaten level is gone from the book"
    settled(engine, engine.place("a", ask("2", SELL, "0.001", 41_998, "FOK"), NOW))
    (fill,) = engine.fills("a")
    assert fill.price == 41_998
    assert [p.price for p in engine.prints("BTC")] == [41_998, 41_999, 42_001]


def test_whoever_wins_the_race_takes_the_sources_depth_and_no_resting_order(
    opened: Make, ladder: Make, ask: Make
) -> None:
    engine: PaperEngine = opened(DYDX, race_lost=Decimal(1))
    engine.apply(ladder(DYDX), NOW)
    engine.open_account("b", Decimal(1000), NOW)
    engine.place("b", ask("1", SELL, "0.001", 42_000, "GTT"), NOW)
    engine.place("a", ask("1", BUY, "0.002", 42_001), NOW)
    assert [fill.price for fill in engine.fills("a")] == [42_000]


def test_the_share_of_lost_races_is_the_one_asked_for_and_fixed_by_the_seed(opened: Make) -> None:
    engines = [opened(DYDX, race_lost=Decimal("0.08"), seed=seed)._setup for seed in (1, 1, 2)]
    tosses = [[setup.loses_race(str(n)) for n in range(5000)] for setup in engines]
    assert tosses[0] == tosses[1] != tosses[2]
    assert all(0.065 < sum(toss) / 5000 < 0.095 for toss in tosses)


def test_dydx_forgets_the_client_id_of_a_finished_order_after_an_hour(opened: Make, ladder: Make, ask: Make) -> None:
    engine: PaperEngine = opened(DYDX)
    book: SourceBook = ladder(DYDX)
    engine.apply(book, NOW)
    engine.place("a", ask("done", BUY, "0.001", 42_001), NOW)
    engine.place("a", ask("rests", BUY, "0.001", 41_000, "GTT"), NOW)
    engine.advance(NOW + 3600 * SECOND)
    assert engine.order_by_client_id("a", "done") is not None
    engine.advance(NOW + 3601 * SECOND)
    assert engine.order_by_client_id("a", "done") is None
    assert engine.order_by_client_id("a", "rests") is not None
    assert isinstance(engine.place("a", ask("done", BUY, "0.001", 42_001), NOW + 3601 * SECOND), PaperRefusal)
