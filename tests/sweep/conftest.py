"""What the tests of the sweep share: a replay that is a formula, settings of a folder, and a crew within the test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from common import settings
from common.core.market import Direction
from common.replay.run import DealResult, Outcome, Replay
from common.settings import Settings
from common.sweep import job as sweep_job
from common.sweep.job import Job, Result, work

ROOT = Path(__file__).resolve().parents[2]
SECOND_NS = 10**9
BEGIN_NS, END_NS = 1_000 * SECOND_NS, 2_000 * SECOND_NS
EVERY_NS = 5 * SECOND_NS


@dataclass
class Theatre:
    """Plays by a formula: a deal each five seconds of the window, better with `edge_min_bps` near `best` bp."""

    best: float = 3.0
    luck_uusd: int = 4_000
    asked: list[Replay] = field(default_factory=list)

    def play(self, asked: Replay, told: Callable[[int, int], None] | None = None) -> Outcome:
        self.asked.append(asked)
        from_ns, to_ns = asked.from_ns or BEGIN_NS, asked.to_ns or END_NS
        terms = next(iter(asked.config.markets.values()))
        deals, curve, equity = list[DealResult](), [(from_ns, 200_000_000)], 200_000_000
        for at_ns in range(from_ns + EVERY_NS - from_ns % EVERY_NS, to_ns, EVERY_NS):
            if float(terms.edge_min_bps) >= 50:
                break
            pnl = self._pnl(at_ns, float(terms.edge_min_bps), float(terms.size))
            equity += pnl
            curve.append((at_ns, equity))
            name = f"x-{terms.market}-{len(deals) + 1}"
            deals.append(
                DealResult(name, terms.market, Direction(1), at_ns - SECOND_NS, at_ns, 40_000_000, pnl, 40_000, 0,
                           was_missed=False, closed_at_end=False)
            )  # fmt: skip
        if told is not None:
            told(1, 1)
        digest = sha256(repr((deals, asked.seed)).encode()).hexdigest()
        return Outcome(digest, tuple(deals), tuple(curve), {"edge": 5}, 1_000, from_ns, to_ns, ("BTC",))

    def _pnl(self, at_ns: int, edge_bps: float, size: float) -> int:
        drawn = int.from_bytes(sha256(f"{at_ns} {edge_bps}".encode()).digest()[:4], "big") / 2**32 - 0.5
        return round((1_000 - 300 * abs(edge_bps - self.best) + 2 * drawn * self.luck_uusd) * size / 0.001)


class Here:
    """A crew that replays within the test."""

    def __init__(self) -> None:
        self.done: list[Job] = []
        self.stop_after: int | None = None

    def run(self, jobs: Sequence[Job], told: Callable[[str, float], None]) -> Iterator[Result]:
        for job in jobs:
            if self.stop_after is not None and len(self.done) >= self.stop_after:
                raise KeyboardInterrupt
            self.done.append(job)
            told(job.key, 0.5)
            yield work(job)


@pytest.fixture
def theatre(monkeypatch: pytest.MonkeyPatch) -> Theatre:
    theatre = Theatre()
    monkeypatch.setattr(sweep_job, "play", theatre.play)
    return theatre


@pytest.fixture
def here() -> Here:
    return Here()


@pytest.fixture
def arb_toml(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "arb.toml", tmp_path / "arb.toml")
    return tmp_path / "arb.toml"


@pytest.fixture
def load(arb_toml: Path) -> Callable[..., Settings]:
    """arb.toml, with a change of its tables."""

    def loaded(change: Any = None) -> Settings:
        return settings.load(arb_toml, {}, change)

    return loaded
