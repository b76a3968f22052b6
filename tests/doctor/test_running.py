"""The fleet as it runs: programs that gave up, workers that are silent, halts, ports."""

import shutil
import socket
from pathlib import Path

import pytest

from common import settings
from common.core.events import HaltLevel
from common.doctor import running
from common.doctor.finding import Grade
from common.ledger.shapes import Beat, Halt
from common.supervisor_client import Process

ROOT = Path(__file__).resolve().parents[2]
SECOND_NS = 1_000_000_000


def program(name: str, state: str = "RUNNING", exit_status: int = 0) -> Process:
    group = name if name in ("sim", "warden") else "arb"
    return Process(name, group, state, 1, 10, exit_status, "")


def test_supervisor_says_who_gave_up() -> None:
    up = [program("sim"), program("btc"), program("eth", "STOPPED")]
    assert running.supervisor(None, []).grade is Grade.OK
    assert "2 of 3" in running.supervisor((7, "RUNNING"), up).says
    for broken in (program("eth", "FATAL"), program("eth", "EXITED", 3)):
        found = running.supervisor((7, "RUNNING"), [*up, broken])
        assert found.grade is Grade.FAILURE and "arb:eth" in found.says
    assert running.supervisor((7, "RUNNING"), [*up, program("eth", "EXITED", 0)]).grade is Grade.OK


def test_a_running_worker_owes_a_heartbeat() -> None:
    owing = running.running_members([program("btc"), program("warden"), program("eth", "STOPPED")], ["BTC", "ETH"])
    assert owing == ["BTC", "warden"]
    beats = {name: Beat(name, 1, 100 * SECOND_NS, "", 0) for name in owing}
    assert running.heartbeats(beats, owing, 110 * SECOND_NS, 20 * SECOND_NS).grade is Grade.OK
    late = running.heartbeats(beats, owing, 121 * SECOND_NS, 20 * SECOND_NS)
    assert late.grade is Grade.FAILURE and "BTC silent for 21 s" in late.says
    assert "never gave one" in running.heartbeats({}, owing, 0, 0).says
    assert running.heartbeats({}, [], 0, 0).grade is Grade.OK


def test_halts_are_told_with_their_reason() -> None:
    assert running.halts(()).grade is Grade.OK
    found = running.halts([Halt("*", HaltLevel.HALT, "odd prices", "ann", 0)])
    assert found.grade is Grade.WARNING and "every market: halt by ann, odd prices" in found.says


def test_a_port_that_somebody_else_holds(tmp_path: Path) -> None:
    shutil.copy(ROOT / "arb.toml", tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        text = (tmp_path / "arb.toml").read_text()
        (tmp_path / "arb.toml").write_text(text.replace("18702", str(other.getsockname()[1])))
        config = settings.load(tmp_path / "arb.toml", {})
        found = running.ports(config, set())
        assert found.grade is Grade.FAILURE and "paper.apex_port" in found.says
        assert running.ports(config, {"sim"}).grade is Grade.OK


def test_a_page_whose_port_is_held_by_another_is_a_warning(tmp_path: Path) -> None:
    shutil.copy(ROOT / "arb.toml", tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        text = (tmp_path / "arb.toml").read_text().replace("18710", str(other.getsockname()[1]))
        (tmp_path / "arb.toml").write_text(text)
        config = settings.load(tmp_path / "arb.toml", {})
        found = running.page_port(config, set())
        assert found.grade is Grade.WARNING and "web.port" in found.remedy
        assert running.page_port(config, {"web"}).grade is Grade.OK
    (tmp_path / "arb.toml").write_text(text.replace("enabled = true", "enabled = false"))
    assert running.page_port(settings.load(tmp_path / "arb.toml", {}), set()).says == "switched off"


def test_figures_whose_port_is_held_by_another_are_a_warning(tmp_path: Path) -> None:
    shutil.copy(ROOT / "arb.toml", tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        text = (tmp_path / "arb.toml").read_text().replace("18711", str(other.getsockname()[1]))
        (tmp_path / "arb.toml").write_text(text)
        config = settings.load(tmp_path / "arb.toml", {})
        found = running.metrics_port(config, set())
        assert found.grade is Grade.WARNING and "metrics.port" in found.remedy
        assert running.metrics_port(config, {"metrics"}).grade is Grade.OK
    (tmp_path / "arb.toml").write_text(text.replace("enabled = true", "enabled = false"))
    assert running.metrics_port(settings.load(tmp_path / "arb.toml", {}), set()).says == "switched off"


def test_a_fleet_that_never_ran_has_no_beats(tmp_path: Path) -> None:
    shutil.copy(ROOT / "arb.toml", tmp_path)
    config = settings.load(tmp_path / "arb.toml", {})
    assert running.ledger_view(config) == ({}, ())
    config.ledger_file.parent.mkdir()
    config.ledger_file.write_text("no ledger")
    assert running.ledger_view(config) == ({}, ())


@pytest.mark.parametrize("state", ["BACKOFF", "UNKNOWN"])
def test_a_program_that_cannot_stay_up(state: str) -> None:
    assert running.supervisor((7, "RUNNING"), [program("btc", state)]).grade is Grade.FAILURE
