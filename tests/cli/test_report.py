"""arbctl report: the same figures in text, JSON and page, equal to what the ledger says elsewhere."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common.ledger.report import Report
from common.telemetry.files import FLEET, Writer, folder_of
from common.telemetry.rows import FleetRow, Refused, Row, Sent, Span
from scripts.answer_report import WIDTH
from scripts.since import since_ns

SECOND_NS = 1_000_000_000
#: 2023-11-14 22:13:20 UTC
NOW_NS = 1_700_000_000 * SECOND_NS
HOUR_NS = 3600 * SECOND_NS


@pytest.fixture
def call(fleet: Any, arbctl_in: Callable[[Path], Any]) -> Any:
    return arbctl_in(fleet.root)


@pytest.fixture
def told(fleet: Any) -> None:
    """Telemetry of the minute in which the three deals were made."""
    folder, at_ns = folder_of(fleet.ledger_file), fleet.now_ns - 20 * SECOND_NS
    for market, quotes in {
        "BTC": {"apex": ("39990", "40010"), "dydx": ("39980", "40020")},
        "SOL": {"apex": ("59", "61"), "dydx": ("59", "61")},
    }.items():
        deal_id = f"aaaaaa-{market}-1"
        rows: list[Row] = [
            Refused(market, at_ns, "level", 1, 26_049),
            Sent(market, at_ns, deal_id, f"{deal_id}-d0", "dydx", "BUY", "OPEN", "1", "50", "50", 9),
            Span(market, at_ns, 10 * SECOND_NS, 2, {"edge": 9 * SECOND_NS, "level": SECOND_NS}, {"level": 1}, 1.0,
                 {"+1": (-3.0, 4.0)}, (4.0, 3.0, None, None, None, None, None), quotes, {"apex": 200, "dydx": 300}),
        ]  # fmt: skip
        assert Writer(folder, market).append(rows)
    looks = [
        FleetRow(FLEET, at_ns + n, {"dydx": 100_000_000, "apex": 100_000_000 - n}, {}, 100_000_000, 250_000_000, 1, 1)
        for n in range(3)
    ]
    assert Writer(folder, FLEET).append(looks)


def test_money_is_what_the_ledger_says_elsewhere(call: Any, fleet: Any) -> None:
    data = call("report", "--json").data
    with Report.open(fleet.ledger_file) as report:
        totals, tallies = report.totals(), report.tallies()
    assert data["closed_uusd"] == totals.realised_uusd == sum(d["pnl_uusd"] for d in call("deals", "--json").data)
    assert data["earned"]["fees_uusd"] == totals.fees_uusd and data["earned"]["traded_uusd"] == totals.traded_uusd
    assert {p["name"] for p in data["markets"]} == {tally.market for tally in tallies}
    assert sum(p["fees_uusd"] for p in data["markets"]) == sum(p["fees_uusd"] for p in data["days"]) == totals.fees_uusd
    assert sum(p["pnl_uusd"] for p in data["markets"]) == data["pnl_uusd"] - data["funding_uusd"]


def test_open_deals_are_closed_at_the_book_where_it_was_seen(call: Any, told: None) -> None:
    """BTC: +0.001 at dYdX for 39,980, −0.001 at ApeX for 40,010; SOL: −1 at dYdX, +1 at ApeX, a USD of spread a leg.

    Opened at 40,000 and 60; each leg paid 0.02 USD, which is 0.05 % of 40 USD and 0.0333 % of 60 USD.
    """
    data = call("report", "--json").data
    assert data["marked_by"] == "book"
    gross = -0.02 - 0.01 - 2
    closing = 0.001 * (39_980 + 40_010) * 0.0005 + (59 + 61) / 60 * 0.02
    assert data["earned"]["open_uusd"] == pytest.approx((gross - closing) * 1e6, abs=2)
    assert data["pnl_uusd"] == data["closed_uusd"] + data["earned"]["open_uusd"]


def test_without_telemetry_it_says_what_is_not_known(call: Any) -> None:
    said = call("report")
    assert said.code == 0 and "no telemetry" in said.err and "venues' own marks" in said.out
    data = call("report", "--json").data
    assert (data["watching"], data["marked_by"], data["funnel"]["seen"]) == (None, "mark", None)
    assert data["daily"] is None, "three deals say nothing of a day"


def test_telemetry_tells_what_the_ledger_cannot(call: Any, told: None) -> None:
    data = call("report", "--json").data
    assert (data["funnel"]["seen"], data["funnel"]["refused"], data["funnel"]["reserved"]) == (4, 2, 3)
    assert data["filling"]["cap_most"] == "0.4" and data["equity_drawdown"]["uusd"] == 2
    (opened,) = (s for s in data["slipped"] if (s["venue"], s["purpose"], s["unknown"]) == ("dydx", "OPEN", 1))
    assert opened["orders"] == 3
    alone = call("report", "--market", "btc", "--json").data
    assert alone["funnel"]["seen"] == 2 and alone["funnel"]["reserved"] == 1


@pytest.mark.parametrize("words", [(), ("--market", "SOL"), ("--since", "1h")])
def test_no_line_is_wider_than_the_window(call: Any, told: None, words: tuple[str, ...]) -> None:
    out = call("report", *words).out
    assert max(map(len, out.splitlines())) <= WIDTH
    assert out.index("pnl, marked to close") < out.index("From edge to close") < out.index("By market")


def test_since_chooses_by_when_a_deal_was_reserved(call: Any) -> None:
    assert call("report", "--since", "30s", "--json").data["earned"]["deals"] == 0
    assert call("report", "--since", "1h", "--json").data["earned"]["deals"] == 3


def test_another_ledger_stands_in_a_column_beside(call: Any, fleet: Any) -> None:
    out = call("report", "--beside", str(fleet.ledger_file)).out
    (row,) = (line for line in out.splitlines() if line.startswith("pnl, marked to close"))
    first, second = re.findall(r"[+−][\d.]+", row)
    assert first == second and "beside it" in out
    assert call("report", "--beside", str(fleet.ledger_file), "--json").data["beside"]["earned"]["deals"] == 3


def test_a_page_has_everything_in_it_and_nothing_from_elsewhere(call: Any, told: None, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    said = call("report", "--html", str(page))
    assert said.code == 0 and f"written: {page}" in said.err
    text = page.read_text()
    assert text.count("<svg") >= 5 and "<script" not in text
    assert not re.findall(r'(?:src|href)="(?!#)', text.replace('xlink:href="#', 'x="#')), "nothing is fetched"
    assert "prefers-color-scheme: dark" in text and "#1f2937;" in text
    assert 'style="stroke: #' not in text.split("</style>", 1)[1].replace("#000000", ""), "colours are the page's"
    names = re.findall(r'\bid="([^"]+)"', text)
    assert len(names) == len(set(names))
    again = call("report", "--html", str(page))
    assert (again.code, page.read_text()) == (3, text), "nothing is overwritten"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--since", "yesterday"), 2),
        (("--market", "NOPE"), 2),
        (("--ledger", "nowhere.db"), 1),
        (("--ledger", "arb.toml"), 1),
        (("--beside", "nowhere.db"), 1),
        (("--html", "no/such/folder/page.html"), 1),
    ],
)
def test_mistakes_end_in_a_sentence(call: Any, words: tuple[str, ...], code: int) -> None:
    said = call("report", *words)
    assert said.code == code and said.err and "Traceback" not in said.err


@pytest.mark.parametrize(
    ("text", "at_ns"),
    [
        (None, None),
        ("90min", NOW_NS - 90 * 60 * SECOND_NS),
        ("24h", NOW_NS - 24 * HOUR_NS),
        ("7 d", NOW_NS - 168 * HOUR_NS),
        ("2023-11-14", NOW_NS - 22 * HOUR_NS - 800 * SECOND_NS),
        ("2023-11-14T22:13:20", NOW_NS),
        ("2023-11-14T23:13:20+01:00", NOW_NS),
    ],
)
def test_since_when_as_people_say_it_is_utc_wherever_they_are(
    text: str | None, at_ns: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as here:
        here.setenv("TZ", "CST-8")
        time.tzset()
        assert since_ns(text, NOW_NS) == at_ns
    time.tzset()
