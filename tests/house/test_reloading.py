"""arb.toml is edited while a worker trades: what it takes up, what waits for a restart, and what changes nothing."""

import asyncio
import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import clock, live_start, settings, wanted
from common.core.errors import ConfigError
from common.core.events import Event
from common.core.market import Instrument, Venue
from common.core.trader import Trader
from common.ledger.ledger import Ledger
from common.ledger.report import Report
from common.reloading import Reloading
from common.runner import Runner

ROOT = Path(__file__).resolve().parents[2]
D = Decimal
INSTRUMENTS = {
    v: Instrument(v, "BTC", "BTC", D(1), D("0.001"), D("0.001"), D("0.0005"), D("0.05"), D("0.03")) for v in Venue
}


@dataclass
class House:
    """Stands for Housekeeping: one event at a time, and a sign of life when asked for one."""

    runner: Runner
    beats: int = 0
    heard: list[Event] = field(default_factory=list)

    def hear(self, event: Event) -> None:
        self.heard.append(event)
        self.runner.hear(event)

    def beat(self) -> None:
        self.beats += 1
        self.runner.ledger.heartbeat("BTC", "edge", decided_ns=1, at_ns=clock.now_ns())


class Worker:
    """A folder with an arb.toml, a ledger, and a trader at work."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "arb.toml"
        self.file.write_text((ROOT / "arb.toml").read_text())
        self.config = settings.load(self.file)
        terms, now_ns = self.config.terms("BTC"), clock.now_ns()
        self.ledger = Ledger.create(
            self.config.ledger_file, created_ns=now_ns, config_hash=self.config.hash, code_version="v", pid=1
        )
        self.ledger.configure((*wanted.of_fleet(self.config), *wanted.of_market(terms)), "start", now_ns)
        trader = Trader(terms, INSTRUMENTS, incarnation="x", next_number=1, start_ns=now_ns)
        self.house = House(Runner(trader, self.ledger, None))  # type: ignore[arg-type]
        self.reloading = Reloading(self.config, self.house, logging.getLogger("BTC"))  # type: ignore[arg-type]

    @property
    def trader(self) -> Trader:
        return self.house.runner.trader

    def edit(self, **values: object) -> settings.Settings:
        """Other values of keys that stand in the file already, and the file as it is then."""
        text = self.file.read_text()
        for key, value in values.items():
            text, count = re.subn(rf"(?m)^{key} = [^#\n]*", f"{key} = {value} ", text, count=1)
            assert count == 1, f"the shipped arb.toml has no {key}"
        self.file.write_text(text)
        return settings.load(self.file)

    def hash(self) -> str:
        with Report.open(self.config.ledger_file) as report:
            return report.heartbeats()[0].config_hash

    def bound(self, name: str) -> int:
        with Report.open(self.config.ledger_file) as report:
            return next(b.value for b in report.limits() if b.name == f"* {name}")


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    worker = Worker(tmp_path)
    monkeypatch.setenv(settings.CONFIG_VARIABLE, str(worker.file))
    yield worker
    worker.ledger.close()


def test_a_threshold_holds_at_once_and_the_heartbeat_names_the_file(worker: Worker) -> None:
    new = worker.edit(edge_min_bps=77)
    worker.reloading.take_up(new)
    assert worker.trader.terms.edge_min_bps == 77
    assert worker.house.beats == 1 and worker.hash() == new.hash != worker.config.hash


def test_what_waits_for_a_restart_is_said_and_the_rest_is_taken_up(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    size = worker.trader.terms.size
    new = worker.edit(edge_min_bps=77, size='"0.002"')
    with caplog.at_level(logging.INFO):
        worker.reloading.take_up(new)
    assert (worker.trader.terms.edge_min_bps, worker.trader.terms.size) == (D(77), size)
    assert worker.hash() == f"{worker.config.hash}+{new.hash}"
    assert "taken=edge_min_bps waits=size" in caplog.text
    # given back, nothing waits any more
    again = worker.edit(size=f'"{size}"')
    worker.reloading.take_up(again)
    assert worker.hash() == again.hash


def test_a_lowered_limit_is_a_law_at_once_and_a_raised_one_waits_for_a_persons_word(worker: Worker) -> None:
    worker.reloading.take_up(worker.edit(level=2))
    assert worker.bound("level") == 2
    worker.reloading.take_up(worker.edit(level=9))
    assert worker.bound("level") == 2


def test_venues_elsewhere_wait_and_another_ledger_is_refused(worker: Worker) -> None:
    new = worker.edit(dydx_port=1, edge_min_bps=77)
    worker.reloading.take_up(new)
    assert worker.trader.terms.edge_min_bps == 77 and "+" in worker.hash()
    with pytest.raises(ConfigError, match="needs a restart"):
        worker.reloading.take_up(worker.edit(mode='"live"'))
    assert worker.trader.terms.edge_min_bps == 77


def test_live_terms_that_nobody_confirmed_change_nothing(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_start, "doubt", lambda config: "arb.toml was changed since it was confirmed")
    old = worker.trader.terms
    with pytest.raises(ConfigError, match="goes by what it has"):
        worker.reloading.take_up(worker.edit(edge_min_bps=77, level=1))
    assert worker.trader.terms == old and worker.house.beats == 0 and worker.bound("level") == 4


def test_a_sighup_reads_the_file_and_a_wrong_one_is_told_and_changes_nothing(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    async def told(*texts: str) -> None:
        keeping = asyncio.create_task(worker.reloading.keep())
        await asyncio.sleep(0)
        for text in texts:
            worker.file.write_text(text)
            seen = len(caplog.records)
            os.kill(os.getpid(), signal.SIGHUP)
            async with asyncio.timeout(10):
                while len(caplog.records) == seen:  # noqa: ASYNC110  (a log to look at)
                    await asyncio.sleep(0.01)
        keeping.cancel()

    old, sound = worker.trader.terms, worker.file.read_text()
    with caplog.at_level(logging.INFO):
        asyncio.run(told(sound.replace("edge_min_bps = ", "edge_min_bps = -"), "nonsense ="))
        assert worker.trader.terms == old and worker.house.beats == 0
        assert {record.message.split()[0] for record in caplog.records} == {"not_reloaded"}
        asyncio.run(told(re.sub(r"(?m)^edge_min_bps = \S+", "edge_min_bps = 7", sound)))
    assert worker.trader.terms.edge_min_bps == 7


def test_a_sighup_before_there_is_anybody_to_heed_it_kills_no_process(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from common import process_main\n"
        "sys.exit(process_main.run('x', lambda logger: os.kill(os.getpid(), signal.SIGHUP)))"
    )
    done: Any = subprocess.run([sys.executable, "-c", script], cwd=ROOT, timeout=30, check=False)
    assert done.returncode == 0
