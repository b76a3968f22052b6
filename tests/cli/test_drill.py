"""What the drill judges by, proved able to fail; the drill itself is held in tests/house/test_fleet.py."""

import asyncio
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import clock
from common.core.deal import DealState
from common.core.market import Venue
from common.core.order import Purpose
from scripts.audit_lives import Crash, Lives
from scripts.audit_tally import tally
from scripts.audit_trail import Trail
from scripts.drill_course import faults_in
from scripts.drill_fleet import CHECKOUT, scratch
from scripts.drill_options import parse
from scripts.dust import smallest_orders

BOUND_S = 20.0
DUST = smallest_orders()


def lose_a_leg(fleet: Any) -> None:
    """BTC's deal closes at dYdX alone; the order at ApeX is written and unheard of."""
    deal = fleet.ledger.deal("aaaaaa-BTC-1")
    sides = {v: deal.direction.side_at(v).opposite for v in Venue}
    orders = [fleet._order(deal.deal_id, v, sides[v], Purpose.CLOSE, str(deal.size), "40000") for v in Venue]
    fleet.ledger.write(deal.deal_id, tuple(orders), DealState.CLOSING, "target", fleet.now_ns)
    fleet._filled(tuple(o for o in orders if o.venue is Venue.DYDX), "40000")


def test_a_fleet_at_rest_is_counted_as_it_is(fleet: Any) -> None:
    now = tally(fleet.ledger_file, fleet.now_ns, DUST)
    assert (now.opened, now.closed, now.missed, now.unwound) == (3, 1, 0, 0)
    assert set(now.live) == {"aaaaaa-BTC-1", "aaaaaa-SOL-1"}
    assert now.restless == () and now.halts == () and max(now.naked_s) == 0


def test_a_lost_leg_is_not_at_rest_and_its_time_naked_goes_on(fleet: Any) -> None:
    lose_a_leg(fleet)
    # its fill stands in the row with the time of the order, a minute ago
    now = tally(fleet.ledger_file, fleet.now_ns, DUST)
    assert any("BTC" in text and "NEW" in text for text in now.restless)
    assert "aaaaaa-BTC-1 (CLOSING)" in now.restless
    assert max(now.naked_s) == pytest.approx(60)


def test_a_market_is_not_level_with_an_order_unheard_of(fleet: Any) -> None:
    before = Trail(fleet.ledger_file).market("BTC")
    assert (before.open_orders, before.moving) == (0, 0)
    assert set(before.uneven.values()) == {0}
    lose_a_leg(fleet)
    after = Trail(fleet.ledger_file).market("BTC")
    assert (after.open_orders, after.moving) == (1, 1)
    assert abs(after.uneven["aaaaaa-BTC-1"]) == Decimal("0.001")


def followed(fleet: Any) -> Crash:
    """What becomes of a crash of BTC's worker (pid 1) whose next life (pid 7) speaks a moment later."""

    async def follow() -> Crash:
        with Lives(fleet.ledger_file, fleet.paper, ("BTC",), DUST) as lives:
            lives.crashed("BTC", 1)
            # the fleet's story has a heartbeat of a moment ago: another one so soon would not be written
            assert fleet.ledger.heartbeat("BTC", "edge", decided_ns=1, at_ns=clock.now_ns() + 3 * 10**9)
            async with asyncio.timeout(BOUND_S):
                crash = lives.seen.crashes[0]
                looks = lives.seen.looks
                while crash.life_ns is None or (crash.level_ns is None and lives.seen.looks < looks + 5):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            return replace(crash)

    return asyncio.run(follow())


def test_a_crash_is_followed_to_the_next_life_and_to_level(fleet: Any) -> None:
    crash = followed(fleet)
    assert crash.life_ns is not None and crash.level_ns is not None


def test_a_crash_is_not_over_while_a_leg_is_unheard_of(fleet: Any) -> None:
    lose_a_leg(fleet)
    assert followed(fleet).level_ns is None


def test_a_crash_is_not_over_while_a_venue_holds_what_the_ledger_does_not_know(fleet: Any) -> None:
    journal = fleet.paper / "dydx.jsonl"
    journal.write_text("".join(line for line in journal.read_text().splitlines(True) if "BTC" not in line))
    assert followed(fleet).level_ns is None


def span_ns(time: str) -> int:
    return int(datetime.fromisoformat(f"2026-11-28 {time}").timestamp()) * 10**9


def test_only_ends_by_own_fault_are_held_against_a_program() -> None:
    log = """\
2026-11-28 00:00:01,001 WARN exited: btc (terminated by SIGKILL; not expected)
2026-11-28 00:00:02,001 INFO exited: eth (exit status 0; expected)
2026-11-28 00:00:03,001 WARN exited: sol (exit status 1; not expected)
2026-11-28 00:00:04,001 WARN killing 'doge' (77) with SIGKILL
"""
    sol = "sol ended by itself with exit code 1 at 2026-11-28 00:00:03"
    assert faults_in(log) == ["doge had to be killed by supervisord", sol]
    assert faults_in(log, [(span_ns("00:00:30"), span_ns("00:00:31"))])[1:] == [sol]
    full = [(span_ns("00:00:02"), span_ns("00:00:04"))]
    assert faults_in(log, full) == ["doge had to be killed by supervisord"]
    assert faults_in(log.replace("status 1", "status 3"), full)[1:] == [sol.replace("code 1", "code 3")]


def test_a_scratch_fleet_shares_nothing_with_the_checkout_but_the_code(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    fleet = scratch(None, parent=tmp_path_factory.mktemp("s"))
    conf = fleet.conf.read_text()
    assert f"file={fleet.config.var}/run/supervisor.sock" in conf
    assert f"{CHECKOUT}/var" not in conf
    assert fleet.config.paper.dydx_port != fleet.config.paper.apex_port
    assert 18701 not in (fleet.config.paper.dydx_port, fleet.config.paper.apex_port)


@pytest.mark.parametrize("words", [["--minutes", "0"], ["--every", "-1"], ["--seed", "x"], ["--nonsense"]])
def test_misuse_of_drill_is_exit_code_2(tmp_path: Path, words: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parse(words, tmp_path)
    assert end.value.code == 2
