"""`arbctl spread`: both directions of each market from the streams of the paper venues."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common.core.events import BookMessage
from common.core.market import Venue
from common.core.terms import Terms
from common.core.view import MarketView
from common.sim.listings import listings
from common.venues import keys
from scripts import answer_spread
from scripts.spread_row import rows_of

SECOND = 10**9
NOW = 1_700_000_000 * SECOND
ROOT = Path(__file__).resolve().parents[2]
MARKETS = '[markets.BTC]\nsize = "0.001"\n[markets.ETH]\nsize = "0.01"\n'
#: of the quiet paper venues: index and funding move nothing here
BAND = "[strategy]\nlimit_slack_bps = 0\nslippage_max_bps = 15\n"


@pytest.fixture
def folder(paper_house: Any, tmp_path: Path) -> Path:
    made = tmp_path / "fleet"
    for venue in Venue:
        keys.write(paper_house.keys[venue], made / "var" / "paper" / f"{venue}config.ini")
    ports = "".join(f"{venue}_port = {port}\n" for venue, port in paper_house.ports.items())
    (made / "arb.toml").write_text(f"[paper]\n{ports}{BAND}{MARKETS}")
    return made


@pytest.fixture
def call(folder: Path, arbctl_in: Callable[[Path], Any]) -> Any:
    return arbctl_in(folder)


def by_way(data: Any) -> dict[tuple[str, int], dict[str, Any]]:
    return {(row["market"], row["direction"]): row for row in data}


def test_both_directions_at_the_configured_size_with_all_that_they_cost(call: Any, paper_house: Any) -> None:
    # ApeX 100 USD above: its bid is 40,099.5, dYdX' ask 40,001
    paper_house.show(Venue.APEX, "BTC", shift=200)
    rows = by_way(call("spread", "--json").data)
    assert rows.keys() == {(market, way) for market in ("BTC", "ETH") for way in (1, -1)}
    up, down = rows["BTC", 1], rows["BTC", -1]
    assert (up["sell"], up["buy"], up["size"]) == ("apex", "dydx", "0.001")
    assert [Decimal(up[key]) for key in ("bid", "ask", "spread")] == [Decimal("40099.5"), 40_001, Decimal("98.5")]
    assert [Decimal(down[key]) for key in ("bid", "ask", "spread")] == [39_999, Decimal("40100.5"), Decimal("-101.5")]
    # four fees of 5 bp; of the higher leg's notional they are a little less than 20
    fees = 2 * (Decimal("40099.5") + 40_001) * Decimal("0.0005") / Decimal("40099.5") * 10_000
    assert abs(Decimal(up["fees_bps"]) - fees) < Decimal("0.01")
    assert abs(Decimal(up["net_bps"]) - Decimal(up["spread_bps"]) + Decimal(up["fees_bps"])) <= Decimal("0.01")
    assert (up["leaving"], up["leaving_is"]) == (down["spread"], "now")
    # both spreads and four fees: 3 USD of the one and 80.1 of the other, per BTC
    assert abs(Decimal(up["edge"]) - (Decimal("-3") - Decimal("80.1")) / 1000) < Decimal("0.0002")


def test_the_funding_difference_is_what_the_short_receives_less_what_the_long_pays(call: Any) -> None:
    rows = by_way(call("spread", "BTC", "--json").data)
    assert Decimal(rows["BTC", 1]["funding_bps_hourly"]) == -Decimal(rows["BTC", -1]["funding_bps_hourly"])


def test_another_size_walks_deeper(call: Any, paper_house: Any) -> None:
    paper_house.show(Venue.DYDX, "BTC", steps=10)
    rows = by_way(call("spread", "btc", "--size", "0.003", "--json").data)
    assert Decimal(rows["BTC", 1]["ask"]) == 40_002
    assert call("spread", "--size", "0.003").code == 2 and call("spread", "BTC", "--size", "x").code == 2


def test_without_depth_the_reason_stands_in_the_row(call: Any) -> None:
    rows = by_way(call("spread", "BTC", "--size", "10", "--json").data)
    assert rows["BTC", 1]["why"] == "not enough depth" and rows["BTC", 1]["edge"] is None


def test_people_get_two_rows_a_market_and_a_legend(call: Any) -> None:
    said = call("spread")
    assert said.code == 0
    lines = [line.split() for line in said.out.splitlines() if "+1" in line or "-1" in line]
    assert [line[0] for line in lines] == ["BTC", "-1", "ETH", "-1"]
    assert said.err.startswith("+1 sells ApeX and buys dYdX")


def test_without_keys_the_fee_is_assumed_and_said(call: Any, folder: Path) -> None:
    for path in (folder / "var" / "paper").iterdir():
        path.unlink()
    said = call("spread", "BTC")
    assert said.code == 0 and "dydx: no keys, so a taker fee of 5 bp is assumed" in said.err


def test_a_market_without_a_book_is_told_after_a_bounded_listen(
    call: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_spread, "LISTEN_S", 0.3)
    (folder / "arb.toml").write_text((folder / "arb.toml").read_text() + '[markets.SOL]\nsize = "1"\n')
    said = call("spread", "SOL")
    assert said.code == 3 and "does not list SOL" in said.err
    assert call("spread", "XRP").code == 2


def test_it_follows_the_books_until_it_is_interrupted(folder: Path, paper_house: Any) -> None:
    command = [sys.executable, "-m", "scripts.arbctl", "--config", str(folder / "arb.toml")]
    with subprocess.Popen(
        [*command, "spread", "BTC", "--watch", "--json"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stdout is not None
        first = by_way(json.loads(watching.stdout.readline()))
        paper_house.show(Venue.APEX, "BTC", shift=200)
        later = (by_way(json.loads(line)) for line in watching.stdout)
        moved = next(rows for rows in later if rows["BTC", 1]["bid"] == "40099.5")
        assert Decimal(first["BTC", 1]["spread"]) < 0 < Decimal(moved["BTC", 1]["spread"])
        watching.send_signal(signal.SIGINT)
        watching.stdout.read()
        assert watching.wait(10) == 0


def test_a_warm_median_of_leaving_is_what_a_worker_reckons_with() -> None:
    """ApeX 100 USD above for the whole warm-up: leaving the +1 deal costs what selling dYdX brought all the time."""
    terms = Terms("BTC", Decimal("0.001"), median_warmup_ns=10 * SECOND)
    view = MarketView(terms, {venue: listings(venue, Decimal("0.0005"))["BTC"].instrument for venue in Venue})
    for at_ns in range(NOW, NOW + 12 * SECOND, SECOND):
        for venue, middle in ((Venue.DYDX, 40_000), (Venue.APEX, 80_200)):
            bids, asks = ((middle - 1, 1000, at_ns),), ((middle + 1, 1000, at_ns),)
            view.hear(BookMessage(venue, True, bids, asks, at_ns, at_ns))
        view.sample(at_ns)
    at_ns = NOW + 11 * SECOND
    # the way back is much better for a moment
    view.hear(BookMessage(Venue.APEX, True, ((80_000, 1000, at_ns),), ((80_001, 1000, at_ns),), at_ns, at_ns))
    down, up = sorted(rows_of(view, at_ns), key=lambda row: row.direction)
    assert (up.leaving, up.leaving_is) == (Decimal("-101.5"), "median")
    assert (down.leaving, down.leaving_is) == (Decimal("98.5"), "median")
    view.books[Venue.DYDX].lose("gap")
    assert [row.why for row in rows_of(view, at_ns)] == ["dydx gap"] * 2
