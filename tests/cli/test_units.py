"""The systemd units: filled in, taken by systemd's own checker, and refused where systemd could not name a folder."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from common import settings
from common.core.errors import ConfigError
from scripts import units
from scripts.fleet_run import STOP_BOUND_S
from scripts.supervise import SHUTDOWN_BOUND_S

if TYPE_CHECKING:
    from tests.cli.conftest import Call

ArbctlIn = Callable[[Path], "Call"]


def made(folder: Path) -> dict[str, str]:
    file = folder / "arb.toml"
    return units.filled(settings.load(file, {}), file, "trader")


def test_every_unit_names_this_fleet_and_nothing_is_left_to_fill_in(folder: Path) -> None:
    texts = made(folder)
    assert set(texts) == {
        "arb.service", "arb-backup.service", "arb-backup.timer", "arb-restore-test.service", "arb-restore-test.timer",
    }  # fmt: skip
    assert not any("$" in text for text in texts.values())
    service = texts["arb.service"]
    assert f"--config {folder / 'arb.toml'}" in service and f"ReadWritePaths={folder / 'var'}" in service
    assert "User=trader" in service and "WatchdogSec=" in service


def test_nothing_is_overwritten_and_what_to_do_is_said(folder: Path, arbctl_in: ArbctlIn) -> None:
    arbctl = arbctl_in(folder)
    assert "[Service]" in arbctl("fleet", "unit", "--user", "trader").out
    said = arbctl("fleet", "unit", "--out", "units", "--user", "trader")
    assert said.code == 0 and "systemctl enable --now arb.service" in said.err
    again = arbctl("fleet", "unit", "--out", "units", "--user", "trader")
    assert again.code == 3 and "nothing is overwritten" in again.err


def test_the_fleet_is_never_roots(folder: Path, arbctl_in: ArbctlIn) -> None:
    said = arbctl_in(folder)("fleet", "unit", "--user", "root")
    assert said.code == 3 and "needs no rights of root" in said.err


def test_what_the_timers_call_is_a_command_with_these_options(folder: Path, arbctl_in: ArbctlIn) -> None:
    arbctl = arbctl_in(folder)
    for name, text in made(folder).items():
        lines = [line for line in text.splitlines() if line.startswith("Exec") and "scripts.arbctl" in line]
        for words in [line.partition("arb.toml ")[2].split() for line in lines]:
            assert arbctl(*words[:2], "--help").code == 0, (name, words)
            assert not [w for w in words if w.startswith("--") and w not in arbctl(*words[:2], "--help").out]


def test_a_fleet_has_the_time_to_stop(folder: Path) -> None:
    """Workers stop together, then warden, recorder and venues, one after the other."""
    bound_s = units.stop_bound_s(settings.load(folder / "arb.toml", {}))
    assert 75 + 35 + 10 + 10 <= bound_s < 10 * 75
    assert bound_s < SHUTDOWN_BOUND_S, "the parent waits for all of them"
    assert bound_s + units.STOP_MARGIN_S > STOP_BOUND_S + SHUTDOWN_BOUND_S, "and systemd for the parent"
    service = made(folder)["arb.service"]
    assert f"TimeoutStopSec={bound_s + units.STOP_MARGIN_S}\n" in service
    assert "KillMode=control-group" in service and "scripts.service_stop" in service


def test_what_a_supervisord_needs_is_allowed_and_all_else_is_not(folder: Path) -> None:
    """Each was found by running a fleet under the filter: without @chown there is no socket, without nice no page."""
    lines = made(folder)["arb.service"].splitlines()
    calls = [line for line in lines if line.startswith("SystemCallFilter=")]
    assert calls == ["SystemCallFilter=@system-service", "SystemCallFilter=~@privileged", "SystemCallFilter=@chown"]
    assert set(lines) >= {
        "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=read-only", "PrivateTmp=yes", "PrivateDevices=yes",
        "MemoryDenyWriteExecute=yes", "CapabilityBoundingSet=", "RestrictNamespaces=yes", "UMask=0077",
    }  # fmt: skip


def test_a_folder_that_systemd_could_not_name_is_refused(tmp_path: Path, folder: Path) -> None:
    odd = tmp_path / "my fleet"
    odd.mkdir()
    shutil.copy(folder / "arb.toml", odd)
    with pytest.raises(ConfigError, match="use another folder"):
        made(odd)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_takes_them(folder: Path, tmp_path: Path) -> None:
    there = tmp_path / "units"
    there.mkdir()
    # who the user is matters to a running systemd only
    for name, text in made(folder).items():
        (there / name).write_text(text.replace("User=trader", "User=root"))

    def checked(*words: str) -> Any:
        files = sorted(str(path) for path in there.glob("arb*"))
        return subprocess.run(["systemd-analyze", *words, *files], capture_output=True, text=True, check=False)

    verdict = checked("verify")
    assert (verdict.returncode, verdict.stdout + verdict.stderr) == (0, "")
    service = there / "arb.service"
    service.write_text(service.read_text().replace("ProtectSystem=strict", "ProtectSystem=perhaps"))
    assert "perhaps" in checked("verify").stderr, "the checker does look"
