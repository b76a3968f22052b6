"""A new user walks through the original, against the paper venues as a process of their own."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest

from common import clock
from common.core.market import Venue

ROOT = Path(__file__).resolve().parents[2]
ETHEREUM_KEY = "0x4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"
WAIT_S = 60
MARKETS = 10
pytestmark = [pytest.mark.fleet, pytest.mark.slow]


@dataclass(frozen=True, slots=True)
class SimProcess:
    """Where the process serves, and where it keeps what it made."""

    ports: dict[Venue, int]
    folder: Path

    def url(self, venue: Venue) -> str:
        return f"http://127.0.0.1:{self.ports[venue]}"


def is_ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[SimProcess]:
    """`workers.sim` on free ports, with a folder of its own; killed when the test ends."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = {Venue.DYDX: one.getsockname()[1], Venue.APEX: other.getsockname()[1]}
    text = (ROOT / "arb.toml").read_text()
    for usual, port in zip(("18701", "18702"), ports.values(), strict=True):
        text = text.replace(usual, str(port))
    (tmp_path / "arb.toml").write_text(text)
    environ = os.environ | {"ARB_CONFIG": str(tmp_path / "arb.toml")}
    process = subprocess.Popen([sys.executable, "-m", "workers.sim"], cwd=ROOT, env=environ, stderr=subprocess.DEVNULL)
    until_ns = clock.monotonic_ns() + WAIT_S * 10**9
    while not all(is_ready(port) for port in ports.values()):
        assert process.poll() is None and clock.monotonic_ns() < until_ns
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.1)
    yield SimProcess(ports, tmp_path / "var" / "paper")
    process.kill()
    process.wait(WAIT_S)


def test_the_original_from_its_first_books_to_its_last_program(
    make_original: Callable[..., Any], sim: SimProcess
) -> None:
    original = make_original(onboarded=False)
    original.house = sim
    for number, kind in ((3, "dydx"), (6, "apex")):
        original.write(collect=number)
        script = original.start("collect")
        script.wait_for("saved to order_book_", times=MARKETS)
        script.end()
        assert len(list(original.folder.glob(f"order_book_*_{kind}.csv"))) == MARKETS
    assert original.run(10, {"eth_private_key=''": f"eth_private_key='{ETHEREUM_KEY}'"}).code == 0
    mended = {"your private eth key": ETHEREUM_KEY, "order_response['order']": "order_response.data['order']"}
    placed = original.run(12, mended)
    assert placed.code == 0 and "'status': 'PENDING'" in placed.out
    # the key file that the paper venue wrote is one that the original reads
    original.write_text("apexconfig.ini", (sim.folder / "apexconfig.ini").read_text())
    original.write(init_apex_client=23, send_order_apex=30, init_dydx_client=26, send_order_dydx=31, place_order_all=45)
    original.supply_depths(12)
    script = original.start("place_order_all", sleep_max_s=1)
    script.wait_for("arbitrage_count:", times=3 * MARKETS + 1)
    script.end()
    trades = original.folder / "trades.txt"
    assert not trades.exists() or "'code'" not in trades.read_text()
