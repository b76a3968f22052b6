"""Real processes race for one file under its limits of deals, notional and rate, and are killed meanwhile."""

import sqlite3
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from random import Random
from time import monotonic

import pytest

from common.fleet.race import MARKETS, Race
from common.fleet.race_judge import RaceJudge
from common.ledger.bounds import BY_NAME, Bound
from common.ledger.ledger import Ledger
from common.ledger.limits import CapTerms

RACING = MARKETS[:4]
KILLS, WALL_MAX_S = 12, 60.0
#: each racer alone would begin more deals than the throttle lets all of them
ROUNDS = "150"
#: the cap and the level do not bind here
NEVER_UUSD, NEVER = 10**12, 50
WIDE = CapTerms(Decimal(NEVER), Decimal(NEVER), NEVER, 10**9)


def limited(reader: sqlite3.Connection) -> tuple[int, int, int, int]:
    """Live deals and µUSD held, of BTC and of all, counted row by row."""
    found = {"BTC": [0, 0], "*": [0, 0]}
    for market, state, held in reader.execute("SELECT market, state, held_uusd FROM deal WHERE held_uusd > 0"):
        for scope in ("BTC", "*") if market == "BTC" else ("*",):
            found[scope][0] += state in ("OPENING", "OPEN", "CLOSING", "STUCK")
            found[scope][1] += held
    return (*found["BTC"], *found["*"])  # type: ignore[return-value]


def all_in_reach(most: list[int]) -> bool:
    """Every limit was used up, or nearly: a race that never comes near a limit says nothing about it."""
    return most[0] == 2 and most[2] == 4 and most[3] > 150_000_000


def give(ledger: Ledger, *wanted: tuple[str, str, int]) -> None:
    """Let these limits, and nothing else, bind."""
    for market, name, number in wanted:
        bound = Bound(market, BY_NAME[name], number * BY_NAME[name].unit)
        ledger.set_limit(bound, "race", who="race", confirmed=True, at_ns=1)
    ledger.set_cap(WIDE, "race", 1)
    ledger.close()


@pytest.mark.slow
def test_killed_at_random_nobody_ever_sees_more_than_the_limits(path: Path, ledger: Ledger) -> None:
    give(ledger, ("*", "deals", 4), ("BTC", "deals", 2), ("*", "notional_usd", 190), ("BTC", "notional_usd", 95))
    reader = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)
    judge = RaceJudge(path, NEVER_UUSD, NEVER)
    dice, kills, most, end = Random(2), 0, [0] * 4, monotonic() + WALL_MAX_S
    racing = Race(path, RACING, seed=2)
    try:
        for market in RACING:
            assert racing.found(market) == []
        while (kills < KILLS or not all_in_reach(most)) and monotonic() < end:
            for _ in range(dice.randint(20, 400)):
                most = list(map(max, most, limited(reader)))
                assert most[0] <= 2 and most[1] <= 95_000_000 and most[2] <= 4 and most[3] <= 190_000_000
            racing.kill(dice.choice(RACING), judge)
            kills += 1
    finally:
        racing.stop()
    judge.books()
    assert all_in_reach(most) and kills >= 4
    racing.recover()
    judge.rest()
    judge.close()


def test_processes_together_begin_no_more_deals_than_the_throttle_lets_them(path: Path, ledger: Ledger) -> None:
    """All deals of a racer are begun at the same moment, so that one window has them all."""
    give(ledger, ("*", "deals_per_hour", 30), ("BTC", "deals_per_minute", 3))
    command = [sys.executable, "-m", "common.fleet.racer", str(path)]
    racers = []
    for seed, market in enumerate(RACING):
        racers.append(subprocess.Popen([*command, market, str(seed), ROUNDS], stdout=subprocess.PIPE))
        if market == "BTC":
            # it is at work before the others begin: they could have used up the fleet's hour
            assert (line := racers[-1].stdout) is not None and line.readline().startswith(b"live")
    said = [racer.communicate(timeout=60)[0].decode() for racer in racers]
    reader = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    assert reader.execute("SELECT COUNT(*), SUM(market = 'BTC') FROM deal").fetchone() == (30, 3)
    assert all("rate=" in words for words in said)
