"""dYdX's public messages: listings, books in whole ticks and steps, funding rates."""

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.core.errors import ConfigError, VenueError
from common.core.events import BookMessage, FundingRate, IndexPrice
from common.core.market import Instrument, Venue
from common.venues.dydx import wire_market
from common.venues.dydx.wire_market import BookCodec, Listing

Sample = Callable[[str], Any]
#: (tick, step) of the ten markets
GRIDS = [
    ("1", "0.0001"), ("0.1", "0.001"), ("0.001", "0.1"), ("0.01", "0.1"), ("0.001", "1"), ("0.0001", "10"),
    ("0.1", "0.01"),
]  # fmt: skip


def grid(tick: str, step: str) -> Instrument:
    one = Decimal(1)
    return Instrument(Venue.DYDX, "X", "X-USD", Decimal(tick), Decimal(step), one, one, one, one)


def test_a_listing_has_the_grid_and_what_signing_needs(listing: Listing) -> None:
    assert listing == Listing(
        Instrument(
            Venue.DYDX, "BTC", "BTC-USD", Decimal(1), Decimal("0.0001"), Decimal("0.001"),
            Decimal("0.0005"), Decimal("0.05"), Decimal("0.03"), True,
        ),
        Decimal(10**10),
        0x4254432D3130000000000000000000,
    )  # fmt: skip


@pytest.mark.parametrize("status", ["OFFLINE", "POST_ONLY", "CANCEL_ONLY", "INITIALIZING", "CLOSE_ONLY"])
def test_only_online_is_online(sample: Sample, status: str) -> None:
    raw = sample("markets")["markets"]["BTC-USD"] | {"status": status}
    assert not wire_market.read_instrument(raw, Decimal(0)).online


def test_a_market_that_is_not_listed_is_a_matter_of_configuration(sample: Sample) -> None:
    with pytest.raises(ConfigError, match="PEPE-USD"):
        wire_market.find_market(sample("markets"), "PEPE")


@pytest.mark.parametrize("broken", [{"tickSize": "0"}, {"stepSize": "x"}, {"assetResolution": None}])
def test_a_malformed_listing_is_the_venue_s_fault(sample: Sample, broken: dict[str, Any]) -> None:
    with pytest.raises((VenueError, ConfigError)):
        wire_market.read_listing(sample("markets")["markets"]["BTC-USD"] | broken, Decimal(0))


def test_a_snapshot_is_rounded_against_us_and_keeps_each_level_s_offset(sample: Sample, instrument: Instrument) -> None:
    message = BookCodec(instrument).snapshot(sample("ws_book_snapshot"), 7)
    assert message == BookMessage(
        Venue.DYDX,
        True,
        bids=((37000, 10000, 99), (36998, 30000, 102)),
        asks=((37001, 5000, 100), (37003, 123456, 101)),
        sequence=102,
        at_ns=7,
    )


def test_a_snapshot_without_offsets_has_offset_zero(instrument: Instrument) -> None:
    contents = {"asks": [{"size": "1", "price": "2"}], "bids": []}
    assert BookCodec(instrument).snapshot(contents, 0).asks == ((2, 10000, 0),)


def test_a_delta_carries_its_offset_on_every_level(sample: Sample, instrument: Instrument) -> None:
    message = BookCodec(instrument).delta(sample("ws_book_delta"), 7)
    bids, asks = ((36999, 2500, 161942809),), ((37001, 0, 161942809),)
    assert message == BookMessage(Venue.DYDX, False, bids, asks, 161942809, 7)


def test_a_batch_is_one_message_whose_levels_keep_their_own_offsets(sample: Sample, instrument: Instrument) -> None:
    message = BookCodec(instrument).delta(sample("ws_book_batch"), 7)
    assert message.bids == ((36999, 2500, 200), (36999, 0, 203))
    assert (message.asks, message.sequence) == (((37003, 10000, 203),), 203)


