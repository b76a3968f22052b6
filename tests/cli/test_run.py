"""scripts/run: its options, what it puts aside, and one short life of a real fleet under a real supervisord."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import clock, settings
from common.core.errors import LedgerError
from common.ledger.report import Report
from common.ledger.store import SCHEMA_VERSION
from scripts import archive, notify, supervise
from scripts.apart import apart
from scripts.fleet_run import WATCH_S
from scripts.run_options import parse
from scripts.supervise import Places, Supervisor

ROOT = Path(__file__).resolve().parents[2]
BOUND_S = 60.0


def test_options_reach_the_members_through_the_environment(tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    options = parse(["--source", "replay:books", "--speed", "10", "--config", "arb.toml", "--for", "60"], tmp_path)
    environ = options.environ()
    assert environ["ARB_PAPER_SOURCE"] == f"replay:{tmp_path}/books"
    assert environ["ARB_PAPER_SPEED"] == "10"
    assert environ["ARB_CONFIG"] == f"{tmp_path}/arb.toml"
    assert (options.for_s, options.speed) == (60.0, Decimal(10))


@pytest.mark.parametrize(
    "words",
    [
        ["--for", "0"],
        ["--for", "soon"],
        ["--speed", "2"],
        ["--source", "replay:"],
        ["--source", "replay:/not/there"],
        ["--source", "tarot"],
        ["--source", "synthetic", "--speed", "-1"],
        ["--nonsense"],
    ],
)
def test_misuse_of_run_is_exit_code_2(tmp_path: Path, words: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parse(words, tmp_path)
    assert end.value.code == 2


def test_a_market_that_arb_toml_does_not_have_is_misuse_too(tmp_path: Path) -> None:
    shutil.copy(ROOT / "arb.toml", tmp_path)
    words = [sys.executable, "-m", "scripts.fleet_run", "--config", str(tmp_path / "arb.toml"), "--markets", "BTC,XYZ"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("run: arb.toml has no market XYZ; it has BTC, ETH")


def test_fresh_puts_ledger_and_paper_accounts_aside_together(tmp_path: Path) -> None:
    shutil.copy(ROOT / "arb.toml", tmp_path)
    config = settings.load(tmp_path / "arb.toml", {})
    tmp_path = config.var
    assert archive.put_aside(config) is None
    for name in ("ledger.db", "ledger.db-wal", "live.db", "paper/dydx.jsonl", "log/btc.log"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    folder = archive.put_aside(config)
    assert folder is not None
    assert {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} == {
        "ledger.db",
        "ledger.db-wal",
        "paper/dydx.jsonl",
    }
    assert (tmp_path / "log" / "btc.log").exists()
    assert not (tmp_path / "ledger.db").exists()
    assert (tmp_path / "live.db").exists()


def test_restarts_are_counted_from_what_supervisord_logged(tmp_path: Path) -> None:
    log = tmp_path / "supervisord.log"
    log.write_text("old INFO spawned: 'btc' with pid 1\n")
    since = log.stat().st_size
    with log.open("a") as file:
        file.write("a INFO spawned: 'sim' with pid 2\nb INFO exited: sim\nc INFO spawned: 'sim' with pid 3\n")
    assert supervise.spawned(log, since) == ["sim", "sim"]


def test_a_path_too_long_for_a_socket_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="shorter path"):
        Places(tmp_path / ("x" * 90)).make()


# ---- with real processes --------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Start]]:
    """A folder with its own ports, and a way to call `scripts/run` for it; whatever is left over is ended."""
    folder = tmp_path_factory.mktemp("f")
    text = (ROOT / "arb.toml").read_text()
    (folder / "arb.toml").write_text(apart(text, free_port(), free_port()))
    started: list[subprocess.Popen[str]] = []

    def run(*words: str) -> subprocess.Popen[str]:
        line = [sys.executable, "-m", "scripts.fleet_run", "--config", str(folder / "arb.toml"), *words]
        started.append(subprocess.Popen(line, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        return started[-1]

    yield folder, run
    for child in started:
        if child.poll() is None:
            child.kill()
            child.communicate()
    asyncio.run(_gone(folder))


def _words(heard: socket.socket, most: int) -> int:
    """How many come until nobody says anything."""
    for count in range(most):
        try:
            heard.recv(999)
        except TimeoutError:
            return count
    return most


async def _gone(folder: Path) -> None:
    async with asyncio.timeout(BOUND_S):
        while Places(folder / "var").pid is not None:  # noqa: ASYNC110  (another process, seen from outside)
            await asyncio.sleep(0.1)


async def _up(folder: Path, name: str) -> int:
    """The pid of a program once it runs."""
    supervisor = Supervisor(Places(folder / "var").socket)
    async with asyncio.timeout(BOUND_S):
        while True:
            found = [p for p in supervisor.processes() if p.full_name == name and p.state == "RUNNING"]
            if found:
                return found[0].pid
            await asyncio.sleep(0.1)


@pytest.mark.fleet
def test_run_starts_shows_stops_and_sums_up_and_a_second_run_is_refused(start: tuple[Path, Start]) -> None:
    folder, run = start
    first = run("--for", "8", "--markets", "BTC,DOGE")
    asyncio.run(_up(folder, "arb:doge"))
    second = run("--for", "1")
    said, _ = second.communicate(timeout=BOUND_S)
    assert second.returncode == 3
    assert "another ./scripts/run is at work" in said
    said, _ = first.communicate(timeout=BOUND_S)
    assert first.returncode == 0, said
    assert "supervisorctl" in said
    assert "audit      clean" in said
    assert "restarts   0" in said


@pytest.mark.fleet
def test_as_a_service_it_says_that_it_is_alive_only_while_supervisord_answers(
    start: tuple[Path, Start], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, run = start
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(BOUND_S)
        monkeypatch.setenv(notify.VARIABLE, str(tmp_path / "notify"))
        process = run("--quiet")
        assert heard.recv(999).startswith(b"READY=1\nSTATUS=")
        assert heard.recv(999) == b"WATCHDOG=1"
        supervisord = Places(folder / "var").pid
        assert supervisord is not None
        os.kill(supervisord, signal.SIGSTOP)
        heard.settimeout(3 * WATCH_S)
        # at most what was on its way; then silence, which systemd takes for death
        assert _words(heard, 3) < 3
        os.kill(supervisord, signal.SIGCONT)
        heard.settimeout(BOUND_S)
        assert heard.recv(999) == b"WATCHDOG=1"
        process.send_signal(signal.SIGTERM)
        assert any(heard.recv(999) == b"STOPPING=1" for _ in range(3))
        assert process.wait(BOUND_S) == 0


@pytest.mark.fleet
def test_a_frozen_supervisord_is_ended_and_its_workers_with_it(start: tuple[Path, Start]) -> None:
    folder, run = start
    child = run("--quiet", "--markets", "BTC")
    worker, supervisord = asyncio.run(_up(folder, "arb:btc")), Places(folder / "var").pid
    assert supervisord is not None
    os.kill(supervisord, signal.SIGSTOP)
    said, _ = child.communicate(timeout=BOUND_S)
    assert child.returncode == 1
    assert "has not answered" in said and "Traceback" not in said
    asyncio.run(_ended(worker))


async def _ended(pid: int) -> None:
    async with asyncio.timeout(BOUND_S):
        with suppress(ProcessLookupError):
            while True:
                os.kill(pid, 0)
                await asyncio.sleep(0.1)


@pytest.mark.fleet
def test_a_ledger_of_an_older_program_is_migrated_before_anybody_reads_it(
    start: tuple[Path, Start],
) -> None:
    folder, run = start
    file = folder / "var" / "ledger.db"
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as old:
        old.execute("PRAGMA journal_mode = wal")
        old.executescript((ROOT / "tests" / "ledger" / "samples" / "version_2.sql").read_text())
    said, _ = run("--for", "1", "--markets", "BTC").communicate(timeout=BOUND_S)
    assert "summary of" in said
    with closing(sqlite3.connect(file)) as new:
        assert new.execute("SELECT MAX(version) FROM schema_version").fetchone() == (SCHEMA_VERSION,)


async def _beating(folder: Path, names: set[str]) -> None:
    """When all of these have given a sign of life: whoever has, heeds a SIGHUP."""
    async with asyncio.timeout(BOUND_S):
        while True:
            with suppress(LedgerError), Report.open(folder / "var" / "ledger.db") as report:
                if names <= {beat.market for beat in report.heartbeats()}:
                    return
            await asyncio.sleep(0.1)


@pytest.mark.fleet
def test_an_edited_file_is_taken_up_by_workers_and_warden_without_a_restart(start: tuple[Path, Start]) -> None:
    folder, run = start
    file = folder / "arb.toml"

    def arbctl(*words: str) -> tuple[int, Any]:
        line = [sys.executable, "-m", "scripts.arbctl", "--config", str(file), *words, "--json"]
        done = subprocess.run(line, cwd=ROOT, text=True, capture_output=True, timeout=BOUND_S)
        return done.returncode, json.loads(done.stdout or "null")

    run("--markets", "BTC")
    asyncio.run(_beating(folder, {"BTC", "warden"}))
    before = asyncio.run(_up(folder, "arb:btc"))
    file.write_text(re.sub(r"(?m)^edge_min_bps = \S+", "edge_min_bps = 7", file.read_text()))
    code, told = arbctl("config", "diff", "--running")
    assert code == 1 and {row["market"] for row in told["workers"] if row["differs"]} == {"BTC", "warden"}
    code, told = arbctl("config", "reload")
    assert code == 0 and {row["verdict"] for row in told["workers"].values()} == {"taken up"}
    assert set(told["workers"]) == {"BTC", "warden"}
    code, told = arbctl("config", "diff", "--running")
    assert code == 0 and not any(row["differs"] for row in told["workers"])
    file.write_text(file.read_text() + "levl = 1\n")
    assert arbctl("config", "reload")[0] == 3
    assert asyncio.run(_up(folder, "arb:btc")) == before


@pytest.mark.fleet
def test_when_run_is_killed_the_fleet_ends_with_it(start: tuple[Path, Start]) -> None:
    folder, run = start
    child = run("--markets", "BTC")
    worker = asyncio.run(_up(folder, "arb:btc"))
    child.send_signal(signal.SIGKILL)
    child.communicate()
    asyncio.run(_gone(folder))
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


@pytest.mark.fleet
def test_a_taken_port_is_named_with_its_key(start: tuple[Path, Start]) -> None:
    folder, run = start
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        text = (folder / "arb.toml").read_text()
        lines = [f"apex_port = {port}" if line.startswith("apex_port") else line for line in text.splitlines()]
        (folder / "arb.toml").write_text("\n".join(lines) + "\n")
        began = clock.monotonic_ns()
        child = run("--for", "1")
        said, _ = child.communicate(timeout=BOUND_S)
    assert child.returncode == 1
    assert f"port {port} is taken" in said
    assert "paper.apex_port" in said
    assert clock.monotonic_ns() - began < 10 * 10**9


@pytest.mark.fleet
@pytest.mark.parametrize("loss", ["socket", "venues"])
def test_a_run_that_lost_its_supervisor_or_its_venues_ends_by_itself(start: tuple[Path, Start], loss: str) -> None:
    folder, run = start
    child = run("--markets", "BTC")
    asyncio.run(_up(folder, "arb:btc"))
    if loss == "socket":
        (folder / "var" / "run" / "supervisor.sock").unlink()
    else:
        Supervisor(Places(folder / "var").socket).call("signalProcess", "sim", "TERM")
    said, _ = child.communicate(timeout=BOUND_S)
    assert child.returncode == 1
    assert "Traceback" not in said
    assert ("has not answered" if loss == "socket" else "the paper venues gave up") in said
    assert loss == "socket" or "GAVE UP    sim" in said
    assert Places(folder / "var").pid is None
