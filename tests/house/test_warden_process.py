"""The warden as a process: it starts before its venues do, writes its rows, and ends when told to."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common import members
from common.core.market import Venue
from common.ledger.report import Report
from common.process_main import EXIT_PERSON
from common.sim.accounts import open_accounts

ROOT = Path(__file__).resolve().parents[2]
BOUND_S = 30.0
CONFIG = """
[paper]
dydx_port = {dydx}
apex_port = {apex}
[warden]
look_every_s = 1
[markets.BTC]
size = "0.001"
[markets.LINK]
size = "1"
"""


class Process:
    """One warden, and the lines that it has said so far."""

    def __init__(self, config: Path) -> None:
        environ = {**os.environ, "ARB_CONFIG": str(config), "PYTHONPATH": str(ROOT)}
        self.child = subprocess.Popen(
            [sys.executable, "-m", "workers.warden"], cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []
        self._heard = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.child.stderr is not None
        for line in self.child.stderr:
            with self._heard:
                self.lines.append(line)
                self._heard.notify_all()

    def says(self, word: str, bound_s: float = BOUND_S) -> bool:
        """Whether a line with this word came in time."""
        with self._heard:
            return self._heard.wait_for(lambda: any(word in line for line in self.lines), bound_s)


def is_there(look: Callable[[], bool]) -> bool:
    """Whether it became true in time."""
    patience = threading.Event()
    return any(look() or patience.wait(0.1) for _ in range(int(BOUND_S * 10)))


@pytest.mark.slow
def test_it_waits_for_keys_and_venues_then_keeps_rows_and_ends_when_told_to(paper_house: Any, tmp_path: Path) -> None:
    config = tmp_path / "arb.toml"
    config.write_text(CONFIG.format(dydx=paper_house.ports[Venue.DYDX], apex=paper_house.ports[Venue.APEX]))
    file = tmp_path / "var" / "ledger.db"
    process = Process(config)
    try:
        assert not process.says("watching", 1.0)
        assert process.child.poll() is None, "no keys yet: it waits"
        (tmp_path / "var" / "paper").mkdir(parents=True)
        for source in sorted((tmp_path / "0").glob("*.ini")):
            target = tmp_path / "var" / "paper" / source.name
            target.touch(mode=0o600)
            target.write_bytes(source.read_bytes())
        assert open_accounts(tmp_path / "var" / "paper") == paper_house.accounts
        assert process.says("watching"), process.lines
        with Report.open(file) as report:
            assert is_there(lambda: len(report.equities()) == len(Venue))
            assert is_there(lambda: [b.market for b in report.heartbeats()] == [members.WARDEN])
            assert report.halts() == ()
        process.child.send_signal(signal.SIGTERM)
        assert process.child.wait(BOUND_S) == 0
        assert process.says("stopped")
        assert json.loads((tmp_path / "var" / "warden.json").read_text())["peak_uusd"] > 0
    finally:
        process.child.kill()
        process.child.wait()


def test_a_warden_that_cannot_begin_says_why_and_asks_for_a_person(tmp_path: Path) -> None:
    config = tmp_path / "arb.toml"
    config.write_text('mode = "live"\n[markets.BTC]\nsize = "0.001"\n')
    process = Process(config)
    assert process.says("needs_a_person")
    assert process.child.wait(BOUND_S) == EXIT_PERSON
