"""Several processes race for small limits and are killed at random; an outside reader counts for himself.

The reader shares no code with the ledger: its own connection, its own SQL, its own idea of what counts.
"""

import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from common.ledger.bounds import BY_NAME, Bound
from common.ledger.ledger import Ledger
from common.ledger.limits import CapTerms

if TYPE_CHECKING:
    from tests.ledger.conftest import Maker

ROOT = Path(__file__).parents[2]
MARKETS = ("BTC", "ETH", "SOL", "LTC")
CAP_UUSD, LEVEL = 250_000_000, 3
KILLS, WALL_MAX_S = 24, 15.0
FOREVER = 1_000_000


class Racing:
    """The processes of the race, one per market, and the kills."""

    def __init__(self, path: Path, reader: sqlite3.Connection) -> None:
        self.path, self.reader, self.seed = path, reader, 0
        self.running = {market: self.start(market, FOREVER) for market in MARKETS}

    def start(self, market: str, rounds: int) -> "subprocess.Popen[str]":
        self.seed += 1
        command = [sys.executable, "-m", "common.fleet.racer", str(self.path), market, str(self.seed), str(rounds)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)})

    def kill(self, market: str) -> None:
        """kill -9, and what is live afterwards must be what the next process of the market finds."""
        child = self.running[market]
        child.kill()
        child.communicate()
        query = (
            "SELECT deal_id, state, held_uusd FROM deal WHERE market = ? "
            "AND state NOT IN ('CLOSED', 'VOID', 'WRITTEN_OFF') ORDER BY opened_ns, number"
        )
        left = ["=".join(map(str, row)) for row in self.reader.execute(query, (market,))]
        self.running[market] = self.start(market, FOREVER)
        assert self.found(market) == left

    def found(self, market: str) -> list[str]:
        """The first line a racer prints: its live deals at start."""
        stdout = self.running[market].stdout
        assert stdout is not None
        return stdout.readline().split()[1:]

    def stop(self) -> None:
        for child in self.running.values():
            child.kill()
            child.communicate()


@contextmanager
def racing(path: Path, reader: sqlite3.Connection) -> Iterator[Racing]:
    race = Racing(path, reader)
    try:
        yield race
    finally:
        race.stop()


def seen(reader: sqlite3.Connection) -> tuple[int, int, int]:
    """Exposure, live deals of direction +1 and of -1, counted row by row."""
    exposure, counts = 0, {1: 0, -1: 0}
    for direction, state, held in reader.execute("SELECT direction, state, held_uusd FROM deal WHERE held_uusd > 0"):
        exposure += held
        counts[direction] += state in ("OPENING", "OPEN", "CLOSING", "STUCK")
    return exposure, counts[1], counts[-1]


def check_books(reader: sqlite3.Connection) -> None:
    """What must be true of the file at any time, however its writers ended."""
    assert reader.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert reader.execute("PRAGMA foreign_key_check").fetchall() == []
    rows, first, last = reader.execute("SELECT COUNT(*), MIN(seq), MAX(seq) FROM journal").fetchone()
    assert (rows, first) == (last, 1)
    unreserved = "SELECT deal_id FROM deal EXCEPT SELECT deal_id FROM journal WHERE verb = 'reserve'"
    assert reader.execute(unreserved).fetchall() == []
    half = "SELECT deal_id FROM orders WHERE purpose = 'OPEN' GROUP BY deal_id HAVING COUNT(*) <> 2"
    assert reader.execute(half).fetchall() == []
    moved: dict[str, str] = {}
    for deal_id, before, after in reader.execute(
        "SELECT deal_id, from_state, to_state FROM journal WHERE deal_id IS NOT NULL ORDER BY seq"
    ):
        assert moved.get(deal_id) == before
        moved[deal_id] = after
    assert moved == dict(reader.execute("SELECT deal_id, state FROM deal"))


