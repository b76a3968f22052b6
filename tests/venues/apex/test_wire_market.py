"""Public ApeX messages become integer books, funding rates and instruments."""

import contextlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core.book import make_book
from common.core.errors import ConfigError, VenueError
from common.core.market import Instrument, Side, Venue
from common.venues.apex import wire_market as wire
from common.venues.apex.wire import decode_frame, server_time_ns
from common.venues.apex.wire_market import Listing

Sample = Callable[[str], Any]
CENT = Decimal("0.01")
BTC = Instrument(Venue.APEX, "BTC", "BTC-USDC", Decimal("0.5"), Decimal("0.001"), Decimal("0.001"), CENT, CENT, CENT)


def frame_of(bids: list[list[str]], asks: list[list[str]], u: int = 1, kind: str = "snapshot") -> dict[str, Any]:
    data = {"s": "BTCUSDC", "b": bids, "a": asks, "u": u}
    return {"topic": "orderBook200.H.BTCUSDC", "type": kind, "data": data, "cs": 1, "ts": 1}


def test_a_snapshot_becomes_whole_ticks_and_steps_best_first_with_its_sequence(sample: Sample) -> None:
    message = wire.book_message(sample("book_snapshot"), BTC, 7)
    assert message.snapshot
    assert message.bids == ((40001, 3, 41), (40000, 250, 41), (39999, 1000, 41))
    assert message.asks == ((40002, 2, 41), (40003, 10, 41))
    assert (message.sequence, message.at_ns, message.venue) == (41, 7, Venue.APEX)


def test_a_delta_carries_removals_and_follows_its_snapshot_in_the_book(sample: Sample) -> None:
    book = make_book(BTC)
    book.apply(wire.book_message(sample("book_snapshot"), BTC, 1))
    delta = wire.book_message(sample("book_delta"), BTC, 2)
    book.apply(delta)
    assert not delta.snapshot
    assert book.stale == ""
    quote = book.quote(Side.SELL, 1)
    assert quote is not None
    assert quote.touch == Decimal("20000.0")


def test_prices_off_the_grid_are_rounded_against_us_and_sizes_down() -> None:
    message = wire.book_message(frame_of([["100.7", "0.0019"]], [["100.7", "0.0019"]]), BTC, 1)
    assert message.bids == ((201, 1, 1),)
    assert message.asks == ((202, 1, 1),)


def test_a_bid_below_the_first_tick_is_no_level() -> None:
    assert wire.book_message(frame_of([["0.1", "1"]], []), BTC, 1).bids == ()


@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**9)), max_size=30, unique_by=lambda row: row[0]),
    st.randoms(use_true_random=False),
)
def test_any_order_of_rows_gives_the_same_message(rows: list[tuple[int, int]], random: Any) -> None:
    texts = [[str(BTC.price(ticks)), str(BTC.size(steps))] for ticks, steps in rows]
    shuffled = list(texts)
    random.shuffle(shuffled)
    message = wire.book_message(frame_of(shuffled, shuffled), BTC, 1)
    assert message.asks == tuple((ticks, steps, 1) for ticks, steps in sorted(rows))
    assert message.bids == tuple(reversed(message.asks))


@given(st.decimals(min_value="0.0001", max_value=10**6, places=4), st.decimals(min_value=0, max_value=10**6, places=6))
def test_no_level_ever_looks_better_or_larger_than_it_is(price: Decimal, size: Decimal) -> None:
    message = wire.book_message(frame_of([[str(price), str(size)]], [[str(price), str(size)]]), BTC, 1)
    for ticks, steps, _ in message.bids:
        assert price - BTC.tick < BTC.price(ticks) <= price
        assert size - BTC.step < BTC.size(steps) <= size
    [(ticks, _, _)] = message.asks
    assert price <= BTC.price(ticks) < price + BTC.tick


@pytest.mark.parametrize(
    "bad",
    [
        frame_of([["NaN", "1"]], []),
        frame_of([["1e999999", "1"]], []),
        frame_of([["Infinity", "1"]], []),
        frame_of([["-1", "1"]], []),
        frame_of([["1", "-1"]], []),
        frame_of([["1"]], []),
        frame_of([], [], kind="surprise"),
        frame_of([], [], u="1"),  # type: ignore[arg-type]
        {"type": "snapshot", "data": None},
        {"type": "snapshot", "data": {"s": "ETHUSDC", "b": [], "a": [], "u": 1}},
    ],
)
def test_a_malformed_book_is_the_venues_fault(bad: dict[str, Any]) -> None:
    with pytest.raises(VenueError):
        wire.book_message(bad, BTC, 1)


