"""The real thing under fire: supervisord, ten workers and the paper venues as processes, killed, judged from outside.

The drill's own code with a list of strikes instead of a seed. Nothing here asserts how long anything took.
"""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.drill import exit_code, hold
from scripts.drill_figures import lines
from scripts.drill_fleet import all_ended, scratch
from scripts.drill_options import Options, parse
from scripts.drill_plan import DECK, Kind, Strike, plan

BOUND_S = 45.0
MARKETS = ("BTC", "ETH", "LINK", "LTC", "AVAX", "ATOM", "DOGE", "BCH", "MATIC", "SOL")
#: more to trade, sooner, so that a short fight hits something
BUSY = {"strategy.median_warmup_s": "4", "paper.jumps": "3"}
STRIKES = (
    Strike(Kind.WORKER, 0.5, ("BTC",)),
    Strike(Kind.TERM_WORKER, 0.5, ("AVAX",)),
    Strike(Kind.FREEZE_WORKER, 0.5, ("LTC",), for_s=2.0),
    Strike(Kind.MID_ORDER, 0.5, aim_s=0.1),
    Strike(Kind.SEVERAL, 1.5, ("ETH", "DOGE", "SOL")),
    Strike(Kind.SUPERVISORD, 1.0, at_once=True),
    Strike(Kind.MID_ORDER, 3.0, aim_s=0.02),
    Strike(Kind.WARDEN, 0.5),
    Strike(Kind.DISK_FULL, 0.5, for_s=2.0),
    Strike(Kind.SIM_MID_ORDER, 1.0, aim_s=0.05),
)

only_linux = pytest.mark.skipif(sys.platform != "linux", reason="only there do children follow a killed supervisord")


# ---- what needs no process ------------------------------------------------------------------------------------------


def test_a_seed_gives_the_same_strikes_again_and_another_seed_gives_others() -> None:
    assert plan(7, MARKETS, 120, 6) == plan(7, MARKETS, 120, 6)
    assert plan(7, MARKETS, 120, 6) != plan(8, MARKETS, 120, 6)


def test_a_long_drill_sees_every_kind_of_strike_and_ends_in_time() -> None:
    strikes = plan(1, MARKETS, 600, 6)
    assert {strike.kind for strike in strikes} == set(DECK) == set(Kind)
    assert sum(strike.after_s for strike in strikes) <= 600


def test_options_name_the_seed_that_was_drawn(tmp_path: Path) -> None:
    options = parse(["--minutes", "0.5"], tmp_path)
    assert f"--seed {options.seed} --minutes 0.5" in str(options)


# ---- with real processes --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The figures of one short drill of the whole fleet; its files stay where pytest keeps them."""
    options = Options(seed=1, minutes=1, every_s=1, config=None, json=True)
    fleet = scratch(None, parent=tmp_path_factory.mktemp("d"), changes=options.changes | BUSY, small_disk=True)
    assert fleet.markets == MARKETS
    return asyncio.run(hold(options, fleet, STRIKES))


@only_linux
@pytest.mark.fleet
def test_a_fleet_under_fire_breaks_no_law_and_loses_no_deal(found: dict[str, Any]) -> None:
    assert found["violations"] == []
    assert exit_code(found) == 0
    assert lines(found)[-1].startswith("verdict: clean")
    assert found["crashes"]["sim"] == found["crashes"]["supervisord"] == 1
    assert found["crashes"]["workers"] >= 4
    assert found["tally"]["opened"] > 0
    assert found["checks"]["fills"] > 0


@only_linux
@pytest.mark.fleet
def test_every_killed_worker_spoke_again_and_its_market_came_level(found: dict[str, Any]) -> None:
    assert found["life_s"]["count"] == found["level_s"]["count"] == found["crashes"]["workers"]


@only_linux
@pytest.mark.fleet
def test_a_fleet_stopped_with_open_deals_takes_them_up_again_when_started(found: dict[str, Any]) -> None:
    assert found["stop"]["open_deals"] > 0
    assert found["stop"]["recovered"] == found["stop"]["open_deals"]


#: ten workers, the paper venues, the warden
CHILDREN = 12


@only_linux
@pytest.mark.fleet
def test_a_killed_supervisord_takes_every_child_along_those_that_still_start_too(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    assert asyncio.run(_left_behind(tmp_path_factory.mktemp("k"))) == ([], CHILDREN)


async def _left_behind(folder: Path) -> tuple[list[str], int]:
    """Who outlives a supervisord that is killed while its workers are still starting, and how many there were."""
    fleet = scratch(None, parent=folder)
    try:
        await fleet.begin()
        children = fleet.hold_all()
        await fleet.kill_supervisord()
        left = await all_ended(children, BOUND_S)
    finally:
        await fleet.end()
    for child in children:
        child.send(signal.SIGKILL)
        child.close()
    return left, len(children)
