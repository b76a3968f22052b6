"""What a venue's answers mean: each check passes on good facts and fails on the one fact that is bad."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import settings
from common.core.account import AccountFacts, Position
from common.core.market import Instrument, Venue
from common.doctor import doctor, files, venue_checks
from common.doctor.finding import Finding, Grade
from common.doctor.venue_facts import PrivateFacts, VenueFacts
from common.endpoints import Endpoint
from common.ledger.watch import Look
from common.settings import Settings
from common.venues.base import ClockReading

ROOT = Path(__file__).resolve().parents[2]
SECOND_NS = 1_000_000_000
BTC = Instrument(
    venue=Venue.DYDX,
    market="BTC",
    name="BTC-USD",
    tick=Decimal(1),
    step=Decimal("0.0001"),
    min_size=Decimal("0.001"),
    taker_fee=Decimal("0.0005"),
    initial_margin=Decimal("0.05"),
    maintenance_margin=Decimal("0.03"),
)
ACCOUNT = AccountFacts(Venue.DYDX, 100_000_000, 0, (), 0)
GOOD = PrivateFacts(instruments=(BTC,), account=ACCOUNT, orders=(), book_ms=5, stream_ms=7)
FACTS = VenueFacts(
    Endpoint(Venue.DYDX, "https://x", "wss://x", 1, Path("x")),
    ClockReading(Venue.DYDX, 0, 10_000_000, 0),
    private=GOOD,
)
LOOK = Look({(Venue.DYDX, "BTC"): Decimal("0.001")}, frozenset(), frozenset(), {}, {}, {}, ("aaaaaa",))


@pytest.fixture
def config(tmp_path: Path) -> Settings:
    text = (ROOT / "arb.toml").read_text()
    (tmp_path / "arb.toml").write_text(text[: text.index("[markets.ETH]")])
    return settings.load(tmp_path / "arb.toml", {})


def found(config: Settings, told: PrivateFacts | None, look: Look | None = None) -> dict[str, Finding]:
    facts = replace(FACTS, private=told)
    return {f.check.removeprefix("dydx "): f for f in venue_checks.private(facts, config, look)}


def test_good_facts_have_no_failure(config: Settings) -> None:
    told = found(config, GOOD)
    assert {finding.grade for finding in told.values()} == {Grade.OK}
    assert list(told) == [
        "credentials",
        "instruments",
        "sizes",
        "fee",
        "margin",
        "equity",
        "orders",
        "positions",
        "streams",
    ]


BAD: list[tuple[str, dict[str, Any], Grade, str]] = [
    ("credentials", {"wrong": "dYdX refuses the API key", "account": None}, Grade.FAILURE, "refuses"),
    ("credentials", {"silent": "timed out", "account": None}, Grade.FAILURE, "timed out"),
    ("instruments", {"unlisted": ("no SOL",)}, Grade.FAILURE, "no SOL"),
    ("instruments", {"instruments": (replace(BTC, online=False),)}, Grade.WARNING, "BTC-USD"),
    ("sizes", {"instruments": (replace(BTC, min_size=Decimal(1)),)}, Grade.FAILURE, "below the minimum"),
    ("fee", {"instruments": (replace(BTC, taker_fee=Decimal("0.002")),)}, Grade.WARNING, "0.2000 %"),
    ("fee", {"instruments": ()}, Grade.FAILURE, "not known"),
    ("margin", {"instruments": (replace(BTC, initial_margin=Decimal("0.5")),)}, Grade.FAILURE, "BTC-USD 2.0×"),
    ("equity", {"account": replace(ACCOUNT, equity_uusd=0)}, Grade.FAILURE, "0.00 USD"),
    ("orders", {"orders": (("mine-by-hand", "BTC"),)}, Grade.FAILURE, "mine-by-hand in BTC"),
    ("orders", {"orders": None}, Grade.FAILURE, "not answered"),
    ("streams", {"book_ms": None}, Grade.FAILURE, "books"),
    ("streams", {"stream_ms": None}, Grade.FAILURE, "account"),
]


@pytest.mark.parametrize(("check", "bad", "grade", "says"), BAD)
def test_each_bad_fact_is_found(config: Settings, check: str, bad: dict[str, Any], grade: Grade, says: str) -> None:
    finding = found(config, replace(GOOD, **bad))[check]
    assert finding.grade is grade and says in finding.says and finding.remedy


def test_orders_and_positions_of_the_ledger_are_ours(config: Settings) -> None:
    held = replace(ACCOUNT, positions=(Position("BTC", Decimal("0.001"), Decimal(1), Decimal(1)),))
    told = replace(GOOD, account=held, orders=(("aaaaaa-BTC-1-d0", "BTC"),))
    assert found(config, told, LOOK)["orders"].grade is Grade.OK
    assert found(config, told, LOOK)["positions"].grade is Grade.OK
    foreign = found(config, told)
    assert foreign["orders"].grade is foreign["positions"].grade is Grade.FAILURE
    gone = found(config, GOOD, LOOK)["positions"]
    assert gone.grade is Grade.FAILURE and "BTC 0, ledger 0.001" in gone.says
    moving = replace(LOOK, moving=frozenset({"BTC"}))
    assert found(config, GOOD, moving)["positions"].grade is Grade.OK


def test_what_the_fleet_trades_meanwhile_is_not_held_against_anybody() -> None:
    later = replace(LOOK, positions={(Venue.DYDX, "BTC"): Decimal("0.001"), (Venue.APEX, "ETH"): Decimal(1)})
    seen = doctor.at_rest(replace(LOOK, moving=frozenset({"SOL"})), later)
    assert seen is not None and seen.moving == {"ETH", "SOL"} and seen.positions == later.positions
    assert doctor.at_rest(None, later) is later and doctor.at_rest(LOOK, None) is None


@pytest.mark.parametrize(("off_s", "grade"), [(0.2, Grade.OK), (-0.8, Grade.WARNING), (3.0, Grade.FAILURE)])
def test_the_clock(off_s: float, grade: Grade) -> None:
    reading = ClockReading(Venue.DYDX, int(off_s * SECOND_NS), 10_000_000, 0)
    assert venue_checks.clock(replace(FACTS, clock=reading), SECOND_NS // 2, 2 * SECOND_NS).grade is grade


def test_a_venue_that_cannot_be_reached_says_so_everywhere(config: Settings) -> None:
    silent = VenueFacts(FACTS.endpoint, None, "refused")
    checks: tuple[Callable[[], Finding], ...] = (
        lambda: venue_checks.reachable(silent),
        lambda: venue_checks.clock(silent, 1, 1),
        lambda: next(venue_checks.private(silent, replace(config, mode="live"), None)),
    )
    assert [check().grade for check in checks] == [Grade.FAILURE] * 3
    assert "refused" in venue_checks.reachable(silent).says
    assert venue_checks.reachable(FACTS).grade is Grade.OK


def test_without_keys_a_paper_fleet_is_warned_and_a_live_one_fails(config: Settings) -> None:
    assert found(config, None)["credentials"].grade is Grade.WARNING
    assert found(replace(config, mode="live"), None)["credentials"].grade is Grade.FAILURE


def test_a_short_memory_of_the_spread_is_for_the_demo(config: Settings, tmp_path: Path) -> None:
    assert files.patience(config).grade is Grade.WARNING
    path = tmp_path / "long.toml"
    path.write_text((tmp_path / "arb.toml").read_text().replace("median_window_s = 60 ", "median_window_s = 600 "))
    assert files.patience(settings.load(path, {})).grade is Grade.OK
