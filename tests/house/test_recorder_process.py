"""The recorder as a process beside the paper venues: told to stop, killed, started again, in the way of another."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from common import clock
from common.tape.places import tape_files
from common.tape.reader import DIED, STOPPED, read
from common.tape.record import Kind, Record

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 30
SECOND_NS = 10**9

pytestmark = pytest.mark.fleet

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a process of the fleet on ports of its own; what still runs when the test ends is killed."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = [str(server.getsockname()[1]) for server in (one, other)]
    text = (ROOT / "arb.toml").read_text().replace("18701", ports[0]).replace("18702", ports[1])
    (tmp_path / "arb.toml").write_text(text + "\n[recorder]\nfree_min_mb = 0\n")
    started: list[subprocess.Popen[str]] = []

    def run(module: str, *words: str) -> subprocess.Popen[str]:
        command, environ = (sys.executable, "-m", module, *words), os.environ | {"ARB_CONFIG": f"{tmp_path}/arb.toml"}
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def wait_for(fact: Callable[[], bool]) -> None:
    until_ns = clock.monotonic_ns() + WAIT_S * SECOND_NS
    while not fact():
        assert clock.monotonic_ns() < until_ns, "waited in vain"
        signal.sigtimedwait([], 0.05)


def records(folder: Path) -> list[Record]:
    """What is on the tape by now; nothing while there is none."""
    return [one.record for one in read(folder)] if list(folder.glob("*.tape")) else []


def frames(folder: Path) -> int:
    return sum(record.kind is Kind.FRAME for record in records(folder))


def gaps(folder: Path) -> list[str]:
    return [str(record.fields()["why"]) for record in records(folder) if record.kind is Kind.GAP]


def test_killed_it_loses_less_than_a_second_and_goes_on_with_a_new_file(start: Start, tmp_path: Path) -> None:
    tape = tmp_path / "var" / "tape"
    start("workers.sim")
    recorder = start("workers.recorder")
    wait_for(lambda: frames(tape) > 500)
    # the tape was looked at right after it was written: death comes at another moment
    signal.sigtimedwait([], 1.7)
    recorder.kill()
    killed_ns = clock.now_ns()
    recorder.wait(WAIT_S)
    before = frames(tape)
    last_ns = max(record.at_ns for record in records(tape))
    assert killed_ns - last_ns < SECOND_NS
    assert gaps(tape) == [DIED]
    again = start("workers.recorder")
    wait_for(lambda: frames(tape) > before + 200)
    again.send_signal(signal.SIGTERM)
    _, said = again.communicate(timeout=WAIT_S)
    assert again.returncode == 0
    assert "tape_gap why='nothing was recorded' seconds=" in said and "stopped frames=" in said
    assert gaps(tape) == [DIED, STOPPED]
    assert len(tape_files([tape])) == 2


def test_two_recorders_do_not_write_into_one_folder(start: Start, tmp_path: Path) -> None:
    tape = tmp_path / "var" / "tape"
    start("workers.sim")
    start("workers.recorder")
    wait_for(lambda: frames(tape) > 0)
    second = start("scripts.arbctl", "record", "--for", "1")
    _, said = second.communicate(timeout=WAIT_S)
    assert second.returncode == 3
    assert "runs already" in said


def test_it_waits_for_venues_that_are_not_there_yet(start: Start, tmp_path: Path) -> None:
    tape = tmp_path / "var" / "tape"
    recorder = start("workers.recorder")
    wait_for(lambda: (tape / ".lock").exists())
    start("workers.sim")
    wait_for(lambda: frames(tape) > 100)
    assert recorder.poll() is None
