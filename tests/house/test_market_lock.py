"""One process per market, and a crash loop that is noticed."""

import configparser
import subprocess
import sys
from pathlib import Path

import pytest

from common.core.errors import ConfigError
from common.core.terms import SECOND_NS
from common.market_lock import LOCK_TIMEOUT_S, WAIT_MAX_NS, WINDOW_NS, MarketLock, start_wait_ns
from workers.arb import STOP_BOUND_S

ROOT = Path(__file__).resolve().parents[2]

HOLD = """
import sys
from pathlib import Path
from common.market_lock import MarketLock
lock = MarketLock(Path(sys.argv[1])); lock.take(1.0)
print("held", flush=True); sys.stdin.read()
"""


def holder(path: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_a_second_process_does_not_get_the_lock_while_the_first_lives(tmp_path: Path) -> None:
    path = tmp_path / "btc.lock"
    with holder(path) as first:
        with pytest.raises(ConfigError, match="it runs already"):
            MarketLock(path).take(timeout_s=0.2)
        first.kill()
        first.wait()
        MarketLock(path).take(timeout_s=5.0)


def test_a_predecessor_that_was_told_to_stop_is_waited_for_as_long_as_it_may_take() -> None:
    conf = configparser.RawConfigParser()
    conf.read(ROOT / "supervisord.conf")
    assert STOP_BOUND_S < float(conf["program:btc"]["stopwaitsecs"]) < LOCK_TIMEOUT_S


def test_the_first_starts_of_late_wait_for_nothing_and_a_crash_loop_waits_longer_and_longer(tmp_path: Path) -> None:
    lock = MarketLock(tmp_path / "btc.lock")
    waits = [lock.note_start(1000 * SECOND_NS + i * SECOND_NS) for i in range(12)]
    assert waits[:3] == [0, 0, 0]
    assert waits[3:6] == [2 * SECOND_NS, 4 * SECOND_NS, 8 * SECOND_NS]
    assert waits[-1] == WAIT_MAX_NS


def test_starts_are_forgotten_after_the_window_and_survive_the_process(tmp_path: Path) -> None:
    path = tmp_path / "btc.lock"
    for i in range(5):
        MarketLock(path).note_start(1000 * SECOND_NS + i)
    assert MarketLock(path).note_start(1001 * SECOND_NS) > 0
    assert MarketLock(path).note_start(1002 * SECOND_NS + WINDOW_NS) == 0


def test_a_torn_memory_of_starts_costs_only_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "btc.lock"
    path.write_text("[17, 2")
    assert MarketLock(path).note_start(1000 * SECOND_NS) == 0
    assert start_wait_ns(100) == WAIT_MAX_NS
