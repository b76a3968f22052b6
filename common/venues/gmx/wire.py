"""GMX's public messages into oracle prices: its list of tokens and its tickers. Pure codecs.

A ticker states the USD value of one smallest unit of a token, times 10^30; how many such units make one token stands
in the list of tokens. One whole token is therefore worth `price / 10^(30 − decimals)` USD.
No I/O, no clock in here, and no order: GMX is compared, never traded.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Final

import orjson

from common.venues import malformed
from common.venues.numbers import BOUND, moment_ns, whole, word

TOKENS_PATH: Final = "/tokens"
TICKERS_PATH: Final = "/prices/tickers"
#: digits after the point of a USD value in GMX's contracts
USD_DECIMALS: Final = 30
MS_NS: Final = 1_000_000
#: our market → what GMX calls its token since the asset was renamed
RENAMED: Final = {"MATIC": "POL"}
#: the widest that `uint256` divided by its own scale could mean
_PRICE = re.compile(r"[0-9]{1,48}")

#: a VenueError naming GMX and message, whatever is malformed inside the block
reading = partial(malformed.reading, "gmx")


@dataclass(frozen=True, slots=True)
class Token:
    """A token as GMX lists it."""

    symbol: str
    decimals: int

    def __post_init__(self) -> None:
        if not 0 <= self.decimals <= USD_DECIMALS:
            raise ValueError(f"{self.symbol} with {self.decimals} decimals")


@dataclass(frozen=True, slots=True)
class OraclePrice:
    """What GMX's oracle asks of who buys (`max`) and pays who sells (`min`), USD per base, and when it said so.

    Without depth: at any size GMX trades at these prices, before its own price impact and fees.
    """

    min: Decimal
    max: Decimal
    venue_ns: int

    def __post_init__(self) -> None:
        if not 0 < self.min <= self.max < BOUND:
            raise ValueError(f"oracle prices {self.min} and {self.max}")


def json_of(body: bytes) -> Any:
    """The JSON of an answer; VenueError when it is none."""
    with reading("answer"):
        return orjson.loads(body)


def read_tokens(data: Any) -> dict[str, Token]:
    """GET /tokens: every token by its address in lower case."""
    with reading("tokens"):
        return {_address(raw["address"]): Token(word(raw["symbol"]), whole(raw["decimals"])) for raw in data["tokens"]}


def read_tickers(data: Any, tokens: Mapping[str, Token], markets: Iterable[str]) -> dict[str, OraclePrice]:
    """GET /prices/tickers: the oracle price of each of `markets` that GMX has; tokens of nobody's are passed over."""
    with reading("tickers"):
        if not isinstance(data, list):
            raise TypeError("not a list")
        by_symbol = _by_symbol(data, tokens)
        found = ((market, by_symbol.get(market) or by_symbol.get(RENAMED.get(market, ""))) for market in markets)
        return {market: _price(*entry) for market, entry in found if entry is not None}


def _by_symbol(data: list[Any], tokens: Mapping[str, Token]) -> dict[str, tuple[dict[str, Any], Token]]:
    """Tickers with their tokens; joined by address, since symbols of tickers are for people."""
    entries: dict[str, tuple[dict[str, Any], Token]] = {}
    for raw in data:
        token = tokens.get(_address(raw["tokenAddress"]))
        if token is None:
            # listed between our two questions
            continue
        if token.symbol in entries:
            raise ValueError(f"two prices of {token.symbol}")
        entries[token.symbol] = raw, token
    return entries


def _price(raw: dict[str, Any], token: Token) -> OraclePrice:
    low, high = usd(raw["minPrice"], token.decimals), usd(raw["maxPrice"], token.decimals)
    return OraclePrice(low, high, moment_ns(whole(raw["updatedAt"]) * MS_NS))


def usd(raw: object, decimals: int) -> Decimal:
    """A price of the oracle as USD for one whole token; exact."""
    if not isinstance(raw, str) or _PRICE.fullmatch(raw) is None:
        raise ValueError(f"{str(raw)[:60]!r} is no price")
    return Decimal(f"{raw}E{decimals - USD_DECIMALS}")


def _address(raw: object) -> str:
    return word(raw).lower()
