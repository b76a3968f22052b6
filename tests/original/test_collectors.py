"""The original's collectors of books and trades, and its printed spread, against the paper venues."""

import csv
import hashlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from common import clock
from common.core.market import Side, Venue
from common.sim.types import PlaceRequest

pytestmark = pytest.mark.slow
MARKETS = 10
LEVELS = 5
BOOK_COLUMNS = {
    Venue.DYDX: ["Size", "Price", "Type", "Timestamp", "Market"],
    Venue.APEX: ["Price", "Quantity", "Type", "Timestamp"],
}


@pytest.fixture
def rows(original: Any) -> Callable[[str], list[list[str]]]:
    """Reads one of the files that a script wrote."""

    def read(name: str) -> list[list[str]]:
        with (original.folder / name).open(newline="") as file:
            return list(csv.reader(file))

    return read


@pytest.fixture
def buy(original: Any) -> Callable[..., None]:
    """Somebody buys BTC at a venue: a trade that the venue publishes."""

    def take(venue: Venue, client_id: str, now_ns: int, size: str = "0.002") -> None:
        house, far = original.house, now_ns + 10**13
        request = PlaceRequest(
            client_id,
            "BTC",
            Side.BUY,
            "LIMIT",
            "IOC",
            Decimal(size),
            Decimal(29_000),
            False,
            False,
            Decimal(1000),
            far,
            "",
        )
        account_id = house.accounts[venue].account_id
        placed = house.call(lambda: house.engines[venue].place(account_id, request, now_ns))
        assert placed.status == "PENDING"

    return take


@pytest.mark.parametrize(("number", "text"), [(2, "'asks': [{'size': "), (5, "'a': [['")])
def test_books_are_printed_for_all_markets(original: Any, number: int, text: str) -> None:
    original.write(printer=number)
    script = original.start("printer")
    script.wait_for(text, times=2 * MARKETS)
    printed = script.end().out
    assert printed.count("Order book for BTC") >= 2 and printed.count("Order book for SOL") >= 2


def test_dydx_books_are_collected(original: Any, rows: Callable[..., Any]) -> None:
    original.write(collect=3)
    script = original.start("collect")
    script.wait_for("saved to order_book_", times=2 * MARKETS)
    script.end()
    for market in original.house.middles[Venue.DYDX]:
        header, *found = rows(f"order_book_{market}-USD_dydx.csv")
        assert header == BOOK_COLUMNS[Venue.DYDX]
        first = found[: 2 * LEVELS]
        asks, bids = ([Decimal(row[1]) for row in first if row[2] == kind] for kind in ("ask", "bid"))
        assert asks == sorted(asks) and bids == sorted(bids, reverse=True) and bids[0] < asks[0]
        assert len(asks) == len(bids) == LEVELS and {row[4] for row in found} == {f"{market}-USD"}
        assert all(Decimal(row[0]) > 0 and abs(int(row[3]) - clock.now_ns() // 10**9) < 120 for row in found)


def test_apex_books_are_collected(original: Any, rows: Callable[..., Any]) -> None:
    original.write(collect=6)
    script = original.start("collect")
    script.wait_for("saved to order_book_", times=2 * MARKETS)
    script.end()
    for market in original.house.middles[Venue.APEX]:
        header, *found = rows(f"order_book_{market}USDC_apex.csv")
        assert header == BOOK_COLUMNS[Venue.APEX]
        asks, bids = ([Decimal(row[0]) for row in found[: 2 * LEVELS] if row[2] == kind] for kind in ("ask", "bid"))
        assert asks == sorted(asks) and bids == sorted(bids, reverse=True) and bids[0] < asks[0]
        assert all(Decimal(row[1]) > 0 and float(row[3]) > 1e9 for row in found)


def test_dydx_trades_are_collected_without_a_header_and_equal_ones_once(
    original: Any, rows: Callable[..., Any], buy: Callable[..., None]
) -> None:
    now_ns = clock.now_ns()
    for name in ("a", "b"):
        buy(Venue.DYDX, name, now_ns)
    buy(Venue.DYDX, "c", now_ns, size="0.003")
    original.write(trades=4)
    script = original.start("trades")
    script.wait_for("2 new trades data saved to trades_data_BTCUSD_dydx.csv")
    script.wait_for("0 new trades data saved to trades_data_BTCUSD_dydx.csv")
    script.end()
    found = rows("trades_data_BTCUSD_dydx.csv")
    # Three trades were made; two of them are equal to the millisecond, and one is lost.
    assert sorted(row[2] for row in found) == ["0.002", "0.003"]
    trade_id, side, size, price, created, liquidation = found[0]
    assert trade_id == hashlib.sha256(f"{side}_{size}_{price}_{created}".encode()).hexdigest()
    assert (side, price, liquidation) == ("BUY", "28801", "False") and created.endswith("Z")
    again = original.start("trades")
    again.wait_for("2 new trades data saved to trades_data_BTCUSD_dydx.csv")
    again.end()
    assert len(rows("trades_data_BTCUSD_dydx.csv")) == 4, "what was there before a restart is written again"


@pytest.mark.parametrize(("number", "repeated"), [(7, 4), (9, 2)])
def test_apex_trades_are_collected(
    original: Any, rows: Callable[..., Any], buy: Callable[..., None], number: int, repeated: int
) -> None:
    for name in ("a", "b"):
        buy(Venue.APEX, name, clock.now_ns())
    original.write(trades=number)
    for _ in range(2):
        script = original.start("trades")
        script.wait_for("new trades data", times=1 if number == 7 else MARKETS)
        script.end()
    found = rows("trades_data_BTCUSDC_apex.csv")
    assert len(found) == repeated, "the first edition forgets what it wrote, the second reads it again"
    assert len({row[0] for row in found}) == 2
    _, price, side, quantity, symbol, at_ms = found[0]
    assert (price, side.upper(), quantity, symbol) == ("28800.5", "BUY", "0.002", "BTCUSDC")
    assert abs(int(at_ms) - clock.now_ns() // 10**6) < 120_000


def test_the_first_spread_is_printed_and_is_what_nobody_can_get(original: Any) -> None:
    original.move("BTC", Venue.APEX, 100)
    script = original.run(21)
    assert script.code == 0
    first, second = script.out.splitlines()
    # 29,088.5 − 28,799: the ask of one venue minus the bid of the other
    assert first.startswith("apex-dydx price gap:  289.5 ") and first.endswith("apex size: 1 dydx size: 0.1")
    assert second.startswith("dydx-apex price gap:  -286.5 ")


@pytest.mark.parametrize("number", [22, 35, 38])
def test_a_price_module_runs_and_says_nothing(original: Any, number: int) -> None:
    script = original.run(number)
    assert (script.code, script.out) == (0, "")


def test_a_book_is_read_by_the_first_snippet_of_all(original: Any) -> None:
    made = "from dydx3 import Client\n\nclient = Client(host='https://api.dydx.exchange')\n"
    original.write_text("one.py", made + original.blocks[1] + "\nprint(orderbook.data['asks'][0])\n")
    assert original.start("one").ended().out == "{'size': '0.1', 'price': '28801'}\n"