def limited(reader: sqlite3.Connection) -> tuple[int, int, int, int]:
    """Live deals and µUSD held, of BTC and of all, counted row by row."""
    found = {"BTC": [0, 0], "*": [0, 0]}
    for market, state, held in reader.execute("SELECT market, state, held_uusd FROM deal WHERE held_uusd > 0"):
        for scope in ("BTC", "*") if market == "BTC" else ("*",):
            found[scope][0] += state in ("OPENING", "OPEN", "CLOSING", "STUCK")
            found[scope][1] += held
    return (*found["BTC"], *found["*"])  # type: ignore[return-value]


def give(ledger: Ledger, *wanted: tuple[str, str, int]) -> None:
    for market, name, number in wanted:
        bound = Bound(market, BY_NAME[name], number * BY_NAME[name].unit)
        ledger.set_limit(bound, "race", who="race", confirmed=True, at_ns=1)


@pytest.mark.slow
def test_killed_at_random_nobody_ever_sees_more_than_the_limits(path: Path, ledger: Ledger, maker: "Maker") -> None:
    give(ledger, ("*", "deals", 4), ("BTC", "deals", 2), ("*", "notional_usd", 190), ("BTC", "notional_usd", 95))
    ledger.set_cap(CapTerms(Decimal(50), Decimal(50), 50, 10**9), "race", 1)
    ledger.close()
    reader = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)
    dice, kills, most, end = random.Random(2), 0, [0] * 4, monotonic() + WALL_MAX_S
    with racing(path, reader) as race:
        for market in MARKETS:
            assert race.found(market) == []
        while kills < KILLS // 2 and monotonic() < end:
            for _ in range(dice.randint(20, 400)):
                most = list(map(max, most, limited(reader)))
                assert most[0] <= 2 and most[1] <= 95_000_000 and most[2] <= 4 and most[3] <= 190_000_000
            race.kill(dice.choice(MARKETS))
            kills += 1
    check_books(reader)
    # Every limit was in reach.
    assert most[0] == 2 and most[2] == 4 and most[3] > 150_000_000 and kills >= 4
    recover_alone(path, reader)


def test_processes_together_begin_no_more_deals_than_the_throttle_lets_them(path: Path, ledger: Ledger) -> None:
    """All deals of a racer are begun at the same moment, so that one window has them all."""
    give(ledger, ("*", "deals_per_hour", 30), ("BTC", "deals_per_minute", 3))
    ledger.set_cap(CapTerms(Decimal(50), Decimal(50), 50, 10**9), "race", 1)
    ledger.close()
    command = [sys.executable, "-m", "common.fleet.racer", str(path)]
    racers = [
        subprocess.Popen(
            [*command, market, str(seed), "40"], stdout=subprocess.PIPE, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
        )
        for seed, market in enumerate(MARKETS)
    ]
    said = [racer.communicate(timeout=60)[0].decode() for racer in racers]
    reader = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    assert reader.execute("SELECT COUNT(*), SUM(market = 'BTC') FROM deal").fetchone() == (30, 3)
    assert all("rate=" in words for words in said)


def recover_alone(path: Path, reader: sqlite3.Connection) -> None:
    """After the last kill one more start per market brings every deal to rest: flat or hedged, nothing lost."""
    for market in MARKETS:
        command = [sys.executable, "-m", "common.fleet.racer", str(path), market, "0", "0"]
        result = subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, timeout=30, check=True
        )
        assert result.stdout.splitlines()[-1] == "end"
    assert reader.execute("SELECT DISTINCT state FROM deal WHERE held_uusd > 0").fetchall() in ([("OPEN",)], [])
    assert reader.execute("SELECT COUNT(*) FROM orders WHERE state <> 'DONE'").fetchone() == (0,)
    net: dict[str, Decimal] = {}
    query = "SELECT o.deal_id, f.side, f.size FROM fill AS f JOIN orders AS o USING (client_id)"
    for deal_id, side, size in reader.execute(query):
        net[deal_id] = net.get(deal_id, Decimal(0)) + (Decimal(size) if side == "BUY" else -Decimal(size))
    assert set(net.values()) == {Decimal(0)}
    check_books(reader)
