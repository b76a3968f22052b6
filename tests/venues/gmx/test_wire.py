"""GMX's tokens and tickers as oracle prices: exact, joined by address, and strict about what is none."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core.errors import VenueError
from common.venues.gmx.wire import OraclePrice, Token, json_of, read_tickers, read_tokens, usd

AT_MS = 1_707_272_591_518
BTC, ETH, POL, USDC = "0xB7c0", "0xE7h0", "0x9010", "0xd011a6"
LISTED = {
    "tokens": [
        {"symbol": "BTC", "address": BTC, "decimals": 8, "synthetic": True},
        {"symbol": "ETH", "address": ETH, "decimals": 18},
        {"symbol": "POL", "address": POL, "decimals": 18, "synthetic": True},
        {"symbol": "USDC", "address": USDC, "decimals": 6},
    ]
}
TOKENS = read_tokens(LISTED)


def ticker(address: str, low: str, high: str, **changed: Any) -> dict[str, Any]:
    return {
        "tokenAddress": address,
        "tokenSymbol": "as people say",
        "minPrice": low,
        "maxPrice": high,
        "updatedAt": AT_MS,
        "timestamp": AT_MS // 1000,
    } | changed


BITCOIN = ticker(BTC, "430397400000000000000000000", "430400000000000000000000000")
ETHER = ticker(ETH, "2376284700000000", "2376284700000001")
POLYGON = ticker(POL, "531000000000", "531100000000")
DOLLAR = ticker(USDC, "999757390000000000000000", "1000000000000000000000000")


def test_prices_are_usd_for_one_whole_token() -> None:
    found = read_tickers([BITCOIN, ETHER, DOLLAR], TOKENS, ["BTC", "ETH"])
    assert found == {
        "BTC": OraclePrice(Decimal("43039.74"), Decimal("43040"), AT_MS * 1_000_000),
        "ETH": OraclePrice(Decimal("2376.2847"), Decimal("2376.284700000001"), AT_MS * 1_000_000),
    }


@given(st.integers(min_value=1, max_value=10**48 - 1), st.integers(min_value=0, max_value=30))
def test_no_digit_is_lost_however_many_there_are(raw: int, decimals: int) -> None:
    sign, digits, exponent = usd(str(raw), decimals).as_tuple()
    assert (sign, int("".join(map(str, digits))), exponent) == (0, raw, decimals - 30)


@given(st.sampled_from(["1e5", "-1", "+1", " 1", "1.0", "", "0x1", "1" * 49, "١", None, 7, 0.5, True, [], {}]))
def test_what_is_no_whole_number_in_text_is_no_price(wrong: Any) -> None:
    with pytest.raises(ValueError, match="is no price"):
        usd(wrong, 18)


def test_tokens_are_joined_by_address_whatever_its_letters_are_and_whatever_the_ticker_calls_them() -> None:
    shouted = BITCOIN | {"tokenAddress": BTC.upper(), "tokenSymbol": "ETH"}
    assert read_tickers([shouted], TOKENS, ["BTC", "ETH"]).keys() == {"BTC"}


def test_a_renamed_asset_is_found_under_its_new_name_and_rather_under_its_old_one() -> None:
    assert read_tickers([POLYGON], TOKENS, ["MATIC"])["MATIC"].min == Decimal("0.531")
    old = {"0xold": Token("MATIC", 18)}
    both = [POLYGON, ticker("0xold", "600000000000", "600000000000")]
    assert read_tickers(both, TOKENS | old, ["MATIC"])["MATIC"].min == Decimal("0.6")


def test_markets_gmx_does_not_have_and_tokens_we_do_not_know_are_left_out() -> None:
    assert read_tickers([ticker("0xnew", "1", "1"), DOLLAR], TOKENS, ["BTC", "MATIC"]) == {}
    assert read_tickers([], TOKENS, ["BTC"]) == {}


def test_a_malformed_price_of_a_token_nobody_asked_for_does_no_harm() -> None:
    assert read_tickers([BITCOIN, ticker(USDC, "?", "!")], TOKENS, ["BTC"]).keys() == {"BTC"}


@pytest.mark.parametrize(
    "changed",
    [
        {"minPrice": "0"},
        {"minPrice": "430400000000000000000000001"},
        {"maxPrice": "9" * 48},
        {"maxPrice": None},
        {"updatedAt": AT_MS // 1000},
        {"updatedAt": "soon"},
        {"updatedAt": 1.5},
    ],
)
def test_a_malformed_ticker_of_a_market_is_the_venues_error(changed: dict[str, Any]) -> None:
    with pytest.raises(VenueError, match="gmx tickers is malformed"):
        read_tickers([BITCOIN | changed], TOKENS, ["BTC"])


@pytest.mark.parametrize("data", [{"BTC": BITCOIN}, None, [None], ["BTC"], [{}], [BITCOIN, BITCOIN]])
def test_what_is_no_list_of_tickers_is_the_venues_error(data: Any) -> None:
    with pytest.raises(VenueError, match="gmx tickers is malformed"):
        read_tickers(data, TOKENS, ["BTC"])


@pytest.mark.parametrize(
    "data",
    [
        [],
        {},
        {"tokens": [{"symbol": "BTC", "address": BTC}]},
        {"tokens": [{"symbol": "BTC", "address": BTC, "decimals": 31}]},
        {"tokens": [{"symbol": "BTC", "address": BTC, "decimals": -1}]},
        {"tokens": [{"symbol": "", "address": BTC, "decimals": 8}]},
    ],
)
def test_what_is_no_list_of_tokens_is_the_venues_error(data: Any) -> None:
    with pytest.raises(VenueError, match="gmx tokens is malformed"):
        read_tokens(data)


def test_an_answer_that_is_no_json_is_the_venues_error() -> None:
    with pytest.raises(VenueError, match="gmx answer is malformed"):
        json_of(b"<html>error code: 1015</html>")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*BITCOIN, "x"]), inner, max_size=6),
    max_leaves=12,
)


@given(values)
def test_whatever_comes_it_is_prices_or_the_venues_error(data: Any) -> None:
    for read in (read_tokens, lambda given: read_tickers(given, TOKENS, ["BTC", "ETH", "MATIC"])):
        try:
            read(data)
        except VenueError:
            continue
