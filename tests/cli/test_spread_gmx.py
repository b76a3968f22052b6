"""`arbctl spread --venue gmx`: the paper venues' books on the wire against the paper GMX's oracle price."""

import gc
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common.core.book import Book, make_book
from common.core.events import BookMessage
from common.core.market import Venue
from common.sim.listings import listings
from common.venues import budget
from common.venues.apex import budget as apex_costs
from common.venues.dydx import budget as dydx_costs
from common.venues.gmx.wire import OraclePrice
from scripts.answer_oracle import against

MARKETS = '[markets.BTC]\nsize = "0.001"\n[markets.ETH]\nsize = "0.01"\n'


@pytest.fixture
def call(paper_house: Any, arbctl_in: Callable[[Path], Any], tmp_path: Path) -> Any:
    ports = "".join(f"{venue.value}_port = {port}\n" for venue, port in paper_house.ports.items())
    (tmp_path / "arb.toml").write_text(f"[paper]\n{ports}{MARKETS}")
    return arbctl_in(tmp_path)


def rows(said: Any) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["market"], row["venue"]): row for row in said.data}


def test_both_books_stand_against_the_oracle_at_the_configured_size(call: Any) -> None:
    found = rows(call("spread", "--venue", "gmx", "--json"))
    assert found.keys() == {(market, venue) for market in ("BTC", "ETH") for venue in ("dydx", "apex")}
    dydx, apex = found["BTC", "dydx"], found["BTC", "apex"]
    # the index of 40,000 ± 0.5 bp; books of one tick each side: 1 USD at dYdX, 0.5 at ApeX
    assert [Decimal(dydx[key]) for key in ("gmx_min", "gmx_max")] == [Decimal(39_998), Decimal(40_002)]
    assert [Decimal(dydx[key]) for key in ("bid", "ask", "size")] == [39_999, 40_001, Decimal("0.001")]
    assert dydx["sell_spread"] == dydx["buy_spread"] == "-3"
    assert (dydx["sell_bps"], dydx["buy_bps"]) == ("-0.75", "-0.75")
    assert [Decimal(found["ETH", "dydx"][side]) for side in ("bid", "ask")] == [Decimal("1999.9"), Decimal("2000.1")]
    assert [Decimal(found["ETH", "apex"][side]) for side in ("bid", "ask")] == [Decimal("1999.95"), Decimal("2000.05")]
    assert Decimal(apex["sell_spread"]) == Decimal(apex["buy_spread"]) == Decimal("-2.5")


def test_a_venue_that_is_dearer_than_the_oracle_can_be_sold(call: Any, paper_house: Any) -> None:
    paper_house.show(Venue.APEX, "BTC", shift=200)
    found = rows(call("spread", "BTC", "--venue", "gmx", "--json"))
    assert found.keys() == {("BTC", "dydx"), ("BTC", "apex")}
    # 100 USD above: the bid is 99.5 above the index, the oracle asks 2 above it
    assert Decimal(found["BTC", "apex"]["sell_spread"]) == Decimal("97.5")
    assert Decimal(found["BTC", "apex"]["buy_spread"]) == Decimal("-102.5")
    assert Decimal(found["BTC", "dydx"]["sell_spread"]) == -3


def test_people_get_a_table(call: Any) -> None:
    said = call("spread", "eth", "eth", "--venue", "gmx")
    assert said.code == 0
    lines = [line.split() for line in said.out.splitlines() if "ETH" in line]
    assert [line[:3] for line in lines] == [["ETH", "dydx", "0.01"], ["ETH", "apex", "0.01"]]
    assert said.err == ""


def test_a_gmx_that_does_not_answer_is_one_sentence(call: Any, paper_house: Any, tmp_path: Path) -> None:
    books = "".join(f'[venues.{venue.value}]\nrest = "{paper_house.url(venue)}"\n' for venue in Venue)
    (tmp_path / "arb.toml").write_text(f'mode = "live"\n{books}[venues.gmx]\nrest = "http://127.0.0.1:9"\n{MARKETS}')
    said = call("spread", "--venue", "gmx")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("arbctl: gmx does not answer: ") and len(said.err.splitlines()) == 1


def test_where_nobody_answers_no_connection_is_left_open(
    arbctl_in: Callable[[Path], Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    more = "".join(f'[markets.{name}]\nsize = "1"\n' for name in ("LINK", "LTC", "AVAX", "ATOM", "SOL"))
    (tmp_path / "arb.toml").write_text(f"[paper]\ndydx_port = 9\napex_port = 19\n{MARKETS}{more}")
    said = arbctl_in(tmp_path)("spread")
    assert said.code == 1 and len(said.err.splitlines()) == 1
    gc.collect()
    assert not [record for record in caplog.records if "Unclosed" in record.message]


@pytest.mark.parametrize(
    ("costs", "all_of_it", "says"),
    [(dydx_costs, {"get": 175}, "dydx was not asked"), (apex_costs, {"address": 600}, "apex: ")],
)
def test_what_the_fleet_has_asked_already_counts(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, costs: Any, all_of_it: dict[str, int], says: str
) -> None:
    monkeypatch.setattr(budget, "WAIT_MAX_S", 0.0)
    others = costs.budget(tmp_path / "var" / "run")
    others.spend(all_of_it)
    said = call("spread", "BTC", "--venue", "gmx")
    others.close()
    assert said.code == 1
    assert says in said.err and "budget of questions is spent" in said.err


@pytest.mark.parametrize(
    "words", [("spread", "XRP"), ("spread", "--venue", "dydx"), ("spread", "--venue", "gmx", "--watch")]
)
def test_misuse_is_misuse(call: Any, words: tuple[str, ...]) -> None:
    assert call(*words).code == 2


def book(levels: int) -> Book:
    """BTC at dYdX around 40,000 with so many levels of 0.01 a side."""
    made = make_book(listings(Venue.DYDX, Decimal(0))["BTC"].instrument)
    bids = tuple((39_999 - n, 100, 7) for n in range(levels))
    asks = tuple((40_001 + n, 100, 7) for n in range(levels))
    made.apply(BookMessage(Venue.DYDX, True, bids, asks, 7, 1))
    return made


ORACLE = OraclePrice(Decimal(39_990), Decimal(40_010), 10**18)


def test_the_size_is_walked() -> None:
    row = against("BTC", Decimal("0.02"), book(2), ORACLE)
    assert (row.bid, row.ask) == (Decimal("39998.5"), Decimal("40001.5"))
    assert (row.sell, row.buy) == (Decimal("-11.5"), Decimal("-11.5"))


def test_without_depth_or_oracle_there_is_no_spread() -> None:
    thin = against("BTC", Decimal("0.03"), book(2), ORACLE)
    assert (thin.bid, thin.sell, thin.bps(thin.sell)) == (None, None, None)
    blind = against("BTC", Decimal("0.01"), book(2), None)
    assert (blind.bid, blind.sell, blind.bps(Decimal(1))) == (Decimal(39_999), None, None)


def test_a_book_that_is_not_believed_gives_no_price() -> None:
    doubtful = book(2)
    doubtful.lose("gap")
    row = against("BTC", Decimal("0.01"), doubtful, ORACLE)
    assert (row.bid, row.ask) == (None, None)