@given(st.binary(max_size=40))
def test_bytes_that_are_no_object_are_the_venues_fault(data: bytes) -> None:
    with contextlib.suppress(VenueError):
        assert isinstance(decode_frame(data), dict)


def test_the_predicted_funding_rate_is_taken_and_a_delta_without_it_says_nothing(sample: Sample) -> None:
    rate = wire.funding_rate(sample("ticker_snapshot"), 5)
    assert rate is not None
    assert (rate.hourly, rate.at_ns) == (Decimal("0.0000030"), 5)
    assert wire.funding_rate(sample("ticker_delta"), 6) is None


def test_the_current_rate_stands_in_for_a_missing_prediction_in_a_snapshot_only(sample: Sample) -> None:
    frame = sample("ticker_snapshot")
    del frame["data"]["predictedFundingRate"]
    rate = wire.funding_rate(frame, 5)
    assert rate is not None
    assert rate.hourly == Decimal("-0.0000125")
    assert wire.funding_rate({**frame, "type": "delta"}, 5) is None


def test_the_index_price_is_taken_and_a_delta_without_it_says_nothing(sample: Sample) -> None:
    index = wire.index_price(sample("ticker_snapshot"), 5)
    assert index is not None
    assert (index.venue, index.price, index.at_ns) == (Venue.APEX, Decimal("21409.820"), 5)
    assert wire.index_price(sample("ticker_delta"), 6) is None
    assert wire.index_price({"type": "delta", "data": {"indexPrice": "0"}}, 6) is None


@pytest.mark.parametrize("text", ["-1", "NaN", "Infinity", "x", ["1"]])
def test_an_index_that_is_no_price_is_the_venues_fault(text: Any) -> None:
    with pytest.raises(VenueError):
        wire.index_price({"type": "delta", "data": {"indexPrice": text}}, 5)


def test_a_listing_becomes_an_instrument_with_the_accounts_fee(listing: Listing) -> None:
    instrument = listing.instrument(Decimal("0.00050"))
    assert (instrument.name, instrument.market, instrument.venue) == ("BTC-USDC", "BTC", Venue.APEX)
    assert (instrument.tick, instrument.step, instrument.min_size) == (Decimal("0.5"), Decimal("0.001"), BTC.min_size)
    assert (instrument.initial_margin, instrument.taker_fee) == (Decimal("0.03333"), Decimal("0.00050"))
    assert instrument.online
    assert (wire.book_topic(instrument), wire.ticker_topic(instrument)) == (
        "orderBook200.H.BTCUSDC",
        "instrumentInfo.H.BTCUSDC",
    )


@pytest.mark.parametrize("flag", ["enableTrade", "enableOpenPosition"])
def test_a_market_that_takes_no_entries_is_not_online(sample: Sample, flag: str) -> None:
    data = sample("symbols")["data"]
    data["perpetualContract"][0][flag] = False
    assert not wire.find_listing(data, "BTC").online


def test_an_unlisted_market_is_the_persons_to_mend_and_a_broken_list_the_venues(sample: Sample) -> None:
    data = sample("symbols")["data"]
    with pytest.raises(ConfigError, match=r"SHIB-USDC.*markets\.SHIB"):
        wire.find_listing(data, "SHIB")
    del data["perpetualContract"][0]["tickSize"]
    with pytest.raises(VenueError):
        wire.find_listing(data, "BTC")
    assert wire.find_listing(data, "ETH").tick == Decimal("0.05")


def test_the_oracle_price_is_found_under_either_spelling_of_the_symbol(sample: Sample) -> None:
    rows = sample("ticker_rest")["data"]
    assert wire.oracle_price(rows, "BTC-USDC") == Decimal("43513.9")
    rows[0].update(symbol="BTC-USDC", oraclePrice="")
    assert wire.oracle_price(rows, "BTC-USDC") == Decimal("43512.1")
    with pytest.raises(VenueError):
        wire.oracle_price([], "BTC-USDC")


def test_the_venues_time_is_read_in_seconds_and_in_milliseconds() -> None:
    assert server_time_ns({"time": 1_700_000_000}) == 1_700_000_000 * 10**9
    assert server_time_ns({"time": 1_700_000_000_123}) == 1_700_000_000_123 * 10**6
    with pytest.raises(VenueError):
        server_time_ns({})
