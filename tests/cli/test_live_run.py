"""One live start from refusal to its first deal: real processes, venues that are spoken to as live ones are."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from common import settings
from common.core.market import Venue
from common.ledger.report import Report
from common.settings import Settings
from scripts import deeds
from scripts.apart import alone
from scripts.supervise import Places

ROOT = Path(__file__).resolve().parents[2]
BOUND_S = 60.0
#: one per cent in ticks of half a dollar
GAP_TICKS = 800


@pytest.fixture
def file(tmp_path: Path, paper_house: Any) -> Path:
    """One market, its venues on loopback, a median that is warm soon."""
    text = (ROOT / "arb.toml").read_text().replace('mode = "paper"', 'mode = "live"')
    text = text[: text.index("[markets.ETH]")].replace("median_warmup_s = 12", "median_warmup_s = 1")
    keys = next(path for path in tmp_path.iterdir() if (path / "dydxconfig.ini").exists())
    for venue in Venue:
        rest, path = paper_house.url(venue), "/v3/ws" if venue is Venue.DYDX else ""
        text += f'[venues.{venue}]\nrest = "{rest}"\nws = "{rest.replace("http", "ws")}{path}"\n'
        text += f'keys = "{keys / f"{venue}config.ini"}"\n'
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "arb.toml").write_text(alone(text))
    return tmp_path / "f" / "arb.toml"


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(file: Path) -> Iterator[Start]:
    """Calls a module of ours with this arb.toml; whoever is left over is ended."""
    started: list[subprocess.Popen[str]] = []

    def run(module: str, *words: str) -> subprocess.Popen[str]:
        line = [sys.executable, "-m", module, "--config", str(file), *words]
        started.append(subprocess.Popen(line, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        return started[-1]

    yield run
    for child in started:
        if child.poll() is None:
            child.kill()
            child.communicate()
    asyncio.run(_until(lambda: Places(file.parent / "var").pid is None))


async def _until(holds: Callable[[], bool]) -> None:
    """Wait for something that other processes do."""
    async with asyncio.timeout(BOUND_S):
        while not holds():  # noqa: ASYNC110  (other processes, seen from outside)
            await asyncio.sleep(0.1)


def says(config: Settings) -> str:
    """What the worker said last."""
    with Report.open(config.ledger_file) as report:
        return next((beat.state for beat in report.heartbeats() if beat.market == "BTC"), "")


class Books:
    """Books that move all the time, as real ones do: a worker decides when it hears one."""

    def __init__(self, house: Any, config: Settings) -> None:
        self._house, self._config, self._turn = house, config, 0

    def said(self, prefix: str, gap_ticks: int = 0) -> bool:
        """Move both books a little, ApeX now and then `gap_ticks` above dYdX (oftener, the median would take it for
        the rule); whether the worker says what is awaited.
        """
        self._turn += 1
        self._house.show(Venue.APEX, "BTC", 0 if self._turn % 4 else gap_ticks, steps=1000 + self._turn % 7)
        self._house.show(Venue.DYDX, "BTC", 0, steps=1000 + self._turn % 5)
        return says(self._config).startswith(prefix)


def opened(config: Settings) -> int:
    with Report.open(config.ledger_file) as report:
        return report.totals().reserved


@pytest.mark.fleet
def test_refused_then_confirmed_then_halted_and_telling_then_let_go(file: Path, start: Start, paper_house: Any) -> None:
    config = settings.load(file, {})
    said, _ = (refused := start("scripts.fleet_run", "--for", "1")).communicate(timeout=BOUND_S)
    assert refused.returncode == 3 and "never confirmed" in said, said
    said, _ = (taped := start("scripts.fleet_run", "--source", "synthetic")).communicate(timeout=BOUND_S)
    assert taped.returncode == 3 and "--source drives the paper venues" in said, said
    said, _ = (doctor := start("scripts.arbctl", "doctor", "--i-understand")).communicate(timeout=BOUND_S)
    assert doctor.returncode == 0 and "Every market is halted" in said, said

    fleet = start("scripts.fleet_run", "--for", "45")
    books = Books(paper_house, config)
    asyncio.run(_until(lambda: books.said("halted")))
    asyncio.run(_until(lambda: books.said("would open +1, edge ", GAP_TICKS)))
    assert opened(config) == 0
    assert "would_open market=BTC" in (config.var / "log" / "btc.log").read_text()
    assert not (config.var / "log" / "sim.log").exists()

    deeds.resume(config, None, "looks right")
    asyncio.run(_until(lambda: books.said("", GAP_TICKS) and opened(config) > 0))
    fleet.terminate()
    said, _ = fleet.communicate(timeout=BOUND_S)
    assert fleet.returncode == 0, said
    assert "audit      not made" in said
