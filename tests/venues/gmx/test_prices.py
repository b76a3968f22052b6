"""GMX's prices over HTTP, from the paper GMX and from hosts that do not behave."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from common import clock
from common.core.errors import VenueError
from common.core.market import Venue
from common.sim.listings import MARKETS
from common.sim.server.gmx_rest import DOLLAR, DOLLAR_DECIMALS, TOKENS, address
from common.venues.gmx.prices import STALE_NS, GmxPrices
from common.venues.gmx.wire import RENAMED, OraclePrice

NS_PER_MS = 1_000_000


def asked(base: str, *markets: str) -> Mapping[str, OraclePrice]:
    """One question and the end of the connection."""

    async def ask() -> Mapping[str, OraclePrice]:
        gmx = GmxPrices(base, timeout_s=3.0)
        try:
            return await gmx.prices(markets)
        finally:
            await gmx.close()

    return asyncio.run(ask())


@pytest.fixture
def base(paper_house: Any) -> str:
    return f"{paper_house.url(Venue.DYDX)}/gmx"


def test_the_paper_gmx_quotes_around_the_index_of_the_paper_dydx(base: str, paper_house: Any) -> None:
    found = asked(base, *MARKETS)
    assert found.keys() == {"BTC", "ETH"}
    for market, price in found.items():
        index = paper_house.engines[Venue.DYDX].index_price(market)
        assert price.min < index < price.max
        assert (price.max - price.min) / index == Decimal("0.0001")
        assert abs(clock.now_ns() - price.venue_ns) < 10**10


def test_it_follows_the_index(base: str, paper_house: Any) -> None:
    paper_house.show(Venue.DYDX, "BTC", shift=100)
    index = paper_house.engines[Venue.DYDX].index_price("BTC")
    assert asked(base, "BTC")["BTC"].min == index * Decimal("0.99995")


def test_every_market_of_ours_has_a_token_there_under_the_name_that_is_looked_for() -> None:
    assert {market: RENAMED.get(market, market) for market in MARKETS} == {m: s for m, (s, _) in TOKENS.items()}


def test_a_reader_asks_again_without_asking_for_the_tokens_again(base: str, paper_house: Any) -> None:
    async def ask() -> list[Mapping[str, OraclePrice]]:
        gmx = GmxPrices(base)
        try:
            first = await gmx.prices(["BTC"])
            gmx._tokens.pop(address("BTC"))
            return [first, await gmx.prices(["BTC", "ETH"])]
        finally:
            await gmx.close()

    first, second = asyncio.run(ask())
    assert (list(first), list(second)) == (["BTC"], ["ETH"])


def test_who_does_not_listen_is_the_venues_error() -> None:
    with pytest.raises(VenueError, match="gmx does not answer"):
        asked("http://127.0.0.1:9", "BTC")


def test_a_path_that_is_not_there_is_the_venues_error(paper_house: Any) -> None:
    with pytest.raises(VenueError, match="gmx answers /tokens with http 404"):
        asked(paper_house.url(Venue.DYDX), "BTC")


@pytest.mark.parametrize(("age_ns", "there"), [(0, True), (STALE_NS - 10**10, True), (STALE_NS + 10**9, False)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_price_far_from_now_is_no_price(age_ns: int, there: bool, sign: int) -> None:
    raw = {"tokenAddress": address(DOLLAR), "minPrice": "1" + "0" * 24, "maxPrice": "1" + "0" * 24}
    answers: dict[str, Any] = {
        "/tokens": {"tokens": [{"symbol": DOLLAR, "address": address(DOLLAR), "decimals": DOLLAR_DECIMALS}]},
        "/prices/tickers": [raw | {"updatedAt": (clock.now_ns() - sign * age_ns) // NS_PER_MS}],
    }

    async def ask() -> Mapping[str, OraclePrice]:
        app = web.Application()
        for path, answer in answers.items():
            app.router.add_get(path, _saying(answer))
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        gmx = GmxPrices(f"http://127.0.0.1:{runner.addresses[0][1]}")
        try:
            return await gmx.prices([DOLLAR])
        finally:
            await gmx.close()
            await runner.cleanup()

    assert bool(asyncio.run(ask())) is there


def _saying(answer: Any) -> Any:
    async def handle(_: web.Request) -> web.Response:
        return web.json_response(answer)

    return handle
