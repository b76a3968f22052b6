"""The paper venues as a process: ready, told to stop, in the way of another, orphaned, killed and started again."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest

from common import clock
from common.compat import prepare_sdk_import
from common.core.market import Venue
from common.sim.accounts import Credentials, onboarded
from common.sim.enrolment import Enrolment
from common.venues import stark

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 30
SECOND = 1_000_000_000
#: the first account of every Ganache chain, published with it: nobody's secret
GANACHE = "0x4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"

pytestmark = pytest.mark.fleet


def free_ports() -> list[int]:
    """Two ports that nobody uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return [one.getsockname()[1], other.getsockname()[1]]


@pytest.fixture
def ports(tmp_path: Path) -> list[int]:
    found = free_ports()
    text = (ROOT / "arb.toml").read_text().replace("18701", str(found[0])).replace("18702", str(found[1]))
    (tmp_path / "arb.toml").write_text(text)
    return found


@pytest.fixture
def start(tmp_path: Path, ports: list[int]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `workers.sim` on ports of its own; what still runs when the test ends is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(*command: str) -> subprocess.Popen[str]:
        environ = os.environ | {"ARB_CONFIG": str(tmp_path / "arb.toml")}
        process = subprocess.Popen(
            command or (sys.executable, "-m", "workers.sim"), cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def health(port: int) -> dict[str, object] | None:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health")
        response = connection.getresponse()
        found = json.loads(response.read())
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return found if response.status == 200 else None


def wait_for(fact: Callable[[], bool]) -> None:
    until_ns = clock.monotonic_ns() + WAIT_S * SECOND
    while not fact():
        assert clock.monotonic_ns() < until_ns, "waited in vain"
        signal.sigtimedwait([], 0.05)


def test_it_serves_until_told_to_stop_and_ends_with_0(
    start: Callable[..., subprocess.Popen[str]], ports: list[int]
) -> None:
    process = start()
    wait_for(lambda: all(health(port) for port in ports))
    found = health(ports[0])
    assert found and found["venue"] == "dydx" and len(str(found["markets"]).split()) == 10
    process.send_signal(signal.SIGTERM)
    assert process.wait(WAIT_S) == 0
    assert health(ports[0]) is None


def test_a_taken_port_needs_a_person(start: Callable[..., subprocess.Popen[str]], ports: list[int]) -> None:
    with socket.create_server(("127.0.0.1", ports[1])):
        process = start()
        _, said = process.communicate(timeout=WAIT_S)
    assert process.returncode == 3
    assert f"port {ports[1]} of the paper apex is taken" in said and "paper.apex_port" in said
    assert "Traceback" not in said


def test_it_ends_with_whoever_started_it(start: Callable[..., subprocess.Popen[str]], ports: list[int]) -> None:
    parent = start("sh", "-c", f"{sys.executable} -m workers.sim & echo started; wait")
    wait_for(lambda: health(ports[0]) is not None)
    parent.kill()
    wait_for(lambda: health(ports[0]) is None)


def test_it_waits_for_a_predecessor_that_is_still_stopping(
    start: Callable[..., subprocess.Popen[str]], ports: list[int], tmp_path: Path
) -> None:
    first = start()
    wait_for(lambda: health(ports[0]) is not None)
    first.send_signal(signal.SIGSTOP)
    first.send_signal(signal.SIGTERM)
    second = start()
    held = str(tmp_path / "var" / "run" / "sim.lock")
    wait_for(lambda: held in {os.path.realpath(p) for p in Path(f"/proc/{second.pid}/fd").iterdir()})
    first.send_signal(signal.SIGCONT)
    assert first.wait(WAIT_S) == 0
    wait_for(lambda: health(ports[0]) is not None)
    assert second.poll() is None


def test_killed_it_comes_back_with_its_accounts(
    start: Callable[..., subprocess.Popen[str]], ports: list[int], tmp_path: Path
) -> None:
    process = start()
    wait_for(lambda: health(ports[0]) is not None)
    keys = (tmp_path / "var" / "paper" / "dydxconfig.ini").read_bytes()
    wait_for((tmp_path / "var" / "paper" / "source.json").exists)
    process.kill()
    process.wait(WAIT_S)
    start()
    wait_for(lambda: health(ports[0]) is not None)
    assert (tmp_path / "var" / "paper" / "dydxconfig.ini").read_bytes() == keys


def test_an_onboarded_account_and_its_orders_outlive_a_kill(
    start: Callable[..., subprocess.Popen[str]], ports: list[int], tmp_path: Path
) -> None:
    prepare_sdk_import()
    from dydx3 import Client

    def client() -> Any:
        return Client(host=f"http://127.0.0.1:{ports[0]}", eth_private_key=GANACHE)

    process = start()
    wait_for(lambda: health(ports[0]) is not None)
    pair = client().onboarding.derive_stark_key()
    made = client().onboarding.create_user(pair["public_key"], pair["public_key_y_coordinate"]).data["account"]
    process.kill()
    process.wait()

    start()
    wait_for(lambda: health(ports[0]) is not None)
    trader = client()
    trader.stark_private_key = pair["private_key"]
    assert trader.private.get_account().data["account"]["positionId"] == made["positionId"]
    order = trader.private.create_order(
        position_id=made["positionId"], market="BTC-USD", side="BUY", order_type="LIMIT", post_only=True, size="0.001",
        price="1000", limit_fee="0.0015", time_in_force="GTT", client_id="after-the-kill",
        expiration_epoch_seconds=clock.now_ns() / SECOND + 3600,
    ).data["order"]  # fmt: skip
    assert trader.private.get_orders().data["orders"][0]["id"] == order["id"]
    assert "secret" not in (tmp_path / "var" / "paper" / "dydx.jsonl").read_text()


def test_the_account_that_the_fleet_trades_is_opened_first_and_that_is_the_one_the_audit_judges(
    start: Callable[..., subprocess.Popen[str]], ports: list[int], tmp_path: Path
) -> None:
    journal, config = tmp_path / "var" / "paper" / "dydx.jsonl", tmp_path / "arb.toml"
    given = Credentials("key", "secret-of-it", "passphrase-of-it")
    record = onboarded(Venue.DYDX, f"0x{1:040x}", stark.public_key(7), given)
    Enrolment(Venue.DYDX, tmp_path / "var" / "accounts" / "dydx.jsonl").add(record)
    own = []
    for text in (config.read_text(), config.read_text().replace("[paper]", '[paper]\naccounts = "onboarded"')):
        config.write_text(text)
        process = start()
        wait_for(lambda: health(ports[0]) is not None)
        process.kill()
        process.wait()
        opened = [one for line in journal.read_text().splitlines() for one, _ in json.loads(line).get("opened", ())]
        own.append(opened[0] != record.account_id)
        assert record.account_id in opened
        journal.unlink()
    assert own == [True, False]