@pytest.mark.parametrize(
    "contents",
    [{}, [], {"offset": "1", "bids": [["x", "1"]], "asks": []}, {"offset": "1", "bids": [["1"]], "asks": []},
     {"offset": "1", "bids": [["-1", "1"]], "asks": []}, {"offset": "1", "bids": [["nan", "1"]], "asks": []},
     {"offset": "1", "bids": [["1", "inf"]], "asks": []}, None, "text"],
)  # fmt: skip
def test_a_malformed_book_is_the_venue_s_fault(instrument: Instrument, contents: Any) -> None:
    if contents == []:
        assert not BookCodec(instrument).delta(contents, 0).bids
        return
    with pytest.raises(VenueError):
        BookCodec(instrument).delta(contents, 0)


@given(st.sampled_from(GRIDS), st.integers(1, 10**11), st.integers(0, 10**11))
def test_levels_on_the_grid_come_through_exactly(tick_step: tuple[str, str], ticks: int, steps: int) -> None:
    instrument = grid(*tick_step)
    level = [format(instrument.price(ticks), "f"), format(instrument.size(steps), "f")]
    message = BookCodec(instrument).delta({"offset": "5", "bids": [level], "asks": [level]}, 0)
    assert message.bids == message.asks == ((ticks, steps, 5),)


@given(
    st.sampled_from(GRIDS),
    st.decimals("0.00001", 10**6, places=5, allow_nan=False),
    st.decimals(0, 10**6, places=5, allow_nan=False),
)
@example(("0.0001", "10"), Decimal("0.00001"), Decimal("999999.99999"))
def test_levels_off_the_grid_are_rounded_against_us(tick_step: tuple[str, str], price: Decimal, size: Decimal) -> None:
    instrument = grid(*tick_step)
    level = [format(price, "f"), format(size, "f")]
    message = BookCodec(instrument).delta({"offset": "5", "bids": [level], "asks": [level]}, 0)
    ticks, steps = price / instrument.tick, int(size / instrument.step)
    assert message.bids == ((int(ticks.to_integral_value(ROUND_FLOOR)), steps, 5),)
    assert message.asks == ((int(ticks.to_integral_value(ROUND_CEILING)), steps, 5),)


def test_market_fields_are_found_in_a_snapshot_and_in_an_update(sample: Sample) -> None:
    full = wire_market.market_fields(sample("markets"), "ETH-USD")
    assert full is not None and full["tickSize"] == "0.1"
    update = wire_market.market_fields(sample("ws_markets_update"), "BTC-USD")
    assert update is not None and set(update) == {"oraclePrice", "nextFundingRate", "openInterest"}
    assert wire_market.market_fields(sample("ws_markets_update"), "ETH-USD") is None


def test_the_funding_rate_is_hourly_as_told(sample: Sample) -> None:
    fields = sample("ws_markets_update")["BTC-USD"]
    assert wire_market.funding_rate(fields, 7) == FundingRate(Venue.DYDX, Decimal("-0.0000031"), 7)
    assert wire_market.funding_rate({"oraclePrice": "1"}, 7) is None


def test_the_index_price_is_told_by_a_snapshot_and_not_by_an_update_without_it(sample: Sample) -> None:
    fields = sample("markets")["markets"]["BTC-USD"]
    assert wire_market.index_price(fields, 7) == IndexPrice(Venue.DYDX, Decimal("37010.25"), 7)
    assert wire_market.index_price(sample("ws_markets_update")["BTC-USD"], 7) is None
    assert wire_market.index_price({"indexPrice": "0"}, 7) is None


@pytest.mark.parametrize("text", ["-1", "NaN", "Infinity", "x", ["1"]])
def test_an_index_that_is_no_price_is_the_venues_fault(text: Any) -> None:
    with pytest.raises(VenueError):
        wire_market.index_price({"indexPrice": text}, 7)


def test_oracle_prices_come_by_name(sample: Sample) -> None:
    prices = wire_market.oracle_prices(sample("markets"))
    assert prices == {"BTC-USD": Decimal(37000), "ETH-USD": Decimal("2050.5")}
