"""A race of real processes for one real ledger file: what one process under a virtual clock cannot prove.

Each process is a racer (racer.py) of a market of its own; they are killed at random points, started again, and must
find what the dead ones left. An outside reader judges all the while. Kills fall where the machine's clock has them: a
race is not a function of its seed.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random

from common import clock
from common.core.account import AccountFacts
from common.core.market import Venue
from common.fleet.race_judge import RaceJudge
from common.fleet.racer import START_NS
from common.fleet.violation import Violation
from common.ledger.ledger import Ledger
from common.ledger.limits import CapTerms

ROOT = Path(__file__).resolve().parents[2]
MARKETS = ("BTC", "ETH", "SOL", "LTC", "LINK", "AVAX", "ATOM", "DOGE", "BCH", "MATIC")
#: 2.5 × 100 USD; deals hold 40 to 60 USD each
CAP_UUSD, LEVEL = 250_000_000, 3
EQUITY_UUSD, MAX_AGE_NS = 100_000_000, 10**9
#: the file is looked at so often between two kills
LOOKS_MIN, LOOKS_MAX = 20, 400
FOREVER = 1_000_000
RECOVERY_BOUND_S, WALL_MAX_S = 60, 120.0


@dataclass(frozen=True, slots=True)
class RaceOutcome:
    """What came of a race; `violation` is empty when every law held."""

    violation: str
    kills: int
    counts: dict[str, int]
    #: highest exposure that was seen, as a share of the cap
    filled: float


class Race:
    """The processes, one per market."""

    def __init__(self, file: Path, markets: tuple[str, ...], seed: int) -> None:
        self._file, self._seed = file, seed * FOREVER
        self.running = {market: self.start(market, FOREVER) for market in markets}

    def start(self, market: str, rounds: int) -> "subprocess.Popen[str]":
        """A racer of this market."""
        self._seed += 1
        command = [sys.executable, "-m", "common.fleet.racer", str(self._file), market, str(self._seed), str(rounds)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def kill(self, market: str, judge: RaceJudge) -> None:
        """kill -9; what is live afterwards must be what the next process of the market finds."""
        self._end(self.running[market])
        left = judge.live(market)
        self.running[market] = self.start(market, FOREVER)
        if (found := self.found(market)) != left:
            raise Violation(f"{market}: {left} was live when a process was killed, the next one found {found}")

    def found(self, market: str) -> list[str]:
        """The first line that a racer prints: its live deals at start."""
        stdout = self.running[market].stdout
        assert stdout is not None
        return stdout.readline().split()[1:]

    def recover(self) -> None:
        """One more start of each market, with nothing to do but to bring to rest what is there."""
        for market in self.running:
            child = self.start(market, 0)
            said, _ = child.communicate(timeout=RECOVERY_BOUND_S)
            if said.splitlines()[-1:] != ["end"]:
                raise Violation(f"{market} could not be brought to rest: {said!r}")

    def stop(self) -> None:
        """End all of them as they are."""
        for child in self.running.values():
            self._end(child)

    def _end(self, child: "subprocess.Popen[str]") -> None:
        child.kill()
        child.communicate()


@contextmanager
def _racing(file: Path, markets: tuple[str, ...], seed: int) -> Iterator[Race]:
    racing = Race(file, markets, seed)
    try:
        yield racing
    finally:
        racing.stop()


def race(folder: Path, *, processes: int, kills: int, seed: int, told: Callable[[int], None]) -> RaceOutcome:
    """Race, judge, bring to rest, judge; `told` hears of each kill."""
    file = folder / "race.db"
    prepare(file)
    judge, done, violation = RaceJudge(file, CAP_UUSD, LEVEL), 0, ""
    try:
        with _racing(file, MARKETS[:processes], seed) as racing:
            for done in _killed(racing, judge, Random(seed), kills):
                told(done)
        judge.books()
        racing.recover()
        judge.rest()
        if judge.most_uusd < CAP_UUSD * 3 // 4:
            raise Violation(f"this was no race: never more than {judge.most_uusd} of {CAP_UUSD} µUSD were exposed")
    except Violation as found:
        violation = str(found)
    outcome = RaceOutcome(violation, done, judge.counts(), judge.most_uusd / CAP_UUSD)
    judge.close()
    return outcome


def prepare(file: Path) -> None:
    """A ledger with room for a few deals."""
    with Ledger.create(file, created_ns=START_NS, config_hash="race", code_version="race", pid=1) as ledger:
        ledger.set_cap(CapTerms(Decimal("2.5"), Decimal(3), LEVEL, MAX_AGE_NS), "race", START_NS)
        for venue in Venue:
            ledger.write_account(AccountFacts(venue, EQUITY_UUSD, 0, (), START_NS))


def _killed(racing: Race, judge: RaceJudge, random: Random, kills: int) -> Iterator[int]:
    """Look, kill, look, kill; how many were killed so far. Ends early on a machine that is too slow for it."""
    for market in racing.running:
        racing.found(market)
    end_ns = clock.monotonic_ns() + int(WALL_MAX_S * 1e9)
    for number in range(1, kills + 1):
        for _ in range(random.randint(LOOKS_MIN, LOOKS_MAX)):
            judge.look()
        racing.kill(random.choice(list(racing.running)), judge)
        yield number
        if clock.monotonic_ns() > end_ns:
            return
